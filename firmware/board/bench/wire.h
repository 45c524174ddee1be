/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wire.h
 * @brief The byte streams of a bench board, and the hal functions made of them (WIRE.md).
 *
 * A bench board supplies the functions wire_*(); firmware/board/bench supplies the hal functions of card line, serial
 * line, USB, entropy, lights and log upon them.
 */
#ifndef BOARD_BENCH_WIRE_H
#define BOARD_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

enum wire {
	WIRE_SERIAL,
	WIRE_CARD,
	WIRE_CONTROL,
	WIRE_USB,
	WIRE_SIDE,
	WIRES,
};

/** Next byte that came in, 0…255, or -1. */
SK_MUST_CHECK int wire_getc(enum wire w);
/** How many bytes wire_send() would take now. A wire that nobody holds takes all and drops it. */
SK_MUST_CHECK size_t wire_room(enum wire w);
/** Queue bytes; returns how many were taken. */
SK_MUST_CHECK SK_NONNULL size_t wire_send(enum wire w, const uint8_t *p, size_t len);
/** Is something queued that has not left? */
SK_MUST_CHECK bool wire_sending(enum wire w);

/** Start of the bench's share: card off, reader's clock told. The wires must work. */
void bench_init(void);

/** A message that must not be cut: sent whole, or not at all (false). */
SK_MUST_CHECK SK_NONNULL bool bench_message(enum wire w, const uint8_t *p, size_t len);

#endif /* BOARD_BENCH_WIRE_H */
