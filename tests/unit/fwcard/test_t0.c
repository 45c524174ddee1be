/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_t0.c
 * @brief card/t0.h: the tables are those of STATES-T0.md, and what no scenario can say: bounds, rates, re-use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "card/t0.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char *const states[] = { "IDLE", "OUT", "IN", "END", "ALL", "ONE", "SW2" };
static const char *const inputs[] = { "NULL", "NULL_OVER", "ACK", "ACK_ONE", "ACK_LAST", "SW1", "OTHER", "DATA",
	"DATA_LAST", "BAD", "TIMEOUT" };
static const char *const actions[] = { "CONFLICT", "MUTE", "PARITY", "DONE", "WAIT", "COUNT", "SEND_ALL", "SEND_ONE",
	"KEEP", "KEEP_SW1" };
static const char *const apdu_states[] = { "IDLE", "GATHER", "PLAIN", "CASE2", "CASE4", "GET", "REPEAT", "ENVELOPE",
	"OFFER", "DRAIN" };
static const char *const words[] = { "MORE", "EMPTY", "LE", "OK", "WARN", "REFUSED", "OTHER" };
static const char *const apdu_actions[] = { "FINISH", "CONFLICT", "GET", "GET_KEEP", "REPEAT", "SEGMENT", "DRAIN" };

_Static_assert(N(states) == T0_STATES && N(inputs) == T0_INPUTS && N(actions) == T0_ACTIONS, "names of every value");
_Static_assert(N(apdu_states) == T0_A_STATES && N(words) == T0_WORDS && N(apdu_actions) == T0_A_ACTIONS,
    "names of every value");

static const struct t0_config config = { .rate = { 372, 1 }, .wi = 10 };

static size_t index_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	fail_msg("no such name: %s", name);
	return 0;
}

/* The rows of the page, of both tables. */
static void read_page(struct t0_row (*tpdu)[T0_INPUTS], struct t0_row (*apdu)[T0_WORDS], unsigned *ret_rows)
{
	FILE *f = fopen("firmware/card/STATES-T0.md", "r");
	bool is_apdu = false;
	char line[256], s[32], i[32], a[32], n[32];

	assert_non_null(f);
	*ret_rows = 0;
	while (fgets(line, sizeof(line), f)) {
		is_apdu = is_apdu || strncmp(line, "## One APDU", 11) == 0;
		if (sscanf(line, "| %31[A-Z0-9_] | %31[A-Z0-9_] | %31[A-Z0-9_] | %31[A-Z0-9_] |", s, i, a, n) != 4)
			continue;
		(*ret_rows)++;
		if (is_apdu)
			apdu[index_of(s, apdu_states, T0_A_STATES)][index_of(i, words, T0_WORDS)] = (struct t0_row){
				(uint8_t)index_of(a, apdu_actions, T0_A_ACTIONS),
				(uint8_t)index_of(n, apdu_states, T0_A_STATES)
			};
		else
			tpdu[index_of(s, states, T0_STATES)][index_of(i, inputs, T0_INPUTS)] = (struct t0_row){
				(uint8_t)index_of(a, actions, T0_ACTIONS), (uint8_t)index_of(n, states, T0_STATES)
			};
	}
	(void)fclose(f);
}

static void test_page_is_the_table(void **state)
{
	struct t0_row tpdu[T0_STATES][T0_INPUTS], apdu[T0_A_STATES][T0_WORDS];
	unsigned rows;

	(void)state;
	memset(tpdu, 0, sizeof(tpdu));
	memset(apdu, 0, sizeof(apdu));
	read_page(tpdu, apdu, &rows);
	assert_int_equal(rows, 37 + 19);
	assert_memory_equal(tpdu, t0_table, sizeof(tpdu));
	assert_memory_equal(apdu, t0_apdu_table, sizeof(apdu));
}

/* From every state only ends lead to IDLE, and IDLE has no way out. */
static void test_ends(void **state)
{
	(void)state;
	for (size_t s = 0; s < T0_STATES; s++)
		for (size_t i = 0; i < T0_INPUTS; i++) {
			const struct t0_row *r = &t0_table[s][i];

			assert_in_range(r->next, 0, T0_STATES - 1);
			assert_int_equal(r->next == T0_S_IDLE, r->action <= T0_DO_DONE);
			assert_true(s != T0_S_IDLE || r->action == T0_DO_CONFLICT);
		}
}

static void put(struct t0 *t, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(t0_byte(t, (uint8_t)bytes[i], false), T0_RUN);
}

/* The longest response: 256 bytes and SW. */
static void test_longest_in(void **state)
{
	static const uint8_t cmd[] = { 0x00, 0xB0, 0x00, 0x00, 0x00 };
	struct t0 t;

	(void)state;
	t0_init(&t, &config);
	assert_int_equal(t0_begin(&t, cmd, sizeof(cmd)), T0_RUN);
	put(&t, "\xB0", 1);
	for (int i = 0; i < 256; i++)
		assert_int_equal(t0_byte(&t, (uint8_t)i, false), T0_RUN);
	put(&t, "\x90", 1);
	assert_int_equal(t0_byte(&t, 0x00, false), T0_DONE);
	assert_int_equal(t.rsp.len, T0_RSP_MAX);
	for (int i = 0; i < 256; i++)
		assert_int_equal(t.rsp.p[i], i);
	assert_memory_equal(t.rsp.p + 256, "\x90\x00", 2);
}

