/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_damage.c
 * @brief store/store.h on flash that fails or lies: every single bit flipped, SK_E_IO at every call, torn charges.
 */
#include "unit/core/core_test.h"

#include "core/bytes.h"
#include "flash/entry.h"
#include "unit/fwstore/fake_flash.h"
#include "unit/fwstore/store_model.h"

static struct store s, saved_store;
static struct fake_flash saved;
static struct store_model model, next_model;

static void start(uint32_t sector_size, uint32_t sectors)
{
	fake_init(sector_size, sectors);
	store_model_init(&model, sector_size, sectors);
	assert_int_equal(store_mount(&s), SK_OK);
}

static void go(enum step_kind kind, uint8_t id, uint16_t len, uint32_t seed)
{
	struct step step = { kind, id, len, seed };

	next_model = model;
	assert_int_equal(store_model_step(&next_model, &step), SK_OK);
	assert_int_equal(store_model_drive(&s, &step, &model), SK_OK);
	model = next_model;
}

/* Run a step and stop it at its n-th write. */
static void stop(const struct step *step, uint32_t n, enum fake_tear tear, uint32_t lot)
{
	jmp_buf cut;

	if (setjmp(cut) == 0) {
		fake_cut_at(n, tear, lot, &cut);
		(void)store_model_drive(&s, step, &model);
		fail_msg("write %u never came", n);
	}
	fake_calm();
	memset(&s, 0xA5, sizeof(s));
}

/* Right or SK_E_CORRUPT; of a counter perhaps one too many, never one too few. */
static void check_right_or_corrupt(uint32_t bit)
{
	uint8_t data[1024];
	uint32_t value;
	size_t len;

	for (uint8_t i = 0; i < 32; i++) {
		enum sk_status st = store_counter_read(&s, i, &value);

		if (st != SK_E_CORRUPT && (st != SK_OK || value < model.counter[i] || value > model.counter[i] + 1))
			fail_msg("bit %u: counter %u: %d, %u for %u", bit, i, st, value, model.counter[i]);
	}
	for (uint8_t i = 0; i < 64; i++) {
		enum sk_status st = store_get(&s, i, data, sizeof(data), &len);

		if (st == SK_E_CORRUPT || (st == SK_E_NOENT && model.len[i] < 0))
			continue;
		if (st != SK_OK || (int)len != model.len[i] || memcmp(data, model.data[i], len) != 0)
			fail_msg("bit %u: record %u: %d", bit, i, st);
	}
}

