/* SPDX-License-Identifier: Apache-2.0 */
/* Layout of the list of approved media. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media_help.h"

static struct sk_span text(const char *s)
{
	return (struct sk_span){ (const uint8_t *)s, strlen(s) };
}

static void make_and_find(void **state)
{
	struct media_entry e[] = { help_entry(0x0951, 0x1666, "B1", "second"), help_entry(0x0951, 0x1666, "A1", "貸出用"),
		help_entry(0x0781, 0x5567, "B1", ""), help_entry(0x0951, 0x1666, "A10", "longer") };
	struct media_entry got;
	struct medialist l;
	struct sk_reader r;
	uint8_t *bytes = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(medialist_make("Demo City", 7, 1000, e, 4, &bytes, &len), SK_OK);
	assert_int_equal(medialist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
	assert_int_equal(l.number, 7);
	assert_int_equal(l.issued, 1000);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.site.len, 9);
	/* In order, whatever the order they came in. */
	sk_reader_init(&r, l.entries.p, l.entries.len);
	assert_int_equal(medialist_next(&r, &got), SK_OK);
	assert_int_equal(got.vendor, 0x0781);
	assert_int_equal(medialist_next(&r, &got), SK_OK);
	assert_memory_equal(got.serial.p, "A1", 2);
	assert_int_equal(got.added, 5);
	assert_int_equal(got.label.len, strlen("貸出用"));
	assert_int_equal(medialist_next(&r, &got), SK_OK);
	assert_int_equal(medialist_next(&r, &got), SK_OK);
	assert_int_equal(medialist_next(&r, &got), SK_E_NOENT);
	assert_int_equal(medialist_find(&l, 0x0951, 0x1666, text("A1"), &got), SK_OK);
	assert_int_equal(medialist_find(&l, 0x0951, 0x1666, text("A10"), &got), SK_OK);
	assert_memory_equal(got.label.p, "longer", 6);
	/* Neither a part nor more of it, and no other model's. */
	assert_int_equal(medialist_find(&l, 0x0951, 0x1666, text("A"), &got), SK_E_NOENT);
	assert_int_equal(medialist_find(&l, 0x0951, 0x1666, text("A100"), &got), SK_E_NOENT);
	assert_int_equal(medialist_find(&l, 0x0951, 0x1666, text("a1"), &got), SK_E_NOENT);
	assert_int_equal(medialist_find(&l, 0x0951, 0x1667, text("A1"), &got), SK_E_NOENT);
	assert_int_equal(medialist_find(&l, 0x0952, 0x1666, text("A1"), &got), SK_E_NOENT);
	assert_int_equal(medialist_find(&l, 0x0951, 0x1666, text(""), &got), SK_E_NOENT);
	free(bytes);
}

static void serial_numbers(void **state)
{
	char longest[MEDIA_SERIAL_MAX + 2];

	(void)state;
	assert_true(media_serial_is_good((const uint8_t *)"60A44C413FAE", 12));
	assert_true(media_serial_is_good((const uint8_t *)"A b~!", 5));
	assert_false(media_serial_is_good((const uint8_t *)"", 0));
	assert_false(media_serial_is_good((const uint8_t *)"7", 1));
	assert_false(media_serial_is_good((const uint8_t *)"000000000000", 12));
	assert_false(media_serial_is_good((const uint8_t *)"A\nB", 3));
	assert_false(media_serial_is_good((const uint8_t *)"A\0B", 3));
	assert_false(media_serial_is_good((const uint8_t *)"A\x7f", 2));
	assert_false(media_serial_is_good((const uint8_t *)"\xc3\xa9x", 3));
	memset(longest, 'L', sizeof(longest));
	longest[0] = 'M';
	assert_true(media_serial_is_good((const uint8_t *)longest, MEDIA_SERIAL_MAX));
	assert_false(media_serial_is_good((const uint8_t *)longest, MEDIA_SERIAL_MAX + 1));
}

static enum sk_status make(const char *site, uint64_t number, int64_t issued, struct media_entry *e, size_t n)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = medialist_make(site, number, issued, e, n, &bytes, &len);

	assert_true((st == SK_OK) == (bytes != NULL));
	free(bytes);
	return st;
}

