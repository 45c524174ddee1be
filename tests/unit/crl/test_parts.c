/* SPDX-License-Identifier: Apache-2.0 */
/* The parts by themselves, against published vectors and libcrypto: SipHash, CRC-32C, names, facts as bytes, PEM, a slow source. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crl/build.h"
#include "crl/crc32c.h"
#include "crl/facts.h"
#include "crl/name.h"
#include "crl/siphash.h"
#include "crl_rig.h"

static void siphash_as_libcrypto_does(void **state)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	size_t size = 8, len = 0;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end() };
	uint8_t key[16], in[64], out[8];

	(void)state;
	assert_non_null(ctx);
	for (unsigned i = 0; i < 16; i++)
		key[i] = (uint8_t)i;
	for (unsigned i = 0; i < 64; i++)
		in[i] = (uint8_t)i;
	/* The paper's appendix A: 15 bytes. */
	assert_true(siphash(key, in, 15) == UINT64_C(0xa129ca6149be45e5));
	for (unsigned n = 0; n <= 64; n++) {
		uint64_t want = 0;

		assert_int_equal(EVP_MAC_init(ctx, key, 16, params), 1);
		assert_int_equal(EVP_MAC_update(ctx, in, n), 1);
		assert_int_equal(EVP_MAC_final(ctx, out, &len, sizeof(out)), 1);
		for (unsigned i = 0; i < 8; i++)
			want |= (uint64_t)out[i] << 8 * i;
		assert_true(siphash(key, in, n) == want);
	}
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

/* RFC 3720, B.4, and the usual check value; in pieces as in one. */
static void crc32c_vectors(void **state)
{
	uint8_t zeros[32] = { 0 }, ones[32], up[32];

	(void)state;
	memset(ones, 0xFF, sizeof(ones));
	for (unsigned i = 0; i < 32; i++)
		up[i] = (uint8_t)i;
	assert_int_equal(crc32c(0, zeros, 32), 0x8A9136AA);
	assert_int_equal(crc32c(0, ones, 32), 0x62A8AB43);
	assert_int_equal(crc32c(0, up, 32), 0x46DD794E);
	assert_int_equal(crc32c(0, (const uint8_t *)"123456789", 9), 0xE3069283);
	for (unsigned i = 0; i <= 32; i++)
		assert_int_equal(crc32c(crc32c(0, up, i), up + i, 32 - i), 0x46DD794E);
}

/* --- names: X509_NAME_cmp() is the judge --- */

static X509_NAME *random_name(void)
{
	static const char *const fields[] = { "CN", "O", "OU", "C" };
	static const char *const texts[] = { "root", "Root", " root ", "ro  ot", "ro ot", "RO\tOT", "r\xC3\xB6t",
		"R\xC3\xB6T", "x" };
	static const int types[] = { V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING, V_ASN1_T61STRING,
		V_ASN1_BMPSTRING };
	X509_NAME *name = X509_NAME_new();
	unsigned n = 1 + (unsigned)(rig_random() % 2);

	assert_non_null(name);
	for (unsigned i = 0; i < n; i++) {
		const char *text = texts[rig_random() % 9];
		int type = types[rig_random() % 5], set = i > 0 && rig_random() % 3 == 0 ? -1 : 0;
		unsigned char wide[64];
		int len = (int)strlen(text);

		if (type == V_ASN1_BMPSTRING) {
			for (int k = 0; k < len; k++) {
				wide[2 * k] = 0;
				wide[2 * k + 1] = (unsigned char)text[k];
			}
			text = (const char *)wide;
			len *= 2;
		}
		assert_int_equal(X509_NAME_add_entry_by_txt(name, fields[rig_random() % 2], type,
				     (const unsigned char *)text, len, -1, set),
		    1);
	}
	return name;
}

static enum sk_status id_of(X509_NAME *name, uint8_t id[static CRL_NAME_ID_LEN])
{
	const unsigned char *der = NULL;
	size_t len = 0;

	/* Encodes what was put together. */
	assert_true(i2d_X509_NAME(name, NULL) > 0);
	assert_int_equal(X509_NAME_get0_der(name, &der, &len), 1);
	return crl_name_id((struct sk_span){ der, len }, id);
}