/* Flip every bit of the flash, once before a mount and once behind the back of a mounted store. */
static void flip_all(void)
{
	uint32_t bits = fake.sector_size * fake.sectors * 8;

	saved = fake;
	saved_store = s;
	for (uint32_t bit = 0; bit < bits; bit++) {
		enum sk_status st;

		fake = saved;
		s = saved_store;
		fake.mem[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* a flipped bit is no program: let the store write there */
		memset(fake.programs, 0, sizeof(fake.programs));
		check_right_or_corrupt(bit);
		st = store_mount(&s);
		if (st == SK_OK)
			check_right_or_corrupt(bit);
		else if (st != SK_E_CORRUPT)
			fail_msg("bit %u: mount %d", bit, st);
	}
	fake = saved;
	s = saved_store;
}

static void every_bit(void **state)
{
	(void)state;
	start(1024, 2);
	flip_all();
	for (uint8_t i = 0; i < 3; i++)
		go(STEP_CHARGE, i, 0, 0);
	go(STEP_CHARGE, 1, 0, 0);
	go(STEP_PUT, 2, 70, 8);
	go(STEP_PUT, 4, 3, 9);
	go(STEP_CLEAR, 2, 0, 0);
	flip_all();
	go(STEP_DELETE, 4, 0, 0);
	go(STEP_PUT, 2, 69, 7);
	while (s.bank == 0)
		go(STEP_CHARGE, 1, 0, 0);
	flip_all();
	for (int i = 0; i < 20; i++)
		go(STEP_CHARGE, 1, 0, 0);
	flip_all();
	while (s.bank == 1)
		go(STEP_PUT, 5, 20, 3);
	flip_all();
}

/* Every stop in a compaction, then a mount and a charge: also then each bit of both headers is guarded. */
static void every_header_bit_after_stops(void **state)
{
	static const struct step put = { STEP_PUT, 5, 20, 13 };
	static struct fake_flash base;
	static struct store base_store;
	uint32_t writes;

	(void)state;
	start(1024, 2);
	go(STEP_CHARGE, 1, 0, 0);
	do {
		base = fake;
		base_store = s;
		go(STEP_PUT, 5, 20, 13);
	} while (s.bank == 0);
	fake = base;
	s = base_store;
	fake_calm();
	base = fake;
	assert_int_equal(store_model_drive(&s, &put, &model), SK_OK);
	writes = fake.writes;
	for (uint32_t n = 1; n <= writes; n++) {
		fake = base;
		s = base_store;
		stop(&put, n, FAKE_TEAR_AFTER, 1);
		model.counter[1] = 2;
		assert_int_equal(store_mount(&s), SK_OK);
		assert_int_equal(store_counter_charge(&s, 1, &model.counter[2]), SK_OK);
		assert_int_equal(model.counter[2], 2);
		model.counter[2] = 0;
		saved = fake;
		for (uint32_t bit = 0; bit < 512; bit++) {
			uint32_t at = bit / 256 * 1024 + bit % 256 / 8;

			fake = saved;
			fake.mem[at] ^= (uint8_t)(1u << bit % 8);
			memset(fake.programs, 0, sizeof(fake.programs));
			if (store_mount(&s) == SK_OK)
				check_right_or_corrupt(bit);
		}
	}
}

/* One bit of the mark is enough: the try is charged, and stays so. */
static void torn_mark(void **state)
{
	static const struct step charge = { STEP_CHARGE, 6, 0, 0 };

	(void)state;
	for (int tear = FAKE_TEAR_RANDOM; tear <= FAKE_TEAR_AFTER; tear++) {
		uint32_t value;

		start(1024, 2);
		go(STEP_CHARGE, 6, 0, 0);
		stop(&charge, 1, (enum fake_tear)tear, 0x1234567u);
		for (int mounts = 0; mounts < 3; mounts++) {
			assert_int_equal(store_mount(&s), SK_OK);
			assert_int_equal(store_counter_read(&s, 6, &value), SK_OK);
			assert_int_equal(value, 2);
			/* Definite: what is in force now holds no torn mark. */
			for (uint32_t at = s.bank * 1024 + 32; at < s.end; at += 4) {
				uint32_t word = sk_load_be32(fake.mem + at);

				assert_true(at < s.counter_at[6] + 16 || word == 0 || word == 0xFFFFFFFFu);
			}
		}
	}
}

/* SK_E_IO at each call of each step, for one call or for the rest of it; then a mount brings old or new. */
static void errors_at_every_call(void **state)
{
	static const struct step steps[] = {
		{ STEP_CHARGE, 1, 0, 0 },
		{ STEP_CHARGE, 1, 0, 0 },
		{ STEP_CLEAR, 1, 0, 0 },
		{ STEP_PUT, 2, 61, 8 },
		{ STEP_MOUNT, 0, 0, 0 },
		{ STEP_PUT, 2, 200, 9 },
		{ STEP_PUT, 2, 200, 7 },
		{ STEP_PUT, 2, 210, 7 },
		{ STEP_PUT, 2, 200, 8 },
		{ STEP_DELETE, 2, 0, 0 },
		{ STEP_CHARGE, 1, 0, 0 },
		{ STEP_FORMAT, 0, 0, 0 },
		{ STEP_CHARGE, 9, 0, 0 },
	};

	(void)state;
	start(1024, 2);
	for (size_t i = 0; i < ARRAY_N(steps); i++) {
		const struct step *step = &steps[i];
		uint32_t calls;

		next_model = model;
		assert_int_equal(store_model_step(&next_model, step), SK_OK);
		fake_calm();
		saved = fake;
		saved_store = s;
		assert_int_equal(store_model_drive(&s, step, &model), SK_OK);
		calls = fake.calls;
		for (uint32_t n = 1; n <= calls; n++) {
			for (int v = 0; v < 2 * FAKE_TEARS; v++) {
				enum sk_status st;
				uint32_t value;

				fake = saved;
				s = saved_store;
				fake_error_at(n, v % 2 ? 1000000 : 0, (enum fake_tear)(v / 2), n);
				st = store_model_drive(&s, step, &model);
				assert_int_equal(st, SK_E_IO);
				/* What wrote may not go on without a mount. */
				if (fake.writes > 0)
					assert_int_equal(store_counter_charge(&s, 0, &value), SK_E_STATE);
				fake_calm();
				st = store_mount(&s);
				if (step->kind == STEP_FORMAT && st == SK_E_CORRUPT)
					continue;
				assert_int_equal(st, SK_OK);
				assert_true(store_model_fits(&model, &s) || store_model_fits(&next_model, &s));
			}
		}
		fake = saved;
		s = saved_store;
		assert_int_equal(store_model_drive(&s, step, &model), SK_OK);
		model = next_model;
	}
}

/* Reading fails: said so, nothing lost, no mount needed. */
static void read_errors(void **state)
{
	uint8_t data[64];
	uint32_t value = 5;
	size_t len;

	(void)state;
	start(1024, 2);
	go(STEP_CHARGE, 1, 0, 0);
	go(STEP_PUT, 1, 40, 3);
	fake_calm();
	assert_int_equal(store_get(&s, 1, data, sizeof(data), &len), SK_OK);
	for (uint32_t n = fake.calls; n > 0; n--) {
		fake_error_at(n, 0, FAKE_TEAR_BEFORE, 1);
		assert_int_equal(store_get(&s, 1, data, sizeof(data), &len), SK_E_IO);
	}
	fake_calm();
	assert_int_equal(store_counter_read(&s, 1, &value), SK_OK);
	for (uint32_t n = fake.calls; n > 0; n--) {
		fake_error_at(n, 0, FAKE_TEAR_BEFORE, 1);
		assert_int_equal(store_counter_read(&s, 1, &value), SK_E_IO);
	}
	fake_calm();
	assert_int_equal(value, 1);
	assert_true(store_model_fits(&model, &s));
}

/* Foreign or half-known flash is never taken for new. */
static void not_fresh(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 2048; at++) {
		fake_init(1024, 2);
		fake.mem[at] = 0x7F;
		assert_int_equal(store_mount(&s), at < 32 ? SK_OK : SK_E_CORRUPT);
	}
	/* The log goes on behind its end. */
	start(1024, 2);
	go(STEP_CHARGE, 0, 0, 0);
	fake.mem[1000] = 0xFE;
	assert_int_equal(store_mount(&s), SK_E_CORRUPT);
	/* An active bank that lost its header, and one that has two. */
	start(1024, 3);
	go(STEP_CHARGE, 0, 0, 0);
	saved = fake;
	memset(fake.mem, 0xFF, 32);
	assert_int_equal(store_mount(&s), SK_E_CORRUPT);
	fake = saved;
	memcpy(fake.mem + 2048, fake.mem, 1024);
	assert_int_equal(store_mount(&s), SK_E_CORRUPT);
}

