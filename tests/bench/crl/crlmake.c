/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlmake N FILE: a CRL with N entries, signed with a new RSA-2048 key, written as a stream: 16-byte serial numbers, a reasonCode on a
 * third of them, as national lists have. The same numbers for the same N: serial of entry i is crlmake_serial(i).
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crlmake.h"

/* What lies around the entries; lengths are put in. */
static const uint8_t head[] = { 0x02, 0x01, 0x01, 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01,
	0x01, 0x0B, 0x05, 0x00, 0x30, 0x10, 0x31, 0x0E, 0x30, 0x0C, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x05, 'B', 'e',
	'n', 'c', 'h', 0x17, 0x0D, '2', '6', '0', '7', '0', '1', '0', '0', '0', '0', '0', '0', 'Z', 0x17, 0x0D, '2',
	'7', '0', '7', '0', '1', '0', '0', '0', '0', '0', '0', 'Z' };
static const uint8_t tail[] = { 0xA0, 0x0E, 0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x14, 0x04, 0x03, 0x02,
	0x01, 0x01 };
static const uint8_t algorithm[] = { 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05,
	0x00 };

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

static void out(FILE *f, EVP_MD_CTX *md, const uint8_t *p, size_t len)
{
	if (fwrite(p, 1, len, f) != len || (md && EVP_DigestSignUpdate(md, p, len) != 1))
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

int main(int argc, char **argv)
{
	uint32_t n = argc == 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	uint64_t entries = (uint64_t)n * PLAIN_LEN + (uint64_t)(n + 2) / 3 * (REASON_LEN - PLAIN_LEN), tbs;
	uint8_t seq_head[6], tbs_head[6], list_head[6], sig_head[5] = { 0x03, 0x82, 0x01, 0x01, 0x00 }, buf[64],
							signature[256];
	size_t seq_n, tbs_n, list_n, sig_len = sizeof(signature);
	EVP_PKEY *key = EVP_RSA_gen(2048);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	FILE *f = n > 0 ? fopen(argv[2], "wb") : NULL;

	if (!f || !key || !md || EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) != 1) {
		fprintf(stderr, "usage: crlmake N FILE\n");
		return 2;
	}
	seq_n = shortest_header(seq_head, 0x30, entries);
	tbs = sizeof(head) + seq_n + entries + sizeof(tail);
	tbs_n = shortest_header(tbs_head, 0x30, tbs);
	list_n = shortest_header(list_head, 0x30,
	    tbs_n + tbs + sizeof(algorithm) + sizeof(sig_head) + sizeof(signature));
	out(f, NULL, list_head, list_n);
	out(f, md, tbs_head, tbs_n);
	out(f, md, head, sizeof(head));
	out(f, md, seq_head, seq_n);
	for (uint32_t i = 0; i < n; i++)
		out(f, md, buf, put_entry(buf, i));
	out(f, md, tail, sizeof(tail));
	if (EVP_DigestSignFinal(md, signature, &sig_len) != 1 || sig_len != sizeof(signature))
		abort();
	out(f, NULL, algorithm, sizeof(algorithm));
	out(f, NULL, sig_head, sizeof(sig_head));
	out(f, NULL, signature, sizeof(signature));
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return fclose(f) == 0 ? 0 : 1;
}
