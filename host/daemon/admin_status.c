/* SPDX-License-Identifier: Apache-2.0 */
/* What runs, who is locked out, and whether the next log-in will work (status, doctor). */
#include <stdio.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/admin_rows.h"
#include "daemon/denying.h"
#include "daemon/lockouts.h"
#include "daemon/probe.h"
#include "daemon/queue.h"
#include "daemon/watching.h"

/* Counted while the store is walked. */
struct counts {
	uint32_t active, all;
};

static enum sk_status count_person(void *arg, const struct person *p)
{
	struct counts *c = arg;

	c->all++;
	c->active += p->status == PERSON_ACTIVE;
	return SK_OK;
}

static enum sk_status count_card(void *arg, const struct card *card)
{
	struct counts *c = arg;

	c->all++;
	c->active += card->status == CARD_ACTIVE;
	return SK_OK;
}

static enum sk_status row_daemon(struct admin_call *call)
{
	const struct daemon *d = call->d;
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;

	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_EVENT, "daemon");
	ipc_out_num(&o, IPC_F_TIME, (uint64_t)d->started);
	admin_put_text(&o, IPC_F_DEVICE, d->config.terminal);
	admin_put_text(&o, IPC_F_NAME, d->config.site);
	ipc_out_num(&o, IPC_F_COUNT, d->conn_n);
	ipc_out_num(&o, IPC_F_TOTAL, queue_waiting(call->d));
	ipc_out_num(&o, IPC_F_LEFT, d->nobody_n);
	return admin_row_send(call, &o);
}

static enum sk_status row_count(struct admin_call *call, const char *what, const struct counts *c)
{
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;

	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_EVENT, what);
	ipc_out_num(&o, IPC_F_COUNT, c->active);
	ipc_out_num(&o, IPC_F_TOTAL, c->all);
	return admin_row_send(call, &o);
}

/* What sekisho-watch last saw. */
static enum sk_status rows_readers(struct admin_call *call)
{
	const struct watch_view *v = watching_view(call->d);
	enum sk_status st = SK_OK;

	for (uint32_t i = 0; i < v->readers_n && i < WATCH_READERS_MAX && st == SK_OK; i++) {
		uint8_t buf[ADMIN_ROW_MAX];
		struct ipc_out o;

		admin_row_begin(&o, buf, sizeof(buf));
		ipc_out_text(&o, IPC_F_EVENT, "reader");
		admin_put_text(&o, IPC_F_READER, v->readers[i].name);
		ipc_out_text(&o, IPC_F_STATUS, v->readers[i].card ? "card" : "empty");
		st = admin_row_send(call, &o);
	}
	return st;
}

enum sk_status admin_status(struct admin_call *call)
{
	struct counts persons = { 0 }, cards = { 0 };
	enum sk_status st = row_daemon(call);

	if (st == SK_OK)
		st = store_person_each(call->d->store, count_person, &persons);
	if (st == SK_OK)
		st = row_count(call, "persons", &persons);
	if (st == SK_OK)
		st = store_card_each(call->d->store, NULL, count_card, &cards);
	if (st == SK_OK)
		st = row_count(call, "cards", &cards);
	if (st == SK_OK)
		st = rows_readers(call);
	if (st == SK_OK)
		st = admin_rows_crls(call);
	if (st == SK_OK)
		st = admin_rows_lockouts(call, LOCK_TERMINAL, NULL);
	return st;
}

enum sk_status admin_row_check(struct admin_call *call, const char *check, enum admin_check state,
    const char *detail, const char *mend)
{
	static const char *const words[] = { [ADMIN_CHECK_OK] = "ok", [ADMIN_CHECK_WARN] = "warn", [ADMIN_CHECK_FAIL] = "fail" };
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;

	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_EVENT, check);
	ipc_out_text(&o, IPC_F_STATUS, words[state]);
	admin_put_text(&o, IPC_F_DETAIL, detail);
	admin_put_text(&o, IPC_F_TEXT, mend);
	return admin_row_send(call, &o);
}

/* Does the file say what is in force? */
static enum sk_status check_config(struct admin_call *call)
{
	struct config c;
	struct config_error err;
	char detail[320];
	enum sk_status st;

