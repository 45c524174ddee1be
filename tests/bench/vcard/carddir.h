/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card as a folder of plain files, made by vcard-personalise:
 *
 *   9a.key 9a.crt   PIV authentication key and certificate (PEM)
 *   9e.key 9e.crt   card authentication key and certificate (PEM), may be missing
 *   chuid.bin       content of the CHUID object (without tag 53)
 *   obj-TAG.bin     content of any further data object, e.g. obj-5FC103.bin; it also overrides
 *                   the objects made from the files above
 *   card.conf       "name = value" lines: pin puk tries puk-tries pin-left puk-left gzip-cert
 *
 * A My Number Card, made by tests/bench/lib-jpki.sh, has instead (or, as no real card, besides):
 *
 *   jpki.key jpki.crt   key and certificate of user authentication (PEM)
 *   jpki-ca.crt         its CA's certificate
 *   sign.crt sign-ca.crt  the signature certificate that nothing may read, and its CA's
 *   card.conf           jpki-pin jpki-tries jpki-pin-left jpki-sign-tries jpki-sign-left
 *
 * Everything in it is for tests only, the PIN included.
 */
#ifndef VCARD_CARDDIR_H
#define VCARD_CARDDIR_H

#include <limits.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VC_PIN_LEN 8			/* SP 800-73-4 part 2, 2.4.3 */
#define VC_TRIES_MAX 15			/* what 63CX can say */
#define VC_OBJECT_MAX 32768

/* A PIN or PUK with its retry counter. */
struct vc_secret {
	uint8_t value[VC_PIN_LEN];	/* padded with FF */
	unsigned tries;
	unsigned left;
};

/* The user-authentication PIN (4 digits, padded with FF), and the signature PIN that no value meets. */
struct vc_jpki {
	bool present;
	struct vc_secret pin;
	unsigned sign_tries, sign_left;
	EVP_PKEY *key;
};

struct vc_card {
	char dir[PATH_MAX];
	bool piv;			/* false: pin, puk and the keys below are not there */
	struct vc_jpki jpki;
	struct vc_secret pin;
	struct vc_secret puk;
	bool gzip_cert;
	EVP_PKEY *key_9a;
	EVP_PKEY *key_9e;		/* NULL: this card has none */
};

/* Loads a card. NULL with a message on stderr when a needed file is missing or malformed. */
struct vc_card *vc_card_load(const char *dir);

/* Wipes, frees, sets NULL. */
void vc_card_free(struct vc_card **card);

/*
 * Makes both secrets and their counters durable in card.conf. Returns 0, or -1 with errno set;
 * the file then still has its old content.
 */
int vc_card_save(const struct vc_card *card);

/*
 * Content of a data object (what stands inside tag 53, 7E or 7F61).
 * Returns its length, or -1 when the card has no such object.
 */
long vc_card_read_object(const struct vc_card *card, uint32_t tag, uint8_t *buf, size_t cap);

/* DER of a certificate of the card's folder. Returns its length, or -1. */
long vc_card_read_cert(const struct vc_card *card, const char *name, uint8_t *buf, size_t cap);

/* PIN text to its padded form; false unless 6 to 8 ASCII digits (SP 800-73-4 part 2, 2.4.3). */
bool vc_pin_pad(const char *text, uint8_t ret_padded[static VC_PIN_LEN]);

/* True when the eight bytes are a well-formed padded PIN (same clause). */
bool vc_pin_is_well_formed(const uint8_t padded[static VC_PIN_LEN]);

#endif
