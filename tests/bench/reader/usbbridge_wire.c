/* SPDX-License-Identifier: Apache-2.0 */
/* The bus: what a host controller does with tokens, here with the messages of WIRE.md. */
#include "usbbridge.h"

#include <stdlib.h>
#include <string.h>

#include "benchio.h"

enum {
	W_ATTACHED = 0x01,
	W_DETACHED = 0x02,
	W_RESET = 0x03,
	W_SUSPEND = 0x04,
	W_RESUME = 0x05,
	W_SETUP = 0x06,
	W_OUT = 0x07,
	W_TAKEN = 0x08,
	W_IN_READY = 0x81,
	W_OUT_READY = 0x82,
	W_STALL = 0x83,
	W_UNSTALL = 0x84,
	W_ADDRESS = 0x85,
	W_OPEN = 0x86,
	W_WAKEUP = 0x87,
};

#define PACKET 64
/* USB 2.0 9.2.6.4: 5 s for a whole request. */
#define CONTROL_MS 5000
/* USB 2.0 9.2.6.2 gives a device 10 ms after reset; an emulated one on a busy machine may want more. */
#define SETTLE_MS 500

struct in_endpoint {
	bool full, stalled;
	uint8_t len;
	uint8_t data[PACKET];
};
struct out_endpoint {
	bool ready, stalled;
};

static struct {
	int fd;
	struct in_endpoint in[BUS_ENDPOINTS];
	struct out_endpoint out[BUS_ENDPOINTS];
	struct bus_transfer *transfers; /* in order of submission */
	uint8_t buf[3 + PACKET];
	size_t have;
	int64_t settle_ms; /* after a reset: until the reader closes its endpoints, what comes is from before */
} bus = { .fd = -1 };

void (*bus_on_wakeup)(void);

static void say(uint8_t kind, uint8_t ep, const void *p, uint8_t len)
{
	uint8_t m[3 + PACKET] = { kind, ep, len };

	if (len > 0)
		memcpy(m + 3, p, len);
	if (bus.fd >= 0)
		(void)benchio_write(bus.fd, m, 3u + len);
}

/* --- transfers -------------------------------------------------------------------------------------------------- */

struct bus_transfer *bus_transfer_new(uint8_t ep, size_t len)
{
	struct bus_transfer *t = calloc(1, sizeof(*t) + len + 1);

	if (!t)
		benchio_die("out of memory");
	t->ep = ep;
	t->len = len;
	return t;
}

struct bus_transfer *bus_control_new(const struct bus_setup *setup, uint64_t id,
    void (*done)(struct bus_transfer *t, enum bus_status status))
{
	struct bus_transfer *t = bus_transfer_new(setup->type & 0x80, setup->length);

	t->is_control = true;
	t->id = id;
	t->done = done;
	t->setup = *setup;
	return t;
}

static void finish(struct bus_transfer *t, enum bus_status status)
{
	struct bus_transfer **at = &bus.transfers;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	t->done(t, status);
	free(t);
}

static void finish_all(enum bus_status status)
{
	while (bus.transfers)
		finish(bus.transfers, status);
}

void bus_submit(struct bus_transfer *t)
{
	struct bus_transfer **at = &bus.transfers;

	while (*at)
		at = &(*at)->next;
	*at = t;
}

bool bus_cancel(uint64_t id)
{
	for (struct bus_transfer *t = bus.transfers; t; t = t->next) {
		if (t->id == id) {
			finish(t, BUS_CANCELLED);
			return true;
		}
	}
	return false;
}

/* Is an older transfer using the same endpoint? */
static bool must_wait(const struct bus_transfer *t)
{
	for (const struct bus_transfer *o = bus.transfers; o != t; o = o->next)
		if (o->is_control == t->is_control && (t->is_control || o->ep == t->ep))
			return true;
	return false;
}

/* --- packets: each moves one, or says that it can't now -------------------------------------------------------------- */

