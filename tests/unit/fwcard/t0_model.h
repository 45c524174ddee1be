/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t0_model.h
 * @brief A T=0 card of the tests: byte by byte, in several manners. Written from ISO/IEC 7816-3:2006 10.3 and 12.2, not from card/t0.c.
 *
 * Its commands: INS 10 is case 1, 20 case 2, 30 case 3, 40 case 4; P1 P2 is Na, the number of bytes that it has to give.
 */
#ifndef TESTS_UNIT_FWCARD_T0_MODEL_H
#define TESTS_UNIT_FWCARD_T0_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum t0_model_ack { T0_MODEL_ALL, T0_MODEL_ONE, T0_MODEL_MIXED, T0_MODEL_ACKS };
enum t0_model_answer {
	T0_MODEL_LE, /**< Case 2: 6CXX unless P3 is right. Case 4: 9000, then the same for GET RESPONSE. */
	T0_MODEL_MORE, /**< 61XX, then GET RESPONSE. */
	T0_MODEL_PARTS, /**< The same, but not more than 7 bytes at a time. */
	T0_MODEL_WARN, /**< Case 4: 6285, then GET RESPONSE. */
	T0_MODEL_ANSWERS,
};

struct t0_model {
	enum t0_model_ack ack;
	enum t0_model_answer answer;
	unsigned nulls; /**< Null bytes before each procedure byte. */
	bool no_envelope; /**< 6D00 to ENVELOPE. */
	uint8_t header[5];
	size_t header_n, want, one; /* want: data bytes awaited; one: of them before the next procedure byte */
	uint8_t *apdu; /* command collected from ENVELOPEs */
	size_t apdu_n, data_n; /* data_n: command data bytes seen that were right */
	uint32_t na, given; /* response: length, and how much of it is out */
	bool pending;
	uint8_t out[4096]; /* from the card, not read yet */
	size_t out_n, out_at;
	unsigned broken; /* times that the reader broke the protocol */
};

/** Byte @p i of every command's data, and of every response's. */
uint8_t t0_model_command_byte(size_t i);
uint8_t t0_model_response_byte(size_t i);
/** A character from the reader. */
void t0_model_take(struct t0_model *m, uint8_t c);
/** A character for the reader; false when the card is silent. */
bool t0_model_give(struct t0_model *m, uint8_t *ret_c);

#endif /* TESTS_UNIT_FWCARD_T0_MODEL_H */
