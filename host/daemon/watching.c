/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho-watch's keeper; see watching.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/attempt.h"
#include "daemon/guarding.h"
#include "daemon/helper.h"
#include "daemon/journal.h"
#include "daemon/queue.h"
#include "daemon/watching.h"

#define RESTART_US (1000u * 1000)

struct watch {
	struct helper *helper;
	sd_event_source *restart;
	struct watch_view view;
};

static void run(struct daemon *d);

static struct watch_reader *find(struct watch_view *v, const char *name)
{
	for (uint32_t i = 0; i < v->readers_n; i++) {
		if (strcmp(v->readers[i].name, name) == 0)
			return &v->readers[i];
	}
	return NULL;
}

static struct watch_reader *find_or_add(struct watch_view *v, const char *name)
{
	struct watch_reader *r = find(v, name);

	if (r == NULL && v->readers_n < WATCH_READERS_MAX) {
		r = &v->readers[v->readers_n++];
		memset(r, 0, sizeof(*r));
		(void)snprintf(r->name, sizeof(r->name), "%s", name);
	}
	return r;
}

static void note(struct watch_view *v, enum ipc_watch_event ev, const char *name)
{
	struct watch_reader *r;

	switch (ev) {
	case WATCH_SERVICE_UP:
		v->service_up = true;
		return;
	case WATCH_SERVICE_DOWN:
		memset(v, 0, sizeof(*v));
		return;
	case WATCH_READER_ADDED:
		(void)find_or_add(v, name);
		return;
	case WATCH_READER_REMOVED:
		r = find(v, name);
		if (r != NULL)
			*r = v->readers[--v->readers_n];
		return;
	case WATCH_CARD_INSERTED:
	case WATCH_CARD_REMOVED:
		r = find_or_add(v, name);
		if (r != NULL)
			r->card = ev == WATCH_CARD_INSERTED;
		return;
	}
}

static void on_msg(void *arg, const struct ipc_msg *m)
{
	struct daemon *d = arg;
	enum ipc_watch_event ev = (enum ipc_watch_event)ipc_num(m, IPC_F_STATE);
	struct attempt *a = queue_holder(d);
	char reader[129];

	if (ipc_text(m, IPC_F_READER, reader, sizeof(reader)) != SK_OK)
		return;
	if (ev == WATCH_SERVICE_DOWN && d->watch->view.service_up)
		journal_fault(d, "pcscd-down", "The smart card service went away; no card can be read until it is back.");
	if (ev == WATCH_READER_REMOVED)
		journal_fault(d, "reader-removed", reader);
	note(&d->watch->view, ev, reader);
	guarding_watch(d, ev, reader);
	if (a != NULL)
		attempt_watch(a, ev, reader);
}

static int on_restart(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s;
	(void)usec;
	d->watch->restart = sd_event_source_disable_unref(d->watch->restart);
	run(d);
	return 0;
}

static void on_gone(void *arg)
{
	struct daemon *d = arg;
	struct attempt *a = queue_holder(d);

	d->watch->helper = NULL;
	memset(&d->watch->view, 0, sizeof(d->watch->view));
	journal_note(LOG_ERR, "sekisho-watch died; starting it again");
	guarding_watch_gone(d);
	/* Nobody sees a card leave now: an attempt that stands on one must not go on. */
	if (a != NULL)
		attempt_watch(a, WATCH_SERVICE_DOWN, "");
	if (sd_event_add_time_relative(d->event, &d->watch->restart, CLOCK_BOOTTIME, RESTART_US, 0, on_restart, d) < 0)
		journal_note(LOG_ALERT, "sekisho-watch can't be started again");
}

static void run(struct daemon *d)
{
	if (helper_spawn(d, HELPER_WATCH, on_msg, on_gone, d, &d->watch->helper) != SK_OK)
		on_gone(d);
}

enum sk_status watching_start(struct daemon *d)
{
	d->watch = calloc(1, sizeof(*d->watch));
	if (d->watch == NULL)
		return SK_E_NOMEM;
	run(d);
	return SK_OK;
}

void watching_stop(struct daemon *d)
{
	if (d->watch == NULL)
		return;
	sd_event_source_disable_unref(d->watch->restart);
	helper_release(&d->watch->helper);
	free(d->watch);
	d->watch = NULL;
}

const struct watch_view *watching_view(struct daemon *d)
{
	return &d->watch->view;
}
