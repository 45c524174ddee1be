/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_api.c
 * @brief store/store.h: each call's results, limits, saturation, room, wear, geometry, worked example bytes.
 */
#include "unit/core/core_test.h"

#include "unit/fwstore/fake_flash.h"
#include "unit/fwstore/store_model.h"

static struct store s;

static int blank_small(void **state)
{
	(void)state;
	fake_init(1024, 2);
	assert_int_equal(store_mount(&s), SK_OK);
	return 0;
}

static uint32_t charged(uint8_t id)
{
	uint32_t value = 0, again = 0;

	assert_int_equal(store_counter_charge(&s, id, &value), SK_OK);
	assert_int_equal(store_counter_read(&s, id, &again), SK_OK);
	assert_int_equal(value, again);
	return value;
}

static uint32_t value_of(uint8_t id)
{
	uint32_t value = 0xDEAD;

	assert_int_equal(store_counter_read(&s, id, &value), SK_OK);
	return value;
}

static void counters(void **state)
{
	uint32_t value = 99;

	(void)state;
	assert_int_equal(value_of(0), 0);
	for (uint32_t i = 1; i <= 100; i++)
		assert_int_equal(charged(0), i);
	assert_int_equal(charged(31), 1);
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(value_of(0), 100);
	assert_int_equal(value_of(31), 1);
	assert_int_equal(store_counter_clear(&s, 0), SK_OK);
	assert_int_equal(value_of(0), 0);
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(value_of(0), 0);
	assert_int_equal(value_of(31), 1);
	fake_calm();
	assert_int_equal(store_counter_clear(&s, 0), SK_OK);
	assert_int_equal(fake.writes, 0);
	assert_int_equal(store_counter_charge(&s, 32, &value), SK_E_ARG);
	assert_int_equal(store_counter_read(&s, 32, &value), SK_E_ARG);
	assert_int_equal(store_counter_clear(&s, 32), SK_E_ARG);
	assert_int_equal(value, 99);
}

/* After a clear, a charge is one program and no erase. */
static void usual_charge(void **state)
{
	(void)state;
	(void)charged(4);
	assert_int_equal(store_counter_clear(&s, 4), SK_OK);
	for (uint32_t i = 1; i <= 8; i++) {
		fake_calm();
		assert_int_equal(charged(4), i);
		assert_int_equal(fake.writes, 1);
	}
}

static void saturation(void **state)
{
	uint32_t value = 0;

	(void)state;
	for (uint32_t i = 1; i <= 65535; i++)
		assert_int_equal(store_counter_charge(&s, 7, &value), SK_OK);
	assert_int_equal(value, 65535);
	for (int i = 0; i < 20; i++) {
		fake_calm();
		assert_int_equal(store_counter_charge(&s, 7, &value), SK_E_LOCKED);
		assert_int_equal(fake.writes, 0);
	}
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(value_of(7), 65535);
	assert_int_equal(store_counter_clear(&s, 7), SK_OK);
	assert_int_equal(charged(7), 1);
}

static void records(void **state)
{
	static const uint8_t a[] = "a first value", b[] = "b";
	uint8_t got[64];
	size_t len = 77;

	(void)state;
	assert_int_equal(store_get(&s, 5, got, sizeof(got), &len), SK_E_NOENT);
	assert_int_equal(store_delete(&s, 5), SK_E_NOENT);
	assert_int_equal(len, 77);
	assert_int_equal(store_put(&s, 5, a, sizeof(a)), SK_OK);
	assert_int_equal(store_put(&s, 63, b, sizeof(b)), SK_OK);
	assert_int_equal(store_put(&s, 0, NULL, 0), SK_OK);
	for (int mounts = 0; mounts < 2; mounts++) {
		assert_int_equal(store_get(&s, 5, got, sizeof(a), &len), SK_OK);
		assert_int_equal(len, sizeof(a));
		assert_memory_equal(got, a, len);
		assert_int_equal(store_get(&s, 0, got, 0, &len), SK_OK);
		assert_int_equal(len, 0);
		assert_int_equal(store_get(&s, 5, got, sizeof(a) - 1, &len), SK_E_SPACE);
		assert_int_equal(store_mount(&s), SK_OK);
	}
	assert_int_equal(store_put(&s, 5, b, sizeof(b)), SK_OK);
	assert_int_equal(store_get(&s, 5, got, sizeof(got), &len), SK_OK);
	assert_int_equal(len, sizeof(b));
	assert_int_equal(store_delete(&s, 5), SK_OK);
	assert_int_equal(store_get(&s, 5, got, sizeof(got), &len), SK_E_NOENT);
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(store_get(&s, 5, got, sizeof(got), &len), SK_E_NOENT);
	assert_int_equal(store_get(&s, 63, got, sizeof(got), &len), SK_OK);
	assert_int_equal(store_put(&s, 64, b, 1), SK_E_ARG);
	assert_int_equal(store_put(&s, 1, NULL, 1), SK_E_ARG);
	assert_int_equal(store_get(&s, 64, got, 1, &len), SK_E_ARG);
	assert_int_equal(store_delete(&s, 64), SK_E_ARG);
}

