/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file reader.h
 * @brief The whole reader: the modules put together, and one round of the main loop.
 *
 * One card, one CCID, one transport at a time: USB owns the reader from the moment VBUS is seen until it goes,
 * the serial line otherwise. A change of owner powers the card off and starts CCID afresh, so that no host inherits
 * what another has opened.
 */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stdint.h>

#include "card/card.h"
#include "ccid/ccid.h"
#include "flash/store.h"
#include "serial/gemtwin.h"
#include "sys/watch.h"
#include "usb/usb_ccid.h"

/** What each round of the main loop must have passed (sys/watch.h). */
enum reader_module {
	READER_TRANSPORT,
	READER_CARD,
	READER_CCID,
	READER_BOARD,
	READER_MODULES,
};

struct reader {
	struct watch watch;
	struct store store; /**< Not mounted when it is damaged: what needs it then denies. */
	struct card card;
	struct ccid ccid;
	bool usb_owns; /**< Which of the two below lives. */
	union {
		struct gemtwin serial;
		struct usb_ccid usb;
	} transport;
	bool entropy_known; /**< The noise source has shown whether it works. */
	bool entropy_good;
	uint64_t stack_due; /**< When the stack is looked at again. Unit: hal_now_us(). */
	uint32_t stack_used; /**< High-water mark told last. Unit: bytes. */
};

/** Everything as after power-on; charges this start in the store; logs version, reason of the start, state of the
 * store, and what stopped the reader last. */
SK_NONNULL void reader_init(struct reader *r);
/** One round: everything that can be done now is done. */
SK_NONNULL void reader_step(struct reader *r);
/** When reader_step() must run next at the latest. Unit: hal_now_us(). */
SK_MUST_CHECK SK_NONNULL uint64_t reader_next_us(const struct reader *r);

/** main.c: never comes back. A board calls it when its hal works. */
_Noreturn void reader_main(void);

#endif /* READER_H */
