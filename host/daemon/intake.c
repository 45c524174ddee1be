/* SPDX-License-Identifier: Apache-2.0 */
/* Files in chunks; see intake.h. */
#include "daemon/intake.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/admin_rows.h"

void intake_forget(struct intake *in)
{
	free(in->bytes);
	in->idle = sd_event_source_unref(in->idle);
	memset(in, 0, sizeof(*in));
}

static int on_idle(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	intake_forget(arg);
	return 0;
}

static enum sk_status begin(struct intake *in, struct admin_call *call, uint64_t total, uint32_t max)
{
	intake_forget(in);
	if (total == 0 || total > max)
		return admin_fail(call, SK_E_SPACE, "The file is empty or too large.");
	in->bytes = malloc((size_t)total);
	if (in->bytes == NULL)
		return admin_fail(call, SK_E_NOMEM, "There is no memory for a list of this size.");
	in->total = (uint32_t)total;
	in->conn = call->conn;
	in->fd = call->fd;
	if (sd_event_add_time_relative(call->d->event, &in->idle, CLOCK_BOOTTIME, INTAKE_IDLE_S * UINT64_C(1000000),
		1000000, on_idle, in) < 0)
		return admin_fail(call, SK_E_FAULT, "No timer can be set; see the journal of sekishod.");
	return SK_OK;
}

enum sk_status intake_take(struct intake *in, struct admin_call *call, uint32_t max)
{
	uint64_t offset = ipc_num(call->req, IPC_F_COUNT), total = ipc_num(call->req, IPC_F_TOTAL);
	struct sk_span chunk = call->req->f[IPC_F_BYTES];
	enum sk_status st = offset == 0 ? begin(in, call, total, max) : SK_OK;

	if (st != SK_OK || in->bytes == NULL || in->conn != call->conn || in->fd != call->fd || total != in->total ||
	    offset != in->len || chunk.len > in->total - in->len) {
		if (st == SK_OK)
			st = admin_fail(call, SK_E_STATE,
			    "The list came in a wrong order, or somebody else imports one: try again.");
		intake_forget(in);
		return st;
	}
	memcpy(in->bytes + in->len, chunk.p, chunk.len);
	in->len += (uint32_t)chunk.len;
	return in->len == in->total ? SK_OK : SK_E_WAIT;
}
