/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The T=1 machine: every row of its table for itself, every pair of state and event, and 10,000 exchanges with a card
 * model (t1_model.c) over a line that damages, drops and adds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "card/t1_block.h"
#include "card/t1_table.h"
#include "fwcard/t1_model.h"

static const struct t1_config config = { .rate = { 372, 1 }, .ifsc = 32, .bwi = 4, .cwi = 13 };
static const uint8_t apdu[100] = { 0x00, 0xA4 };

/* --- rows ------------------------------------------------------------------------------------------------------ */

static enum t1_event feed(struct t1 *t, uint8_t pcb, const uint8_t *inf, uint8_t len, bool damaged)
{
	uint8_t block[T1_BLOCK_MAX];
	size_t n = t1_block_make(block, pcb, inf, len, t->config.crc);
	enum t1_event e = T1_RUN;

	for (size_t i = 0; i < n; i++)
		e = t1_byte(t, block[i], damaged && i == 1);
	return e;
}

/* A machine in @p state as if it had come there by good blocks: N(S) 1, N(R) 0, a block of 10 sent and 90 bytes left. */
static void put_in(struct t1 *t, enum t1_state state)
{
	t1_init(t, &config);
	t->state = (uint8_t)state;
	t->ns = 1;
	t->met = true;
	t->whole = true;
	t->piece = apdu;
	t->piece_len = sizeof(apdu);
	t->in_flight = 10;
	t->unacked = state == T1_S_LAST || state == T1_S_LAST_R || state == T1_S_LAST_S || state == T1_S_MORE ||
	    state == T1_S_MORE_S || state == T1_S_GIVEN;
	t->ifsd_asked = state == T1_S_IFS ? 254 : 0;
	t->tx_len = (uint16_t)t1_block_make(t->tx, 0xE3, (const uint8_t[]){ 9 }, 1, false);
}

/* Makes the event happen; T1_E_BAD stands for T1_E_ANY. Events of TURN can only come by way of other states. */
static enum t1_event make_event(struct t1 *t, enum t1_input event)
{
	static const uint8_t inf[] = { 5 }, ifsd[] = { 254 };

	switch (event) {
	case T1_E_I_LAST:
		return feed(t, 0x00, inf, 1, false);
	case T1_E_I_MORE:
		return feed(t, 0x20, inf, 1, false);
	case T1_E_R_AGAIN:
		return feed(t, 0x90, NULL, 0, false);
	case T1_E_R_NEXT:
		return feed(t, 0x80, NULL, 0, false);
	case T1_E_R_NEXT_ERR:
		return feed(t, 0x81, NULL, 0, false);
	case T1_E_WTX_STOP:
		t->abort_wanted = true;
		return feed(t, 0xC3, inf, 1, false);
	case T1_E_WTX_REQ:
		return feed(t, 0xC3, inf, 1, false);
	case T1_E_IFS_REQ:
		return feed(t, 0xC1, inf, 1, false);
	case T1_E_ABORT_REQ:
		return feed(t, 0xC2, NULL, 0, false);
	case T1_E_IFS_RSP:
		t->ifsd_asked = 254;
		return feed(t, 0xE1, ifsd, 1, false);
	case T1_E_ABORT_RSP:
		return feed(t, 0xE2, NULL, 0, false);
	case T1_E_RESYNCH_RSP:
		return feed(t, 0xE0, NULL, 0, false);
	case T1_E_FLOOD:
		t->s_requests = T1_S_REQUESTS_MAX;
		return feed(t, 0xC3, inf, 1, false);
	case T1_E_BAD_EDC:
		return feed(t, 0x00, inf, 1, true);
	case T1_E_ANY:
	case T1_E_BAD:
		return feed(t, 0xC7, NULL, 0, false);
	case T1_E_TIMEOUT:
		return t1_timeout(t);
	case T1_E_SPENT_FIRST:
		t->met = false;
		t->tries = T1_ATTEMPTS - 1;
		return t1_timeout(t);
	case T1_E_SPENT:
		t->tries = T1_ATTEMPTS - 1;
		return t1_timeout(t);
	case T1_E_GO_LAST:
		return t1_send(t, apdu, 32, false);
	case T1_E_GO_MORE:
		return t1_send(t, apdu, 33, false);
	case T1_E_GO_NONE:
		return t1_send(t, apdu, 0, true);
	case T1_E_GO_IFS:
		return t1_ifs(t, 254);
	case T1_E_GO_ACK:
		return t1_continue(t);
	case T1_E_ABORT:
		t->chain_open = true;
		return t1_abort(t);
	case T1_E_DROP:
		t->chain_open = false;
		return t1_abort(t);
	case T1_EVENTS:
	default:
		fail();
		return T1_RUN;
	}
}

