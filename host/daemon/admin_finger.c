/* SPDX-License-Identifier: Apache-2.0 */
/* Fingers: which are enrolled, and taking them away. Templates themselves never leave the daemon. */
#include <stdio.h>
#include <string.h>

#include "daemon/admin_rows.h"

enum sk_status admin_finger_list(struct admin_call *call)
{
	struct person p;
	const char *person = NULL;

	if (ipc_has(call->req, IPC_F_PERSON)) {
		enum sk_status st = admin_find_person(call, &p);

		if (st != SK_OK)
			return st;
		person = p.id;
	}
	return admin_rows_fingers(call, person);
}

/* How many prints go, for the record. */
struct print_count {
	const char *finger; /* NULL: all */
	uint32_t n;
};

static enum sk_status count_print(void *arg, const struct finger_print *f)
{
	struct print_count *c = arg;

	if (c->finger == NULL || strcmp(c->finger, f->finger) == 0)
		c->n++;
	return SK_OK;
}

enum sk_status admin_finger_delete(struct admin_call *call)
{
	struct person p;
	char finger[STORE_FINGER_MAX + 1], reason[ADMIN_REASON_MAX + 1], detail[STORE_TEXT_MAX + 1];
	struct print_count count = { .finger = NULL };
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	enum sk_status st = admin_find_person(call, &p);

	if (st != SK_OK)
		return st;
	if (ipc_text(call->req, IPC_F_FINGER, finger, sizeof(finger)) != SK_OK ||
	    ipc_text(call->req, IPC_F_DETAIL, reason, sizeof(reason)) != SK_OK)
		return admin_fail(call, SK_E_ARG, "A value is too long.");
	if (finger[0] != '\0')
		count.finger = finger;
	st = store_print_each(call->d->store, p.id, count_print, &count);
	if (st == SK_OK)
		st = store_print_delete(call->d->store, p.id, count.finger);
	if (st == SK_E_NOENT)
		return admin_fail(call, st, "The person has no such finger enrolled.");
	if (st != SK_OK)
		return admin_store_failed(call, st);
	snprintf(detail, sizeof(detail), "finger=%s prints=%u reason=%s", count.finger != NULL ? finger : "all", count.n, reason);
	st = admin_record(call, "finger-delete", p.id, p.account, NULL, detail);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	admin_row_begin(&o, buf, sizeof(buf));
	admin_put_name(&o, IPC_F_PERSON, p.id);
	admin_put_name(&o, IPC_F_FINGER, finger);
	ipc_out_num(&o, IPC_F_COUNT, count.n);
	return admin_row_send(call, &o);
}
