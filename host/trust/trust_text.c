/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_text.c
 * @brief Names, numbers and times of certificates as text that cannot disturb a screen or a log.
 *
 * Rules
 *  1. A name comes from outside: no control, invisible or direction-changing character MUST leave here unescaped.
 *  2. Text is cut at the end of a character (or escape), never inside it.
 */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/utf8.h"
#include "trust/trust_impl.h"

/* Ranges of code points that show nothing or change how others are shown. Variation selectors are not here:
 * names of Japanese persons use them. */
static const struct {
	uint32_t first, last;
} text_hidden[] = {
	{ 0x0000, 0x001F }, { 0x007F, 0x009F }, { 0x00AD, 0x00AD }, { 0x034F, 0x034F }, { 0x061C, 0x061C },
	{ 0x115F, 0x1160 }, { 0x17B4, 0x17B5 }, { 0x180B, 0x180F }, { 0x200B, 0x200F }, { 0x2028, 0x202E },
	{ 0x2060, 0x206F }, { 0x3164, 0x3164 }, { 0xD800, 0xDFFF }, { 0xFEFF, 0xFEFF }, { 0xFFA0, 0xFFA0 },
	{ 0xFFF0, 0xFFFB }, { 0xFFFE, 0xFFFF }, { 0x1BCA0, 0x1BCA3 }, { 0x1D173, 0x1D17A }, { 0xE0000, 0xE00FF },
};

static bool text_is_hidden(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(text_hidden) / sizeof(text_hidden[0]); i++)
		if (cp >= text_hidden[i].first && cp <= text_hidden[i].last)
			return true;
	return cp > 0x10FFFF;
}

/* One UTF-8 character (RFC 3629). Returns its length, 0 when the bytes are not UTF-8. */
static size_t text_get_char(const uint8_t *p, size_t left, uint32_t *ret_cp)
{
	size_t n = sk_utf8_len(p, left);
	uint32_t cp = n == 1 ? p[0] : p[0] & (0x7Fu >> n);

	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (p[i] & 0x3Fu);
	if (n > 0)
		*ret_cp = cp;
	return n;
}

static bool text_is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* How many bytes from p belong together: an escape of RFC 2253, a character, or one stray byte. */
static size_t text_unit(const uint8_t *p, size_t left, bool *ret_hide)
{
	uint32_t cp = 0;
	size_t n;

	*ret_hide = false;
	if (p[0] == '\\' && left >= 3 && text_is_hex(p[1]) && text_is_hex(p[2]))
		return 3;
	if (p[0] == '\\' && left >= 2 && p[1] >= 0x20 && p[1] < 0x7F)
		return 2;
	n = text_get_char(p, left, &cp);
	*ret_hide = n == 0 || text_is_hidden(cp);
	return n == 0 ? 1 : n;
}

/* Copy with escapes; cut text ends in "...". */
static void text_escape(const uint8_t *p, size_t len, char ret_text[static TRUST_NAME_MAX + 1])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t at = 0, mark = 0; /* mark: the last place where "..." still fits */

	for (size_t i = 0; i < len;) {
		bool hide;
		size_t n = text_unit(p + i, len - i, &hide);
		size_t out = hide ? 3 * n : n;

		if (at <= TRUST_NAME_MAX - 3)
			mark = at;
		if (out > TRUST_NAME_MAX - at) {
			memcpy(ret_text + mark, "...", 4);
			return;
		}
		for (size_t k = 0; k < n; k++) {
			if (hide) {
				ret_text[at++] = '\\';
				ret_text[at++] = digits[p[i + k] >> 4];
				ret_text[at++] = digits[p[i + k] & 15];
			} else {
				ret_text[at++] = (char)p[i + k];
			}
		}
		i += n;
	}
	ret_text[at] = '\0';
}

enum sk_status trust_text_name(const X509_NAME *name, char ret_text[static TRUST_NAME_MAX + 1])
{
	const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	BIO *bio = BIO_new(BIO_s_mem());
	enum sk_status st = SK_E_FORMAT;
	char *p = NULL;
	long len;

	if (!bio)
		return SK_E_NOMEM;
	if (X509_NAME_print_ex(bio, name, 0, flags) < 0)
		goto out;
	len = BIO_get_mem_data(bio, &p);
	if (len < 0 || (len > 0 && !p))
		goto out;
	text_escape((const uint8_t *)p, (size_t)len, ret_text);
	st = SK_OK;
out:
	BIO_free(bio);
	return st;
}

enum sk_status trust_text_number(const BIGNUM *n, char ret_text[static TRUST_SERIAL_MAX])
{
	char *hex;
	size_t len;

	/* RFC 5280, 4.1.2.2 and 5.2.3: not longer than 20 octets. */
	if (BN_num_bits(n) > 160)
		return SK_E_FORMAT;
	hex = BN_bn2hex(n);
	if (!hex)
		return SK_E_NOMEM;
	len = strlen(hex);
	if (len < TRUST_SERIAL_MAX)
		memcpy(ret_text, hex, len + 1);
	OPENSSL_free(hex);
	return len < TRUST_SERIAL_MAX ? SK_OK : SK_E_FORMAT;
}

enum sk_status trust_text_integer(const ASN1_INTEGER *n, char ret_text[static TRUST_SERIAL_MAX])
{
	BIGNUM *bn;
	enum sk_status st;

	if (ASN1_STRING_length(n) < 0 || ASN1_STRING_length(n) > 20)
		return SK_E_FORMAT;
	bn = ASN1_INTEGER_to_BN(n, NULL);
	if (!bn)
		return SK_E_NOMEM;
	st = trust_text_number(bn, ret_text);
	BN_free(bn);
	return st;
}

enum sk_status trust_text_time(const ASN1_TIME *t, int64_t *ret_s)
{
	const uint8_t *p = ASN1_STRING_get0_data(t);
	int len = ASN1_STRING_length(t);
	int want = ASN1_STRING_type(t) == V_ASN1_UTCTIME ? 13 : 15;
	struct tm tm;

	/* Seconds and Zulu, no fraction: ASN1_TIME_to_tm() would take more than that. */
	if (len != want || p[len - 1] != 'Z' || ASN1_TIME_to_tm(t, &tm) != 1)
		return SK_E_FORMAT;
	*ret_s = (int64_t)timegm(&tm);
	return SK_OK;
}

void trust_text_hex(const uint8_t *p, size_t len, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		ret_text[2 * i] = digits[p[i] >> 4];
		ret_text[2 * i + 1] = digits[p[i] & 15];
	}
	ret_text[2 * len] = '\0';
}

void trust_text_what(char reterr_what[static TRUST_WHAT_MAX], const char *file, const char *sentence)
{
	char name[73];
	size_t n = 0;

	for (; n < sizeof(name) - 1 && file[n] != '\0'; n++) {
		name[n] = '?';
		if (file[n] >= 0x20 && file[n] < 0x7F)
			name[n] = file[n];
	}
	name[n] = '\0';
	(void)snprintf(reterr_what, TRUST_WHAT_MAX, "%s: %s", name, sentence);
}

void trust_text_say(char reterr_what[static TRUST_WHAT_MAX], const char *sentence)
{
	(void)snprintf(reterr_what, TRUST_WHAT_MAX, "%s", sentence);
}
