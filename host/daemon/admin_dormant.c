/* SPDX-License-Identifier: Apache-2.0 */
/* IDs that nobody uses: found, shown, and recorded once (C-DORMANT, C-LOG-REVIEW). */
#include <stdio.h>
#include <string.h>

#include "daemon/admin_rows.h"
#include "daemon/dormant.h"

/* So many are recorded at once; the others the next time. */
#define FOUND_MAX 256u

struct found {
	struct admin_call *call;
	int64_t now;
	struct person persons[FOUND_MAX];
	struct dormancy of[FOUND_MAX];
	uint32_t n;
};

/* Refused otherwise already, or not yet to come: no news. */
static bool expected(const struct person *p, int64_t now)
{
	return p->status == PERSON_ACTIVE && p->valid_from <= now && (p->valid_until == 0 || now <= p->valid_until);
}

static const char *word(const struct admin_call *call, const struct dormancy *y)
{
	if (!y->dormant)
		return "soon";
	if (call->d->config.dormant_s == 0)
		return "unused";
	return y->kept ? "kept-open" : "dormant";
}

static enum sk_status send_row(struct admin_call *call, const struct person *p, const struct dormancy *y)
{
	const char *role = admin_role_word(p->role);
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;

	admin_row_begin(&o, buf, sizeof(buf));
	admin_put_name(&o, IPC_F_PERSON, p->id);
	admin_put_text(&o, IPC_F_NAME, p->name);
	admin_put_name(&o, IPC_F_ACCOUNT, p->account);
	ipc_out_text(&o, IPC_F_ROLE, role != NULL ? role : "unknown");
	ipc_out_text(&o, IPC_F_STATUS, word(call, y));
	admin_put_time(&o, IPC_F_TIME, y->used);
	admin_put_time(&o, IPC_F_VALID_UNTIL, y->ends);
	return admin_row_send(call, &o);
}

/* Has a record said so since she was last here? */
static enum sk_status is_recorded(struct admin_call *call, const struct person *p, int64_t used, bool *ret_is)
{
	int64_t at = 0;
	enum sk_status st = store_person_last(call->d->store, p->id, EV_ADMIN, "person-dormant", INT64_MAX, &at);

	if (st != SK_OK && st != SK_E_NOENT)
		return st;
	*ret_is = st == SK_OK && at >= used;
	return SK_OK;
}

static enum sk_status look_at(void *arg, const struct person *p)
{
	struct found *f = arg;
	struct dormancy y;
	bool recorded = false;
	enum sk_status st;

	if (!expected(p, f->now))
		return SK_OK;
	st = dormant_look(f->call->d, p, &y);
	if (st != SK_OK || f->now <= y.ends - DORMANT_SOON_S)
		return st;
	st = send_row(f->call, p, &y);
	if (st == SK_OK && y.dormant)
		st = is_recorded(f->call, p, y.used, &recorded);
	if (st == SK_OK && y.dormant && !recorded && f->n < FOUND_MAX) {
		f->persons[f->n] = *p;
		f->of[f->n++] = y;
	}
	return st;
}

static enum sk_status record(struct admin_call *call, const struct found *f)
{
	enum sk_status st = store_begin(call->d->store);

	for (uint32_t i = 0; i < f->n && st == SK_OK; i++) {
		const struct person *p = &f->persons[i];
		char detail[96];

		(void)snprintf(detail, sizeof(detail), "status=%s used=%lld ends=%lld", word(call, &f->of[i]),
		    (long long)f->of[i].used, (long long)f->of[i].ends);
		st = admin_record(call, "person-dormant", p->id, p->account, NULL, detail);
	}
	if (st == SK_OK)
		st = store_commit(call->d->store);
	if (st != SK_OK)
		store_rollback(call->d->store);
	return st;
}

enum sk_status admin_person_dormant(struct admin_call *call)
{
	static struct found f;
	enum sk_status st;

	memset(&f, 0, sizeof(f));
	f.call = call;
	f.now = daemon_safe_now(call->d);
	st = store_person_each(call->d->store, look_at, &f);
	if (st == SK_OK && f.n > 0)
		st = record(call, &f);
	return st;
}
