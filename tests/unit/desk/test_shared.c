/* SPDX-License-Identifier: Apache-2.0 */
/* C-SHARED-ID: who opens a shared account, whose session it is, and the take-over at its screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "desk_rig.h"
#include "daemon/holding.h"

/* --- C-SHARED-ID: the attempt ------------------------------------------------------------------------------------------ */

static void anybody_on_the_list(void **state)
{
	(void)state;
	assert_true(logs_in(0, "desk", 0x11));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_string_equal(newest.person, "P1");
	assert_string_equal(newest.account, "desk");
	assert_string_equal(w.account, "desk");
	assert_string_equal(w.desk_name, ""); /* sudo and su hand nothing over */
	assert_false(w.history);
	assert_true(logs_in(0, "desk", 0x22));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_string_equal(newest.person, "P2");
	/* Her own account is as it was. */
	assert_true(logs_in(0, "hanako", 0x11));
	assert_true(w.history);
	refused(0, "hanako", 0x22, EV_ATTEMPT_DENIED, "card-of-another");
}

static void nobody_else(void **state)
{
	(void)state;
	refused(0, "desk", 0x33, EV_ATTEMPT_DENIED, "not-on-list");
	refused(0, "nowhere", 0x11, EV_ATTEMPT_DENIED, "account-unknown");
	person_is("P1", PERSON_SUSPENDED);
	refused(0, "desk", 0x11, EV_ATTEMPT_DENIED, "person-suspended");
	person_is("P1", PERSON_ACTIVE);
	assert_true(logs_in(0, "desk", 0x11));
	person_is("P1", PERSON_RETIRED);
	refused(0, "desk", 0x11, EV_ATTEMPT_DENIED, "person-retired");
	assert_int_equal(store_shared_remove(w.d.store, "desk", "P2", w.now), SK_OK);
	refused(0, "desk", 0x22, EV_ATTEMPT_DENIED, "not-on-list");
}

/* What changes between card and signature counts. */
static void changed_meanwhile(void **state)
{
	(void)state;
	begin(0, "desk");
	head(0x11);
	tries_and_answer();
	assert_int_equal(store_shared_remove(w.d.store, "desk", "P1", w.now), SK_OK);
	signs();
	assert_false(w.granted);
	newest_is(EV_ATTEMPT_DENIED, "changed-meanwhile");
	begin(0, "desk");
	head(0x22);
	tries_and_answer();
	person_is("P2", PERSON_SUSPENDED);
	signs();
	assert_false(w.granted);
	newest_is(EV_ATTEMPT_DENIED, "person-suspended");
	/* The last one leaves, and the account becomes somebody's own, who is not the one that sits there. */
	begin(0, "hanako");
	head(0x11);
	tries_and_answer();
	person_is("P1", PERSON_RETIRED);
	assert_int_equal(store_shared_add(w.d.store, "hanako", "P1", w.now), SK_OK);
	signs();
	assert_false(w.granted);
	newest_is(EV_ATTEMPT_DENIED, "changed-meanwhile");
}

static void own_counters(void **state)
{
	(void)state;
	begin(0, "desk");
	head(0x11);
	tries_and_answer();
	wrong_pin();
	assert_null(w.a);
	assert_int_equal(pin_failures("P1"), 1);
	assert_int_equal(pin_failures("P2"), 0);
	assert_true(logs_in(0, "desk", 0x22));
	assert_int_equal(pin_failures("P1"), 1); /* his success is not hers */
	assert_true(logs_in(0, "desk", 0x11));
	assert_int_equal(pin_failures("P1"), 0);
}

static void own_role(void **state)
{
	enum policy_error why;

	(void)state;
	/* Privileged persons need a finger, and here is no sensor. */
	assert_int_equal(policy_parse("card+pin+finger", 15, &w.d.config.role_policy[ROLE_PRIVILEGED], &why), SK_OK);
	w.d.config.role_policy_set[ROLE_PRIVILEGED] = true;
	assert_true(logs_in(0, "desk", 0x11));
	begin(0, "desk");
	head(0x22);
	assert_null(w.a);
	newest_is(EV_FAULT, "no-sensor");
}

static void terminal_of_a_desk(void **state)
{
	(void)state;
	assert_true(logs_in(0, "", 0x11));
	assert_string_equal(w.account, "hanako");
	(void)snprintf(w.d.config.account, sizeof(w.d.config.account), "desk");
	assert_true(logs_in(0, "", 0x11));
	assert_string_equal(w.account, "desk");
	refused(0, "", 0x33, EV_ATTEMPT_DENIED, "not-on-list");
	/* A name that is given counts as everywhere. */
	assert_true(logs_in(0, "ichiro", 0x33));
	/* The configuration names somebody's own account: a mistake, and not for her to profit from. */
	(void)snprintf(w.d.config.account, sizeof(w.d.config.account), "ichiro");
	refused(0, "", 0x33, EV_ATTEMPT_DENIED, "desk-not-shared");
	refused(0, "", 0x11, EV_ATTEMPT_DENIED, "card-of-another");
}

/* --- C-SHARED-ID: account and session ------------------------------------------------------------------------------------- */

