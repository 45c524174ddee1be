/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t1_model.h
 * @brief A small card side of T=1, written for itself, and a line that damages; for tests of the machine.
 */
#ifndef T1_MODEL_H
#define T1_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/** How bad the line and how slow the card is. Unit: blocks of a thousand. */
struct t1_model_line {
	unsigned int flip; /**< One bit wrong without a parity mark. */
	unsigned int parity; /**< One character wrong, marked. */
	unsigned int drop; /**< One character gone. */
	unsigned int lost; /**< Whole block gone. */
	unsigned int wtx; /**< S(WTX request) before a response. */
	unsigned int ifs; /**< S(IFS request) before a response. */
	unsigned int abort; /**< The caller gives up. */
};

struct t1_model_count {
	unsigned int right, failed, aborted, resynched;
};

uint32_t t1_model_random(uint32_t *seed);
/**
 * One exchange of @p cmd_len and @p rsp_len bytes between the machine and a fresh card, then a second one when the first went
 * right. Fails the running test when data is wrong, or no end comes within a bounded number of blocks.
 */
void t1_model_exchange(uint32_t seed, const struct t1_model_line *line, bool crc, unsigned int cmd_len,
    unsigned int rsp_len, struct t1_model_count *count);

#endif /* T1_MODEL_H */
