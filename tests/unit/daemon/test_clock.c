/* SPDX-License-Identifier: Apache-2.0 */
/* The latest time seen, and from when on days without a log-in count: clock and files replaced at link time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clockmark/clockmark.h"
#include "daemon/daemon.h"
#include "daemon/journal.h"
#include "safefile/safefile.h"

#define DAY 86400

static struct {
	int64_t now;
	char mark[CLOCKMARK_MAX], from[CLOCKMARK_MAX]; /* "": no file */
	bool full;                                     /* nothing can be written */
	unsigned behind, gaps;                         /* records */
} w;

int64_t daemon_now(void)
{
	return w.now;
}

enum sk_status journal_record(struct daemon *d, const struct audit_in *in)
{
	(void)d;
	assert_int_equal(in->event, EV_CLOCK);
	*(strcmp(in->reason, "clock-gap") == 0 ? &w.gaps : &w.behind) += 1;
	return SK_OK;
}

void journal_note(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

static char *file(const char *path)
{
	return strcmp(path, SEKISHO_CLOCK_FILE) == 0 ? w.mark : strcmp(path, SEKISHO_FROM_FILE) == 0 ? w.from : NULL;
}

enum sk_status safefile_load(const char *path, enum safefile_rule owner, size_t max, uint8_t **ret_bytes, size_t *ret_len)
{
	char *f = file(path);

	assert_int_equal(owner, SAFEFILE_TRUSTED);
	assert_int_equal(max, CLOCKMARK_MAX);
	assert_non_null(f);
	if (f[0] == '\0')
		return SK_E_NOENT;
	*ret_bytes = (uint8_t *)strdup(f);
	*ret_len = strlen(f);
	return SK_OK;
}

enum sk_status safefile_write_atomic(const char *path, mode_t mode, struct sk_span content)
{
	char *f = file(path);

	assert_int_equal(mode, 0600);
	assert_non_null(f);
	assert_true(content.len < CLOCKMARK_MAX);
	if (w.full)
		return SK_E_IO;
	memcpy(f, content.p, content.len);
	f[content.len] = '\0';
	return SK_OK;
}

static struct daemon opened(void)
{
	struct daemon d;

	memset(&d, 0, sizeof(d));
	assert_int_equal(daemon_clock_open(&d), SK_OK);
	return d;
}

static int setup(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.now = 1700000000;
	return 0;
}

static void never_goes_back(void **state)
{
	struct daemon d = opened();

	(void)state;
	w.now -= 200;
	assert_int_equal(daemon_safe_now(&d), 1700000000);
	assert_int_equal(w.behind, 0);
	w.now -= 200;
	assert_int_equal(daemon_safe_now(&d), 1700000000);
	assert_int_equal(daemon_safe_now(&d), 1700000000);
	assert_int_equal(w.behind, 1);
	d = opened();
	assert_int_equal(daemon_safe_now(&d), 1700000000);
	assert_int_equal(d.clock_from, 0);
}

/* Off for as long as the holidays are: nothing. */
static void short_pause(void **state)
{
	struct daemon d = opened();

	(void)state;
	w.now += CLOCK_GAP_S;
	d = opened();
	assert_int_equal(daemon_safe_now(&d), w.now);
	assert_int_equal(d.clock_from, 0);
	assert_int_equal(w.gaps, 0);
	assert_string_equal(w.from, "");
}

static void long_pause(void **state)
{
	struct daemon d = opened();

	(void)state;
	w.now += CLOCK_GAP_S + 1;
	d = opened();
	assert_int_equal(daemon_safe_now(&d), w.now);
	assert_int_equal(d.clock_from, w.now);
	assert_int_equal(w.gaps, 1);
	/* Kept over a restart, and it is one event. */
	w.now += DAY;
	d = opened();
	assert_int_equal(daemon_safe_now(&d), w.now);
	assert_int_equal(d.clock_from, w.now - DAY);
	assert_int_equal(w.gaps, 1);
}

static void put_ahead_while_it_runs(void **state)
{
	struct daemon d = opened();

	(void)state;
	w.now += 3000 * DAY;
	assert_int_equal(daemon_safe_now(&d), w.now);
	assert_int_equal(d.clock_from, w.now);
	/* Right again: said by the administrator, and from then on counts. */
	w.now -= 2999 * DAY;
	assert_int_equal(daemon_safe_now(&d), w.now + 2999 * DAY);
	assert_int_equal(daemon_clock_accept(&d), SK_OK);
	assert_int_equal(daemon_safe_now(&d), w.now);
	assert_int_equal(d.clock_from, w.now);
	d = opened();
	assert_int_equal(d.clock_from, w.now);
	/* Said once more without need: no day is given to anybody. */
	w.now += DAY;
	assert_int_equal(daemon_safe_now(&d), w.now);
	assert_int_equal(daemon_clock_accept(&d), SK_OK);
	assert_int_equal(d.clock_from, w.now - DAY);
}

static void full_disk_and_damage(void **state)
{
	struct daemon d = opened();

	(void)state;
	w.full = true;
	w.now += 20 * DAY;
	assert_int_equal(daemon_safe_now(&d), w.now);
	assert_int_equal(d.clock_from, w.now); /* in memory */
	w.now -= 20 * DAY;
	assert_int_equal(daemon_clock_accept(&d), SK_E_IO);
	assert_int_equal(d.clock_from, w.now + 20 * DAY);
	w.full = false;
	strcpy(w.from, "nonsense\n");
	d = opened();
	assert_int_equal(d.clock_from, 0);
	strcpy(w.mark, "nonsense\n");
	assert_int_equal(daemon_clock_open(&d), SK_E_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(never_goes_back, setup),
		cmocka_unit_test_setup(short_pause, setup),
		cmocka_unit_test_setup(long_pause, setup),
		cmocka_unit_test_setup(put_ahead_while_it_runs, setup),
		cmocka_unit_test_setup(full_disk_and_damage, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