static void account_check(void **state)
{
	uint64_t of_p1, of_own;

	(void)state;
	assert_true(acct_says_yes("desk", 0));
	assert_true(logs_in(0, "desk", 0x11));
	of_p1 = w.attempt;
	assert_true(logs_in(0, "hanako", 0x11));
	of_own = w.attempt;
	assert_true(acct_says_yes("desk", of_p1));
	assert_false(acct_says_yes("desk", of_own)); /* granted for another account */
	assert_false(acct_says_yes("desk", 999));
	person_is("P1", PERSON_SUSPENDED);
	assert_false(acct_says_yes("desk", of_p1));
	assert_true(acct_says_yes("desk", 0)); /* P2 could */
	assert_false(acct_says_yes("hanako", 0));
	person_is("P2", PERSON_SUSPENDED);
	assert_false(acct_says_yes("desk", 0));
	person_is("P2", PERSON_ACTIVE);
	assert_int_equal(store_shared_remove(w.d.store, "desk", "P1", w.now), SK_OK);
	person_is("P1", PERSON_ACTIVE);
	assert_false(acct_says_yes("desk", of_p1));
	assert_true(acct_says_yes("hanako", 0));
	assert_false(acct_says_yes("nowhere", 0));
}

static void session_is_of_the_attempt(void **state)
{
	uint8_t lost[STORE_KEY_LEN];
	struct session s;

	(void)state;
	w.d.config.role_session_max_s[ROLE_STAFF] = 77;
	w.d.config.role_session_max_s[ROLE_PRIVILEGED] = 55;
	assert_false(opens("desk", 0));
	assert_false(opens("desk", 999));
	assert_true(logs_in(0, "desk", 0x22));
	assert_true(opens("desk", w.attempt));
	assert_int_equal(w.max_s, 55); /* his role's */
	assert_string_equal(w.desk_name, "Name of P2");
	assert_int_equal(store_session_get(w.d.store, w.session, &s), SK_OK);
	assert_int_equal(s.leader, getpid());
	assert_string_equal(s.person, "P2");
	assert_string_equal(s.account, "desk");
	assert_int_equal(s.key[0], 0x22);
	newest_is(EV_SESSION_OPEN, "");
	assert_string_equal(newest.person, "P2");
	assert_true(logs_in(0, "desk", 0x11));
	assert_true(opens("desk", w.attempt));
	assert_int_equal(w.max_s, 77);
	/* An attempt for her own account opens no desk. */
	assert_true(logs_in(0, "hanako", 0x11));
	assert_false(opens("desk", w.attempt));
	/* Off the list between grant and session. */
	assert_true(logs_in(0, "desk", 0x11));
	assert_int_equal(store_shared_remove(w.d.store, "desk", "P1", w.now), SK_OK);
	assert_false(opens("desk", w.attempt));
	assert_string_equal(w.desk_name, "");
	/* Lost between grant and session: the sweep that stopped this card's sessions has not seen it. */
	assert_true(logs_in(0, "hanako", 0x11));
	memset(lost, 0x11, sizeof(lost));
	assert_int_equal(store_card_set_status(w.d.store, lost, CARD_REVOKED, "lost", w.now), SK_OK);
	assert_false(opens("hanako", w.attempt));
	assert_false(opens("desk", w.attempt));
	add_card("P1", 0x44);
	assert_true(logs_in(0, "hanako", 0x44));
	assert_true(opens("hanako", w.attempt));
	/* Own accounts open as ever, and their holder is told of no desk. */
	assert_true(opens("hanako", 0));
	assert_string_equal(w.desk_name, "");
	assert_true(logs_in(1234, "hanako", 0x44));
	assert_string_equal(w.desk_name, "");
}

/* A log-in that ended between question and answer leaves no session behind that nobody would close. */
static void nobody_takes_the_session(void **state)
{
	struct session last;

	(void)state;
	assert_true(opens("hanako", 0));
	assert_int_equal(store_session_last(w.d.store, "hanako", &last), SK_OK);
	assert_int_equal(last.closed, 0);
	assert_int_equal(w.unguarded, 0);
	w.peer_gone = true;
	assert_false(opens("hanako", 0));
	assert_int_equal(store_session_last(w.d.store, "hanako", &last), SK_OK);
	assert_int_equal(last.closed, w.now);
	assert_int_equal(w.unguarded, last.id);
	newest_is(EV_SESSION_CLOSE, "");
	/* What was not opened is not closed. */
	w.unguarded = 0;
	assert_false(opens("desk", 999));
	assert_int_equal(w.unguarded, 0);
}

/* --- C-SHARED-ID: the take-over ------------------------------------------------------------------------------------------- */

static uint64_t desk_session(uint8_t card)
{
	assert_true(logs_in(0, "desk", card));
	assert_true(opens("desk", w.attempt));
	return w.session;
}

