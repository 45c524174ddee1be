/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file atr.h
 * @brief The one thing we want from an answer-to-reset: does the card take extended length?
 */
#ifndef CARD_ATR_H
#define CARD_ATR_H

#include <stdbool.h>

#include "core/bytes.h"

/**
 * True when the historical bytes hold card capabilities whose third byte says "extended Lc and Le
 * fields" (ISO/IEC 7816-4:2013 12.1.1.9, table 119, bit 7). False for anything malformed.
 */
SK_MUST_CHECK bool atr_has_extended_length(struct sk_span atr);

#endif /* CARD_ATR_H */
