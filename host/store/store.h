/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store.h
 * @brief The registry, lockout records, sessions and audit chain behind one interface.
 *
 * The daemon knows only this header. store_sqlite_open() is the keeper on a
 * terminal; a fleet keeper (PostgreSQL) comes later as a second struct store_ops.
 *
 * Rules
 *  1. What cannot be read is SK_E_CORRUPT or SK_E_IO, never "not there" and never "fresh".
 *  2. store_lockout_put() is durable (fsynced) when it returns SK_OK.
 *  3. A write that needs an audit record takes it in the same transaction: both or neither.
 *  4. Cards are found by the SHA-256 of their public key (SubjectPublicKeyInfo), never by a name.
 *  5. Texts given in are checked (SK_E_ARG: too long, control characters, not UTF-8, wrong characters for ids); what
 *     is read back passes the same checks, else SK_E_CORRUPT. Outputs are set on SK_OK only.
 *
 * Results that every function may have, besides those named at each: SK_E_ARG, SK_E_CORRUPT, SK_E_IO (also: disk full),
 * SK_E_NOMEM, SK_E_BUSY, SK_E_STATE (a transaction that broke down; only store_rollback() helps), SK_E_FAULT.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/lockout.h"
#include "core/status.h"

#define STORE_PERSON_MAX 32u   /**< Person id (staff number), [A-Za-z0-9._-], without NUL. */
#define STORE_NAME_MAX 128u    /**< A person's name, UTF-8. */
#define STORE_ACCOUNT_MAX 32u  /**< OS account. */
#define STORE_KEY_LEN 32u      /**< SHA-256 of a SubjectPublicKeyInfo: the id of a card. */
#define STORE_CERT_MAX 8192u   /**< Certificate, DER. */
#define STORE_HEAD_MIN 64u     /**< Shortest head of a certificate that may be looked up: the serial is in it. */
#define STORE_SHARED_MAX 64u   /**< Persons on the list of one shared account. */
#define STORE_TERMINAL_MAX 64u /**< Terminal id, as person ids are written. */
#define STORE_TERMINALS_MAX 512u /**< Terminal ids of one temporary card, with a space between two. */
#define STORE_FINGER_MAX 16u   /**< Finger name: right-index, left-thumb, ... */
#define STORE_SEAL_MAX 32768u  /**< Sealed template. */
#define STORE_PRINTS_MAX 64u   /**< Prints of one person at a log-in. */
#define STORE_HASH_LEN 32u
#define STORE_TEXT_MAX 1024u   /**< Detail of an audit record. */
#define STORE_READER_MAX 128u  /**< A reader's name, as sekisho-watch reports it. */

enum person_status { PERSON_ACTIVE = 1, PERSON_SUSPENDED, PERSON_RETIRED };
enum card_status { CARD_ACTIVE = 1, CARD_REVOKED, CARD_RETURNED, CARD_DESTROYED };
enum person_role { ROLE_STAFF = 1, ROLE_PRIVILEGED, ROLE_AUDITOR };

struct person {
	char id[STORE_PERSON_MAX + 1];
	char name[STORE_NAME_MAX + 1];
	char account[STORE_ACCOUNT_MAX + 1]; /**< Unique among persons that aren't retired. */
	enum person_role role;
	enum person_status status;
	int64_t valid_from, valid_until;     /**< Seconds since 1970; 0 = no limit. */
	int64_t created, changed;
};

struct card {
	uint8_t key[STORE_KEY_LEN];
	char person[STORE_PERSON_MAX + 1];
	enum card_status status;
	uint8_t profile;                     /**< enum ipc_profile. */
	uint8_t auth_cert[STORE_CERT_MAX];   /**< The certificate that signs with PIN (PIV 9A, JPKI EF 000A), DER. */
	uint32_t auth_cert_len;
	uint8_t card_cert[STORE_CERT_MAX];   /**< The one that signs without PIN (PIV 9E), DER; may be absent. */
	uint32_t card_cert_len;
	char label[STORE_NAME_MAX + 1];      /**< For people: subject of the certificate; of a My Number Card its serial number. */
	int64_t created, changed, not_after;
	char reason[STORE_NAME_MAX + 1];     /**< Why revoked / how returned or destroyed. */
};

/** A person on the list of a shared account (共用ID). */
struct shared {
	char account[STORE_ACCOUNT_MAX + 1], person[STORE_PERSON_MAX + 1];
	int64_t since, until;                /**< Seconds since 1970; until 0 = on the list now. */
};

