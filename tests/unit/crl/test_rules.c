/* SPDX-License-Identifier: Apache-2.0 */
/* What is no CRL for us, rule by rule: each list here is a good one but for what its line spoils. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crl/build.h"
#include "crl/source.h"
#include "crl_rig.h"

#define DATE "17 0D 3236303633303030303030305A "
#define ENTRY_1234 "30 13 0202 1234 " DATE
#define NUMBER "30 0A 0603 551D14 0403 020105 "
#define L(...) (&(const struct rig_list){ __VA_ARGS__ })

/* The untouched list is accepted, and says what it says. */
static void a_good_list(void **state)
{
	struct crl_facts f = rig_accepted(L(0));

	(void)state;
	assert_int_equal(f.entries, 1);
	assert_int_equal(f.issuer_len, 17);
	assert_int_equal(f.this_update, 1782864000);
	assert_int_equal(f.next_update, 1782950400);
	assert_int_equal(f.number_len, 1);
	assert_int_equal(f.number[0], 5);
	assert_int_equal(f.sigalg, CRL_RSA_SHA256);
	assert_int_equal(f.tbs_digest_len, 32);
	assert_int_equal(f.signature_len, 32);
	assert_false(f.delta || f.indirect || f.only_user || f.only_ca || f.only_attribute || f.some_reasons);
}

static void versions(void **state)
{
	(void)state;
	assert_int_equal(rig_accepted(L(.version = "", .extensions = "")).number_len, 0);
	rig_refused(L(.version = ""), SK_E_FORMAT, "not of version 2");
	rig_refused(
	    L(.version = "", .extensions = "", .entries = "30 21 0202 1234 " DATE "300C 300A 0603 551D15 0403 0A0101"),
	    SK_E_FORMAT, "not of version 2");
	rig_refused(L(.version = "02 01 00"), SK_E_FORMAT, "not of version 2");
	rig_refused(L(.version = "02 01 02"), SK_E_FORMAT, "not of version 2");
	rig_refused(L(.version = "02 02 0001"), SK_E_FORMAT, "not of version 2");
}

