/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file powercut.h
 * @brief Ends a piece of code at any of its steps on one folder, as kill -9 or a power cut would, and leaves what would then be on the disk.
 *
 * A step is a call that changes a file or the folder, or makes changes durable: creating open, write, pwrite, ftruncate, fchmod, fsync,
 * rename, link, unlink and their *at() relatives. The code runs in a process of its own.
 *
 * What a disk promises (and this harness no more than that): a file's bytes are there after fsync() of the file, a name after
 * fsync() of the folder. Steps that didn't come to that may have reached the disk or not; the three kinds are the extremes.
 */
#ifndef TESTS_UNIT_CUTS_POWERCUT_H
#define TESTS_UNIT_CUTS_POWERCUT_H

#include <stdbool.h>

enum cut_kind {
	CUT_KILL,        /**< kill -9: everything that was done is there; a write in half. */
	CUT_POWER_NONE,  /**< Power: of what wasn't made durable nothing is there; the folder is as at its last fsync(). */
	CUT_POWER_NAMES, /**< Power: names are as they were last, bytes that weren't made durable are gone. */
	CUT_KINDS
};

typedef void cut_fn(void *arg);

/** Steps of @p fn in @p folder when nothing cuts it. It runs to its end. */
unsigned cut_steps(const char *folder, cut_fn *fn, void *arg);
/** Run @p fn and cut it at step @p at (from 1). true: it was cut; false: it ended before. */
bool cut_run(const char *folder, cut_fn *fn, void *arg, enum cut_kind kind, unsigned at);

/** Keep and bring back a folder of plain files: @p keep is a path that is free for it. */
void cut_keep(const char *folder, const char *keep);
void cut_restore(const char *folder, const char *keep);

#endif /* TESTS_UNIT_CUTS_POWERCUT_H */
