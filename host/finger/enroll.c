/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enrolment on a match-on-chip sensor: the chip keeps the finger, we get a
 * handle to it. (Image sensors are enrolled by the daemon, one SCAN after the
 * other, because libfprint would take five different fingers as one.)
 */
#include "core/wipe.h"
#include "finger/session.h"

static void on_progress(FpDevice *device, gint stages_n, FpPrint *print, gpointer arg, GError *error)
{
	struct session *s = arg;
	struct ipc_out o;
	gint total = fp_device_get_nr_enroll_stages(device);

	(void)print;
	if (s->state != SESSION_ENROLLING)
		return;
	if (error != NULL) {
		session_send_retry(s, device_retry_reason(error));
		return;
	}
	if (stages_n < 0 || total < 0)
		return;
	ipc_out_init(&o, IPC_FINGER_PROGRESS, s->out, sizeof(s->out));
	ipc_out_num(&o, IPC_F_COUNT, (uint64_t)stages_n);
	ipc_out_num(&o, IPC_F_TOTAL, (uint64_t)total);
	session_send(s, &o);
}

static void answer_enrolled(struct session *s, FpPrint *print)
{
	struct ipc_out o;
	size_t len = 0;

	if (template_store(print, s->template, sizeof(s->template), &len) != SK_OK) {
		session_send_error(s, FINGER_ERR_GENERAL);
		return;
	}
	ipc_out_init(&o, IPC_FINGER_ENROLLED, s->out, sizeof(s->out));
	ipc_out_bytes(&o, IPC_F_TOKEN, s->scan.token, sizeof(s->scan.token));
	ipc_out_bytes(&o, IPC_F_BYTES, s->template, len);
	session_send(s, &o);
	SK_WIPE_ARRAY(s->template);
	SK_WIPE_ARRAY(s->out);
}

static void on_enrolled(GObject *source, GAsyncResult *result, gpointer arg)
{
	struct session *s = arg;
	GError *error = NULL;
	FpPrint *print = fp_device_enroll_finish(FP_DEVICE(source), result, &error);

	if (s->state == SESSION_ENROLLING) {
		if (print != NULL)
			answer_enrolled(s, print);
		else
			session_send_error(s, device_error_reason(error));
	}
	g_clear_object(&print);
	session_operation_done(s);
	if (s->state == SESSION_ENROLLING)
		s->state = SESSION_READY;
	if (error != NULL && device_error_reason(error) == FINGER_ERR_UNPLUGGED)
		session_end(s, 1);
	g_clear_error(&error);
}

void enroll_start(struct session *s)
{
	s->state = SESSION_ENROLLING;
	s->cancel = g_cancellable_new();
	/* The new print is floating: fp_device_enroll() takes it over. */
	fp_device_enroll(s->device, fp_print_new(s->device), s->cancel, on_progress, s, NULL, on_enrolled, s);
}
