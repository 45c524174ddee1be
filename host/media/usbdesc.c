/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of a USB device; see usbdesc.h. */
#include "media/usbdesc.h"

#include <string.h>

/* USB 2.0 tables 9-5, 9-8, 9-10, 9-12. */
#define TYPE_DEVICE 1u
#define TYPE_CONFIG 2u
#define TYPE_INTERFACE 4u
#define DEVICE_LEN 18u
#define CONFIG_LEN 9u
#define INTERFACE_LEN 9u
#define HEAD_LEN 2u /* bLength, bDescriptorType. */

#define CLASS_PER_INTERFACE 0x00u

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static unsigned has_of(uint8_t class)
{
	switch (class) {
	case 0x03:
		return USBDESC_INPUT;
	case 0x06:
		return USBDESC_IMAGE;
	case 0x08:
		return USBDESC_STORAGE;
	case 0x09:
		return USBDESC_HUB;
	default:
		return USBDESC_OTHER;
	}
}

/* Everything inside a configuration, behind its own descriptor. */
static enum sk_status walk(struct sk_span in, struct usbdesc *d)
{
	size_t at = 0;

	while (at < in.len) {
		const uint8_t *p = in.p + at;
		size_t len;

		if (in.len - at < HEAD_LEN)
			return SK_E_FORMAT;
		len = p[0];
		if (len < HEAD_LEN || len > in.len - at)
			return SK_E_FORMAT;
		if (p[1] == TYPE_DEVICE || p[1] == TYPE_CONFIG)
			return SK_E_FORMAT;
		if (p[1] == TYPE_INTERFACE) {
			if (len < INTERFACE_LEN)
				return SK_E_FORMAT;
			d->has |= has_of(p[5]);
			d->interfaces++;
		}
		at += len;
	}
	return SK_OK;
}

/* One configuration at the front of @p in. Its length goes to *ret_len. */
static enum sk_status config(struct sk_span in, bool last, struct usbdesc *d, size_t *ret_len)
{
	size_t head, total;

	if (in.len < CONFIG_LEN || in.p[1] != TYPE_CONFIG)
		return SK_E_FORMAT;
	head = in.p[0];
	total = le16(in.p + 2);
	if (total > in.len && last)
		total = in.len; /* Rule 2. */
	if (head < CONFIG_LEN || head > total || total > in.len)
		return SK_E_FORMAT;
	*ret_len = total;
	return walk((struct sk_span){ in.p + head, total - head }, d);
}

enum sk_status usbdesc_parse(struct sk_span in, struct usbdesc *ret_d)
{
	struct usbdesc d;
	size_t at = DEVICE_LEN;

	if (in.len > USBDESC_MAX)
		return SK_E_SPACE;
	if (in.len < DEVICE_LEN || in.p[0] != DEVICE_LEN || in.p[1] != TYPE_DEVICE)
		return SK_E_FORMAT;
	memset(&d, 0, sizeof(d));
	if (in.p[4] != CLASS_PER_INTERFACE)
		d.has = has_of(in.p[4]);
	d.vendor = le16(in.p + 8);
	d.product = le16(in.p + 10);
	d.configs = in.p[17];
	if (d.configs == 0 || d.configs > USBDESC_CONFIGS_MAX)
		return SK_E_FORMAT;
	for (uint8_t i = 0; i < d.configs; i++) {
		size_t len = 0;
		enum sk_status st = config((struct sk_span){ in.p + at, in.len - at }, i + 1 == d.configs, &d, &len);

		if (st != SK_OK)
			return st;
		at += len;
	}
	if (at != in.len)
		return SK_E_FORMAT;
	*ret_d = d;
	return SK_OK;
}
