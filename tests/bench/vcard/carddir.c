/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card as a folder of plain files: see carddir.h.
 *
 * MUST: counters reach the disk (fsync of file and folder) before vc_card_save() returns, so that a
 * killed emulator never gives a try back.
 */
#include "carddir.h"

#include "bytes.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CONF_MAX 4096

static bool path_in(const struct vc_card *card, const char *name, char ret_path[static PATH_MAX])
{
	int n = snprintf(ret_path, PATH_MAX, "%s/%s", card->dir, name);

	return n > 0 && n < PATH_MAX;
}

bool vc_pin_is_well_formed(const uint8_t padded[static VC_PIN_LEN])
{
	size_t digits = 0, i;

	while (digits < VC_PIN_LEN && padded[digits] >= '0' && padded[digits] <= '9')
		digits++;
	for (i = digits; i < VC_PIN_LEN; i++)
		if (padded[i] != 0xFF)
			return false;
	return digits >= 6;
}

bool vc_pin_pad(const char *text, uint8_t ret_padded[static VC_PIN_LEN])
{
	uint8_t padded[VC_PIN_LEN];
	size_t len = strlen(text);

	if (len > VC_PIN_LEN)
		return false;
	memset(padded, 0xFF, sizeof(padded));
	memcpy(padded, text, len);
	if (!vc_pin_is_well_formed(padded))
		return false;
	memcpy(ret_padded, padded, sizeof(padded));
	return true;
}

/* The PUK is eight bytes of any value (2.4.3); hexadecimal in the file because of that. */
static bool conf_set(struct vc_card *card, const char *name, const char *value)
{
	size_t len;
	long number;

	if (strcmp(name, "pin") == 0)
		return vc_hex_decode(value, card->pin.value, VC_PIN_LEN, &len) && len == VC_PIN_LEN;
	if (strcmp(name, "puk") == 0)
		return vc_hex_decode(value, card->puk.value, VC_PIN_LEN, &len) && len == VC_PIN_LEN;
	if (strcmp(name, "jpki-pin") == 0)
		return vc_hex_decode(value, card->jpki.pin.value, VC_PIN_LEN, &len) && len == VC_PIN_LEN;
	if (!vc_parse_long(value, 0, VC_TRIES_MAX, &number))
		return false;
	if (strcmp(name, "jpki-tries") == 0)
		card->jpki.pin.tries = (unsigned)number;
	else if (strcmp(name, "jpki-pin-left") == 0)
		card->jpki.pin.left = (unsigned)number;
	else if (strcmp(name, "jpki-sign-tries") == 0)
		card->jpki.sign_tries = (unsigned)number;
	else if (strcmp(name, "jpki-sign-left") == 0)
		card->jpki.sign_left = (unsigned)number;
	else if (strcmp(name, "tries") == 0)
		card->pin.tries = (unsigned)number;
	else if (strcmp(name, "puk-tries") == 0)
		card->puk.tries = (unsigned)number;
	else if (strcmp(name, "pin-left") == 0)
		card->pin.left = (unsigned)number;
	else if (strcmp(name, "puk-left") == 0)
		card->puk.left = (unsigned)number;
	else if (strcmp(name, "gzip-cert") == 0)
		card->gzip_cert = number != 0;
	else
		return false;
	return true;
}

static bool conf_load(struct vc_card *card)
{
	char path[PATH_MAX], text[CONF_MAX + 1], name[32], value[64], *line, *rest;
	long len;
	unsigned piv = 0, jpki = 0;

	if (!path_in(card, "card.conf", path))
		return false;
	len = vc_file_read(path, (uint8_t *)text, CONF_MAX);
	if (len < 0)
		return false;
	text[len] = '\0';
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (sscanf(line, "%31[a-z-] = %63s", name, value) != 2 || !conf_set(card, name, value))
			return false;
		*(strncmp(name, "jpki-", 5) == 0 ? &jpki : &piv) += 1;
	}
	OPENSSL_cleanse(text, sizeof(text));
	card->piv = piv == 7;
	card->jpki.present = jpki == 5;
	return (card->piv || piv == 0) && (card->jpki.present || jpki == 0) && piv + jpki > 0 &&
	       card->pin.left <= card->pin.tries && card->puk.left <= card->puk.tries &&
	       card->jpki.pin.left <= card->jpki.pin.tries && card->jpki.sign_left <= card->jpki.sign_tries;
}

