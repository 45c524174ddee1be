/* SPDX-License-Identifier: Apache-2.0 */
/* Random walks through the attempt machine, with the model beside them; the numbers are those of attempt_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attempt_rig.h"
#include "daemon/queue.h"

#define WALKS 1500
#define STEPS 40

/* What the model learns from a message, by the state in which it comes. */
static void learn(enum attempt_state s, const struct ipc_msg *m)
{
	if (s == ATTEMPT_SIGN && m->type == IPC_CARD_SIGNATURE)
		w.sign_ok = w.sign_sent && memcmp(m->f[IPC_F_BYTES].p, "good", 4) == 0;
	if (s == ATTEMPT_SIGN && m->type == IPC_CARD_ERROR && w.pin_in_sign &&
	    (ipc_num(m, IPC_F_REASON) == CARD_ERR_PIN_WRONG || ipc_num(m, IPC_F_REASON) == CARD_ERR_PIN_BLOCKED))
		w.pin_wrong++;
	if (s == ATTEMPT_JUDGE && m->type == IPC_FINGER_VERDICT) {
		bool ours = memcmp(m->f[IPC_F_TOKEN].p, w.token, 16) == 0;
		uint64_t flags = ipc_num(m, IPC_F_FLAGS);

		w.finger_ok = ours && w.go_sent && flags == IPC_VERDICT_MATCH && ipc_num(m, IPC_F_PRINT_ID) == 1;
		if (ours && flags == 0)
			w.finger_wrong++;
	}
}

static const enum ipc_type all[] = { IPC_CARD_STATE, IPC_CARD_HEAD, IPC_CARD_CERT, IPC_CARD_TRIES, IPC_CARD_SIGNATURE,
	IPC_CARD_ERROR, IPC_AUTH_ANSWER, IPC_AUTH_CANCEL, IPC_FINGER_READY, IPC_FINGER_TOUCHED, IPC_FINGER_VERDICT,
	IPC_FINGER_RETRY, IPC_FINGER_ERROR };

/* The message that leads on from a state. */
static enum ipc_type onward(enum attempt_state s)
{
	switch (s) {
	case ATTEMPT_CARD: return IPC_CARD_HEAD;
	case ATTEMPT_CERT: return IPC_CARD_CERT;
	case ATTEMPT_SENSOR: return IPC_FINGER_READY;
	case ATTEMPT_CARD_KEY: return IPC_CARD_HEAD;
	case ATTEMPT_TRIES: return IPC_CARD_TRIES;
	case ATTEMPT_PIN: return IPC_AUTH_ANSWER;
	case ATTEMPT_SIGN: return IPC_CARD_SIGNATURE;
	case ATTEMPT_TOUCH: return IPC_FINGER_TOUCHED;
	case ATTEMPT_JUDGE: return IPC_FINGER_VERDICT;
	case ATTEMPT_QUEUED: return IPC_AUTH_CANCEL;
	case ATTEMPT_CARD_CERT: return IPC_CARD_CERT;
	}
	return IPC_AUTH_CANCEL;
}

/* Something other than a message. Returns false when it was none. */
static bool event(struct attempt *a, int dice)
{
	switch (dice) {
	case 0:
		if (w.conn == NULL)
			return false;
		peer_goes(a);
		return true;
	case 1:
		attempt_watch(a, WATCH_CARD_REMOVED, "reader");
		return true;
	case 2:
		attempt_watch(a, WATCH_SERVICE_DOWN, "");
		return true;
	case 3:
		helper_dies(&w.card);
		return true;
	case 4:
		helper_dies(&w.finger);
		return true;
	case 5:
		attempt_abandon(a, END_CANCELLED, "timeout", MSG_TIMEOUT);
		return true;
	default:
		return false;
	}
}