static void names_are_equal_when_libcrypto_says_so(void **state)
{
	unsigned equal = 0;

	(void)state;
	rig_random_seed(11);
	for (unsigned i = 0; i < 60000; i++) {
		X509_NAME *a = random_name(), *b = random_name();
		uint8_t ia[CRL_NAME_ID_LEN], ib[CRL_NAME_ID_LEN];
		bool same;

		assert_int_equal(id_of(a, ia), SK_OK);
		assert_int_equal(id_of(b, ib), SK_OK);
		same = X509_NAME_cmp(a, b) == 0;
		equal += same;
		if (same != (memcmp(ia, ib, sizeof(ia)) == 0)) {
			X509_NAME_print_ex_fp(stdout, a, 0, XN_FLAG_ONELINE | ASN1_STRFLGS_SHOW_TYPE);
			printf("\n");
			X509_NAME_print_ex_fp(stdout, b, 0, XN_FLAG_ONELINE | ASN1_STRFLGS_SHOW_TYPE);
			fail_msg("\nlibcrypto says that they are %s", same ? "equal" : "different");
		}
		X509_NAME_free(a);
		X509_NAME_free(b);
	}
	/* The question was put both ways often enough. */
	assert_true(equal > 500 && equal < 50000);
}

static void names_that_are_none(void **state)
{
	static const char *const bad[] = { "", "3000 00", "3100", "3002 3000", "3002 3100", "3004 3102 3000",
		"3006 3104 3002 0500", "300B 3109 3007 0603 550403 0C00 00", "300D 310B 3009 0603 550403 1E02 41",
		"300E 310C 300A 0603 550403 1E03 414141", "3010 310E 300C 0603 550403 1C05 00110000 41",
		"300F 310D 300B 0603 550403 1C04 00110000" };
	uint8_t id[CRL_NAME_ID_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct blob b = { 0 };

		blob_hex(&b, bad[i]);
		if (crl_name_id((struct sk_span){ b.p, b.len }, id) != SK_E_FORMAT)
			fail_msg("accepted: %s", bad[i]);
		blob_free(&b);
	}
}

/* --- facts --- */

static struct crl_facts full_facts(void)
{
	struct crl_facts f = { .issuer_len = CRL_NAME_MAX,
		.this_update = -1,
		.next_update = INT64_C(253402300799),
		.number_len = 20,
		.delta = true,
		.base_len = 20,
		.aki_len = CRL_AKI_MAX,
		.idp_len = CRL_IDP_MAX,
		.indirect = true,
		.only_attribute = true,
		.some_reasons = 0x1FE,
		.entries = CRL_ENTRIES_MAX,
		.sigalg = CRL_ECDSA_SHA512,
		.tbs_digest_len = 64,
		.signature_len = CRL_SIGNATURE_MAX,
		.der_len = CRL_DER_MAX };

	memset(f.issuer, 0xA5, sizeof(f.issuer));
	memset(f.idp, 0x5A, sizeof(f.idp));
	memset(f.signature, 0x77, sizeof(f.signature));
	memset(f.der_hash, 0x11, sizeof(f.der_hash));
	memset(f.tbs_digest, 0x22, sizeof(f.tbs_digest));
	return f;
}

static void the_longest_facts_come_back(void **state)
{
	struct crl_facts f = full_facts(), back = { 0 };
	uint8_t buf[CRL_FACTS_BYTES_MAX];
	char what[CRL_WHAT_MAX];
	size_t len = 0;

	(void)state;
	assert_int_equal(crl_facts_put(&f, buf, sizeof(buf), &len), SK_OK);
	assert_int_equal(crl_answer_get((struct sk_span){ buf, len }, &back, what), SK_OK);
	rig_same_facts(&f, &back);
	assert_int_equal(back.this_update, -1);
	assert_true(back.indirect && back.only_attribute && back.delta && !back.only_user && !back.only_ca);
	/* Cut, or longer: nothing. */
	for (size_t n = 0; n < len; n += n < 100 || n + 100 > len ? 1 : 61)
		assert_int_equal(crl_facts_get((struct sk_span){ buf, n }, &back), SK_E_FORMAT);
	buf[len] = 0;
	assert_int_equal(crl_facts_get((struct sk_span){ buf, len + 1 }, &back), SK_E_FORMAT);
	assert_int_equal(crl_facts_put(&f, buf, len - 1, &len), SK_E_SPACE);
}

static void facts_that_nobody_can_have(void **state)
{
	uint8_t buf[CRL_FACTS_BYTES_MAX];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct crl_facts f = full_facts();

		f.only_user = i == 0;
		f.delta = i != 1;
		f.tbs_digest_len = i == 2 ? 32 : 64;
		f.sigalg = i == 3 ? (enum crl_sigalg)7 : CRL_ECDSA_SHA512;
		f.issuer_len = i == 4 ? 0 : 10;
		f.signature_len = i == 5 ? 0 : 10;
		f.some_reasons = i == 6 ? 0x200 : 0;
		f.entries = i == 7 ? CRL_ENTRIES_MAX + 1 : 1;
		assert_int_equal(crl_facts_put(&f, buf, sizeof(buf), &len), i == 8 ? SK_OK : SK_E_ARG);
	}
}

