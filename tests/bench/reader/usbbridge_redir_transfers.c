/* SPDX-License-Identifier: Apache-2.0 */
/* Data transfers: QEMU's requests become transfers on the bus, their ends its answers. */
#include "usbbridge_redir.h"

#include <string.h>
#include <usbredirparser.h>

#include "usbbridge.h"

/* Interrupt IN is not asked for packet by packet: from start to stop QEMU gets what comes, numbered by us. */
static struct {
	bool receiving[BUS_ENDPOINTS];
	uint64_t id[BUS_ENDPOINTS];
} in;

/* --- control and bulk ------------------------------------------------------------------------------------------- */

static void control_done(struct bus_transfer *t, enum bus_status status)
{
	struct usb_redir_control_packet_header h = { .endpoint = t->ep,
		.request = t->setup.request,
		.requesttype = t->setup.type,
		.status = (uint8_t)status,
		.value = t->setup.value,
		.index = t->setup.index,
		.length = status == BUS_OK ? (uint16_t)t->at : 0 };
	bool data = t->ep & 0x80 && status == BUS_OK && t->at > 0;

	redir_log("control %02x %02x %04x: status %d, %zu bytes\n", t->setup.type, t->setup.request, t->setup.value,
	    status, t->at);
	if (redir_parser())
		usbredirparser_send_control_packet(redir_parser(), t->id, &h, data ? t->data : NULL,
		    data ? (int)t->at : 0);
}

static void on_control(void *priv, uint64_t id, struct usb_redir_control_packet_header *h, uint8_t *data, int len)
{
	struct bus_setup setup = { h->requesttype, h->request, h->value, h->index, h->length };
	struct bus_transfer *t = bus_control_new(&setup, id, control_done);

	if (data && len == (int)h->length)
		memcpy(t->data, data, (size_t)len);
	usbredirparser_free_packet_data(priv, data);
	bus_submit(t);
}

static void bulk_done(struct bus_transfer *t, enum bus_status status)
{
	struct usb_redir_bulk_packet_header h = { .endpoint = t->ep,
		.status = (uint8_t)status,
		.length = (uint16_t)t->at,
		.length_high = (uint16_t)(t->at >> 16) };
	bool data = t->ep & 0x80 && t->at > 0;

	redir_log("bulk %02x: status %d, %zu of %zu bytes\n", t->ep, status, t->at, t->len);
	if (redir_parser())
		usbredirparser_send_bulk_packet(redir_parser(), t->id, &h, data ? t->data : NULL,
		    data ? (int)t->at : 0);
}

static void on_bulk(void *priv, uint64_t id, struct usb_redir_bulk_packet_header *h, uint8_t *data, int len)
{
	size_t want = h->length | (size_t)h->length_high << 16;
	struct bus_transfer *t;

	if (want > BUS_TRANSFER_MAX)
		want = BUS_TRANSFER_MAX;
	t = bus_transfer_new(h->endpoint, want);
	t->id = id;
	t->done = bulk_done;
	if (data && (size_t)len == want)
		memcpy(t->data, data, want);
	usbredirparser_free_packet_data(priv, data);
	bus_submit(t);
}

/* Interrupt OUT: the reader has no such endpoint. */
static void on_interrupt(void *priv, uint64_t id, struct usb_redir_interrupt_packet_header *h, uint8_t *data, int len)
{
	(void)len;
	h->status = usb_redir_inval;
	h->length = 0;
	usbredirparser_free_packet_data(priv, data);
	usbredirparser_send_interrupt_packet(priv, id, h, NULL, 0);
}

static void on_cancel(void *priv, uint64_t id)
{
	(void)priv;
	redir_log("cancel %llu\n", (unsigned long long)id);
	(void)bus_cancel(id);
}

/* --- interrupt IN ----------------------------------------------------------------------------------------------- */

static void interrupt_status(uint64_t id, uint8_t endpoint, uint8_t status)
{
	struct usb_redir_interrupt_receiving_status_header h = { .status = status, .endpoint = endpoint };

	usbredirparser_send_interrupt_receiving_status(redir_parser(), id, &h);
}

static void on_start_interrupt(void *priv, uint64_t id, struct usb_redir_start_interrupt_receiving_header *h)
{
	(void)priv;
	redir_log("interrupt %02x: start\n", h->endpoint);
	in.receiving[h->endpoint & 0x0F] = true;
	interrupt_status(id, h->endpoint, usb_redir_success);
}

static void on_stop_interrupt(void *priv, uint64_t id, struct usb_redir_stop_interrupt_receiving_header *h)
{
	(void)priv;
	redir_log("interrupt %02x: stop\n", h->endpoint);
	in.receiving[h->endpoint & 0x0F] = false;
	interrupt_status(id, h->endpoint, usb_redir_success);
}

static void poll_interrupt(uint8_t ep)
{
	struct usb_redir_interrupt_packet_header h = { .endpoint = 0x80 | ep };
	uint8_t p[64] = { 0 };
	int n = bus_take_in(ep, p);

	if (n == -2) {
		in.receiving[ep] = false;
		interrupt_status(0, 0x80 | ep, usb_redir_stall);
	} else if (n >= 0) {
		redir_log("interrupt %02x: %d bytes %02x %02x\n", 0x80 | ep, n, p[0], p[1]);
		h.length = (uint16_t)n;
		usbredirparser_send_interrupt_packet(redir_parser(), in.id[ep]++, &h, p, n);
	}
}

void redir_step(void)
{
	for (uint8_t ep = 1; ep < BUS_ENDPOINTS && redir_parser(); ep++)
		if (in.receiving[ep])
			poll_interrupt(ep);
}

void redir_stop_interrupts(void)
{
	memset(in.receiving, 0, sizeof(in.receiving));
}

void redir_serve_transfers(struct usbredirparser *p)
{
	p->control_packet_func = on_control;
	p->bulk_packet_func = on_bulk;
	p->interrupt_packet_func = on_interrupt;
	p->start_interrupt_receiving_func = on_start_interrupt;
	p->stop_interrupt_receiving_func = on_stop_interrupt;
	p->cancel_data_packet_func = on_cancel;
}
