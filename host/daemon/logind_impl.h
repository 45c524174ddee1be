/* SPDX-License-Identifier: Apache-2.0 */
/* What logind.c, logind_find.c and logind_act.c share. */
#ifndef DAEMON_LOGIND_IMPL_H
#define DAEMON_LOGIND_IMPL_H

#include <systemd/sd-bus.h>

#include "daemon/logind.h"
#include "daemon/logind_kinds.h"

#define LOGIND_SERVICE "org.freedesktop.login1"
#define LOGIND_MANAGER_PATH "/org/freedesktop/login1"
#define LOGIND_MANAGER "org.freedesktop.login1.Manager"
#define LOGIND_NO_SESSION "org.freedesktop.login1.NoSuchSession"

/** Sessions of one account that are looked at. */
#define LOGIND_CANDIDATES_MAX 64u

/** A session of logind that may be the one that is meant. */
struct logind_candidate {
	struct logind_kind kind; /**< As logind has it now; then as it was when it began. */
	char path[160];
	bool is_it;          /**< The path and the id are of one session. */
	bool same_place;
	uint64_t start;      /**< Microseconds since 1970. */
	uint32_t leader;     /**< 0: not known. */
	bool own;            /**< It is the job's session, or may be (logind_kin()). */
	bool on_seat;        /**< Of the kiosk's locker. */
	bool lock;           /**< What it was asked for: to lock, or to end. */
	bool unlocked;       /**< Asked to lock, it did not. */
	bool not_meant;      /**< Greeter, service manager, begun later, gone. */
	bool idle;
	uint64_t idle_since; /**< CLOCK_MONOTONIC. Unit: microseconds. */
};

/** One logind_stop(), or a look at the kinds: list, then the properties of each candidate, then one call for each that is meant. */
struct logind_job {
	struct logind_job *next;
	struct logind *l;
	struct session s;
	enum logind_act act;
	logind_done_fn *done;
	void *arg;
	struct logind_candidate c[LOGIND_CANDIDATES_MAX];
	size_t n, at;
	uint32_t looked;
	bool by_leader;        /**< Some candidate has the session's leader. */
	bool by_place;         /**< Some candidate has the session's terminal. */
	bool failed;
	struct logind_result result;
	sd_bus_slot *slot;     /**< The call that runs. */
	sd_event_source *look; /**< The next look for the locker's mark. */
	uint32_t looks;
};

struct logind {
	sd_event *event;
	sd_bus *bus;
	sd_event_source *again; /**< When the bus can't be reached. */
	struct logind_job *jobs;
	struct logind_kinds kinds;
};

/** An answer, or the error in it; false: it was an error, and that is noted. */
SK_MUST_CHECK SK_NONNULL bool logind_job_answered(struct logind_job *j, sd_bus_message *m, const char *call);
/** Tell whoever asked how it went. @p j is freed when this returns. */
SK_NONNULL void logind_job_end(struct logind_job *j);

/* logind_find.c: each goes on with logind_job_act(); @p j may be freed when it returns. */
/** Every session of the job's account; of all accounts when it names none. */
SK_NONNULL void logind_job_find(struct logind_job *j);
/** The session of this id alone. */
SK_NONNULL void logind_job_find_one(struct logind_job *j, const char *id, const char *path);

/* logind_act.c */
/** Lock, end or look at the candidates from j->at on that are meant. @p j may be freed when this returns. */
SK_NONNULL void logind_job_act(struct logind_job *j);

#endif /* DAEMON_LOGIND_IMPL_H */
