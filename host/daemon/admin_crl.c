/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin_crl.c
 * @brief Revocation lists: import in chunks, and which are in force.
 *
 * The daemon can't read the administrator's files, and root must not write into folders of the daemon's user (a
 * symbolic link there would make root overwrite anything). So the tool opens the file itself and sends its bytes in
 * chunks; they stay in memory until the last one.
 *
 * Rules
 *  1. One import at a time, CRL_MAX bytes at most; chunks come in order, from one peer, nothing left over.
 *  2. That an import begins is recorded, durably, before anything changes; how it ended is recorded after.
 *  3. An import that stops is forgotten after IMPORT_IDLE_S.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/admin_rows.h"
#include "daemon/journal.h"

#define CRL_MAX (64u * 1024 * 1024)
#define IMPORT_IDLE_S 30u

/* The import that runs; bytes NULL: none. */
static struct {
	uint8_t *bytes;
	uint32_t total, len;
	const struct conn *conn;
	int fd;
	sd_event_source *idle;
} import;

static void import_forget(void)
{
	free(import.bytes);
	import.idle = sd_event_source_unref(import.idle);
	memset(&import, 0, sizeof(import));
}

static int on_idle(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	(void)arg;
	import_forget();
	return 0;
}

static enum sk_status import_begin(struct admin_call *call, uint64_t total)
{
	import_forget();
	if (total == 0 || total > CRL_MAX)
		return admin_fail(call, SK_E_SPACE, "A revocation list has 1 byte to 64 MiB.");
	import.bytes = malloc((size_t)total);
	if (import.bytes == NULL)
		return admin_fail(call, SK_E_NOMEM, "There is no memory for a list of this size.");
	import.total = (uint32_t)total;
	import.conn = call->conn;
	import.fd = call->fd;
	if (sd_event_add_time_relative(call->d->event, &import.idle, CLOCK_BOOTTIME, IMPORT_IDLE_S * UINT64_C(1000000),
	    1000000, on_idle, NULL) < 0) {
		import_forget();
		return admin_fail(call, SK_E_FAULT, "No timer can be set; see the journal of sekishod.");
	}
	return SK_OK;
}

static enum sk_status import_append(struct admin_call *call)
{
	uint64_t offset = ipc_num(call->req, IPC_F_COUNT), total = ipc_num(call->req, IPC_F_TOTAL);
	struct sk_span chunk = call->req->f[IPC_F_BYTES];

	if (offset == 0) {
		enum sk_status st = import_begin(call, total);

		if (st != SK_OK)
			return st;
	}
	if (import.bytes == NULL || import.conn != call->conn || import.fd != call->fd || total != import.total ||
	    offset != import.len || chunk.len > import.total - import.len)
		return admin_fail(call, SK_E_STATE, "The list came in a wrong order, or somebody else imports one: try again.");
	memcpy(import.bytes + import.len, chunk.p, chunk.len);
	import.len += (uint32_t)chunk.len;
	return SK_OK;
}

static enum sk_status record_begin(struct admin_call *call)
{
	char path[256], detail[STORE_TEXT_MAX + 1];
	uint8_t hash[32];
	size_t n;
	enum sk_status st = ipc_text(call->req, IPC_F_PATH, path, sizeof(path));

	if (st == SK_OK)
		st = trust_sha256((struct sk_span){ import.bytes, import.len }, hash);
	if (st != SK_OK)
		return st;
	n = (size_t)snprintf(detail, sizeof(detail), "bytes=%u sha256=", import.len);
	for (size_t i = 0; i < sizeof(hash); i++)
		n += (size_t)snprintf(detail + n, sizeof(detail) - n, "%02x", hash[i]);
	snprintf(detail + n, sizeof(detail) - n, " from=%s", path);
	return admin_record(call, "crl-import", NULL, NULL, NULL, detail);
}

static enum sk_status record_end(struct admin_call *call, enum sk_status imported, const char *detail)
{
	struct audit_in in = {
		.event = imported == SK_OK ? EV_CRL_IMPORT : EV_CRL_REFUSED,
		.actor = call->actor,
		.reason = imported == SK_OK ? "crl-imported" : "crl-refused",
		.detail = detail,
	};

	return journal_record(call->d, &in);
}

static enum sk_status row_crl(struct admin_call *call, const struct trust_crl *c)
{
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;

	admin_row_begin(&o, buf, sizeof(buf));
	admin_put_text(&o, IPC_F_ISSUER, c->issuer);
	ipc_out_text(&o, IPC_F_STATUS, c->denies ? "too-old" : c->old ? "old" : "good");
	admin_put_text(&o, IPC_F_SERIAL, c->number);
	admin_put_time(&o, IPC_F_CREATED, c->this_update);
	admin_put_time(&o, IPC_F_VALID_UNTIL, c->next_update);
	ipc_out_num(&o, IPC_F_COUNT, c->entries);
	return admin_row_send(call, &o);
}

static enum sk_status import_finish(struct admin_call *call)
{
	struct trust_crl crl;
	char why[160] = "", detail[STORE_TEXT_MAX + 1];
	enum sk_status st = record_begin(call), recorded;

	if (st != SK_OK)
		return admin_store_failed(call, st);
	memset(&crl, 0, sizeof(crl));
	st = trust_crl_import(call->d->trust, (struct sk_span){ import.bytes, import.len }, daemon_now(), &crl, why);
	if (st == SK_OK)
		snprintf(detail, sizeof(detail), "number=%s entries=%u next_update=%" PRId64 " issuer=%s", crl.number, crl.entries,
		    crl.next_update, crl.issuer);
	else
		snprintf(detail, sizeof(detail), "%s", why);
	recorded = record_end(call, st, detail);
	if (st != SK_OK)
		return admin_fail(call, st, why[0] != '\0' ? why : "The list is refused.");
	if (recorded != SK_OK)
		return admin_fail(call, recorded, "The list is in force, but that could not be recorded: see the journal of sekishod.");
	return row_crl(call, &crl);
}

enum sk_status admin_crl_import(struct admin_call *call)
{
	enum sk_status st = import_append(call);

	if (st == SK_OK && import.len < import.total)
		return SK_OK;
	if (st == SK_OK)
		st = import_finish(call);
	import_forget();
	return st;
}

static enum sk_status send_crl(void *arg, const struct trust_crl *c)
{
	return row_crl(arg, c);
}

enum sk_status admin_rows_crls(struct admin_call *call)
{
	return trust_crl_each(call->d->trust, daemon_now(), send_crl, call);
}

enum sk_status admin_crl_status(struct admin_call *call)
{
	return admin_rows_crls(call);
}
