/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that nobody will close: their opener has died, or the machine stopped. See guarding.h, rules 5 and 6. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/guarding_impl.h"
#include "daemon/journal.h"

#define USEC UINT64_C(1000000)

enum sk_status guarding_close_lost(struct daemon *d, const struct session *s, int64_t when, const char *reason, const char *detail)
{
	struct audit_in in = { .event = EV_SESSION_LOST, .attempt = s->attempt, .person = s->person, .account = s->account,
		.service = s->service, .tty = s->tty, .reason = reason, .detail = detail };
	enum sk_status st = store_begin(d->store);

	if (st != SK_OK)
		return st;
	st = store_session_close(d->store, s->id, when);
	if (st == SK_OK)
		st = journal_record(d, &in);
	if (st == SK_OK)
		st = store_commit(d->store);
	if (st != SK_OK)
		store_rollback(d->store);
	return st;
}

void guarding_leader_drop(struct guarded *g)
{
	g->leader = sd_event_source_disable_unref(g->leader);
}

static void look_in(struct guarded *g, uint32_t seconds);

static void close_it(struct guarded *g)
{
	struct daemon *d = g->y->d;
	uint64_t id = g->s.id;
	enum sk_status st = guarding_close_lost(d, &g->s, g->leader_gone, "opener-gone",
	    "the process that opened it ended without closing it");

	if (st != SK_OK) {
		journal_note(LOG_ERR, "session %llu: its opener has gone, and it can't be closed; tried again", (unsigned long long)id);
		look_in(g, GUARDING_LEADER_AGAIN_S);
	} else if (guarding_closed(d, id)) {
		journal_note(LOG_DEBUG, "session %llu: its card is still in the reader", (unsigned long long)id);
	}
}

static void on_looked(void *arg, const struct session *s, const struct logind_result *r)
{
	struct guarding *y = arg;
	struct guarded *g = guarding_find(y, s->id);

	if (g == NULL || g->state == GUARD_LEAVING)
		return;
	/* What is still there is guarded: programs that outlive the opener, for example. */
	if (r->own || (r->st != SK_OK && r->st != SK_E_NOENT))
		look_in(g, GUARDING_LEADER_AGAIN_S);
	else
		close_it(g);
}

static int on_look(sd_event_source *source, uint64_t usec, void *arg)
{
	struct guarded *g = arg;

	(void)source;
	(void)usec;
	guarding_leader_drop(g);
	logind_stop(g->y->d->logind, &g->s, LOGIND_LOOK, on_looked, g->y);
	return 0;
}

static void look_in(struct guarded *g, uint32_t seconds)
{
	guarding_leader_drop(g);
	if (sd_event_add_time_relative(g->y->d->event, &g->leader, CLOCK_BOOTTIME, seconds * USEC, 0, on_look, g) < 0)
		journal_note(LOG_ERR, "session %llu: its opener has gone, and no timer can be set: it stays open until the next boot",
		    (unsigned long long)g->s.id);
}

static int on_gone(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct guarded *g = arg;

	(void)source;
	(void)fd;
	(void)revents;
	g->leader_gone = daemon_now();
	look_in(g, GUARDING_LEADER_S);
	return 0;
}

void guarding_leader_watch(struct guarded *g)
{
	int fd;

	if (g->s.leader == 0)
		return;
	/* Its number may be another's by now only if it ended before the daemon started: that one is then waited for instead. */
	fd = pidfd_open((pid_t)g->s.leader, 0);
	if (fd < 0 && errno == ESRCH) {
		g->leader_gone = daemon_now();
		look_in(g, GUARDING_LEADER_S);
		return;
	}
	if (fd < 0 || sd_event_add_io(g->y->d->event, &g->leader, fd, EPOLLIN, on_gone, g) < 0 ||
	    sd_event_source_set_io_fd_own(g->leader, 1) < 0) {
		guarding_leader_drop(g);
		if (fd >= 0)
			(void)close(fd);
		journal_note(LOG_ERR, "session %llu: its opener can't be waited for", (unsigned long long)g->s.id);
	}
}
