/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin_crl.c
 * @brief Revocation lists: import in chunks, which are in force, and taking one out for good.
 *
 * The daemon can't read the administrator's files, and root must not write into folders of the daemon's user (a
 * symbolic link there would make root overwrite anything). So the tool opens the file itself and sends its bytes in
 * chunks; they go into a file of ours, and when the last one is there sekisho-crl compiles it while log-ins go on.
 *
 * Rules
 *  1. One import at a time, CRL_MAX bytes at most; chunks come in order, from one peer, nothing left over.
 *  2. That a list is put in force is recorded, durably, before anything changes; how it ended is recorded after.
 *  3. A list goes out of force only by a newer one or by admin_crl_forget(), which records it first: whoever was revoked by that list
 *     alone may come in again.
 *  4. An import that stops is forgotten after IMPORT_IDLE_S, and when its peer goes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/admin_rows.h"
#include "daemon/compile.h"
#include "daemon/journal.h"
#include "daemon/sources.h"

#define CRL_MAX ((uint64_t)2 << 30)
#define IMPORT_IDLE_S 30u

/* The import that runs; file -1 and not compiling: none. */
static struct {
	int file;
	uint64_t total, len;
	int64_t modified; /* as the server told it; 0: nothing, or no server */
	const struct conn *conn; /* NULL once the peer has gone. */
	struct daemon *d;
	int fd;
	bool compiling;
	char actor[65], path[256];
	sd_event_source *idle;
} import = { .file = -1 };

static void import_forget(void)
{
	if (import.file >= 0)
		(void)close(import.file);
	sd_event_source_disable_unref(import.idle);
	memset(&import, 0, sizeof(import));
	import.file = -1;
	compile_forget();
}

static int on_idle(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	(void)arg;
	import_forget();
	return 0;
}

void admin_crl_client_gone(const struct conn *conn)
{
	if (import.conn != conn)
		return;
	/* What is being compiled is taken in all the same: the administrator has sent all of it. */
	if (import.compiling)
		import.conn = NULL;
	else
		import_forget();
}

static enum sk_status import_begin(struct admin_call *call, uint64_t total)
{
	import_forget();
	if (total == 0 || total > CRL_MAX)
		return admin_fail(call, SK_E_SPACE, "A revocation list has 1 byte to 2 GiB.");
	if (ipc_text(call->req, IPC_F_PATH, import.path, sizeof(import.path)) != SK_OK)
		return admin_fail(call, SK_E_ARG, "The file's name is too long.");
	import.file = compile_incoming();
	if (import.file < 0)
		return admin_fail(call, SK_E_IO, "The list can't be written to the state folder: is the disk full?");
	import.total = total;
	import.modified = ipc_has(call->req, IPC_F_TIME) ? (int64_t)ipc_num(call->req, IPC_F_TIME) : 0;
	import.conn = call->conn;
	import.d = call->d;
	import.fd = call->fd;
	memcpy(import.actor, call->actor, sizeof(import.actor));
	if (sd_event_add_time_relative(call->d->event, &import.idle, CLOCK_BOOTTIME, IMPORT_IDLE_S * UINT64_C(1000000),
	    1000000, on_idle, NULL) < 0)
		return admin_fail(call, SK_E_FAULT, "No timer can be set; see the journal of sekishod.");
	return SK_OK;
}

static bool import_write(struct sk_span chunk)
{
	while (chunk.len > 0) {
		ssize_t n = write(import.file, chunk.p, chunk.len);

		if (n <= 0)
			return false;
		chunk.p += n;
		chunk.len -= (size_t)n;
	}
	return true;
}

static enum sk_status import_append(struct admin_call *call)
{
	uint64_t offset = ipc_num(call->req, IPC_F_COUNT), total = ipc_num(call->req, IPC_F_TOTAL);
	struct sk_span chunk = call->req->f[IPC_F_BYTES];

