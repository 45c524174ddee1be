/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody is left on the seat: said when logind says so, and not before. logind, the mark and the naps are the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "greet/clear.h"
#include "greet/lockbus.h"

#define EVER 1000000u

static struct {
	enum sk_status open, end;
	uint32_t deaf_ms;    /* So long logind doesn't answer. */
	uint32_t n, gone_ms; /* Sessions, until then. */
	uint32_t mark_ms;    /* The locker's mark is there until then. */
	uint32_t now_ms, ended_ms;
	int is_open;
	char ended[64];      /* In the first round. */
} w;

int __wrap_nanosleep(const struct timespec *t, struct timespec *rem);

int __wrap_nanosleep(const struct timespec *t, struct timespec *rem)
{
	(void)rem;
	w.now_ms += (uint32_t)(t->tv_sec * 1000 + t->tv_nsec / 1000000);
	return 0;
}

enum sk_status lockbus_open(sd_event *event, lockbus_lock_fn *on_lock, lockbus_gone_fn *on_gone, void *arg, struct lockbus **ret_b)
{
	/* It doesn't come back to an event loop. */
	assert_null(event);
	(void)on_lock;
	(void)on_gone;
	(void)arg;
	if (w.open == SK_OK) {
		w.is_open++;
		*ret_b = (struct lockbus *)(uintptr_t)&w;
	}
	return w.open;
}

void lockbus_close(struct lockbus **b)
{
	assert_ptr_equal(*b, &w);
	w.is_open--;
	*b = NULL;
}

enum sk_status lockbus_sessions(struct lockbus *b, struct lockbus_session ret_s[static LOCKBUS_SESSIONS], size_t *ret_n)
{
	assert_ptr_equal(b, &w);
	if (w.now_ms < w.deaf_ms)
		return SK_E_IO;
	*ret_n = w.now_ms < w.gone_ms ? w.n : 0;
	for (uint32_t i = 0; i < *ret_n; i++)
		(void)snprintf(ret_s[i].id, sizeof(ret_s[i].id), "%u", i + 3);
	return SK_OK;
}

enum sk_status lockbus_end(struct lockbus *b, const char *id)
{
	size_t len = strlen(w.ended);

	assert_ptr_equal(b, &w);
	if (w.now_ms == 0)
		(void)snprintf(w.ended + len, sizeof(w.ended) - len, "%s ", id);
	w.ended_ms = w.now_ms;
	return w.end;
}

bool lockmark_is_any(const char *dir)
{
	assert_string_equal(dir, LOCKMARK_DIR);
	return w.now_ms < w.mark_ms;
}

static int setup(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	return 0;
}

static int clear(void)
{
	int r = locker_clear();

	assert_int_equal(w.is_open, 0);
	return r;
}

static void nobody(void **state)
{
	(void)state;
	assert_int_equal(clear(), 0);
	assert_int_equal(w.now_ms, 0);
}

static void all_are_ended(void **state)
{
	(void)state;
	w.n = 3;
	w.gone_ms = 3000;
	assert_int_equal(clear(), 0);
	assert_string_equal(w.ended, "3 4 5 ");
	assert_in_range(w.now_ms, 3000, 3500);
	/* Asked for until they have gone: one may have begun meanwhile. */
	assert_in_range(w.ended_ms, 2500, 3000);
	/* What logind says of the asking isn't what counts. */
	(void)setup(NULL);
	w.n = 2;
	w.gone_ms = 1000;
	w.end = SK_E_IO;
	assert_int_equal(clear(), 0);
	assert_string_equal(w.ended, "3 4 ");
}

static void somebody_stays(void **state)
{
	(void)state;
	w.n = 1;
	w.gone_ms = EVER;
	w.mark_ms = EVER;
	assert_int_equal(clear(), 1);
	/* Then there is no lock to be waited for. */
	assert_in_range(w.now_ms, 10000, 20000);
}

static void logind_does_not_say(void **state)
{
	(void)state;
	w.deaf_ms = EVER;
	assert_int_equal(clear(), 1);
	assert_in_range(w.now_ms, 10000, 20000);
	(void)setup(NULL);
	w.deaf_ms = 2000;
	w.n = 1;
	w.gone_ms = 4000;
	assert_int_equal(clear(), 0);
	assert_in_range(w.now_ms, 4000, 4500);
	(void)setup(NULL);
	w.open = SK_E_IO;
	assert_int_equal(clear(), 1);
}

/* The locker locks the switch once more on its way back. */
static void the_locker_comes_back_first(void **state)
{
	(void)state;
	w.n = 1;
	w.gone_ms = 1000;
	w.mark_ms = 5000;
	assert_int_equal(clear(), 0);
	assert_in_range(w.now_ms, 5000, 5500);
	/* One that doesn't come back is killed with its unit: nobody is there. */
	(void)setup(NULL);
	w.mark_ms = EVER;
	assert_int_equal(clear(), 0);
	assert_in_range(w.now_ms, 10000, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody, setup),
		cmocka_unit_test_setup(all_are_ended, setup),
		cmocka_unit_test_setup(somebody_stays, setup),
		cmocka_unit_test_setup(logind_does_not_say, setup),
		cmocka_unit_test_setup(the_locker_comes_back_first, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
