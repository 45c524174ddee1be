/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked around two calls of the store: one that says "charged" a call before the charge is on the flash. All its answers
 * are right, and while nobody kills it, nobody can tell. The test that kills the reader must.
 */
#include "flash/store.h"

enum sk_status __real_store_counter_charge(struct store *s, uint8_t id, uint32_t *ret_value);
enum sk_status __wrap_store_counter_charge(struct store *s, uint8_t id, uint32_t *ret_value);
enum sk_status __real_store_counter_clear(struct store *s, uint8_t id);
enum sk_status __wrap_store_counter_clear(struct store *s, uint8_t id);

static bool owed[STORE_COUNTERS];

enum sk_status __wrap_store_counter_charge(struct store *s, uint8_t id, uint32_t *ret_value)
{
	enum sk_status st;

	if (id >= STORE_COUNTERS)
		return SK_E_ARG;
	st = owed[id] ? __real_store_counter_charge(s, id, ret_value) : store_counter_read(s, id, ret_value);
	if (st == SK_OK) {
		owed[id] = true;
		*ret_value += 1;
	}
	return st;
}

enum sk_status __wrap_store_counter_clear(struct store *s, uint8_t id)
{
	if (id < STORE_COUNTERS)
		owed[id] = false;
	return __real_store_counter_clear(s, id);
}
