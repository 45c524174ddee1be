/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pem.h
 * @brief DER out of whatever a list comes in: DER as it is, or one PEM block "X509 CRL" (RFC 7468, section 6).
 *
 * Taken: text before the block within the first 4,096 bytes (openssl crl -text writes some), white space after it. Refused: headers
 * inside the block, a second block, anything but base64 in it.
 */
#ifndef CRL_PEM_H
#define CRL_PEM_H

#include <openssl/evp.h>

#include "core/attr.h"
#include "crl/crl.h"

#define CRL_PEM_RAW 16384u
/** The least room that crl_pem_read() wants. Unit: bytes. */
#define CRL_PEM_CAP_MIN 1024u

/** What is known about the input; the members are pem.c's. */
struct crl_pem {
	const struct crl_source *src;
	EVP_ENCODE_CTX *base64; /**< NULL: it is DER. */
	bool ended; /**< The line END has been seen. */
	uint64_t raw_left; /**< So many bytes may still come from the source. */
	size_t pos, len;
	uint8_t raw[CRL_PEM_RAW];
};

/** Look at the beginning. SK_OK, SK_E_FORMAT, SK_E_IO, SK_E_NOMEM. crl_pem_close() in any case. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_pem_open(struct crl_pem *m, const struct crl_source *src, uint64_t raw_max);
SK_NONNULL void crl_pem_close(struct crl_pem *m);
/** Up to @p cap >= CRL_PEM_CAP_MIN bytes of DER; *ret_len 0: the end. SK_OK, SK_E_FORMAT, SK_E_SPACE, SK_E_IO. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_pem_read(struct crl_pem *m, uint8_t *buf, size_t cap, size_t *ret_len);

#endif /* CRL_PEM_H */
