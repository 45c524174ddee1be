/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite.h
 * @brief Inside of the SQLite keeper; nobody but store_sqlite*.c includes this.
 *
 * Files in the folder of a store:
 *   store.lock    flock()ed by the one process that has the store open
 *   registry.db   persons, lists of shared accounts, cards and their limits, prints, sessions and who held them, audit
 *                 chain, ids of lockout records ever written
 *   lockout.db    lockout records and the attempt counter: apart, so that restoring a registry never lowers a count
 *   audit.head    number and hash of the newest audit record
 *   store.init    there only while store_sqlite_create() works
 */
#ifndef STORE_STORE_SQLITE_H
#define STORE_STORE_SQLITE_H

#include <limits.h>

#include "store/audit_record.h"
#include "store/sqlite_query.h"
#include "store/store_ops.h"

/** Newest record of a chain. */
struct audit_head {
	uint64_t seq; /* 0: none, hash is the genesis */
	uint8_t hash[STORE_HASH_LEN];
};

struct keeper {
	struct store store; /* first: a struct store * is a struct keeper * */
	int lock_fd;
	sqlite3 *reg;
	sqlite3 *lock;      /* lockout.db */
	sqlite3 *lock_read; /* lockout.db again, for reading back: the page cache of the writer would answer itself */
	uint8_t id[AUDIT_STORE_ID_LEN];
	char head_path[PATH_MAX];
	bool in_tx;
	bool purge;         /* something was deleted for good: clear the WAL after the commit */
	bool head_checked;  /* head file and database were compared, the three below are set */
	struct audit_head head;      /* newest record, that of an open transaction included */
	struct audit_head committed; /* newest record without the open transaction */
	struct audit_head anchored;  /* what the head file says */
	store_mac_fn *mac;
	void *mac_arg;
};

enum keeper_file { KEEPER_REGISTRY, KEEPER_LOCKOUT };

/* store_sqlite_schema.c */
/** Put the schema into an empty database. */
SK_MUST_CHECK SK_NONNULL enum sk_status schema_create(sqlite3 *db, enum keeper_file file,
    const uint8_t id[static AUDIT_STORE_ID_LEN]);
/** Bring a database of an older version to ours, in one transaction; one of ours is left alone. SK_E_CORRUPT: it is not exactly
 *  what its version says, or newer than we are. */
SK_MUST_CHECK SK_NONNULL enum sk_status schema_update(sqlite3 *db, enum keeper_file file);
/** Application id, version, exactly our schema, page check; *ret_id is whose store this is. */
SK_MUST_CHECK SK_NONNULL enum sk_status schema_check(sqlite3 *db, enum keeper_file file,
    uint8_t ret_id[static AUDIT_STORE_ID_LEN]);

/* store_sqlite.c */
SK_NONNULL struct keeper *keeper_of(struct store *s);
/** query_open() on the registry; SK_E_STATE sticks when SQLite has broken off the open transaction. */
SK_NONNULL void registry_open(struct keeper *k, struct query *q, const char *sql);
/** Begin a transaction unless the caller's is open. */
SK_MUST_CHECK SK_NONNULL enum sk_status tx_enter(struct keeper *k, bool *ret_own);
/** Commit or roll back what tx_enter() began; returns @p st or why the commit failed. */
SK_MUST_CHECK SK_NONNULL enum sk_status tx_leave(struct keeper *k, bool own, enum sk_status st);

/* store_sqlite_head.c */
/** Write the head file of an empty chain. */
SK_MUST_CHECK SK_NONNULL enum sk_status head_create(struct keeper *k);
/** Read the head file. SK_E_NOENT missing, SK_E_CORRUPT malformed, SK_E_CRYPTO MAC missing or wrong, SK_E_STATE it
 *  has a MAC and we have no key for it (*ret_h is set then too). */
SK_MUST_CHECK SK_NONNULL enum sk_status head_read(struct keeper *k, const struct audit_head *newest,
    struct audit_head *ret_h);
/** Number and hash of the newest record in the database. */
SK_MUST_CHECK SK_NONNULL enum sk_status head_newest(struct keeper *k, struct audit_head *ret_h);
/** The hash of record @p seq (0: genesis). SK_E_NOENT. */
SK_MUST_CHECK SK_NONNULL enum sk_status head_hash_at(struct keeper *k, uint64_t seq,
    uint8_t ret_hash[static STORE_HASH_LEN]);
/** Head file and database must agree before a record is added. */
SK_MUST_CHECK SK_NONNULL enum sk_status head_ensure(struct keeper *k);
/** Write k->committed to the head file. */
SK_MUST_CHECK SK_NONNULL enum sk_status head_write(struct keeper *k);
SK_MUST_CHECK SK_NONNULL enum sk_status sqlite_set_mac(struct store *s, store_mac_fn *fn, void *arg);

/* store_sqlite_lockout.c */
/** Let the registry know every record of lockout.db (a cut may have come between the two writes). */
SK_MUST_CHECK SK_NONNULL enum sk_status lockout_heal(struct keeper *k);

