/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwcard/card_model.h"

#include <string.h>

/* --- the line -------------------------------------------------------------------------------------------------- */

static uint64_t etu_us(unsigned int etu)
{
	return (uint64_t)etu * fake.timing.f * 1000u / fake.timing.d / fake.khz;
}

/* A character follows the last one at the shortest distance. */
static void say(const struct card_model *m, int ch, bool first)
{
	uint64_t from = first ? fake.sent_us + m->think_us + etu_us(22) : 0;

	if (!first && fake.rx_n > fake.rx_at)
		from = fake.rx[fake.rx_n - 1].due_us + etu_us(12);
	fake_say(from, ch);
}

static void say_all(const struct card_model *m, const uint8_t *p, size_t n, size_t damaged)
{
	for (size_t i = 0; i < n; i++)
		say(m, p[i] | (i == damaged ? HAL_CARD_PARITY : 0), i == 0);
}

/* --- reset ------------------------------------------------------------------------------------------------------- */

static void on_reset(void *card)
{
	struct card_model *m = card;
	bool warm = m->last_activation_us == fake.on_us;
	const char *hex = warm && m->atr_warm ? m->atr_warm : m->atr[fake.voltage];
	struct atr parsed;
	uint8_t atr[64];
	size_t n;

	m->last_activation_us = fake.on_us;
	m->talked = m->t1 = m->await_wtx = false;
	m->in_n = m->command_n = m->given = 0;
	m->ns = m->nr = 0;
	m->ifsd = 32;
	m->t0.header_n = m->t0.want = m->t0.one = m->t0.out_n = m->t0.out_at = 0;
	if (!hex)
		return;
	n = rig_hex(hex, atr, sizeof(atr));
	if (atr_parse((struct sk_span){ atr, n }, &parsed) == SK_OK)
		m->t1 = (parsed.specific ? parsed.specific_t : parsed.first_t) == 1;
	for (size_t i = 0; i < n; i++) {
		int ch = atr[i];

		if (i == 0 && atr[0] == 0x3F)
			ch = 0x03 | (m->raw_ts ? HAL_CARD_PARITY : 0);
		if (!warm && (int)i == m->atr_flip)
			ch |= HAL_CARD_PARITY;
		fake_say(fake.rst_high_us + m->first_us + i * m->char_us, ch);
	}
}

/* --- T=1 ----------------------------------------------------------------------------------------------------------- */

static void block(struct card_model *m, uint8_t pcb, const uint8_t *inf, size_t n)
{
	uint8_t b[300] = { 0, pcb, (uint8_t)n }, lrc = 0;
	bool bad;

	if (m->dumb)
		return;
	if (n > 0)
		memcpy(b + 3, inf, n);
	for (size_t i = 0; i < n + 3; i++)
		lrc ^= b[i];
	b[n + 3] = lrc;
	m->blocks++;
	bad = m->parity_every != 0 && m->blocks % m->parity_every == 0;
	say_all(m, b, n + 4, bad ? 2 + n / 2 : 999);
}

static void give(struct card_model *m)
{
	uint8_t inf[254];
	size_t n = m->na - m->given < m->ifsd ? m->na - m->given : m->ifsd;
	bool more = m->given + n < m->na;

	for (size_t i = 0; i < n; i++) {
		size_t at = m->given + i;

		inf[i] = at + 2 == m->na ? 0x90 : at + 1 == m->na ? 0x00 : (uint8_t)at;
	}
	m->part = n;
	block(m, (uint8_t)(m->ns << 6 | (more ? 0x20 : 0)), inf, n);
}

static void answer(struct card_model *m)
{
	static const uint8_t factor = 1;

	if (m->wtx_left > 0) {
		m->wtx_left--;
		m->await_wtx = true;
		block(m, 0xC3, &factor, 1);
	} else {
		give(m);
	}
}

static void got_i(struct card_model *m, const uint8_t *b)
{
	if (m->mute)
		return;
	if ((b[1] >> 6 & 1) != m->nr) {
		block(m, (uint8_t)(0x82 | m->nr << 4), NULL, 0);
		return;
	}
	m->nr ^= 1;
	memcpy(m->command + m->command_n, b + 3, b[2]);
	m->command_n += b[2];
	if ((b[1] & 0x20) != 0) {
		block(m, (uint8_t)(0x80 | m->nr << 4), NULL, 0);
		return;
	}
	m->carried_out++;
	m->na = (size_t)(m->command[2] << 8 | m->command[3]) + 2;
	m->given = 0;
	m->command_n = 0;
	m->wtx_left = m->wtx;
	answer(m);
}

static void got_r(struct card_model *m, const uint8_t *b)
{
	if (m->mute)
		return;
	if ((b[1] >> 4 & 1) == m->ns) {
		give(m);
		return;
	}
	m->ns ^= 1;
	m->given += m->part;
	give(m);
}

static void got_s(struct card_model *m, const uint8_t *b)
{
	if (b[1] == 0xC1 && !m->no_ifs) {
		m->ifs_seen++;
		m->ifsd = b[3];
		block(m, 0xE1, b + 3, 1);
	} else if (b[1] == 0xC2 && !m->never_abort) {
		m->aborts_seen++;
		m->command_n = 0;
		block(m, 0xE2, NULL, 0);
		/* A block of a response has been taken; of a command none was given. */
		if (m->na > 0)
			m->ns ^= 1;
		m->na = 0;
	} else if (b[1] == 0xC0 && !m->mute && !m->no_ifs && !m->never_abort) {
		m->ns = m->nr = 0;
		m->ifsd = 32;
		m->command_n = 0;
		m->dumb = false;
		block(m, 0xE0, NULL, 0);
	} else if (b[1] == 0xE3 && m->await_wtx) {
		m->await_wtx = false;
		answer(m);
	}
}

