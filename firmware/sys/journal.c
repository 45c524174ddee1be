/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/journal.h"

#include "core/bytes.h"
#include "store_ids.h"

#define FAULT_LEN 12u

static enum sk_status charge(struct store *s, uint32_t *ret_starts)
{
	const enum sk_status st = store_counter_charge(s, STORE_COUNTER_STARTS, ret_starts);

	/* A reader that has started so often is old, not damaged. */
	return st == SK_E_LOCKED ? store_counter_read(s, STORE_COUNTER_STARTS, ret_starts) : st;
}

static enum sk_status keep(struct store *s, const struct hal_fault *fault, uint32_t start)
{
	uint8_t b[FAULT_LEN];

	sk_store_be32(b, fault->code);
	sk_store_be32(b + 4, fault->where);
	sk_store_be32(b + 8, start);
	return store_put(s, STORE_RECORD_FAULT, b, sizeof(b));
}

static enum sk_status recall(const struct store *s, struct journal *j)
{
	uint8_t b[FAULT_LEN];
	size_t len = 0;
	const enum sk_status st = store_get(s, STORE_RECORD_FAULT, b, sizeof(b), &len);

	if (st == SK_E_NOENT || st == SK_E_SPACE || (st == SK_OK && len != FAULT_LEN))
		return SK_OK;
	if (st != SK_OK)
		return st;
	j->fault.code = sk_load_be32(b);
	j->fault.where = sk_load_be32(b + 4);
	j->fault_start = sk_load_be32(b + 8);
	return SK_OK;
}

static enum sk_status start(struct store *s, const struct hal_fault *fault, struct journal *j)
{
	enum sk_status st = store_mount(s);

	if (st == SK_OK)
		st = charge(s, &j->starts);
	if (st == SK_OK && fault) {
		st = keep(s, fault, j->starts);
		/* The records of others fill the store: the older fault stays. Were it worse, recall() would say so. */
		if (st == SK_E_SPACE)
			st = SK_OK;
	}
	return st == SK_OK ? recall(s, j) : st;
}

enum sk_status journal_start(struct store *s, const struct hal_fault *fault, struct journal *ret_journal)
{
	struct journal j = { .starts = 0 };
	const enum sk_status st = start(s, fault, &j);

	if (st == SK_OK)
		*ret_journal = j;
	else
		*s = (struct store){ .mounted = false };
	return st;
}
