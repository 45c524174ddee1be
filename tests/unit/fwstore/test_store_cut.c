/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_cut.c
 * @brief store/store.h is stopped at every write, torn in every way, mounted, and compared with the second model.
 *
 * After a stop the store holds what was there before the step or what the step was to bring, and nothing else; a step
 * that returned SK_OK has happened. The mount is stopped as well, at writes drawn by lot, and at each one in one test.
 */
#include "unit/core/core_test.h"

#include "unit/fwstore/fake_flash.h"
#include "unit/fwstore/store_model.h"

/* Everything that a power cut keeps, and RAM for going back before a step. */
struct moment {
	struct fake_flash flash;
	struct store store;
};
static struct moment before_step, after_cut;
static struct store_model old_model, new_model;
static struct store s;
static unsigned long cuts_n, nested_n;

static void keep(struct moment *m)
{
	fake_calm();
	m->flash = fake;
	m->store = s;
}

static void go_back(const struct moment *m)
{
	fake = m->flash;
	s = m->store;
}

/* Run a step, stopping at write n. True: it was stopped. */
static bool stopped(const struct step *step, uint32_t n, enum fake_tear tear, uint32_t lot)
{
	jmp_buf cut;

	if (setjmp(cut) != 0) {
		fake_calm();
		memset(&s, 0xA5, sizeof(s));
		return true;
	}
	fake_cut_at(n, tear, lot, &cut);
	(void)store_model_drive(&s, step, &old_model);
	fake_calm();
	return false;
}

/* Mount; old or new must be there. An interrupted format may also be answered by damage: then it is done again. */
static void check_after(const struct step *step, const char *when)
{
	enum sk_status st = store_mount(&s);
	uint32_t value;

	if (step->kind == STEP_FORMAT && st == SK_E_CORRUPT) {
		assert_int_equal(store_counter_charge(&s, 0, &value), SK_E_STATE);
		st = store_format(&s);
		assert_int_equal(st, SK_OK);
		assert_true(store_model_fits(&new_model, &s));
		return;
	}
	if (st != SK_OK || !(store_model_fits(&old_model, &s) || store_model_fits(&new_model, &s)))
		fail_msg("step %d id %u len %u, %s: mount %d", step->kind, step->id, step->len, when, st);
}

/* The store mounted after a stop works on: one more charge is one more, also after another mount. */
static void check_usable(uint8_t id)
{
	uint32_t value, now;

	assert_int_equal(store_counter_read(&s, id, &value), SK_OK);
	assert_int_equal(store_counter_charge(&s, id, &now), SK_OK);
	assert_int_equal(now, value + 1);
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(store_counter_read(&s, id, &now), SK_OK);
	assert_int_equal(now, value + 1);
}

/* Stop the mount too, `deep` times at writes drawn by lot, or at each write for deep 0. */
static void nested_cuts(const struct step *step, uint32_t deep, uint32_t *lot)
{
	static const struct step mount = { .kind = STEP_MOUNT };
	uint32_t writes;
	enum sk_status st;

	keep(&after_cut);
	st = store_mount(&s);
	assert_true(st == SK_OK || (step->kind == STEP_FORMAT && st == SK_E_CORRUPT));
	writes = fake.writes;
	for (uint32_t i = 0; i < (deep ? deep : writes) && writes > 0; i++) {
		uint32_t n = deep ? next_random(lot) % writes + 1 : i + 1;

		go_back(&after_cut);
		if (!stopped(&mount, n, (enum fake_tear)(next_random(lot) % FAKE_TEARS), next_random(lot)))
			continue;
		nested_n++;
		/* and perhaps a third time */
		if (next_random(lot) % 2)
			(void)stopped(&mount, next_random(lot) % writes + 1,
			    (enum fake_tear)(next_random(lot) % FAKE_TEARS), next_random(lot));
		check_after(step, "stopped in mount");
	}
	go_back(&after_cut);
}

