/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon knows of its devices, as rows for doctor; see probe.h. */
#include <stdio.h>
#include <string.h>

#include "daemon/helper.h"
#include "daemon/probe.h"
#include "daemon/queue.h"
#include "daemon/watching.h"

#define SENSOR_WAIT_MS 3000

static enum sk_status row(struct admin_call *call, const char *name, const char *status, const char *detail, const char *mend)
{
	uint8_t buf[2560];
	struct ipc_out o;

	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_EVENT, name);
	ipc_out_text(&o, IPC_F_STATUS, status);
	ipc_out_text(&o, IPC_F_DETAIL, detail);
	ipc_out_text(&o, IPC_F_TEXT, mend);
	return admin_row_send(call, &o);
}

static enum sk_status probe_readers(struct admin_call *call)
{
	const struct watch_view *v = watching_view(call->d);
	char detail[256];
	enum sk_status st;

	if (!v->service_up)
		return row(call, "pcscd", "fail", "The smart card service does not answer.",
		    "systemctl enable --now pcscd.socket; then look at: systemctl status pcscd");
	st = row(call, "pcscd", "ok", "The smart card service answers.", "");
	if (st == SK_OK && v->readers_n == 0)
		st = row(call, "reader", "fail", "No card reader.", "Plug the reader in; pcsc_scan shows whether its driver knows it.");
	for (uint32_t i = 0; i < v->readers_n && st == SK_OK; i++) {
		const char *wanted = call->d->config.reader;
		bool ours = wanted[0] == '\0' || strstr(v->readers[i].name, wanted) != NULL;

		(void)snprintf(detail, sizeof(detail), "%s, %s%s", v->readers[i].name,
		    v->readers[i].card ? "card inserted" : "no card", ours ? "" : "; not used ([terminal] reader)");
		st = row(call, "reader", "ok", detail, "");
	}
	return st;
}

static enum sk_status ask_sensor(const struct config *c, struct ipc_msg *ret_m, uint8_t *buf, size_t cap)
{
	struct ipc_out o;
	uint8_t out[128];
	pid_t pid;
	int fd;
	enum sk_status st = helper_spawn_bare(HELPER_FINGER, &fd, &pid);

	if (st != SK_OK)
		return st;
	ipc_out_init(&o, IPC_FINGER_OPEN, out, sizeof(out));
	if (c->sensor[0] != '\0')
		ipc_out_text(&o, IPC_F_DRIVER, c->sensor);
	st = ipc_send(fd, &o);
	if (st == SK_OK)
		st = ipc_recv(fd, IPC_FINGER_UP, SENSOR_WAIT_MS, buf, cap, ret_m);
	helper_bury(fd, pid);
	return st;
}

static enum sk_status probe_sensor(struct admin_call *call)
{
	static uint8_t buf[4096];
	struct ipc_msg m;
	char driver[33], name[129], detail[400];
	uint64_t flags;

	if (queue_holder(call->d) != NULL)
		return row(call, "sensor", "warn", "Not looked at: an attempt is under way.", "Run doctor again when nobody logs in.");
	if (ask_sensor(&call->d->config, &m, buf, sizeof(buf)) != SK_OK || m.type != IPC_FINGER_READY ||
	    ipc_text(&m, IPC_F_DRIVER, driver, sizeof(driver)) != SK_OK || ipc_text(&m, IPC_F_NAME, name, sizeof(name)) != SK_OK)
		return row(call, "sensor", "fail", "No fingerprint sensor that libfprint supports.",
		    "Plug it in; see https://fprint.freedesktop.org for supported devices, and the udev rules of the package.");
	flags = ipc_num(&m, IPC_F_FLAGS);
	(void)snprintf(detail, sizeof(detail), "%s (driver %s)%s", name, driver,
	    (flags & IPC_SENSOR_VIRTUAL) != 0 ? ", virtual: for test builds only" : "");
	if ((flags & IPC_SENSOR_WEAK) != 0)
		return row(call, "sensor", "warn", detail,
		    "Its driver accepts at a lowered threshold: a finger counts only beside card and PIN, which is asked in addition.");
	return row(call, "sensor", (flags & IPC_SENSOR_VIRTUAL) != 0 ? "warn" : "ok", detail, "");
}

/* A site may let sessions stay open when their card leaves; that it does is said each time. */
static enum sk_status probe_guard(struct admin_call *call)
{
	if (call->d->config.card_out == CARD_OUT_NOTHING)
		return row(call, "card-out", "warn", "An open session stays open when its card leaves.",
		    "In sekisho.conf: [session] card_out = lock.");
	return row(call, "card-out", "ok",
	    call->d->config.card_out == CARD_OUT_END ? "An open session ends when its card leaves."
	                                             : "An open session is locked when its card leaves.", "");
}

enum sk_status probe_devices(struct admin_call *call)
{
	enum sk_status st = probe_guard(call);

	if (st == SK_OK)
		st = probe_readers(call);
	return st == SK_OK ? probe_sensor(call) : st;
}
