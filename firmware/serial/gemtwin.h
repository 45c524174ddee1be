/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gemtwin.h
 * @brief CCID over a serial line in the framing of the GemPC Twin, as libccid's serial driver speaks it.
 */
#ifndef SERIAL_GEMTWIN_H
#define SERIAL_GEMTWIN_H

#include "ccid/ccid.h"

struct gemtwin;
#include "serial/gemtwin_impl.h"

SK_NONNULL void gemtwin_init(struct gemtwin *g, struct ccid *ccid);
/** Takes bytes from hal_serial_getc(), echoes them, hands whole messages over, sends answers and card movements. */
SK_NONNULL void gemtwin_step(struct gemtwin *g);
/** When gemtwin_step() must run next at the latest. */
SK_MUST_CHECK SK_NONNULL uint64_t gemtwin_next_us(const struct gemtwin *g);

#endif /* SERIAL_GEMTWIN_H */