	if (import.compiling || (import.conn != NULL && import.conn != call->conn))
		return admin_fail(call, SK_E_BUSY, "Another list is being imported: try again in a moment.");
	if (offset == 0) {
		enum sk_status st = import_begin(call, total);

		if (st != SK_OK)
			return st;
	}
	if (import.file < 0 || import.conn != call->conn || import.fd != call->fd || total != import.total ||
	    offset != import.len || chunk.len > import.total - import.len)
		return admin_fail(call, SK_E_STATE, "The list came in a wrong order, or somebody else imports one: try again.");
	if (!import_write(chunk))
		return admin_fail(call, SK_E_IO, "The list can't be written to the state folder: is the disk full?");
	import.len += chunk.len;
	return sd_event_source_set_time_relative(import.idle, IMPORT_IDLE_S * UINT64_C(1000000)) < 0 ? SK_E_FAULT : SK_OK;
}

static enum sk_status record_begin(struct admin_call *call, const uint8_t der_hash[static 32])
{
	char detail[STORE_TEXT_MAX + 1];
	size_t n = (size_t)snprintf(detail, sizeof(detail), "bytes=%" PRIu64 " sha256=", import.len);

	for (size_t i = 0; i < 32; i++)
		n += (size_t)snprintf(detail + n, sizeof(detail) - n, "%02x", der_hash[i]);
	(void)snprintf(detail + n, sizeof(detail) - n, " from=%s", import.path);
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
	ipc_out_text(&o, IPC_F_NAME, c->id);
	admin_put_text(&o, IPC_F_ISSUER, c->issuer);
	ipc_out_text(&o, IPC_F_STATUS, c->denies ? "too-old" : c->old ? "old" : "good");
	admin_put_text(&o, IPC_F_SERIAL, c->number);
	admin_put_time(&o, IPC_F_CREATED, c->this_update);
	admin_put_time(&o, IPC_F_VALID_UNTIL, c->next_update);
	ipc_out_num(&o, IPC_F_COUNT, c->entries);
	return admin_row_send(call, &o);
}

/* The index is there: record, judge, put in force, record. */
static enum sk_status import_finish(struct admin_call *call, enum sk_status st, const uint8_t der_hash[static 32], const char *compiled)
{
	struct trust_crl crl;
	char why[160] = "", detail[STORE_TEXT_MAX + 1];
	enum sk_status recorded;

	memset(&crl, 0, sizeof(crl));
	if (st != SK_OK)
		(void)snprintf(why, sizeof(why), "%s", compiled);
	recorded = st == SK_OK ? record_begin(call, der_hash) : SK_OK;
	if (recorded != SK_OK)
		return admin_store_failed(call, recorded);
	if (st == SK_OK)
		st = trust_crl_take(call->d->trust, der_hash, daemon_now(), &crl, why);
	if (st == SK_OK && import.modified > 0)
		sources_note(import.path, crl.id, import.modified, daemon_now());
	if (st == SK_OK)
		(void)snprintf(detail, sizeof(detail), "number=%s entries=%u next_update=%" PRId64 " issuer=%s", crl.number, crl.entries,
		    crl.next_update, crl.issuer);
	else
		(void)snprintf(detail, sizeof(detail), "%s from=%s", why, import.path);
	recorded = record_end(call, st, detail);
	if (st != SK_OK)
		return admin_fail(call, st, why[0] != '\0' ? why : "The list is refused.");
	if (recorded != SK_OK)
		return admin_fail(call, recorded, "The list is in force, but that could not be recorded: see the journal of sekishod.");
	return call->fd >= 0 ? row_crl(call, &crl) : SK_OK;
}

static void on_compiled(void *arg, enum sk_status st, const uint8_t der_hash[static 32], const char *what)
{
	struct admin_call call = { .d = import.d, .fd = import.conn != NULL ? import.fd : -1 };

	(void)arg;
	memcpy(call.actor, import.actor, sizeof(call.actor));
	st = import_finish(&call, st, der_hash, what);
	if (st != SK_OK && st != SK_E_GONE && call.text[0] == '\0')
		st = admin_store_failed(&call, st);
	if (call.fd >= 0)
		admin_end(call.fd, st, call.text);
	import_forget();
}

