/* SPDX-License-Identifier: Apache-2.0 */
/* The table; see guard.h. tests/check-readme.sh compares it with README.md, and reads one row a line. */
#include "guard.h"

static const struct guard_row rows[] = {
	{ GUARD_HELD, GUARD_OUT, GUARD_GRACE, GUARD_DO_WAIT },
	{ GUARD_HELD, GUARD_IDLE, GUARD_IDLING, GUARD_DO_LOCK },
	{ GUARD_HELD, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_HELD, GUARD_CLOSED, GUARD_LEAVING, GUARD_DO_WARN },
	{ GUARD_GRACE, GUARD_IN, GUARD_PROVING, GUARD_DO_PROVE },
	{ GUARD_GRACE, GUARD_PROVEN, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_GRACE, GUARD_TIME, GUARD_STOPPING, GUARD_DO_STOP },
	{ GUARD_GRACE, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_GRACE, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET },
	{ GUARD_PROVING, GUARD_OUT, GUARD_GRACE, GUARD_DO_UNPROVE },
	{ GUARD_PROVING, GUARD_PROVEN, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_PROVING, GUARD_OTHER, GUARD_STOPPING, GUARD_DO_STOP },
	{ GUARD_PROVING, GUARD_UNPROVEN, GUARD_GRACE, GUARD_DO_UNPROVE },
	{ GUARD_PROVING, GUARD_TIME, GUARD_STOPPING, GUARD_DO_STOP },
	{ GUARD_PROVING, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_PROVING, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET },
	{ GUARD_STOPPING, GUARD_STOP_DONE, GUARD_STOPPED, GUARD_DO_NOTHING },
	{ GUARD_STOPPING, GUARD_STOP_FAILED, GUARD_FAILED, GUARD_DO_RETRY },
	{ GUARD_STOPPING, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_STOPPING, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET },
	{ GUARD_FAILED, GUARD_TIME, GUARD_STOPPING, GUARD_DO_STOP },
	{ GUARD_FAILED, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_FAILED, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET },
	{ GUARD_STOPPED, GUARD_PROVEN, GUARD_STOPPED_IN, GUARD_DO_NOTHING },
	{ GUARD_STOPPED, GUARD_IDLE, GUARD_STOPPING, GUARD_DO_LOCK },
	{ GUARD_STOPPED, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_STOPPED, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET },
	{ GUARD_STOPPED_IN, GUARD_OUT, GUARD_STOPPING, GUARD_DO_STOP },
	{ GUARD_STOPPED_IN, GUARD_IDLE, GUARD_IDLING, GUARD_DO_LOCK },
	{ GUARD_STOPPED_IN, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_STOPPED_IN, GUARD_CLOSED, GUARD_LEAVING, GUARD_DO_WARN },
	{ GUARD_IDLING, GUARD_OUT, GUARD_STOPPING, GUARD_DO_STOP },
	{ GUARD_IDLING, GUARD_STOP_DONE, GUARD_STOPPED_IN, GUARD_DO_NOTHING },
	{ GUARD_IDLING, GUARD_STOP_FAILED, GUARD_HELD, GUARD_DO_NOTHING },
	{ GUARD_IDLING, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP },
	{ GUARD_IDLING, GUARD_CLOSED, GUARD_LEAVING, GUARD_DO_WARN },
	{ GUARD_LEAVING, GUARD_OUT, GUARD_GONE, GUARD_DO_FORGET },
	{ GUARD_LEAVING, GUARD_PROVEN, GUARD_GONE, GUARD_DO_FORGET },
	{ GUARD_LEAVING, GUARD_TIME, GUARD_GONE, GUARD_DO_RECORD },
};

const struct guard_row *guard_find(enum guard_state state, enum guard_event event)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].state == state && rows[i].event == event)
			return &rows[i];
	}
	return NULL;
}

const struct guard_row *guard_rows(size_t *ret_n)
{
	*ret_n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

const char *guard_cause_word(enum guard_cause cause)
{
	switch (cause) {
	case GUARD_CARD_OUT:
		return "card-out";
	case GUARD_READER_GONE:
		return "reader-gone";
	case GUARD_SERVICE_DOWN:
		return "service-down";
	case GUARD_WATCH_GONE:
		return "watch-gone";
	case GUARD_CARD_SWAPPED:
		return "card-swapped";
	case GUARD_IDLE_LONG:
		return "idle";
	case GUARD_RESTARTED:
		return "restarted";
	case GUARD_UNSEEN:
		return "not-seen";
	}
	return "unknown";
}

const char *guard_state_word(enum guard_state state)
{
	switch (state) {
	case GUARD_HELD:
		return "held";
	case GUARD_GRACE:
		return "grace";
	case GUARD_PROVING:
		return "proving";
	case GUARD_STOPPING:
		return "stopping";
	case GUARD_FAILED:
		return "failed";
	case GUARD_STOPPED:
		return "stopped";
	case GUARD_STOPPED_IN:
		return "stopped-in";
	case GUARD_IDLING:
		return "idling";
	case GUARD_LEAVING:
		return "leaving";
	case GUARD_GONE:
		return "gone";
	}
	return "unknown";
}
