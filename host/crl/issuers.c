/* SPDX-License-Identifier: Apache-2.0 */
#include "crl/issuers.h"

#include <stdlib.h>
#include <string.h>

/* Twice as many as issuers at most, so that a free one is always near. */
#define SLOTS 131072u

_Static_assert(SLOTS > CRL_ISSUERS_MAX, "a search always ends at a free slot");

static enum sk_status make_room(struct crl_issuers *t)
{
	uint32_t cap = t->cap == 0 ? 64 : 2 * t->cap;
	void *more;

	if (!t->slot) {
		t->slot = calloc(SLOTS, sizeof(*t->slot));
		if (!t->slot)
			return SK_E_NOMEM;
	}
	if (t->n < t->cap)
		return SK_OK;
	more = realloc(t->id, (size_t)cap * sizeof(*t->id));
	if (!more)
		return SK_E_NOMEM;
	t->id = more;
	t->cap = cap;
	return SK_OK;
}

enum sk_status crl_issuers_number(struct crl_issuers *t, const uint8_t id[static CRL_NAME_ID_LEN], uint16_t *ret_number)
{
	uint32_t i = (uint32_t)(siphash(t->key, id, CRL_NAME_ID_LEN) % SLOTS);
	enum sk_status st = make_room(t);

	if (st != SK_OK)
		return st;
	for (; t->slot[i] != 0; i = (i + 1) % SLOTS)
		if (memcmp(t->id[t->slot[i] - 1], id, CRL_NAME_ID_LEN) == 0) {
			*ret_number = t->slot[i];
			return SK_OK;
		}
	if (t->n == CRL_ISSUERS_MAX)
		return SK_E_SPACE;
	memcpy(t->id[t->n++], id, CRL_NAME_ID_LEN);
	t->slot[i] = (uint16_t)t->n;
	*ret_number = t->slot[i];
	return SK_OK;
}

void crl_issuers_clear(struct crl_issuers *t)
{
	free(t->id);
	free(t->slot);
	*t = (struct crl_issuers){ 0 };
}