/** What makes a card a temporary one (仮カード): when it ends, and where it may be used. */
struct card_limit {
	uint8_t key[STORE_KEY_LEN];
	int64_t until;                       /**< Last second; never 0. */
	char terminals[STORE_TERMINALS_MAX + 1]; /**< At least one id. */
};

struct finger_print {
	uint64_t id;                         /**< Given by the store. */
	char person[STORE_PERSON_MAX + 1];
	char finger[STORE_FINGER_MAX + 1];
	uint8_t impression;                  /**< 0..: touches of one enrolment. */
	char driver[33], device[65];         /**< Sensor it was taken on. */
	int64_t created;
	uint32_t seal_len;
	uint8_t seal[STORE_SEAL_MAX];        /**< AES-256-GCM sealed template (vault.h). */
};

/** Whose counter: one record for each (subject, id, factor). */
enum lockout_subject { LOCK_PERSON = 1, LOCK_CARD, LOCK_TERMINAL };
enum lockout_factor { LOCK_PIN = 1, LOCK_FINGER, LOCK_ATTEMPT };
struct lockout_id {
	enum lockout_subject subject;
	enum lockout_factor factor;
	char id[2 * STORE_KEY_LEN + 1];      /**< Person id, card key in hex, terminal id. */
};

/** A record with its owner. */
struct lockout_entry {
	struct lockout_id id;
	uint8_t rec[LOCKOUT_RECORD_LEN];
};
#define LOCKOUT_PUT_MAX 16u

/** A session; attempt, person, key and reader are those of who holds it now (of who held it last when it is closed). */
struct session {
	uint64_t id;
	uint64_t attempt;
	char account[STORE_ACCOUNT_MAX + 1], person[STORE_PERSON_MAX + 1];
	uint8_t key[STORE_KEY_LEN];          /**< All zero: no card is known. */
	char reader[STORE_READER_MAX + 1];   /**< Where the card was; "" = not known. */
	char service[33], tty[65];
	int64_t opened, closed;              /**< closed 0 = open. */
	int64_t held;                        /**< Since when it is held so; as opened at first. */
	uint32_t leader;                     /**< The process that opened it; 0 = not known. Of the boot in which it was opened. */
};

/** Who holds a session from @c since on: who opened it, then who unlocked it or took it over. */
struct session_hold {
	uint64_t attempt;
	char person[STORE_PERSON_MAX + 1];
	uint8_t key[STORE_KEY_LEN];
	char reader[STORE_READER_MAX + 1];
	int64_t since;
};

/** A hold read back, with its session. */
struct session_holder {
	uint64_t session;
	char account[STORE_ACCOUNT_MAX + 1];
	char service[33], tty[65];
	struct session_hold hold;
	int64_t until;                       /**< The next hold, or the session's end; 0 = holds it now. */
};

/** Kinds of audit events; the text of each is what people and tools see. */
enum audit_event {
	EV_START = 1, EV_STOP, EV_ATTEMPT_BEGIN, EV_ATTEMPT_GRANTED, EV_ATTEMPT_DENIED, EV_ATTEMPT_CANCELLED, EV_FAULT,
	EV_SESSION_OPEN, EV_SESSION_CLOSE, EV_ADMIN, EV_LOCKOUT, EV_CRL_IMPORT, EV_CRL_REFUSED, EV_TAMPER, EV_CLOCK,
	EV_DENYLIST_IMPORT, EV_DENYLIST_REFUSED, EV_CARD_UNREVOKE, EV_SESSION_STOP,
	EV_DESK_TAKEN, EV_GUARD_STOP, EV_SESSION_HOLD, EV_SESSION_LOST, EV_CARD_LEFT,
	EV_MEDIA_APPROVED, EV_MEDIA_REFUSED,
};

/** A record to be written; NULL or "" where nothing is to be said. Texts are taken as store_text_clean() leaves them
 *  at the lengths of struct audit_row: a record about a hostile name is better than none. */
struct audit_in {
	enum audit_event event;
	uint64_t attempt;
	const char *person, *account, *service, *tty, *card, *actor; /**< card: key in hex; actor: who did an admin act. */
	const char *reason;  /**< Short machine word: pin-wrong, card-revoked, ... */
	const char *detail;  /**< For people. */
};

/** A record read back. */
struct audit_row {
	uint64_t seq;
	int64_t time;
	enum audit_event event;
	uint64_t attempt;
	char person[STORE_PERSON_MAX + 1], account[65], service[33], tty[65], card[2 * STORE_KEY_LEN + 1],
	    actor[65], reason[33], detail[STORE_TEXT_MAX + 1];
	uint8_t prev[STORE_HASH_LEN], hash[STORE_HASH_LEN];
};

