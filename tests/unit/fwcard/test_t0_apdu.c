/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_t0_apdu.c
 * @brief card/t0.h against the card of t0_model.h: every short length of cases 1 to 4, extended ones on a grid, in each of its manners.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/fwcard/t0_model.h"

#include "card/t0.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define APDU_MAX 65544u

static const struct t0_config config = { .rate = { 372, 1 }, .wi = 10 };
static uint8_t command[APDU_MAX], response[65536 + 2], envelope[APDU_MAX];

static struct t0_model card_of(enum t0_model_ack ack, enum t0_model_answer answer, unsigned nulls)
{
	struct t0_model m;

	memset(&m, 0, sizeof(m));
	m.ack = ack;
	m.answer = answer;
	m.nulls = nulls;
	m.apdu = envelope;
	return m;
}

/* C-APDU for the model: case 1 to 4, forced into the extended form or not. */
static size_t build(unsigned which, uint32_t na, size_t nc, uint32_t ne, bool extended)
{
	size_t n = 4;

	command[0] = 0x00;
	command[1] = (uint8_t)(which * 0x10);
	command[2] = (uint8_t)(na >> 8);
	command[3] = (uint8_t)na;
	if (extended)
		command[n++] = 0;
	if (nc > 0 && extended)
		command[n++] = (uint8_t)(nc >> 8);
	if (nc > 0)
		command[n++] = (uint8_t)nc;
	for (size_t i = 0; i < nc; i++)
		command[n++] = t0_model_command_byte(i);
	if (ne > 0 && extended)
		command[n++] = (uint8_t)(ne >> 8);
	if (ne > 0)
		command[n++] = (uint8_t)ne;
	return n;
}

/* Let reader and card talk until something else than T0_RUN. */
static enum t0_event talk(struct t0_apdu *a, struct t0_model *m, enum t0_event event)
{
	uint8_t c;

	while (event == T0_RUN) {
		for (size_t i = 0; i < a->order.tx_len; i++)
			t0_model_take(m, a->order.tx[i]);
		event = t0_model_give(m, &c) ? t0_apdu_byte(a, c, false) : t0_apdu_timeout(a);
	}
	return event;
}

/* The whole command in pieces of at most @p piece bytes; the response, put together, is in response[]. */
static size_t exchange(struct t0_model *m, size_t len, size_t piece, bool extended)
{
	struct t0_apdu a;
	enum t0_event event = T0_WANT_MORE;
	size_t at = 0, n, total = 0;

	t0_apdu_init(&a, &config);
	while (event == T0_WANT_MORE) {
		n = len - at < piece ? len - at : piece;
		event = talk(&a, m, t0_apdu_send(&a, command + at, n, at + n < len, extended));
		at += n;
	}
	for (;;) {
		assert_true(event == T0_MORE || event == T0_DONE);
		assert_true(a.rsp.len <= T0_RSP_MAX && total + a.rsp.len <= sizeof(response));
		memcpy(response + total, a.rsp.p, a.rsp.len);
		total += a.rsp.len;
		if (event == T0_DONE)
			break;
		assert_true(a.rsp.len > 0);
		event = talk(&a, m, t0_apdu_continue(&a));
	}
	assert_int_equal(at, len);
	assert_int_equal(m->broken, 0);
	assert_false(t0_model_give(m, &(uint8_t){ 0 }));
	return total;
}

/* What the host must see: min(Na, Ne) bytes of the pattern, and an SW that says whether that was all. */
static void check(const struct t0_model *m, size_t total, unsigned which, uint32_t na, size_t nc, uint32_t ne)
{
	uint32_t want = na < ne ? na : ne;
	unsigned sw = response[total - 2] * 256u + response[total - 1];

	assert_int_equal(total, want + 2);
	for (uint32_t i = 0; i < want; i++)
		if (response[i] != t0_model_response_byte(i))
			fail_msg("response differs at %u", i);
	assert_int_equal(m->data_n, nc);
	if (which == 4 && m->answer == T0_MODEL_WARN && (na <= ne || na == 0))
		assert_int_equal(sw, 0x6285);
	else if (sw >> 8 == 0x61)
		assert_true(na > want);
	else
		assert_true(sw == 0x9000 || (sw == 0x6285 && which == 4));
}

