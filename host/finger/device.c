/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, opening and closing the sensor; libfprint's errors in the daemon's words. */
#include <string.h>

#include "finger/sensor_table.h"
#include "finger/session.h"

/* Text of a device is somebody else's: cut at the field's length, printable ASCII only. */
static void put_text(struct ipc_out *o, enum ipc_field f, const char *text)
{
	char clean[128];
	size_t max = ipc_field_info(f)->max, len = 0;

	if (max > sizeof(clean) - 1)
		max = sizeof(clean) - 1;
	for (; text != NULL && text[len] != '\0' && len < max; len++)
		clean[len] = text[len] >= 0x20 && text[len] < 0x7F ? text[len] : '?';
	if (len == 0)
		clean[len++] = '?';
	clean[len] = '\0';
	ipc_out_text(o, f, clean);
}

static void send_ready(struct session *s)
{
	const char *driver = fp_device_get_driver(s->device);
	struct ipc_out o;
	uint32_t flags = 0;

	if (sensor_is_weak(driver))
		flags |= IPC_SENSOR_WEAK;
	if (s->kind == TEMPLATE_ON_CHIP)
		flags |= IPC_SENSOR_MOC;
	if (sensor_is_virtual(driver))
		flags |= IPC_SENSOR_VIRTUAL;
	ipc_out_init(&o, IPC_FINGER_READY, s->out, sizeof(s->out));
	ipc_out_text(&o, IPC_F_DRIVER, driver);
	put_text(&o, IPC_F_DEVICE, fp_device_get_device_id(s->device));
	put_text(&o, IPC_F_NAME, fp_device_get_name(s->device));
	ipc_out_num(&o, IPC_F_FLAGS, flags);
	session_send(s, &o);
}

/* ret_device is borrowed from the context; *reterr_reason says why there is none. */
static bool find_device(struct session *s, const char *driver, FpDevice **ret_device,
    enum ipc_finger_error *reterr_reason)
{
	GPtrArray *devices = fp_context_get_devices(s->context);
	enum ipc_finger_error reason = FINGER_ERR_NO_SENSOR;

	for (guint i = 0; devices != NULL && i < devices->len; i++) {
		FpDevice *device = g_ptr_array_index(devices, i);
		const char *name = fp_device_get_driver(device);

		if (driver[0] != '\0' && strcmp(driver, name) != 0)
			continue;
		if (!CONFIG_VIRTUAL_SENSOR && sensor_is_virtual(name)) {
			reason = FINGER_ERR_VIRTUAL;
			continue;
		}
		/* A sensor that can only verify has no place for a gallery of several impressions. */
		if (!fp_device_has_feature(device, FP_DEVICE_FEATURE_IDENTIFY))
			continue;
		*ret_device = device;
		return true;
	}
	*reterr_reason = reason;
	return false;
}

static void on_opened(GObject *source, GAsyncResult *result, gpointer arg)
{
	struct session *s = arg;
	GError *error = NULL;
	bool opened = fp_device_open_finish(FP_DEVICE(source), result, &error);

	if (!opened) {
		g_clear_object(&s->device);
		if (s->state == SESSION_OPENING)
			session_send_error(s, device_error_reason(error));
		g_clear_error(&error);
		session_operation_done(s);
		session_end(s, 1);
		return;
	}
	session_operation_done(s);
	if (s->state != SESSION_OPENING)
		return;
	s->kind = fp_device_has_feature(s->device, FP_DEVICE_FEATURE_STORAGE) ? TEMPLATE_ON_CHIP : TEMPLATE_MINUTIAE;
	s->state = SESSION_READY;
	send_ready(s);
}

void device_open(struct session *s, const char *driver)
{
	FpDevice *device = NULL;
	enum ipc_finger_error reason = FINGER_ERR_NO_SENSOR;
	bool found;

	s->state = SESSION_OPENING;
	s->context = fp_context_new();
	/* Looking for devices runs the main loop: a message in the meantime may have ended us. */
	found = find_device(s, driver, &device, &reason);
	if (s->state != SESSION_OPENING)
		return;
	if (!found) {
		session_send_error(s, reason);
		session_end(s, 1);
		return;
	}
	s->device = g_object_ref(device);
	s->cancel = g_cancellable_new();
	fp_device_open(s->device, s->cancel, on_opened, s);
}

void device_close(struct session *s)
{
	if (s->device != NULL) {
		/* The process ends right after; there is nobody to tell about an error. */
		(void)fp_device_close_sync(s->device, NULL, NULL);
		g_clear_object(&s->device);
	}
	g_clear_object(&s->context);
}

enum ipc_finger_error device_error_reason(const GError *error)
{
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return FINGER_ERR_CANCELLED;
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
		return FINGER_ERR_TIMEOUT;
	if (g_error_matches(error, FP_DEVICE_ERROR, FP_DEVICE_ERROR_REMOVED))
		return FINGER_ERR_UNPLUGGED;
	/* Too hot: libfprint lets the sensor rest; it works again later. */
	if (g_error_matches(error, FP_DEVICE_ERROR, FP_DEVICE_ERROR_BUSY) ||
	    g_error_matches(error, FP_DEVICE_ERROR, FP_DEVICE_ERROR_TOO_HOT))
		return FINGER_ERR_BUSY;
	return FINGER_ERR_GENERAL;
}

enum ipc_retry device_retry_reason(const GError *error)
{
	if (g_error_matches(error, FP_DEVICE_RETRY, FP_DEVICE_RETRY_TOO_SHORT))
		return RETRY_TOO_SHORT;
	if (g_error_matches(error, FP_DEVICE_RETRY, FP_DEVICE_RETRY_CENTER_FINGER))
		return RETRY_CENTER;
	if (g_error_matches(error, FP_DEVICE_RETRY, FP_DEVICE_RETRY_REMOVE_FINGER))
		return RETRY_REMOVE;
	return RETRY_GENERAL;
}