static void refusals_come_back(void **state)
{
	struct crl_facts f = { .entries = 4711 };
	uint8_t buf[CRL_FACTS_BYTES_MAX];
	char what[CRL_WHAT_MAX] = "";
	size_t len = 0;

	(void)state;
	assert_int_equal(crl_refusal_put(SK_E_SPACE, "too long\x1b[2J", buf, sizeof(buf), &len), SK_OK);
	assert_int_equal(crl_answer_get((struct sk_span){ buf, len }, &f, what), SK_E_SPACE);
	assert_string_equal(what, "too long?[2J");
	assert_int_equal(crl_refusal_put(SK_OK, "", buf, sizeof(buf), &len), SK_E_ARG);
	/* A refusal that says yes, or a status that there isn't. */
	buf[4] = 0;
	assert_int_equal(crl_answer_get((struct sk_span){ buf, len }, &f, what), SK_E_FORMAT);
	buf[4] = 20;
	assert_int_equal(crl_answer_get((struct sk_span){ buf, len }, &f, what), SK_E_FORMAT);
	assert_int_equal(crl_answer_get((struct sk_span){ buf, 0 }, &f, what), SK_E_FORMAT);
	assert_non_null(strstr(what, "no answer"));
	assert_int_equal(f.entries, 4711);
}

/* --- how bytes come in --- */

/* One to n bytes at a time. */
struct slow {
	struct sk_span left;
	unsigned n;
};

static enum sk_status read_slow(void *arg, uint8_t *buf, size_t cap, size_t *ret_len)
{
	struct slow *s = arg;
	size_t n = 1 + rig_random() % s->n;

	n = n < cap ? n : cap;
	n = n < s->left.len ? n : s->left.len;
	if (n > 0)
		memcpy(buf, s->left.p, n);
	s->left.p += n;
	s->left.len -= n;
	*ret_len = n;
	return SK_OK;
}

static enum sk_status compile_slow(struct sk_span in, unsigned n, struct crl_facts *ret_f)
{
	struct slow s = { in, n };
	struct crl_source src = { read_slow, &s };
	struct crl_limits lim = CRL_LIMITS;
	char what[CRL_WHAT_MAX];

	(void)unlinkat(rig_dir, "x.idx", 0);
	return crl_compile(&src, &lim, rig_dir, "x.idx", ret_f, what);
}

/* A PEM text of a list: before, line length, line end, after. */
static struct blob pem_of(struct sk_span der, const char *before, size_t line, const char *eol, const char *after)
{
	char *text = malloc(der.len * 2 + 16);
	struct blob b = { 0 };
	int n;

	assert_non_null(text);
	n = EVP_EncodeBlock((unsigned char *)text, der.p, (int)der.len);
	blob_add(&b, before, strlen(before));
	blob_add(&b, "-----BEGIN X509 CRL-----", 24);
	blob_add(&b, eol, strlen(eol));
	for (size_t at = 0; at < (size_t)n; at += line) {
		blob_add(&b, text + at, (size_t)n - at < line ? (size_t)n - at : line);
		blob_add(&b, eol, strlen(eol));
	}
	blob_add(&b, "-----END X509 CRL-----", 22);
	blob_add(&b, after, strlen(after));
	free(text);
	return b;
}

static struct blob some_list(unsigned n)
{
	struct blob entries = { 0 }, list;

	for (unsigned i = 0; i < n; i++) {
		uint8_t e[] = { 0x30, 0x14, 2, 3, 1, 0, 0, 0x17, 0x0D, '2', '6', '0', '6', '3', '0', '0', '0', '0', '0',
			'0', '0', 'Z' };

		e[5] = (uint8_t)(i >> 8);
		e[6] = (uint8_t)i;
		blob_add(&entries, e, sizeof(e));
	}
	list = rig_make(&(const struct rig_list){ .entries_blob = &entries });
	blob_free(&entries);
	return list;
}

