/* SPDX-License-Identifier: Apache-2.0 */
/* The card's contacts: power, reset, answer to reset, and who gets the characters after it. */
#include "cardbridge.h"

#include <string.h>

#define BABBLE_MS 20
#define BABBLE_LEN 32

/* control, reader to bench */
#define CTL_POWER_ON 0x10
#define CTL_POWER_OFF 0x20
#define CTL_RST_LOW 0x30
#define CTL_RST_HIGH 0x31
#define CTL_TIMING 0x40
#define CTL_CLOCK 0x50

void cb_timer_set(struct cb *b, enum cb_timer timer, int64_t in_ms)
{
	b->timer[timer] = in_ms < 0 ? 0 : benchio_now_ms() + in_ms;
}

bool cb_card_present(const struct cb *b)
{
	return b->inserted && b->vpcd.fd >= 0 && b->vpcd.answered;
}

static void stop(struct cb *b, enum cb_phase phase)
{
	cb_line_clear(b);
	for (int i = 0; i < CB_TIMERS; i++)
		if (i != CB_TIMER_POLL)
			b->timer[i] = 0;
	b->phase = phase;
	b->epoch++;
	b->pps_len = 0;
	b->atr.inverse = false;
	b->faults.n_mute = 0;
}

void cb_card_power_off(struct cb *b)
{
	if (b->phase == CB_OFF)
		return;
	stop(b, CB_OFF);
	cb_vpcd_control(b, CB_VPCD_OFF);
}

/* Tell the reader when the card comes or goes. A card that is pulled is without power. */
void cb_card_presence(struct cb *b)
{
	bool now = cb_card_present(b);
	uint8_t code = now ? 0x01 : 0x00;

	if (now == b->told)
		return;
	b->told = now;
	cb_trace_event(b, now ? "card in" : "card out");
	if (!now) {
		cb_card_power_off(b);
		cb_line_clear(b);
	}
	cb_line_put(b, true, &code, 1, 0);
}

static void answer(struct cb *b, uint8_t code)
{
	cb_line_put(b, true, &code, 1, CB_SETTLE_MS);
}

static void power_on(struct cb *b, uint8_t class)
{
	bool ok = cb_card_present(b) && class < 8 && (b->opt.classes >> class & 1) != 0;

	cb_trace_event(b, "power on, class %u%s", class, ok ? "" : ": refused");
	stop(b, ok ? CB_RST : CB_OFF);
	b->warm = false;
	if (ok) {
		b->stats[CB_POWER_ONS]++;
		cb_vpcd_control(b, CB_VPCD_ON);
	}
	answer(b, ok ? 0x90 : 0x91);
}

static void rst_low(struct cb *b)
{
	cb_trace_event(b, "RST low");
	if (b->phase != CB_OFF) {
		b->warm = b->warm || b->phase != CB_RST;
		stop(b, CB_RST);
	}
	answer(b, 0xB0);
}

static void rst_high(struct cb *b)
{
	cb_trace_event(b, "RST high");
	answer(b, 0xB1);
	if (b->phase != CB_RST)
		return;
	b->phase = CB_ATR;
	b->stats[CB_RESETS]++;
	if (b->warm)
		cb_vpcd_control(b, CB_VPCD_RESET);
	cb_vpcd_control(b, CB_VPCD_ATR);
}

static void protocol_first(struct cb *b)
{
	b->phase = CB_FIRST;
	if (b->faults.babble == 2)
		cb_timer_set(b, CB_TIMER_BABBLE, BABBLE_MS);
}

/* What is left of the ATR after TS, when TS had to go alone (rule 4 of cardbridge.h). */
static void atr_rest(struct cb *b)
{
	cb_timer_set(b, CB_TIMER_CONVENTION, -1);
	if (b->phase != CB_ATR || b->atr_rest_at == 0)
		return;
	cb_line_put(b, false, b->atr_bytes + b->atr_rest_at, (size_t)(b->atr_len - b->atr_rest_at), 0);
	b->atr_rest_at = 0;
	protocol_first(b);
}

void cb_card_atr(struct cb *b, const uint8_t *p, size_t len)
{
	if (b->phase != CB_ATR)
		return;
	b->atr_len = (uint8_t)cb_atr_make(b, p, len, b->atr_bytes);
	cb_atr_parse(b->atr_bytes, b->atr_len, &b->atr);
	b->atr_len = (uint8_t)cb_atr_spoil(b->faults.bad_atr, b->atr_bytes, b->atr_len);
	b->atr_rest_at = 0;
	if (b->faults.babble == 1) {
		cb_trace_event(b, "babbles");
		b->phase = CB_DEAD;
		cb_timer_set(b, CB_TIMER_BABBLE, 2 * CB_SETTLE_MS + BABBLE_MS);
		return;
	}
	cb_trace_block(b, '<', b->atr_bytes, b->atr_len, " [ATR]");
	if (b->atr_len == 0 || !b->atr.valid || b->faults.bad_atr != CB_ATR_GOOD)
		b->phase = CB_DEAD; /* whatever comes next is for a card that the reader can't know */
	if (b->phase == CB_ATR && b->atr.inverse && !b->flag_inverse) {
		cb_line_put(b, false, b->atr_bytes, 1, CB_SETTLE_MS);
		b->atr_rest_at = 1;
		cb_timer_set(b, CB_TIMER_CONVENTION, CB_CONVENTION_MS);
		return;
	}
	cb_line_put(b, false, b->atr_bytes, b->atr_len, CB_SETTLE_MS);
	if (b->phase == CB_ATR)
		protocol_first(b);
}

