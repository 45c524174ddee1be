/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file attempt.h
 * @brief One attempt: from BEGIN to RESULT. Also carries enrolments, which use card and sensor the same way.
 *
 * Rules
 *  1. What may be asked now is a constant table of (state, message, handler) in attempt_table.c; anything else ends
 *     the attempt as denied. README.md shows the same table.
 *  2. Whose card it is, its validity, chain and revocation MUST be settled before a PIN is asked.
 *  3. The card MUST be proven by a signature over our nonce before a finger is asked.
 *  4. A try MUST be charged durably before it is judged. While a judge is at work
 *     (ATTEMPT_SIGN, ATTEMPT_JUDGE) nothing ends the attempt before the judge has spoken or
 *     its own deadline has passed: a vanished client does not get a try back.
 *  5. A factor counts when its proof was checked here, in attempt->shown; only attempt_decide() grants, and only
 *     after policy_decide() said SK_GRANTED, the records were read again and the audit record is durable.
 *  6. Every end is recorded, but one: a log-in without a named account in which nobody showed a card. It is counted. Whatever
 *     may have been somebody MUST be recorded.
 */
#ifndef DAEMON_ATTEMPT_H
#define DAEMON_ATTEMPT_H

#include <sys/types.h>

#include "core/challenge.h"
#include "core/policy.h"
#include "daemon/daemon.h"
#include "daemon/helper.h"
#include "daemon/lockouts.h"
#include "ipc/ipc.h"
#include "ipc/msgid.h"

enum attempt_kind { ATTEMPT_LOGIN = 1, ATTEMPT_ENROL_CARD, ATTEMPT_ENROL_FINGER };

enum attempt_state {
	ATTEMPT_QUEUED = 1,  /**< Waits for the turn. */
	ATTEMPT_CARD,        /**< Waits for a card and the head of its certificate. */
	ATTEMPT_CERT,        /**< Waits for the whole certificate of a card not known by its head. */
	ATTEMPT_SENSOR,      /**< Waits to know the sensor. */
	ATTEMPT_CARD_KEY,    /**< Waits for the head of the certificate that signs without PIN. */
	ATTEMPT_TRIES,       /**< Waits for the PIN tries left. */
	ATTEMPT_PIN,         /**< Waits for the person to type. */
	ATTEMPT_SIGN,        /**< The card judges the PIN and signs. */
	ATTEMPT_TOUCH,       /**< Waits for a finger. */
	ATTEMPT_JUDGE,       /**< The sensor's library judges. */
	ATTEMPT_CARD_CERT,   /**< Enrolment: reads the certificate that signs without PIN. */
};

/** How an attempt ends, for the audit record. */
enum attempt_end { END_DENIED = 1, END_CANCELLED, END_FAULT };

/** Touches that make one enrolled finger. */
#define ENROL_TOUCHES 5u

/** What an enrolment gathers; see enrol.h. */
struct enrolment;

/** One attempt. Made by attempt_new(), freed by its own end. */
struct attempt {
	struct daemon *d;
	struct conn *conn;             /**< NULL once the peer has gone. */
	struct attempt *next;          /**< queue.c */
	bool queued;
	enum attempt_kind kind;
	enum attempt_state state;
	uint64_t id;
	uid_t uid;
	char service[33], account[STORE_ACCOUNT_MAX + 1], tty[65], actor[65];
	bool account_given;
	bool unlocks;                  /**< A screen locker asks: whoever is granted holds the account's open sessions anew. */
	bool shared;                   /**< The account is a shared one; valid when card is set. */
	bool kept;                     /**< Dormant, but let in: dormant.h, rule 4. */
	int64_t temporary_until;       /**< End of a temporary card; 0: it is none. Valid when card is set. */

	uint8_t nonce[CHALLENGE_NONCE_LEN];
	struct policy policy;
	uint8_t required, shown;       /**< FACTOR_ bits; required 0 = not chosen yet. */

	struct helper *card_helper, *finger_helper;
	char reader[129];              /**< Where the card is; "" before HEAD. */
	struct card *card;             /**< Identified card; NULL before. */
	struct person person;          /**< Valid when card is set (log-in) or from the start (enrolment). */
	char card_hex[2 * STORE_KEY_LEN + 1];
	enum ipc_profile profile;      /**< Kind of the card; valid from HEAD on. */
	uint8_t key_ref;               /**< enum ipc_key: which key signs; 0 before HEAD. */
	enum ipc_alg alg;
	uint8_t digest[TRUST_DIGEST_MAX];
	size_t digest_len;
	bool pin_sent;
	bool renewed;                  /**< The card showed a certificate that isn't the stored one. */
	char crl_issuer[129];          /**< Issuer whose CRL is old but still taken; "" none. */
	uint32_t prompt_id;
	enum msg_id last_said;         /**< So that a state that repeats is said once. */
	bool seen;                     /**< Somebody was there: a card, or a reader in somebody's use. */
	enum ipc_card_state lacks;     /**< CARD_NO_READER, CARD_NO_SERVICE: no card could be seen for a time; 0: none of both. */

	bool sensor_known, sensor_ok, sensor_weak;
	char driver[33], device[65];
	uint8_t token[16];
	uint64_t print_ids[STORE_PRINTS_MAX];
	uint32_t print_n, touches, retries;
	struct charge charge;

	sd_event_source *deadline, *step;
	bool abandoned;                /**< Ends as soon as the judge has spoken. */
	enum attempt_end abandon_how;
	enum msg_id abandon_msg;
	const char *abandon_reason;

	struct enrolment *enrolment;   /**< NULL for log-ins. */
};

