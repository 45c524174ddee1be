/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MUST rules:
 *  1. A handler MUST use only async-signal-safe calls: alarm, send, _exit (signal-safety(7)).
 *  2. What a handler sends MUST be complete before the clock starts.
 *  3. The end MUST be an error for the daemon: nothing that is sent from here says yes.
 */
#include "card/guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 320u

struct message {
	uint8_t buf[MESSAGE_MAX];
	struct sk_span span;
};

static struct message busy_message, error_message, closed_message;
static int daemon_fd = -1;
static volatile sig_atomic_t running, busy_due, busy_sent, die_on_term, terminated;
static volatile sig_atomic_t rest_s;

static void tell(const struct message *m)
{
	/* Nothing can be done about a daemon that doesn't take it. */
	ssize_t ignored = send(daemon_fd, m->span.p, m->span.len, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)ignored;
}

static void on_alarm(int sig)
{
	int saved = errno;

	(void)sig;
	if (running && busy_due) {
		busy_due = 0;
		busy_sent = 1;
		tell(&busy_message);
		(void)alarm((unsigned)rest_s);
	} else if (running) {
		tell(&error_message);
		tell(&closed_message);
		_exit(GUARD_EXIT_DEADLINE);
	}
	errno = saved;
}

static void on_term(int sig)
{
	(void)sig;
	terminated = 1;
	if (running && die_on_term)
		_exit(GUARD_EXIT_TERM);
}

static enum sk_status prepare_all(const struct guard_plan *plan)
{
	struct ipc_out o;
	enum sk_status st;

	ipc_out_init(&o, IPC_CARD_STATE, busy_message.buf, sizeof(busy_message.buf));
	ipc_out_num(&o, IPC_F_STATE, CARD_BUSY);
	if (plan->reader[0] != '\0')
		ipc_out_text(&o, IPC_F_READER, plan->reader);
	st = ipc_out_finish(&o, &busy_message.span);
	if (st != SK_OK)
		return st;
	ipc_out_init(&o, IPC_CARD_ERROR, error_message.buf, sizeof(error_message.buf));
	ipc_out_num(&o, IPC_F_REASON, plan->reason);
	st = ipc_out_finish(&o, &error_message.span);
	if (st != SK_OK)
		return st;
	ipc_out_init(&o, IPC_CARD_CLOSED, closed_message.buf, sizeof(closed_message.buf));
	ipc_out_num(&o, IPC_F_APDU_N, plan->apdu_n);
	ipc_out_num(&o, IPC_F_BYTES_N, plan->bytes_n);
	return ipc_out_finish(&o, &closed_message.span);
}

enum sk_status guard_init(int fd)
{
	struct sigaction alarm_action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct sigaction term_action = { .sa_handler = on_term, .sa_flags = SA_RESTART };

	daemon_fd = fd;
	running = 0;
	terminated = 0;
	(void)sigemptyset(&alarm_action.sa_mask);
	(void)sigemptyset(&term_action.sa_mask);
	if (sigaction(SIGALRM, &alarm_action, NULL) != 0 || sigaction(SIGTERM, &term_action, NULL) != 0)
		return SK_E_FAULT;
	return SK_OK;
}

enum sk_status guard_start(const struct guard_plan *plan)
{
	bool busy = plan->busy_s > 0 && plan->busy_s < plan->end_s;

	if (plan->end_s < 1 || prepare_all(plan) != SK_OK)
		return SK_E_FAULT;
	busy_sent = 0;
	busy_due = busy;
	rest_s = (sig_atomic_t)(busy ? plan->end_s - plan->busy_s : plan->end_s);
	die_on_term = plan->die_on_term;
	running = 1;
	/* A SIGTERM that came just before this is the waiting loop's to see; this call may never return to it. */
	if (terminated && plan->die_on_term)
		_exit(GUARD_EXIT_TERM);
	(void)alarm(busy ? plan->busy_s : plan->end_s);
	return SK_OK;
}

bool guard_stop(void)
{
	running = 0;
	(void)alarm(0);
	return busy_sent != 0;
}

bool guard_terminated(void)
{
	return terminated != 0;
}
