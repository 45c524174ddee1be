/* SPDX-License-Identifier: Apache-2.0 */
/* C-TEMP: a temporary card ends by itself, counts on its terminals alone, and is marked in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "desk_rig.h"

/* --- C-TEMP ----------------------------------------------------------------------------------------------------------------- */

static void temporary_card(void **state)
{
	(void)state;
	set_limit(0x11, w.now + 10, "T-0 T-1");
	assert_true(logs_in(0, "hanako", 0x11));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_non_null(strstr(newest.detail, "temporary card"));
	assert_true(acct_says_yes("hanako", 0));
	w.now += 10;
	assert_true(logs_in(0, "desk", 0x11));
	w.now++;
	refused(0, "hanako", 0x11, EV_ATTEMPT_DENIED, "temporary-card-ended");
	assert_false(acct_says_yes("hanako", 0));
	/* Other cards are no temporary ones. */
	assert_true(logs_in(0, "taro", 0x22));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_null(strstr(newest.detail, "temporary"));
}

static void clock_goes_back(void **state)
{
	(void)state;
	set_limit(0x11, w.now + 10, "T-1");
	assert_true(logs_in(0, "desk", 0x11));
	w.d.clock_mark = w.now + 11;
	assert_false(acct_says_yes("desk", w.attempt));
	refused(0, "hanako", 0x11, EV_ATTEMPT_DENIED, "temporary-card-ended");
	assert_false(acct_says_yes("hanako", 0));
}

static void other_terminal(void **state)
{
	static const char *const elsewhere[] = { "T-2", "T-11", "T-", "T-2 T-11", "XT-1 T-10" };

	(void)state;
	for (uint8_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		add_card("P1", (uint8_t)(0x60 + i));
		set_limit((uint8_t)(0x60 + i), w.now + 10, elsewhere[i]);
		refused(0, "hanako", (uint8_t)(0x60 + i), EV_ATTEMPT_DENIED, "temporary-card-elsewhere");
	}
	add_card("P1", 0x70);
	set_limit(0x70, w.now + 10, "T-2 T-1 T-3");
	assert_true(logs_in(0, "hanako", 0x70));
}

/* Midnight comes between PIN and grant. */
static void ends_meanwhile(void **state)
{
	uint64_t attempt;

	(void)state;
	set_limit(0x11, w.now + 10, "T-1");
	begin(0, "desk");
	head(0x11);
	tries_and_answer();
	w.now += 11;
	signs();
	assert_false(w.granted);
	newest_is(EV_ATTEMPT_DENIED, "temporary-card-ended");
	w.now -= 11;
	assert_true(logs_in(0, "desk", 0x11));
	attempt = w.attempt;
	w.now += 11;
	assert_false(acct_says_yes("desk", attempt));
	assert_false(opens("desk", attempt));
}

/* What can't be read is no "no". */
static void damaged_registry(void **state)
{
	char path[128];
	sqlite3 *db = NULL;

	(void)state;
	set_limit(0x11, w.now + 10, "T-1");
	store_free(&w.d.store);
	(void)snprintf(path, sizeof(path), "%s/registry.db", w.dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE card_limit SET terminals = 'T-1  T-2'", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(store_sqlite_open(w.dir, &w.d.store), SK_OK);
	refused(0, "hanako", 0x11, EV_FAULT, "store");
	assert_false(acct_says_yes("hanako", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(temporary_card, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(clock_goes_back, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(other_terminal, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(ends_meanwhile, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(damaged_registry, desk_setup, desk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