static void make_refuses(void **state)
{
	struct media_entry good = help_entry(1, 2, "S1", "x"), two[] = { good, help_entry(1, 2, "S2", "y") };
	struct media_entry bad = good;
	char label[MEDIA_LABEL_MAX + 2];

	(void)state;
	assert_int_equal(make("Demo", 1, 0, two, 2), SK_OK);
	assert_int_equal(make("Demo", 1, 0, NULL, 0), SK_OK);
	assert_int_equal(make("", 1, 0, two, 2), SK_E_ARG);
	assert_int_equal(make("Demo\n", 1, 0, two, 2), SK_E_ARG);
	assert_int_equal(make("Demo", 0, 0, two, 2), SK_E_ARG);
	assert_int_equal(make("Demo", (uint64_t)INT64_MAX + 1, 0, two, 2), SK_E_ARG);
	assert_int_equal(make("Demo", 1, -1, two, 2), SK_E_ARG);
	bad.serial = text("0000");
	assert_int_equal(make("Demo", 1, 0, &bad, 1), SK_E_ARG);
	bad = good;
	bad.added = -1;
	assert_int_equal(make("Demo", 1, 0, &bad, 1), SK_E_ARG);
	memset(label, 'l', sizeof(label));
	label[MEDIA_LABEL_MAX + 1] = '\0';
	bad = help_entry(1, 2, "S1", label);
	assert_int_equal(make("Demo", 1, 0, &bad, 1), SK_E_ARG);
	bad = help_entry(1, 2, "S1", "a\033b");
	assert_int_equal(make("Demo", 1, 0, &bad, 1), SK_E_ARG);
	two[1] = good;
	assert_int_equal(make("Demo", 1, 0, two, 2), SK_E_EXIST);
}

static void the_largest_list(void **state)
{
	static char serials[MEDIALIST_MAX + 1][MEDIA_SERIAL_MAX + 1];
	static struct media_entry e[MEDIALIST_MAX + 1];
	char label[MEDIA_LABEL_MAX + 1];
	struct media_entry got;
	struct medialist l;
	uint8_t *bytes = NULL;
	size_t len = 0;

	(void)state;
	memset(label, 'l', MEDIA_LABEL_MAX);
	label[MEDIA_LABEL_MAX] = '\0';
	for (size_t i = 0; i <= MEDIALIST_MAX; i++) {
		memset(serials[i], 'S', MEDIA_SERIAL_MAX);
		snprintf(serials[i], 8, "%07u", (unsigned)(MEDIALIST_MAX - i));
		serials[i][7] = 'S';
		e[i] = help_entry(0xffff, 0xffff, serials[i], label);
	}
	assert_int_equal(make("Demo", 1, 0, e, MEDIALIST_MAX + 1), SK_E_SPACE);
	assert_int_equal(medialist_make("Demo", 1, 0, e, MEDIALIST_MAX, &bytes, &len), SK_OK);
	assert_true(len <= MEDIALIST_LEN_MAX);
	assert_int_equal(medialist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
	assert_int_equal(l.n, MEDIALIST_MAX);
	assert_int_equal(medialist_find(&l, 0xffff, 0xffff, e[MEDIALIST_MAX - 1].serial, &got), SK_OK);
	free(bytes);
}

/* Each byte that is changed or missing is either refused or a part of a text; and nothing is read behind the end. */
static void cut_and_changed(void **state)
{
	struct media_entry e[] = { help_entry(1, 2, "S1", "x"), help_entry(1, 2, "S2", "y") };
	struct medialist l;
	uint8_t *bytes = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(medialist_make("Demo", 1, 1, e, 2, &bytes, &len), SK_OK);
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, bytes, n);
		assert_int_equal(medialist_parse((struct sk_span){ copy, n }, &l), SK_E_FORMAT);
		free(copy);
	}
	/* Not in order; twice; another version; another number's form. */
	for (size_t i = 0; i + 1 < len; i++) {
		if (memcmp(bytes + i, "S2", 2) == 0) {
			bytes[i + 1] = '1';
			assert_int_equal(medialist_parse((struct sk_span){ bytes, len }, &l), SK_E_FORMAT);
			bytes[i + 1] = '0';
			assert_int_equal(medialist_parse((struct sk_span){ bytes, len }, &l), SK_E_FORMAT);
			bytes[i + 1] = '3';
			assert_int_equal(medialist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
		}
	}
	for (size_t i = 0; i + 2 < len; i++) {
		if (bytes[i] == 0x80 && bytes[i + 1] == 1 && bytes[i + 2] == 1) {
			bytes[i + 2] = 2;
			assert_int_equal(medialist_parse((struct sk_span){ bytes, len }, &l), SK_E_UNSUPPORTED);
			bytes[i + 2] = 1;
			break;
		}
	}
	assert_int_equal(medialist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
	free(bytes);
}

/* What makes a medium the same: not its label, nor when it was added. */
static void order(void **state)
{
	struct media_entry a = help_entry(1, 2, "AB", "x"), b = help_entry(1, 2, "AB", "y"), longer = help_entry(1, 2, "ABA", "x"),
			   product = help_entry(1, 3, "AA", "x"), vendor = help_entry(2, 0, "AA", "x");

	(void)state;
	b.added = 99;
	assert_int_equal(medialist_compare(&a, &b), 0);
	assert_true(medialist_compare(&a, &longer) < 0);
	assert_true(medialist_compare(&longer, &a) > 0);
	assert_true(medialist_compare(&longer, &product) < 0);
	assert_true(medialist_compare(&product, &vendor) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(make_and_find),
		cmocka_unit_test(serial_numbers),
		cmocka_unit_test(make_refuses),
		cmocka_unit_test(the_largest_list),
		cmocka_unit_test(cut_and_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
