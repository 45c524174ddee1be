/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of the virtual card: hexadecimal, BER-TLV, whole small files.
 *
 * Written apart from firmware/core on purpose. The virtual card judges the project's own codecs;
 * a shared parser would agree with itself about a mistake.
 */
#ifndef VCARD_BYTES_H
#define VCARD_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded output buffer. Once something did not fit, overflow stays true and len is frozen. */
struct vc_out {
	uint8_t *buf;
	size_t cap;
	size_t len;
	bool overflow;
};

/* One data object inside a caller's buffer; value points into it. */
struct vc_tlv {
	uint32_t tag;
	const uint8_t *value;
	size_t len;
};

void vc_out_bytes(struct vc_out *out, const void *bytes, size_t len);
void vc_out_u8(struct vc_out *out, uint8_t byte);

/* Appends tag (1 to 3 bytes, as written), BER length, value. value may be NULL when len is 0. */
void vc_out_tlv(struct vc_out *out, uint32_t tag, const void *value, size_t len);

/*
 * Takes the next data object (ISO/IEC 7816-4 5.2.2: tag of 1 to 3 bytes, definite length of at most
 * 2 length bytes) from [*pos, end). Returns true and moves *pos behind it; false, with *pos left
 * alone, when there is none or it is malformed or longer than what is left.
 */
bool vc_tlv_next(const uint8_t **pos, const uint8_t *end, struct vc_tlv *ret_tlv);

/* Hex with an even number of digits, nothing else. Returns false and leaves ret_len alone if not. */
bool vc_hex_decode(const char *hex, uint8_t *ret_bytes, size_t cap, size_t *ret_len);

/* Writes 2 * len upper-case digits and a NUL; hex must have 2 * len + 1 bytes. */
void vc_hex_encode(const uint8_t *bytes, size_t len, char *ret_hex);

/* A decimal number within [min, max] and nothing behind it. */
bool vc_parse_long(const char *text, long min, long max, long *ret_value);

/*
 * Reads a whole file of at most cap bytes. Returns its size, or -1 with errno set
 * (EFBIG when it is larger).
 */
long vc_file_read(const char *path, uint8_t *buf, size_t cap);

/*
 * Replaces path in one step and makes it durable: temporary file, fsync, rename, fsync of the
 * folder. Returns 0, or -1 with errno set; path then still has its old content.
 */
int vc_file_replace(const char *path, unsigned mode, const void *bytes, size_t len);

#endif
