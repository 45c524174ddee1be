/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file daemon.h
 * @brief What every part of sekishod shares: one event loop, one thread, one owner of all state.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "config/config.h"
#include "store/store.h"
#include "store/vault.h"
#include "trust/trust.h"

#define SEKISHO_CONF "/etc/sekisho/sekisho.conf"
#define SEKISHO_STATE_DIR "/var/lib/sekisho"
#define SEKISHO_CRL_DIR SEKISHO_STATE_DIR "/crl"
#define SEKISHO_DENYLIST_DIR SEKISHO_STATE_DIR "/denylist"
#define SEKISHO_OCSP_DIR SEKISHO_STATE_DIR "/ocsp"
#define SEKISHO_KEY_FILE SEKISHO_STATE_DIR "/template.key"
#define SEKISHO_CLOCK_FILE SEKISHO_STATE_DIR "/clock.mark"
#define SEKISHO_FROM_FILE SEKISHO_STATE_DIR "/clock.from"
#define SEKISHO_BOOT_FILE SEKISHO_STATE_DIR "/boot.mark"
#define SEKISHO_KINDS_FILE SEKISHO_STATE_DIR "/sessions.seen"
#define SEKISHO_RUN_DIR "/run/sekisho"

struct conn;      /* conn.h: one peer on a socket */
struct queue;     /* attempt.h: who has the reader now */
struct denying;   /* denying.h: the denylist in force */
struct guarding;  /* guarding.h: open sessions and their cards */
struct logind;    /* logind.h: locks and ends sessions */
struct watch;     /* watching.h: what sekisho-watch last said */

/** The daemon. Lives as long as the process. */
struct daemon {
	sd_event *event;
	struct config config;
	struct store *store;
	struct vault *vault;
	struct trust *trust;
	struct queue *queue;
	struct watch *watch;
	struct denying *deny;
	struct guarding *guard;
	struct logind *logind;
	uint32_t conn_n;          /**< Open connections. */
	uint32_t nobody_n;        /**< Attempts since the start that left no record: nobody was there (attempt.h, rule 6). */
	uint8_t nobody_lacks;     /**< enum ipc_card_state for which the last one with nobody there was recorded; 0: none. */
	int64_t started;
	int64_t clock_mark;       /**< Latest time seen, see daemon_safe_now(). */
	int64_t clock_written;    /**< What of it is in the file. */
	int64_t clock_from;       /**< Days without a log-in count from here at the earliest; 0: from ever. See CLOCK_GAP_S. */
	bool clock_told;          /**< That the clock is behind it has been recorded. */
};

/** Wall clock, seconds since 1970. */
int64_t daemon_now(void);
/**
 * The wall clock, but never behind the latest time seen on this terminal, also before a restart (SEKISHO_CLOCK_FILE): what has
 * expired stays expired, and an old revocation list does not become fresh, when the clock goes back. A clock behind it by more
 * than CLOCK_BEHIND_S is recorded once. The file is written every ten minutes: so much of what was seen may be lost over a restart.
 */
SK_NONNULL int64_t daemon_safe_now(struct daemon *d);
#define CLOCK_BEHIND_S 300
/** Longer than this between two looks: the terminal was off, or its clock was put ahead. Nobody could log in, so that nobody was
 *  idle: clock_from becomes now (SEKISHO_FROM_FILE), and that is recorded. Less than half of the shortest `[policy] dormant`. */
#define CLOCK_GAP_S (14 * 86400)
/** Read the latest time seen; a file that is there and damaged is SK_E_CORRUPT (it must not become "never"). */
SK_MUST_CHECK SK_NONNULL enum sk_status daemon_clock_open(struct daemon *d);
/** The administrator says that the clock is right now: what was seen before counts no more, and when that was
 *  ahead, clock_from becomes now. SK_E_IO: not durable, nothing changed. */
SK_MUST_CHECK SK_NONNULL enum sk_status daemon_clock_accept(struct daemon *d);
/** CLOCK_BOOTTIME and the kernel's boot id. */
SK_MUST_CHECK SK_NONNULL enum sk_status daemon_lockout_time(struct lockout_time *ret_t);
/** Forget and load anchors and CRLs again; the old ones stay in force when that fails. */
SK_MUST_CHECK SK_NONNULL enum sk_status daemon_trust_reload(struct daemon *d, char reterr_what[static 160]);
/** A look-up met a damaged index: build it again when the loop is free. */
SK_NONNULL void daemon_repair_later(struct daemon *d);

#endif /* DAEMON_DAEMON_H */
