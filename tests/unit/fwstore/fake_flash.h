/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake_flash.h
 * @brief Flash in RAM that keeps hal.h's rules, stops at any operation and leaves torn words behind.
 *
 * Every broken rule (alignment, a bit from 0 to 1, a third program of a word, a program on a sector whose erase was
 * interrupted) aborts: no test can pass over it. A program that was interrupted before any bit changed doesn't count:
 * nobody can see that it was.
 */
#ifndef TESTS_UNIT_FWSTORE_FAKE_FLASH_H
#define TESTS_UNIT_FWSTORE_FAKE_FLASH_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "hal.h"

#define FAKE_SIZE_MAX 65536u
#define FAKE_SECTORS_MAX 64u

/* How the operation that is stopped leaves its word or sector. */
enum fake_tear {
	FAKE_TEAR_BEFORE, /* untouched */
	FAKE_TEAR_RANDOM, /* each bit by a coin */
	FAKE_TEAR_ONE, /* only one bit changed */
	FAKE_TEAR_BUT_ONE, /* all but one */
	FAKE_TEAR_FRONT, /* the lower addresses done, the rest not */
	FAKE_TEAR_BACK, /* the other way round */
	FAKE_TEAR_AFTER, /* done */
	FAKE_TEARS,
};

struct fake_flash {
	uint8_t mem[FAKE_SIZE_MAX];
	uint8_t programs[FAKE_SIZE_MAX / HAL_FLASH_WORD];
	uint32_t erases[FAKE_SECTORS_MAX];
	uint32_t sector_size, sectors;
	uint32_t writes; /* programs and erases so far */
	uint32_t calls; /* writes and reads so far */
	uint32_t cut_at; /* stop at this write, 0 never */
	uint32_t error_at; /* answer SK_E_IO at this call, 0 never; the tear says what it leaves */
	uint32_t error_for; /* … and at as many calls after it */
	bool deaf; /* programs do nothing and say SK_OK */
	bool deaf_erase; /* erases too */
	bool disturb; /* a program also clears a bit of the next word */
	enum fake_tear tear;
	uint32_t random; /* never 0 */
	jmp_buf *cut; /* where a stop goes */
};

/* The one flash there is. */
extern struct fake_flash fake;

/* Blank flash. */
void fake_init(uint32_t sector_size, uint32_t sectors);
/* From now: stop at the n-th write (1…). */
void fake_cut_at(uint32_t n, enum fake_tear tear, uint32_t random, jmp_buf *cut);
/* From now: SK_E_IO at the n-th call. */
void fake_error_at(uint32_t n, uint32_t calls, enum fake_tear tear, uint32_t random);
void fake_calm(void);

#endif /* TESTS_UNIT_FWSTORE_FAKE_FLASH_H */
