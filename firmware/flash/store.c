/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store.c
 * @brief The log: mount, append, compact; counters and records on top.
 *
 * Rules:
 * 1. A charge MUST be on the flash and read back as exactly one more before SK_OK is said.
 * 2. Only store_counter_clear() writes a counter below its value.
 * 3. After a failed write the flash is only looked at again by store_mount().
 * 4. A value MUST be read from the flash and checked at each use; RAM only says where.
 * 5. A torn word MUST NOT be decided on twice: store_mount() moves everything to a fresh bank before it returns.
 * 6. What is live MUST fit a bank with room to spare; a log that holds more was not written by this store.
 */
#include "flash/store.h"

#include <string.h>

#include "core/bytes.h"
#include "flash/bank.h"
#include "flash/entry.h"
#include "flash/flash.h"

/* Further charges that a counter's entry has words for. */
#define MARKS 8u

static enum sk_status unmount(struct store *s, enum sk_status st)
{
	s->mounted = false;
	return st;
}

static uint32_t active_end(const struct store *s)
{
	return bank_at(s, s->bank) + bank_size(s);
}

uint32_t store_capacity(const struct store *s)
{
	/* Every counter can always be compacted, and an eighth stays free so that not every write is a compaction. */
	return bank_size(s) - BANK_HEADER_LEN - STORE_COUNTERS * ENTRY_COUNTER_LEN - bank_size(s) / 8;
}

/* What all records but one take together; skip STORE_RECORDS for all. */
static uint32_t records_room(const struct store *s, uint8_t skip)
{
	uint32_t sum = 0;

	for (uint8_t i = 0; i < STORE_RECORDS; i++)
		sum += s->record_at[i] != 0 && i != skip ? entry_room(s->record_len[i]) : 0;
	return sum;
}

/* Where the newest entry of its id is, from now on. */
static void note(struct store *s, uint32_t at, const struct entry *e)
{
	switch (e->kind) {
	case ENTRY_COUNTER:
		s->counter_at[e->id] = at;
		break;
	case ENTRY_RECORD:
		s->record_at[e->id] = at;
		s->record_len[e->id] = e->len;
		break;
	case ENTRY_DELETE:
		s->record_at[e->id] = 0;
		s->record_len[e->id] = 0;
		break;
	}
}

/* Read the active bank's log. ret_torn: something in it was interrupted. */
static enum sk_status scan(struct store *s, bool *ret_torn)
{
	uint32_t at = bank_at(s, s->bank) + BANK_HEADER_LEN, end = active_end(s);
	bool torn = false, blank = false;
	struct entry e;
	enum sk_status st;

	memset(s->counter_at, 0, sizeof(s->counter_at));
	memset(s->record_at, 0, sizeof(s->record_at));
	memset(s->record_len, 0, sizeof(s->record_len));
	for (;;) {
		st = entry_load(at, end - at, &e);
		if (st != SK_OK)
			break;
		torn |= e.torn;
		note(s, at, &e);
		at += entry_room(e.len);
	}
	s->end = at;
	*ret_torn = torn || st == SK_E_FORMAT;
	/* Behind an entry never sealed there is nothing: the store writes no further before it has moved. */
	if (st == SK_E_FORMAT)
		return SK_OK;
	if (st != SK_E_NOENT)
		return st;
	if (flash_is_blank(at, end - at, &blank) != SK_OK)
		return SK_E_IO;
	return blank ? SK_OK : SK_E_CORRUPT;
}

/* scan(), and no more than this store would have taken: rule 6. */
static enum sk_status load_log(struct store *s, bool *ret_torn)
{
	enum sk_status st = scan(s, ret_torn);

	if (st == SK_OK && records_room(s, STORE_RECORDS) > store_capacity(s))
		return SK_E_CORRUPT;
	return st;
}

/* --- compaction -------------------------------------------------------------------------------------------------- */

/* A change that the next bank is born with: e and its contents; e NULL for none. */
struct change {
	const struct entry *e;
	const uint8_t *p;
};

static bool replaces(const struct change *c, enum entry_kind kind, uint8_t id)
{
	bool counter = kind == ENTRY_COUNTER;

	return c->e && (c->e->kind == ENTRY_COUNTER) == counter && c->e->id == id;
}

/* Copy the entry at from to *at and move *at behind it. */
static enum sk_status copy(const struct store *s, uint32_t from, uint32_t *at)
{
	struct entry e, out;
	uint8_t value[ENTRY_VALUE_LEN];
	struct entry_src src = { .at = from + ENTRY_HEAD_LEN };
	enum sk_status st = entry_load(from, active_end(s) - from, &e);

