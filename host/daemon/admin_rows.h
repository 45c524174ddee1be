/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin_rows.h
 * @brief What the administration handlers share: failing with a sentence, recording, finding, rows.
 *
 * Sentences for people are constant texts without arguments: sekishoctl looks them up in its
 * catalogue, so that they appear in the administrator's language. Whatever varies goes into rows.
 */
#ifndef DAEMON_ADMIN_ROWS_H
#define DAEMON_ADMIN_ROWS_H

#include "daemon/admin.h"

/** Room for one row. Unit: bytes. */
#define ADMIN_ROW_MAX 4096u

/** Set the sentence of the end; returns @p st. */
SK_MUST_CHECK SK_NONNULL
enum sk_status admin_fail(struct admin_call *call, enum sk_status st, const char *sentence);

/** Sentence for a failure of the store itself; returns @p st. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_store_failed(struct admin_call *call, enum sk_status st);

/**
 * The EV_ADMIN record of a change; joins the open transaction.
 *
 * @param word    What was done: person-add, card-revoke, ...
 * @param person, account, card, detail  NULL or "" where nothing is to be said.
 */
SK_MUST_CHECK
enum sk_status admin_record(struct admin_call *call, const char *word, const char *person, const char *account,
    const char *card, const char *detail);

/** Longest reason an administrator gives: what a card's record holds. Unit: bytes. */
#define ADMIN_REASON_MAX STORE_NAME_MAX
/** The reason of the request (IPC_F_DETAIL); it is never empty. */
SK_MUST_CHECK SK_NONNULL
enum sk_status admin_reason(struct admin_call *call, char ret_reason[static ADMIN_REASON_MAX + 1]);

/** Person of the request (IPC_F_PERSON). SK_E_NOENT with its sentence. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_find_person(struct admin_call *call, struct person *ret_p);

/** Certificates of active cards: all, with a response that counts, with one past its nextUpdate that still does. */
struct admin_ocsp_counts {
	uint32_t all, fresh, old;
};
SK_MUST_CHECK SK_NONNULL enum sk_status admin_ocsp_count(struct daemon *d, struct admin_ocsp_counts *ret_n);

/** Fewest hex digits that name a card, or a list. */
#define ADMIN_PREFIX_MIN 8u
/** Card of the request (IPC_F_CARD): the first hex digits of its key, enough to be the only one. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_find_card(struct admin_call *call, struct card *ret_c);

/** Lower-case hex of a card's key, NUL-terminated. */
SK_NONNULL void admin_card_hex(const uint8_t key[static STORE_KEY_LEN], char ret_hex[static 2 * STORE_KEY_LEN + 1]);

/** Words that appear in rows and options; NULL for an unknown value. */
SK_MUST_CHECK const char *admin_role_word(enum person_role r);
SK_MUST_CHECK const char *admin_person_word(enum person_status s);
SK_MUST_CHECK const char *admin_card_word(enum card_status s);
SK_MUST_CHECK const char *admin_factor_word(enum lockout_factor f);

/** Text field when not empty. */
SK_NONNULL void admin_put_text(struct ipc_out *o, enum ipc_field f, const char *text);
/** Name field when not empty; what a name can't hold becomes '_', so that one odd record never stops a list. */
SK_NONNULL void admin_put_name(struct ipc_out *o, enum ipc_field f, const char *text);
/** Time field when not 0. */
SK_NONNULL void admin_put_time(struct ipc_out *o, enum ipc_field f, int64_t t);

/** Rows. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_row_person(struct admin_call *call, const struct person *p);
SK_MUST_CHECK SK_NONNULL enum sk_status admin_row_card(struct admin_call *call, const struct card *c);
/** Shared accounts on whose list a person is. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_rows_shared(struct admin_call *call, const char *person);
/** Fingers of one person (NULL: all), one row a finger. */
SK_MUST_CHECK enum sk_status admin_rows_fingers(struct admin_call *call, const char *person);
/** Counters of one subject, or those of everybody that have failures (@p id NULL). */
SK_MUST_CHECK enum sk_status admin_rows_lockouts(struct admin_call *call, enum lockout_subject subject, const char *id);
/** CRLs in force. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_rows_crls(struct admin_call *call);

/** Result of one check of CMD_DOCTOR. */
enum admin_check { ADMIN_CHECK_OK = 1, ADMIN_CHECK_WARN, ADMIN_CHECK_FAIL };
/** account_is_for_people(), said in a sentence. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_account_ok(struct admin_call *call, const char *account);

/** @p check: name of the check; @p detail: what was found; @p mend: what to do, "" when it is well. */
SK_MUST_CHECK SK_NONNULL
enum sk_status admin_row_check(struct admin_call *call, const char *check, enum admin_check state,
    const char *detail, const char *mend);

/** Checks of CMD_DOCTOR that say something only where there is something to say: [terminal] account, temporary cards to be collected. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_check_desk(struct admin_call *call);
/** The check `store` of `doctor`: persons, cards, and a way in for administrators. */
SK_MUST_CHECK SK_NONNULL enum sk_status admin_check_store(struct admin_call *call);
SK_MUST_CHECK SK_NONNULL enum sk_status admin_check_temporary(struct admin_call *call);

/** The tool has an export written: recorded, and the head of the chain is answered. */
admin_fn admin_audit_export;

#endif /* DAEMON_ADMIN_ROWS_H */
