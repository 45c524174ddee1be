/* SPDX-License-Identifier: Apache-2.0 */
/* GemPC Twin's driver as libccid has it: a frame is written at once, its echo read, then the answer. */
#include <string.h>

#include "linefigures.h"

#define HEADER 10u
#define XFR_BLOCK 0x6Fu
#define ESCAPE 0x6Bu
#define POWER_ON 0x62u
#define SET_PARAMETERS 0x61u
#define MORE_TIME 0x80u

static struct {
	uint8_t out[FRAME_MAX];
	uint16_t out_n;
	uint8_t in[FRAME_MAX];
	uint16_t in_n;
	uint16_t echoed;
	bool echo_bad, answered;
	uint8_t seq;
	uint64_t sent_ns; /* leading edge of the command's first character */
	uint64_t echo_end_ns;
	uint64_t answer_ns, answer_end_ns; /* leading edge of the answer's first character, end of its last */
	uint32_t answer_n;
} host;

void host_start(void)
{
	memset(&host, 0, sizeof(host));
}

bool host_answered(void)
{
	return host.answered;
}

static uint16_t data_len(const uint8_t *frame)
{
	return (uint16_t)(frame[3] | frame[4] << 8);
}

static void send_frame(uint8_t type, const uint8_t *data, uint16_t len, uint8_t param)
{
	uint8_t lrc = 0;

	memset(host.out, 0, 2 + HEADER);
	host.out[0] = 0x03;
	host.out[1] = 0x06;
	host.out[2] = type;
	host.out[3] = (uint8_t)len;
	host.out[4] = (uint8_t)(len >> 8);
	host.out[8] = host.seq++;
	host.out[9] = param;
	if (len > 0)
		memcpy(host.out + 2 + HEADER, data, len);
	host.out_n = (uint16_t)(2 + HEADER + len);
	for (uint16_t i = 0; i < host.out_n; i++)
		lrc ^= host.out[i];
	host.out[host.out_n++] = lrc;
	host.in_n = 0;
	host.echoed = 0;
	host.answer_n = 0;
	host.answered = false;
	for (uint16_t i = 0; i < host.out_n; i++)
		wire_put(&lines.host_rx, host.out[i]);
	wire_start(&lines.host_rx, sim_now_ns());
	host.sent_ns = lines.host_rx.edge_ns;
}

static bool lrc_good(const uint8_t *frame, uint16_t n)
{
	uint8_t lrc = 0;

	for (uint16_t i = 0; i < n; i++)
		lrc ^= frame[i];
	return lrc == 0;
}

void host_char(uint8_t c, uint64_t edge_ns)
{
	if (host.echoed < host.out_n) {
		if (c != host.out[host.echoed++])
			host.echo_bad = true;
		host.echo_end_ns = edge_ns + sim_char_ns();
		return;
	}
	if (host.answer_n++ == 0)
		host.answer_ns = edge_ns;
	host.answer_end_ns = edge_ns + sim_char_ns();
	if (host.in_n < sizeof(host.in))
		host.in[host.in_n++] = c;
	if (host.in[0] == 0x50 && host.in_n == 2)
		host.in_n = 0; /* card movement */
	if (host.in_n < 2 + HEADER || host.in_n < 2u + HEADER + data_len(host.in) + 1u)
		return;
	if ((host.in[9] & 0xC0) == MORE_TIME)
		host.in_n = 0;
	else
		host.answered = true;
}

/* NULL: the answer is a good one. */
static const char *talk(uint8_t type, const uint8_t *data, uint16_t len, uint8_t param)
{
	send_frame(type, data, len, param);
	if (!sim_run())
		return "no answer";
	if (host.echo_bad)
		return "wrong echo";
	if (!lrc_good(host.in, host.in_n) || host.in[0] != 0x03 || host.in[1] != 0x06)
		return "damaged answer";
	if ((host.in[9] & 0xC0) != 0)
		return "command failed";
	return lines.too_early ? "the reader did not keep the card's guard time" : NULL;
}

