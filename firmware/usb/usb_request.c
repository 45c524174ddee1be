/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_request.c
 * @brief The table of requests: USB 2.0 tables 9-3 and 9-4, and the states that 9.4 allows each in.
 *
 * Rule: what chapter 9 leaves unspecified (a wrong wValue, wIndex or wLength; a request in a state where it means nothing) is a
 * Request Error.
 */
#include "usb/usb_request.h"

/* bmRequestType: direction, type, recipient. */
#define TO_HOST 0x80u
#define CLASS_INTERFACE 0x21u
#define CLASS_MASK 0x7Fu

enum {
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	SET_FEATURE = 3,
	SET_ADDRESS = 5,
	GET_DESCRIPTOR = 6,
	GET_CONFIGURATION = 8,
	SET_CONFIGURATION = 9,
	GET_INTERFACE = 10,
	SET_INTERFACE = 11,
};

/* Feature selectors, USB 2.0 table 9-6. TEST_MODE is for high speed only. */
#define ENDPOINT_HALT 0u
#define DEVICE_REMOTE_WAKEUP 1u

static const uint8_t endpoints[] = { USB_DESC_EP_OUT, USB_DESC_EP_IN, USB_DESC_EP_NOTIFY };
#define ENDPOINTS (sizeof(endpoints) / sizeof(endpoints[0]))

/* Place in the list, ENDPOINTS when there is no such endpoint. */
static unsigned int endpoint_find(uint32_t address)
{
	unsigned int i = 0;

	while (i < ENDPOINTS && endpoints[i] != address)
		i++;
	return i;
}

static bool is_control_endpoint(uint16_t index)
{
	return (index & ~0x80u) == 0;
}

/* Does wIndex name an endpoint that is there in this state? Endpoint 0 always is, the others once configured. */
static bool endpoint_exists(const struct usb_device *d, uint16_t index)
{
	return is_control_endpoint(index) || (d->state == USB_CONFIGURED && endpoint_find(index) < ENDPOINTS);
}

bool usb_request_halted(const struct usb_device *d, uint8_t ep_address)
{
	return (d->halted & 1u << endpoint_find(ep_address)) != 0;
}

struct answer {
	uint8_t *p;
	size_t len;
};

static void answer_byte(struct answer *a, bool bit0, bool bit1)
{
	a->p[a->len++] = (uint8_t)((bit0 ? 1u : 0u) | (bit1 ? 2u : 0u));
}

/* --- what is checked before a request is accepted; true is good --------------------------------------------- */

/* 9.4.5, figure 9-4: bus powered, so bit 0 is 0. */
static bool get_device_status(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	answer_byte(a, false, d->remote_wakeup);
	answer_byte(a, false, false);
	return s->value == 0 && s->index == 0;
}

static bool get_interface_status(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	(void)d;
	answer_byte(a, false, false);
	answer_byte(a, false, false);
	return s->value == 0 && s->index == USB_DESC_INTERFACE;
}

static bool get_endpoint_status(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	if (s->value != 0 || !endpoint_exists(d, s->index))
		return false;
	answer_byte(a, !is_control_endpoint(s->index) && usb_request_halted(d, (uint8_t)s->index), false);
	answer_byte(a, false, false);
	return true;
}

/* 9.4.1, 9.4.9 */
static bool device_feature(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	(void)d;
	(void)a;
	return s->value == DEVICE_REMOTE_WAKEUP && s->index == 0;
}

/* Endpoint 0 has no halt to set (9.4.5: neither required nor recommended); clearing it does nothing. */
static bool clear_endpoint_feature(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	(void)a;
	return s->value == ENDPOINT_HALT && endpoint_exists(d, s->index);
}

static bool set_endpoint_feature(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	return !is_control_endpoint(s->index) && clear_endpoint_feature(d, s, a);
}

/* 9.4.6 */
static bool set_address(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	(void)d;
	(void)a;
	return s->value <= 127 && s->index == 0;
}

/* 9.4.3 */
static bool get_descriptor(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	uint8_t type = (uint8_t)(s->value >> 8);

	if (type != USB_DESC_STRING && s->index != 0)
		return false;
	return usb_desc_get(type, (uint8_t)s->value, s->index, d->serial, a->p, &a->len) == SK_OK;
}

/* 9.4.2, 9.4.7 */
static bool get_configuration(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	answer_byte(a, d->state == USB_CONFIGURED, false);
	return s->value == 0 && s->index == 0;
}

static bool set_configuration(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	(void)d;
	(void)a;
	return s->value <= USB_DESC_CONFIGURATION && s->index == 0;
}

/* 9.4.4, 9.4.10: the only interface has the only setting 0. */
static bool get_interface(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	(void)d;
	answer_byte(a, false, false);
	return s->value == 0 && s->index == USB_DESC_INTERFACE;
}

static bool set_interface(struct usb_device *d, const struct usb_setup *s, struct answer *a)
{
	(void)d;
	(void)a;
	return s->value == 0 && s->index == USB_DESC_INTERFACE;
}

/* --- what happens when the status stage is over ---------------------------------------------------------------- */

static void do_nothing(struct usb_device *d)
{
	(void)d;
}

static void do_address(struct usb_device *d)
{
	d->state = d->setup.value == 0 ? USB_DEFAULT : USB_ADDRESS;
}

