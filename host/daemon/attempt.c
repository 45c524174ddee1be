/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an attempt: making, waiting, being told, ending. Steps are in attempt_card.c, attempt_finger.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "core/wipe.h"
#include "daemon/admin.h"
#include "daemon/attempt.h"
#include "daemon/conn.h"
#include "daemon/enrol.h"
#include "daemon/journal.h"
#include "daemon/queue.h"

/* Enrolments wait for people who talk to each other. Unit: seconds. */
#define ENROL_DEADLINE_S 300u
/* How long an abandoned judge may still take. Unit: seconds. */
#define JUDGE_DEADLINE_S 8u

enum sk_status attempt_new(struct daemon *d, struct conn *conn, enum attempt_kind kind, struct attempt **ret_a)
{
	struct attempt *a = calloc(1, sizeof(*a));
	enum sk_status st;

	if (a == NULL)
		return SK_E_NOMEM;
	a->d = d;
	a->kind = kind;
	a->state = ATTEMPT_QUEUED;
	a->uid = conn->uid;
	st = store_next_attempt(d->store, &a->id);
	if (st == SK_OK)
		st = trust_random(a->nonce, sizeof(a->nonce));
	if (st != SK_OK) {
		free(a);
		return st;
	}
	a->conn = conn;
	conn->attempt = a;
	*ret_a = a;
	return SK_OK;
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct attempt *a = userdata;