	if (st != SK_OK)
		return st == SK_E_IO ? SK_E_IO : SK_E_CORRUPT;
	out = e;
	if (e.kind == ENTRY_COUNTER) {
		if (e.value == 0)
			return SK_OK;
		sk_store_be32(value, e.value);
		src.p = value;
		out.len = ENTRY_VALUE_LEN;
	}
	st = entry_write(*at, &out, &src);
	*at += entry_room(out.len);
	return st;
}

/* Write everything live, with the change, to bank to; ret_end is its end. */
static enum sk_status copy_all(const struct store *s, uint32_t to, const struct change *c, uint32_t *ret_end)
{
	uint32_t at = bank_at(s, to) + BANK_HEADER_LEN;
	enum sk_status st = SK_OK;

	for (uint8_t i = 0; i < STORE_COUNTERS && st == SK_OK; i++) {
		if (s->counter_at[i] != 0 && !replaces(c, ENTRY_COUNTER, i))
			st = copy(s, s->counter_at[i], &at);
	}
	for (uint8_t i = 0; i < STORE_RECORDS && st == SK_OK; i++) {
		if (s->record_at[i] != 0 && !replaces(c, ENTRY_RECORD, i))
			st = copy(s, s->record_at[i], &at);
	}
	if (st == SK_OK && c->e && c->e->kind != ENTRY_DELETE) {
		struct entry_src src = { .p = c->p };

		st = entry_write(at, c->e, &src);
		at += entry_room(c->e->len);
	}
	*ret_end = at;
	return st;
}

/* Move to the next bank. The order of these steps is what FORMAT.md proves. */
static enum sk_status compact(struct store *s, const struct change *c)
{
	uint32_t to = (s->bank + 1) % s->banks, end;
	bool torn = true;
	enum sk_status st;

	if (s->seq == UINT32_MAX)
		return SK_E_SPACE;
	if (bank_mark(s, s->bank, BANK_LEAVING) != SK_OK || bank_erase(s, to) != SK_OK)
		return SK_E_IO;
	st = copy_all(s, to, c, &end);
	if (st != SK_OK)
		return st;
	if (bank_seal(s, to, s->seq + 1, end - bank_at(s, to)) != SK_OK || bank_mark(s, s->bank, BANK_LEFT) != SK_OK)
		return SK_E_IO;
	s->bank = to;
	s->seq++;
	st = load_log(s, &torn);
	if (st != SK_OK)
		return st;
	return !torn && s->end == end ? SK_OK : SK_E_IO;
}

/* Bring an entry onto the flash: behind the log or, where that is full, with a new bank. */
static enum sk_status append(struct store *s, const struct entry *e, const uint8_t *p)
{
	struct entry_src src = { .p = p };
	struct change c = { e, p };
	enum sk_status st;

	if (entry_room(e->len) > active_end(s) - s->end) {
		st = compact(s, &c);
		return st == SK_OK ? st : unmount(s, st);
	}
	st = entry_write(s->end, e, &src);
	if (st != SK_OK)
		return unmount(s, st);
	note(s, s->end, e);
	s->end += entry_room(e->len);
	return SK_OK;
}

/* --- mount ------------------------------------------------------------------------------------------------------- */

static enum sk_status mount_active(struct store *s, bool leaving)
{
	static const struct change none = { NULL, NULL };
	bool torn = true;
	enum sk_status st = load_log(s, &torn);

	if (st == SK_OK && (torn || leaving))
		st = compact(s, &none);
	s->mounted = st == SK_OK;
	return st;
}

enum sk_status store_mount(struct store *s)
{
	bool leaving = false;
	enum sk_status st = bank_layout(s);

	if (st != SK_OK)
		return unmount(s, st);
	st = bank_find(s, &leaving);
	if (st == SK_E_NOENT)
		st = bank_create(s);
	return st == SK_OK ? mount_active(s, leaving) : unmount(s, st);
}

enum sk_status store_format(struct store *s)
{
	enum sk_status st = bank_layout(s);

	if (st == SK_OK)
		st = bank_create(s);
	return st == SK_OK ? mount_active(s, false) : unmount(s, st);
}

/* --- counters ---------------------------------------------------------------------------------------------------- */

/* The newest entry of an id at a place that RAM names: anything else there is damage. */
static enum sk_status load(const struct store *s, uint32_t at, enum entry_kind kind, uint8_t id, struct entry *ret_e)
{
	struct entry e;
	enum sk_status st = entry_load(at, active_end(s) - at, &e);

