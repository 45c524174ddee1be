/* SPDX-License-Identifier: Apache-2.0 */
/* usb-redir's device side: QEMU's requests become transfers on the bus, their ends become its answers. */
#include "usbbridge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <usbredirparser.h>

#include "benchio.h"

#define ADDRESS 1
#define DESCRIPTORS_MAX 512
#define ENDPOINTS 32 /* of usb-redir's lists: OUT 0…15, IN 16…31 */

/* Transfers of our own have ids above those of QEMU. */
#define OWN_ID UINT64_MAX

enum stage { NO_READER, ENUMERATING, READY };

static struct {
	int fd;
	struct usbredirparser *parser;
	bool hello, told, verbose;
	enum stage stage;
	uint8_t device[18];
	uint8_t config[DESCRIPTORS_MAX];
	size_t config_len;
	bool receiving[BUS_ENDPOINTS];
	uint64_t interrupt_id[BUS_ENDPOINTS];
} r = { .fd = -1 };

#define LOG(...) \
	do { \
		if (r.verbose) \
			fprintf(stderr, "usbbridge: " __VA_ARGS__); \
	} while (0)

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

/* --- transfers of the bridge itself ----------------------------------------------------------------------------------- */

static void control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length, uint64_t id,
    void (*done)(struct bus_transfer *t, enum bus_status status))
{
	struct bus_transfer *t = bus_transfer_new(type & 0x80, length);

	t->is_control = true;
	t->id = id;
	t->done = done;
	t->setup = (struct bus_setup){ type, request, value, index, length };
	bus_submit(t);
}

/* --- what QEMU is told about the reader ----------------------------------------------------------------------------------- */

/* Interface and endpoints as the reader's own configuration descriptor has them. */
static void tell_interfaces(bool with_endpoints)
{
	struct usb_redir_interface_info_header face = { 0 };
	struct usb_redir_ep_info_header ep = { 0 };
	uint8_t now = 0;

	memset(ep.type, usb_redir_type_invalid, sizeof(ep.type));
	ep.type[0] = ep.type[16] = usb_redir_type_control;
	ep.max_packet_size[0] = ep.max_packet_size[16] = r.device[7];
	for (size_t at = 0; at + 2 <= r.config_len; at += r.config[at]) {
		const uint8_t *d = r.config + at;

		if (d[0] < 2 || d[0] > r.config_len - at)
			break;
		if (d[1] == 4 && d[0] >= 9 && face.interface_count < 32) {
			now = d[2];
			face.interface[face.interface_count] = d[2];
			face.interface_class[face.interface_count] = d[5];
			face.interface_subclass[face.interface_count] = d[6];
			face.interface_protocol[face.interface_count++] = d[7];
		} else if (d[1] == 5 && d[0] >= 7 && with_endpoints) {
			int i = (d[2] & 0x0F) + (d[2] & 0x80 ? 16 : 0);

			ep.type[i] = d[3] & 3;
			ep.interval[i] = d[6];
			ep.interface[i] = now;
			ep.max_packet_size[i] = le16(d + 4);
		}
	}
	usbredirparser_send_interface_info(r.parser, &face);
	usbredirparser_send_ep_info(r.parser, &ep);
}

static void tell_device(void)
{
	struct usb_redir_device_connect_header c = { .speed = usb_redir_speed_full };

	if (r.told || !r.hello || r.stage != READY)
		return;
	c.device_class = r.device[4];
	c.device_subclass = r.device[5];
	c.device_protocol = r.device[6];
	c.vendor_id = le16(r.device + 8);
	c.product_id = le16(r.device + 10);
	c.device_version_bcd = le16(r.device + 12);
	tell_interfaces(true);
	usbredirparser_send_device_connect(r.parser, &c);
	r.told = true;
	LOG("device %04x:%04x connected\n", c.vendor_id, c.product_id);
}

