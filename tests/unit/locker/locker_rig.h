/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file locker_rig.h
 * @brief sekisho-locker's loop in a process of its own, where terminals, logind, the mark and the worker's start are replaced at link
 *        time (locker_callees.c): each tells the test that it was called, and does what the test wants. The test is the screen and the
 *        worker as well.
 */
#ifndef LOCKER_RIG_H
#define LOCKER_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/status.h"
#include "greet/lockbus.h"
#include "greet/wire.h"

/* A loaded machine. Unit: milliseconds. */
#define RIG_PATIENCE_MS 60000
#define RIG_SCREEN_UID 990u
#define RIG_WORKERS 4u
/** Exit status of `--clear` and `--ask` here. */
#define RIG_CLEAR 42
#define RIG_ASK 43

/** What the callees do, all zero: their work. Both processes see it. */
struct rig {
	uint32_t front;               /**< The terminal in front; vt_to_front() changes it. */
	enum sk_status to_front[16];  /**< By terminal. */
	enum sk_status open, sessions, is_used, restart, unlock, end, start_screen, stop_screen, set, clear, start_worker;
	bool used;
	uint32_t n;
	struct lockbus_session s[4];
	bool no_vt, no_user, no_prctl, no_watchdog, no_bind, no_chown, no_active, no_pread, no_credentials, no_timer;
	uid_t peer;                   /**< Whose the screen is: RIG_SCREEN_UID. */
	uint32_t hasten;              /**< As many timers from now on don't take their time. */
	/* Told by the callees. */
	uint32_t workers;             /**< Started. */
	char bound[108], chowned[108];
	uid_t chowned_to;
	bool watchdog, undumpable, urgent;
};
extern struct rig *rig;

/** The program, its name changed (locker_program.c). */
int locker_main(int argc, char **argv);

/* --- of the test's process */
/** cmocka's setup and teardown. */
int rig_setup(void **state);
int rig_teardown(void **state);
/** Start it; @p a and @p b, its arguments, may be NULL. */
void rig_start(const char *a, const char *b);
/** This is what it does next; waited for. */
void did(const char *line);
/** What has happened has been dealt with, and it did nothing. */
void did_nothing(void);
/** It has ended, without anything else. @return its exit status. */
int ended(void);
/** logind's Lock, or what could not be asked about (NULL); a session's end. */
void lock(const char *id, const char *account, uint32_t vt);
void gone(const char *id);
/** Somebody has brought that one to the front. */
void front_is(uint32_t vt);
const char *rig_socket(void);

/** A screen that connects; then the one that the calls below are about. */
int screen_connects(void);
void screen_is(int fd);
void screen_goes(void);
void screen_creates(void);
void screen_answers(const char *typed); /* NULL: it has shown a text. */
void screen_cancels(void);
void screen_starts(void);
void screen_sends(const void *bytes, size_t len);
void screen_hears(enum wire_kind kind, const char *text);
/** It was hung up on. */
void screen_is_closed(void);

/** The worker that was started last. */
void worker_says(uint32_t kind, uint32_t verdict, const char *text);
void worker_sends(const void *bytes, size_t len);
void worker_hears(const char *typed);
void worker_goes(void);
/** Its end has been closed. */
void worker_is_stopped(void);

/* Nobody is logged in; alice's session 3 on terminal 7 has been locked; a screen has asked for an attempt; PAM has let her in. */
void rig_open(void);
void rig_locked(void);
void rig_asking(void);
void rig_granted(void);

/* --- of the locker's process (locker_callees.c) */
/** Its ends: what it is told to be told by logind; the terminal in front; the workers. */
struct rig_ends {
	int control, active, worker[RIG_WORKERS];
};
void rig_callees(const struct rig_ends *ends);

#endif /* LOCKER_RIG_H */
