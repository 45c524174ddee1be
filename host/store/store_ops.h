/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_ops.h
 * @brief What a keeper of the store supplies, and the checks that all keepers share.
 *
 * store.c checks arguments and then calls the member; a keeper can rely on what the store_x_is_valid() functions say,
 * and calls them again on what it reads back. Contracts: store.h, function of the same name.
 */
#ifndef STORE_STORE_OPS_H
#define STORE_STORE_OPS_H

#include "store/store.h"

struct store_ops {
	void (*close)(struct store *s); /**< Frees everything, also @p s. */
	enum sk_status (*set_mac)(struct store *s, store_mac_fn *fn, void *arg);

	enum sk_status (*begin)(struct store *s);
	enum sk_status (*commit)(struct store *s);
	void (*rollback)(struct store *s);

	enum sk_status (*person_add)(struct store *s, const struct person *p);
	enum sk_status (*person_get)(struct store *s, const char *id, struct person *ret_p);
	enum sk_status (*person_by_account)(struct store *s, const char *account, struct person *ret_p);
	enum sk_status (*person_set_status)(struct store *s, const char *id, enum person_status st, int64_t now);
	enum sk_status (*person_each)(struct store *s, store_person_fn *fn, void *arg);

	enum sk_status (*shared_add)(struct store *s, const char *account, const char *person, int64_t now);
	enum sk_status (*shared_remove)(struct store *s, const char *account, const char *person, int64_t now);
	enum sk_status (*shared_get)(struct store *s, const char *account, const char *person, struct shared *ret_m);
	enum sk_status (*account_is_shared)(struct store *s, const char *account, bool *ret_shared);
	enum sk_status (*shared_each)(struct store *s, const char *account, const char *person, store_shared_fn *fn,
	    void *arg);
	enum sk_status (*card_limit_set)(struct store *s, const struct card_limit *l);
	enum sk_status (*card_limit_get)(struct store *s, const uint8_t key[static STORE_KEY_LEN],
	    struct card_limit *ret_l);

	enum sk_status (*card_add)(struct store *s, const struct card *c);
	enum sk_status (*card_get)(struct store *s, const uint8_t key[static STORE_KEY_LEN], struct card *ret_c);
	enum sk_status (*card_by_head)(struct store *s, const uint8_t *head, size_t head_len, struct card *ret_c);
	enum sk_status (*card_renew)(struct store *s, const struct card *c, int64_t now);
	enum sk_status (*card_set_status)(struct store *s, const uint8_t key[static STORE_KEY_LEN], enum card_status st,
	    const char *reason, int64_t now);
	enum sk_status (*card_unrevoke)(struct store *s, const uint8_t key[static STORE_KEY_LEN], const char *reason,
	    int64_t now);
	enum sk_status (*card_each)(struct store *s, const char *person, store_card_fn *fn, void *arg);

	enum sk_status (*print_add)(struct store *s, const struct finger_print *f, uint64_t *ret_id);
	enum sk_status (*print_each)(struct store *s, const char *person, store_print_fn *fn, void *arg);
	enum sk_status (*print_delete)(struct store *s, const char *person, const char *finger);

	enum sk_status (*lockout_get)(struct store *s, const struct lockout_id *id,
	    uint8_t ret_rec[static LOCKOUT_RECORD_LEN]);
	enum sk_status (*lockout_put)(struct store *s, const struct lockout_entry *e, size_t n);
	enum sk_status (*lockout_each)(struct store *s, store_lockout_fn *fn, void *arg);

	enum sk_status (*session_open)(struct store *s, const struct session *in, uint64_t *ret_id);
	enum sk_status (*session_close)(struct store *s, uint64_t id, int64_t now);
	enum sk_status (*session_hold)(struct store *s, uint64_t id, const struct session_hold *h);
	enum sk_status (*hold_each)(struct store *s, const char *account, int64_t from, int64_t until, store_hold_fn *fn,
	    void *arg);
	enum sk_status (*session_get)(struct store *s, uint64_t id, struct session *ret_s);
	enum sk_status (*session_last)(struct store *s, const char *account, struct session *ret_s);
	enum sk_status (*session_each_open)(struct store *s, store_session_fn *fn, void *arg);
	enum sk_status (*attempt_card)(struct store *s, uint64_t attempt, const char *account,
	    uint8_t ret_key[static STORE_KEY_LEN]);
	enum sk_status (*failures_since)(struct store *s, const char *account, int64_t since, uint32_t *ret_n);
	enum sk_status (*person_last)(struct store *s, const char *person, enum audit_event event, const char *reason, int64_t until,
	    int64_t *ret_time);
	enum sk_status (*next_attempt)(struct store *s, uint64_t *ret_id);

	/** @p row: all but seq, prev and hash is set. */
	enum sk_status (*audit_add)(struct store *s, const struct audit_row *row, uint64_t *ret_seq);
	enum sk_status (*audit_reanchor)(struct store *s, const struct audit_row *row, uint64_t *ret_seq);
	enum sk_status (*audit_each)(struct store *s, uint64_t after, uint32_t limit, store_audit_fn *fn, void *arg);
	enum sk_status (*audit_verify)(struct store *s, struct audit_report *ret_report);
	enum sk_status (*audit_head)(struct store *s, uint64_t *ret_seq, uint8_t ret_hash[static STORE_HASH_LEN]);
};

/** The part that every keeper's own struct begins with. */
struct store {
	const struct store_ops *ops;
};

/* Each takes memory that may hold anything; a text without NUL inside its array is not valid. */
SK_MUST_CHECK SK_NONNULL bool store_person_is_valid(const struct person *p);
SK_MUST_CHECK SK_NONNULL bool store_shared_is_valid(const struct shared *m);
SK_MUST_CHECK SK_NONNULL bool store_card_is_valid(const struct card *c);
SK_MUST_CHECK SK_NONNULL bool store_print_is_valid(const struct finger_print *f);
SK_MUST_CHECK SK_NONNULL bool store_session_is_valid(const struct session *s);
SK_MUST_CHECK SK_NONNULL bool store_session_hold_is_valid(const struct session_hold *h);
SK_MUST_CHECK SK_NONNULL bool store_lockout_id_is_valid(const struct lockout_id *id);
/** Everything but seq, prev and hash. */
SK_MUST_CHECK SK_NONNULL bool store_audit_row_is_valid(const struct audit_row *r);

/** 1..max of [A-Za-z0-9._-], the first no '-' or '.': ids. */
SK_MUST_CHECK SK_NONNULL bool store_id_is_valid(const char *id, size_t max);
/** 1..STORE_ACCOUNT_MAX visible ASCII without ':' and '/', the first no '-'. */
SK_MUST_CHECK SK_NONNULL bool store_account_is_valid(const char *account);
/** 0..max bytes of UTF-8 without control characters. */
SK_MUST_CHECK SK_NONNULL bool store_text_is_valid(const char *text, size_t max);

#endif /* STORE_STORE_OPS_H */
