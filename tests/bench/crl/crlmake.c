/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlmake N FILE [CA.crt CA.key NUMBER]: a CRL with N entries, signed by that CA, or with a new RSA-2048 key, written as a stream: 16-byte
 * serial numbers, a reasonCode on a third of them, as national lists have. The same numbers for the same N: serial of entry i is
 * crlmake_serial(i). Its cRLNumber is NUMBER and 2^30: higher than any made by hand.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crlmake.h"

/* What lies around the entries; lengths are put in. */
static const uint8_t rsa_sha256[] = { 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00 };
static const uint8_t ecdsa_sha256[] = { 0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02 };
static const uint8_t bench_name[] = { 0x30, 0x10, 0x31, 0x0E, 0x30, 0x0C, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x05, 'B', 'e', 'n', 'c', 'h' };
static const uint8_t version[] = { 0x02, 0x01, 0x01 };

#define DATE_LEN 15u
#define ISSUER_MAX 512u
#define SIGNATURE_MAX 512u

/* Who signs, and when. */
struct maker {
	EVP_PKEY *key;
	uint8_t issuer[ISSUER_MAX];
	size_t issuer_len;
	const uint8_t *alg;
	size_t alg_len;
	uint8_t this_update[DATE_LEN], next_update[DATE_LEN];
	uint32_t number;
};

#define PLAIN_LEN 35u /* SEQUENCE { 16-byte INTEGER, UTCTime } with its header */
#define REASON_LEN 49u /* and Extensions { reasonCode } */

static size_t put_entry(uint8_t *p, uint32_t i)
{
	static const uint8_t date[] = { 0x17, 0x0D, '2', '6', '0', '6', '3', '0', '0', '0', '0', '0', '0', '0', 'Z' };
	static const uint8_t reason[] = { 0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01,
		0x01 };
	size_t len = i % 3 == 0 ? REASON_LEN : PLAIN_LEN;

	p[0] = 0x30;
	p[1] = (uint8_t)(len - 2);
	p[2] = 0x02;
	p[3] = 16;
	crlmake_serial(i, p + 4);
	memcpy(p + 20, date, sizeof(date));
	if (len == REASON_LEN)
		memcpy(p + 35, reason, sizeof(reason));
	return len;
}

static size_t put_header(uint8_t *p, uint8_t tag, uint64_t len)
{
	p[0] = tag;
	p[1] = 0x84;
	for (unsigned i = 0; i < 4; i++)
		p[2 + i] = (uint8_t)(len >> 8 * (3 - i));
	return 6;
}

/* f NULL: only into the signature; md NULL: only into the file. */
static void out(FILE *f, EVP_MD_CTX *md, const uint8_t *p, size_t len)
{
	if ((f && fwrite(p, 1, len, f) != len) || (md && EVP_DigestSignUpdate(md, p, len) != 1))
		abort();
}

/* A length of 128 bytes to 2 GiB in four bytes is DER only from 16 MiB on; shorter lists get the shortest form. */
static size_t shortest_header(uint8_t *p, uint8_t tag, uint64_t len)
{
	uint8_t full[6];
	size_t skip = 0;

	(void)put_header(full, tag, len);
	while (skip < 3 && full[2 + skip] == 0)
		skip++;
	p[0] = tag;
	if (len < 0x80) {
		p[1] = (uint8_t)len;
		return 2;
	}
	p[1] = (uint8_t)(0x84 - skip);
	memcpy(p + 2, full + 2 + skip, 4 - skip);
	return 6 - skip;
}

static void put_date(uint8_t *p, time_t t)
{
	struct tm tm;

	p[0] = 0x17;
	p[1] = 13;
	if (!gmtime_r(&t, &tm) || strftime((char *)p + 2, 14, "%y%m%d%H%M%SZ", &tm) != 13)
		abort();
}

static bool maker_of_ca(struct maker *m, const char *cert, const char *key)
{
	FILE *c = fopen(cert, "r"), *k = fopen(key, "r");
	X509 *x = c ? PEM_read_X509(c, NULL, NULL, NULL) : NULL;
	const unsigned char *name = NULL;

	m->key = k ? PEM_read_PrivateKey(k, NULL, NULL, NULL) : NULL;
	if (x && X509_NAME_get0_der(X509_get_subject_name(x), &name, &m->issuer_len) == 1 && m->issuer_len <= sizeof(m->issuer))
		memcpy(m->issuer, name, m->issuer_len);
	else
		m->issuer_len = 0;
	X509_free(x);
	if (c)
		(void)fclose(c);
	if (k)
		(void)fclose(k);
	return m->issuer_len > 0 && m->key;
}

