/* SPDX-License-Identifier: Apache-2.0 */
/* What QEMU is told about the reader: that it came and went, its descriptors, configuration and settings. */
#include "usbbridge_redir.h"

#include <stdio.h>
#include <string.h>
#include <usbredirparser.h>

#include "usbbridge.h"

#define ADDRESS 1
#define DESCRIPTORS_MAX 512

/* Transfers of our own have ids above those of QEMU. */
#define OWN_ID UINT64_MAX

enum stage { NO_READER, ENUMERATING, READY };

static struct {
	bool hello, told; /* the peer has said hello; knows of the reader */
	enum stage stage;
	uint8_t device[18];
	uint8_t config[DESCRIPTORS_MAX];
	size_t config_len;
} d;

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length, uint64_t id,
    void (*done)(struct bus_transfer *t, enum bus_status status))
{
	struct bus_setup setup = { type, request, value, index, length };

	bus_submit(bus_control_new(&setup, id, done));
}

/* --- descriptors ------------------------------------------------------------------------------------------------ */

/* Interface and endpoints as the reader's own configuration descriptor has them. */
static void tell_interfaces(bool with_endpoints)
{
	struct usb_redir_interface_info_header face = { 0 };
	struct usb_redir_ep_info_header ep = { 0 };
	uint8_t now = 0;

	memset(ep.type, usb_redir_type_invalid, sizeof(ep.type));
	ep.type[0] = ep.type[16] = usb_redir_type_control;
	ep.max_packet_size[0] = ep.max_packet_size[16] = d.device[7];
	for (size_t at = 0; at + 2 <= d.config_len; at += d.config[at]) {
		const uint8_t *p = d.config + at;

		if (p[0] < 2 || p[0] > d.config_len - at)
			break;
		if (p[1] == 4 && p[0] >= 9 && face.interface_count < 32) {
			now = p[2];
			face.interface[face.interface_count] = p[2];
			face.interface_class[face.interface_count] = p[5];
			face.interface_subclass[face.interface_count] = p[6];
			face.interface_protocol[face.interface_count++] = p[7];
		} else if (p[1] == 5 && p[0] >= 7 && with_endpoints) {
			int i = (p[2] & 0x0F) + (p[2] & 0x80 ? 16 : 0);

			ep.type[i] = p[3] & 3;
			ep.interval[i] = p[6];
			ep.interface[i] = now;
			ep.max_packet_size[i] = le16(p + 4);
		}
	}
	usbredirparser_send_interface_info(redir_parser(), &face);
	usbredirparser_send_ep_info(redir_parser(), &ep);
}

static void tell_device(void)
{
	struct usb_redir_device_connect_header c = { .speed = usb_redir_speed_full };

	if (d.told || !d.hello || d.stage != READY)
		return;
	c.device_class = d.device[4];
	c.device_subclass = d.device[5];
	c.device_protocol = d.device[6];
	c.vendor_id = le16(d.device + 8);
	c.product_id = le16(d.device + 10);
	c.device_version_bcd = le16(d.device + 12);
	tell_interfaces(true);
	usbredirparser_send_device_connect(redir_parser(), &c);
	d.told = true;
	redir_log("device %04x:%04x connected\n", c.vendor_id, c.product_id);
}

/* --- enumeration ------------------------------------------------------------------------------------------------ */

static void enumeration_failed(const char *what, enum bus_status status)
{
	fprintf(stderr, "usbbridge: enumeration: %s: status %d\n", what, status);
	d.stage = NO_READER;
}

static void have_config(struct bus_transfer *t, enum bus_status status)
{
	if (d.stage != ENUMERATING)
		return;
	if (status != BUS_OK || t->at < 9 || t->at < le16(t->data + 2)) {
		enumeration_failed("configuration descriptor", status);
		return;
	}
	memcpy(d.config, t->data, t->at);
	d.config_len = t->at;
	d.stage = READY;
	tell_device();
}

static void have_address(struct bus_transfer *t, enum bus_status status)
{
	(void)t;
	if (d.stage != ENUMERATING)
		return;
	if (status != BUS_OK) {
		enumeration_failed("SET_ADDRESS", status);
		return;
	}
	control(0x80, 6, 0x0200, 0, DESCRIPTORS_MAX, OWN_ID, have_config);
}

static void have_device(struct bus_transfer *t, enum bus_status status)
{
	if (d.stage != ENUMERATING)
		return;
	if (status != BUS_OK || t->at != sizeof(d.device)) {
		enumeration_failed("device descriptor", status);
		return;
	}
	memcpy(d.device, t->data, sizeof(d.device));
	control(0x00, 5, ADDRESS, 0, 0, OWN_ID, have_address);
}

void redir_reader_came(void)
{
	d.stage = ENUMERATING;
	control(0x80, 6, 0x0100, 0, sizeof(d.device), OWN_ID, have_device);
}

void redir_reader_gone(void)
{
	redir_stop_interrupts();
	if (d.told)
		usbredirparser_send_device_disconnect(redir_parser());
	if (d.stage != NO_READER)
		redir_log("device gone\n");
	d.told = false;
	d.stage = NO_READER;
}

/* --- configuration and alternate settings ----------------------------------------------------------------------- */

static void configuration_done(struct bus_transfer *t, enum bus_status status)
{
	struct usb_redir_configuration_status_header h = { .status = (uint8_t)status };
	bool set = t->setup.request == 9;

	redir_log("configuration %u: status %d\n", set ? t->setup.value : t->data[0], status);
	if (!redir_parser())
		return;
	h.configuration = (uint8_t)(set ? t->setup.value : t->data[0]);
	if (set && status == BUS_OK)
		tell_interfaces(t->setup.value != 0);
	usbredirparser_send_configuration_status(redir_parser(), t->id, &h);
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

	if (!redir_parser())
		return;
	h.alt = t->setup.request == 11 ? (uint8_t)t->setup.value : t->data[0];
	if (t->setup.request == 11 && status == BUS_OK)
		tell_interfaces(true);
	usbredirparser_send_alt_setting_status(redir_parser(), t->id, &h);
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
	redir_log("address after reset: status %d\n", status);
}

/* A port reset of the guest. Its SET_ADDRESS ends in QEMU, so the address on our bus is set here again. */
static void on_reset(void *priv)
{
	(void)priv;
	redir_log("reset\n");
	if (d.stage != READY)
		return;
	redir_stop_interrupts();
	bus_reset();
	control(0x00, 5, ADDRESS, 0, 0, OWN_ID, address_again);
}

static void on_hello(void *priv, struct usb_redir_hello_header *h)
{
	(void)priv;
	redir_log("peer: %.64s\n", h->version);
	d.hello = true;
	tell_device();
}

void redir_device_new_peer(void)
{
	d.hello = false;
	d.told = false;
}

void redir_serve_device(struct usbredirparser *p)
{
	p->hello_func = on_hello;
	p->reset_func = on_reset;
	p->set_configuration_func = on_set_configuration;
	p->get_configuration_func = on_get_configuration;
	p->set_alt_setting_func = on_set_alt;
	p->get_alt_setting_func = on_get_alt;
}
