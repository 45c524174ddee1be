/* SPDX-License-Identifier: Apache-2.0 */
/* Audit chain and system journal; see journal.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "daemon/journal.h"

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static int priority_of(enum audit_event e)
{
	switch (e) {
	case EV_TAMPER:
	case EV_LOCKOUT:
		return LOG_ALERT;
	case EV_FAULT:
	case EV_CLOCK:
	case EV_CRL_REFUSED:
	case EV_DENYLIST_REFUSED:
		return LOG_ERR;
	case EV_ATTEMPT_DENIED:
	case EV_SESSION_LOST:
	case EV_CARD_LEFT:
	case EV_MEDIA_REFUSED:
		return LOG_WARNING;
	case EV_START:
	case EV_STOP:
	case EV_ATTEMPT_BEGIN:
	case EV_ATTEMPT_GRANTED:
	case EV_ATTEMPT_CANCELLED:
	case EV_SESSION_OPEN:
	case EV_SESSION_CLOSE:
	case EV_ADMIN:
	case EV_CRL_IMPORT:
	case EV_DENYLIST_IMPORT:
	case EV_CARD_UNREVOKE:
	case EV_SESSION_STOP:
	case EV_DESK_TAKEN:
	case EV_GUARD_STOP:
	case EV_SESSION_HOLD:
	case EV_MEDIA_APPROVED:
		return LOG_NOTICE;
	}
	return LOG_ERR;
}

enum sk_status journal_record(struct daemon *d, const struct audit_in *in)
{
	uint64_t seq = 0;
	enum sk_status st = store_audit_add(d->store, in, daemon_now(), &seq);
	const char *event = or_empty(audit_event_name(in->event));

	(void)sd_journal_send("MESSAGE=%s%s%s%s%s", event, in->account != NULL && in->account[0] != '\0' ? " " : "",
	    or_empty(in->account), in->reason != NULL && in->reason[0] != '\0' ? ": " : "", or_empty(in->reason),
	    "PRIORITY=%i", st == SK_OK ? priority_of(in->event) : LOG_ALERT, "SYSLOG_IDENTIFIER=sekishod",
	    "SEKISHO_EVENT=%s", event, "SEKISHO_SEQ=%llu", (unsigned long long)seq, "SEKISHO_ATTEMPT=%llu",
	    (unsigned long long)in->attempt, "SEKISHO_PERSON=%s", or_empty(in->person), "SEKISHO_ACCOUNT=%s",
	    or_empty(in->account), "SEKISHO_SERVICE=%s", or_empty(in->service), "SEKISHO_TTY=%s", or_empty(in->tty),
	    "SEKISHO_CARD=%s", or_empty(in->card), "SEKISHO_ACTOR=%s", or_empty(in->actor), "SEKISHO_REASON=%s",
	    or_empty(in->reason), "SEKISHO_DETAIL=%s", or_empty(in->detail), "SEKISHO_TERMINAL=%s",
	    d->config.terminal, "SEKISHO_RECORDED=%s", st == SK_OK ? "yes" : "no", NULL);
	return st;
}

void journal_fault(struct daemon *d, const char *reason, const char *detail)
{
	struct audit_in in = { .event = EV_FAULT, .reason = reason, .detail = detail };

	if (journal_record(d, &in) != SK_OK)
		journal_note(LOG_ALERT, "fault %s could not be recorded in the audit chain", reason);
}

void journal_note(int priority, const char *format, ...)
{
	va_list ap;
	char line[512];

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	(void)sd_journal_send("MESSAGE=%s", line, "PRIORITY=%i", priority, "SYSLOG_IDENTIFIER=sekishod", NULL);
	/* In the foreground the same line is wanted where one looks; under the service manager it would come twice. */
	if (getenv("JOURNAL_STREAM") == NULL)
		(void)fprintf(stderr, "sekishod: %s\n", line);
}
