/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file piv_object.h
 * @brief The container of a PIV certificate: 53 { 70 certificate, 71 CertInfo, FE } (SP 800-73-4 part 1, appendix A, table 10).
 */
#ifndef CARD_PIV_OBJECT_H
#define CARD_PIV_OBJECT_H

#include "core/bytes.h"

/**
 * What the first bytes of the container show of the certificate.
 *
 * @param raw         As far as it was read.
 * @param ret_der     The certificate's first bytes; inside @p raw.
 * @retval SK_OK
 * @retval SK_E_STATE   Nothing can be said before all is read: compressed, other order, or too little.
 * @retval SK_E_FORMAT  No container of a certificate, or one that is too long.
 * @retval SK_E_NOENT   The container is empty.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status piv_object_head(struct sk_span raw, struct sk_span *ret_der);

/**
 * The certificate of a container that was read whole; inflated into @p buf when it is compressed.
 *
 * @param ret_der  One DER SEQUENCE to the byte, at most @p cap bytes; inside @p raw or @p buf.
 * @retval SK_OK, SK_E_FORMAT, SK_E_NOENT (empty container)
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status piv_object_cert(struct sk_span raw, uint8_t *buf, size_t cap, struct sk_span *ret_der);

#endif /* CARD_PIV_OBJECT_H */