/* One step: with every stop, then to its end. */
static void run_step(const struct step *step, uint32_t deep, uint32_t *lot)
{
	enum sk_status want;
	uint32_t writes;

	new_model = old_model;
	want = store_model_step(&new_model, step);
	keep(&before_step);
	assert_int_equal(store_model_drive(&s, step, &old_model), want);
	writes = fake.writes;
	for (uint32_t n = 1; n <= writes; n++) {
		for (int tear = 0; tear < FAKE_TEARS; tear++) {
			go_back(&before_step);
			assert_true(stopped(step, n, (enum fake_tear)tear, next_random(lot)));
			cuts_n++;
			nested_cuts(step, deep, lot);
			check_after(step, "stopped");
			check_usable((uint8_t)(step->id % STORE_COUNTERS));
		}
	}
	go_back(&before_step);
	assert_int_equal(store_model_drive(&s, step, &old_model), want);
	assert_true(store_model_fits(&new_model, &s));
	old_model = new_model;
}

static void start(uint32_t sector_size, uint32_t sectors)
{
	fake_init(sector_size, sectors);
	store_model_init(&old_model, sector_size, sectors);
	assert_int_equal(store_mount(&s), SK_OK);
}

static void scripted(void **state)
{
	static const struct step script[] = {
		{ STEP_CHARGE, 0, 0, 0 },
		{ STEP_CHARGE, 0, 0, 0 },
		{ STEP_PUT, 3, 17, 8 },
		{ STEP_PUT, 3, 0, 0 },
		{ STEP_CHARGE, 31, 0, 0 },
		{ STEP_CLEAR, 0, 0, 0 },
		{ STEP_CHARGE, 0, 0, 0 },
		{ STEP_PUT, 63, 130, 5 },
		{ STEP_DELETE, 3, 0, 0 },
		{ STEP_PUT, 63, 130, 7 },
		{ STEP_CHARGE, 31, 0, 0 },
		{ STEP_PUT, 63, 131, 6 },
		{ STEP_PUT, 1, 90, 9 },
		{ STEP_CHARGE, 31, 0, 0 },
		{ STEP_PUT, 63, 2, 3 },
		{ STEP_CLEAR, 31, 0, 0 },
		{ STEP_PUT, 2, 200, 11 },
		{ STEP_DELETE, 63, 0, 0 },
		{ STEP_PUT, 2, 201, 13 },
		{ STEP_CHARGE, 0, 0, 0 },
		{ STEP_FORMAT, 0, 0, 0 },
		{ STEP_CHARGE, 0, 0, 0 },
		{ STEP_MOUNT, 0, 0, 0 },
		{ STEP_PUT, 0, 300, 2 },
	};
	static const uint32_t sectors[] = { 2, 3, 5 };
	uint32_t lot = 77;

	(void)state;
	for (size_t g = 0; g < ARRAY_N(sectors); g++) {
		start(1024, sectors[g]);
		for (size_t i = 0; i < ARRAY_N(script); i++)
			run_step(&script[i], 2, &lot);
	}
}

/* Blank flash: the first mount itself. */
static void first_mount(void **state)
{
	static const struct step mount = { .kind = STEP_MOUNT };
	uint32_t lot = 5;

	(void)state;
	fake_init(1024, 2);
	memset(&s, 0, sizeof(s));
	store_model_init(&old_model, 1024, 2);
	run_step(&mount, 0, &lot);
}

/* More than one turn of charges in an entry, the clear between, and the compaction that a charge brings. */
static void charges(void **state)
{
	uint32_t lot = 9;

	(void)state;
	start(1024, 2);
	for (uint32_t i = 0; i < 60; i++) {
		struct step step = { i % 13 == 12 ? STEP_CLEAR : STEP_CHARGE, (uint8_t)(i % 3), 0, 0 };

		run_step(&step, 1, &lot);
	}
}