static void got_block(struct card_model *m, const uint8_t *b)
{
	/* A response that was taken ends with the next I-block. */
	if ((b[1] & 0x80) == 0) {
		if (m->given + m->part == m->na && m->na > 0) {
			m->ns ^= 1;
			m->na = 0;
		}
		got_i(m, b);
	} else if ((b[1] & 0x40) == 0) {
		got_r(m, b);
	} else {
		got_s(m, b);
	}
}

/* --- PPS, T=0 ---------------------------------------------------------------------------------------------------------- */

static void got_pps(struct card_model *m)
{
	uint8_t rsp[6];
	size_t n = m->in_n;

	m->pps_seen++;
	memcpy(rsp, m->in, n);
	m->talked = true;
	m->t1 = (rsp[1] & 0x0F) == 1;
	m->in_n = 0;
	switch (m->pps) {
	case CARD_MODEL_MUTE:
		return;
	case CARD_MODEL_NO_PPS1:
		rsp[1] &= 0x0F;
		rsp[2] = 0xFF ^ rsp[1];
		n = 3;
		break;
	case CARD_MODEL_WRONG:
		rsp[n - 1] ^= 0x01;
		break;
	case CARD_MODEL_ECHO:
	case CARD_MODEL_PARITY:
	default:
		break;
	}
	say_all(m, rsp, n, m->pps == CARD_MODEL_PARITY ? 1 : 999);
}

static void got_t0(struct card_model *m, uint8_t c)
{
	uint8_t out;
	bool first = true;

	t0_model_take(&m->t0, c);
	if (m->mute)
		return;
	while (t0_model_give(&m->t0, &out)) {
		say(m, out, first);
		first = false;
	}
}

static void on_char(void *card, uint8_t c)
{
	struct card_model *m = card;

	m->in[m->in_n++ % sizeof(m->in)] = c;
	if (!m->talked && m->in[0] == 0xFF) {
		if (m->in_n >= PPS_MIN && m->in_n == pps_length(m->in, m->in_n))
			got_pps(m);
		return;
	}
	if (!m->t1) {
		m->talked = true;
		m->in_n = 0;
		got_t0(m, c);
		return;
	}
	if (m->in_n < 4 || m->in_n < m->in[2] + 4u)
		return;
	m->talked = true;
	m->in_n = 0;
	got_block(m, m->in);
}

/* --- the rig ------------------------------------------------------------------------------------------------------------- */

size_t rig_hex(const char *hex, uint8_t *ret_p, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;
	unsigned int nibbles = 0;

	for (; *hex != '\0'; hex++) {
		const char *d = *hex != ' ' ? strchr(digits, *hex) : NULL;

		if (!d || n == size)
			continue;
		ret_p[n] = (uint8_t)(ret_p[n] << 4 | (d - digits));
		if (++nibbles % 2 == 0)
			n++;
	}
	return n;
}

void rig_start(struct card_rig *r, enum card_level level, const char *atr)
{
	memset(r, 0, sizeof(*r));
	fake_reset();
	fake.card = &r->model;
	fake.on_reset = on_reset;
	fake.on_char = on_char;
	for (int i = 1; i <= 3; i++)
		r->model.atr[i] = atr;
	r->model.atr_flip = -1;
	r->model.first_us = 500;
	r->model.char_us = 12 * 372;
	card_init(&r->card, level);
	card_step(&r->card);
}

/* To the next moment when anything can happen, but not past end. */
static void tick(struct card_rig *r, uint64_t end_us)
{
	uint64_t at = card_next_us(&r->card), due = fake_next_us();

	at = due < at ? due : at;
	at = at > fake.now_us ? at : fake.now_us + 1;
	fake.now_us = at < end_us ? at : end_us;
	card_step(&r->card);
	r->steps++;
}

bool rig_run(struct card_rig *r, uint64_t us)
{
	uint64_t end_us = fake.now_us + us;

	for (;;) {
		card_outcome(&r->card, &r->outcome);
		if (r->outcome.what != CARD_NONE)
			return true;
		if (fake.now_us >= end_us)
			return false;
		tick(r, end_us);
	}
}

void rig_pass(struct card_rig *r, uint64_t us)
{
	uint64_t end_us = fake.now_us + us;

	while (fake.now_us < end_us)
		tick(r, end_us);
}

bool rig_on(struct card_rig *r, uint8_t voltage, bool negotiate)
{
	return card_power_on(&r->card, voltage, negotiate) == SK_OK && rig_run(r, CARD_LIMIT_US) &&
	    r->outcome.what == CARD_ATR;
}

enum card_what rig_xfr(struct card_rig *r, const char *hex)
{
	static uint8_t buf[300];
	size_t n = rig_hex(hex, buf, sizeof(buf));

	if (card_xfr(&r->card, buf, n, false, 0) != SK_OK || !rig_run(r, CARD_LIMIT_US + 1000000))
		return CARD_NONE;
	return r->outcome.what;
}
