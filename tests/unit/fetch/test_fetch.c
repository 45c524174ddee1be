/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_fetch.c
 * @brief The parts of sekisho-fetch that need no network: URLs, lists out of a directory's answer, requests by GET.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fetch/fetch.h"
#include "fetch/ldif.h"
#include "url/url.h"

static void urls(void **state)
{
	static const struct {
		const char *url;
		unsigned schemes;
		enum sk_status want;
	} rows[] = {
		{ "http://ocsp.example/", URL_WEB, SK_OK },
		{ "HTTPS://ocsp.example:8443/a%20b?c=d", URL_WEB, SK_OK },
		{ "http://h", URL_WEB, SK_OK },
		{ "http://[2001:db8::1]:80/x", URL_WEB, SK_OK },
		{ "ldap://d.example:389/cn=ca,o=jp?certificateRevocationList;binary", URL_ANY, SK_OK },
		{ "ldap://d.example/", URL_WEB, SK_E_UNSUPPORTED },
		{ "file:///etc/passwd", URL_ANY, SK_E_UNSUPPORTED },
		{ "ftp://h/", URL_ANY, SK_E_UNSUPPORTED },
		{ "gopher://h/", URL_ANY, SK_E_UNSUPPORTED },
		{ "http:/h/", URL_ANY, SK_E_UNSUPPORTED },
		{ "", URL_ANY, SK_E_UNSUPPORTED },
		{ "cdp", URL_ANY, SK_E_UNSUPPORTED },
		{ "http:///path", URL_ANY, SK_E_FORMAT },
		{ "http://user@h/", URL_ANY, SK_E_FORMAT },
		{ "http://user:pw@h/", URL_ANY, SK_E_FORMAT },
		{ "http://h:/", URL_ANY, SK_E_FORMAT },
		{ "http://h:123456/", URL_ANY, SK_E_FORMAT },
		{ "http://h:8a/", URL_ANY, SK_E_FORMAT },
		{ "http://[::1", URL_ANY, SK_E_FORMAT },
		{ "http://[]/", URL_ANY, SK_E_FORMAT },
		{ "http://[::1]x/", URL_ANY, SK_E_FORMAT },
		{ "http://h/a b", URL_ANY, SK_E_FORMAT },
		{ "http://h/\n", URL_ANY, SK_E_FORMAT },
		{ "http://h/\xE3\x81\x82", URL_ANY, SK_E_FORMAT },
		{ "http://h/#x", URL_ANY, SK_E_FORMAT },
		{ "http://h\\x/", URL_ANY, SK_E_FORMAT },
		{ "http://h/{a,b}", URL_ANY, SK_E_FORMAT },
	};
	char longest[URL_LEN_MAX + 2];
	enum url_scheme scheme = URL_LDAPS;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (url_check(rows[i].url, rows[i].schemes, &scheme) != rows[i].want)
			fail_msg("%s", rows[i].url);
	assert_int_equal(url_check("ldap://h/", URL_ANY, &scheme), SK_OK);
	assert_int_equal(scheme, URL_LDAP);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "http://", 7);
	longest[URL_LEN_MAX + 1] = '\0';
	assert_int_equal(url_check(longest, URL_ANY, &scheme), SK_E_SPACE);
	longest[URL_LEN_MAX] = '\0';
	assert_int_equal(url_check(longest, URL_ANY, &scheme), SK_OK);
}

static void get_url(void **state)
{
	/* every digit that has to be escaped, and each length of padding */
	static const uint8_t der[] = { 0xFB, 0xFF, 0xBF, 0x01 };
	uint8_t zeros[300] = { 0 };
	char url[256];

	(void)state;
	assert_int_equal(fetch_get_url("http://h", (struct sk_span){ der, 4 }, url), SK_OK);
	assert_string_equal(url, "http://h/%2B%2F%2B%2FAQ%3D%3D");
	assert_int_equal(fetch_get_url("http://h/", (struct sk_span){ der, 2 }, url), SK_OK);
	assert_string_equal(url, "http://h/%2B%2F8%3D");
	assert_int_equal(fetch_get_url("http://h/", (struct sk_span){ der, 3 }, url), SK_OK);
	assert_string_equal(url, "http://h/%2B%2F%2B%2F");
	/* 255 characters and not one more (RFC 5019, 5) */
	assert_int_equal(fetch_get_url("http://hh/", (struct sk_span){ zeros, 180 }, url), SK_OK);
	assert_int_equal(strlen(url), 250);
	assert_int_equal(fetch_get_url("http://hh/", (struct sk_span){ zeros, 183 }, url), SK_OK);
	assert_int_equal(fetch_get_url("http://hhh/xxx", (struct sk_span){ zeros, 183 }, url), SK_E_SPACE);
	assert_int_equal(fetch_get_url("http://hh/", (struct sk_span){ zeros, 300 }, url), SK_E_SPACE);
}

/* What came out. */
static uint8_t out[256];
static size_t out_len;