	memset(&err, 0, sizeof(err));
	st = config_load(SEKISHO_CONF, &c, &err);
	if (st != SK_OK) {
		snprintf(detail, sizeof(detail), "line %u, %s: %s", err.line, err.key, err.reason);
		return admin_row_check(call, "config", ADMIN_CHECK_FAIL, detail,
		    "Mend the file; until then the daemon keeps its earlier settings and will not start again.");
	}
	/* config_load() fills a zeroed structure, so that equal files are equal bytes. */
	if (memcmp(&c, &call->d->config, sizeof(c)) != 0)
		return admin_row_check(call, "config", ADMIN_CHECK_WARN, "The file was changed since the daemon read it.",
		    "systemctl reload sekishod");
	return admin_row_check(call, "config", ADMIN_CHECK_OK, "The file is what is in force.", "");
}

struct crl_check {
	uint32_t n, old, denies;
};

static enum sk_status look_at_crl(void *arg, const struct trust_crl *c)
{
	struct crl_check *k = arg;

	k->n++;
	k->old += c->old;
	k->denies += c->denies;
	return SK_OK;
}

static enum sk_status check_crls(struct admin_call *call)
{
	struct crl_check k = { 0 };
	enum sk_status st = trust_crl_each(call->d->trust, daemon_safe_now(call->d), look_at_crl, &k);
	static const char mend[] = "Fetch the new list from the issuer: sekishoctl crl import FILE";

	if (st != SK_OK)
		return admin_row_check(call, "crl", ADMIN_CHECK_FAIL, "The revocation lists can't be read.", mend);
	if (k.n == 0 && call->d->config.require_crl)
		return admin_row_check(call, "crl", ADMIN_CHECK_FAIL, "There is no revocation list: every card is refused.", mend);
	if (k.denies > 0)
		return admin_row_check(call, "crl", ADMIN_CHECK_FAIL, "A revocation list is too old: its issuer's cards are refused.", mend);
	if (k.old > 0)
		return admin_row_check(call, "crl", ADMIN_CHECK_WARN, "A revocation list is old and will soon refuse its issuer's cards.", mend);
	if (k.n == 0)
		return admin_row_check(call, "crl", ADMIN_CHECK_WARN, "There is no revocation list and none is required.", mend);
	return admin_row_check(call, "crl", ADMIN_CHECK_OK, "All revocation lists are up to date.", "");
}

/* Where responses are fetched at all. */
static enum sk_status check_ocsp(struct admin_call *call)
{
	struct admin_ocsp_counts n;

	if (call->d->config.ocsp_url[0] == '\0')
		return SK_OK;
	if (admin_ocsp_count(call->d, &n) != SK_OK)
		return admin_row_check(call, "ocsp", ADMIN_CHECK_FAIL, "The OCSP responses can't be looked through.", "sekishoctl ocsp status");
	if (n.fresh + n.old < n.all)
		return admin_row_check(call, "ocsp", call->d->config.require_crl ? ADMIN_CHECK_FAIL : ADMIN_CHECK_WARN,
		    "Some cards have no OCSP response that counts; where no list covers them, they are refused.",
		    "sekishoctl fetch; sekishoctl ocsp status");
	if (n.old > 0)
		return admin_row_check(call, "ocsp", ADMIN_CHECK_WARN, "Some OCSP responses are old and will soon refuse their cards.",
		    "sekishoctl fetch; systemctl status sekisho-fetch.timer");
	return admin_row_check(call, "ocsp", ADMIN_CHECK_OK, "All OCSP responses are up to date.", "");
}

static enum sk_status check_denylist(struct admin_call *call)
{
	struct denykeep_facts f;

	denying_facts(call->d, &f);
	if (f.state == DENYKEEP_DAMAGED)
		return admin_row_check(call, "denylist", ADMIN_CHECK_FAIL, "The denylist is damaged: every card is refused.",
		    "Import the newest list: sekishoctl denylist import FILE");
	if (f.state == DENYKEEP_NONE)
		return admin_row_check(call, "denylist", ADMIN_CHECK_OK, "This terminal never had a denylist.", "");
	return admin_row_check(call, "denylist", ADMIN_CHECK_OK, "The denylist is in force.", "");
}

struct way_in {
	struct daemon *d;
	bool found;
};

static enum sk_status look_for_way_in(void *arg, const struct person *p)
{
	struct way_in *w = arg;

