/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_lockout.c
 * @brief core/lockout.h: a policy and a run of steps from the input, in lockstep with a second model.
 *
 * Input: soft limit, hard limit, 4 bytes base delay, then 48 bytes of a foreign record, then steps
 * of 5 bytes (what, 4-byte number). Checked: every result, count and wait as the model says; never more
 * than hard_limit tries judged between two clears; a foreign record is refused, or obeys all rules.
 */
#include <string.h>

#include "core/lockout.h"
#include "fuzz/fuzz_check.h"
#include "unit/core/lockout_model.h"

struct run {
	struct lockout_policy policy;
	struct lockout_model model;
	uint8_t rec[LOCKOUT_RECORD_LEN];
	uint32_t boot, now_s;
	unsigned int judged_n;
};

static void step_charge(struct run *run)
{
	struct lockout_time now = lockout_model_time(run->boot, run->now_s);
	uint64_t want_s = lockout_model_wait(&run->model, &run->policy, run->boot, run->now_s);
	enum sk_status want = lockout_model_charge(&run->model, &run->policy, run->boot, run->now_s);
	uint8_t before[LOCKOUT_RECORD_LEN];
	uint16_t left = 999;
	uint32_t wait_s = 0;

	memcpy(before, run->rec, sizeof(before));
	check(lockout_charge(run->rec, &run->policy, &now, &left, &wait_s) == want);
	check(want != SK_E_WAIT || wait_s == want_s);
	check(want == SK_OK || memcmp(before, run->rec, sizeof(before)) == 0);
	if (want == SK_OK) {
		check(left == run->policy.hard_limit - run->model.now.failures);
		check(++run->judged_n <= run->policy.hard_limit);
	}
}

static void step_refund(struct run *run)
{
	enum sk_status want = lockout_model_refund(&run->model);

	check(lockout_refund(run->rec) == want);
	run->judged_n -= want == SK_OK;
}

/* Any change of one bit must be seen by everybody. */
static void step_damage(const struct run *run, uint32_t bit)
{
	struct lockout_time now = lockout_model_time(run->boot, run->now_s);
	uint8_t bad[LOCKOUT_RECORD_LEN];
	struct lockout_view view;
	uint16_t left;
	uint32_t wait_s;

	memcpy(bad, run->rec, sizeof(bad));
	bad[bit / 8 % sizeof(bad)] ^= (uint8_t)(1u << bit % 8);
	check(lockout_charge(bad, &run->policy, &now, &left, &wait_s) == SK_E_CORRUPT);
	check(lockout_refund(bad) == SK_E_CORRUPT);
	check(lockout_clear(bad) == SK_E_CORRUPT);
	check(lockout_look(bad, &run->policy, &now, &view) == SK_E_CORRUPT);
}

static void check_alike(const struct run *run)
{
	struct lockout_time now = lockout_model_time(run->boot, run->now_s);
	struct lockout_view view;

	check(lockout_look(run->rec, &run->policy, &now, &view) == SK_OK);
	check(view.failures == run->model.now.failures);
	check(view.locked == (view.failures >= run->policy.hard_limit));
	check(view.left == run->policy.hard_limit - view.failures);
	check(view.wait_s == (view.locked ? 0 :
	    lockout_model_wait(&run->model, &run->policy, run->boot, run->now_s)));
}

static void step(struct run *run, uint8_t what, uint32_t number)
{
	switch (what % 8) {
	case 0:
		run->boot++;
		run->now_s = 0;
		break;
	case 1:
		step_refund(run);
		break;
	case 2:
		check(lockout_clear(run->rec) == SK_OK);
		lockout_model_clear(&run->model);
		run->judged_n = 0;
		break;
	case 3: /* the clock goes anywhere, also back */
		run->now_s = number;
		break;
	case 4:
		step_damage(run, number);
		break;
	case 5:
		run->now_s += number % 100000u < LOCKOUT_TIME_MAX_S - run->now_s ? number % 100000u : 0;
		break;
	default:
		step_charge(run);
		break;
	}
	check_alike(run);
}

/* A record from the input under a good CRC: refused by all, or lawful for all. */
static void check_foreign(const uint8_t in[static LOCKOUT_RECORD_LEN], const struct lockout_policy *p)
{
	uint8_t rec[LOCKOUT_RECORD_LEN], once[LOCKOUT_RECORD_LEN], again[LOCKOUT_RECORD_LEN];
	struct lockout_time now = lockout_model_time(1, LOCKOUT_TIME_MAX_S);
	struct lockout_view view, after;
	uint16_t left;
	uint32_t wait_s;
	enum sk_status st;

	memcpy(rec, in, sizeof(rec));
	sk_store_be32(rec + sizeof(rec) - 4, sk_crc32(rec, sizeof(rec) - 4));
	memcpy(once, rec, sizeof(once));
	st = lockout_look(rec, p, &now, &view);
	check(st == SK_OK || st == SK_E_CORRUPT);
	if (st == SK_E_CORRUPT) {
		check(lockout_charge(once, p, &now, &left, &wait_s) == st && lockout_refund(once) == st);
		check(lockout_clear(once) == st && memcmp(once, rec, sizeof(rec)) == 0);
		return;
	}
	check(view.failures <= 100);
	st = lockout_charge(once, p, &now, &left, &wait_s);
	check(st == (view.locked ? SK_E_LOCKED : view.wait_s > 0 ? SK_E_WAIT : SK_OK));
	if (st == SK_OK) {
		/* Charge and refund give the record back, less its own refund. */
		check(lockout_refund(once) == SK_OK && lockout_refund(once) == SK_E_STATE);
		check(lockout_look(once, p, &now, &after) == SK_OK);
		check(after.failures == view.failures && after.wait_s == view.wait_s);
		check(rec[2] != 0 || memcmp(once, rec, sizeof(rec)) == 0);
	}
	check(lockout_clear(once) == SK_OK);
	lockout_init(again);
	check(memcmp(once, again, sizeof(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = { .boot = 1 };
	struct sk_reader r;
	struct sk_span foreign;

	sk_reader_init(&r, data, size);
	run.policy.soft_limit = (uint16_t)(sk_get_u8(&r) % 100 + 1);
	run.policy.hard_limit =
	    (uint16_t)(run.policy.soft_limit + sk_get_u8(&r) % (101 - run.policy.soft_limit));
	run.policy.base_delay_s = sk_get_be32(&r) % LOCKOUT_DELAY_MAX_S + 1;
	foreign = sk_get_span(&r, LOCKOUT_RECORD_LEN);
	if (r.bad)
		return 0;
	check_foreign(foreign.p, &run.policy);
	lockout_init(run.rec);
	for (int i = 0; i < 400 && r.left >= 5; i++) {
		uint8_t what = sk_get_u8(&r);

		step(&run, what, sk_get_be32(&r));
	}
	return 0;
}
