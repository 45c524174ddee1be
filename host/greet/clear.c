/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody is left on the seat; see clear.h. */
#include "greet/clear.h"

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "greet/lockbus.h"

/* Each of the two waits. Unit: milliseconds. */
#define CLEAR_MS 15000u
#define CLEAR_STEP_MS 200u

static void note(const char *what)
{
	(void)fprintf(stderr, "sekisho-locker --clear: %s\n", what);
}

/* @return sessions of people on the seat, which have been asked to end; SIZE_MAX: logind doesn't say. */
static size_t end_all(struct lockbus *b)
{
	static struct lockbus_session s[LOCKBUS_SESSIONS];
	size_t n = 0;

	if (lockbus_sessions(b, s, &n) != SK_OK)
		return SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		if (lockbus_end(b, s[i].id) != SK_OK)
			note("logind does not end a session");
	}
	return n;
}

int locker_clear(void)
{
	const struct timespec step = { .tv_nsec = CLEAR_STEP_MS * 1000000L };
	struct lockbus *b = NULL;
	size_t left = SIZE_MAX;

	if (lockbus_open(NULL, NULL, NULL, NULL, &b) != SK_OK)
		return 1;
	for (uint32_t ms = 0; ms < CLEAR_MS && (left = end_all(b)) > 0; ms += CLEAR_STEP_MS)
		(void)nanosleep(&step, NULL);
	/* The locker locks the switch once more on its way back: whoever lets it go comes after that. */
	for (uint32_t ms = 0; ms < CLEAR_MS && left == 0 && lockmark_is_any(LOCKMARK_DIR); ms += CLEAR_STEP_MS)
		(void)nanosleep(&step, NULL);
	lockbus_close(&b);
	if (left > 0)
		note("somebody is still logged in");
	return left == 0 ? 0 : 1;
}
