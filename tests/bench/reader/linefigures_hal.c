/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's hal: two exact lines and a clock that stands still but for the lines and what a round is said to cost. */
#include <string.h>

#include "hal.h"
#include "linefigures.h"
#include "reader.h"

#define CARD_KHZ 4000u
#define NEVER UINT64_MAX
/** 8N1 at 115,200 baud. */
#define HOST_CHAR_NS 86806u
/** A host's answer is given up. */
#define PATIENCE_NS UINT64_C(60000000000)
/** A character of 7816-3 is whole after start bit, 8 bits, parity and the first etu of guard time. */
#define CARD_CHAR_ETU 11u

struct sim_lines lines;
static struct reader reader;
static struct {
	uint64_t now_ns;
	struct cost cost;
	struct card_kind kind;
	struct hal_card_timing timing;
} sim;

uint64_t sim_now_ns(void)
{
	return sim.now_ns;
}

uint64_t sim_etu_ns(uint64_t etu)
{
	return etu * sim.timing.f * 1000000u / (CARD_KHZ * (uint64_t)sim.timing.d);
}

uint64_t sim_char_ns(void)
{
	return HOST_CHAR_NS;
}

/* --- lines ----------------------------------------------------------------------------------------------------- */

void wire_put(struct wire *w, uint8_t c)
{
	w->fifo[((unsigned int)w->at + w->n) % FIFO] = c;
	w->n++;
}

static uint8_t wire_get(struct wire *w)
{
	uint8_t c = w->fifo[w->at];

	w->at = (uint16_t)((w->at + 1u) % FIFO);
	w->n--;
	return c;
}

void wire_start(struct wire *w, uint64_t at_ns)
{
	if (w->busy || w->n == 0)
		return;
	w->busy = true;
	w->edge_ns = w->free_ns > at_ns ? w->free_ns : at_ns;
}

static size_t stage(struct wire *w, const uint8_t *p, size_t len)
{
	size_t n = 0;

	while (n < len && (unsigned int)w->n + w->staged < FIFO) {
		w->fifo[((unsigned int)w->at + w->n + w->staged) % FIFO] = p[n++];
		w->staged++;
	}
	lines.moved += (uint32_t)n;
	lines.calls += n > 0 ? 1 : 0;
	return n;
}

static void commit(struct wire *w)
{
	w->n = (uint16_t)(w->n + w->staged);
	w->staged = 0;
	wire_start(w, sim.now_ns);
}

void meter_edge(struct meter *m, bool tx, uint64_t edge_ns, uint64_t same_ns, uint64_t turn_ns)
{
	if (m->n++ == 0)
		m->first_ns = edge_ns;
	else
		m->least_ns += tx == m->last_tx ? same_ns : turn_ns;
	m->last_tx = tx;
	m->last_ns = edge_ns;
}

/* Between leading edges of opposite directions. 7816-3:2006 11.4.3: BGT, 22 etu. 10.2: 12 etu, 16 when D = 64. */
static uint64_t turn_ns(void)
{
	if (sim.kind.t == 1)
		return sim_etu_ns(22);
	return sim_etu_ns(sim.timing.d == 64 ? 16 : 12);
}

/* 7816-3:2006 8.3: N = 255 is 11 etu in T=1; T=0 has 12. */
static uint64_t guard_ns(void)
{
	return sim_etu_ns(sim.kind.t == 1 ? 11 : 12);
}

/* What the reader has sent is whole at the card, or the other way round. */
static void card_arrive(struct wire *w, bool tx)
{
	uint64_t edge_ns = w->edge_ns;
	uint8_t c = w->fifo[w->at];

	w->busy = false;
	w->free_ns = edge_ns + guard_ns();
	/* No time is too short by less than the reader's clock can tell. */
	if (tx && lines.card.n > 0 && !lines.card.last_tx && edge_ns + 1000u < lines.card.last_ns + turn_ns())
		lines.too_early = true;
	meter_edge(&lines.card, tx, edge_ns, guard_ns(), turn_ns());
	if (tx) {
		(void)wire_get(w);
		lines.card_rx.free_ns = edge_ns + turn_ns();
		card_model_char(c);
	}
	wire_start(w, sim.now_ns);
}

/* What has come whole, until the reader fetches it. */
static struct inbox {
	uint8_t fifo[FIFO];
	uint16_t at, n;
} card_in, host_in;

static uint64_t done_ns(const struct wire *w, uint64_t char_ns)
{
	return w->busy ? w->edge_ns + char_ns : NEVER;
}

static uint64_t next_event_ns(struct wire **ret_wire)
{
	const uint64_t card_char_ns = sim_etu_ns(CARD_CHAR_ETU);
	struct wire *const wires[] = { &lines.card_tx, &lines.card_rx, &lines.host_tx, &lines.host_rx };
	uint64_t best_ns = NEVER;

	for (unsigned int i = 0; i < 4; i++) {
		uint64_t at_ns = done_ns(wires[i], i < 2 ? card_char_ns : HOST_CHAR_NS);

		if (at_ns < best_ns) {
			best_ns = at_ns;
			*ret_wire = wires[i];
		}
	}
	return best_ns;
}

/* A full fifo would be a lost character on a board; here it is a mistake that the exchange shows. */
static void card_event(struct wire *w)
{
	if (w == &lines.card_tx) {
		card_arrive(w, true);
		wire_start(&lines.card_rx, sim.now_ns);
		return;
	}
	card_in.fifo[((unsigned int)card_in.at + card_in.n++) % FIFO] = wire_get(w);
	card_arrive(w, false);
}