static size_t control_length(uint8_t code)
{
	switch (code) {
	case CTL_POWER_ON:
		return 2;
	case CTL_TIMING:
		return 6;
	case CTL_CLOCK:
		return 3;
	default:
		return 1;
	}
}

static void control_obey(struct cb *b, const uint8_t *p)
{
	switch (p[0]) {
	case CTL_POWER_ON:
		power_on(b, p[1]);
		break;
	case CTL_POWER_OFF:
		cb_trace_event(b, "power off");
		cb_card_power_off(b);
		answer(b, 0xA0);
		break;
	case CTL_RST_LOW:
		rst_low(b);
		break;
	case CTL_RST_HIGH:
		rst_high(b);
		break;
	case CTL_TIMING:
		b->flag_inverse = (p[5] & CB_SPEC_FLAG_INVERSE) != 0;
		cb_trace_event(b, "timing F=%u D=%u flags=%02X", (unsigned)(p[1] << 8 | p[2]),
		    (unsigned)(p[3] << 8 | p[4]), p[5]);
		if (b->flag_inverse)
			atr_rest(b);
		break;
	case CTL_CLOCK:
		b->clock_khz = (uint32_t)(p[1] << 8 | p[2]);
		cb_trace_event(b, "clock %u kHz", b->clock_khz);
		break;
	default:
		cb_trace_event(b, "unknown control byte %02X", p[0]);
	}
}

void cb_card_control(struct cb *b, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		b->control_in[b->control_len++] = p[i];
		if (b->control_len == control_length(b->control_in[0])) {
			b->control_len = 0;
			control_obey(b, b->control_in);
		}
	}
}

void cb_card_protocol(struct cb *b, uint8_t protocol)
{
	cb_trace_event(b, "protocol T=%u", protocol);
	if (protocol == 0) {
		b->phase = CB_T0;
		cb_t0_start(b);
	} else if (protocol == 1) {
		b->phase = CB_T1;
		cb_t1_start(b);
	} else {
		b->phase = CB_DEAD;
	}
}

void cb_card_char(struct cb *b, uint8_t c)
{
	if (b->atr.inverse != b->flag_inverse)
		c = cb_turn(c);
	if (b->phase == CB_FIRST) {
		if (c == 0xFF) {
			b->phase = CB_PPS;
			b->pps_len = 0;
		} else {
			cb_card_protocol(b, b->atr.first);
		}
	}
	switch (b->phase) {
	case CB_PPS:
		cb_timer_set(b, CB_TIMER_GAP, b->opt.gap_ms);
		cb_pps_char(b, c);
		break;
	case CB_T0:
		cb_t0_char(b, c);
		break;
	case CB_T1:
		cb_t1_char(b, c);
		break;
	default:
		b->stats[CB_IGNORED]++;
	}
}

void cb_card_answer(struct cb *b, const uint8_t *p, size_t len)
{
	if (b->phase == CB_T0)
		cb_t0_answer(b, p, len);
	else if (b->phase == CB_T1)
		cb_t1_answer(b, p, len);
}

static void babble(struct cb *b)
{
	uint8_t noise[BABBLE_LEN];

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)cb_random(&b->faults);
	if (b->line.count < 4) /* a reader that does not read must not fill the queue */
		cb_line_put(b, false, noise, sizeof(noise), 0);
	cb_timer_set(b, CB_TIMER_BABBLE, BABBLE_MS);
}

static void gap(struct cb *b)
{
	if (b->phase == CB_PPS) {
		cb_trace_block(b, '>', b->pps, b->pps_len, " [PPS unfinished]");
		b->phase = CB_DEAD;
	} else if (b->phase == CB_T0) {
		cb_t0_gap(b);
	} else if (b->phase == CB_T1) {
		cb_t1_gap(b);
	}
}

void cb_card_timer(struct cb *b, enum cb_timer timer)
{
	switch (timer) {
	case CB_TIMER_GAP:
		gap(b);
		break;
	case CB_TIMER_BUSY:
		if (b->phase == CB_T1)
			cb_t1_busy(b);
		else if (b->phase == CB_T0)
			cb_t0_busy(b);
		break;
	case CB_TIMER_THINK:
		if (b->phase == CB_T1)
			cb_t1_thought(b);
		else if (b->phase == CB_T0)
			cb_t0_thought(b);
		break;
	case CB_TIMER_POLL:
		cb_vpcd_poll(b);
		break;
	case CB_TIMER_CONVENTION:
		cb_trace_event(b, "convention flag never came");
		atr_rest(b);
		break;
	case CB_TIMER_PROBE:
		if (b->phase == CB_T0)
			cb_t0_probe(b);
		break;
	default:
		babble(b);
	}
}