static void bytes_may_come_in_any_pieces(void **state)
{
	struct blob der = some_list(10000),
		    pem = pem_of((struct sk_span){ der.p, der.len }, "text\n", 64, "\r\n", "\n");
	static const unsigned pieces[] = { 1, 7, 1000, 40000, 100000 };
	struct crl_facts f, g;
	uint8_t hash[32];

	(void)state;
	assert_int_equal(EVP_Digest(der.p, der.len, hash, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(compile_slow((struct sk_span){ der.p, der.len }, 65536, &f), SK_OK);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		assert_int_equal(compile_slow((struct sk_span){ der.p, der.len }, pieces[i], &g), SK_OK);
		rig_same_facts(&f, &g);
		assert_int_equal(compile_slow((struct sk_span){ pem.p, pem.len }, pieces[i], &g), SK_OK);
		rig_same_facts(&f, &g);
	}
	assert_memory_equal(f.der_hash, hash, 32);
	(void)unlinkat(rig_dir, "x.idx", 0);
	blob_free(&pem);
	blob_free(&der);
}

static void pem_in_all_its_forms(void **state)
{
	static const struct {
		const char *before, *eol, *after;
		size_t line;
		bool good;
	} forms[] = {
		{ "", "\n", "\n", 64, true }, { "", "\r\n", "\r\n \t\n", 76, true },
		{ "Certificate Revocation List (CRL):\n\n", "\n", "", 64, true }, { "", "\n", "", 4, true },
		{ "x", "\n", "\n", 64, false }, /* BEGIN in the middle of a line */
		{ "", "\n", "\nmore", 64, false }, /* something behind */
		{ "", "\n", "\n-----BEGIN X509 CRL-----\n", 64, false }, /* a second one */
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "\n", "\n", 64, false },
		{ "", "\n*", "\n", 64, false }, /* no base64 */
		{ "", "", "\n", 64, false }, /* no line end behind BEGIN */
	};
	struct blob der = some_list(50), b;
	struct crl_facts f;
	char what[CRL_WHAT_MAX] = "", *lead = malloc(6001);

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		b = pem_of((struct sk_span){ der.p, der.len }, forms[i].before, forms[i].line, forms[i].eol,
		    forms[i].after);
		if ((rig_compile((struct sk_span){ b.p, b.len }, &f, what) == SK_OK) != forms[i].good)
			fail_msg("form %zu: %s", i, what);
		if (forms[i].good)
			assert_int_equal(f.entries, 50);
		blob_free(&b);
	}
	/* Cut anywhere. */
	b = pem_of((struct sk_span){ der.p, der.len }, "", 64, "\n", "");
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(rig_compile((struct sk_span){ b.p, n }, &f, what), SK_E_FORMAT);
	blob_free(&b);
	/* Much text before it. */
	assert_non_null(lead);
	memset(lead, '\n', 6000);
	for (unsigned i = 0; i < 4; i++) {
		lead[4096 + i % 2] = '\0';
		b = pem_of((struct sk_span){ der.p, der.len }, lead, 64, "\n", "");
		assert_int_equal(compile_slow((struct sk_span){ b.p, b.len }, i < 2 ? 65536 : 1, &f),
		    i % 2 ? SK_E_FORMAT : SK_OK);
		lead[4096 + i % 2] = '\n';
		blob_free(&b);
	}
	free(lead);
	blob_free(&der);
	(void)unlinkat(rig_dir, "x.idx", 0);
}

/* Base64 that is mostly white space is not read for ever: what may come in is bounded by what may come out. */
struct endless {
	struct sk_span begin;
};

static enum sk_status read_endless(void *arg, uint8_t *buf, size_t cap, size_t *ret_len)
{
	struct endless *e = arg;
	size_t n = e->begin.len < cap ? e->begin.len : cap;

	if (n > 0) {
		memcpy(buf, e->begin.p, n);
		e->begin.p += n;
		e->begin.len -= n;
	} else {
		n = cap;
		memset(buf, '\n', n);
	}
	*ret_len = n;
	return SK_OK;
}

static void white_space_without_end(void **state)
{
	static const char begin[] = "-----BEGIN X509 CRL-----\n";
	struct endless e = { { (const uint8_t *)begin, sizeof(begin) - 1 } };
	struct crl_source src = { read_endless, &e };
	struct crl_limits lim = { 1 << 20, 100 };
	struct crl_facts f;
	char what[CRL_WHAT_MAX] = "";

	(void)state;
	assert_int_equal(crl_compile(&src, &lim, rig_dir, "x.idx", &f, what), SK_E_SPACE);
	assert_non_null(strstr(what, "larger than what is accepted"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_as_libcrypto_does),
		cmocka_unit_test(crc32c_vectors),
		cmocka_unit_test(names_are_equal_when_libcrypto_says_so),
		cmocka_unit_test(names_that_are_none),
		cmocka_unit_test(the_longest_facts_come_back),
		cmocka_unit_test(facts_that_nobody_can_have),
		cmocka_unit_test(refusals_come_back),
		cmocka_unit_test(bytes_may_come_in_any_pieces),
		cmocka_unit_test(pem_in_all_its_forms),
		cmocka_unit_test(white_space_without_end),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