/* Full to the brim: one compaction right after another, with nothing written between. */
static void brim(void **state)
{
	static const struct step puts[] = {
		{ STEP_PUT, 1, 330, 8 },
		{ STEP_PUT, 1, 330, 7 },
		{ STEP_PUT, 1, 329, 8 },
		{ STEP_CHARGE, 5, 0, 0 },
		{ STEP_PUT, 1, 330, 9 },
		{ STEP_CHARGE, 5, 0, 0 },
	};
	uint32_t lot = 3;

	(void)state;
	start(1024, 2);
	for (uint8_t i = 0; i < 32; i++) {
		struct step step = { STEP_CHARGE, i, 0, 0 };

		assert_int_equal(store_model_drive(&s, &step, &old_model), SK_OK);
		assert_int_equal(store_model_step(&old_model, &step), SK_OK);
	}
	for (size_t i = 0; i < ARRAY_N(puts); i++)
		run_step(&puts[i], 1, &lot);
}

/* The stop inside a compaction, and every write of the mount after it. */
static void every_nested_cut(void **state)
{
	struct step step = { STEP_PUT, 1, 100, 3 };
	uint32_t lot = 21;
	bool compacted = false;

	(void)state;
	start(1024, 2);
	while (!compacted) {
		uint32_t bank = s.bank;

		keep(&before_step);
		assert_int_equal(store_model_drive(&s, &step, &old_model), SK_OK);
		compacted = s.bank != bank;
		if (compacted)
			break;
		assert_int_equal(store_model_step(&old_model, &step), SK_OK);
		step.seed++;
	}
	go_back(&before_step);
	run_step(&step, 0, &lot);
}

static void random_steps(uint32_t sector_size, uint32_t sectors, uint32_t steps, uint16_t len_max, uint32_t lot)
{
	start(sector_size, sectors);
	for (uint32_t i = 0; i < steps; i++) {
		uint32_t r = next_random(&lot);
		struct step step = { STEP_CHARGE, (uint8_t)(r >> 8 & 3), (uint16_t)(next_random(&lot) % len_max), r };

		step.kind = (enum step_kind[]){ STEP_CHARGE, STEP_CHARGE, STEP_CHARGE, STEP_CLEAR, STEP_PUT, STEP_PUT,
			STEP_DELETE, STEP_MOUNT }[r & 7];
		if (r % 61 == 0)
			step.kind = STEP_FORMAT;
		run_step(&step, 1, &lot);
	}
}

static void random_small(void **state)
{
	(void)state;
	random_steps(1024, 2, 120, 120, 1234);
	random_steps(1024, 4, 100, 120, 4321);
	random_steps(1280, 3, 100, 150, 99);
}

static void random_bench(void **state)
{
	(void)state;
	random_steps(4096, 16, 40, 300, 31337);
}

/* A run that is stopped again and again, without going back: the wear and the torn words of one life. */
static void one_life(void **state)
{
	uint32_t lot = 2026;

	(void)state;
	start(1024, 3);
	for (int i = 0; i < 20000; i++) {
		uint32_t r = next_random(&lot);
		struct step step = { (enum step_kind)(r % 4), (uint8_t)(r >> 8 & 7), (uint16_t)(r >> 16 & 31), r };
		enum sk_status want;

		new_model = old_model;
		want = store_model_step(&new_model, &step);
		if (stopped(&step, r >> 20 & 63, (enum fake_tear)(next_random(&lot) % FAKE_TEARS), next_random(&lot))) {
			static const struct step mount = { .kind = STEP_MOUNT };

			for (int again = 0; again < 2; again++)
				(void)stopped(&mount, next_random(&lot) % 100 + 1,
				    (enum fake_tear)(next_random(&lot) % FAKE_TEARS), next_random(&lot));
			check_after(&step, "one life");
			if (store_model_fits(&new_model, &s))
				old_model = new_model;
		} else if (want == SK_OK) {
			old_model = new_model;
		}
		assert_true(store_model_fits(&old_model, &s));
	}
}

static int print_counts(void **state)
{
	(void)state;
	print_message("%lu stops, %lu of them stopped again in the mount\n", cuts_n, nested_n);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_mount),
		cmocka_unit_test(scripted),
		cmocka_unit_test(charges),
		cmocka_unit_test(brim),
		cmocka_unit_test(every_nested_cut),
		cmocka_unit_test(random_small),
		cmocka_unit_test(random_bench),
		cmocka_unit_test(one_life),
	};

	return cmocka_run_group_tests(tests, NULL, print_counts);
}
