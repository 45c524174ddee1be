/* SPDX-License-Identifier: Apache-2.0 */
/* What an index answers: forms of serial numbers, equal entries, issuers of indirect lists, and that damage is never answered from. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crl_rig.h"

#define DATE "17 0D 3236303633303030303030305A "
#define REASON(r) "300C 300A 0603 551D15 0403 0A01" r " "
#define L(...) (&(const struct rig_list){ __VA_ARGS__ })
#define INDIRECT "30 0A 0603 551D14 0403 020105 300F 0603 551D1C 0101FF 0405 3003 8401FF"

static struct crl_index *index_of(const struct rig_list *l)
{
	struct blob b = rig_make(l);
	struct crl_index *ix = rig_index((struct sk_span){ b.p, b.len });

	blob_free(&b);
	return ix;
}

/* What find says: a reason, or the status (negative). Bytes in hex. */
static int ask(const struct crl_index *ix, const char *issuer, const char *serial)
{
	struct blob i = { 0 }, s = { 0 };
	enum crl_reason reason = 7;
	enum sk_status st;

	blob_hex(&i, issuer);
	blob_hex(&s, serial);
	st = crl_index_find(ix, (struct sk_span){ i.p, i.len }, (struct sk_span){ s.p, s.len }, &reason);
	if (st != SK_OK)
		assert_int_equal(reason, 7);
	blob_free(&i);
	blob_free(&s);
	return st == SK_OK ? (int)reason : (int)st;
}

static void serial_numbers_are_numbers(void **state)
{
	struct crl_index *ix = index_of(L(.entries = "30 12 0201 12 " DATE "30 13 0202 00FF " DATE "30 12 0201 FF " DATE
						     "30 14 0203 800000 " DATE));

	(void)state;
	assert_int_equal(ask(ix, "", "12"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, "", "0012"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, "", "00000000000000000000000000000000000000000000000012"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, "", "00FF"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, "", "FF"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, "", "FFFFFF"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, "", "800000"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, "", "00800000"), SK_E_NOENT);
	assert_int_equal(ask(ix, "", "FE"), SK_E_NOENT);
	assert_int_equal(ask(ix, "", "1200"), SK_E_NOENT);
	assert_int_equal(ask(ix, "", "0112"), SK_E_NOENT);
	assert_int_equal(ask(ix, "", "112233445566778899AABBCCDDEEFF00112233445566778899"), SK_E_NOENT);
	assert_int_equal(ask(ix, "", ""), SK_E_FORMAT);
	crl_index_close(&ix);
}

static void an_empty_list(void **state)
{
	struct crl_index *ix = index_of(L(.entries = ""));

	(void)state;
	assert_int_equal(ask(ix, "", "12"), SK_E_NOENT);
	assert_int_equal(crl_index_check(ix), SK_OK);
	assert_int_equal(crl_index_facts(ix)->entries, 0);
	crl_index_close(&ix);
}

static void the_worse_of_equal_entries(void **state)
{
	struct crl_index *ix = index_of(
	    L(.entries = "30 20 0201 01 " DATE REASON("06") "30 20 0201 01 " DATE REASON("01") "30 20 0201 02 " DATE
		    REASON("08") "30 20 0201 03 " DATE REASON("08") "30 12 0201 03 " DATE "30 20 0201 04 " DATE
			REASON("01") "30 20 0201 04 " DATE REASON("06") "30 20 0201 05 " DATE REASON(
			    "06") "30 20 0201 05 " DATE REASON("08") "30 12 0201 06 " DATE "30 12 0201 06 " DATE));

	(void)state;
	assert_int_equal(crl_index_facts(ix)->entries, 6);
	assert_int_equal(ask(ix, "", "01"), CRL_KEY_COMPROMISE);
	assert_int_equal(ask(ix, "", "02"), CRL_REMOVE_FROM_CRL);
	assert_int_equal(ask(ix, "", "03"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, "", "04"), CRL_KEY_COMPROMISE);
	assert_int_equal(ask(ix, "", "05"), CRL_CERTIFICATE_HOLD);
	assert_int_equal(ask(ix, "", "06"), CRL_UNSPECIFIED);
	crl_index_close(&ix);
}

