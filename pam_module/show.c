/* SPDX-License-Identifier: Apache-2.0 */
/* Translating and showing; see show.h. */
#include "show.h"

#include <libintl.h>
#include <string.h>

#include "converse.h"

enum show_kind {
	SHOW_ERROR = 1, /* Something stands in the way. */
	SHOW_ACT,       /* The person is to do something, or to wait. */
	SHOW_NEWS,      /* Good to know; nothing depends on it. */
	SHOW_NEVER,     /* Not a message. */
};

static enum show_kind kind_of(enum msg_id id)
{
	switch (id) {
	case MSG_NO_READER:
	case MSG_NO_PCSCD:
	case MSG_READER_BUSY:
	case MSG_CARD_MUTE:
	case MSG_TWO_CARDS:
	case MSG_PIN_WRONG:
	case MSG_PIN_LAST_KEPT:
	case MSG_PIN_BLOCKED:
	case MSG_PIN_FORM:
	case MSG_FINGER_NOT_KNOWN:
	case MSG_NO_SENSOR:
	case MSG_REMOVED_EARLY:
	case MSG_LOCKED_UNTIL:
	case MSG_LOCKED:
	case MSG_DENIED:
	case MSG_CARD_EXPIRED:
	case MSG_CRL_OLD:
	case MSG_DENYLIST_BAD:
	case MSG_REMOTE_REFUSED:
	case MSG_TIMEOUT:
	case MSG_CANCELLED:
	case MSG_FAULT:
	case MSG_DAEMON_DOWN:
	case MSG_ACCOUNT_CLOSED:
	case MSG_PASSWORD_REFUSED:
	case MSG_ENROL_STRAY:
	case MSG_ENROL_RESTART:
	case MSG_CARD_NEEDS_PIN:
	case MSG_CARD_ENROLLED:
	case MSG_DORMANT:
		return SHOW_ERROR;
	case MSG_INSERT_CARD:
	case MSG_WAIT_TURN:
	case MSG_PIN_PROMPT:
	case MSG_PIN_PROMPT_PLAIN:
	case MSG_FINGER_TOUCH:
	case MSG_FINGER_AGAIN:
	case MSG_FINGER_CENTER:
	case MSG_FINGER_LONGER:
	case MSG_FINGER_LIFT:
	case MSG_ENROL_TOUCH:
	case MSG_ENROL_CARD_PIN:
	case MSG_PIN_PROMPT_JPKI:
		return SHOW_ACT;
	case MSG_CRL_OLD_WARN:
	case MSG_LAST_LOGIN:
	case MSG_LAST_LOGOUT:
	case MSG_FIRST_LOGIN:
	case MSG_FAILURES_SINCE:
	case MSG_SESSION_LIMIT:
	case MSG_CARD_EXPIRES_SOON:
	case MSG_DESK_NOW:
	case MSG_BANNER:
	case MSG_CARD_LEFT:
		return SHOW_NEWS;
	case MSG_NONE:
	case MSG_N:
		return SHOW_NEVER;
	}
	return SHOW_NEVER;
}

enum sk_status show_take(const struct ipc_msg *m, struct show_msg *ret_msg)
{
	enum msg_id id = (enum msg_id)ipc_num(m, IPC_F_MSG);

	if (msg_text(id) == NULL)
		return SK_E_FORMAT;
	for (unsigned i = 0; i < MSG_ARGS_MAX; i++) {
		enum sk_status st = ipc_text(m, (enum ipc_field)(IPC_F_ARG1 + i), ret_msg->arg[i],
		    sizeof(ret_msg->arg[i]));

		if (st != SK_OK)
			return st;
	}
	ret_msg->id = id;
	return SK_OK;
}

void show_make(enum msg_id id, struct show_msg *ret_msg)
{
	memset(ret_msg, 0, sizeof(*ret_msg));
	ret_msg->id = id;
}

enum sk_status show_text(const struct show *s, const struct show_msg *msg, char ret_text[static MSG_TEXT_SIZE])
{
	const char *const arg[MSG_ARGS_MAX] = { msg->arg[0], msg->arg[1], msg->arg[2] };
	const char *english = msg_text(msg->id);
	locale_t before = (locale_t)0;
	enum sk_status st;

	if (english == NULL)
		return SK_E_ARG;
	if (s->locale != (locale_t)0)
		before = uselocale(s->locale);
	(void)bindtextdomain(MSG_DOMAIN, LOCALEDIR);
	st = msg_format(msg->id, dgettext(MSG_DOMAIN, english), dgettext(MSG_DOMAIN, MSG_TIME_FORMAT), arg,
	    ret_text);
	if (s->locale != (locale_t)0)
		(void)uselocale(before);
	/* A translation with wrong placeholders costs the translation, not the message. */
	if (st == SK_E_UNSUPPORTED)
		st = msg_format(msg->id, english, MSG_TIME_FORMAT, arg, ret_text);
	return st;
}

int show_say(const struct show *s, const struct show_msg *msg)
{
	enum show_kind kind = kind_of(msg->id);
	char text[MSG_TEXT_SIZE];

	if (kind == SHOW_NEVER || show_text(s, msg, text) != SK_OK)
		return PAM_SYSTEM_ERR;
	if (kind == SHOW_NEWS && s->silent)
		return PAM_SUCCESS;
	return converse_show(s->pamh, kind == SHOW_ERROR ? PAM_ERROR_MSG : PAM_TEXT_INFO, text);
}