static void enumeration_failed(const char *what, enum bus_status status)
{
	fprintf(stderr, "usbbridge: enumeration: %s: status %d\n", what, status);
	r.stage = NO_READER;
}

static void have_config(struct bus_transfer *t, enum bus_status status)
{
	if (r.stage != ENUMERATING)
		return;
	if (status != BUS_OK || t->at < 9 || t->at < le16(t->data + 2)) {
		enumeration_failed("configuration descriptor", status);
		return;
	}
	memcpy(r.config, t->data, t->at);
	r.config_len = t->at;
	r.stage = READY;
	tell_device();
}

static void have_address(struct bus_transfer *t, enum bus_status status)
{
	(void)t;
	if (r.stage != ENUMERATING)
		return;
	if (status != BUS_OK) {
		enumeration_failed("SET_ADDRESS", status);
		return;
	}
	control(0x80, 6, 0x0200, 0, DESCRIPTORS_MAX, OWN_ID, have_config);
}

static void have_device(struct bus_transfer *t, enum bus_status status)
{
	if (r.stage != ENUMERATING)
		return;
	if (status != BUS_OK || t->at != sizeof(r.device)) {
		enumeration_failed("device descriptor", status);
		return;
	}
	memcpy(r.device, t->data, sizeof(r.device));
	control(0x00, 5, ADDRESS, 0, 0, OWN_ID, have_address);
}

void redir_reader_came(void)
{
	r.stage = ENUMERATING;
	control(0x80, 6, 0x0100, 0, sizeof(r.device), OWN_ID, have_device);
}

void redir_reader_gone(void)
{
	memset(r.receiving, 0, sizeof(r.receiving));
	if (r.told)
		usbredirparser_send_device_disconnect(r.parser);
	if (r.stage != NO_READER)
		LOG("device gone\n");
	r.told = false;
	r.stage = NO_READER;
}

/* --- data transfers for QEMU ---------------------------------------------------------------------------------------------- */

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

	LOG("control %02x %02x %04x: status %d, %zu bytes\n", t->setup.type, t->setup.request, t->setup.value, status,
	    t->at);
	if (r.parser)
		usbredirparser_send_control_packet(r.parser, t->id, &h, data ? t->data : NULL, data ? (int)t->at : 0);
}

static void on_control(void *priv, uint64_t id, struct usb_redir_control_packet_header *h, uint8_t *data, int len)
{
	struct bus_transfer *t = bus_transfer_new(h->requesttype & 0x80, h->length);

	(void)priv;
	t->is_control = true;
	t->id = id;
	t->done = control_done;
	t->setup = (struct bus_setup){ h->requesttype, h->request, h->value, h->index, h->length };
	if (data && len == (int)h->length)
		memcpy(t->data, data, (size_t)len);
	usbredirparser_free_packet_data(r.parser, data);
	bus_submit(t);
}

static void bulk_done(struct bus_transfer *t, enum bus_status status)
{
	struct usb_redir_bulk_packet_header h = { .endpoint = t->ep,
		.status = (uint8_t)status,
		.length = (uint16_t)t->at,
		.length_high = (uint16_t)(t->at >> 16) };
	bool data = t->ep & 0x80 && t->at > 0;

	LOG("bulk %02x: status %d, %zu of %zu bytes\n", t->ep, status, t->at, t->len);
	if (r.parser)
		usbredirparser_send_bulk_packet(r.parser, t->id, &h, data ? t->data : NULL, data ? (int)t->at : 0);
}

static void on_bulk(void *priv, uint64_t id, struct usb_redir_bulk_packet_header *h, uint8_t *data, int len)
{
	size_t want = h->length | (size_t)h->length_high << 16;
	struct bus_transfer *t;

	(void)priv;
	if (want > BUS_TRANSFER_MAX)
		want = BUS_TRANSFER_MAX;
	t = bus_transfer_new(h->endpoint, want);
	t->id = id;
	t->done = bulk_done;
	if (data && (size_t)len == want)
		memcpy(t->data, data, want);
	usbredirparser_free_packet_data(r.parser, data);
	bus_submit(t);
}