/* Ends by itself but for the last chunk, whose end comes when the list has been compiled. */
enum sk_status admin_crl_import(struct admin_call *call)
{
	enum sk_status st = import_append(call);

	if (st == SK_OK && import.len < import.total) {
		admin_end(call->fd, SK_OK, "");
		return SK_OK;
	}
	if (st == SK_OK && fsync(import.file) != 0)
		st = admin_fail(call, SK_E_IO, "The list can't be written to the state folder: is the disk full?");
	if (st == SK_OK) {
		(void)close(import.file);
		import.file = -1;
		import.idle = sd_event_source_disable_unref(import.idle);
		st = compile_start(call->d, on_compiled);
		if (st != SK_OK)
			st = admin_fail(call, st, "The list can't be compiled; see the journal of sekishod.");
	}
	if (st == SK_OK)
		import.compiling = true;
	else if (!import.compiling && (import.conn == NULL || import.conn == call->conn))
		import_forget();
	return st;
}

static enum sk_status send_crl(void *arg, const struct trust_crl *c)
{
	return row_crl(arg, c);
}

enum sk_status admin_rows_crls(struct admin_call *call)
{
	return trust_crl_each(call->d->trust, daemon_safe_now(call->d), send_crl, call);
}

enum sk_status admin_crl_status(struct admin_call *call)
{
	return admin_rows_crls(call);
}

/* --- forgetting --- */

/* The list whose id begins so. */
struct crl_search {
	const char *prefix;
	struct trust_crl found;
	uint32_t n;
};

static enum sk_status compare_id(void *arg, const struct trust_crl *c)
{
	struct crl_search *s = arg;

	if (strncmp(c->id, s->prefix, strlen(s->prefix)) == 0) {
		s->found = *c;
		s->n++;
	}
	return SK_OK;
}

static enum sk_status find_list(struct admin_call *call, struct trust_crl *ret_c)
{
	char id[TRUST_LIST_ID_LEN + 1];
	struct crl_search s = { .prefix = id };

	if (ipc_text(call->req, IPC_F_NAME, id, sizeof(id)) != SK_OK || strlen(id) < ADMIN_PREFIX_MIN ||
	    strspn(id, "0123456789abcdef") != strlen(id))
		return admin_fail(call, SK_E_ARG, "A list is named by 8 or more hex digits: see crl status.");
	if (trust_crl_each(call->d->trust, daemon_safe_now(call->d), compare_id, &s) != SK_OK)
		return admin_fail(call, SK_E_FAULT, "The revocation lists can't be read.");
	if (s.n == 0)
		return admin_fail(call, SK_E_NOENT, "There is no such list: see crl status.");
	if (s.n > 1)
		return admin_fail(call, SK_E_ARG, "More than one list begins so: give more digits.");
	*ret_c = s.found;
	return SK_OK;
}

enum sk_status admin_crl_forget(struct admin_call *call)
{
	char reason[ADMIN_REASON_MAX + 1], detail[STORE_TEXT_MAX + 1];
	struct trust_crl c = { .id = "" };
	enum sk_status st = admin_reason(call, reason);

	if (st == SK_OK)
		st = find_list(call, &c);
	if (st != SK_OK)
		return st;
	(void)snprintf(detail, sizeof(detail), "list=%.16s number=%s entries=%u reason=%s issuer=%s", c.id, c.number, c.entries, reason, c.issuer);
	st = admin_record(call, "crl-forget", NULL, NULL, NULL, detail);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	st = trust_crl_forget(call->d->trust, c.id);
	return st == SK_OK ? st :
	    admin_fail(call, st, "The list could not be taken out for good: its issuer's cards are refused until it is forgotten again.");
}