/** What audit verification found. */
struct audit_report {
	uint64_t records;
	uint64_t first_bad;  /**< seq of the first record that is wrong or missing; 0 = none (also when only the head file is wrong). */
	char what[160];      /**< "record 17 was changed", "records 20 to 31 are missing", "cut off after 40 of 52". */
};

struct store; /* opaque */

/** Called for each row; any result other than SK_OK stops the walk and is returned. May read from the store, not write. */
typedef enum sk_status store_person_fn(void *arg, const struct person *p);
typedef enum sk_status store_card_fn(void *arg, const struct card *c);
typedef enum sk_status store_shared_fn(void *arg, const struct shared *m);
typedef enum sk_status store_print_fn(void *arg, const struct finger_print *f);
typedef enum sk_status store_session_fn(void *arg, const struct session *s);
typedef enum sk_status store_hold_fn(void *arg, const struct session_holder *h);
typedef enum sk_status store_audit_fn(void *arg, const struct audit_row *r);
typedef enum sk_status store_lockout_fn(void *arg, const struct lockout_id *id, const uint8_t rec[static LOCKOUT_RECORD_LEN]);
/** MAC over the head of the audit chain, e.g. vault_mac() with its purpose. */
typedef enum sk_status store_mac_fn(void *arg, struct sk_span in, uint8_t ret_mac[static STORE_HASH_LEN]);

/** What a keeper supplies. Each member: same contract as the store_ function of its name. */
struct store_ops;

/** Make a new, empty store in @p dir (0700, exists, owned by us). SK_E_EXIST when there is one, or what is left of one;
 *  SK_E_NOENT no folder, SK_E_DENIED its owner or mode, SK_E_BUSY somebody has it open. Cut off half-way, it may be called again. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_sqlite_create(const char *dir);
/** Open the store in @p dir. SK_E_NOENT: not initialised (never created on the fly: a store that
 *  vanished must not come back with fresh counters). SK_E_CORRUPT: damaged (quick check, schema), or one of its files is gone
 *  or belongs to another store. SK_E_UNSUPPORTED: made by a newer version of this program; nothing was changed.
 *  SK_E_BUSY: another process has it open. SK_E_DENIED: owner or mode of folder or file. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_sqlite_open(const char *dir, struct store **ret_store);
/** Close and set NULL; takes NULL content. An open transaction is rolled back. */
void store_free(struct store **s);
/**
 * From now on the head file of the audit chain carries a MAC. Set it right after opening, before the first record is
 * ever written: a head file without MAC beside a chain with records counts as forged (see store_audit_verify()), and
 * a head file with MAC takes no records without this. SK_E_STATE inside a transaction.
 */
SK_MUST_CHECK enum sk_status store_set_mac(struct store *s, store_mac_fn *fn, void *arg);

/* Transactions: store_begin … store_commit; store_rollback is allowed after a failure, and without one. Not nested
 * (SK_E_STATE). Calls below outside of a transaction are each their own. Not part of any transaction, durable at once:
 * store_lockout_put(), store_next_attempt(). A commit that fails is rolled back, with one exception: SK_E_IO after the
 * head file of the audit chain couldn't be written; the records are then in the chain and the next one is tried again. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_begin(struct store *s);
SK_MUST_CHECK SK_NONNULL enum sk_status store_commit(struct store *s);
SK_NONNULL void store_rollback(struct store *s);

/* Persons. SK_E_EXIST: id, or account of a person that isn't retired, is taken, or the account is a shared one. SK_E_NOENT: unknown. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_person_add(struct store *s, const struct person *p);
SK_MUST_CHECK SK_NONNULL enum sk_status store_person_get(struct store *s, const char *id, struct person *ret_p);
/** Of the persons that aren't retired (one at most). */
SK_MUST_CHECK SK_NONNULL enum sk_status store_person_by_account(struct store *s, const char *account, struct person *ret_p);
SK_MUST_CHECK SK_NONNULL enum sk_status store_person_set_status(struct store *s, const char *id, enum person_status st, int64_t now);
SK_MUST_CHECK enum sk_status store_person_each(struct store *s, store_person_fn *fn, void *arg);

/* Shared accounts: an account is shared as long as somebody is on its list, and is then nobody's own. Whether a person on a
 * list may log in today is for the caller to see: suspended and retired persons stay on it. */
