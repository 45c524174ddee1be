/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crl_fate.h
 * @brief A disk that fails on command: stands before the C library for the calls that change files, and for pread() of the spill file.
 */
#ifndef TESTS_UNIT_CRL_FATE_H
#define TESTS_UNIT_CRL_FATE_H

#include <stdbool.h>
#include <stdint.h>

enum fate {
	FATE_NONE,
	FATE_FAIL, /**< This one call fails with EIO. */
	FATE_FULL, /**< This and all later writes fail with ENOSPC; making files too. */
	FATE_DIE, /**< The process ends before the call; of a write, half is done. */
};

#define FATE_EXIT 77

/** From now on, at the @p at-th call (1 is the next). */
void fate_set(enum fate what, uint32_t at);
/** Calls since fate_set(). */
extern uint32_t fate_calls;
/** getrandom() gives the same bytes each time. */
extern bool fate_fixed_key;

#endif /* TESTS_UNIT_CRL_FATE_H */
