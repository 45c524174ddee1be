/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One SCAN: arm, charge, judge, answer once.
 *
 * libfprint reports a finger on the sensor (notify::finger-status) inside the
 * driver's call, before the image is looked at. We stop there until the daemon
 * has charged the try: as long as this function doesn't return, nothing can be
 * judged. Should a driver report its match without having reported a finger,
 * the try is charged before the match leaves this process.
 */
#include <string.h>
#include <unistd.h>

#include "core/wipe.h"
#include "finger/session.h"

/* TOUCHED, then wait for GO. Doesn't return without GO: we stand inside libfprint, and no way
 * through it may lead to a verdict on a try that nobody charged. */
static void charge_or_exit(struct session *s)
{
	struct ipc_out o;
	struct ipc_msg m;

	ipc_out_init(&o, IPC_FINGER_TOUCHED, s->out, sizeof(s->out));
	if (ipc_send(s->fd, &o) != SK_OK)
		_exit(1);
	/* For ever: the alarm ends it. */
	if (ipc_recv(s->fd, IPC_FINGER_DOWN, -1, s->in, sizeof(s->in), &m) != SK_OK)
		_exit(1);
	if (m.type != IPC_FINGER_GO) {
		session_send_error(s, m.type == IPC_FINGER_CANCEL ? FINGER_ERR_CANCELLED : FINGER_ERR_STATE);
		_exit(1);
	}
	s->scan.charged = true;
}

static void on_finger_status(GObject *object, GParamSpec *spec, gpointer arg)
{
	struct session *s = arg;

	(void)spec;
	if (s->state == SESSION_ARMED && !s->scan.charged &&
	    (fp_device_get_finger_status(FP_DEVICE(object)) & FP_FINGER_STATUS_PRESENT) != 0)
		charge_or_exit(s);
}

/* Which of our prints it is; false for a pointer that isn't one of them. */
static bool find_id(const struct session *s, const FpPrint *match, uint64_t *ret_id)
{
	for (guint i = 0; i < s->prints->len && i < SESSION_PRINTS_MAX; i++) {
		if (g_ptr_array_index(s->prints, i) == match) {
			*ret_id = s->ids[i];
			return true;
		}
	}
	return false;
}

/* match and print may be NULL. Leaves SESSION_ARMED: the one answer is given. */
static void answer_verdict(struct session *s, FpPrint *match, FpPrint *print)
{
	struct ipc_out o;
	uint64_t id = 0;
	size_t len = 0;

	if (!s->scan.charged)
		charge_or_exit(s);
	s->state = SESSION_DRAINING;
	if ((match != NULL && !find_id(s, match, &id)) ||
	    (s->scan.want && (print == NULL || template_store(print, s->template, sizeof(s->template), &len) != SK_OK))) {
		session_send_error(s, FINGER_ERR_GENERAL);
		return;
	}
	ipc_out_init(&o, IPC_FINGER_VERDICT, s->out, sizeof(s->out));
	ipc_out_bytes(&o, IPC_F_TOKEN, s->scan.token, sizeof(s->scan.token));
	ipc_out_num(&o, IPC_F_FLAGS, match != NULL ? IPC_VERDICT_MATCH : 0);
	if (match != NULL)
		ipc_out_num(&o, IPC_F_PRINT_ID, id);
	if (s->scan.want)
		ipc_out_bytes(&o, IPC_F_BYTES, s->template, len);
	session_send(s, &o);
	SK_WIPE_ARRAY(s->scan.token);
	SK_WIPE_ARRAY(s->template);
	SK_WIPE_ARRAY(s->out);
}

static void answer_error(struct session *s, const GError *error)
{
	s->state = SESSION_DRAINING;
	if (error->domain == FP_DEVICE_RETRY)
		session_send_retry(s, device_retry_reason(error));
	else
		session_send_error(s, device_error_reason(error));
}

/* As soon as it is known; some drivers call it only through on_identified(). */
static void on_match(FpDevice *device, FpPrint *match, FpPrint *print, gpointer arg, GError *error)
{
	struct session *s = arg;

	(void)device;
	if (s->state != SESSION_ARMED)
		return;
	if (error != NULL)
		answer_error(s, error);
	else
		answer_verdict(s, match, print);
}

static void finish(struct session *s)
{
	session_operation_done(s);
	if (s->state != SESSION_DRAINING)
		return;
	s->state = SESSION_READY;
	if (s->has_next) {
		s->has_next = false;
		s->scan = s->next;
		SK_WIPE_OBJECT(&s->next);
		scan_start(s);
	}
}

static void on_identified(GObject *source, GAsyncResult *result, gpointer arg)
{
	struct session *s = arg;
	FpPrint *match = NULL, *print = NULL;
	GError *error = NULL;
	bool done = fp_device_identify_finish(FP_DEVICE(source), result, &match, &print, &error);

	g_signal_handlers_disconnect_by_func(source, (gpointer)(void (*)(void))on_finger_status, s);
	if (s->state == SESSION_ARMED) {
		if (done)
			answer_verdict(s, match, print);
		else
			answer_error(s, error);
	}
	g_clear_object(&match);
	g_clear_object(&print);
	finish(s);
	/* A sensor that is gone doesn't come back to this process. */
	if (!done && device_error_reason(error) == FINGER_ERR_UNPLUGGED)
		session_end(s, 1);
	g_clear_error(&error);
}

void scan_start(struct session *s)
{
	s->state = SESSION_ARMED;
	s->cancel = g_cancellable_new();
	g_signal_connect(s->device, "notify::finger-status", G_CALLBACK(on_finger_status), s);
	fp_device_identify(s->device, s->prints, s->cancel, on_match, s, NULL, on_identified, s);
}