static void algorithms(void **state)
{
	static const struct {
		const char *der;
		enum crl_sigalg alg;
		unsigned digest_len;
	} good[] = {
		{ "30 0B 06 09 2A864886F70D01010B", CRL_RSA_SHA256, 32 },
		{ "30 0D 06 09 2A864886F70D01010C 0500", CRL_RSA_SHA384, 48 },
		{ "30 0D 06 09 2A864886F70D01010D 0500", CRL_RSA_SHA512, 64 },
		{ "30 0A 06 08 2A8648CE3D040302", CRL_ECDSA_SHA256, 32 },
		{ "30 0A 06 08 2A8648CE3D040303", CRL_ECDSA_SHA384, 48 },
		{ "30 0A 06 08 2A8648CE3D040304", CRL_ECDSA_SHA512, 64 },
	};
	static const char *const bad[] = {
		"30 0D 06 09 2A864886F70D010105 0500", /* SHA-1 */
		"30 0D 06 09 2A864886F70D01010A 0500", /* RSASSA-PSS */
		"30 0C 06 08 2A8648CE3D040302 0500", /* ECDSA with NULL */
		"30 0E 06 09 2A864886F70D01010B 0501 00", /* NULL with content */
		"30 05 06 03 2B6570", /* Ed25519 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct crl_facts f = rig_accepted(L(.algorithm = good[i].der));

		assert_int_equal(f.sigalg, good[i].alg);
		assert_int_equal(f.tbs_digest_len, good[i].digest_len);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		rig_refused(L(.algorithm = bad[i]), SK_E_UNSUPPORTED, "algorithm that is not allowed");
	/* RFC 5280, 5.1.1.2: the one outside must be the one inside. */
	rig_refused(L(.outer_algorithm = "30 0D 06 09 2A864886F70D01010C 0500"), SK_E_FORMAT,
	    "two signature algorithms");
	rig_refused(L(.outer_algorithm = "30 0B 06 09 2A864886F70D01010B"), SK_E_FORMAT, "two signature algorithms");
}

static void dates(void **state)
{
	static const char *const bad[] = {
		"17 0B 323630373031303030305A", /* no seconds */
		"17 11 3236303730313030303030302B30393030", /* +0900 */
		"17 0D 3236313330313030303030305A", /* month 13 */
		"17 0D 3236303030313030303030305A", /* month 0 */
		"17 0D 3236303232393030303030305A", /* 29 February 2026 */
		"17 0D 3236303730303030303030305A", /* day 0 */
		"17 0D 3236303730313234303030305A", /* hour 24 */
		"17 0D 3236303730313030363030305A", /* minute 60 */
		"17 0D 3236303730313030303036305A", /* second 60 */
		"17 0D 3236303730313030303030303A", /* no Z */
		"17 0D 2036303730313030303030305A", /* a space */
		"18 11 32303236303730313030303030302E355A", /* fraction */
		"18 0D 3236303730313030303030305A", /* two-digit year */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char entry[128];

		rig_refused(L(.this_update = bad[i]), SK_E_FORMAT, "no good thisUpdate");
		rig_refused(L(.next_update = bad[i]), SK_E_FORMAT, "no good thisUpdate");
		(void)snprintf(entry, sizeof(entry), "30 %02X 0202 1234 %s",
		    4 + 2 + (unsigned)strtoul(bad[i] + 3, NULL, 16), bad[i]);
		rig_refused(L(.entries = entry), SK_E_FORMAT, "no good date");
	}
	rig_refused(L(.this_update = "", .next_update = ""), SK_E_FORMAT, "no good thisUpdate");
	assert_int_equal(rig_accepted(L(.next_update = "")).next_update, 0);
	/* 2049 and 1950 in two digits, 2050 and 1949 in four, a leap day, the last second of a century. */
	assert_int_equal(rig_accepted(L(.this_update = "17 0D 3439313233313233353935395A")).this_update, 2524607999);
	assert_int_equal(rig_accepted(L(.this_update = "17 0D 3530303130313030303030305A")).this_update, -631152000);
	assert_int_equal(rig_accepted(L(.next_update = "18 0F 32303530303130313030303030305A")).next_update,
	    2524608000);
	assert_int_equal(rig_accepted(L(.this_update = "18 0F 31393439313233313233353935395A")).this_update,
	    -631152001);
	assert_int_equal(rig_accepted(L(.this_update = "17 0D 3238303232393030303030305A")).this_update, 1835395200);
	assert_int_equal(rig_accepted(L(.next_update = "18 0F 39393939313233313233353935395A")).next_update,
	    INT64_C(253402300799));
}

static void serial_numbers(void **state)
{
	(void)state;
	rig_refused(L(.entries = "30 11 0200 " DATE), SK_E_FORMAT, "no good serial");
	rig_refused(L(.entries = "30 13 0202 0012 " DATE), SK_E_FORMAT, "no good serial");
	rig_refused(L(.entries = "30 13 0202 FF92 " DATE), SK_E_FORMAT, "no good serial");
	rig_refused(L(.entries = "30 13 0402 1234 " DATE), SK_E_FORMAT, "no good serial");
	/* 20 octets, with a sign octet 21; not one more, and no negative one of 21. */
	assert_int_equal(
	    rig_accepted(L(.entries = "30 25 0214 7F02030405060708090A0B0C0D0E0F1011121314 " DATE)).entries, 1);
	assert_int_equal(
	    rig_accepted(L(.entries = "30 26 0215 00FF02030405060708090A0B0C0D0E0F1011121314 " DATE)).entries, 1);
	rig_refused(L(.entries = "30 26 0215 7F0102030405060708090A0B0C0D0E0F1011121314 " DATE), SK_E_SPACE,
	    "more than 20 octets");
	rig_refused(L(.entries = "30 26 0215 FF0102030405060708090A0B0C0D0E0F1011121314 " DATE), SK_E_SPACE,
	    "more than 20 octets");
	rig_refused(L(.entries = "30 27 0216 00FF0102030405060708090A0B0C0D0E0F1011121314 " DATE), SK_E_SPACE,
	    "more than 20 octets");
}

static void entries(void **state)
{
	(void)state;
	assert_int_equal(rig_accepted(L(.entries = "")).entries, 0);
	assert_int_equal(rig_accepted(L(.entries = ENTRY_1234 "30 12 0201 07 " DATE ENTRY_1234)).entries, 2);
	rig_refused(L(.entries = "30 15 0202 1234 " DATE "0500"), SK_E_FORMAT, "not built as RFC 5280");
	rig_refused(L(.entries = "31 13 0202 1234 " DATE), SK_E_FORMAT, "not built as RFC 5280");
	rig_refused(L(.entries = "30 04 0202 1234"), SK_E_FORMAT, "no good date");
	/* Longer than what holds it; a length with a superfluous octet; an indefinite length. */
	rig_refused(L(.entries = "30 14 0202 1234 " DATE), SK_E_FORMAT, "RFC 5280");
	rig_refused(L(.entries = "30 8113 0202 1234 " DATE), SK_E_FORMAT, "well-formed DER");
	rig_refused(L(.entries = "30 80 0202 1234 " DATE "0000"), SK_E_FORMAT, "well-formed DER");
	/* A whole entry, but revokedCertificates ends in its middle. */
	rig_refused(L(.next_update = "17 0D 3236303730323030303030305A 30 0F 30 13 0202 1234 " DATE, .entries = ""),
	    SK_E_FORMAT, "not built as");
	rig_refused(L(.entries = "30 13 0203 1234 " DATE), SK_E_FORMAT, "no good");
	rig_refused(L(.entries = "30 15 0202 1234 " DATE "3000"), SK_E_FORMAT, "no extension where");
}

#define WITH(len, exts_len, exts) "30 " len " 0202 1234 " DATE "30 " exts_len " " exts

static void entry_extensions(void **state)
{
	(void)state;
	/* reasonCode: once; a number that RFC 5280 does not have is a revocation all the same. */
	assert_int_equal(rig_accepted(L(.entries = WITH("21", "0C", "300A 0603 551D15 0403 0A0107"))).entries, 1);
	assert_int_equal(rig_accepted(L(.entries = WITH("21", "0C", "300A 0603 551D15 0403 0A010B"))).entries, 1);
	rig_refused(L(.entries = WITH("22", "0D", "300B 0603 551D15 0404 0A020001")), SK_E_FORMAT, "not well formed");
	rig_refused(L(.entries = WITH("21", "0C", "300A 0603 551D15 0403 020101")), SK_E_FORMAT, "not well formed");
	rig_refused(L(.entries = WITH("2D", "18", "300A 0603 551D15 0403 0A0101 300A 0603 551D15 0403 0A0101")),
	    SK_E_FORMAT, "twice");
	rig_refused(L(.entries = WITH("23", "0E", "300A 0603 551D15 0403 0A0101 0500")), SK_E_FORMAT,
	    "not well formed");
	/* An unknown one is passed over, a critical one not. */
	assert_int_equal(rig_accepted(L(.entries = WITH("20", "0B", "3009 0603 2A0304 0402 0500"))).entries, 1);
	rig_refused(L(.entries = WITH("23", "0E", "300C 0603 2A0304 0101FF 0402 0500")), SK_E_UNSUPPORTED,
	    "critical extension");
	assert_int_equal(rig_accepted(L(.entries = WITH("24", "0F", "300D 0603 551D15 0101FF 0403 0A0101"))).entries,
	    1);
	rig_refused(L(.entries = WITH("24", "0F", "300D 0603 551D15 010101 0403 0A0101")), SK_E_FORMAT,
	    "not well formed");
	/* invalidityDate is a GeneralizedTime. */
	assert_int_equal(
	    rig_accepted(L(.entries = WITH("2F", "1A", "3018 0603 551D18 0411 180F 32303236303633303030303030305A")))
		.entries,
	    1);
	rig_refused(L(.entries = WITH("2D", "18", "3016 0603 551D18 040F 170D 3236303633303030303030305A")),
	    SK_E_FORMAT, "not well formed");
	/* Another issuer: only in an indirect list. */
	rig_refused(L(.entries = WITH("36", "21",
			  "301F 0603 551D1D 0101FF 0415 3013 A411 300F 310D 300B 0603 550403 0C04 526F6F74")),
	    SK_E_FORMAT, "not indirect");
}

static struct blob many(unsigned n, const char *hex)
{
	struct blob b = { 0 };

	for (unsigned i = 0; i < n; i++)
		blob_hex(&b, hex);
	return b;
}

static void extensions_are_counted(void **state)
{
	struct blob exts = many(64, "3009 0603 2A0304 0402 0500"), entry = { 0 }, seq = { 0 }, in = { 0 };

	(void)state;
	assert_int_equal(rig_accepted(L(.extensions_blob = &exts)).entries, 1);
	blob_hex(&exts, "3009 0603 2A0304 0402 0500");
	rig_refused(L(.extensions_blob = &exts), SK_E_SPACE, "more than 64 extensions");
	blob_hex(&in, "0202 1234 " DATE);
	blob_wrap(&in, 0x30, &exts);
	blob_wrap(&entry, 0x30, &in);
	rig_refused(L(.entries_blob = &entry), SK_E_SPACE, "more than 64 extensions");
	blob_free(&entry);
	/* The millionth is no trouble. */
	exts = many(1000000, "3009 0603 2A0304 0402 0500");
	rig_refused(L(.extensions_blob = &exts), SK_E_SPACE, "more than 64 extensions");
	blob_hex(&in, "0202 1234 " DATE);
	blob_wrap(&in, 0x30, &exts);
	blob_wrap(&entry, 0x30, &in);
	rig_refused(L(.entries_blob = &entry), SK_E_SPACE, "longer than what is accepted");
	blob_free(&entry);
	blob_free(&seq);
}

static void list_extensions(void **state)
{
	struct crl_facts f;

	(void)state;
	rig_refused(L(.extensions = NUMBER "300C 0603 2A0304 0101FF 0402 0500"), SK_E_UNSUPPORTED,
	    "critical extension");
	assert_int_equal(rig_accepted(L(.extensions = NUMBER "3009 0603 2A0304 0402 0500")).number_len, 1);
	rig_refused(L(.extensions = NUMBER NUMBER), SK_E_FORMAT, "extension twice");
	/* Numbers: not negative, at most 20 octets, shortest form. */
	rig_refused(L(.extensions = "300A 0603 551D14 0403 0201FF"), SK_E_FORMAT, "CRL number");
	rig_refused(L(.extensions = "300B 0603 551D14 0404 02020005"), SK_E_FORMAT, "CRL number");
	rig_refused(L(.extensions = "300C 0603 551D14 0405 0201050500"), SK_E_FORMAT, "CRL number");
	rig_refused(L(.extensions = "301E 0603 551D14 0417 0215 000102030405060708090A0B0C0D0E0F1011121314"),
	    SK_E_FORMAT, "CRL number");
	f = rig_accepted(L(.extensions = "301D 0603 551D14 0416 0214 7F02030405060708090A0B0C0D0E0F1011121314"));
	assert_int_equal(f.number_len, 20);
	/* Delta: flag and base, critical or not. */
	f = rig_accepted(L(.extensions = NUMBER "300D 0603 551D1B 0101FF 0403 020103"));
	assert_true(f.delta && f.base_len == 1 && f.base[0] == 3);
	assert_true(rig_accepted(L(.extensions = NUMBER "300A 0603 551D1B 0403 020103")).delta);
	rig_refused(L(.extensions = NUMBER "300A 0603 551D1B 0403 0201FF"), SK_E_FORMAT, "deltaCRLIndicator");
	/* Key identifier, alone and with issuer and serial number. */
	f = rig_accepted(L(.extensions = NUMBER "300F 0603 551D23 0408 3006 8004 01020304"));
	assert_int_equal(f.aki_len, 4);
	assert_memory_equal(f.aki, "\1\2\3\4", 4);
	assert_int_equal(rig_accepted(L(.extensions = NUMBER "300E 0603 551D23 0407 3005 A100 820101")).aki_len, 0);
	rig_refused(L(.extensions = NUMBER "300B 0603 551D23 0404 30028000"), SK_E_FORMAT, "authorityKeyIdentifier");
	rig_refused(L(.extensions = NUMBER "300C 0603 551D23 0405 30028101 00"), SK_E_FORMAT, "authorityKeyIdentifier");
}

static void scope(void **state)
{
	struct crl_facts f;

	(void)state;
	f = rig_accepted(L(.extensions = NUMBER "300F 0603 551D1C 0101FF 0405 3003 8101FF"));
	assert_true(f.only_user && !f.only_ca && !f.only_attribute && !f.indirect && f.idp_len == 5);
	assert_true(rig_accepted(L(.extensions = NUMBER "300F 0603 551D1C 0101FF 0405 3003 8201FF")).only_ca);
	assert_true(rig_accepted(L(.extensions = NUMBER "300F 0603 551D1C 0101FF 0405 3003 8501FF")).only_attribute);
	assert_true(rig_accepted(L(.extensions = NUMBER "300F 0603 551D1C 0101FF 0405 3003 8401FF")).indirect);
	/* Not critical: narrower all the same. */
	assert_true(rig_accepted(L(.extensions = NUMBER "300C 0603 551D1C 0405 3003 8101FF")).only_user);
	assert_int_equal(
	    rig_accepted(L(.extensions = NUMBER "3010 0603 551D1C 0101FF 0406 3004 83020560")).some_reasons,
	    1u << 1 | 1u << 2);
	assert_int_equal(
	    rig_accepted(L(.extensions = NUMBER "3011 0603 551D1C 0101FF 0407 3005 8303070080")).some_reasons, 1u << 8);
	rig_refused(L(.extensions = NUMBER "3010 0603 551D1C 0101FF 0406 3004 83020700"), SK_E_FORMAT,
	    "issuingDistributionPoint");
	rig_refused(L(.extensions = NUMBER "3010 0603 551D1C 0101FF 0406 3004 83020561"), SK_E_FORMAT,
	    "issuingDistributionPoint");
	rig_refused(L(.extensions = NUMBER "3011 0603 551D1C 0101FF 0407 3005 8303060040"), SK_E_FORMAT,
	    "issuingDistributionPoint");
	rig_refused(L(.extensions = NUMBER "300C 0603 551D1C 0101FF 0402 3000"), SK_E_FORMAT,
	    "issuingDistributionPoint");
	rig_refused(L(.extensions = NUMBER "3012 0603 551D1C 0101FF 0408 3006 8101FF 8201FF"), SK_E_FORMAT,
	    "contradicts itself");
	rig_refused(L(.extensions = NUMBER "3012 0603 551D1C 0101FF 0408 3006 8201FF 8101FF"), SK_E_FORMAT,
	    "issuingDistributionPoint");
	rig_refused(L(.extensions = NUMBER "300F 0603 551D1C 0101FF 0405 3003 810101"), SK_E_FORMAT,
	    "issuingDistributionPoint");
	/* A distribution point's name is kept as it is. */
	f = rig_accepted(L(.extensions = NUMBER "3015 0603 551D1C 0101FF 040B 3009 A007 A005 8603 613A62"));
	assert_int_equal(f.idp_len, 11);
	rig_refused(L(.extensions = NUMBER "300E 0603 551D1C 0101FF 0404 3002 A000"), SK_E_FORMAT,
	    "issuingDistributionPoint");
	rig_refused(L(.extensions = NUMBER "3010 0603 551D1C 0101FF 0406 3004 A002 A005"), SK_E_FORMAT,
	    "issuingDistributionPoint");
}

static void around_the_list(void **state)
{
	struct blob b = rig_make(L(0)), long_name = { 0 }, ext = { 0 };
	char what[CRL_WHAT_MAX] = "", *hex;
	struct crl_facts f;

	(void)state;
	rig_refused(L(.behind = "00"), SK_E_FORMAT, "something behind the CRL");
	rig_refused(L(.issuer = "3000"), SK_E_FORMAT, "issuer has no name");
	rig_refused(L(.signature = "03 02 01 00"), SK_E_FORMAT, "signature is not well formed");
	rig_refused(L(.signature = "03 01 00"), SK_E_FORMAT, "signature is not well formed");
	rig_refused(L(.signature = "04 02 00 00"), SK_E_FORMAT, "not built as RFC 5280");
	rig_refused(L(.signature = "03 02 00 00 0500"), SK_E_FORMAT, "something behind the CRL");
	/* Cut anywhere: never accepted, never a file. */
	for (size_t n = 0; n < b.len; n++) {
		assert_int_not_equal(rig_compile((struct sk_span){ b.p, n }, &f, what), SK_OK);
		assert_int_equal(rig_files(), 0);
	}
	/* Names and distribution points have ends. */
	for (unsigned i = 0; i < 2100; i++)
		blob_hex(&ext, "61");
	blob_wrap(&long_name, 0x30, &ext);
	hex = malloc(2 * long_name.len + 1);
	assert_non_null(hex);
	for (size_t i = 0; i < long_name.len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02X", long_name.p[i]);
	rig_refused(L(.issuer = hex), SK_E_SPACE, "too long a name");
	free(hex);
	blob_free(&long_name);
	blob_free(&b);
}

/* Every byte of a list changed to every other value: refused, or accepted as a list whose bytes were hashed as they are. */
static void any_byte_changed(void **state)
{
	struct blob b = rig_make(L(.entries = WITH("21", "0C", "300A 0603 551D15 0403 0A0101") ENTRY_1234));
	char what[CRL_WHAT_MAX];
	struct crl_facts good, f;

	(void)state;
	assert_int_equal(rig_compile((struct sk_span){ b.p, b.len }, &good, what), SK_OK);
	for (size_t i = 0; i < b.len; i++) {
		uint8_t was = b.p[i];

		for (unsigned v = 0; v < 256; v += 1 + (unsigned)(i + v) % 5) {
			if (v == was)
				continue;
			b.p[i] = (uint8_t)v;
			what[0] = '\0';
			if (rig_compile((struct sk_span){ b.p, b.len }, &f, what) == SK_OK) {
				assert_memory_not_equal(f.der_hash, good.der_hash, 32);
				assert_int_equal(f.der_len, b.len);
			} else {
				assert_int_not_equal(what[0], '\0');
				assert_int_equal(rig_files(), 0);
			}
		}
		b.p[i] = was;
	}
	(void)unlinkat(rig_dir, "x.idx", 0);
	blob_free(&b);
}

static void limits_of_the_caller(void **state)
{
	struct blob b = rig_make(L(.entries = ENTRY_1234 ENTRY_1234));
	const struct crl_limits tight[] = { { b.len, 2 }, { b.len - 1, 2 }, { b.len, 1 } };
	static const char *const says[] = { NULL, "larger than what is accepted", "more entries" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sk_span in = { b.p, b.len };
		struct crl_source src = crl_source_span(&in);
		char what[CRL_WHAT_MAX] = "";
		struct crl_facts f;
		enum sk_status st = crl_compile(&src, &tight[i], rig_dir, "x.idx", &f, what);

		assert_int_equal(st, says[i] ? SK_E_SPACE : SK_OK);
		assert_true(!says[i] || strstr(what, says[i]));
		assert_int_equal(rig_files(), i == 0 ? 1 : 0);
		(void)unlinkat(rig_dir, "x.idx", 0);
	}
	/* A header that promises gigabytes is told before they are read. */
	{
		uint8_t head[200] = { 0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xF0 };
		char what[CRL_WHAT_MAX] = "";
		struct crl_facts f;

		assert_int_equal(rig_compile((struct sk_span){ head, sizeof(head) }, &f, what), SK_E_SPACE);
		assert_non_null(strstr(what, "larger than what is accepted"));
	}
	blob_free(&b);
}

static void names_of_index_files(void **state)
{
	struct blob b = rig_make(L(0));
	static const char *const bad[] = { "", "a/b", "../x" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sk_span in = { b.p, b.len };
		struct crl_source src = crl_source_span(&in);
		struct crl_limits lim = CRL_LIMITS;
		char what[CRL_WHAT_MAX] = "";
		struct crl_facts f;

		assert_int_equal(crl_compile(&src, &lim, rig_dir, bad[i], &f, what), SK_E_ARG);
	}
	blob_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_list),
		cmocka_unit_test(versions),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(dates),
		cmocka_unit_test(serial_numbers),
		cmocka_unit_test(entries),
		cmocka_unit_test(entry_extensions),
		cmocka_unit_test(extensions_are_counted),
		cmocka_unit_test(list_extensions),
		cmocka_unit_test(scope),
		cmocka_unit_test(around_the_list),
		cmocka_unit_test(any_byte_changed),
		cmocka_unit_test(limits_of_the_caller),
		cmocka_unit_test(names_of_index_files),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
