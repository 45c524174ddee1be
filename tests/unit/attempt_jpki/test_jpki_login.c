/* SPDX-License-Identifier: Apache-2.0 */
/* My Number Cards at log-in: which keys go with which card, the three tries, policies without PIN. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jpki_rig.h"

static void login(void **state)
{
	(void)state;
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	assert_int_equal(told(IPC_CARD_CACHED), 1);
	assert_int_equal(told(IPC_CARD_TRIES_ASK), 1);
	tries(3);
	assert_int_equal(w.prompt, MSG_PIN_PROMPT_JPKI);
	assert_string_equal(w.prompt_arg, "2");
	answer(false);
	assert_int_equal(told(IPC_CARD_SIGN), 1);
	signature("good");
	assert_null(w.a);
	assert_true(w.granted);
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	/* never another key than its own */
	assert_int_equal(told(IPC_CARD_KEY), 0);
}

static void wrong_signature(void **state)
{
	(void)state;
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	tries(3);
	answer(false);
	signature("evil");
	assert_null(w.a);
	assert_false(w.granted);
	newest_is(EV_ATTEMPT_DENIED, "signature-wrong");
}

static void keys_of_other_profiles(void **state)
{
	static const struct {
		uint64_t profile, key;
	} rows[] = { { PROFILE_PIV, KEY_JPKI_AUTH }, { PROFILE_JPKI, KEY_PIV_AUTH }, { PROFILE_JPKI, KEY_PIV_CARD },
		{ PROFILE_PIV, KEY_PIV_CARD }, { PROFILE_JPKI, 0x1A }, { PROFILE_JPKI, 0 }, { 0, 0 }, { 3, 0 },
		{ 3, KEY_JPKI_AUTH }, { 255, KEY_PIV_AUTH } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_login("card+pin");
		head(rows[i].profile, rows[i].key, 0x11);
		denied_before_pin(EV_FAULT, "card-protocol");
	}
}

/* The same key behind another application: its PIN is not the one that was enrolled. */
static void another_profile(void **state)
{
	(void)state;
	begin_login("card+pin");
	head(PROFILE_PIV, KEY_PIV_AUTH, 0x11);
	denied_before_pin(EV_ATTEMPT_DENIED, "card-profile");
	add_card("P2", 0x22, PROFILE_PIV);
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x22);
	denied_before_pin(EV_ATTEMPT_DENIED, "card-profile");
}

static void keeps_the_last_try(void **state)
{
	static const struct {
		int tries;
		enum audit_event event;
		const char *reason;
	} rows[] = { { 1, EV_ATTEMPT_DENIED, "pin-last-try-kept" }, { 0, EV_ATTEMPT_DENIED, "pin-blocked" },
		{ -1, EV_FAULT, "card-protocol" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_login("card+pin");
		head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
		tries(rows[i].tries);
		denied_before_pin(rows[i].event, rows[i].reason);
	}
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	tries(2);
	assert_string_equal(w.prompt_arg, "1");
	hang_up();
}

static void rsa_alone(void **state)
{
	(void)state;
	w.alg = ALG_P256_SHA256;
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	denied_before_pin(EV_ATTEMPT_DENIED, "algorithm");
	assert_int_equal(told(IPC_CARD_TRIES_ASK), 0);
}

static void policies_without_pin(void **state)
{
	(void)state;
	begin_login("card+finger");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	denied_before_pin(EV_ATTEMPT_DENIED, "no-card-key");
	assert_int_equal(w.said, MSG_CARD_NEEDS_PIN);
	begin_login("card+finger|card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	assert_int_equal(told(IPC_CARD_TRIES_ASK), 1);
	assert_int_equal(w.a->required, FACTOR_CARD | FACTOR_PIN);
	hang_up();
	/* All three: the missing sensor is what stands in the way, not the card. */
	begin_login("card+finger|card+pin+finger");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	denied_before_pin(EV_FAULT, "no-sensor");
	assert_int_equal(w.said, MSG_NO_SENSOR);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, jpki_setup, jpki_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(login),
		TEST(wrong_signature),
		TEST(keys_of_other_profiles),
		TEST(another_profile),
		TEST(keeps_the_last_try),
		TEST(rsa_alone),
		TEST(policies_without_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