/** SK_E_NOENT: no such person; SK_E_EXIST: on the list already; SK_E_STATE: the account is a person's own; SK_E_SPACE: the list
 *  has STORE_SHARED_MAX persons. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_shared_add(struct store *s, const char *account, const char *person, int64_t now);
/** Off the list; that she was on it stays. SK_E_NOENT: she isn't on it. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_shared_remove(struct store *s, const char *account, const char *person, int64_t now);
/** SK_E_NOENT: she isn't on the list now. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_shared_get(struct store *s, const char *account, const char *person, struct shared *ret_m);
/** Is anybody on the list of this account? SK_E_CORRUPT: it is a person's own account, too. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_account_is_shared(struct store *s, const char *account, bool *ret_shared);
/** Who is on lists now: of one account (NULL: of all), one person (NULL: all), by account and person. */
SK_MUST_CHECK enum sk_status store_shared_each(struct store *s, const char *account, const char *person, store_shared_fn *fn, void *arg);

/* Cards. Adding a key that is there: SK_E_EXIST, also when revoked or destroyed (a lost card never comes back by enrolling it again).
 * Adding to a person that isn't there: SK_E_NOENT. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_card_add(struct store *s, const struct card *c);
SK_MUST_CHECK SK_NONNULL enum sk_status store_card_get(struct store *s, const uint8_t key[static STORE_KEY_LEN], struct card *ret_c);
/** By the first @p head_len bytes (at least 64) of either certificate; SK_E_NOENT when none or more than one fits. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_card_by_head(struct store *s, const uint8_t *head, size_t head_len, struct card *ret_c);
/** SK_E_NOENT: unknown. SK_E_STATE: a card that was revoked, returned or destroyed never becomes active again, and a
 *  destroyed one stays destroyed. Repeating the same status renews reason and time. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_card_set_status(struct store *s, const uint8_t key[static STORE_KEY_LEN], enum card_status st, const char *reason, int64_t now);
/** The one exception: a card that was revoked by mistake is active again. The caller has seen to it that the site's denylist
 *  authority has let it go, and writes a record of its own kind (EV_CARD_UNREVOKE) in the same transaction. SK_E_NOENT: unknown;
 *  SK_E_STATE: it isn't revoked (returned and destroyed cards stay so). */
SK_MUST_CHECK SK_NONNULL enum sk_status store_card_unrevoke(struct store *s, const uint8_t key[static STORE_KEY_LEN], const char *reason, int64_t now);
/** A new certificate over the same key (c->key), proven at a log-in: auth_cert and not_after of @p c replace the stored
 *  ones of an active card. SK_E_NOENT: no such card; SK_E_STATE: it is not active. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_card_renew(struct store *s, const struct card *c, int64_t now);
/** All cards (@p person NULL) or one person's. */
SK_MUST_CHECK enum sk_status store_card_each(struct store *s, const char *person, store_card_fn *fn, void *arg);

/* Temporary cards. The limit comes with the card, in the same transaction, and is never changed. set: SK_E_NOENT no such card,
 * SK_E_EXIST it has one. get: SK_E_NOENT: this is no temporary card. */
/** End and terminals, the key apart: would it be taken? The memory may hold anything. */
SK_MUST_CHECK SK_NONNULL bool store_card_limit_is_valid(const struct card_limit *l);
SK_MUST_CHECK SK_NONNULL enum sk_status store_card_limit_set(struct store *s, const struct card_limit *l);
SK_MUST_CHECK SK_NONNULL enum sk_status store_card_limit_get(struct store *s, const uint8_t key[static STORE_KEY_LEN], struct card_limit *ret_l);

/* Fingers. SK_E_NOENT: no such person. SK_E_EXIST: this impression of this finger is there (delete the finger first, in
 * the same transaction). SK_E_SPACE: the person has STORE_PRINTS_MAX. f->id is ignored. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_print_add(struct store *s, const struct finger_print *f, uint64_t *ret_id);
/** All prints of one person, or all (@p person NULL). */
SK_MUST_CHECK enum sk_status store_print_each(struct store *s, const char *person, store_print_fn *fn, void *arg);
/** @p finger NULL: all fingers of the person. SK_E_NOENT when there was none. Secure delete is on. */
SK_MUST_CHECK enum sk_status store_print_delete(struct store *s, const char *person, const char *finger);

