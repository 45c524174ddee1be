/* SPDX-License-Identifier: Apache-2.0 */
/* My Number Cards: enrolment, temporary cards, and linking a person to a renewed card. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jpki_rig.h"
#include "daemon/admin_rows.h"
#include "daemon/enrol.h"

/* The card proves itself. */
static void prove(uint8_t byte, const char *sig)
{
	head(PROFILE_JPKI, KEY_JPKI_AUTH, byte);
	assert_int_equal(told(IPC_CARD_MORE), 1);
	cert(byte);
	tries(3);
	answer(true);
	signature(sig);
}

static void enrolment(void **state)
{
	struct card *c;

	(void)state;
	assert_int_equal(begin_admin(enrol_card_start, "P2", NULL), SK_OK);
	prove(0x22, "good");
	assert_true(w.admin_ended);
	assert_int_equal(w.admin_result, SK_OK);
	assert_int_equal(told(IPC_CARD_KEY), 0);
	c = get_card(0x22);
	assert_non_null(c);
	assert_int_equal(c->profile, PROFILE_JPKI);
	assert_int_equal(c->card_cert_len, 0);
	/* Nothing of the subject: not here, not in the record. */
	assert_string_equal(c->label, "My Number Card, certificate 0123ABCD");
	newest_is(EV_ADMIN, "card-enrol");
	assert_string_equal(newest.detail, "My Number Card, certificate 0123ABCD");
}

/* C-TEMP: last day and terminals come with the card, in one transaction with one record. */
static void temporary(void **state)
{
	struct card_limit l;
	uint8_t key[STORE_KEY_LEN];

	(void)state;
	w.until = (uint64_t)daemon_now() + 86400;
	assert_int_equal(begin_admin(enrol_card_start, "P2", NULL), SK_OK);
	w.record_fails = SK_E_IO;
	prove(0x22, "good");
	w.record_fails = SK_OK;
	assert_int_equal(w.admin_result, SK_E_DENIED);
	assert_null(get_card(0x22));
	assert_int_equal(begin_admin(enrol_card_start, "P2", NULL), SK_OK);
	prove(0x22, "good");
	assert_int_equal(w.admin_result, SK_OK);
	memset(key, 0x22, sizeof(key));
	assert_int_equal(store_card_limit_get(w.d.store, key, &l), SK_OK);
	assert_int_equal(l.until, w.until);
	assert_string_equal(l.terminals, "T-1"); /* this one */
	newest_is(EV_ADMIN, "card-enrol-temporary");
	assert_non_null(strstr(newest.detail, "terminals=T-1; My Number Card"));
	w.terminals = "T-7 T-8";
	assert_int_equal(begin_admin(enrol_card_start, "P2", NULL), SK_OK);
	prove(0x33, "good");
	memset(key, 0x33, sizeof(key));
	assert_int_equal(store_card_limit_get(w.d.store, key, &l), SK_OK);
	assert_string_equal(l.terminals, "T-7 T-8");
	w.until = 0;
	w.terminals = NULL;
	/* On this terminal it enrols no finger, either. */
	assert_int_equal(begin_admin(enrol_finger_start, "P2", NULL), SK_OK);
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x33);
	assert_int_equal(w.admin_result, SK_E_DENIED);
	denied_before_pin(EV_ATTEMPT_DENIED, "temporary-card-elsewhere");
	/* A card without an end doesn't take its place; another person's card is as ever. */
	assert_int_equal(begin_admin(enrol_relink_start, "P2", "3333333333"), SK_E_STATE);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	prove(0x44, "good");
	memset(key, 0x44, sizeof(key));
	assert_int_equal(store_card_limit_get(w.d.store, key, &l), SK_E_NOENT);
}

static void temporary_that_is_none(void **state)
{
	static const struct {
		int64_t seconds; /* from now; 0: not given */
		const char *terminals;
	} bad[] = { { 0, "T-1" }, { -1, NULL }, { 33 * 86400, NULL }, { 60, "" }, { 60, "T-1  T-2" }, { 60, "T/1" } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w.until = bad[i].seconds == 0 ? 0 : (uint64_t)(daemon_now() + bad[i].seconds);
		w.terminals = bad[i].terminals;
		if (begin_admin(enrol_card_start, "P2", NULL) != SK_E_ARG || w.a != NULL || call.text[0] == '\0')
			fail_msg("row %zu: %s", i, call.text);
	}
	/* 31 days ahead, to the end of the day: taken. */
	w.terminals = NULL;
	w.until = (uint64_t)daemon_now() + 31 * 86400;
	assert_int_equal(begin_admin(enrol_card_start, "P2", NULL), SK_OK);
	prove(0x22, "good");
	assert_int_equal(w.admin_result, SK_OK);
}

