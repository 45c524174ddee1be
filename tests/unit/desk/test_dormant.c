/* SPDX-License-Identifier: Apache-2.0 */
/* C-DORMANT: who has not been here for too long is refused until reinstated; never everybody, and never for a wrong clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "desk_rig.h"
#include "daemon/dormant.h"

#define DAY 86400

/* All have been there today, the first day; days of `[policy] dormant`. */
static void first_day(uint32_t days)
{
	w.now = 1700000000;
	assert_true(logs_in(0, "hanako", 0x11));
	assert_true(logs_in(0, "taro", 0x22));
	assert_true(logs_in(0, "ichiro", 0x33));
	w.d.config.dormant_s = days * DAY;
}

static void refused_after_so_long(void **state)
{
	(void)state;
	first_day(30);
	w.now += 30 * DAY;
	assert_true(acct_says_yes("hanako", 0));
	assert_true(logs_in(0, "hanako", 0x11));
	w.now++;
	refused(0, "ichiro", 0x33, EV_ATTEMPT_DENIED, "dormant");
	assert_int_equal(pin_failures("P3"), 0);
	assert_false(acct_says_yes("ichiro", 0));
	/* Each has days of her own. */
	assert_true(logs_in(0, "hanako", 0x11));
	/* A refusal is no use. */
	w.now++;
	refused(0, "ichiro", 0x33, EV_ATTEMPT_DENIED, "dormant");
}

static void nobody_without_the_key(void **state)
{
	(void)state;
	first_day(0);
	w.now += 2000 * DAY;
	assert_true(acct_says_yes("ichiro", 0));
	assert_true(logs_in(0, "ichiro", 0x33));
}

static void reinstated(void **state)
{
	(void)state;
	first_day(30);
	w.now += 31 * DAY;
	refused(0, "ichiro", 0x33, EV_ATTEMPT_DENIED, "dormant");
	assert_int_equal(store_person_set_status(w.d.store, "P3", PERSON_ACTIVE, w.now), SK_OK);
	w.now += 30 * DAY;
	assert_true(acct_says_yes("ichiro", 0));
	w.now++;
	refused(0, "ichiro", 0x33, EV_ATTEMPT_DENIED, "dormant");
}

static void a_shared_account_is_use(void **state)
{
	(void)state;
	first_day(30);
	w.now += 20 * DAY;
	assert_true(logs_in(0, "desk", 0x11));
	w.now += 20 * DAY;
	assert_true(logs_in(0, "hanako", 0x11));
	/* Also of a list that she left. */
	w.now += 20 * DAY;
	assert_true(logs_in(0, "desk", 0x11));
	assert_int_equal(store_shared_remove(w.d.store, "desk", "P1", w.now), SK_OK);
	w.now += 20 * DAY;
	assert_true(logs_in(0, "hanako", 0x11));
	/* What a colleague does there is hers. */
	assert_true(logs_in(0, "desk", 0x22));
	w.now += 25 * DAY;
	assert_true(logs_in(0, "desk", 0x22));
	w.now += 6 * DAY;
	refused(0, "hanako", 0x11, EV_ATTEMPT_DENIED, "dormant");
	assert_true(acct_says_yes("desk", 0));
}

static void new_card_and_first_day(void **state)
{
	static struct card c;
	struct person p = { .id = "P4", .name = "x", .account = "jiro", .role = ROLE_STAFF, .status = PERSON_ACTIVE };
	struct dormancy y;

	(void)state;
	first_day(30);
	w.now += 60 * DAY;
	refused(0, "ichiro", 0x33, EV_ATTEMPT_DENIED, "dormant");
	memset(&c, 0, sizeof(c));
	memset(c.key, 0x44, sizeof(c.key));
	memset(c.auth_cert, 0x44, 300);
	c.auth_cert_len = 300;
	memcpy(c.person, "P3", 3);
	c.status = CARD_ACTIVE;
	c.profile = PROFILE_PIV;
	c.created = w.now;
	assert_int_equal(store_card_add(w.d.store, &c), SK_OK);
	assert_true(logs_in(0, "ichiro", 0x44));
	/* Registered long before she begins. */
	p.created = p.changed = w.now - 100 * DAY;
	p.valid_from = w.now - 5 * DAY;
	assert_int_equal(store_person_add(w.d.store, &p), SK_OK);
	assert_int_equal(dormant_look(&w.d, &p, &y), SK_OK);
	assert_int_equal(y.ends, w.now + 25 * DAY);
	assert_false(y.dormant);
}