static void next_person_takes_over(void **state)
{
	uint64_t id;
	struct session s;

	(void)state;
	id = desk_session(0x11);
	w.now += 100;
	assert_true(logs_in(DESK_UID, "desk", 0x22));
	newest_is(EV_DESK_TAKEN, "taken-over");
	assert_string_equal(newest.person, "P2");
	assert_string_equal(newest.account, "desk");
	assert_non_null(strstr(newest.detail, "from P1 to P2"));
	assert_string_equal(w.desk_name, "Name of P2");
	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	assert_string_equal(s.person, "P2");
	assert_int_equal(s.key[0], 0x22);
	assert_string_equal(s.reader, "reader");
	assert_int_equal(s.attempt, w.attempt);
	assert_int_equal(s.held, w.now);
	assert_int_equal(s.opened, w.now - 100);
	/* He unlocks it again: held anew, and no take-over. */
	w.now += 100;
	assert_true(logs_in(DESK_UID, "desk", 0x22));
	newest_is(EV_SESSION_HOLD, "unlocked");
	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	assert_int_equal(s.held, w.now);
	/* Who isn't granted takes nothing. */
	refused(DESK_UID, "desk", 0x33, EV_ATTEMPT_DENIED, "not-on-list");
	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	assert_string_equal(s.person, "P2");
}

static void what_takes_nothing(void **state)
{
	uint64_t desk, own;
	struct session s;

	(void)state;
	desk = desk_session(0x11);
	assert_true(logs_in(0, "hanako", 0x11));
	assert_true(opens("hanako", w.attempt));
	own = w.session;
	/* sudo, or another log-in: root's programs. */
	assert_true(logs_in(0, "desk", 0x22));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_int_equal(store_session_get(w.d.store, desk, &s), SK_OK);
	assert_string_equal(s.person, "P1");
	/* Sessions of other accounts, and closed ones. */
	w.now++;
	assert_int_equal(store_session_close(w.d.store, desk, w.now), SK_OK);
	assert_true(logs_in(DESK_UID, "desk", 0x22));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_int_equal(store_session_get(w.d.store, own, &s), SK_OK);
	assert_int_equal(s.held, w.now - 1);
}

/* A locker that is root's says that it is one, and for whom. */
static void locker_of_root(void **state)
{
	uint64_t id;
	struct session s;
	struct conn *peer;

	(void)state;
	id = desk_session(0x11);
	assert_true(root_is_let_in("desk", 0, 0x22));
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	assert_string_equal(w.desk_name, "");
	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	assert_string_equal(s.person, "P1");
	assert_true(root_is_let_in("desk", IPC_BEGIN_UNLOCK, 0x22));
	newest_is(EV_DESK_TAKEN, "taken-over");
	assert_string_equal(w.desk_name, "Name of P2");
	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	assert_string_equal(s.person, "P2");
	assert_false(root_is_let_in("desk", IPC_BEGIN_UNLOCK, 0x33));
	newest_is(EV_ATTEMPT_DENIED, "not-on-list");
	/* Without a name the card would say whose session is unlocked; and bits that nobody knows. */
	assert_false(root_begins("", IPC_BEGIN_UNLOCK));
	newest_is(EV_FAULT, "protocol");
	assert_false(root_begins("desk", IPC_BEGIN_UNLOCK | 2));
	assert_false(root_begins("desk", 2));
	assert_true(root_begins("", 0));
	peer = w.a->conn;
	attempt_client_gone(w.a);
	/* It is its connection that goes, and frees itself. */
	free(peer);
	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	assert_string_equal(s.person, "P2");
}

/* All or nothing: an unlock whose take-over can't be recorded is none. */
static void no_record_no_unlock(void **state)
{
	uint64_t id;
	struct session s;

	(void)state;
	id = desk_session(0x11);
	w.record_fails = EV_DESK_TAKEN;
	assert_false(logs_in(DESK_UID, "desk", 0x22));
	w.record_fails = (enum audit_event)0;
	newest_is(EV_FAULT, "store");
	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	assert_string_equal(s.person, "P1");
}

/* Sessions that nobody closed don't stand in the way of the present one. */
static void the_newest_are_taken(void **state)
{
	struct session s = { .account = "desk", .person = "P1", .service = "login", .opened = 1 };
	uint64_t first = 0, last = 0;

	(void)state;
	for (unsigned i = 0; i < HOLDING_MAX + 1; i++)
		assert_int_equal(store_session_open(w.d.store, &s, i == 0 ? &first : &last), SK_OK);
	assert_true(logs_in(DESK_UID, "desk", 0x22));
	assert_int_equal(store_session_get(w.d.store, first, &s), SK_OK);
	assert_string_equal(s.person, "P1");
	assert_int_equal(store_session_get(w.d.store, first + 1, &s), SK_OK);
	assert_string_equal(s.person, "P2");
	assert_int_equal(store_session_get(w.d.store, last, &s), SK_OK);
	assert_string_equal(s.person, "P2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(anybody_on_the_list, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(nobody_else, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(changed_meanwhile, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(own_counters, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(own_role, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(terminal_of_a_desk, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(account_check, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(session_is_of_the_attempt, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(nobody_takes_the_session, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(next_person_takes_over, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(what_takes_nothing, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(locker_of_root, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(no_record_no_unlock, desk_setup, desk_teardown),
		cmocka_unit_test_setup_teardown(the_newest_are_taken, desk_setup, desk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