static void put_piv_conf(const struct vc_card *card, char *text, size_t cap)
{
	char pin[2 * VC_PIN_LEN + 1], puk[2 * VC_PIN_LEN + 1];

	vc_hex_encode(card->pin.value, VC_PIN_LEN, pin);
	vc_hex_encode(card->puk.value, VC_PIN_LEN, puk);
	snprintf(text, cap,
		 "pin = %s\npuk = %s\ntries = %u\npuk-tries = %u\npin-left = %u\npuk-left = %u\n"
		 "gzip-cert = %d\n",
		 pin, puk, card->pin.tries, card->puk.tries, card->pin.left, card->puk.left,
		 card->gzip_cert ? 1 : 0);
	OPENSSL_cleanse(pin, sizeof(pin));
	OPENSSL_cleanse(puk, sizeof(puk));
}

static void put_jpki_conf(const struct vc_jpki *jpki, char *text, size_t cap)
{
	char pin[2 * VC_PIN_LEN + 1];

	vc_hex_encode(jpki->pin.value, VC_PIN_LEN, pin);
	snprintf(text, cap,
		 "jpki-pin = %s\njpki-tries = %u\njpki-pin-left = %u\njpki-sign-tries = %u\n"
		 "jpki-sign-left = %u\n",
		 pin, jpki->pin.tries, jpki->pin.left, jpki->sign_tries, jpki->sign_left);
	OPENSSL_cleanse(pin, sizeof(pin));
}

