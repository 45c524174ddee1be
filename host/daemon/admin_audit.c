/* SPDX-License-Identifier: Apache-2.0 */
/* The audit chain: pages of records, verification, and the mark that an export leaves (C-LOG, C-LOG-BACKUP). */
#include <stdio.h>
#include <string.h>

#include "daemon/admin_rows.h"

/* Records in one answer; the tool asks for the next page, so that log-ins are served in between. */
#define PAGE_MAX 500u

static enum sk_status send_record(void *arg, const struct audit_row *r)
{
	uint8_t buf[ADMIN_ROW_MAX];
	const char *event = audit_event_name(r->event);
	struct ipc_out o;

	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_SEQ, r->seq);
	ipc_out_num(&o, IPC_F_TIME, (uint64_t)r->time);
	ipc_out_text(&o, IPC_F_EVENT, event != NULL ? event : "unknown");
	ipc_out_num(&o, IPC_F_ATTEMPT, r->attempt);
	admin_put_name(&o, IPC_F_PERSON, r->person);
	admin_put_name(&o, IPC_F_ACCOUNT, r->account);
	admin_put_name(&o, IPC_F_SERVICE, r->service);
	admin_put_text(&o, IPC_F_TTY, r->tty);
	admin_put_name(&o, IPC_F_CARD, r->card);
	admin_put_text(&o, IPC_F_RUSER, r->actor);
	admin_put_name(&o, IPC_F_STATUS, r->reason);
	admin_put_text(&o, IPC_F_DETAIL, r->detail);
	ipc_out_bytes(&o, IPC_F_BYTES, r->prev, sizeof(r->prev));
	ipc_out_bytes(&o, IPC_F_HASH, r->hash, sizeof(r->hash));
	return admin_row_send(arg, &o);
}

enum sk_status admin_audit_list(struct admin_call *call)
{
	uint64_t limit = ipc_num(call->req, IPC_F_LIMIT), after = ipc_num(call->req, IPC_F_SEQ);

	if (limit == 0 || limit > PAGE_MAX)
		limit = PAGE_MAX;
	if (!ipc_has(call->req, IPC_F_SEQ)) {
		/* The newest ones. */
		uint8_t hash[STORE_HASH_LEN];
		enum sk_status st = store_audit_head(call->d->store, &after, hash);

		if (st != SK_OK)
			return st;
		after = after > limit ? after - limit : 0;
	}
	return store_audit_each(call->d->store, after, (uint32_t)limit, send_record, call);
}

/* The head of the chain: what an auditor notes down elsewhere. */
static enum sk_status put_head(struct admin_call *call, struct ipc_out *o)
{
	uint64_t seq;
	uint8_t hash[STORE_HASH_LEN];
	enum sk_status st = store_audit_head(call->d->store, &seq, hash);

	if (st != SK_OK)
		return st;
	ipc_out_num(o, IPC_F_SEQ, seq);
	ipc_out_bytes(o, IPC_F_HASH, hash, sizeof(hash));
	return SK_OK;
}

enum sk_status admin_audit_verify(struct admin_call *call)
{
	struct audit_report report;
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	enum sk_status st, verdict;

	memset(&report, 0, sizeof(report));
	verdict = store_audit_verify(call->d->store, &report);
	if (verdict != SK_OK && verdict != SK_E_CORRUPT)
		return verdict;
	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_STATUS, verdict == SK_OK ? "whole" : "broken");
	ipc_out_num(&o, IPC_F_TOTAL, report.records < UINT32_MAX ? report.records : UINT32_MAX);
	if (verdict == SK_E_CORRUPT) {
		ipc_out_num(&o, IPC_F_ATTEMPT, report.first_bad);
		admin_put_text(&o, IPC_F_DETAIL, report.what);
	} else {
		st = put_head(call, &o);
		if (st != SK_OK)
			return st;
	}
	st = admin_row_send(call, &o);
	if (st != SK_OK || verdict == SK_OK)
		return st;
	return admin_fail(call, SK_E_CORRUPT, "The audit chain is not whole: somebody changed it, or the disk did.");
}

enum sk_status admin_audit_export(struct admin_call *call)
{
	char path[256], detail[STORE_TEXT_MAX + 1];
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	enum sk_status st = ipc_text(call->req, IPC_F_PATH, path, sizeof(path));

	if (st != SK_OK)
		return st;
	snprintf(detail, sizeof(detail), "to=%s", path);
	st = admin_record(call, "audit-export", NULL, NULL, NULL, detail);
	if (st != SK_OK)
		return st;
	admin_row_begin(&o, buf, sizeof(buf));
	st = put_head(call, &o);
	return st == SK_OK ? admin_row_send(call, &o) : st;
}