static void step(struct attempt *a, int calm)
{
	static uint8_t buf[4096];
	struct ipc_out o;
	struct sk_span span;
	struct ipc_msg m;
	const struct ipc_type_info *info;
	bool lead = rand() % 100 < calm;
	enum ipc_type t = lead ? onward(a->state) : all[(size_t)rand() % (sizeof(all) / sizeof(all[0]))];

	/* 3 */
	bool judged = a->state == ATTEMPT_SIGN || a->state == ATTEMPT_JUDGE;
	int dice = rand() % 20;

	if (!lead && event(a, dice)) {
		assert_false(judged && (dice <= 2 || dice == 5) && w.ended);
		return;
	}
	/* A list comes into force at any moment, or breaks. */
	if (rand() % 60 == 0)
		*(rand() % 4 == 0 ? &w.damaged : &w.listed) = true;
	if (rand() % 60 == 0)
		set_on_list(false);
	build(&o, t, buf, sizeof(buf), lead && rand() % 100 < calm);
	if (ipc_out_finish(&o, &span) != SK_OK)
		return;
	info = ipc_type_info(t);
	assert_int_equal(ipc_parse(span, info->channel, &m), SK_OK);
	/* A peer that has gone says nothing more. */
	if (info->channel == IPC_AUTH_UP && w.conn == NULL)
		return;
	learn(a->state, &m);
	attempt_dispatch(a, &m);
	assert_false(judged && info->channel == IPC_AUTH_UP && w.ended);
}

/* 6, and 1 once more. */
static void after(void)
{
	if (w.granted) {
		assert_false(w.listed || w.damaged);
		assert_true(!w.shared || w.on_list);
		assert_true(w.sign_ok);
		assert_true(w.pin_in_sign);
		assert_true(w.finger_ok);
		w.pin_wrong = w.finger_wrong = 0;
		w.grants_seen++;
	}
	w.ends_seen++;
	assert_true(records() > w.records); /* 7 */
	assert_int_equal(failures(LOCK_PIN), w.pin_wrong);
	assert_int_equal(failures(LOCK_FINGER), w.finger_wrong);
	assert_null(queue_holder(&w.d));
	assert_null(w.card);
	assert_null(w.finger);
	/* Keep away from the limits: they are test_lockouts.c's. */
	if (w.pin_wrong > 60 || w.finger_wrong > 60) {
		char hex[2 * STORE_KEY_LEN + 1];

		for (size_t i = 0; i < STORE_KEY_LEN; i++)
			(void)snprintf(hex + 2 * i, 3, "%02x", key[i]);
		assert_int_equal(lockouts_clear(&w.d, "P1", hex, FACTOR_ALL), SK_OK);
		w.pin_wrong = w.finger_wrong = 0;
	}
}

static void random_walks(void **state)
{
	unsigned shared_grants = 0;
	bool from_start, off_list;

	(void)state;
	srand(4711);
	world();
	for (int walk = 0; walk < WALKS; walk++) {
		int calm = 55 + rand() % 46;

		(void)begin();
		from_start = walk % 10 == 0;
		w.listed = from_start;
		off_list = w.shared && !w.on_list;
		for (int i = 0; i < STEPS && w.a != NULL; i++)
			step(w.a, calm);
		if (w.a != NULL) {
			/* Still there: the peer goes, and a judge that hangs is given up by its helper's death. */
			if (w.conn != NULL)
				peer_goes(w.a);
			if (w.a != NULL && w.a->state == ATTEMPT_JUDGE)
				helper_dies(&w.finger);
			if (w.a != NULL)
				helper_dies(&w.card);
		}
		assert_true(w.ended);
		assert_false((from_start || off_list) && (w.prompted || w.sign_sent));
		shared_grants += w.granted && w.shared ? 1 : 0;
		after();
	}
	printf("%u grants (%u of the shared account) among %u ends\n", (unsigned)w.grants_seen, shared_grants, (unsigned)w.ends_seen);
	/* A walk that never arrives shows nothing. */
	assert_true(w.grants_seen > WALKS / 50);
	assert_true(w.grants_seen < w.ends_seen);
	assert_true(shared_grants > 0);
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