/* A counter and a record of the same number have nothing to do with each other. */
static void namespaces(void **state)
{
	(void)state;
	assert_int_equal(charged(9), 1);
	assert_int_equal(store_put(&s, 9, (const uint8_t *)"x", 1), SK_OK);
	assert_int_equal(store_delete(&s, 9), SK_OK);
	assert_int_equal(store_mount(&s), SK_OK);
	assert_int_equal(value_of(9), 1);
}

/* Full to the brim, with all counters in use, everything goes on: also charges, for which there is always room. */
static void room(void **state)
{
	static const uint8_t p[1025] = { 1 };
	uint32_t cap = store_capacity(&s), used = 0, bank;

	(void)state;
	assert_int_equal(cap, 1024 - 32 - 512 - 128);
	assert_int_equal(store_put(&s, 1, p, sizeof(p)), SK_E_ARG);
	assert_int_equal(store_put(&s, 1, p, cap - 12), SK_OK);
	assert_int_equal(store_put(&s, 1, p, cap - 11), SK_E_SPACE);
	assert_int_equal(store_put(&s, 2, p, 0), SK_E_SPACE);
	assert_int_equal(store_put(&s, 1, p, 100), SK_OK);
	used = 112;
	assert_int_equal(store_put(&s, 2, p, cap - used - 12), SK_OK);
	for (uint8_t i = 0; i < 32; i++) {
		for (uint32_t n = 1; n <= 40; n++)
			assert_int_equal(charged(i), n);
	}
	for (int i = 0; i < 30; i++) {
		uint32_t before = s.bank;

		assert_int_equal(store_put(&s, 2, p, cap - used - 12), SK_OK);
		bank = s.bank;
		assert_true(i == 0 || bank != before);
	}
	assert_int_equal(store_mount(&s), SK_OK);
	for (uint8_t i = 0; i < 32; i++)
		assert_int_equal(charged(i), 41);
	assert_int_equal(store_delete(&s, 2), SK_OK);
}

static void biggest_record(void **state)
{
	static uint8_t p[1024], got[1024];
	size_t len;

	(void)state;
	fake_init(4096, 16);
	assert_int_equal(store_mount(&s), SK_OK);
	memset(p, 0xFF, sizeof(p));
	for (int i = 0; i < 50; i++) {
		p[1023] = (uint8_t)i;
		assert_int_equal(store_put(&s, 1, p, sizeof(p)), SK_OK);
		assert_int_equal(store_get(&s, 1, got, sizeof(got), &len), SK_OK);
		assert_int_equal(len, 1024);
		assert_memory_equal(p, got, len);
	}
}

static void not_mounted(void **state)
{
	uint8_t got[4];
	uint32_t value;
	size_t len;

	(void)state;
	memset(fake.mem, 0x42, sizeof(fake.mem));
	assert_int_equal(store_mount(&s), SK_E_CORRUPT);
	assert_int_equal(store_counter_charge(&s, 0, &value), SK_E_STATE);
	assert_int_equal(store_counter_read(&s, 0, &value), SK_E_STATE);
	assert_int_equal(store_counter_clear(&s, 0), SK_E_STATE);
	assert_int_equal(store_put(&s, 0, got, 1), SK_E_STATE);
	assert_int_equal(store_get(&s, 0, got, 1, &len), SK_E_STATE);
	assert_int_equal(store_delete(&s, 0), SK_E_STATE);
	assert_int_equal(store_format(&s), SK_OK);
	assert_int_equal(charged(0), 1);
}

