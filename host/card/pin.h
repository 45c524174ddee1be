/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pin.h
 * @brief VERIFY (ISO/IEC 7816-4:2013 11.5.6) as PIV and JPKI cards both have it: what is sent once, and what answers mean.
 */
#ifndef CARD_PIN_H
#define CARD_PIN_H

#include "card/exchange.h"

/**
 * Ask for the tries left: VERIFY without data. No try is spent.
 *
 * @param ret_tries  0 also when the PIN is blocked; CARD_TRIES_UNKNOWN when the card doesn't say.
 * @retval SK_OK, SK_E_DENIED (the card says that the PIN was presented already), else as exchange_start()
 */
SK_MUST_CHECK SK_NONNULL enum sk_status pin_tries(struct link *l, uint8_t reference, uint8_t *ret_tries);

/**
 * Present a PIN: sent once, whatever the answer. The caller wipes @p pin.
 *
 * @param pin           As the card wants it, 1..255 bytes.
 * @param reterr_tries  On SK_E_DENIED: tries left, CARD_TRIES_UNKNOWN when the card doesn't say.
 * @retval SK_OK, SK_E_DENIED (wrong), SK_E_LOCKED (blocked, also: by this try), SK_E_STATE (refused), else as exchange_start()
 */
SK_MUST_CHECK SK_NONNULL enum sk_status pin_present(struct link *l, uint8_t reference, struct sk_span pin,
    uint8_t *reterr_tries);

#endif /* CARD_PIN_H */