/* A bank never used, without the one it was made from: who knows which is missing. */
static void lost_predecessor(void **state)
{
	(void)state;
	start(1024, 2);
	while (s.bank == 0)
		go(STEP_PUT, 1, 60, 8);
	memset(fake.mem, 0xFF, 1024);
	assert_int_equal(store_mount(&s), SK_E_CORRUPT);
}

/* A LEFT mark that reads blank again later: what was written to the new bank since decides. */
static void unstable_left(void **state)
{
	(void)state;
	start(1024, 2);
	while (s.bank == 0)
		go(STEP_PUT, 1, 60, 8);
	go(STEP_CHARGE, 1, 0, 0);
	memset(fake.mem + 24, 0xFF, 4);
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(s.bank, 1);
	assert_true(store_model_fits(&model, &s));
}

/* A log in good form that holds more than this store takes: its compaction would run over the next bank. */
static void overfull(void **state)
{
	static const uint8_t p[64] = { 0 };
	const struct entry_src src = { .p = p };
	struct entry e = { .kind = ENTRY_RECORD, .len = sizeof(p) };

	(void)state;
	for (uint8_t n = 1; n <= 10; n++) {
		start(1024, 2);
		for (e.id = 0; e.id < n; e.id++)
			assert_int_equal(entry_write(s.end + e.id * entry_room(e.len), &e, &src), SK_OK);
		assert_int_equal(store_mount(&s), n * 76u <= store_capacity(&s) ? SK_OK : SK_E_CORRUPT);
	}
}