/* What each action must say and send: PCB, or -1 for nothing. */
static const struct {
	enum t1_event said;
	int pcb;
} wanted[T1_ACTIONS] = {
	[T1_A_FAIL] = { T1_FAILED, -1 },
	[T1_A_SEND_I] = { T1_RUN, 0x40 },
	[T1_A_WANT] = { T1_WANT_MORE, -1 },
	[T1_A_SEND_IFS] = { T1_RUN, 0xC1 },
	[T1_A_SEND_ABORT] = { T1_RUN, 0xC2 },
	[T1_A_SEND_RESYNCH] = { T1_RUN, 0xC0 },
	/* Acknowledged: N(S) 0 with the 90 bytes left. */
	[T1_A_ACK] = { T1_RUN, 0x20 },
	[T1_A_SEND_ACK] = { T1_RUN, 0x80 },
	[T1_A_TAKE_LAST] = { T1_DATA_LAST, -1 },
	[T1_A_TAKE_MORE] = { T1_DATA_MORE, -1 },
	[T1_A_TAKE_DROP] = { T1_ABORTED, -1 },
	[T1_A_TAKE_STOP] = { T1_RUN, 0xC2 },
	[T1_A_WTX] = { T1_RUN, 0xE3 },
	[T1_A_IFS] = { T1_RUN, 0xE1 },
	[T1_A_GIVE] = { T1_RUN, 0xE2 },
	[T1_A_YIELDED] = { T1_ABORTED, -1 },
	[T1_A_ABORTED] = { T1_ABORTED, -1 },
	[T1_A_IFS_DONE] = { T1_IFS_DONE, -1 },
	/* All anew: N(S) 0. */
	[T1_A_RESYNCHED] = { T1_RUN, 0x20 },
	/* The same block, now with the 90 bytes behind it: M = 1. */
	[T1_A_AGAIN] = { T1_RUN, 0x60 },
	[T1_A_R_EDC] = { T1_RUN, 0x81 },
	[T1_A_R_OTHER] = { T1_RUN, 0x82 },
	[T1_A_RESEND] = { T1_RUN, 0xE3 },
	[T1_A_ASK] = { T1_RUN, 0xE3 },
};

static void check_row(const struct t1_row *row)
{
	struct t1 t;
	enum t1_event said;
	int pcb = wanted[row->action].pcb;

	put_in(&t, (enum t1_state)row->state);
	said = make_event(&t, (enum t1_input)row->event);
	assert_int_equal(said, wanted[row->action].said);
	if (row->event == T1_E_GO_MORE)
		pcb |= 0x20;
	if (pcb >= 0) {
		assert_non_null(t.order.tx);
		assert_int_equal(t.order.tx[1], pcb);
		assert_true(t1_block_edc_good(t.order.tx, t.order.tx_len, false));
		assert_true(t.order.wait_clk > 0);
	} else {
		assert_null(t.order.tx);
		assert_int_equal(t.order.wait_clk, 0);
	}
	/* TURN is left at once, here by sending what is left. */
	assert_int_equal(t.state, row->next == T1_S_TURN ? T1_S_MORE : row->next);
}

static void test_every_row(void **state)
{
	size_t done = 0;

	(void)state;
	for (size_t i = 0; i < t1_table_n; i++) {
		if (t1_table[i].state == T1_S_TURN)
			continue; /* Seen in check_row() of the rows that lead there, and in the scenarios. */
		check_row(&t1_table[i]);
		done++;
	}
	assert_true(done > 100);
}

/* No row that can't be reached because one above it takes its events, none twice, and every waiting state has all events. */
static void test_table_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < t1_table_n; i++) {
		const struct t1_row *r = &t1_table[i];

		assert_in_range(r->state, T1_S_FAILED + 1, T1_STATES - 1);
		assert_in_range(r->next, T1_S_FAILED, T1_STATES - 1);
		assert_in_range(r->action, T1_A_FAIL, T1_ACTIONS - 1);
		assert_int_equal(r->next == T1_S_FAILED, r->action == T1_A_FAIL);
		if (r->event != T1_E_ANY)
			assert_int_equal(t1_table_find((enum t1_state)r->state, (enum t1_input)r->event), i);
		assert_true(i == 0 || t1_table[i - 1].state <= r->state);
	}
	for (unsigned int s = T1_S_LAST; s < T1_STATES; s++) {
		if (s == T1_S_DATA)
			continue;
		for (unsigned int e = 0; e < T1_E_ANY; e++)
			assert_true(t1_table_find((enum t1_state)s, (enum t1_input)e) < t1_table_n);
		assert_true(t1_table_find((enum t1_state)s, T1_E_SPENT) < t1_table_n);
	}
	for (unsigned int e = 0; e < T1_EVENTS; e++)
		assert_int_equal(t1_table_find(T1_S_FAILED, (enum t1_input)e), t1_table_n);
}