static void host_event(struct wire *w)
{
	uint64_t edge_ns = w->edge_ns;
	uint8_t c = wire_get(w);

	w->busy = false;
	w->free_ns = edge_ns + HOST_CHAR_NS;
	if (w == &lines.host_tx)
		host_char(c, edge_ns);
	else
		host_in.fifo[((unsigned int)host_in.at + host_in.n++) % FIFO] = c;
	wire_start(w, sim.now_ns);
}

/* All that happens on the lines up to @p until_ns. */
static void pass(uint64_t until_ns)
{
	struct wire *w = NULL;

	for (;;) {
		uint64_t at_ns = next_event_ns(&w);

		if (at_ns > until_ns)
			break;
		sim.now_ns = at_ns;
		if (w == &lines.card_tx || w == &lines.card_rx)
			card_event(w);
		else
			host_event(w);
	}
	sim.now_ns = until_ns;
}

/* --- the main loop ------------------------------------------------------------------------------------------------ */

/* What comes on the lines while the processor is busy comes meanwhile; what it sends begins when it is done. */
static void charge(uint32_t calls)
{
	uint64_t instructions = round_cost();

	lines.instructions += instructions;
	instructions += (uint64_t)calls * sim.cost.call;
	pass(sim.now_ns + instructions * sim.cost.picoseconds / 1000u);
}

static uint64_t round_once(void)
{
	uint32_t before = lines.calls;
	uint64_t next_us;

	count_go();
	reader_step(&reader);
	next_us = reader_next_us(&reader);
	count_pause();
	lines.steps++;
	charge(lines.calls - before);
	commit(&lines.card_tx);
	commit(&lines.host_tx);
	return next_us;
}

void sim_idle_round(void)
{
	(void)round_once();
}

bool sim_run(void)
{
	uint64_t give_up_ns = sim.now_ns + PATIENCE_NS;

	while (!host_answered()) {
		uint64_t next_us, event_ns, wake_ns;
		struct wire *w = NULL;

		if (sim.now_ns > give_up_ns)
			return false;
		next_us = round_once();
		/* A character that came during the round ends the sleep before it begins. */
		if (card_in.n > 0 || host_in.n > 0)
			continue;
		event_ns = next_event_ns(&w);
		wake_ns = next_us < NEVER / 1000u ? next_us * 1000u : NEVER;
		wake_ns = event_ns < wake_ns ? event_ns : wake_ns;
		if (wake_ns == NEVER)
			return false;
		if (wake_ns > sim.now_ns)
			pass(wake_ns);
	}
	return true;
}

void sim_start(const struct card_kind *kind, const struct cost *cost)
{
	memset(&lines, 0, sizeof(lines));
	memset(&card_in, 0, sizeof(card_in));
	memset(&host_in, 0, sizeof(host_in));
	sim.now_ns = 0;
	sim.cost = *cost;
	sim.kind = *kind;
	sim.timing = (struct hal_card_timing){ .f = 372, .d = 1, .guard_etu = 12 };
	card_model_start(kind);
	host_start();
	reader_init(&reader);
}

/* --- hal.h -------------------------------------------------------------------------------------------------------- */

uint64_t hal_now_us(void)
{
	uint64_t us;

	NOT_COUNTED(us = sim.now_ns / 1000u);
	return us;
}

uint32_t hal_card_clock_khz(void)
{
	return CARD_KHZ;
}

uint32_t hal_card_latency_us(void)
{
	return 1000;
}

bool hal_card_present(void)
{
	return true;
}

bool hal_card_power_on(enum hal_card_class voltage)
{
	(void)voltage;
	return true;
}

void hal_card_power_off(void)
{
}

void hal_card_rst(bool high)
{
	if (!high)
		return;
	/* 7816-3:2006 6.2.1: from 400 cycles after RST on. */
	lines.card_rx.free_ns = sim.now_ns + UINT64_C(400) * 1000000u / CARD_KHZ;
	card_model_reset();
	wire_start(&lines.card_rx, sim.now_ns);
}

void hal_card_timing(const struct hal_card_timing *timing)
{
	sim.timing = *timing;
}

size_t hal_card_send(const uint8_t *p, size_t len)
{
	size_t n;

	NOT_COUNTED(n = stage(&lines.card_tx, p, len));
	return n;
}

bool hal_card_sending(void)
{
	return lines.card_tx.n + lines.card_tx.staged > 0;
}

static int take(struct inbox *in)
{
	uint8_t c;

	if (in->n == 0)
		return -1;
	c = in->fifo[in->at];
	in->at = (uint16_t)((in->at + 1u) % FIFO);
	in->n--;
	lines.moved++;
	lines.calls++;
	return c;
}

int hal_card_getc(void)
{
	int c;

	NOT_COUNTED(c = take(&card_in));
	return c;
}

void hal_card_flush(void)
{
	card_in.n = 0;
}

int hal_serial_getc(void)
{
	int c;

	NOT_COUNTED(c = take(&host_in));
	return c;
}

size_t hal_serial_send(const uint8_t *p, size_t len)
{
	size_t n;

	NOT_COUNTED(n = stage(&lines.host_tx, p, len));
	return n;
}