/* In a good entry: a gap between marks, more than the highest value, an id or kind that doesn't exist. */
static void impossible_entries(void **state)
{
	static const uint8_t value[4] = { 0, 0, 0xFF, 0xFF }, above[4] = { 0, 1, 0, 0 };
	static const struct {
		struct entry e;
		const uint8_t *p;
		enum sk_status want;
	} rows[] = {
		{ { .kind = ENTRY_COUNTER, .id = 31, .len = 8 }, value, SK_OK },
		{ { .kind = ENTRY_COUNTER, .id = 31, .len = 8 }, above, SK_E_CORRUPT },
		{ { .kind = ENTRY_COUNTER, .id = 32, .len = 8 }, value, SK_E_CORRUPT },
		{ { .kind = ENTRY_COUNTER, .id = 0, .len = 6 }, value, SK_E_CORRUPT },
		{ { .kind = ENTRY_COUNTER, .id = 0, .len = 0 }, value, SK_E_CORRUPT },
		{ { .kind = ENTRY_RECORD, .id = 63, .len = 4 }, value, SK_OK },
		{ { .kind = ENTRY_RECORD, .id = 64, .len = 4 }, value, SK_E_CORRUPT },
		{ { .kind = ENTRY_DELETE, .id = 63, .len = 0 }, value, SK_OK },
		{ { .kind = ENTRY_DELETE, .id = 64, .len = 0 }, value, SK_E_CORRUPT },
		{ { .kind = ENTRY_DELETE, .id = 1, .len = 4 }, value, SK_E_CORRUPT },
		{ { .kind = (enum entry_kind)0xC0, .id = 1, .len = 4 }, value, SK_E_CORRUPT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		const struct entry_src src = { .p = rows[i].p };

		start(1024, 2);
		assert_int_equal(entry_write(s.end, &rows[i].e, &src), SK_OK);
		if (store_mount(&s) != rows[i].want)
			fail_msg("row %zu", i);
	}
	start(1024, 2);
	go(STEP_CHARGE, 0, 0, 0);
	memset(fake.mem + s.counter_at[0] + 20, 0, 4);
	assert_int_equal(store_counter_read(&s, 0, &model.counter[0]), SK_E_CORRUPT);
	assert_int_equal(store_counter_charge(&s, 0, &model.counter[0]), SK_E_CORRUPT);
	assert_int_equal(store_counter_clear(&s, 0), SK_E_CORRUPT);
	assert_int_equal(store_mount(&s), SK_E_CORRUPT);
}

/* Flash that says it wrote and did not, or erased and did not: seen by reading back. */
static void silent_failures(void **state)
{
	uint32_t value;

	(void)state;
	start(1024, 2);
	go(STEP_CHARGE, 0, 0, 0);
	fake.deaf = true;
	assert_int_equal(store_counter_charge(&s, 0, &value), SK_E_IO);
	assert_int_equal(store_counter_charge(&s, 0, &value), SK_E_STATE);
	fake.deaf = false;
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(store_counter_read(&s, 0, &value), SK_OK);
	assert_int_equal(value, 1);
	fake.deaf = true;
	assert_int_equal(store_put(&s, 0, (const uint8_t *)"x", 1), SK_E_IO);
	assert_int_equal(store_put(&s, 0, (const uint8_t *)"x", 1), SK_E_STATE);
	assert_int_equal(store_format(&s), SK_E_IO);
	/* A bank that would not go blank. */
	start(1024, 2);
	memset(fake.mem + 1024, 0xFE, 1024);
	fake.deaf_erase = true;
	for (int i = 0; i < 100 && s.mounted; i++) {
		enum sk_status st = store_put(&s, 0, (const uint8_t *)"abc", 3);

		assert_int_equal(st, s.mounted ? SK_OK : SK_E_IO);
	}
	assert_false(s.mounted);
	assert_int_equal(store_mount(&s), SK_E_IO);
	fake.deaf_erase = false;
	assert_int_equal(store_mount(&s), SK_OK);
}

/* Exactly one more, or it is no charge: here a program touches the next mark too. */
static void not_exactly_one(void **state)
{
	uint32_t value = 77;

	(void)state;
	start(1024, 2);
	go(STEP_CHARGE, 0, 0, 0);
	fake.disturb = true;
	assert_int_equal(store_counter_charge(&s, 0, &value), SK_E_CORRUPT);
	assert_int_equal(value, 77);
	assert_int_equal(store_counter_charge(&s, 0, &value), SK_E_STATE);
	fake.disturb = false;
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(store_counter_read(&s, 0, &value), SK_OK);
	assert_int_equal(value, 3);
}

/* The original of a copy is damaged between its check and the copying: nothing of it gets a good check. */
static void damaged_original(void **state)
{
	static const uint8_t p[8] = { 1, 2, 3 };
	struct entry e = { .kind = ENTRY_RECORD, .id = 1, .len = 8 }, got;
	struct entry_src src = { .p = p };

	(void)state;
	start(1024, 2);
	assert_int_equal(entry_write(64, &e, &src), SK_OK);
	src = (struct entry_src){ .at = 64 + ENTRY_HEAD_LEN };
	fake.mem[64 + ENTRY_HEAD_LEN] = 0;
	assert_int_equal(entry_write(128, &e, &src), SK_E_IO);
	assert_int_equal(entry_load(128, 64, &got), SK_E_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit),
		cmocka_unit_test(every_header_bit_after_stops),
		cmocka_unit_test(torn_mark),
		cmocka_unit_test(errors_at_every_call),
		cmocka_unit_test(read_errors),
		cmocka_unit_test(not_fresh),
		cmocka_unit_test(unstable_left),
		cmocka_unit_test(lost_predecessor),
		cmocka_unit_test(overfull),
		cmocka_unit_test(impossible_entries),
		cmocka_unit_test(silent_failures),
		cmocka_unit_test(damaged_original),
		cmocka_unit_test(not_exactly_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
