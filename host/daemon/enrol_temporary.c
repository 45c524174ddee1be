/* SPDX-License-Identifier: Apache-2.0 */
/* A temporary card (仮カード): an enrolment whose card ends by itself and counts on some terminals only (C-TEMP). See enrol.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/admin_rows.h"
#include "daemon/enrol.h"

/* The last second of the last day that a card enrolled at @p now may have. */
static int64_t latest_end(int64_t now)
{
	time_t t = (time_t)now;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return 0;
	tm.tm_mday += (int)ENROL_TEMPORARY_DAYS;
	tm.tm_hour = 23;
	tm.tm_min = 59;
	tm.tm_sec = 59;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

enum sk_status enrol_limit_read(struct admin_call *call, struct card_limit *ret_l)
{
	struct card_limit l = { .until = 0 };
	uint64_t until = ipc_num(call->req, IPC_F_VALID_UNTIL);
	int64_t now = daemon_safe_now(call->d);

	if (!ipc_has(call->req, IPC_F_VALID_UNTIL)) {
		if (ipc_has(call->req, IPC_F_TEXT))
			return admin_fail(call, SK_E_ARG, "Only a temporary card is bound to terminals: give its last day, too.");
		*ret_l = l;
		return SK_OK;
	}
	if (until > INT64_MAX || (int64_t)until <= now)
		return admin_fail(call, SK_E_ARG, "The last day of a temporary card must not be over already.");
	if ((int64_t)until > latest_end(now))
		return admin_fail(call, SK_E_ARG, "A temporary card lasts 31 days at most: give an earlier last day, and enrol "
		                                  "another card afterwards.");
	l.until = (int64_t)until;
	if (!ipc_has(call->req, IPC_F_TEXT))
		(void)snprintf(l.terminals, sizeof(l.terminals), "%s", call->d->config.terminal);
	else if (ipc_text(call->req, IPC_F_TEXT, l.terminals, sizeof(l.terminals)) != SK_OK)
		return admin_fail(call, SK_E_ARG, "These are more terminals than one card can have.");
	if (!store_card_limit_is_valid(&l))
		return admin_fail(call, SK_E_ARG, "One of the terminals has no name that a terminal can have.");
	*ret_l = l;
	return SK_OK;
}

enum sk_status enrol_limit_commit(struct attempt *a)
{
	struct card_limit *l = &a->enrolment->limit;
	char detail[STORE_TEXT_MAX + 1];
	enum sk_status st;

	memcpy(l->key, a->card->key, sizeof(l->key));
	st = store_card_limit_set(a->d->store, l);
	(void)snprintf(detail, sizeof(detail), "until=%lld terminals=%s; %s", (long long)l->until, l->terminals,
	    a->card->label);
	return st == SK_OK ? enrol_record(a, "card-enrol-temporary", detail) : st;
}