/* Names: CN=Root is the list's own (rig_make); CN=A, CN=B. */
#define ROOT "300F 310D 300B 0603 550403 0C04 526F6F74 "
#define ROOT_OTHERWISE "3011 310F 300D 0603 550403 1306 20724F6F5420 " /* PrintableString " rOoT " */
#define NAME_A "300C 310A 3008 0603 550403 0C01 41 "
#define NAME_A_SMALL "300C 310A 3008 0603 550403 1301 61 "
#define NAME_B "300C 310A 3008 0603 550403 0C01 42 "
#define NAME_C "300C 310A 3008 0603 550403 0C01 43 "
#define OF_A "301E 301C 0603 551D1D 0101FF 0412 3010 A40E " NAME_A
#define OF_B "301E 301C 0603 551D1D 0101FF 0412 3010 A40E " NAME_B
#define OF_ROOT "3023 3021 0603 551D1D 0101FF 0417 3015 A413 " ROOT_OTHERWISE

static void indirect_lists_tell_issuers_apart(void **state)
{
	/* 01 and 02 of the list's own issuer, 01 and 03 of A, 01 of B, 04 of the own again, named in another way. */
	struct crl_index *ix = index_of(L(.extensions = INDIRECT,
	    .entries = "30 12 0201 01 " DATE "30 12 0201 02 " DATE "30 32 0201 01 " DATE OF_A
		       "30 20 0201 03 " DATE REASON("01") "30 32 0201 01 " DATE OF_B "30 37 0201 04 " DATE OF_ROOT
							  "30 12 0201 05 " DATE));

	(void)state;
	assert_int_equal(crl_index_facts(ix)->entries, 7);
	assert_int_equal(ask(ix, ROOT, "01"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, ROOT_OTHERWISE, "01"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, ROOT, "02"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, ROOT, "03"), SK_E_NOENT);
	assert_int_equal(ask(ix, ROOT, "04"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, ROOT, "05"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, NAME_A, "01"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, NAME_A_SMALL, "01"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, NAME_A, "02"), SK_E_NOENT);
	/* An entry without certificateIssuer is of the issuer before. */
	assert_int_equal(ask(ix, NAME_A, "03"), CRL_KEY_COMPROMISE);
	assert_int_equal(ask(ix, NAME_B, "01"), CRL_UNSPECIFIED);
	assert_int_equal(ask(ix, NAME_B, "03"), SK_E_NOENT);
	assert_int_equal(ask(ix, NAME_C, "01"), SK_E_NOENT);
	assert_int_equal(ask(ix, NAME_A, "05"), SK_E_NOENT);
	assert_int_equal(ask(ix, "", "01"), SK_E_FORMAT);
	assert_int_equal(ask(ix, "3000 00", "01"), SK_E_FORMAT);
	crl_index_close(&ix);
}

static void certificate_issuers_that_are_refused(void **state)
{
	(void)state;
	/* No directoryName; two of them; not a Name. */
	rig_refused(L(.extensions = INDIRECT,
			.entries = "30 27 0201 01 " DATE "3013 3011 0603 551D1D 0101FF 0407 3005 8203 612E62"),
	    SK_E_FORMAT, "not well formed");
	rig_refused(
	    L(.extensions = INDIRECT,
		.entries = "30 42 0201 01 " DATE "302E 302C 0603 551D1D 0101FF 0422 3020 A40E " NAME_A "A40E " NAME_B),
	    SK_E_FORMAT, "not well formed");
	rig_refused(L(.extensions = INDIRECT,
			.entries = "30 28 0201 01 " DATE "3014 3012 0603 551D1D 0101FF 0408 3006 A404 3002 3100"),
	    SK_E_FORMAT, "issuer that is not well formed");
	/* Then the list's own name must be one that can be compared. */
	rig_refused(L(.issuer = "3002 3000", .extensions = INDIRECT), SK_E_FORMAT, "not a well-formed name");
}