/* The longest command: the order points into the caller's bytes, no copy. */
static void test_longest_out(void **state)
{
	uint8_t cmd[T0_TPDU_MAX + 1] = { 0x00, 0xD6, 0x00, 0x00, 0xFF };
	struct t0 t;

	(void)state;
	t0_init(&t, &config);
	assert_int_equal(t0_begin(&t, cmd, sizeof(cmd)), T0_FORMAT);
	assert_int_equal(t0_begin(&t, cmd, T0_TPDU_MAX - 1), T0_FORMAT);
	assert_int_equal(t0_begin(&t, cmd, T0_TPDU_MAX), T0_RUN);
	assert_int_equal(t.order.tx_len, T0_HEADER);
	put(&t, "\xD6", 1);
	assert_ptr_equal(t.order.tx, cmd + T0_HEADER);
	assert_int_equal(t.order.tx_len, 255);
}

/* 10.2: WT = WI x 960 x Fi cycles; 16 etu between directions, rounded up. */
static void test_times(void **state)
{
	static const struct {
		uint16_t f, d;
		uint8_t wi;
		uint64_t wait;
		uint32_t gap;
	} rows[] = {
		{ 372, 1, 10, 3571200, 5952 },
		{ 512, 32, 10, 4915200, 256 },
		{ 512, 64, 1, 491520, 128 },
		{ 372, 12, 255, 91065600, 496 },
		{ 2048, 1, 255, 501350400, 32768 },
		{ 372, 20, 1, 357120, 298 },
	};
	static const uint8_t cmd[] = { 0x00, 0xA4, 0x00, 0x00 };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct t0_config c = { .rate = { rows[i].f, rows[i].d }, .wi = rows[i].wi };
		struct t0 t;

		t0_init(&t, &c);
		assert_int_equal(t0_begin(&t, cmd, sizeof(cmd)), T0_RUN);
		assert_true(t.order.wait_clk == rows[i].wait);
		assert_int_equal(t.order.gap_clk, rows[i].gap);
		/* a null byte: WT anew, nothing to send */
		put(&t, "\x60", 1);
		assert_true(t.order.wait_clk == rows[i].wait);
		assert_null(t.order.tx);
		assert_int_equal(t.nulls, 1);
	}
}

/* Fi counts, also when another F is in force (10.2): a card that says 512 and was left at 372 has 512's time. */
static void test_fi_not_in_force(void **state)
{
	static const struct {
		uint16_t f, fi;
		uint64_t wait;
	} rows[] = { { 372, 512, 4915200 }, { 372, 2048, 19660800 }, { 512, 372, 4915200 }, { 372, 0, 3571200 } };
	static const uint8_t cmd[] = { 0x00, 0xA4, 0x00, 0x00 };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct t0_config c = { .rate = { rows[i].f, 1 }, .fi = rows[i].fi, .wi = 10 };
		struct t0 t;

		t0_init(&t, &c);
		assert_int_equal(t0_begin(&t, cmd, sizeof(cmd)), T0_RUN);
		assert_true(t.order.wait_clk == rows[i].wait);
	}
}

/* Every first byte from the card: the kind that 10.3.3's table says. */
static void test_procedure_bytes(void **state)
{
	(void)state;
	for (unsigned ins = 0; ins < 256; ins++)
		for (unsigned c = 0; c < 256; c++) {
			const uint8_t cmd[] = { 0x00, (uint8_t)ins, 0x00, 0x00, 0x02 };
			bool invalid = ins >> 4 == 6 || ins >> 4 == 9;
			bool good = c == 0x60 || c == ins || c == (ins ^ 0xFF) || c >> 4 == 6 || c >> 4 == 9;
			struct t0 t;

			t0_init(&t, &config);
			assert_int_equal(t0_begin(&t, cmd, sizeof(cmd)), invalid ? T0_FORMAT : T0_RUN);
			if (!invalid)
				assert_int_equal(t0_byte(&t, (uint8_t)c, false), good ? T0_RUN : T0_CONFLICT);
		}
}

/* Characters and time-outs when nothing runs change nothing; the next command works; a new one may replace one that runs. */
static void test_idle(void **state)
{
	static const uint8_t cmd[] = { 0x00, 0xA4, 0x00, 0x00 };
	struct t0 t;

	(void)state;
	t0_init(&t, &config);
	for (unsigned c = 0; c < 256; c++)
		assert_int_equal(t0_byte(&t, (uint8_t)c, false), T0_CONFLICT);
	assert_int_equal(t0_timeout(&t), T0_CONFLICT);
	assert_int_equal(t0_byte(&t, 0x90, true), T0_CONFLICT);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(t0_begin(&t, cmd, sizeof(cmd)), T0_RUN);
		put(&t, "\x60\x90", 2);
	}
	assert_int_equal(t.nulls, 1);
	assert_int_equal(t0_byte(&t, 0x00, false), T0_DONE);
	assert_int_equal(t.rsp.len, 2);
	assert_null(t.order.tx);
	assert_true(t.order.wait_clk == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_is_the_table),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_longest_in),
		cmocka_unit_test(test_longest_out),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_fi_not_in_force),
		cmocka_unit_test(test_procedure_bytes),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