static const char *pps(const struct card_kind *kind)
{
	uint8_t request[4] = { 0xFF, (uint8_t)(0x10 | kind->t), kind->ta1 };
	const char *bad;

	request[3] = request[0] ^ request[1] ^ request[2];
	bad = talk(XFR_BLOCK, request, sizeof(request), 0);
	if (bad == NULL && (data_len(host.in) != 4 || memcmp(host.in + 2 + HEADER, request, 4) != 0))
		return "PPS failed";
	return bad;
}

const char *host_open(const struct card_kind *kind)
{
	static const uint8_t name[] = { 0x02 }, movements[] = { 1, 1, 1 }, short_level[] = { 0x1F, 0x02 };
	const uint8_t t0[] = { kind->ta1, 0x00, 0x00, 0x0A, 0x00 };
	const uint8_t t1[] = { kind->ta1, 0x10, 0xFF, 0x45, 0x00, 254, 0 };
	const char *bad = talk(ESCAPE, name, sizeof(name), 0);

	if (bad == NULL)
		bad = talk(ESCAPE, movements, sizeof(movements), 0);
	if (bad == NULL)
		bad = talk(ESCAPE, short_level, sizeof(short_level), 0);
	if (bad == NULL)
		bad = talk(POWER_ON, NULL, 0, 1);
	if (bad == NULL && kind->ta1 != 0x11)
		bad = pps(kind);
	if (bad == NULL)
		bad = kind->t == 0 ? talk(SET_PARAMETERS, t0, sizeof(t0), 0) : talk(SET_PARAMETERS, t1, sizeof(t1), 1);
	return bad;
}

static uint16_t build_apdu(const struct exchange *x, uint8_t *a)
{
	uint16_t n = 4;

	memset(a, 0, 4);
	a[1] = (uint8_t)(x->nc > 0 ? (x->ne > 0 ? 0x2A : 0xD6) : (x->ne > 0 ? 0xB0 : 0x04));
	if (x->nc > 0) {
		a[n++] = (uint8_t)x->nc;
		for (uint16_t i = 0; i < x->nc; i++)
			a[n++] = (uint8_t)i;
	}
	if (x->ne > 0)
		a[n++] = (uint8_t)x->ne;
	if (x->nc > 0) {
		a[2] = (uint8_t)(x->ne >> 8);
		a[3] = (uint8_t)x->ne;
	}
	return n;
}

static void add(struct shares *s, uint16_t answer_n)
{
	const uint64_t card_tail_ns = lines.card_rx.free_ns - lines.card_rx.edge_ns;
	const uint64_t card_least_ns = lines.card.least_ns + card_tail_ns;

	s->card_least_ns += card_least_ns;
	s->card_ns += lines.card.last_ns + card_tail_ns - lines.card.first_ns;
	/* The echo of the last character can't begin before that character has come whole. */
	s->host_least_ns += (host.out_n + 1u + answer_n) * sim_char_ns();
	s->host_ns += host.echo_end_ns - host.sent_ns + host.answer_end_ns - host.answer_ns;
	s->whole_least_ns += (uint64_t)(host.out_n + answer_n) * sim_char_ns() + card_least_ns;
	s->whole_ns += host.answer_end_ns - host.sent_ns;
	s->steps += lines.steps;
	s->moved += lines.moved;
	s->instructions += lines.instructions;
}

const char *host_exchange(const struct exchange *x, struct shares *shares)
{
	uint8_t apdu[FRAME_MAX];
	uint16_t n = build_apdu(x, apdu);
	const uint8_t *rsp = host.in + 2 + HEADER;
	const char *bad;

	memset(&lines.card, 0, sizeof(lines.card));
	lines.steps = 0;
	lines.moved = 0;
	lines.instructions = 0;
	bad = talk(XFR_BLOCK, apdu, n, 0);
	if (bad != NULL)
		return bad;
	if (data_len(host.in) != x->ne + 2u || rsp[x->ne] != 0x90 || rsp[x->ne + 1u] != 0x00)
		return "wrong response";
	for (uint16_t i = 0; i < x->ne; i++)
		if (rsp[i] != (uint8_t)i)
			return "wrong response data";
	add(shares, host.in_n);
	return NULL;
}
