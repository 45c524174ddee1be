/* SPDX-License-Identifier: Apache-2.0 */
/* The running virtual card: one link to the reader driver, one control socket, one card. */
#ifndef VCARD_SERVER_H
#define VCARD_SERVER_H

#include "engine.h"
#include "fault.h"

#include <limits.h>
#include <stdio.h>

#define VC_ATR_MAX 33
#define VC_CLIENTS_MAX 8
#define VC_LINE_MAX (2 * VC_FAULT_RAW_MAX + 128)

struct vc_stats {
	unsigned long apdus, cmd_bytes, rsp_bytes, verifies, pins, auths, resets;
};

struct vc_link {
	int fd;				/* -1: no connection to the reader driver */
	long long retry_at_ms;		/* when fd is -1: earliest next attempt */
	bool was_up;			/* has been connected at least once */
	bool powered;
	bool muted;			/* an answer is owed and never comes */
	bool answer_due;		/* an answer waits for answer_at_ms */
	long long answer_at_ms;
	size_t in_len, out_len;
	uint8_t in[2 + VC_APDU_MAX];
	uint8_t out[2 + VC_APDU_MAX];
	bool pull_after_answer;
};

struct vc_client {
	int fd;
	size_t len;
	char line[VC_LINE_MAX];
};

struct vc_server {
	const char *host, *port;
	bool wait;			/* keep trying although vpcd never listened yet */
	long gap_ms;			/* how long a pulled card stays away at least */
	uint8_t atr[VC_ATR_MAX];
	size_t atr_len;

	struct vc_engine engine;
	struct vc_card *card;		/* owned */
	bool inserted;
	struct vc_fault_list faults;
	struct vc_stats stats;
	FILE *trace;			/* NULL: no trace file given */
	bool tracing;
	struct vc_link link;
	int control_fd;			/* -1: none */
	struct vc_client clients[VC_CLIENTS_MAX];
};

long long vc_now_ms(void);

/* link.c: the side towards the reader driver. */

/* Connects when it is time to; true unless the very first attempt failed and wait is off. */
bool vc_link_try_connect(struct vc_server *server);

/* Reads what came, executes, answers. */
void vc_link_readable(struct vc_server *server);

/* Sends the delayed answer when its time has come. */
void vc_link_timer(struct vc_server *server);

/* Drops the connection; the card's volatile state is lost, and it stays away for gap_ms. */
void vc_link_drop(struct vc_server *server, long gap_ms);

/* control.c: the side towards the test. */

/* Executes one line. Writes the reply, without line feed, to reply. */
void vc_control_execute(struct vc_server *server, char *line, char *reply, size_t cap);

/* Opens the socket; a stale one is replaced. Returns the descriptor, or -1 with errno set. */
int vc_control_listen(const char *path);
void vc_control_accept(struct vc_server *server);
void vc_control_readable(struct vc_server *server, struct vc_client *client);

/* The other end: sends one line, prints the reply. Exit status 0 on "ok", 1 on "err", 2 no server. */
int vc_control_send(const char *path, char *const *words, int words_n);

/* trace.c */
void vc_trace_command(struct vc_server *server, const uint8_t *cmd, size_t len);
void vc_trace_answer(struct vc_server *server, const uint8_t *rsp, size_t len);
void vc_trace_event(struct vc_server *server, const char *what);

#endif
