/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session.h
 * @brief One run of sekisho-finger: what may be asked when, and what is answered.
 *
 * Rules
 *  1. The table in session.c says which message is taken in which state; any other message ends the run.
 *  2. No finger is judged before the daemon has said GO for this SCAN: the try is charged first.
 *  3. A SCAN gets exactly one answer: VERDICT, RETRY or ERROR. Only VERDICT with IPC_VERDICT_MATCH means yes,
 *     and it repeats the token of the SCAN that it answers.
 *  4. When in doubt (unexpected message, failed send, libfprint in an unexpected state) the process ends.
 */
#ifndef FINGER_SESSION_H
#define FINGER_SESSION_H

#include <gio/gio.h>
#include <fprint.h>
#include <stdbool.h>

#include "core/attr.h"
#include "finger/template.h"
#include "ipc/ipc.h"

/** Prints to compare with: 10 fingers of 6 impressions, rounded up. */
#define SESSION_PRINTS_MAX 64
#define SESSION_TOKEN_LEN 16

enum session_state {
	SESSION_START = 1, /**< Nothing but OPEN makes sense. */
	SESSION_OPENING,   /**< libfprint works on it. */
	SESSION_READY,     /**< Open, sensor at rest. */
	SESSION_ARMED,     /**< A SCAN without an answer yet. */
	SESSION_DRAINING,  /**< Answered; libfprint still waits for the finger to be lifted. */
	SESSION_ENROLLING, /**< Match-on-chip enrolment. */
	SESSION_ENDING,    /**< Nothing is answered any more. */
};

/** What the daemon asked for and whether it was answered. */
struct session_scan {
	uint8_t token[SESSION_TOKEN_LEN];
	bool want;    /**< Send the scan's template along. */
	bool charged; /**< TOUCHED was sent and GO came. */
};

struct session {
	int fd;
	enum session_state state;
	GMainLoop *loop;
	FpContext *context;
	FpDevice *device;     /**< Open, or NULL. */
	enum template_kind kind;
	GPtrArray *prints;    /**< FpPrint; the i-th has ids[i]. */
	uint64_t ids[SESSION_PRINTS_MAX];
	GCancellable *cancel; /**< Of the running libfprint operation; NULL when none runs. */
	struct session_scan scan;
	bool has_next;            /**< A SCAN came while draining. */
	struct session_scan next;
	int exit_code;
	uint8_t in[IPC_MSG_MAX];
	uint8_t out[IPC_MSG_MAX];
	uint8_t template[TEMPLATE_LEN_MAX];
};

/**
 * Serve the daemon on @p fd (SOCK_SEQPACKET) until it closes the socket or something goes wrong.
 *
 * @return The process's exit code: 0 when the daemon closed, 1 otherwise.
 */
SK_MUST_CHECK int session_run(int fd);

/* Shared by the files of this module. */

/** Answer; a daemon that can't take it ends the run. */
SK_NONNULL void session_send(struct session *s, struct ipc_out *o);
SK_NONNULL void session_send_error(struct session *s, enum ipc_finger_error reason);
SK_NONNULL void session_send_retry(struct session *s, enum ipc_retry reason);
/** Cancel what runs, then leave the main loop. */
SK_NONNULL void session_end(struct session *s, int exit_code);
/** libfprint's operation has come to its end: forget its cancellable; leave the loop when ending. */
SK_NONNULL void session_operation_done(struct session *s);

/** device.c: find and open; answers READY or ERROR by itself. @p driver "" means any. */
SK_NONNULL void device_open(struct session *s, const char *driver);
SK_NONNULL void device_close(struct session *s);
/** What the daemon is told about an error of libfprint (not FP_DEVICE_RETRY). */
SK_MUST_CHECK SK_NONNULL enum ipc_finger_error device_error_reason(const GError *error);
SK_MUST_CHECK SK_NONNULL enum ipc_retry device_retry_reason(const GError *error);

/** scan.c: arm the sensor for s->scan. */
SK_NONNULL void scan_start(struct session *s);
/** enroll.c: enrolment on a match-on-chip sensor; s->scan.token is repeated. */
SK_NONNULL void enroll_start(struct session *s);

#endif /* FINGER_SESSION_H */
