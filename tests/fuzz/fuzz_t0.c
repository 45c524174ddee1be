/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_t0.c
 * @brief card/t0.h: any command, whole or in pieces, against a card that sends anything.
 *
 * Input: flags (01 APDU level, 02 extended allowed), WI, piece length, 2 bytes command length, command; then one step each 2 bytes: what
 * kind, and a value. When the input is used up the card repeats its last two bytes for ever.
 * Checked: what is sent lies in the command or in the machine and is never too long; responses are never too long and
 * bring at most Ne bytes; WT is set whenever something is awaited and nothing is left behind at the end; it ends.
 * The pieces of a command are freed as soon as the machine says that it is done with them.
 */
#include <stdbool.h>
#include <string.h>

#include "card/t0.h"
#include "core/apdu.h"
#include "fuzz/fuzz_check.h"

/* A response of 65,536 bytes one by one, each with a GET RESPONSE, is the longest end there is; null bytes come on top. */
#define STEPS_MAX 1000000u

struct run {
	struct t0 tpdu;
	struct t0_apdu apdu;
	bool by_apdu, extended;
	const uint8_t *command;
	size_t len, at, piece_max;
	uint8_t *piece; /* what the machine may look at now */
	size_t piece_len;
	uint32_t ne, got;
};

static struct run run;

static bool inside(const uint8_t *p, size_t n, const void *area, size_t area_n)
{
	const uint8_t *a = area;

	return p >= a && n <= area_n && p + n <= a + area_n;
}

static void check_order(const struct line_order *o)
{
	check(o->wait_clk > 0 && o->tx_len <= T0_TPDU_MAX && (o->tx != NULL) == (o->tx_len > 0));
	if (o->tx_len > 0)
		check(inside(o->tx, o->tx_len, run.piece, run.piece_len) ||
		    inside(o->tx, o->tx_len, &run.tpdu, sizeof(run.tpdu)) ||
		    inside(o->tx, o->tx_len, &run.apdu, sizeof(run.apdu)));
}

static void free_piece(void)
{
	free(run.piece);
	run.piece = NULL;
	run.piece_len = 0;
}

static void check_end(enum t0_event event)
{
	const struct line_order *o = run.by_apdu ? &run.apdu.order : &run.tpdu.order;
	const struct sk_span *rsp = run.by_apdu ? &run.apdu.rsp : &run.tpdu.rsp;
	volatile uint8_t sum = 0;

	check(o->wait_clk == 0 && o->tx_len == 0 && !o->tx);
	if (event != T0_DONE && event != T0_MORE)
		return;
	check(rsp->len >= (event == T0_DONE ? 2u : 1u) && rsp->len <= T0_RSP_MAX);
	for (size_t i = 0; i < rsp->len; i++)
		sum = (uint8_t)(sum + rsp->p[i]);
	run.got += (uint32_t)(rsp->len - (event == T0_DONE ? 2 : 0));
	check(run.got <= run.ne);
}

/* Next piece of the command, in memory of its own. */
static enum t0_event send_piece(void)
{
	size_t n = run.len - run.at < run.piece_max ? run.len - run.at : run.piece_max;

	free_piece();
	run.piece = malloc(n ? n : 1);
	check(run.piece != NULL);
	memcpy(run.piece, run.command + run.at, n);
	run.piece_len = n;
	run.at += n;
	if (!run.by_apdu)
		return t0_begin(&run.tpdu, run.piece, n);
	return t0_apdu_send(&run.apdu, run.piece, n, run.at < run.len, run.extended);
}

/* Go on until a character is awaited (true) or the command has ended. */
static bool settle(enum t0_event event)
{
	while (event == T0_WANT_MORE || event == T0_MORE) {
		check(run.by_apdu);
		check_end(event);
		if (event == T0_WANT_MORE) {
			check(run.at < run.len);
			event = send_piece();
		} else {
			event = t0_apdu_continue(&run.apdu);
		}
	}
	if (event == T0_RUN) {
		check_order(run.by_apdu ? &run.apdu.order : &run.tpdu.order);
		return true;
	}
	check_end(event);
	return false;
}

static uint8_t ins(void)
{
	return run.by_apdu ? run.apdu.tpdu.header[1] : run.tpdu.header[1];
}

static bool give(uint8_t c, bool bad)
{
	return settle(run.by_apdu ? t0_apdu_byte(&run.apdu, c, bad) : t0_byte(&run.tpdu, c, bad));
}

static bool step(uint8_t kind, uint8_t value)
{
	switch (kind % 16) {
	case 0:
		return settle(run.by_apdu ? t0_apdu_timeout(&run.apdu) : t0_timeout(&run.tpdu));
	case 1:
		return give(value, true);
	case 2:
	case 3:
		return give(ins(), false);
	case 4:
		return give((uint8_t)~ins(), false);
	case 5:
		return give(0x60, false);
	case 6:
		return give(0x61, false) && give(value, false);
	case 7:
		return give(0x6C, false) && give(value, false);
	case 8:
		return give(0x90, false) && give(0x00, false);
	case 9: {
		bool runs = give(ins(), false);

		for (unsigned i = 0; runs && i < (value ? value : 256u); i++)
			runs = give((uint8_t)i, false);
		return runs;
	}
	default:
		return give(value, false);
	}
}

/* Ne that the standard sees; what is no command must be refused. */
static bool set_ne(void)
{
	struct sk_span in = { run.command, run.len };
	struct apdu_cmd cmd;
	enum apdu_case which;

	if (!run.by_apdu) {
		run.ne = 256;
		return true;
	}
	if (apdu_cmd_decode(in, &cmd, &which) != SK_OK)
		return false;
	run.ne = cmd.ne;
	return run.extended || !cmd.extended;
}

static bool begin(const uint8_t *data, size_t size, const struct t0_config *config)
{
	bool valid;

	memset(&run, 0, sizeof(run));
	run.by_apdu = (data[0] & 1) != 0;
	run.extended = (data[0] & 2) != 0;
	run.len = (size_t)data[3] << 8 | data[4];
	run.len = run.len < size - 5 ? run.len : size - 5;
	run.command = data + 5;
	run.piece_max = run.by_apdu ? data[2] + 1u : run.len;
	t0_init(&run.tpdu, config);
	t0_apdu_init(&run.apdu, config);
	valid = set_ne();
	if (!settle(send_piece()))
		return false;
	/* A wrong end of a command in pieces shows only when it is there; until then ENVELOPEs may run, without any data back. */
	check(valid || run.at < run.len);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct t0_config config = { .rate = { 372, 1 }, .wi = 10 };
	uint8_t last[2] = { 0x60, 0x60 };
	unsigned steps = 0;
	bool runs;

	if (size < 5)
		return 0;
	config.wi = data[1] ? data[1] : 1;
	runs = begin(data, size, &config);
	for (size_t at = 5 + run.len; runs && at + 1 < size; at += 2) {
		runs = step(data[at], data[at + 1]);
		last[0] = data[at];
		last[1] = data[at + 1];
	}
	while (runs) {
		check(steps < STEPS_MAX);
		runs = give(last[steps++ & 1], false);
	}
	free_piece();
	return 0;
}