static enum sk_status sink(void *arg, struct sk_span bytes)
{
	size_t max = *(const size_t *)arg;

	if (bytes.len > max - out_len)
		return SK_E_SPACE;
	memcpy(out + out_len, bytes.p, bytes.len);
	out_len += bytes.len;
	return SK_OK;
}

/* In pieces of n bytes. */
static enum sk_status decode(const char *text, size_t n)
{
	size_t max = sizeof(out), len = strlen(text);
	struct ldif l = { 0 };
	enum sk_status st = SK_OK;

	out_len = 0;
	for (size_t at = 0; at < len && st == SK_OK; at += n)
		st = ldif_feed(&l, (struct sk_span){ (const uint8_t *)text + at, len - at < n ? len - at : n }, sink,
		    &max);
	return st == SK_OK ? ldif_end(&l) : st;
}

static void lists(void **state)
{
	static const char
	    text[] = "DN: cn=ca,o=jp\n\tcn: ca\n\tcertificateRevocationList;binary:: MAMCAQU=\n\tdescription: x:y\n\n";

	(void)state;
	for (size_t n = 1; n <= sizeof(text); n++) {
		assert_int_equal(decode(text, n), SK_OK);
		assert_int_equal(out_len, 5);
		assert_memory_equal(out, "\x30\x03\x02\x01\x05", 5);
	}
	assert_int_equal(decode("DN: x\n\tdeltaRevocationList;binary:: AAAA\n", 7), SK_OK);
	assert_int_equal(out_len, 3);
	assert_int_equal(decode("DN: x\n\tAUTHORITYREVOCATIONLIST:: AA==\n", 7), SK_OK);
	assert_int_equal(out_len, 1);
}

static void no_lists(void **state)
{
	static const struct {
		const char *text;
		enum sk_status want;
	} rows[] = {
		{ "", SK_E_NOENT },
		{ "DN: cn=ca\n\n", SK_E_NOENT },
		{ "DN: x\n\tcACertificate;binary:: AAAA\n", SK_E_NOENT },
		{ "DN: x\n\tcertificateRevocationListX:: AAAA\n", SK_E_NOENT },
		{ "certificateRevocationList;binary:: AAAA\n", SK_E_NOENT }, /* a DN could hold that */
		{ "DN: x\n\tcertificateRevocationList;binary: AAAA\n", SK_E_UNSUPPORTED },
		{ "DN: x\n\tcertificateRevocationList;binary:: AAAA\n\tcertificateRevocationList;binary:: AAAA\n",
		    SK_E_FORMAT },
		{ "DN: x\n\tcertificateRevocationList;binary::AAAA\n", SK_E_FORMAT },
		{ "DN: x\n\tcertificateRevocationList;binary:: AAA\n", SK_E_FORMAT },
		{ "DN: x\n\tcertificateRevocationList;binary:: A===\n", SK_E_FORMAT },
		{ "DN: x\n\tcertificateRevocationList;binary:: AA=A\n", SK_E_FORMAT },
		{ "DN: x\n\tcertificateRevocationList;binary:: AA==AAAA\n", SK_E_FORMAT },
		{ "DN: x\n\tcertificateRevocationList;binary:: AA.A\n", SK_E_FORMAT },
		{ "DN: x\n\tcertificateRevocationList;binary:: AAAA", SK_E_FORMAT },
		{ "DN: x\n\tcertificateRevocationList;binary:: ", SK_E_FORMAT },
	};
	struct ldif l = { 0 };
	size_t max = 2;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (decode(rows[i].text, 5) != rows[i].want)
			fail_msg("%s", rows[i].text);
	/* the sink's own reason comes through */
	out_len = 0;
	assert_int_equal(ldif_feed(&l,
			     (struct sk_span){ (const uint8_t *)"D\n\tcertificateRevocationList:: AAAA\n", 36 }, sink,
			     &max),
	    SK_E_SPACE);
}

/* What is refused before a socket is opened. */
static void refused(void **state)
{
	static const uint8_t der[] = { 0x30, 0x00 };
	int64_t modified = 0;
	struct fetch_ask q = { .url = "file:///etc/hostname", .proxy = "", .max = 1000, .deadline_s = 5 };
	char text[FETCH_TEXT_MAX] = "";
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	assert_int_equal(fetch_run(&q, fileno(f), &modified, text), SK_E_ARG);
	assert_int_equal(lseek(fileno(f), 0, SEEK_END), 0);
	q.url = "ldap://127.0.0.1/o=jp";
	q.request = (struct sk_span){ der, sizeof(der) };
	assert_int_equal(fetch_run(&q, fileno(f), &modified, text), SK_E_ARG);
	/* nobody listens on the port of discard */
	q.url = "http://127.0.0.1:9/";
	assert_int_equal(fetch_run(&q, fileno(f), &modified, text), SK_E_GONE);
	assert_string_not_equal(text, "");
	assert_int_equal(fclose(f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
		cmocka_unit_test(get_url),
		cmocka_unit_test(lists),
		cmocka_unit_test(no_lists),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