	(void)usec;
	(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
	attempt_abandon(a, END_CANCELLED, "timeout", MSG_TIMEOUT);
	return 0;
}

static int on_step(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct attempt *a = userdata;

	(void)s;
	(void)usec;
	a->step = sd_event_source_disable_unref(a->step);
	switch (a->state) {
	case ATTEMPT_SIGN:
	case ATTEMPT_JUDGE:
		/* The judge itself hangs: that is a device's fault, and its word will never be heard. */
		if (a->abandoned)
			attempt_end_abandoned(a);
		else
			attempt_fault(a, "judge-timeout");
		return 0;
	case ATTEMPT_QUEUED:
	case ATTEMPT_CARD:
	case ATTEMPT_PIN:
	case ATTEMPT_TOUCH:
		attempt_end(a, END_CANCELLED, "timeout", MSG_TIMEOUT, NULL, NULL);
		return 0;
	case ATTEMPT_CERT:
	case ATTEMPT_SENSOR:
	case ATTEMPT_CARD_KEY:
	case ATTEMPT_TRIES:
	case ATTEMPT_CARD_CERT:
		attempt_fault(a, "device-timeout");
		return 0;
	}
	attempt_fault(a, "state");
	return 0;
}

void attempt_step_deadline(struct attempt *a, uint32_t seconds)
{
	a->step = sd_event_source_disable_unref(a->step);
	if (seconds == 0)
		return;
	/* No timer, no waiting: the total deadline still ends the attempt. */
	if (sd_event_add_time_relative(a->d->event, &a->step, CLOCK_BOOTTIME, (uint64_t)seconds * 1000000, 0, on_step, a) < 0)
		journal_note(LOG_ERR, "no timer for attempt %llu", (unsigned long long)a->id);
}

void attempt_enter(struct attempt *a)
{
	struct daemon *d = a->d;
	uint32_t seconds = a->kind == ATTEMPT_LOGIN ? d->config.attempt_deadline_s : ENROL_DEADLINE_S;
	enum sk_status st;

	if (sd_event_add_time_relative(d->event, &a->deadline, CLOCK_BOOTTIME, (uint64_t)seconds * 1000000, 0, on_deadline,
	    a) < 0 ||
	    /* Before anything that waited beside it: after a suspend the time is up, whatever has arrived meanwhile. */
	    sd_event_source_set_priority(a->deadline, SD_EVENT_PRIORITY_IMPORTANT) < 0) {
		attempt_fault(a, "no-timer");
		return;
	}
	if (queue_holder(d) != NULL)
		attempt_say(a, MSG_WAIT_TURN, NULL, NULL, NULL);
	st = queue_enter(d, a);
	if (st != SK_OK)
		attempt_end(a, END_CANCELLED, "too-many-attempts", MSG_WAIT_TURN, NULL, NULL);
}

static void put_args(struct ipc_out *o, enum msg_id id, const char *arg1, const char *arg2, const char *arg3)
{
	ipc_out_num(o, IPC_F_MSG, (uint64_t)id);
	if (arg1 != NULL)
		ipc_out_text(o, IPC_F_ARG1, arg1);
	if (arg2 != NULL)
		ipc_out_text(o, IPC_F_ARG2, arg2);
	if (arg3 != NULL)
		ipc_out_text(o, IPC_F_ARG3, arg3);
}

void attempt_say(struct attempt *a, enum msg_id id, const char *arg1, const char *arg2, const char *arg3)
{
	uint8_t buf[1024];
	struct ipc_out o;

	if (a->conn == NULL)
		return;
	a->last_said = id;
	ipc_out_init(&o, a->kind == ATTEMPT_LOGIN ? IPC_AUTH_INFO : IPC_ADMIN_INFO, buf, sizeof(buf));
	put_args(&o, id, arg1, arg2, arg3);
	/* A peer that doesn't listen misses a message; its deadline runs all the same. */
	if (conn_send(a->conn, &o) == SK_E_FORMAT)
		journal_note(LOG_ERR, "message %u could not be built", (unsigned)id);
}

static bool judging(const struct attempt *a)
{
	return a->state == ATTEMPT_SIGN || a->state == ATTEMPT_JUDGE;
}

void attempt_dispatch(struct attempt *a, const struct ipc_msg *m)
{
	attempt_fn *fn = attempt_row_find(a->state, m->type);

	if (fn == NULL) {
		journal_note(LOG_ERR, "attempt %llu: message %#x may not come in state %s", (unsigned long long)a->id,
		    (unsigned)m->type, attempt_state_name(a->state));
		/* Rule 4 holds for nonsense too: a peer that babbles doesn't get a try back. */
		if (judging(a))
			attempt_abandon(a, END_FAULT, "protocol", MSG_CANCELLED);
		else
			attempt_fault(a, "protocol");
		return;
	}
	fn(a, m);
}

void attempt_abandon(struct attempt *a, enum attempt_end how, const char *reason, enum msg_id id)
{
	if (!judging(a)) {
		attempt_end(a, how, reason, id, NULL, NULL);
		return;
	}
	if (a->abandoned)
		return;
	a->abandoned = true;
	a->abandon_how = how;
	a->abandon_reason = reason;
	a->abandon_msg = id;
	attempt_step_deadline(a, JUDGE_DEADLINE_S);
}

void attempt_judged_wrong(struct attempt *a, enum lockout_factor factor)
{
	struct lockouts_view view;
	struct audit_in in = { .event = EV_LOCKOUT, .attempt = a->id, .person = a->person.id, .account = a->account,
		.card = a->card_hex, .reason = factor == LOCK_PIN ? "pin" : "finger" };

	a->charge.held = false;
	if (lockouts_look(a->d, a->person.id, a->card_hex, factor, &view) == SK_OK && (view.locked || view.wait_s > 0) &&
	    journal_record(a->d, &in) != SK_OK)
		journal_note(LOG_ALERT, "attempt %llu: a lockout could not be recorded", (unsigned long long)a->id);
}

void attempt_end_abandoned(struct attempt *a)
{
	attempt_end(a, a->abandon_how, a->abandon_reason, a->abandon_msg, NULL, NULL);
}

void attempt_client_gone(struct attempt *a)
{
	a->conn = NULL;
	attempt_abandon(a, END_CANCELLED, "client-gone", MSG_NONE);
}

void attempt_on_cancel(struct attempt *a, const struct ipc_msg *m)
{
	(void)m;
	attempt_abandon(a, END_CANCELLED, "cancelled", MSG_CANCELLED);
}

void attempt_watch(struct attempt *a, enum ipc_watch_event ev, const char *reader)
{
	a->seen = a->seen || ev == WATCH_CARD_INSERTED || ev == WATCH_CARD_REMOVED;
	switch (ev) {
	case WATCH_CARD_REMOVED:
	case WATCH_READER_REMOVED:
		if (a->reader[0] != '\0' && strcmp(a->reader, reader) == 0)
			attempt_abandon(a, END_CANCELLED, "removed-early", MSG_REMOVED_EARLY);
		return;
	case WATCH_SERVICE_DOWN:
		if (a->reader[0] != '\0')
			attempt_abandon(a, END_FAULT, "pcscd-gone", MSG_REMOVED_EARLY);
		return;
	case WATCH_SERVICE_UP:
	case WATCH_READER_ADDED:
	case WATCH_CARD_INSERTED:
		return;
	}
}

/* Rule 6: it waited for a card and none came. Only these ends; whatever isn't among them is recorded. */
static bool nobody_there(const struct attempt *a, enum attempt_end how, const char *reason)
{
	static const char *const waited[] = { "timeout", "no-card", "cancelled", "client-gone" };

	if (a->kind != ATTEMPT_LOGIN || a->account_given || a->seen || how != END_CANCELLED ||
	    (a->state != ATTEMPT_QUEUED && a->state != ATTEMPT_CARD))
		return false;
	for (size_t i = 0; i < sizeof(waited) / sizeof(waited[0]); i++) {
		if (strcmp(reason, waited[i]) == 0)
			return true;
	}
	return false;
}

/* Count it. False: it is worth a record all the same, the first behind which no card could have been seen. */
static bool passed_over(struct attempt *a)
{
	struct daemon *d = a->d;
	bool news = a->lacks != 0 && d->nobody_lacks != (uint8_t)a->lacks;

	/* One that never had its turn has looked at no reader. */
	if (a->state != ATTEMPT_QUEUED)
		d->nobody_lacks = (uint8_t)a->lacks;
	d->nobody_n += news ? 0 : 1;
	return !news;
}

static const char *lack_text(enum ipc_card_state lacks)
{
	return lacks == CARD_NO_READER ? ", no reader" : lacks == CARD_NO_SERVICE ? ", no smart card service" : "";
}

static void record_end(struct attempt *a, enum attempt_end how, const char *reason)
{
	static const enum audit_event events[] = { [END_DENIED] = EV_ATTEMPT_DENIED, [END_CANCELLED] = EV_ATTEMPT_CANCELLED,
		[END_FAULT] = EV_FAULT };
	char detail[128];
	struct audit_in in = { .event = events[how], .attempt = a->id, .person = a->person.id, .account = a->account,
		.service = a->service, .tty = a->tty, .card = a->card_hex, .actor = a->actor, .reason = reason,
		.detail = detail };

	(void)snprintf(detail, sizeof(detail), "in state %s%s%s", attempt_state_name(a->state),
	    a->kind == ATTEMPT_LOGIN ? "" : " of an enrolment", a->seen ? "" : lack_text(a->lacks));
	if (journal_record(a->d, &in) != SK_OK)
		journal_note(LOG_ALERT, "the end of attempt %llu could not be recorded", (unsigned long long)a->id);
}

void attempt_end(struct attempt *a, enum attempt_end how, const char *reason, enum msg_id id, const char *arg1,
    const char *arg2)
{
	/* Held here means: charged, and the judge never spoke. */
	if (a->charge.held && lockouts_refund(a->d, &a->charge) != SK_OK)
		journal_note(LOG_ERR, "attempt %llu: an unjudged try could not be given back", (unsigned long long)a->id);
	if (!nobody_there(a, how, reason) || !passed_over(a))
		record_end(a, how, reason);
	attempt_finish(a, SK_DENIED, id, arg1, arg2);
}

static void reference(const struct attempt *a, char ret_text[static 24])
{
	(void)snprintf(ret_text, 24, "%llu", (unsigned long long)a->id);
}

void attempt_deny(struct attempt *a, const char *reason)
{
	char ref[24];

	reference(a, ref);
	attempt_end(a, END_DENIED, reason, MSG_DENIED, a->d->config.help, ref);
}

void attempt_fault(struct attempt *a, const char *reason)
{
	char ref[24];

	reference(a, ref);
	attempt_end(a, END_FAULT, reason, MSG_FAULT, a->d->config.help, ref);
}

void attempt_locked(struct attempt *a, enum sk_status st, uint32_t wait_s)
{
	char until[24];

	if (st == SK_E_WAIT) {
		/* Shown to the minute: round up, so that nobody comes back too soon. */
		(void)snprintf(until, sizeof(until), "%lld", (long long)((daemon_now() + wait_s + 59) / 60 * 60));
		attempt_end(a, END_DENIED, "locked-for-a-time", MSG_LOCKED_UNTIL, until, a->d->config.help);
	} else if (st == SK_E_LOCKED) {
		attempt_end(a, END_DENIED, "locked", MSG_LOCKED, a->d->config.help, NULL);
	} else {
		attempt_fault(a, "lockout-unreadable");
	}
}

static void send_login_result(struct attempt *a, enum sk_verdict verdict, enum msg_id id, const char *arg1, const char *arg2)
{
	uint8_t buf[1024];
	struct ipc_out o;

	ipc_out_init(&o, IPC_AUTH_RESULT, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, (uint64_t)(uint32_t)verdict);
	ipc_out_num(&o, IPC_F_ATTEMPT, a->id);
	if (verdict == SK_GRANTED)
		ipc_out_text(&o, IPC_F_ACCOUNT, a->account);
	if (id != MSG_NONE)
		put_args(&o, id, arg1, arg2, NULL);
	if (conn_send(a->conn, &o) != SK_OK)
		journal_note(LOG_WARNING, "attempt %llu: its client does not take the result", (unsigned long long)a->id);
}

void attempt_finish(struct attempt *a, enum sk_verdict verdict, enum msg_id id, const char *arg1, const char *arg2)
{
	struct daemon *d = a->d;
	struct conn *c = a->conn;

	a->deadline = sd_event_source_disable_unref(a->deadline);
	a->step = sd_event_source_disable_unref(a->step);
	if (c != NULL) {
		if (a->kind == ATTEMPT_LOGIN) {
			send_login_result(a, verdict, id, arg1, arg2);
		} else {
			if (verdict != SK_GRANTED && id != MSG_NONE)
				attempt_say(a, id, arg1, arg2, NULL);
			admin_end(c->fd, verdict == SK_GRANTED ? SK_OK : SK_E_DENIED, "");
		}
		c->attempt = NULL;
		if (a->kind == ATTEMPT_LOGIN)
			conn_close(c);
	}
	if (a->card_helper != NULL && helper_send_plain(a->card_helper, IPC_CARD_CLOSE) != SK_OK)
		journal_note(LOG_NOTICE, "attempt %llu: sekisho-card had gone before", (unsigned long long)a->id);
	helper_release(&a->card_helper);
	helper_release(&a->finger_helper);
	queue_leave(d, a);
	enrolment_free(&a->enrolment);
	if (a->card != NULL)
		sk_wipe(a->card, sizeof(*a->card));
	free(a->card);
	sk_wipe(a, sizeof(*a));
	free(a);
}