static void one(unsigned which, uint32_t na, size_t nc, uint32_t ne, struct t0_model m)
{
	size_t total = exchange(&m, build(which, na, nc, ne, false), 261, false);

	check(&m, total, which, na, nc, ne);
}

static void test_case_1(void **state)
{
	(void)state;
	for (unsigned nulls = 0; nulls < 4; nulls++)
		one(1, 0, 0, 0, card_of(T0_MODEL_ALL, T0_MODEL_LE, nulls));
}

/* Every Ne, with as much, one less, one more, one, and all that a card can have. */
static void test_case_2(void **state)
{
	(void)state;
	for (int ack = 0; ack < T0_MODEL_ACKS; ack++)
		for (int answer = 0; answer < T0_MODEL_WARN; answer++)
			for (uint32_t ne = 1; ne <= 256; ne++) {
				const uint32_t nas[] = { ne, ne - 1, ne + 1, 1, 256, 300 };

				for (size_t i = 0; i < N(nas); i++)
					if (nas[i] > 0 && (nas[i] <= 256 || answer != T0_MODEL_LE))
						one(2, nas[i], 0, ne,
						    card_of((enum t0_model_ack)ack, (enum t0_model_answer)answer,
							ne % 3));
			}
}

static void test_case_3(void **state)
{
	(void)state;
	for (int ack = 0; ack < T0_MODEL_ACKS; ack++)
		for (unsigned nc = 1; nc <= 255; nc++)
			one(3, 0, nc, 0, card_of((enum t0_model_ack)ack, T0_MODEL_LE, nc % 3));
}

/* Every Nc with some Ne, every Ne with some Nc, and less, more or as much from the card. */
static void test_case_4(void **state)
{
	static const uint32_t few[] = { 1, 2, 127, 128, 254, 255, 256 };

	(void)state;
	for (int ack = 0; ack < T0_MODEL_ACKS; ack++)
		for (int answer = 0; answer < T0_MODEL_ANSWERS; answer++)
			for (uint32_t n = 1; n <= 256; n++)
				for (size_t i = 0; i < N(few); i++) {
					struct t0_model m = card_of((enum t0_model_ack)ack,
					    (enum t0_model_answer)answer, n % 2);

					if (n <= 255)
						one(4, few[(i + n) % N(few)], n, few[i], m);
					if (few[i] <= 255)
						one(4, few[(i + n) % N(few)], few[i], n, m);
				}
}

/* A case 4 that gives nothing: 9000 or the warning without data. */
static void test_case_4_empty(void **state)
{
	struct t0_model m = card_of(T0_MODEL_ALL, T0_MODEL_LE, 0);
	struct t0_apdu a;
	static const uint8_t cmd[] = { 0x00, 0x30, 0x00, 0x00, 0x01, 0x01, 0x00 };

	(void)state;
	t0_apdu_init(&a, &config);
	assert_int_equal(talk(&a, &m, t0_apdu_send(&a, cmd, sizeof(cmd), false, false)), T0_DONE);
	assert_int_equal(a.rsp.len, 2);
	assert_memory_equal(a.rsp.p, "\x90\x00", 2);
}

static void test_extended(void **state)
{
	static const size_t ncs[] = { 0, 1, 254, 255, 256, 257, 503, 504, 758, 1000, 3000, 65535 };
	static const uint32_t nes[] = { 0, 1, 255, 256, 257, 512, 1000, 65535, 65536 };
	static const size_t pieces[] = { 261, 1, 256, 255, 97, APDU_MAX };
	unsigned turn = 0;

	(void)state;
	for (size_t c = 0; c < N(ncs); c++)
		for (size_t e = 0; e < N(nes); e++)
			for (int answer = T0_MODEL_MORE; answer < T0_MODEL_WARN; answer++, turn++) {
				size_t nc = ncs[c], total;
				uint32_t ne = nes[e], na = ne < 65536 ? ne : 65535;
				unsigned which = (nc > 0 ? 3u : 1u) + (ne > 0 ? 1u : 0u);
				struct t0_model m = card_of((enum t0_model_ack)(turn % T0_MODEL_ACKS),
				    (enum t0_model_answer)answer, turn % 2);

				if (which == 1)
					continue;
				/* Sometimes the card has less than asked for, sometimes more. */
				if (na > 2 && na < 65000 && turn % 5 == 1)
					na = turn % 2 ? na / 2 : na + 3;
				total = exchange(&m, build(which, na, nc, ne, true), pieces[turn % N(pieces)], true);
				check(&m, total, which, na, nc, ne);
			}
}