/* More issuers than numbers; each of them with serial number 1. */
static void many_issuers(void **state)
{
	struct blob entries = { 0 };
	char what[CRL_WHAT_MAX] = "", name[64];
	struct blob list, one = { 0 };
	struct crl_index *ix;
	struct crl_facts f;

	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		char hex[256];

		(void)snprintf(hex, sizeof(hex),
		    "30 34 0201 01 " DATE
		    "3020 301E 0603 551D1D 0101FF 0414 3012 A410 300E 310C 300A 0603 550403 1303 %06X",
		    0x200000 + (i >> 14 << 16 | (i >> 7 & 0x7F) << 8 | (i & 0x7F)));
		one.len = 0;
		blob_hex(&one, hex);
		blob_add(&entries, one.p, one.len);
		if (i != 65534 && i != 65535)
			continue;
		list = rig_make(L(.extensions = INDIRECT, .entries_blob = &entries));
		if (i == 65534) {
			ix = rig_index((struct sk_span){ list.p, list.len });
			for (unsigned k = 0; k < 65535; k += 1111) {
				(void)snprintf(name, sizeof(name), "300E 310C 300A 0603 550403 1303 %06X",
				    0x200000 + (k >> 14 << 16 | (k >> 7 & 0x7F) << 8 | (k & 0x7F)));
				/* Letters A-Z and spaces in them make some names equal; they are all in the list. */
				assert_int_equal(ask(ix, name, "01"), CRL_UNSPECIFIED);
				assert_int_equal(ask(ix, name, "02"), SK_E_NOENT);
			}
			assert_int_equal(crl_index_check(ix), SK_OK);
			crl_index_close(&ix);
		}
		blob_free(&list);
	}
	/* In 20 bits of other letters every name is another one. */
	entries.len = 0;
	for (unsigned i = 0; i < 65536; i++) {
		char hex[256];

		(void)snprintf(hex, sizeof(hex),
		    "30 36 0201 01 " DATE
		    "3022 3020 0603 551D1D 0101FF 0416 3014 A412 3010 310E 300C 0603 550403 1305 %02X%02X%02X%02X61",
		    0x61 + (i & 15), 0x61 + (i >> 4 & 15), 0x61 + (i >> 8 & 15), 0x61 + (i >> 12 & 15));
		one.len = 0;
		blob_hex(&one, hex);
		blob_add(&entries, one.p, one.len);
	}
	list = rig_make(L(.extensions = INDIRECT, .entries_blob = &entries));
	assert_int_equal(rig_compile((struct sk_span){ list.p, list.len }, &f, what), SK_E_SPACE);
	assert_non_null(strstr(what, "more issuers"));
	blob_free(&list);
	blob_free(&one);
	blob_free(&entries);
}

/* A list of n entries with serial numbers 100000, 100007, 100014 ... */
static struct blob counted(unsigned n, const char *extensions)
{
	struct blob entries = { 0 }, list;

	for (unsigned i = 0; i < n; i++) {
		char hex[64];

		(void)snprintf(hex, sizeof(hex), "30 14 0203 %06X " DATE, 100000 + 7 * i);
		blob_hex(&entries, hex);
	}
	list = rig_make(L(.entries_blob = &entries, .extensions = extensions));
	blob_free(&entries);
	return list;
}

static int ask_number(const struct crl_index *ix, unsigned number)
{
	char hex[16];

	(void)snprintf(hex, sizeof(hex), "%06X", number);
	return ask(ix, ROOT, hex);
}

/* The first of 4,000 entries names the list's own issuer, otherwise written, and the others follow it: on any page they are its own. */
static void own_issuer_by_name(void **state)
{
	struct blob entries = { 0 }, list;
	struct crl_index *ix;

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		char hex[256];

		(void)snprintf(hex, sizeof(hex), i == 0 ? "30 39 0203 %06X " DATE OF_ROOT : "30 14 0203 %06X " DATE,
		    100000 + 7 * i);
		blob_hex(&entries, hex);
	}
	list = rig_make(L(.entries_blob = &entries, .extensions = INDIRECT));
	ix = rig_index((struct sk_span){ list.p, list.len });
	for (unsigned i = 0; i < 4000; i++) {
		assert_int_equal(ask_number(ix, 100000 + 7 * i), CRL_UNSPECIFIED);
		assert_int_equal(ask_number(ix, 100001 + 7 * i), SK_E_NOENT);
	}
	crl_index_close(&ix);
	blob_free(&list);
	blob_free(&entries);
}

