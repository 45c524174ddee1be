/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file digest_info.h
 * @brief The DER head of a DigestInfo: what an RSA signature says about the digest that it covers.
 */
#ifndef CARD_DIGEST_INFO_H
#define CARD_DIGEST_INFO_H

/** SHA-256; the 32 bytes of the digest follow (RFC 8017 9.2 note 1). An initializer list. */
#define DIGEST_INFO_SHA256 \
	0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20

#endif /* CARD_DIGEST_INFO_H */