/* Of the privileged, somebody is left. */
static void last_privileged_is_kept(void **state)
{
	static const struct person other = { .id = "P5", .name = "x", .account = "goro", .role = ROLE_PRIVILEGED,
		.status = PERSON_ACTIVE, .created = 1700000000 + 40 * DAY, .changed = 1700000000 + 40 * DAY };

	(void)state;
	first_day(30);
	w.now += 45 * DAY;
	assert_true(acct_says_yes("taro", 0));
	/* Another one, but without a card, then one whose card is of no use, then suspended. */
	assert_int_equal(store_person_add(w.d.store, &other), SK_OK);
	assert_true(acct_says_yes("taro", 0));
	add_card("P5", 0x55);
	set_limit(0x55, w.now + 100 * DAY, "T-2");
	assert_true(acct_says_yes("taro", 0));
	add_card("P5", 0x56);
	assert_int_equal(store_person_set_status(w.d.store, "P5", PERSON_SUSPENDED, w.now), SK_OK);
	assert_true(acct_says_yes("taro", 0));
	assert_int_equal(store_person_set_status(w.d.store, "P5", PERSON_ACTIVE, w.now), SK_OK);
	refused(0, "taro", 0x22, EV_ATTEMPT_DENIED, "dormant");
	/* Both dormant: either is let in, and the record says how it was. */
	w.now += 31 * DAY;
	assert_true(logs_in(0, "taro", 0x22));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_non_null(strstr(newest.detail, ", dormant"));
	refused(0, "goro", 0x56, EV_ATTEMPT_DENIED, "dormant");
	assert_true(logs_in(0, "taro", 0x22));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_null(strstr(newest.detail, ", dormant"));
	/* Staff is not kept. */
	refused(0, "ichiro", 0x33, EV_ATTEMPT_DENIED, "dormant");
}

static void clock_goes_back(void **state)
{
	(void)state;
	first_day(30);
	w.now += DAY;
	w.d.clock_mark = w.now + 30 * DAY;
	refused(0, "ichiro", 0x33, EV_ATTEMPT_DENIED, "dormant");
	/* The administrator says that it was wrong. */
	w.d.clock_mark = w.now;
	assert_true(acct_says_yes("ichiro", 0));
}

/* Off for long, or put ahead: all days begin anew; once it lies ahead of the clock that counts no more. */
static void days_begin_anew(void **state)
{
	(void)state;
	first_day(30);
	w.now += 1000 * DAY;
	assert_false(acct_says_yes("ichiro", 0));
	w.d.clock_from = w.now;
	assert_true(acct_says_yes("ichiro", 0));
	w.now += 30 * DAY;
	assert_true(logs_in(0, "hanako", 0x11));
	w.now++;
	refused(0, "ichiro", 0x33, EV_ATTEMPT_DENIED, "dormant");
	w.d.clock_from = w.now + 1;
	assert_false(acct_says_yes("ichiro", 0));
}

/* A log-in of a time that lies ahead keeps nobody awake until then. */
static void a_use_that_lies_ahead(void **state)
{
	(void)state;
	first_day(30);
	w.now += 3000 * DAY;
	w.d.clock_from = w.now;
	assert_true(logs_in(0, "ichiro", 0x33));
	w.now -= 3000 * DAY;
	w.d.clock_from = w.now;
	assert_true(acct_says_yes("ichiro", 0));
	w.now += 30 * DAY + 1;
	assert_false(acct_says_yes("ichiro", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refused_after_so_long, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(nobody_without_the_key, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(reinstated, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(a_shared_account_is_use, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(new_card_and_first_day, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(last_privileged_is_kept, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(clock_goes_back, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(days_begin_anew, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(a_use_that_lies_ahead, desk_setup, desk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