/* Interrupt OUT: the reader has no such endpoint. */
static void on_interrupt(void *priv, uint64_t id, struct usb_redir_interrupt_packet_header *h, uint8_t *data, int len)
{
	(void)priv;
	(void)len;
	h->status = usb_redir_inval;
	h->length = 0;
	usbredirparser_free_packet_data(r.parser, data);
	usbredirparser_send_interrupt_packet(r.parser, id, h, NULL, 0);
}

static void on_cancel(void *priv, uint64_t id)
{
	(void)priv;
	LOG("cancel %llu\n", (unsigned long long)id);
	(void)bus_cancel(id);
}

static void interrupt_status(uint64_t id, uint8_t endpoint, uint8_t status)
{
	struct usb_redir_interrupt_receiving_status_header h = { .status = status, .endpoint = endpoint };

	usbredirparser_send_interrupt_receiving_status(r.parser, id, &h);
}

static void on_start_interrupt(void *priv, uint64_t id, struct usb_redir_start_interrupt_receiving_header *h)
{
	(void)priv;
	LOG("interrupt %02x: start\n", h->endpoint);
	r.receiving[h->endpoint & 0x0F] = true;
	interrupt_status(id, h->endpoint, usb_redir_success);
}

static void on_stop_interrupt(void *priv, uint64_t id, struct usb_redir_stop_interrupt_receiving_header *h)
{
	(void)priv;
	LOG("interrupt %02x: stop\n", h->endpoint);
	r.receiving[h->endpoint & 0x0F] = false;
	interrupt_status(id, h->endpoint, usb_redir_success);
}

static void poll_interrupt(uint8_t ep)
{
	struct usb_redir_interrupt_packet_header h = { .endpoint = 0x80 | ep };
	uint8_t p[64];
	int n = bus_take_in(ep, p);

	if (n == -2) {
		r.receiving[ep] = false;
		interrupt_status(0, 0x80 | ep, usb_redir_stall);
	} else if (n >= 0) {
		LOG("interrupt %02x: %d bytes %02x %02x\n", 0x80 | ep, n, p[0], p[1]);
		h.length = (uint16_t)n;
		usbredirparser_send_interrupt_packet(r.parser, r.interrupt_id[ep]++, &h, p, n);
	}
}

void redir_step(void)
{
	for (uint8_t ep = 1; ep < BUS_ENDPOINTS && r.parser; ep++)
		if (r.receiving[ep])
			poll_interrupt(ep);
}

/* --- configuration -------------------------------------------------------------------------------------------------------- */

static void configuration_done(struct bus_transfer *t, enum bus_status status)
{
	struct usb_redir_configuration_status_header h = { .status = (uint8_t)status };
	bool set = t->setup.request == 9;

	LOG("configuration %u: status %d\n", set ? t->setup.value : t->data[0], status);
	if (!r.parser)
		return;
	h.configuration = (uint8_t)(set ? t->setup.value : t->data[0]);
	if (set && status == BUS_OK)
		tell_interfaces(t->setup.value != 0);
	usbredirparser_send_configuration_status(r.parser, t->id, &h);
}

static void on_set_configuration(void *priv, uint64_t id, struct usb_redir_set_configuration_header *h)
{
	(void)priv;
	control(0x00, 9, h->configuration, 0, 0, id, configuration_done);
}

static void on_get_configuration(void *priv, uint64_t id)
{
	(void)priv;
	control(0x80, 8, 0, 0, 1, id, configuration_done);
}

static void alt_done(struct bus_transfer *t, enum bus_status status)
{
	struct usb_redir_alt_setting_status_header h = { .status = (uint8_t)status,
		.interface = (uint8_t)t->setup.index };

	if (!r.parser)
		return;
	h.alt = t->setup.request == 11 ? (uint8_t)t->setup.value : t->data[0];
	if (t->setup.request == 11 && status == BUS_OK)
		tell_interfaces(true);
	usbredirparser_send_alt_setting_status(r.parser, t->id, &h);
}