static void test_no_envelope(void **state)
{
	struct t0_model m = card_of(T0_MODEL_ALL, T0_MODEL_MORE, 1);
	size_t total;

	(void)state;
	m.no_envelope = true;
	total = exchange(&m, build(4, 10, 2000, 10, true), 261, true);
	assert_int_equal(total, 2);
	assert_memory_equal(response, "\x6D\x00", 2);
}

/* A segment that has gone out may be a PIN: nothing of it waits in the reader for the host's next piece. */
static void test_segment_is_wiped(void **state)
{
	size_t len = build(4, 0, 300, 0x100, true), first = 255 + 1;

	(void)state;
	for (int refused = 0; refused <= 1; refused++) {
		struct t0_model m = card_of(T0_MODEL_ALL, T0_MODEL_MORE, 0);
		struct t0_apdu a;
		size_t left = 0;

		m.no_envelope = refused;
		t0_apdu_init(&a, &config);
		assert_true(first < len);
		assert_int_equal(talk(&a, &m, t0_apdu_send(&a, command, first, true, true)), T0_WANT_MORE);
		for (size_t i = T0_HEADER + a.n; i < sizeof(a.buf); i++)
			left += a.buf[i] != 0;
		assert_int_equal(left, 0);
	}
}

/* Every length of every first byte behind the header: taken for an APDU or not, just as the lengths say. */
static void test_lengths(void **state)
{
	static const uint8_t c5s[] = { 0, 1, 2, 3, 127, 254, 255 };
	struct t0_apdu a;

	(void)state;
	memset(command, 0, sizeof(command));
	for (size_t i = 0; i < N(c5s); i++)
		for (size_t len = 0; len <= 300; len++) {
			bool is_short = len == 4 || len == 5 ||
			    (c5s[i] && len > 5 && (len == 5u + c5s[i] || len == 6u + c5s[i]));

			command[4] = c5s[i];
			t0_apdu_init(&a, &config);
			assert_int_equal(t0_apdu_send(&a, command, len, false, false), is_short ? T0_RUN : T0_FORMAT);
			assert_int_equal(a.order.tx_len, is_short ? 5 : 0);
		}
}

/* Calls at the wrong time are refused and end what runs. */
static void test_wrong_time(void **state)
{
	static const uint8_t cmd[] = { 0x00, 0x10, 0x00, 0x00 };
	struct t0_apdu a;

	(void)state;
	t0_apdu_init(&a, &config);
	assert_int_equal(t0_apdu_byte(&a, 0x60, false), T0_CONFLICT);
	assert_int_equal(t0_apdu_timeout(&a), T0_CONFLICT);
	assert_int_equal(t0_apdu_continue(&a), T0_FORMAT);
	assert_int_equal(t0_apdu_send(&a, cmd, sizeof(cmd), false, false), T0_RUN);
	assert_int_equal(t0_apdu_continue(&a), T0_FORMAT);
	assert_int_equal(t0_apdu_send(&a, cmd, sizeof(cmd), false, false), T0_RUN);
	assert_int_equal(t0_apdu_send(&a, cmd, sizeof(cmd), false, false), T0_FORMAT);
	assert_int_equal(a.order.tx_len, 0);
	assert_int_equal(t0_apdu_send(&a, NULL, 0, true, false), T0_WANT_MORE);
	assert_int_equal(t0_apdu_send(&a, cmd, sizeof(cmd), false, false), T0_RUN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case_1),
		cmocka_unit_test(test_case_2),
		cmocka_unit_test(test_case_3),
		cmocka_unit_test(test_case_4),
		cmocka_unit_test(test_case_4_empty),
		cmocka_unit_test(test_extended),
		cmocka_unit_test(test_no_envelope),
		cmocka_unit_test(test_segment_is_wiped),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_wrong_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