static void put_file(const uint8_t *p, size_t len)
{
	int fd = openat(rig_dir, "x.idx", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0 && write(fd, p, len) == (ssize_t)len && close(fd) == 0);
}

static uint8_t *get_file(size_t *ret_len)
{
	int fd = openat(rig_dir, "x.idx", O_RDONLY);
	struct stat sb;
	uint8_t *p;

	assert_true(fd >= 0 && fstat(fd, &sb) == 0);
	p = malloc((size_t)sb.st_size);
	assert_true(p && read(fd, p, (size_t)sb.st_size) == sb.st_size && close(fd) == 0);
	*ret_len = (size_t)sb.st_size;
	return p;
}

/* With one bit of a page wrong: the right answer or CORRUPT for every number, and CORRUPT for some when the page is one that is read. */
static void flip(uint8_t *file, size_t len, size_t bit, unsigned entries, unsigned *ret_damaged)
{
	struct crl_index *ix = NULL;
	char what[CRL_WHAT_MAX] = "";
	enum sk_status st;

	file[bit / 8] ^= (uint8_t)(1u << bit % 8);
	put_file(file, len);
	file[bit / 8] ^= (uint8_t)(1u << bit % 8);
	st = crl_index_open(rig_dir, "x.idx", &ix, what);
	*ret_damaged = 0;
	if (st != SK_OK) {
		assert_int_equal(st, SK_E_CORRUPT);
		assert_non_null(strstr(what, "damaged"));
		*ret_damaged = UINT32_MAX;
		return;
	}
	for (unsigned i = 0; i < entries; i += 3) {
		int in = ask_number(ix, 100000 + 7 * i), out = ask_number(ix, 100001 + 7 * i);

		assert_true(in == CRL_UNSPECIFIED || in == SK_E_CORRUPT);
		assert_true(out == SK_E_NOENT || out == SK_E_CORRUPT);
		*ret_damaged += (unsigned)((in == SK_E_CORRUPT) + (out == SK_E_CORRUPT));
	}
	assert_int_equal(crl_index_check(ix), SK_E_CORRUPT);
	crl_index_close(&ix);
}

static void no_damage_is_answered_from(void **state)
{
	struct blob list = counted(4000, NULL);
	struct crl_index *ix = rig_index((struct sk_span){ list.p, list.len });
	size_t len = 0;
	uint8_t *file = get_file(&len);
	unsigned damaged;

	(void)state;
	crl_index_close(&ix);
	/* Header, four record pages, a directory page. */
	assert_int_equal(len, 6 * 4096);
	rig_random_seed(7);
	for (size_t page = 0; page < len / 4096; page++)
		for (unsigned i = 0; i < 40; i++) {
			size_t bit = i == 0 ? 0 : i == 1 ? 4096 * 8 - 1 : i == 2 ? 4092 * 8 : rig_random() % (4096 * 8);

			flip(file, len, page * 4096 * 8 + bit, 4000, &damaged);
			assert_true(damaged > 0);
		}
	free(file);
	blob_free(&list);
}

/* Pages exchanged, or of another index of the same list: right by themselves, wrong here. */
static void pages_belong_where_they_are(void **state)
{
	struct blob list = counted(4000, NULL);
	struct crl_index *ix = rig_index((struct sk_span){ list.p, list.len });
	size_t len = 0, other_len = 0;
	uint8_t *file = get_file(&len), *other, *mixed = malloc(len);
	char what[CRL_WHAT_MAX];

	(void)state;
	crl_index_close(&ix);
	ix = rig_index((struct sk_span){ list.p, list.len });
	crl_index_close(&ix);
	other = get_file(&other_len);
	assert_int_equal(len, other_len);
	assert_non_null(mixed);
	memcpy(mixed, file, len);
	memcpy(mixed + 4096, file + 2 * 4096, 4096);
	put_file(mixed, len);
	assert_int_equal(crl_index_open(rig_dir, "x.idx", &ix, what), SK_OK);
	assert_int_equal(crl_index_check(ix), SK_E_CORRUPT);
	crl_index_close(&ix);
	memcpy(mixed, file, len);
	memcpy(mixed + 4096, other + 4096, 4096);
	put_file(mixed, len);
	assert_int_equal(crl_index_open(rig_dir, "x.idx", &ix, what), SK_OK);
	assert_int_equal(crl_index_check(ix), SK_E_CORRUPT);
	crl_index_close(&ix);
	free(mixed);
	free(other);
	free(file);
	blob_free(&list);
}