enum moved { WAIT, MOVED, OVER };

static enum moved over(struct bus_transfer *t, enum bus_status status)
{
	finish(t, status);
	return OVER;
}

static enum moved move_in(struct bus_transfer *t, uint8_t ep, bool *ret_last)
{
	struct in_endpoint *e = &bus.in[ep];

	if (!e->full)
		return WAIT;
	if (e->len > t->len - t->at)
		return over(t, BUS_BABBLE);
	memcpy(t->data + t->at, e->data, e->len);
	t->at += e->len;
	*ret_last = e->len < PACKET || t->at == t->len;
	e->full = false;
	say(W_TAKEN, ep, NULL, 0);
	return MOVED;
}

static enum moved move_out(struct bus_transfer *t, uint8_t ep, bool *ret_last)
{
	size_t n = t->len - t->at < PACKET ? t->len - t->at : PACKET;

	if (!bus.out[ep].ready)
		return WAIT;
	bus.out[ep].ready = false;
	say(W_OUT, ep, t->data + t->at, (uint8_t)n);
	t->at += n;
	*ret_last = t->at == t->len;
	return MOVED;
}

static enum moved step_bulk(struct bus_transfer *t)
{
	uint8_t ep = t->ep & 0x0F;
	bool last = false;
	enum moved m;

	if (t->ep & 0x80 ? bus.in[ep].stalled : bus.out[ep].stalled)
		return over(t, BUS_STALL);
	m = t->ep & 0x80 ? move_in(t, ep, &last) : move_out(t, ep, &last);
	return m == MOVED && last ? over(t, BUS_OK) : m;
}

static void start_control(struct bus_transfer *t)
{
	const struct bus_setup *s = &t->setup;
	uint8_t p[8] = { s->type, s->request, (uint8_t)s->value, (uint8_t)(s->value >> 8), (uint8_t)s->index,
		(uint8_t)(s->index >> 8), (uint8_t)s->length, (uint8_t)(s->length >> 8) };

	memset(&bus.in[0], 0, sizeof(bus.in[0]));
	memset(&bus.out[0], 0, sizeof(bus.out[0]));
	t->started = true;
	t->status_stage = s->length == 0;
	t->deadline_ms = benchio_now_ms() + CONTROL_MS;
	say(W_SETUP, 0, p, sizeof(p));
}

/* USB 2.0 8.5.3: the status stage goes the other way than the data, and IN when there are none. */
static enum moved step_status(struct bus_transfer *t)
{
	if (t->setup.length > 0 && (t->setup.type & 0x80)) {
		if (!bus.out[0].ready)
			return WAIT;
		bus.out[0].ready = false;
		say(W_OUT, 0, NULL, 0);
		return over(t, BUS_OK);
	}
	if (!bus.in[0].full)
		return WAIT;
	if (bus.in[0].len != 0)
		return over(t, BUS_BABBLE);
	bus.in[0].full = false;
	say(W_TAKEN, 0, NULL, 0);
	return over(t, BUS_OK);
}

static enum moved step_control(struct bus_transfer *t)
{
	bool last = false;
	enum moved m;

	if (!t->started) {
		start_control(t);
		return WAIT;
	}
	/* The reader stalls both directions of endpoint 0; the second message must be here before the next SETUP leaves. */
	if (bus.in[0].stalled && bus.out[0].stalled)
		return over(t, BUS_STALL);
	if (t->status_stage)
		return step_status(t);
	m = t->setup.type & 0x80 ? move_in(t, 0, &last) : move_out(t, 0, &last);
	if (m == MOVED && last)
		t->status_stage = true;
	return m;
}