/* Characters and time-outs while it is not the card's turn change nothing. */
static void test_not_the_cards_turn(void **state)
{
	static const enum t1_state ours[] = { T1_S_FAILED, T1_S_IDLE, T1_S_WANT, T1_S_DATA };

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct t1 t, before;

		put_in(&t, ours[i]);
		memcpy(&before, &t, sizeof(t));
		for (int c = 0; c < 600; c++)
			assert_int_equal(t1_byte(&t, (uint8_t)c, c % 7 == 0), T1_RUN);
		assert_int_equal(t1_timeout(&t), T1_RUN);
		assert_memory_equal(&before, &t, sizeof(t));
	}
}

/* t1_abort() while the card has the turn leaves the block that is being sent alone. */
static void test_abort_touches_nothing(void **state)
{
	struct t1 t;
	uint8_t sent[T1_BLOCK_MAX];
	uint64_t wait;

	(void)state;
	t1_init(&t, &config);
	assert_int_equal(t1_send(&t, apdu, 5, false), T1_RUN);
	memcpy(sent, t.order.tx, t.order.tx_len);
	wait = t.order.wait_clk;
	assert_int_equal(t1_abort(&t), T1_RUN);
	assert_null(t.order.tx);
	assert_int_equal(t.order.wait_clk, wait);
	assert_memory_equal(t.tx, sent, 9);
	assert_int_equal(feed(&t, 0x00, apdu, 2, false), T1_ABORTED);
}

/* --- exchanges -------------------------------------------------------------------------------------------------- */

static void test_clean_line(void **state)
{
	static const struct t1_model_line clean = { 0 };
	struct t1_model_count n = { 0 };

	(void)state;
	for (int crc = 0; crc <= 1; crc++) {
		for (unsigned int len = 0; len <= 700; len++)
			t1_model_exchange(len + 1, &clean, crc == 1, len, 700 - len, &n);
	}
	assert_int_equal(n.right, 2 * 701);
	assert_int_equal(n.failed + n.aborted, 0);
}

static void test_damaged_line(void **state)
{
	/* In a thousand blocks, each way. */
	static const struct t1_model_line lines[] = {
		{ .flip = 20 },
		{ .parity = 20 },
		{ .drop = 20 },
		{ .lost = 20 },
		{ .wtx = 300 },
		{ .ifs = 200 },
		{ .flip = 50, .parity = 50, .drop = 20, .lost = 23, .wtx = 100, .ifs = 50 },
		{ .flip = 143, .wtx = 100 },
		{ .flip = 400, .parity = 100, .wtx = 100, .abort = 50 },
		{ .abort = 100 },
	};
	size_t kinds = sizeof(lines) / sizeof(lines[0]);
	struct t1_model_count n[sizeof(lines) / sizeof(lines[0])] = { { 0 } };
	uint32_t seed = 0x5EC15401;

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		unsigned int cmd = t1_model_random(&seed) % 701, rsp = t1_model_random(&seed) % 701;

		t1_model_exchange(seed, &lines[i % kinds], i % 3 == 0, cmd, rsp, &n[i % kinds]);
	}
	for (size_t k = 0; k < kinds; k++)
		print_message("line %zu: %u right, %u failed, %u aborted, %u resynchronised\n", k, n[k].right,
		    n[k].failed, n[k].aborted, n[k].resynched);
	/* One error in fifty blocks is next to always repaired; requests alone never hurt. */
	for (size_t k = 0; k < 4; k++)
		assert_true(n[k].right > 980);
	for (size_t k = 4; k < 6; k++)
		assert_int_equal(n[k].right, 1000);
	for (size_t k = 0; k < kinds; k++)
		assert_int_equal(n[k].right + n[k].failed + n[k].aborted, 1000);
	assert_true(n[8].failed > 0);
	assert_true(n[9].aborted > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_table_is_whole),
		cmocka_unit_test(test_not_the_cards_turn),
		cmocka_unit_test(test_abort_touches_nothing),
		cmocka_unit_test(test_clean_line),
		cmocka_unit_test(test_damaged_line),
	};

	return cmocka_run_group_tests_name("t1", tests, NULL, NULL);
}