static void enrolled_already(void **state)
{
	(void)state;
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	cert(0x11);
	assert_true(w.admin_ended);
	assert_int_equal(w.admin_result, SK_E_DENIED);
	assert_int_equal(w.said, MSG_CARD_ENROLLED);
	assert_int_equal(get_card(0x11)->status, CARD_ACTIVE);
}

static enum sk_status count(void *arg, const struct finger_print *f)
{
	(void)f;
	++*(unsigned *)arg;
	return SK_OK;
}

static void relink(void **state)
{
	struct finger_print *f = calloc(1, sizeof(*f));
	char hex[2 * STORE_KEY_LEN + 1];
	unsigned prints = 0;
	uint64_t id;

	(void)state;
	assert_non_null(f);
	(void)snprintf(f->person, sizeof(f->person), "P1");
	(void)snprintf(f->finger, sizeof(f->finger), "right-index");
	(void)snprintf(f->driver, sizeof(f->driver), "drv");
	(void)snprintf(f->device, sizeof(f->device), "dev");
	f->seal_len = 10;
	assert_int_equal(store_print_add(w.d.store, f, &id), SK_OK);
	free(f);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	prove(0x33, "good");
	assert_int_equal(w.admin_result, SK_OK);
	assert_int_equal(get_card(0x33)->status, CARD_ACTIVE);
	assert_string_equal(get_card(0x33)->person, "P1");
	assert_int_equal(get_card(0x11)->status, CARD_RETURNED);
	assert_string_equal(get_card(0x11)->reason, "replaced");
	newest_is(EV_ADMIN, "card-relink");
	admin_card_hex(get_card(0x33)->key, hex);
	assert_string_equal(newest.card, hex);
	admin_card_hex(get_card(0x11)->key, hex);
	assert_non_null(strstr(newest.detail, hex));
	assert_string_equal(newest.actor, "uid 0");
	assert_int_equal(store_print_each(w.d.store, "P1", count, &prints), SK_OK);
	assert_int_equal(prints, 1);
}

/* Whatever goes wrong: the old card is what it was, and the new one unknown. */
static void relink_that_fails(void **state)
{
	uint8_t old_key[STORE_KEY_LEN];

	(void)state;
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	prove(0x33, "evil");
	assert_int_equal(w.admin_result, SK_E_DENIED);
	assert_int_equal(get_card(0x11)->status, CARD_ACTIVE);
	assert_null(get_card(0x33));

	/* no record, no change */
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	w.record_fails = SK_E_IO;
	prove(0x33, "good");
	w.record_fails = SK_OK;
	assert_int_equal(w.admin_result, SK_E_DENIED);
	assert_int_equal(get_card(0x11)->status, CARD_ACTIVE);
	assert_null(get_card(0x33));

	/* a key that issues certificates is nobody's card */
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	w.ca = true;
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x33);
	cert(0x33);
	w.ca = false;
	assert_true(w.admin_ended);
	assert_int_equal(w.admin_result, SK_E_DENIED);
	newest_is(EV_ATTEMPT_DENIED, "key-usage");
	assert_null(get_card(0x33));

	/* revoked while the new card was being proven */
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	memset(old_key, 0x11, sizeof(old_key));
	assert_int_equal(store_card_set_status(w.d.store, old_key, CARD_REVOKED, "lost", 1), SK_OK);
	prove(0x33, "good");
	assert_int_equal(w.admin_result, SK_E_DENIED);
	newest_is(EV_ATTEMPT_DENIED, "changed-meanwhile");
	assert_int_equal(get_card(0x11)->status, CARD_REVOKED);
	assert_null(get_card(0x33));
}

static void relink_which(void **state)
{
	(void)state;
	assert_int_equal(begin_admin(enrol_relink_start, "P9", NULL), SK_E_NOENT);
	assert_int_equal(begin_admin(enrol_relink_start, "P2", NULL), SK_E_NOENT);
	assert_non_null(strstr(call.text, "enrol the new one instead"));
	add_card("P1", 0x44, PROFILE_PIV);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_E_ARG);
	assert_non_null(strstr(call.text, "--card"));
	add_card("P2", 0x55, PROFILE_JPKI);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", "5555555555"), SK_E_DENIED);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", "9999999999"), SK_E_NOENT);
	assert_null(w.a);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", "4444444444"), SK_OK);
	prove(0x33, "good");
	assert_int_equal(w.admin_result, SK_OK);
	assert_int_equal(get_card(0x44)->status, CARD_RETURNED);
	assert_int_equal(get_card(0x11)->status, CARD_ACTIVE);
	/* what was replaced once is not replaced again */
	assert_int_equal(begin_admin(enrol_relink_start, "P1", "4444444444"), SK_E_STATE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, jpki_setup, jpki_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(enrolment),
		TEST(temporary),
		TEST(temporary_that_is_none),
		TEST(enrolled_already),
		TEST(relink),
		TEST(relink_that_fails),
		TEST(relink_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
