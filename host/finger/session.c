/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of the daemon: one table of what is taken when, and its handlers. */
#include "finger/session.h"

#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/wipe.h"

/* The sensor is closed in order within this time, or not at all. */
#define CLOSING_S 5

void session_send(struct session *s, struct ipc_out *o)
{
	if (s->state != SESSION_ENDING && ipc_send(s->fd, o) != SK_OK)
		session_end(s, 1);
}

static void send_reason(struct session *s, enum ipc_type type, uint64_t reason)
{
	struct ipc_out o;

	ipc_out_init(&o, type, s->out, sizeof(s->out));
	ipc_out_num(&o, IPC_F_REASON, reason);
	session_send(s, &o);
}

void session_send_error(struct session *s, enum ipc_finger_error reason)
{
	send_reason(s, IPC_FINGER_ERROR, (uint64_t)reason);
}

void session_send_retry(struct session *s, enum ipc_retry reason)
{
	send_reason(s, IPC_FINGER_RETRY, (uint64_t)reason);
}

void session_end(struct session *s, int exit_code)
{
	if (s->state == SESSION_ENDING)
		return;
	s->state = SESSION_ENDING;
	s->exit_code = exit_code;
	alarm(CLOSING_S);
	/* A running operation is cancelled first, so that the sensor is left in order. */
	if (s->cancel != NULL)
		g_cancellable_cancel(s->cancel);
	else
		g_main_loop_quit(s->loop);
}

void session_operation_done(struct session *s)
{
	g_clear_object(&s->cancel);
	if (s->state == SESSION_ENDING)
		g_main_loop_quit(s->loop);
}

/* The daemon broke the rules, or it isn't the daemon. */
static void refuse(struct session *s)
{
	session_send_error(s, FINGER_ERR_STATE);
	session_end(s, 1);
}

static void handle_open(struct session *s, const struct ipc_msg *m)
{
	char driver[33];

	if (ipc_text(m, IPC_F_DRIVER, driver, sizeof(driver)) != SK_OK) {
		refuse(s);
		return;
	}
	device_open(s, driver);
}

static bool has_id(const struct session *s, uint64_t id)
{
	for (guint i = 0; i < s->prints->len && i < SESSION_PRINTS_MAX; i++) {
		if (s->ids[i] == id)
			return true;
	}
	return false;
}

static void handle_print(struct session *s, const struct ipc_msg *m)
{
	uint64_t id = ipc_num(m, IPC_F_PRINT_ID);
	FpPrint *print = NULL;

	if (s->prints->len >= SESSION_PRINTS_MAX || has_id(s, id)) {
		refuse(s);
		return;
	}
	if (template_load(m->f[IPC_F_BYTES], s->device, s->kind, &print) != SK_OK) {
		session_send_error(s, FINGER_ERR_TEMPLATE);
		return;
	}
	s->ids[s->prints->len] = id;
	g_ptr_array_add(s->prints, print);
}

/* False when the message asks for something unknown. */
static bool read_scan(const struct ipc_msg *m, struct session_scan *ret_scan)
{
	uint64_t flags = ipc_num(m, IPC_F_FLAGS);
	struct session_scan scan = { .want = flags == IPC_SCAN_WANT };

	if ((flags & ~(uint64_t)IPC_SCAN_WANT) != 0 || m->f[IPC_F_TOKEN].len != sizeof(scan.token))
		return false;
	memcpy(scan.token, m->f[IPC_F_TOKEN].p, sizeof(scan.token));
	*ret_scan = scan;
	return true;
}

static void handle_scan(struct session *s, const struct ipc_msg *m)
{
	if (!read_scan(m, &s->scan)) {
		refuse(s);
		return;
	}
	scan_start(s);
}

/* The finger of the last SCAN still lies there: arm when libfprint is through with it. */
static void handle_scan_early(struct session *s, const struct ipc_msg *m)
{
	if (s->has_next || !read_scan(m, &s->next)) {
		refuse(s);
		return;
	}
	s->has_next = true;
}

static void handle_enroll(struct session *s, const struct ipc_msg *m)
{
	if (s->kind != TEMPLATE_ON_CHIP || m->f[IPC_F_TOKEN].len != sizeof(s->scan.token)) {
		refuse(s);
		return;
	}
	memcpy(s->scan.token, m->f[IPC_F_TOKEN].p, sizeof(s->scan.token));
	enroll_start(s);
}

/* libfprint answers with G_IO_ERROR_CANCELLED, which becomes the ERROR. */
static void handle_cancel(struct session *s, const struct ipc_msg *m)
{
	(void)m;
	g_cancellable_cancel(s->cancel);
}

/* The answer and the CANCEL crossed each other: the answer stands. */
static void handle_cancel_late(struct session *s, const struct ipc_msg *m)
{
	(void)m;
	if (s->has_next) {
		s->has_next = false;
		session_send_error(s, FINGER_ERR_CANCELLED);
	}
}

/* GO has no row: it is only taken in scan.c, where TOUCHED waits for it. */
static const struct {
	enum session_state state;
	enum ipc_type type;
	void (*handle)(struct session *s, const struct ipc_msg *m);
} rows[] = {
	{ SESSION_START, IPC_FINGER_OPEN, handle_open },
	{ SESSION_READY, IPC_FINGER_PRINT, handle_print },
	{ SESSION_READY, IPC_FINGER_SCAN, handle_scan },
	{ SESSION_READY, IPC_FINGER_ENROLL, handle_enroll },
	{ SESSION_READY, IPC_FINGER_CANCEL, handle_cancel_late },
	{ SESSION_ARMED, IPC_FINGER_CANCEL, handle_cancel },
	{ SESSION_DRAINING, IPC_FINGER_SCAN, handle_scan_early },
	{ SESSION_DRAINING, IPC_FINGER_PRINT, handle_print },
	{ SESSION_DRAINING, IPC_FINGER_CANCEL, handle_cancel_late },
	{ SESSION_ENROLLING, IPC_FINGER_CANCEL, handle_cancel },
};

static void dispatch(struct session *s, const struct ipc_msg *m)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].state == s->state && rows[i].type == m->type) {
			rows[i].handle(s, m);
			return;
		}
	}
	refuse(s);
}

static gboolean on_message(gint fd, GIOCondition condition, gpointer arg)
{
	struct session *s = arg;
	struct ipc_msg m;
	enum sk_status status;

	(void)condition;
	if (s->state == SESSION_ENDING)
		return G_SOURCE_REMOVE;
	status = ipc_recv(fd, IPC_FINGER_DOWN, 0, s->in, sizeof(s->in), &m);
	if (status == SK_OK) {
		dispatch(s, &m);
		/* A message may hold a template. */
		SK_WIPE_ARRAY(s->in);
	} else if (status == SK_E_GONE) {
		session_end(s, 0);
	} else if (status != SK_E_TIMEOUT) {
		refuse(s);
	}
	return G_SOURCE_CONTINUE;
}

int session_run(int fd)
{
	struct session *s = calloc(1, sizeof(*s));
	int exit_code;

	if (s == NULL)
		return 1;
	s->fd = fd;
	s->state = SESSION_START;
	s->exit_code = 1;
	s->loop = g_main_loop_new(NULL, FALSE);
	s->prints = g_ptr_array_new_with_free_func(g_object_unref);
	g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_message, s);
	g_main_loop_run(s->loop);
	device_close(s);
	g_ptr_array_unref(s->prints);
	g_main_loop_unref(s->loop);
	exit_code = s->exit_code;
	SK_WIPE_OBJECT(s);
	free(s);
	return exit_code;
}