int vc_card_save(const struct vc_card *card)
{
	char path[PATH_MAX], text[CONF_MAX], piv[CONF_MAX / 4] = "", jpki[CONF_MAX / 4] = "";
	int n, result;

	if (card->piv)
		put_piv_conf(card, piv, sizeof(piv));
	if (card->jpki.present)
		put_jpki_conf(&card->jpki, jpki, sizeof(jpki));
	n = snprintf(text, sizeof(text),
		     "# Test card: all values are for tests only. PIN and PUK in hexadecimal.\n%s%s", piv, jpki);
	OPENSSL_cleanse(piv, sizeof(piv));
	OPENSSL_cleanse(jpki, sizeof(jpki));
	if (n < 0 || (size_t)n >= sizeof(text) || !path_in(card, "card.conf", path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	result = vc_file_replace(path, 0600, text, (size_t)n);
	OPENSSL_cleanse(text, sizeof(text));
	return result;
}

static EVP_PKEY *key_load(const struct vc_card *card, const char *name)
{
	char path[PATH_MAX];
	EVP_PKEY *key;
	FILE *file;

	if (!path_in(card, name, path))
		return NULL;
	file = fopen(path, "re");
	if (file == NULL)
		return NULL;
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	return key;
}

struct vc_card *vc_card_load(const char *dir)
{
	struct vc_card *card = calloc(1, sizeof(*card));

	if (card == NULL)
		return NULL;
	if (strlen(dir) >= sizeof(card->dir) - 32) {
		fprintf(stderr, "vcard: card folder name too long\n");
		vc_card_free(&card);
		return NULL;
	}
	strcpy(card->dir, dir);
	if (!conf_load(card)) {
		fprintf(stderr, "vcard: %s/card.conf: missing or malformed\n", dir);
		vc_card_free(&card);
		return NULL;
	}
	if (card->piv) {
		card->key_9a = key_load(card, "9a.key");
		card->key_9e = key_load(card, "9e.key");
	}
	if (card->jpki.present)
		card->jpki.key = key_load(card, "jpki.key");
	if ((card->piv && card->key_9a == NULL) || (card->jpki.present && card->jpki.key == NULL)) {
		fprintf(stderr, "vcard: %s/%s.key: missing or malformed\n", dir,
			card->piv && card->key_9a == NULL ? "9a" : "jpki");
		vc_card_free(&card);
	}
	return card;
}

void vc_card_free(struct vc_card **card)
{
	if (*card == NULL)
		return;
	EVP_PKEY_free((*card)->key_9a);
	EVP_PKEY_free((*card)->key_9e);
	EVP_PKEY_free((*card)->jpki.key);
	OPENSSL_cleanse(*card, sizeof(**card));
	free(*card);
	*card = NULL;
}

/* RFC 1952 container, as SP 800-73-4 part 1, appendix A (CertInfo bit 1) wants it. */
static bool gzip(const uint8_t *in, size_t in_len, uint8_t *out, size_t cap, size_t *ret_len)
{
	z_stream z = { 0 };
	uint8_t *input;
	int result;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	input = malloc(in_len);
	if (input == NULL) {
		deflateEnd(&z);
		return false;
	}
	memcpy(input, in, in_len);
	z.next_in = input;
	z.avail_in = (uInt)in_len;
	z.next_out = out;
	z.avail_out = (uInt)cap;
	result = deflate(&z, Z_FINISH);
	*ret_len = cap - z.avail_out;
	deflateEnd(&z);
	free(input);
	return result == Z_STREAM_END;
}

long vc_card_read_cert(const struct vc_card *card, const char *name, uint8_t *buf, size_t cap)
{
	char path[PATH_MAX];
	unsigned char *der = NULL;
	int len;
	X509 *cert;
	FILE *file;

	if (!path_in(card, name, path))
		return -1;
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	cert = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	len = cert != NULL ? i2d_X509(cert, &der) : -1;
	X509_free(cert);
	if (len >= 0 && (size_t)len <= cap)
		memcpy(buf, der, (size_t)len);
	else
		len = -1;
	OPENSSL_free(der);
	return len;
}

/* Certificate object: 70 certificate, 71 CertInfo, FE empty (SP 800-73-4 part 1, table 10). */
static long cert_object(const struct vc_card *card, const char *name, uint8_t *buf, size_t cap)
{
	uint8_t der[VC_OBJECT_MAX], packed[VC_OBJECT_MAX], info = card->gzip_cert ? 0x01 : 0x00;
	struct vc_out out = { .buf = buf, .cap = cap };
	long der_len = vc_card_read_cert(card, name, der, sizeof(der));
	size_t packed_len = 0;
	bool ok = der_len >= 0;

	if (ok && card->gzip_cert) {
		ok = gzip(der, (size_t)der_len, packed, sizeof(packed), &packed_len);
		vc_out_tlv(&out, 0x70, packed, packed_len);
	} else if (ok) {
		vc_out_tlv(&out, 0x70, der, (size_t)der_len);
	}
	vc_out_tlv(&out, 0x71, &info, 1);
	vc_out_tlv(&out, 0xFE, NULL, 0);
	return ok && !out.overflow ? (long)out.len : -1;
}

/* Card capability container: SP 800-73-4 part 1, table 8; the values say "data model 10 only". */
static long ccc_object(uint8_t *buf, size_t cap)
{
	static const uint8_t card_id[21] = { 0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02 };
	static const uint8_t empty_tags[] = { 0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE };
	struct vc_out out = { .buf = buf, .cap = cap };
	size_t i;

	vc_out_tlv(&out, 0xF0, card_id, sizeof(card_id));
	vc_out_tlv(&out, 0xF1, "\x21", 1);
	vc_out_tlv(&out, 0xF2, "\x21", 1);
	vc_out_tlv(&out, 0xF3, NULL, 0);
	vc_out_tlv(&out, 0xF4, "\x00", 1);
	vc_out_tlv(&out, 0xF5, "\x10", 1);
	for (i = 0; i < sizeof(empty_tags); i++)
		vc_out_tlv(&out, empty_tags[i], NULL, 0);
	return out.overflow ? -1 : (long)out.len;
}

/* Discovery object: AID and PIN usage policy "application PIN only" (part 1, 3.3.2). */
static long discovery_object(uint8_t *buf, size_t cap)
{
	static const uint8_t aid[] = { 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00 };
	struct vc_out out = { .buf = buf, .cap = cap };

	vc_out_tlv(&out, 0x4F, aid, sizeof(aid));
	vc_out_tlv(&out, 0x5F2F, "\x40\x00", 2);
	return out.overflow ? -1 : (long)out.len;
}

long vc_card_read_object(const struct vc_card *card, uint32_t tag, uint8_t *buf, size_t cap)
{
	char name[32], path[PATH_MAX];
	long len;

	snprintf(name, sizeof(name), "obj-%X.bin", (unsigned)tag);
	if (!path_in(card, name, path))
		return -1;
	len = vc_file_read(path, buf, cap);
	if (len >= 0)
		return len;
	switch (tag) {
	case 0x5FC102:
		return path_in(card, "chuid.bin", path) ? vc_file_read(path, buf, cap) : -1;
	case 0x5FC105:
		return cert_object(card, "9a.crt", buf, cap);
	case 0x5FC101:
		return cert_object(card, "9e.crt", buf, cap);
	case 0x5FC107:
		return ccc_object(buf, cap);
	case 0x7E:
		return discovery_object(buf, cap);
	default:
		return -1;
	}
}
