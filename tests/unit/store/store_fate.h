/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_fate.h
 * @brief A disk that fails on command: linked into a program, it stands before the C library for all calls that
 * change files, SQLite's included. It does nothing until fate_set().
 */
#ifndef STORE_STORE_FATE_H
#define STORE_STORE_FATE_H

#include <stdint.h>

/* What happens at a call that changes a file. */
enum fate {
	FATE_NONE,
	FATE_DIE,  /* the process ends before the call; at a write, half of it is done */
	FATE_FAIL, /* this one call fails with EIO */
	FATE_LIE,  /* a page for the WAL of lockout.db isn't written, and the call says that it was */
	FATE_FULL, /* this and all later ones that need room fail with ENOSPC */
};

/** Exit status of a process that met FATE_DIE. */
#define FATE_EXIT 77

/** From now on, at the @p at-th call (1 is the next). */
void fate_set(enum fate what, uint32_t at);

/** Calls since fate_set(); FATE_LIE counts pages only. */
extern uint32_t fate_calls;
/** fsync() and fdatasync() since the start of the program. */
extern uint32_t fate_syncs;

#endif /* STORE_STORE_FATE_H */