static void geometry(void **state)
{
	static const struct {
		uint32_t size, sectors;
		enum sk_status want;
	} rows[] = {
		{ 1024, 2, SK_OK },
		{ 1280, 2, SK_OK },
		{ 4096, 16, SK_OK },
		{ 1024, 9, SK_OK },
		{ 1024, 64, SK_OK },
		{ 1024, 1, SK_E_UNSUPPORTED },
		{ 1024, 0, SK_E_UNSUPPORTED },
		{ 768, 8, SK_E_UNSUPPORTED },
		{ 1100, 4, SK_E_UNSUPPORTED },
		{ 0x40000000, 2, SK_E_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		fake_init(1024, 1);
		fake.sector_size = rows[i].size;
		fake.sectors = rows[i].sectors;
		assert_int_equal(store_mount(&s), rows[i].want);
		assert_int_equal(store_format(&s), rows[i].want);
	}
	/* Data written on one geometry is not read on another. */
	fake_init(1024, 4);
	assert_int_equal(store_mount(&s), SK_OK);
	(void)charged(1);
	fake.sectors = 3;
	assert_int_equal(store_mount(&s), SK_E_CORRUPT);
}

/* Every sector is erased about as often as any other. */
static void wear(void **state)
{
	uint32_t least = UINT32_MAX, most = 0;

	(void)state;
	fake_init(4096, 16);
	assert_int_equal(store_mount(&s), SK_OK);
	for (uint32_t i = 0; i < 20000; i++) {
		assert_int_equal(charged(3), 1);
		assert_int_equal(store_counter_clear(&s, 3), SK_OK);
	}
	for (uint32_t i = 0; i < 16; i++) {
		least = fake.erases[i] < least ? fake.erases[i] : least;
		most = fake.erases[i] > most ? fake.erases[i] : most;
	}
	print_message("20,000 tries, each charged and cleared: %u to %u erases of a sector\n", least, most);
	assert_true(most <= least + 2);
	/* 48 bytes a try, 16 KiB a bank, 4 banks */
	assert_true(most <= 20000u * 48 / 16000 / 4 + 2);
}

/* The bytes of FORMAT.md, "Worked example". */
static void worked_example(void **state)
{
	static const char header
	    [] = "53 4B 53 54 01 02 00 04 00 00 00 01 00 00 00 20 13 57 F4 3B FF FF FF FF FF FF FF FF FF FF FF FF";
	static const char
	    log[] = "C1 05 00 24 00 00 00 00 4A 56 FC 94 00 00 00 01 00 00 00 00 FF FF FF FF FF FF FF FF FF FF FF FF "
		    "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF "
		    "D2 03 00 05 00 00 00 00 19 2A 8A 82 68 65 6C 6C 6F FF FF FF";
	uint8_t want[128];
	size_t n;

	(void)state;
	assert_int_equal(charged(5), 1);
	assert_int_equal(charged(5), 2);
	assert_int_equal(store_put(&s, 3, (const uint8_t *)"hello", 5), SK_OK);
	n = unhex(header, want, sizeof(want));
	assert_int_equal(n, 32);
	assert_memory_equal(fake.mem, want, n);
	n = unhex(log, want, sizeof(want));
	assert_memory_equal(fake.mem + 32, want, n);
	assert_int_equal(fake.mem[32 + n], 0xFF);
}

/* What FORMAT.md and the board's budget say of RAM. */
static void ram(void **state)
{
	(void)state;
	assert_true(sizeof(struct store) <= 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(counters, blank_small),
		cmocka_unit_test_setup(usual_charge, blank_small),
		cmocka_unit_test_setup(saturation, blank_small),
		cmocka_unit_test_setup(records, blank_small),
		cmocka_unit_test_setup(namespaces, blank_small),
		cmocka_unit_test_setup(room, blank_small),
		cmocka_unit_test_setup(biggest_record, blank_small),
		cmocka_unit_test_setup(not_mounted, blank_small),
		cmocka_unit_test_setup(geometry, blank_small),
		cmocka_unit_test_setup(wear, blank_small),
		cmocka_unit_test_setup(worked_example, blank_small),
		cmocka_unit_test(ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