static void files_that_are_no_index(void **state)
{
	struct blob list = counted(300, NULL);
	struct crl_index *ix = rig_index((struct sk_span){ list.p, list.len });
	char what[CRL_WHAT_MAX] = "";
	size_t len = 0;
	uint8_t *file = get_file(&len);
	static const size_t cuts[] = { 0, 1, 4095, 4096, 8192, 8193 };

	(void)state;
	crl_index_close(&ix);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		put_file(file, cuts[i]);
		assert_int_equal(crl_index_open(rig_dir, "x.idx", &ix, what), SK_E_CORRUPT);
	}
	put_file(file, len);
	{
		int fd = openat(rig_dir, "x.idx", O_WRONLY | O_APPEND);

		assert_true(fd >= 0 && write(fd, file, 4096) == 4096 && close(fd) == 0);
	}
	assert_int_equal(crl_index_open(rig_dir, "x.idx", &ix, what), SK_E_CORRUPT);
	put_file(file, len);
	assert_int_equal(fchmodat(rig_dir, "x.idx", 0620, 0), 0);
	assert_int_equal(crl_index_open(rig_dir, "x.idx", &ix, what), SK_E_DENIED);
	assert_int_equal(fchmodat(rig_dir, "x.idx", 0602, 0), 0);
	assert_int_equal(crl_index_open(rig_dir, "x.idx", &ix, what), SK_E_DENIED);
	assert_int_equal(fchmodat(rig_dir, "x.idx", 0600, 0), 0);
	assert_int_equal(symlinkat("x.idx", rig_dir, "link"), 0);
	assert_int_equal(crl_index_open(rig_dir, "link", &ix, what), SK_E_DENIED);
	assert_int_equal(unlinkat(rig_dir, "link", 0), 0);
	assert_int_equal(crl_index_open(rig_dir, "nothing", &ix, what), SK_E_NOENT);
	assert_int_equal(mkfifoat(rig_dir, "fifo", 0600), 0);
	assert_int_equal(crl_index_open(rig_dir, "fifo", &ix, what), SK_E_DENIED);
	assert_int_equal(unlinkat(rig_dir, "fifo", 0), 0);
	assert_int_equal(crl_index_open(rig_dir, "x.idx", &ix, what), SK_OK);
	crl_index_close(&ix);
	crl_index_close(&ix);
	free(file);
	blob_free(&list);
}

/* Enough entries for buffers to go to the file and for more than one directory page; all found, neighbours not. */
static void a_large_list(void **state)
{
	struct blob list = counted(700000, NULL);
	struct crl_index *ix = rig_index((struct sk_span){ list.p, list.len });

	(void)state;
	assert_int_equal(crl_index_facts(ix)->entries, 700000);
	assert_int_equal(crl_index_check(ix), SK_OK);
	for (unsigned i = 0; i < 700000; i++) {
		uint8_t s[3];
		enum crl_reason r;

		for (unsigned k = 0; k < 2; k++) {
			uint32_t n = 100000 + 7 * i + k;

			s[0] = (uint8_t)(n >> 16);
			s[1] = (uint8_t)(n >> 8);
			s[2] = (uint8_t)n;
			assert_int_equal(crl_index_find(ix, (struct sk_span){ NULL, 0 }, (struct sk_span){ s, 3 }, &r),
			    k == 0 ? SK_OK : SK_E_NOENT);
		}
	}
	crl_index_close(&ix);
	blob_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serial_numbers_are_numbers),
		cmocka_unit_test(an_empty_list),
		cmocka_unit_test(the_worse_of_equal_entries),
		cmocka_unit_test(indirect_lists_tell_issuers_apart),
		cmocka_unit_test(certificate_issuers_that_are_refused),
		cmocka_unit_test(own_issuer_by_name),
		cmocka_unit_test(many_issuers),
		cmocka_unit_test(no_damage_is_answered_from),
		cmocka_unit_test(pages_belong_where_they_are),
		cmocka_unit_test(files_that_are_no_index),
		cmocka_unit_test(a_large_list),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
