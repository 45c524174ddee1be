/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_lockout_lockstep.c
 * @brief core/lockout.h beside the second model of lockout_model.h, over pseudo-random steps.
 */
#include "unit/core/core_test.h"

#include "core/lockout.h"
#include "unit/core/lockout_model.h"

/* Whatever state the record is in: a flipped bit is damage to all four functions. */
static void assert_every_flip_corrupt(const uint8_t rec[static LOCKOUT_RECORD_LEN],
    const struct lockout_policy *p, const struct lockout_time *now)
{
	uint8_t bad[LOCKOUT_RECORD_LEN];
	struct lockout_view view;
	uint16_t left;
	uint32_t wait_s;

	for (size_t bit = 0; bit < (size_t)8 * LOCKOUT_RECORD_LEN; bit++) {
		memcpy(bad, rec, sizeof(bad));
		bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(lockout_charge(bad, p, now, &left, &wait_s), SK_E_CORRUPT);
		assert_int_equal(lockout_refund(bad), SK_E_CORRUPT);
		assert_int_equal(lockout_clear(bad), SK_E_CORRUPT);
		assert_int_equal(lockout_look(bad, p, now, &view), SK_E_CORRUPT);
	}
}

/* A machine with a clock. on_x: true seconds since a charge, counted while it was on. */
struct machine {
	uint32_t boot;
	uint64_t now_s;
	uint64_t on_since_charge_s, on_before_s;
};

static void machine_pass(struct machine *m, uint64_t seconds)
{
	m->now_s += seconds;
	m->on_since_charge_s += seconds;
	m->on_before_s += seconds;
}

static void step_charge(uint8_t rec[static LOCKOUT_RECORD_LEN], struct lockout_model *model,
    const struct lockout_policy *p, struct machine *m, unsigned int *judged_n)
{
	struct lockout_time now = lockout_model_time(m->boot, m->now_s);
	uint64_t wait_s = lockout_model_wait(model, p, m->boot, m->now_s);
	uint32_t failures = model->now.failures;
	enum sk_status want = lockout_model_charge(model, p, m->boot, m->now_s);
	uint16_t left = 999;
	uint32_t got_s = 0;

	assert_int_equal(lockout_charge(rec, p, &now, &left, &got_s), want);
	if (want == SK_E_WAIT)
		assert_int_equal(got_s, wait_s);
	if (want != SK_OK)
		return;
	assert_int_equal(left, p->hard_limit - model->now.failures);
	/* However often it was rebooted: the delay has truly passed with the machine on. */
	assert_true(failures == 0 || m->on_since_charge_s >= lockout_model_delay(p, failures));
	m->on_before_s = m->on_since_charge_s;
	m->on_since_charge_s = 0;
	(*judged_n)++;
	assert_true(*judged_n <= p->hard_limit);
}

static void step_refund(uint8_t rec[static LOCKOUT_RECORD_LEN], struct lockout_model *model,
    struct machine *m, unsigned int *judged_n)
{
	enum sk_status want = lockout_model_refund(model);

	assert_int_equal(lockout_refund(rec), want);
	if (want == SK_OK) {
		m->on_since_charge_s = m->on_before_s;
		(*judged_n)--;
	}
}

static void look_alike(const uint8_t rec[static LOCKOUT_RECORD_LEN], const struct lockout_model *model,
    const struct lockout_policy *p, const struct machine *m)
{
	struct lockout_time now = lockout_model_time(m->boot, m->now_s);
	bool locked = model->now.failures >= p->hard_limit;
	struct lockout_view view;

	assert_int_equal(lockout_look(rec, p, &now, &view), SK_OK);
	assert_int_equal(view.failures, model->now.failures);
	assert_int_equal(view.locked, locked);
	assert_int_equal(view.left, p->hard_limit - model->now.failures);
	assert_int_equal(view.wait_s, locked ? 0 : lockout_model_wait(model, p, m->boot, m->now_s));
}

/* Up to 2^n seconds, n itself random: short and long waits alike. */
static uint64_t random_span(uint32_t *seed)
{
	return next_random(seed) & ((1u << next_random(seed) % 18) - 1);
}

static void run_lockstep(uint32_t seed, const struct lockout_policy *p, unsigned int ok_n[static 4])
{
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_model model = { { 0, 0, 0 }, { 0, 0, 0 }, false };
	struct machine m = { 1, 0, 0, 0 };
	unsigned int judged_n = 0;

	lockout_init(rec);
	for (int step = 0; step < 2000; step++) {
		unsigned int judged_before = judged_n;

		switch (next_random(&seed) % 16) {
		case 0:
			m.boot++;
			m.now_s = 0;
			ok_n[2]++;
			break;
		case 1:
		case 2:
			step_refund(rec, &model, &m, &judged_n);
			ok_n[1] += judged_n != judged_before;
			break;
		case 3:
			if (next_random(&seed) % 16 != 0)
				break;
			lockout_model_clear(&model);
			assert_int_equal(lockout_clear(rec), SK_OK);
			judged_n = 0;
			ok_n[3]++;
			break;
		case 4:
		case 5:
		case 6:
		case 7:
			machine_pass(&m, random_span(&seed));
			break;
		default:
			step_charge(rec, &model, p, &m, &judged_n);
			ok_n[0] += judged_n != judged_before;
			break;
		}
		look_alike(rec, &model, p, &m);
		if (step % 97 == 0) {
			struct lockout_time now = lockout_model_time(m.boot, m.now_s);

			assert_every_flip_corrupt(rec, p, &now);
		}
	}
}

static void test_lockstep_with_model(void **state)
{
	static const struct lockout_policy policies[] = {
		{ 5, 50, 30 }, { 1, 1, 1 }, { 1, 100, 1 }, { 3, 10, 5 },
		{ 100, 100, 60 }, { 2, 40, 86400 }, { 4, 60, 7 },
	};
	unsigned int ok_n[4] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(policies); i++) {
		for (uint32_t seed = 1; seed <= 10; seed++)
			run_lockstep(seed * 2654435761u, &policies[i], ok_n);
	}
	/* The run went through each kind of step often enough to mean something. */
	assert_true(ok_n[0] > 1000);
	assert_true(ok_n[1] > 100);
	assert_true(ok_n[2] > 1000);
	assert_true(ok_n[3] > 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lockstep_with_model),
	};

	return cmocka_run_group_tests_name("lockout_lockstep", tests, NULL, NULL);
}