static void open_all(struct usb_device *d)
{
	hal_usb_open(0, false, 0);
	d->halted = 0;
	hal_usb_open(USB_DESC_EP_OUT, false, USB_DESC_PACKET);
	hal_usb_open(USB_DESC_EP_IN, false, USB_DESC_PACKET);
	hal_usb_open(USB_DESC_EP_NOTIFY, true, USB_DESC_NOTIFY_PACKET);
	d->class->event(d->context, USB_CLASS_UP);
}

static void do_configuration(struct usb_device *d)
{
	d->class->event(d->context, USB_CLASS_DOWN);
	if (d->setup.value == USB_DESC_CONFIGURATION) {
		d->state = USB_CONFIGURED;
		open_all(d);
		return;
	}
	d->state = USB_ADDRESS;
	d->halted = 0;
	hal_usb_open(0, false, 0);
}

static void do_interface(struct usb_device *d)
{
	d->class->event(d->context, USB_CLASS_DOWN);
	open_all(d);
}

static void do_wakeup_on(struct usb_device *d)
{
	d->remote_wakeup = true;
}

static void do_wakeup_off(struct usb_device *d)
{
	d->remote_wakeup = false;
	d->wakeup_due = false;
}

static void do_halt(struct usb_device *d)
{
	uint8_t address = (uint8_t)d->setup.index;

	d->halted |= (uint8_t)(1u << endpoint_find(address));
	hal_usb_stall(address, true);
	d->class->halt(d->context, address, true);
}

/* The toggle is reset even when the endpoint was not halted (9.4.5). */
static void do_unhalt(struct usb_device *d)
{
	uint8_t address = (uint8_t)d->setup.index;
	bool was;

	if (is_control_endpoint(address))
		return;
	was = (d->halted & 1u << endpoint_find(address)) != 0;
	d->halted &= (uint8_t) ~(1u << endpoint_find(address));
	hal_usb_stall(address, false);
	/* One that was not halted still holds its packet: the class must not give it a second time. */
	if (was || (address & 0x80u) == 0)
		d->class->halt(d->context, address, false);
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

#define IN_DEFAULT (1u << USB_DEFAULT)
#define IN_ADDRESS (1u << USB_ADDRESS)
#define IN_CONFIGURED (1u << USB_CONFIGURED)
#define IN_BOTH (IN_ADDRESS | IN_CONFIGURED)

/* clang-format off */
static const struct request {
	uint8_t type, request, states;
	bool (*check)(struct usb_device *d, const struct usb_setup *s, struct answer *a);
	void (*done)(struct usb_device *d);
} table[] = {
	{ 0x80, GET_STATUS,        IN_BOTH,                 get_device_status,      do_nothing },
	{ 0x81, GET_STATUS,        IN_CONFIGURED,           get_interface_status,   do_nothing },
	{ 0x82, GET_STATUS,        IN_BOTH,                 get_endpoint_status,    do_nothing },
	{ 0x00, CLEAR_FEATURE,     IN_BOTH,                 device_feature,         do_wakeup_off },
	{ 0x02, CLEAR_FEATURE,     IN_BOTH,                 clear_endpoint_feature, do_unhalt },
	{ 0x00, SET_FEATURE,       IN_BOTH,                 device_feature,         do_wakeup_on },
	{ 0x02, SET_FEATURE,       IN_CONFIGURED,           set_endpoint_feature,   do_halt },
	{ 0x00, SET_ADDRESS,       IN_DEFAULT | IN_ADDRESS, set_address,            do_address },
	{ 0x80, GET_DESCRIPTOR,    IN_DEFAULT | IN_BOTH,    get_descriptor,         do_nothing },
	{ 0x80, GET_CONFIGURATION, IN_BOTH,                 get_configuration,      do_nothing },
	{ 0x00, SET_CONFIGURATION, IN_BOTH,                 set_configuration,      do_configuration },
	{ 0x81, GET_INTERFACE,     IN_CONFIGURED,           get_interface,          do_nothing },
	{ 0x01, SET_INTERFACE,     IN_CONFIGURED,           set_interface,          do_interface },
};
/* clang-format on */

static const struct request *find(const struct usb_device *d, const struct usb_setup *s)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == s->type && table[i].request == s->request)
			return (table[i].states & 1u << d->state) != 0 ? &table[i] : NULL;
	return NULL;
}

bool usb_request_check(struct usb_device *d, const struct usb_setup *s, uint8_t ret_p[static USB_DESC_MAX],
    size_t *ret_len)
{
	struct answer a = { ret_p, 0 };
	const struct request *r;
	bool good;

	if (!(s->type & TO_HOST) && s->length != 0)
		return false;
	if ((s->type & CLASS_MASK) == CLASS_INTERFACE) {
		good = d->state == USB_CONFIGURED && d->class->request(d->context, s, ret_p, &a.len);
	} else {
		r = find(d, s);
		good = r && r->check(d, s, &a);
	}
	*ret_len = a.len;
	return good;
}

void usb_request_accepted(struct usb_device *d)
{
	/* The board holds the new address back until the status stage is over. */
	if (d->setup.type == 0x00 && d->setup.request == SET_ADDRESS)
		hal_usb_address((uint8_t)d->setup.value);
}

void usb_request_done(struct usb_device *d)
{
	const struct request *r = find(d, &d->setup);

	if (r)
		r->done(d);
}