	if (st != SK_OK)
		return st == SK_E_IO ? SK_E_IO : SK_E_CORRUPT;
	if (e.kind != kind || e.id != id)
		return SK_E_CORRUPT;
	*ret_e = e;
	return SK_OK;
}

static enum sk_status load_counter(const struct store *s, uint8_t id, struct entry *ret_e)
{
	if (!s->mounted)
		return SK_E_STATE;
	if (id >= STORE_COUNTERS)
		return SK_E_ARG;
	if (s->counter_at[id] != 0)
		return load(s, s->counter_at[id], ENTRY_COUNTER, id, ret_e);
	*ret_e = (struct entry){ .kind = ENTRY_COUNTER, .id = id, .len = ENTRY_VALUE_LEN };
	return SK_OK;
}

/* A new entry with this value, and with as many marks as there is room for. */
static enum sk_status append_counter(struct store *s, uint8_t id, uint32_t value)
{
	struct entry e = { .kind = ENTRY_COUNTER, .id = id, .len = ENTRY_VALUE_LEN + MARKS * HAL_FLASH_WORD };
	uint8_t b[ENTRY_VALUE_LEN];

	sk_store_be32(b, value);
	if (entry_room(e.len) > active_end(s) - s->end)
		e.len = ENTRY_VALUE_LEN;
	return append(s, &e, b);
}

enum sk_status store_counter_read(const struct store *s, uint8_t id, uint32_t *ret_value)
{
	struct entry e;
	enum sk_status st = load_counter(s, id, &e);

	if (st == SK_OK)
		*ret_value = e.value;
	return st;
}

enum sk_status store_counter_charge(struct store *s, uint8_t id, uint32_t *ret_value)
{
	struct entry e;
	uint32_t now = 0;
	enum sk_status st = load_counter(s, id, &e);

	if (st != SK_OK)
		return st;
	if (e.value >= STORE_COUNTER_MAX)
		return SK_E_LOCKED;
	if (e.len >= ENTRY_VALUE_LEN + (e.marks + 1u) * HAL_FLASH_WORD) {
		if (flash_set(entry_mark_at(s->counter_at[id], e.marks), FLASH_MARKED) != SK_OK)
			return unmount(s, SK_E_IO);
	} else {
		st = append_counter(s, id, e.value + 1);
		if (st != SK_OK)
			return st;
	}
	st = store_counter_read(s, id, &now);
	if (st != SK_OK || now != e.value + 1)
		return unmount(s, st != SK_OK ? st : SK_E_CORRUPT);
	*ret_value = now;
	return SK_OK;
}

enum sk_status store_counter_clear(struct store *s, uint8_t id)
{
	struct entry e;
	enum sk_status st = load_counter(s, id, &e);

	if (st != SK_OK || e.value == 0)
		return st;
	return append_counter(s, id, 0);
}

/* --- records ----------------------------------------------------------------------------------------------------- */

enum sk_status store_put(struct store *s, uint8_t id, const uint8_t *p, size_t len)
{
	static const uint8_t empty[1] = { 0 };
	struct entry e = { .kind = ENTRY_RECORD, .id = id, .len = (uint16_t)len };

	if (!s->mounted)
		return SK_E_STATE;
	if (id >= STORE_RECORDS || len > STORE_RECORD_MAX || (!p && len > 0))
		return SK_E_ARG;
	if (records_room(s, id) + entry_room(e.len) > store_capacity(s))
		return SK_E_SPACE;
	return append(s, &e, p ? p : empty);
}

enum sk_status store_get(const struct store *s, uint8_t id, uint8_t *ret_p, size_t cap, size_t *ret_len)
{
	struct entry e;
	enum sk_status st;

	if (!s->mounted)
		return SK_E_STATE;
	if (id >= STORE_RECORDS)
		return SK_E_ARG;
	if (s->record_at[id] == 0)
		return SK_E_NOENT;
	st = load(s, s->record_at[id], ENTRY_RECORD, id, &e);
	if (st != SK_OK)
		return st;
	if (e.len > cap)
		return SK_E_SPACE;
	if (hal_flash_read(s->record_at[id] + ENTRY_HEAD_LEN, ret_p, e.len) != SK_OK)
		return SK_E_IO;
	*ret_len = e.len;
	return SK_OK;
}

enum sk_status store_delete(struct store *s, uint8_t id)
{
	struct entry e = { .kind = ENTRY_DELETE, .id = id, .len = 0 };
	static const uint8_t empty[1] = { 0 };

	if (!s->mounted)
		return SK_E_STATE;
	if (id >= STORE_RECORDS)
		return SK_E_ARG;
	return s->record_at[id] != 0 ? append(s, &e, empty) : SK_E_NOENT;
}
