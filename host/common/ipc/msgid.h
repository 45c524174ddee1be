/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file msgid.h
 * @brief Everything that is ever said to a person, as numbers.
 *
 * The daemon sends a number and arguments; whoever shows it (module, tool)
 * translates in the locale of its own process. Arguments: N number, T seconds
 * since 1970 (shown in local time), S text. Texts stand in msgtext.c, Japanese in po/ja.po.
 */
#ifndef IPC_MSGID_H
#define IPC_MSGID_H

#include "core/attr.h"

enum msg_id {
	MSG_NONE = 0,
	MSG_INSERT_CARD,      /* - */
	MSG_NO_READER,        /* S help */
	MSG_NO_PCSCD,         /* S help */
	MSG_READER_BUSY,      /* - */
	MSG_CARD_MUTE,        /* - */
	MSG_TWO_CARDS,        /* - */
	MSG_WAIT_TURN,        /* - */
	MSG_PIN_PROMPT,       /* N tries left */
	MSG_PIN_PROMPT_PLAIN, /* - */
	MSG_PIN_WRONG,        /* N tries left */
	MSG_PIN_LAST_KEPT,    /* S help */
	MSG_PIN_BLOCKED,      /* S help */
	MSG_PIN_FORM,         /* - */
	MSG_FINGER_TOUCH,     /* S service */
	MSG_FINGER_AGAIN,     /* - */
	MSG_FINGER_CENTER,    /* - */
	MSG_FINGER_LONGER,    /* - */
	MSG_FINGER_LIFT,      /* - */
	MSG_FINGER_NOT_KNOWN, /* N tries left */
	MSG_NO_SENSOR,        /* S help */
	MSG_REMOVED_EARLY,    /* - */
	MSG_LOCKED_UNTIL,     /* T until, S help */
	MSG_LOCKED,           /* S help */
	MSG_DENIED,           /* S help, S reference */
	MSG_CARD_EXPIRED,     /* T since, S help */
	MSG_CRL_OLD,          /* S issuer, S help */
	MSG_CRL_OLD_WARN,     /* S issuer, S help */
	MSG_REMOTE_REFUSED,   /* - */
	MSG_TIMEOUT,          /* - */
	MSG_CANCELLED,        /* - */
	MSG_FAULT,            /* S help, S reference */
	MSG_DAEMON_DOWN,      /* - ; said by the module itself */
	MSG_LAST_LOGIN,       /* T when, S where */
	MSG_LAST_LOGOUT,      /* T when */
	MSG_FIRST_LOGIN,      /* - */
	MSG_FAILURES_SINCE,   /* N how many */
	MSG_SESSION_LIMIT,    /* N minutes */
	MSG_ACCOUNT_CLOSED,   /* S help */
	MSG_PASSWORD_REFUSED, /* - ; said by the module itself */
	MSG_CARD_EXPIRES_SOON,/* T when, S help */
	MSG_BANNER,           /* S text of the site */
	MSG_ENROL_TOUCH,      /* N touch, N of */
	MSG_ENROL_STRAY,      /* - */
	MSG_ENROL_RESTART,    /* - */
	MSG_ENROL_CARD_PIN,   /* - */
	MSG_PIN_PROMPT_JPKI,  /* N tries left */
	MSG_CARD_NEEDS_PIN,   /* S help */
	MSG_CARD_ENROLLED,    /* - */
	MSG_DENYLIST_BAD,     /* S help */
	MSG_DESK_NOW,         /* S name, T since */
	MSG_CARD_LEFT,        /* - */
	MSG_DORMANT,          /* S help */
	MSG_N /* how many */
};

/** Kinds of the arguments of @p id, e.g. "TS"; "" for none, NULL for an unknown id. */
SK_MUST_CHECK const char *msg_args(enum msg_id id);

/** The English text: a printf format whose arguments are all strings (%1$s …), to be
 *  translated by dgettext(). NULL for an unknown id. */
SK_MUST_CHECK const char *msg_text(enum msg_id id);

#endif /* IPC_MSGID_H */