	w->found = w->found || (p->role == ROLE_PRIVILEGED && account_has_usable_card(w->d, p));
	return SK_OK;
}

enum sk_status admin_check_store(struct admin_call *call)
{
	struct counts persons = { 0 }, cards = { 0 };
	struct way_in admins = { .d = call->d };
	enum sk_status st = store_person_each(call->d->store, count_person, &persons);

	if (st == SK_OK)
		st = store_card_each(call->d->store, NULL, count_card, &cards);
	if (st == SK_OK)
		st = store_person_each(call->d->store, look_for_way_in, &admins);
	if (st != SK_OK)
		return admin_row_check(call, "store", ADMIN_CHECK_FAIL, "The registry can't be read.", "Restore it from the backup.");
	if (persons.active == 0)
		return admin_row_check(call, "store", ADMIN_CHECK_WARN, "Nobody is registered.", "sekishoctl person add");
	if (cards.active == 0)
		return admin_row_check(call, "store", ADMIN_CHECK_WARN, "No active card is registered.", "sekishoctl card enrol");
	if (!admins.found)
		return admin_row_check(call, "store", ADMIN_CHECK_WARN,
		    "No person of the role privileged has a card that counts here now.",
		    "Keep a way in for administrators before the PAM stack demands a card.");
	return admin_row_check(call, "store", ADMIN_CHECK_OK, "The registry can be read.", "");
}

/* The terminal's own counters stand in everybody's way. */
static enum sk_status check_terminal(struct admin_call *call)
{
	static const enum lockout_factor factors[] = { LOCK_PIN, LOCK_FINGER };
	struct lockout_time now;
	enum sk_status st = daemon_lockout_time(&now);

	for (size_t i = 0; i < 2 && st == SK_OK; i++) {
		struct lockout_id id = { .subject = LOCK_TERMINAL, .factor = factors[i] };
		struct lockout_view v = { 0 };
		uint8_t rec[LOCKOUT_RECORD_LEN];

		snprintf(id.id, sizeof(id.id), "%s", call->d->config.terminal);
		st = store_lockout_get(call->d->store, &id, rec);
		if (st == SK_E_NOENT) {
			st = SK_OK;
			continue;
		}
		if (st == SK_OK)
			st = lockout_look(rec, lockouts_policy(&call->d->config, LOCK_TERMINAL, factors[i]), &now, &v);
		if (st == SK_OK && (v.locked || v.wait_s > 0))
			return admin_row_check(call, "terminal", ADMIN_CHECK_FAIL,
			    "This terminal is locked after too many failures of whomever.", "sekishoctl unlock --terminal");
	}
	if (st != SK_OK)
		return admin_row_check(call, "terminal", ADMIN_CHECK_FAIL, "A counter of this terminal is damaged: it denies everybody.",
		    "sekishoctl unlock --terminal");
	return admin_row_check(call, "terminal", ADMIN_CHECK_OK, "This terminal isn't locked.", "");
}

enum sk_status admin_doctor(struct admin_call *call)
{
	enum sk_status st = check_config(call);

	if (st == SK_OK)
		st = check_crls(call);
	if (st == SK_OK)
		st = check_ocsp(call);
	if (st == SK_OK)
		st = check_denylist(call);
	if (st == SK_OK)
		st = admin_check_store(call);
	if (st == SK_OK)
		st = check_terminal(call);
	if (st == SK_OK)
		st = admin_check_desk(call);
	if (st == SK_OK)
		st = admin_check_temporary(call);
	if (st == SK_OK)
		st = probe_devices(call);
	return st;
}

enum sk_status admin_clock_accept(struct admin_call *call)
{
	char reason[STORE_NAME_MAX + 1], detail[STORE_TEXT_MAX + 1];
	enum sk_status st = ipc_text(call->req, IPC_F_DETAIL, reason, sizeof(reason));

	if (st != SK_OK)
		return admin_fail(call, SK_E_ARG, "The reason is too long.");
	(void)snprintf(detail, sizeof(detail), "now=%lld seen=%lld reason=%s", (long long)daemon_now(), (long long)call->d->clock_mark, reason);
	st = admin_record(call, "clock-accept", NULL, NULL, NULL, detail);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	st = daemon_clock_accept(call->d);
	return st == SK_OK ? st : admin_fail(call, st, "The time can't be written to the state folder; nothing was changed.");
}