static void on_set_alt(void *priv, uint64_t id, struct usb_redir_set_alt_setting_header *h)
{
	(void)priv;
	control(0x01, 11, h->alt, h->interface, 0, id, alt_done);
}

static void on_get_alt(void *priv, uint64_t id, struct usb_redir_get_alt_setting_header *h)
{
	(void)priv;
	control(0x81, 10, 0, h->interface, 1, id, alt_done);
}

static void address_again(struct bus_transfer *t, enum bus_status status)
{
	(void)t;
	LOG("address after reset: status %d\n", status);
}

/* A port reset of the guest. Its SET_ADDRESS ends in QEMU, so the address on our bus is set here again. */
static void on_reset(void *priv)
{
	(void)priv;
	LOG("reset\n");
	if (r.stage != READY)
		return;
	memset(r.receiving, 0, sizeof(r.receiving));
	bus_reset();
	control(0x00, 5, ADDRESS, 0, 0, OWN_ID, address_again);
}

static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	(void)priv;
	LOG("peer: %.64s\n", h->version);
	r.hello = true;
	tell_device();
}

/* --- the stream --------------------------------------------------------------------------------------------------------------- */

static void on_log(void *priv, int level, const char *text)
{
	(void)priv;
	if (level <= usbredirparser_warning || r.verbose)
		fprintf(stderr, "usbbridge: %s\n", text);
}

/* The parser wants -1 when the peer is gone, 0 for "nothing now". */
static int on_read(void *priv, uint8_t *data, int count)
{
	(void)priv;
	return benchio_read(r.fd, data, (size_t)count);
}

static int on_write(void *priv, uint8_t *data, int count)
{
	ssize_t n = send(r.fd, data, (size_t)count, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)priv;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	return (int)n;
}

static void set_callbacks(struct usbredirparser *p)
{
	redir_refuse(p);
	p->priv = p;
	p->log_func = on_log;
	p->read_func = on_read;
	p->write_func = on_write;
	p->hello_func = on_hello;
	p->reset_func = on_reset;
	p->set_configuration_func = on_set_configuration;
	p->get_configuration_func = on_get_configuration;
	p->set_alt_setting_func = on_set_alt;
	p->get_alt_setting_func = on_get_alt;
	p->start_interrupt_receiving_func = on_start_interrupt;
	p->stop_interrupt_receiving_func = on_stop_interrupt;
	p->cancel_data_packet_func = on_cancel;
	p->control_packet_func = on_control;
	p->bulk_packet_func = on_bulk;
	p->interrupt_packet_func = on_interrupt;
}

void redir_attach(int fd)
{
	uint32_t caps[USB_REDIR_CAPS_SIZE] = { 0 };

	if (r.parser)
		usbredirparser_destroy(r.parser);
	r.parser = NULL;
	r.fd = fd;
	r.hello = false;
	r.told = false;
	memset(r.receiving, 0, sizeof(r.receiving));
	if (fd < 0)
		return;
	r.parser = usbredirparser_create();
	if (!r.parser)
		benchio_die("out of memory");
	set_callbacks(r.parser);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_device_disconnect_ack);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
	usbredirparser_init(r.parser, "sekisho usbbridge", caps, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
}

bool redir_read(void)
{
	int status = usbredirparser_do_read(r.parser);

	/* A message that the parser can't read is skipped by it. */
	return status == 0 || status == usbredirparser_read_parse_error;
}

bool redir_wants_write(void)
{
	return r.parser && usbredirparser_has_data_to_write(r.parser) > 0;
}

bool redir_write(void)
{
	return usbredirparser_do_write(r.parser) == 0;
}

void redir_verbose(bool on)
{
	r.verbose = on;
}
