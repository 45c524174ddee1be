/* SPDX-License-Identifier: Apache-2.0 */
/* What a device says it is: every configuration, and nothing left over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "media/usbdesc.h"

/* QEMU's stick, as sysfs shows it: one configuration, mass storage, SuperSpeed companions. */
static const uint8_t stick[] = { 0x12, 0x01, 0x00, 0x03, 0, 0, 0, 9, 0xf4, 0x46, 0x01, 0x00, 0, 0, 1, 2, 3, 1, /* device */
	9, 2, 0x2c, 0, 1, 1, 6, 0xc0, 0, /* configuration */
	9, 4, 0, 0, 2, 8, 6, 0x50, 0, /* interface */
	7, 5, 0x81, 2, 0, 4, 0, 6, 0x30, 15, 0, 0, 0, 7, 5, 2, 2, 0, 4, 0, 6, 0x30, 15, 0, 0, 0 };

/* A device under construction. */
struct dev {
	uint8_t b[4096];
	size_t len, config;
};

static void begin(struct dev *d, uint8_t class, uint8_t configs)
{
	memset(d, 0, sizeof(*d));
	d->b[0] = 18;
	d->b[1] = 1;
	d->b[4] = class;
	d->b[8] = 0x51;
	d->b[9] = 0x09;
	d->b[10] = 0x66;
	d->b[11] = 0x16;
	d->b[17] = configs;
	d->len = 18;
}

static void config(struct dev *d)
{
	d->config = d->len;
	d->b[d->len] = 9;
	d->b[d->len + 1] = 2;
	d->b[d->len + 2] = 9;
	d->len += 9;
}

static void add(struct dev *d, uint8_t len, uint8_t type, uint8_t class)
{
	size_t total;

	d->b[d->len] = len;
	d->b[d->len + 1] = type;
	if (len > 5)
		d->b[d->len + 5] = class;
	d->len += len;
	total = d->len - d->config;
	d->b[d->config + 2] = (uint8_t)total;
	d->b[d->config + 3] = (uint8_t)(total >> 8);
}

static enum sk_status parse(const struct dev *d, struct usbdesc *ret_d)
{
	/* In memory of its own: a byte too far is found by the sanitizer. */
	uint8_t *copy = malloc(d->len + 1);
	enum sk_status st;

	assert_non_null(copy);
	memcpy(copy, d->b, d->len);
	st = usbdesc_parse((struct sk_span){ copy, d->len }, ret_d);
	free(copy);
	return st;
}

static void a_stick(void **state)
{
	struct usbdesc d;

	(void)state;
	assert_int_equal(usbdesc_parse((struct sk_span){ stick, sizeof(stick) }, &d), SK_OK);
	assert_int_equal(d.vendor, 0x46f4);
	assert_int_equal(d.product, 0x0001);
	assert_int_equal(d.has, USBDESC_STORAGE);
	assert_int_equal(d.configs, 1);
	assert_int_equal(d.interfaces, 1);
}

static void each_class(void **state)
{
	static const struct {
		uint8_t class;
		unsigned has;
	} rows[] = { { 3, USBDESC_INPUT }, { 6, USBDESC_IMAGE }, { 8, USBDESC_STORAGE }, { 9, USBDESC_HUB }, { 0x0b, USBDESC_OTHER },
		{ 0xff, USBDESC_OTHER }, { 0, USBDESC_OTHER } };
	struct usbdesc r;
	struct dev d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&d, 0, 1);
		config(&d);
		add(&d, 9, 4, rows[i].class);
		assert_int_equal(parse(&d, &r), SK_OK);
		assert_int_equal(r.has, rows[i].has);
	}
	/* The device's own class counts as well; 0 says that interfaces tell. */
	begin(&d, 8, 1);
	config(&d);
	assert_int_equal(parse(&d, &r), SK_OK);
	assert_int_equal(r.has, USBDESC_STORAGE);
	begin(&d, 0, 1);
	config(&d);
	assert_int_equal(parse(&d, &r), SK_OK);
	assert_int_equal(r.has, 0);
}

static void every_configuration_and_setting(void **state)
{
	struct usbdesc r;
	struct dev d;

	(void)state;
	begin(&d, 0, 3);
	config(&d);
	add(&d, 9, 4, 3);
	add(&d, 9, 0x21, 0); /* HID descriptor: not an interface. */
	add(&d, 7, 5, 0);
	config(&d);
	add(&d, 9, 4, 2);
	add(&d, 9, 4, 8); /* Another setting of it. */
	config(&d);
	add(&d, 8, 0x0b, 6); /* An association says nothing: its interfaces do. */
	assert_int_equal(parse(&d, &r), SK_OK);
	assert_int_equal(r.has, USBDESC_INPUT | USBDESC_OTHER | USBDESC_STORAGE);
	assert_int_equal(r.configs, 3);
	assert_int_equal(r.interfaces, 3);
}

static void cut_anywhere(void **state)
{
	struct usbdesc r;
	struct dev d;

	(void)state;
	begin(&d, 0, 2);
	config(&d);
	add(&d, 9, 4, 3);
	add(&d, 7, 5, 0);
	config(&d);
	add(&d, 9, 4, 8);
	add(&d, 7, 5, 0);
	for (size_t len = 0, whole = d.len; len < whole; len++) {
		/* Rule 2: only the last configuration may be short, and only at the end of a descriptor. */
		bool good = len == whole - 7 || len == whole - 16;

		d.len = len;
		assert_int_equal(parse(&d, &r), good ? SK_OK : SK_E_FORMAT);
	}
}

static void malformed(void **state)
{
	struct usbdesc r;
	struct dev d;

	(void)state;
#define START(configs) \
	do { \
		begin(&d, 0, configs); \
		config(&d); \
		add(&d, 9, 4, 3); \
	} while (0)
	START(1);
	assert_int_equal(parse(&d, &r), SK_OK);
	d.b[0] = 17;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(1);
	d.b[1] = 2;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(0);
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(9);
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(2); /* One is missing. */
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(1); /* Something is left over. */
	d.len++;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(1); /* A length of 0 and of 1 would never end. */
	d.b[27] = 0;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	d.b[27] = 1;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	begin(&d, 0, 1); /* A length of 1 that would come out even. */
	config(&d);
	memcpy(d.b + d.len, (const uint8_t[]){ 1, 2, 5 }, 3);
	d.len += 3;
	d.b[d.config + 2] = 12;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(1); /* Longer than its configuration. */
	d.b[27] = 10;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(1); /* An interface without a class. */
	d.b[27] = 5;
	d.b[32] = 4;
	d.b[33] = 0xff;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(1); /* A configuration that is shorter than its own head. */
	d.b[18] = 8;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	d.b[18] = 9;
	d.b[20] = 8;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(1); /* A configuration inside of one. */
	d.b[28] = 2;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
	START(1);
	d.b[19] = 4;
	assert_int_equal(parse(&d, &r), SK_E_FORMAT);
}

static void too_long(void **state)
{
	uint8_t *bytes = calloc(1, USBDESC_MAX + 1);
	struct usbdesc r;

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(usbdesc_parse((struct sk_span){ bytes, USBDESC_MAX + 1 }, &r), SK_E_SPACE);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stick),
		cmocka_unit_test(each_class),
		cmocka_unit_test(every_configuration_and_setting),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(malformed),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