void bus_step(void)
{
	struct bus_transfer *t = bus.transfers;

	if (benchio_now_ms() < bus.settle_ms)
		return;
	while (t) {
		enum moved m = WAIT;

		if (t->deadline_ms != 0 && benchio_now_ms() > t->deadline_ms)
			m = over(t, BUS_TIMEOUT);
		else if (!must_wait(t))
			m = t->is_control ? step_control(t) : step_bulk(t);
		/* One that ended may have freed anything: from the start again. */
		t = m == OVER ? bus.transfers : m == MOVED ? t : t->next;
	}
}

int bus_take_in(uint8_t ep, uint8_t ret_p[static 64])
{
	struct in_endpoint *e = &bus.in[ep & 0x0F];

	if (e->stalled)
		return -2;
	if (!e->full)
		return -1;
	e->full = false;
	memcpy(ret_p, e->data, e->len);
	say(W_TAKEN, ep & 0x0F, NULL, 0);
	return e->len;
}

/* --- the reader's messages ------------------------------------------------------------------------------------------ */

static void set_stall(uint8_t address, bool on)
{
	if (address & 0x80) {
		bus.in[address & 0x0F].stalled = on;
		bus.in[address & 0x0F].full = false;
	} else {
		bus.out[address & 0x0F].stalled = on;
	}
}

static void open_endpoint(uint8_t address)
{
	if (address == 0 && bus.settle_ms != 0) {
		bus.settle_ms = 0;
		memset(bus.in, 0, sizeof(bus.in));
		memset(bus.out, 0, sizeof(bus.out));
	} else if (address == 0) {
		memset(bus.in + 1, 0, sizeof(bus.in) - sizeof(bus.in[0]));
		memset(bus.out + 1, 0, sizeof(bus.out) - sizeof(bus.out[0]));
	} else if (address & 0x80) {
		memset(&bus.in[address & 0x0F], 0, sizeof(bus.in[0]));
	} else {
		memset(&bus.out[address & 0x0F], 0, sizeof(bus.out[0]));
	}
}

static bool heard(const uint8_t *m)
{
	struct in_endpoint *e = &bus.in[m[1] & 0x0F];

	switch (m[0]) {
	case W_IN_READY:
		e->full = true;
		e->len = m[2];
		memcpy(e->data, m + 3, m[2]);
		return true;
	case W_OUT_READY:
		bus.out[m[1] & 0x0F].ready = true;
		return true;
	case W_STALL:
	case W_UNSTALL:
		set_stall(m[1], m[0] == W_STALL);
		return true;
	case W_ADDRESS:
		return true;
	case W_OPEN:
		open_endpoint(m[1]);
		return true;
	case W_WAKEUP:
		if (bus_on_wakeup)
			bus_on_wakeup();
		return true;
	default:
		return false;
	}
}

bool bus_read(void)
{
	for (;;) {
		size_t want = bus.have < 3 ? 3 : 3u + bus.buf[2];
		int n = benchio_read(bus.fd, bus.buf + bus.have, want - bus.have);

		if (n <= 0)
			return n == 0;
		bus.have += (size_t)n;
		if (bus.have < 3)
			continue;
		if (bus.buf[2] > PACKET)
			return false;
		if (bus.have < 3u + bus.buf[2])
			continue;
		bus.have = 0;
		if (!heard(bus.buf))
			return false;
	}
}

static void forget(void)
{
	memset(bus.in, 0, sizeof(bus.in));
	memset(bus.out, 0, sizeof(bus.out));
	finish_all(BUS_ERROR);
}

void bus_reset(void)
{
	forget();
	bus.settle_ms = benchio_now_ms() + SETTLE_MS;
	say(W_RESET, 0, NULL, 0);
}

void bus_attach(int wire_fd)
{
	bus.fd = wire_fd;
	bus.have = 0;
	say(W_ATTACHED, 0, NULL, 0);
	bus_reset();
}

void bus_detach(void)
{
	say(W_DETACHED, 0, NULL, 0);
	forget();
}

void bus_suspend(bool on)
{
	say(on ? W_SUSPEND : W_RESUME, 0, NULL, 0);
}
