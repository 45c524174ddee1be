/* SPDX-License-Identifier: Apache-2.0 */
/* A card that is back: what it must show to be believed, and when it is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guarding/guarding_rig.h"

static void the_same_card_back_within_the_grace(void **state)
{
	uint64_t id;

	(void)state;
	w.d.config.card_out_grace_s = 1;
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_GRACE);
	assert_int_equal(w.stops, 0);
	seen(WATCH_CARD_INSERTED);
	assert_int_equal(state_of(id), GUARD_PROVING);
	whole_proof();
	assert_int_equal(state_of(id), GUARD_HELD);
	assert_null(w.helper);
	run_ms(1200);
	assert_int_equal(w.stops, 0);
	/* And the next time again. */
	seen(WATCH_CARD_REMOVED);
	run_ms(1200);
	assert_int_equal(w.stops, 1);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
}

static void another_card_locks_at_once(void **state)
{
	uint64_t id;

	(void)state;
	w.d.config.card_out_grace_s = 60;
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	w.shown_first = 0xB1;
	say(IPC_CARD_HEAD, fill_head);
	w.shown_first = 0xA1;
	assert_int_equal(state_of(id), GUARD_STOPPED);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-swapped"), 1);

	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	say(IPC_CARD_HEAD, fill_head);
	say(IPC_CARD_HEAD, fill_wrong_key);
	assert_int_equal(state_of(id), GUARD_STOPPED);

	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	w.signature_good = false;
	whole_proof();
	assert_int_equal(state_of(id), GUARD_STOPPED);

	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	say(IPC_CARD_ERROR, fill_error);
	assert_int_equal(state_of(id), GUARD_STOPPED);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-swapped"), 4);
}

static void nothing_proven_is_not_back(void **state)
{
	uint64_t id;
	uint32_t spawned;

	(void)state;
	w.d.config.card_out_grace_s = 60;
	id = open_on("yamada", 0xA1, READER);
#define AGAIN() (seen(WATCH_CARD_REMOVED), seen(WATCH_CARD_INSERTED), assert_int_equal(state_of(id), GUARD_PROVING))
#define IN_GRACE() (assert_int_equal(state_of(id), GUARD_GRACE), assert_null(w.helper))
	AGAIN();
	w.helper->on_gone(w.helper->arg); /* the helper died: the real one frees it then */
	free(w.helper);
	w.helper = NULL;
	w.devices = 0;
	IN_GRACE();
	AGAIN();
	w.shown_reader = "Reader 00 01";
	say(IPC_CARD_HEAD, fill_head);
	w.shown_reader = READER;
	IN_GRACE();
	AGAIN();
	say(IPC_CARD_SIGNATURE, fill_signature); /* nobody has asked for one yet */
	IN_GRACE();
	AGAIN();
	say(IPC_CARD_HEAD, fill_head);
	say(IPC_CARD_ERROR, fill_error); /* it lacks the key */
	IN_GRACE();
	w.cert_good = false;
	AGAIN();
	say(IPC_CARD_HEAD, fill_head);
	say(IPC_CARD_HEAD, fill_key);
	IN_GRACE();
	w.cert_good = true;
	w.listed = true;
	AGAIN();
	whole_proof();
	IN_GRACE();
	w.listed = false;
	w.standing = "person-suspended";
	AGAIN();
	whole_proof();
	IN_GRACE();
	w.standing = NULL;
	w.no_helper = true;
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	IN_GRACE();
	w.no_helper = false;
	/* Pulled again while it is asked: the question is taken back. */
	AGAIN();
	spawned = w.spawned;
	seen(WATCH_CARD_REMOVED);
	IN_GRACE();
	assert_int_equal(w.spawned, spawned);
	assert_int_equal(w.stops, 0);
}

static void cards_that_sign_with_pin_only(void **state)
{
	uint64_t id;

	(void)state;
	w.d.config.card_out_grace_s = 60;
	add_card(0xB1, 0, PROFILE_PIV);
	add_card(0xC1, 0, PROFILE_JPKI);
	id = open_on("yamada", 0xB1, READER);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	w.shown_first = 0xB1;
	say(IPC_CARD_HEAD, fill_head);
	assert_int_equal(state_of(id), GUARD_GRACE);
	assert_false(guarding_closed(&w.d, id));
	w.view.readers[0].card = true;
	id = open_on("yamada", 0xC1, READER);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	w.shown_first = 0xC1;
	w.shown_profile = PROFILE_JPKI;
	say(IPC_CARD_HEAD, fill_head);
	w.shown_first = 0xA1;
	w.shown_profile = PROFILE_PIV;
	assert_int_equal(state_of(id), GUARD_GRACE);
	assert_int_equal(w.stops, 0);
}

/* C-TEMP: what would not let its holder in does not keep a session either. */
static void a_temporary_card_keeps_no_session_beyond_its_limits(void **state)
{
	struct card_limit here = { .until = NOW + 10, .terminals = "T-000 T-001" };
	struct card_limit elsewhere = { .until = NOW + 10, .terminals = "T-000" };
	uint64_t id;

	(void)state;
	w.d.config.card_out_grace_s = 60;
	add_card(0xB1, CERT_LEN, PROFILE_PIV);
	key_of(0xA1, here.key);
	key_of(0xB1, elsewhere.key);
	assert_int_equal(store_card_limit_set(w.d.store, &here), SK_OK);
	assert_int_equal(store_card_limit_set(w.d.store, &elsewhere), SK_OK);
	id = open_on("yamada", 0xA1, READER);
	AGAIN();
	w.now = NOW + 10;
	whole_proof();
	assert_int_equal(state_of(id), GUARD_HELD);
	AGAIN();
	w.now = NOW + 11;
	whole_proof();
	IN_GRACE();
	assert_false(guarding_closed(&w.d, id));
	w.view.readers[0].card = true;
	w.now = NOW;
	id = open_on("yamada", 0xB1, READER);
	AGAIN();
	w.shown_first = 0xB1;
	whole_proof();
	IN_GRACE();
}

static void a_proof_waits_for_its_turn(void **state)
{
	uint64_t a, b;

	(void)state;
	w.d.config.card_out_grace_s = 60;
	a = open_on("yamada", 0xA1, READER);
	b = open_on("yamada", 0xA1, READER);
	w.busy = true;
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	assert_int_equal(w.spawned, 0);
	w.busy = false;
	w.devices = 1; /* the attempt's helper still puts the card away */
	guarding_turn(&w.d);
	assert_int_equal(w.spawned, 0);
	w.devices = 0;
	guarding_turn(&w.d);
	assert_int_equal(w.spawned, 1);
	guarding_turn(&w.d);
	assert_int_equal(w.spawned, 1);
	whole_proof(); /* one for both */
	assert_int_equal(state_of(a), GUARD_HELD);
	assert_int_equal(state_of(b), GUARD_HELD);
	assert_int_equal(w.spawned, 1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		T(the_same_card_back_within_the_grace),
		T(another_card_locks_at_once),
		T(nothing_proven_is_not_back),
		T(cards_that_sign_with_pin_only),
		T(a_temporary_card_keeps_no_session_beyond_its_limits),
		T(a_proof_waits_for_its_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