/** A new attempt in state QUEUED; SK_E_NOMEM or the store's error when no id can be had. */
SK_MUST_CHECK SK_NONNULL
enum sk_status attempt_new(struct daemon *d, struct conn *conn, enum attempt_kind kind, struct attempt **ret_a);
/** Begin: total deadline, then the queue. The attempt may be over (and freed) when this returns. */
SK_NONNULL void attempt_enter(struct attempt *a);
/** The turn has come (called by queue.c). */
SK_NONNULL void attempt_start(struct attempt *a);

/** A message for this attempt, from whichever channel: looked up in the table. */
SK_NONNULL void attempt_dispatch(struct attempt *a, const struct ipc_msg *m);
/** The peer closed its socket, or cancelled. */
SK_NONNULL void attempt_client_gone(struct attempt *a);
/** sekisho-watch saw something. */
SK_NONNULL void attempt_watch(struct attempt *a, enum ipc_watch_event ev, const char *reader);

/* For the handlers, attempt_*.c. */

/** Say something; arguments may be NULL. */
void attempt_say(struct attempt *a, enum msg_id id, const char *arg1, const char *arg2, const char *arg3);
/** End as not granted and free @p a. @p reason: machine word for the audit record (none where rule 6 says so). */
void attempt_end(struct attempt *a, enum attempt_end how, const char *reason, enum msg_id id, const char *arg1,
    const char *arg2);
/** The same with the general text (help desk, reference number): for whatever the outside must not tell apart. */
SK_NONNULL void attempt_deny(struct attempt *a, const char *reason);
/** A fault of ours or of a device. */
SK_NONNULL void attempt_fault(struct attempt *a, const char *reason);
/** End now, or when the judge has spoken (rule 4). */
SK_NONNULL void attempt_abandon(struct attempt *a, enum attempt_end how, const char *reason, enum msg_id id);
/** The judge said no: the charge stays, and a counter that has come to its limit is an event of its own. */
SK_NONNULL void attempt_judged_wrong(struct attempt *a, enum lockout_factor factor);
/** The judge of an abandoned attempt has spoken (or can't any more): end as was meant. */
SK_NONNULL void attempt_end_abandoned(struct attempt *a);
/** Lockout answers of lockouts_*: ends the attempt with what the person must know. */
SK_NONNULL void attempt_locked(struct attempt *a, enum sk_status st, uint32_t wait_s);
/** (Re)start the deadline of this step; 0 takes it away. */
SK_NONNULL void attempt_step_deadline(struct attempt *a, uint32_t seconds);
/** Are all factors there? Grants or denies, and frees @p a. */
SK_NONNULL void attempt_decide(struct attempt *a);
/** Tell the peer and free; how it ended is already recorded. */
void attempt_finish(struct attempt *a, enum sk_verdict verdict, enum msg_id id, const char *arg1, const char *arg2);

/* Steps: attempt_card.c, attempt_proof.c */
SK_NONNULL void attempt_card_identified(struct attempt *a);
SK_NONNULL void attempt_card_sign(struct attempt *a, struct sk_span pin);
SK_NONNULL void attempt_choose(struct attempt *a);
/** Send to the card helper; on failure the attempt is over (freed) and false comes back. */
SK_NONNULL bool attempt_tell_card(struct attempt *a, struct ipc_out *o);
SK_NONNULL bool attempt_tell_card_plain(struct attempt *a, enum ipc_type type);
/** Certificate, chain, revocation, denylist. Denies (and frees) and returns false when not good. */
SK_MUST_CHECK SK_NONNULL bool attempt_certificate_ok(struct attempt *a, struct sk_span der);
/** Is it only an OCSP response that a card being enrolled lacks? */
SK_MUST_CHECK SK_NONNULL bool attempt_waits_for_ocsp(const struct attempt *a, enum trust_reason why);
/** account.c: is the person, and the card, in use at @p now? NULL when yes, else the reason. */
SK_MUST_CHECK SK_NONNULL const char *attempt_standing(const struct person *p, const struct card *c, int64_t now);
SK_MUST_CHECK SK_NONNULL bool attempt_policy_has_finger(const struct policy *p);
/** The key of a profile that signs with PIN (enum ipc_key); 0: no profile of ours. */
SK_MUST_CHECK uint8_t attempt_pin_key(enum ipc_profile profile);
/** Which card, for lockouts and audit: fills card_hex. */
SK_NONNULL void attempt_card_name(struct attempt *a);
/* Steps: attempt_finger.c */
SK_MUST_CHECK SK_NONNULL enum sk_status attempt_sensor_open(struct attempt *a);
SK_NONNULL void attempt_finger_begin(struct attempt *a);
SK_NONNULL void attempt_finger_scan(struct attempt *a);

typedef void attempt_fn(struct attempt *a, const struct ipc_msg *m);
attempt_fn attempt_on_cancel, attempt_on_answer;
attempt_fn attempt_on_card_state, attempt_on_head, attempt_on_cert, attempt_on_tries, attempt_on_signature,
    attempt_on_card_error, attempt_on_card_key_head, attempt_on_card_cert_head, attempt_on_card_cert;
attempt_fn attempt_on_ready, attempt_on_touched, attempt_on_verdict, attempt_on_retry, attempt_on_finger_error;

/** One row: in this state, this message goes to this handler. */
struct attempt_row {
	enum attempt_state state;
	enum ipc_type type;
	attempt_fn *fn;
};
/** NULL when the message may not come now. */
SK_MUST_CHECK attempt_fn *attempt_row_find(enum attempt_state state, enum ipc_type type);
SK_MUST_CHECK const char *attempt_state_name(enum attempt_state state);

#endif /* DAEMON_ATTEMPT_H */