/* store_sqlite_audit.c */
/** One record from a statement that gives seq, time, event, attempt, person, account, service, tty, card, actor,
 *  reason, detail, prev, hash. */
SK_MUST_CHECK SK_NONNULL enum sk_status audit_row_from(struct query *q, struct audit_row *ret_r);

/* Members of struct store_ops. */
enum sk_status sqlite_person_add(struct store *s, const struct person *p);
enum sk_status sqlite_person_get(struct store *s, const char *id, struct person *ret_p);
enum sk_status sqlite_person_by_account(struct store *s, const char *account, struct person *ret_p);
enum sk_status sqlite_person_set_status(struct store *s, const char *id, enum person_status st, int64_t now);
enum sk_status sqlite_person_each(struct store *s, store_person_fn *fn, void *arg);
enum sk_status sqlite_shared_add(struct store *s, const char *account, const char *person, int64_t now);
enum sk_status sqlite_shared_remove(struct store *s, const char *account, const char *person, int64_t now);
enum sk_status sqlite_shared_get(struct store *s, const char *account, const char *person, struct shared *ret_m);
enum sk_status sqlite_account_is_shared(struct store *s, const char *account, bool *ret_shared);
enum sk_status sqlite_shared_each(struct store *s, const char *account, const char *person, store_shared_fn *fn,
    void *arg);
enum sk_status sqlite_card_limit_set(struct store *s, const struct card_limit *l);
enum sk_status sqlite_card_limit_get(struct store *s, const uint8_t key[static STORE_KEY_LEN],
    struct card_limit *ret_l);
enum sk_status sqlite_card_add(struct store *s, const struct card *c);
enum sk_status sqlite_card_get(struct store *s, const uint8_t key[static STORE_KEY_LEN], struct card *ret_c);
enum sk_status sqlite_card_by_head(struct store *s, const uint8_t *head, size_t head_len, struct card *ret_c);
enum sk_status sqlite_card_renew(struct store *s, const struct card *c, int64_t now);
enum sk_status sqlite_card_set_status(struct store *s, const uint8_t key[static STORE_KEY_LEN], enum card_status st,
    const char *reason, int64_t now);
enum sk_status sqlite_card_unrevoke(struct store *s, const uint8_t key[static STORE_KEY_LEN], const char *reason,
    int64_t now);
enum sk_status sqlite_card_each(struct store *s, const char *person, store_card_fn *fn, void *arg);
enum sk_status sqlite_print_add(struct store *s, const struct finger_print *f, uint64_t *ret_id);
enum sk_status sqlite_print_each(struct store *s, const char *person, store_print_fn *fn, void *arg);
enum sk_status sqlite_print_delete(struct store *s, const char *person, const char *finger);
enum sk_status sqlite_lockout_get(struct store *s, const struct lockout_id *id,
    uint8_t ret_rec[static LOCKOUT_RECORD_LEN]);
enum sk_status sqlite_lockout_put(struct store *s, const struct lockout_entry *e, size_t n);
enum sk_status sqlite_lockout_each(struct store *s, store_lockout_fn *fn, void *arg);
enum sk_status sqlite_session_open(struct store *s, const struct session *in, uint64_t *ret_id);
enum sk_status sqlite_session_close(struct store *s, uint64_t id, int64_t now);
enum sk_status sqlite_session_hold(struct store *s, uint64_t id, const struct session_hold *h);
enum sk_status sqlite_hold_each(struct store *s, const char *account, int64_t from, int64_t until, store_hold_fn *fn,
    void *arg);
enum sk_status sqlite_session_get(struct store *s, uint64_t id, struct session *ret_s);
enum sk_status sqlite_session_each_open(struct store *s, store_session_fn *fn, void *arg);
enum sk_status sqlite_attempt_card(struct store *s, uint64_t attempt, const char *account,
    uint8_t ret_key[static STORE_KEY_LEN]);
enum sk_status sqlite_session_last(struct store *s, const char *account, struct session *ret_s);
enum sk_status sqlite_failures_since(struct store *s, const char *account, int64_t since, uint32_t *ret_n);
enum sk_status sqlite_person_last(struct store *s, const char *person, enum audit_event event, const char *reason, int64_t until,
    int64_t *ret_time);
enum sk_status sqlite_next_attempt(struct store *s, uint64_t *ret_id);
enum sk_status sqlite_audit_add(struct store *s, const struct audit_row *row, uint64_t *ret_seq);
enum sk_status sqlite_audit_reanchor(struct store *s, const struct audit_row *row, uint64_t *ret_seq);
enum sk_status sqlite_audit_each(struct store *s, uint64_t after, uint32_t limit, store_audit_fn *fn, void *arg);
enum sk_status sqlite_audit_verify(struct store *s, struct audit_report *ret_report);
enum sk_status sqlite_audit_head(struct store *s, uint64_t *ret_seq, uint8_t ret_hash[static STORE_HASH_LEN]);

#endif /* STORE_STORE_SQLITE_H */