static bool maker_begin(struct maker *m, int argc, char **argv)
{
	time_t now = time(NULL);

	m->number = argc == 6 ? (uint32_t)strtoul(argv[5], NULL, 10) : 1;
	if (argc == 6) {
		if (!maker_of_ca(m, argv[3], argv[4]))
			return false;
	} else {
		m->key = EVP_RSA_gen(2048);
		m->issuer_len = sizeof(bench_name);
		memcpy(m->issuer, bench_name, sizeof(bench_name));
	}
	m->alg = m->key && EVP_PKEY_is_a(m->key, "EC") ? ecdsa_sha256 : rsa_sha256;
	m->alg_len = m->alg == rsa_sha256 ? sizeof(rsa_sha256) : sizeof(ecdsa_sha256);
	put_date(m->this_update, now);
	put_date(m->next_update, now + 30 * 86400);
	return m->key != NULL;
}

/* tbsCertList into the file, or into the signature. Its length with the header. */
static uint64_t tbs(const struct maker *m, uint32_t n, FILE *f, EVP_MD_CTX *md)
{
	uint64_t entries = (uint64_t)n * PLAIN_LEN + (uint64_t)(n + 2) / 3 * (REASON_LEN - PLAIN_LEN), len;
	uint8_t number[] = { 0xA0, 0x11, 0x30, 0x0F, 0x30, 0x0D, 0x06, 0x03, 0x55, 0x1D, 0x14, 0x04, 0x06, 0x02, 0x04, 0, 0, 0, 0 };
	uint8_t seq_head[6], tbs_head[6], buf[64];
	size_t seq_n, tbs_n;

	/* 0x40000000 and up: four bytes, as short as DER wants them */
	for (unsigned i = 0; i < 4; i++)
		number[15 + i] = (uint8_t)((0x40000000u + m->number) >> 8 * (3 - i));
	seq_n = shortest_header(seq_head, 0x30, entries);
	len = sizeof(version) + m->alg_len + m->issuer_len + 2 * DATE_LEN + seq_n + entries + sizeof(number);
	tbs_n = shortest_header(tbs_head, 0x30, len);
	if (!f && !md)
		return tbs_n + len;
	out(f, md, tbs_head, tbs_n);
	out(f, md, version, sizeof(version));
	out(f, md, m->alg, m->alg_len);
	out(f, md, m->issuer, m->issuer_len);
	out(f, md, m->this_update, DATE_LEN);
	out(f, md, m->next_update, DATE_LEN);
	out(f, md, seq_head, seq_n);
	for (uint32_t i = 0; i < n; i++)
		out(f, md, buf, put_entry(buf, i));
	out(f, md, number, sizeof(number));
	return tbs_n + len;
}

int main(int argc, char **argv)
{
	uint32_t n = argc == 3 || argc == 6 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	uint8_t list_head[6], sig_head[6], signature[SIGNATURE_MAX];
	struct maker m = { 0 };
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t list_n, sig_n, sig_len = sizeof(signature);
	FILE *f = n > 0 ? fopen(argv[2], "wb") : NULL;

	if (!f || !md || !maker_begin(&m, argc, argv) || EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, m.key) != 1) {
		fprintf(stderr, "usage: crlmake N FILE [CA.crt CA.key NUMBER]\n");
		return 2;
	}
	/* The length of an ECDSA signature is known when it is there, and stands in front of all. */
	(void)tbs(&m, n, NULL, md);
	if (EVP_DigestSignFinal(md, signature, &sig_len) != 1)
		abort();
	sig_n = shortest_header(sig_head, 0x03, sig_len + 1);
	list_n = shortest_header(list_head, 0x30, tbs(&m, n, NULL, NULL) + m.alg_len + sig_n + 1 + sig_len);
	out(f, NULL, list_head, list_n);
	(void)tbs(&m, n, f, NULL);
	out(f, NULL, m.alg, m.alg_len);
	out(f, NULL, sig_head, sig_n);
	out(f, NULL, (const uint8_t *)"", 1); /* no unused bits */
	out(f, NULL, signature, sig_len);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(m.key);
	return fclose(f) == 0 ? 0 : 1;
}
