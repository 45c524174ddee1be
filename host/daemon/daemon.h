/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file daemon.h
 * @brief What every part of sekishod shares: one event loop, one thread, one owner of all state.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "config/config.h"
#include "store/store.h"
#include "store/vault.h"
#include "trust/trust.h"

#define SEKISHO_CONF "/etc/sekisho/sekisho.conf"
#define SEKISHO_STATE_DIR "/var/lib/sekisho"
#define SEKISHO_CRL_DIR SEKISHO_STATE_DIR "/crl"
#define SEKISHO_OCSP_DIR SEKISHO_STATE_DIR "/ocsp"
#define SEKISHO_KEY_FILE SEKISHO_STATE_DIR "/template.key"
#define SEKISHO_RUN_DIR "/run/sekisho"

struct conn;      /* conn.h: one peer on a socket */
struct queue;     /* attempt.h: who has the reader now */
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
	uint32_t conn_n;          /**< Open connections. */
	int64_t started;
};

/** Wall clock, seconds since 1970. */
int64_t daemon_now(void);
/** CLOCK_BOOTTIME and the kernel's boot id. */
SK_MUST_CHECK SK_NONNULL enum sk_status daemon_lockout_time(struct lockout_time *ret_t);
/** Forget and load anchors and CRLs again; the old ones stay in force when that fails. */
SK_MUST_CHECK SK_NONNULL enum sk_status daemon_trust_reload(struct daemon *d, char reterr_what[static 160]);

#endif /* DAEMON_DAEMON_H */
