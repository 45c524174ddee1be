/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t0_model.c
 * @brief The card of t0_model.h.
 */
#include "unit/fwcard/t0_model.h"

#include <string.h>

#define APDU_MAX 65544u
#define PART 7u

uint8_t t0_model_command_byte(size_t i)
{
	return (uint8_t)(i * 13 + (i >> 8) + 1);
}

uint8_t t0_model_response_byte(size_t i)
{
	return (uint8_t)(i * 5 + (i >> 8) + 0x60);
}

static void out(struct t0_model *m, unsigned c)
{
	if (m->out_n < sizeof(m->out))
		m->out[m->out_n++] = (uint8_t)c;
	else
		m->broken++;
}

static void out_procedure(struct t0_model *m, unsigned c)
{
	for (unsigned i = 0; i < m->nulls; i++)
		out(m, 0x60);
	out(m, c);
}

static void out_sw(struct t0_model *m, unsigned sw)
{
	out_procedure(m, sw >> 8);
	out(m, sw & 0xFF);
	m->header_n = 0;
}

/* How many bytes go with the next procedure byte. */
static size_t bite(const struct t0_model *m, size_t left)
{
	if (m->ack == T0_MODEL_ALL || (m->ack == T0_MODEL_MIXED && left <= m->header[4] / 2u))
		return left;
	return 1;
}

static void ask(struct t0_model *m)
{
	m->one = bite(m, m->want);
	out_procedure(m, m->one == m->want ? m->header[1] : m->header[1] ^ 0xFFu);
	/* With one byte left both mean the same. */
	if (m->want == 1 && m->ack == T0_MODEL_ONE)
		m->out[m->out_n - 1] = (uint8_t)~m->header[1];
}

static void send_data(struct t0_model *m, size_t len)
{
	while (len > 0) {
		size_t n = bite(m, len);

		out_procedure(m, n == len && m->ack != T0_MODEL_ONE ? m->header[1] : m->header[1] ^ 0xFFu);
		len -= n;
		for (; n > 0; n--)
			out(m, t0_model_response_byte(m->given++));
	}
}

static unsigned xx(uint32_t left)
{
	return left < 256 ? left : 0;
}

/* What the card offers at once. */
static uint32_t offer(const struct t0_model *m)
{
	uint32_t left = m->na - m->given;

	return m->answer == T0_MODEL_PARTS && left > PART ? PART : left;
}

static void out_end(struct t0_model *m)
{
	m->pending = m->given < m->na;
	out_sw(m, m->pending ? 0x6100u | xx(offer(m)) : 0x9000u);
}

/* Case 2 and GET RESPONSE: P3 bytes when there are as many (or at least, from an offer), else 6CXX. */
static void give(struct t0_model *m, bool exact)
{
	uint32_t le = m->header[4] ? m->header[4] : 256, have = offer(m);

	if (le > have || (exact && le < have && have <= 256)) {
		out_sw(m, 0x6C00u | xx(have));
		return;
	}
	send_data(m, le);
	out_end(m);
}

static void finish_command(struct t0_model *m, unsigned which)
{
	if (which == 0x10 || which == 0x30)
		out_sw(m, 0x9000);
	else if (which == 0x20 && m->answer == T0_MODEL_LE)
		give(m, true);
	else if (which == 0x20 || m->answer == T0_MODEL_MORE || m->answer == T0_MODEL_PARTS)
		out_end(m);
	else
		out_sw(m, m->answer == T0_MODEL_WARN ? 0x6285 : 0x9000);
}

static void begin_command(struct t0_model *m)
{
	uint8_t ins = m->header[1];

	/* A repeated case 2 starts the response anew as well. */
	m->na = (uint32_t)m->header[2] << 8 | m->header[3];
	m->given = 0;
	m->pending = ins == 0x20 || ins == 0x40;
	m->data_n = 0;
	if (ins == 0x30 || ins == 0x40) {
		m->want = m->header[4];
		if (m->want == 0)
			m->broken++;
		ask(m);
	} else {
		if (ins == 0x10 && m->header[4] != 0)
			m->broken++;
		finish_command(m, ins);
	}
}

static void header_done(struct t0_model *m)
{
	if (m->header[1] == 0xC0 && !m->pending) {
		out_sw(m, 0x6985);
	} else if (m->header[1] == 0xC0) {
		give(m, false);
	} else if (m->header[1] == 0xC2 && (m->no_envelope || !m->apdu)) {
		out_sw(m, 0x6D00);
	} else if (m->header[1] == 0xC2) {
		m->want = m->header[4];
		ask(m);
	} else {
		begin_command(m);
	}
}

/* Is the APDU in the ENVELOPEs complete? Its INS says whether an Le belongs to it. */
static void envelope_done(struct t0_model *m)
{
	const uint8_t *a = m->apdu;
	size_t nc = m->apdu_n >= 7 ? (size_t)a[5] << 8 | a[6] : 0;
	size_t total = 7 + nc + (m->apdu_n >= 2 && a[1] == 0x40 ? 2 : 0);

	if (m->apdu_n < 7 || m->apdu_n < total) {
		out_sw(m, 0x9000);
		return;
	}
	if (m->apdu_n > total || a[4] != 0)
		m->broken++;
	for (m->data_n = 0; m->data_n < nc && a[7 + m->data_n] == t0_model_command_byte(m->data_n); m->data_n++)
		;
	m->na = (uint32_t)a[2] << 8 | a[3];
	m->given = 0;
	m->pending = a[1] == 0x40;
	m->apdu_n = 0;
	finish_command(m, a[1]);
}

static void take_data(struct t0_model *m, uint8_t c)
{
	if (m->header[1] == 0xC2) {
		if (m->apdu_n < APDU_MAX)
			m->apdu[m->apdu_n++] = c;
		else
			m->broken++;
	} else if (c == t0_model_command_byte(m->data_n)) {
		m->data_n++;
	} else {
		m->broken++;
	}
	m->want--;
	m->one--;
	if (m->want > 0 && m->one == 0)
		ask(m);
	else if (m->want == 0 && m->header[1] == 0xC2)
		envelope_done(m);
	else if (m->want == 0)
		finish_command(m, m->header[1]);
}

void t0_model_take(struct t0_model *m, uint8_t c)
{
	/* The reader may only send when the card has nothing to say. */
	if (m->out_at < m->out_n)
		m->broken++;
	m->out_n = 0;
	m->out_at = 0;
	if (m->want > 0 && m->one > 0) {
		take_data(m, c);
		return;
	}
	m->header[m->header_n++] = c;
	if (m->header_n == sizeof(m->header)) {
		m->header_n = 0;
		header_done(m);
	}
}

bool t0_model_give(struct t0_model *m, uint8_t *ret_c)
{
	if (m->out_at == m->out_n)
		return false;
	*ret_c = m->out[m->out_at++];
	return true;
}