/* Lockout, in a file of its own that no restore of the registry touches. get: SK_E_NOENT means no record was ever
 * written (the caller starts from lockout_init); SK_E_CORRUPT: there was one and it is gone. put: durable and read back
 * equal on SK_OK; on failure it may stand or not. each: SK_E_CORRUPT behind the last row when a record is gone. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_lockout_get(struct store *s, const struct lockout_id *id, uint8_t ret_rec[static LOCKOUT_RECORD_LEN]);
SK_MUST_CHECK SK_NONNULL enum sk_status store_lockout_put(struct store *s, const struct lockout_id *id, const uint8_t rec[static LOCKOUT_RECORD_LEN]);
/** Several at once, all or none, and durable together: 1..LOCKOUT_PUT_MAX entries with different ids. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_lockout_put_all(struct store *s, const struct lockout_entry *e, size_t n);
SK_MUST_CHECK enum sk_status store_lockout_each(struct store *s, store_lockout_fn *fn, void *arg);

/* Sessions. in->id and in->held are ignored, in->closed must be 0. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_session_open(struct store *s, const struct session *in, uint64_t *ret_id);
/** SK_E_NOENT: no such session; SK_E_STATE: closed already. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_session_close(struct store *s, uint64_t id, int64_t now);
/** Held anew from now on. SK_E_NOENT: no such session; SK_E_STATE: it is closed. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_session_hold(struct store *s, uint64_t id, const struct session_hold *h);
/** Who held the sessions of an account (NULL: of all) at any time from @p from to @p until, both included (@p until 0: to the
 *  end), session by session and in order; the opening of a session is its first hold. */
SK_MUST_CHECK enum sk_status store_hold_each(struct store *s, const char *account, int64_t from, int64_t until, store_hold_fn *fn, void *arg);
SK_MUST_CHECK SK_NONNULL enum sk_status store_session_get(struct store *s, uint64_t id, struct session *ret_s);
/** The newest session of an account; SK_E_NOENT: none. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_session_last(struct store *s, const char *account, struct session *ret_s);
/** All sessions that are open, oldest first. */
SK_MUST_CHECK enum sk_status store_session_each_open(struct store *s, store_session_fn *fn, void *arg);
/** Which card was granted in this attempt of this account, from the audit chain. SK_E_NOENT: nothing was granted in it. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_attempt_card(struct store *s, uint64_t attempt, const char *account, uint8_t ret_key[static STORE_KEY_LEN]);
/** Denied attempts of an account in the audit chain since @p since. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_failures_since(struct store *s, const char *account, int64_t since, uint32_t *ret_n);
/** When the newest record of this event was written about a person, up to @p until, under her own account or one whose list she is
 *  or was on. @p reason NULL: any. SK_E_NOENT: none (or no such person). */
SK_MUST_CHECK enum sk_status store_person_last(struct store *s, const char *person, enum audit_event event, const char *reason, int64_t until, int64_t *ret_time);
/** A number never given before (attempt ids), durable. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_next_attempt(struct store *s, uint64_t *ret_id);

/* Audit: append-only hash chain. hash = SHA-256(prev || canonical TLV of the record), see audit_record.h. A file beside
 * the database (audit.head) holds the newest number and hash. After a cut it may lag; a database that is behind it, or
 * doesn't agree with it, was truncated or replaced: no record is added any more (SK_E_CORRUPT), so that the evidence
 * stays and every attempt is denied, until store_audit_reanchor(). */
SK_MUST_CHECK SK_NONNULL enum sk_status store_audit_add(struct store *s, const struct audit_in *in, int64_t now, uint64_t *ret_seq);
/** Records with seq > @p after, at most @p limit (0 = all), oldest first. */
SK_MUST_CHECK enum sk_status store_audit_each(struct store *s, uint64_t after, uint32_t limit, store_audit_fn *fn, void *arg);
/** Walk the whole chain. SK_OK: whole; SK_E_CORRUPT: *ret_report says where. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_audit_verify(struct store *s, struct audit_report *ret_report);
/** Highest seq; 0 when empty. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_audit_head(struct store *s, uint64_t *ret_seq, uint8_t ret_hash[static STORE_HASH_LEN]);
/** An administrator's act after damage was looked into: accept the newest record there is as head and write @p in (say
 *  who and why) behind it. Does not make store_audit_verify() forget damage inside of the chain. */
SK_MUST_CHECK SK_NONNULL enum sk_status store_audit_reanchor(struct store *s, const struct audit_in *in, int64_t now, uint64_t *ret_seq);

/** Is a card known: not all zero? */
SK_MUST_CHECK SK_NONNULL bool store_key_is_known(const uint8_t key[static STORE_KEY_LEN]);

/** Copy a text for a field of @p cap bytes, NUL included: control characters and bytes that aren't UTF-8 become '?', what
 *  doesn't fit is cut at a whole character. @p in NULL gives "". @p cap at least 1. */
void store_text_clean(char *ret_text, size_t cap, const char *in);

/** "attempt-denied" etc.; NULL for an unknown value. */
SK_MUST_CHECK const char *audit_event_name(enum audit_event e);

#endif /* STORE_STORE_H */
