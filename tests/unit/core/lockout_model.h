/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lockout_model.h
 * @brief A second, small lockout that unit test and fuzzer drive in lockstep with the real one.
 *
 * It keeps plain variables where lockout.c keeps bytes, numbers boots instead of naming
 * them, and works out delays by shifting 64-bit numbers where lockout.c doubles and stops.
 */
#ifndef TESTS_UNIT_CORE_LOCKOUT_MODEL_H
#define TESTS_UNIT_CORE_LOCKOUT_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/lockout.h"

struct lockout_model_state {
	uint32_t failures;
	uint32_t boot;
	uint64_t at_s;
};

struct lockout_model {
	struct lockout_model_state now, before;
	bool refundable;
};

/* Boot numbers to ids: all different, boot 0 is all zero. */
static inline struct lockout_time lockout_model_time(uint32_t boot, uint64_t since_boot_s)
{
	struct lockout_time t = { { 0 }, since_boot_s };

	sk_store_be32(t.boot_id + boot % 4 * 4, boot);
	return t;
}

static inline uint64_t lockout_model_delay(const struct lockout_policy *p, uint32_t failures)
{
	uint32_t over = failures < p->soft_limit ? 0 : failures - p->soft_limit;
	uint64_t delay_s = (uint64_t)p->base_delay_s << (over < 32 ? over : 32);

	if (failures < p->soft_limit)
		return 0;
	return delay_s > 86400 ? 86400 : delay_s;
}

static inline uint64_t lockout_model_wait(const struct lockout_model *m, const struct lockout_policy *p,
    uint32_t boot, uint64_t now_s)
{
	uint64_t delay_s = lockout_model_delay(p, m->now.failures);
	uint64_t from_s = m->now.boot == boot ? m->now.at_s : 0;
	uint64_t end_s = (now_s < from_s ? now_s : from_s) + delay_s;

	return end_s > now_s ? end_s - now_s : 0;
}

static inline enum sk_status lockout_model_charge(struct lockout_model *m, const struct lockout_policy *p,
    uint32_t boot, uint64_t now_s)
{
	if (m->now.failures >= p->hard_limit)
		return SK_E_LOCKED;
	if (lockout_model_wait(m, p, boot, now_s) > 0)
		return SK_E_WAIT;
	m->before = m->now;
	m->now.failures++;
	m->now.boot = boot;
	m->now.at_s = now_s;
	m->refundable = true;
	return SK_OK;
}

static inline enum sk_status lockout_model_refund(struct lockout_model *m)
{
	if (!m->refundable)
		return SK_E_STATE;
	m->now = m->before;
	m->refundable = false;
	return SK_OK;
}

static inline void lockout_model_clear(struct lockout_model *m)
{
	memset(m, 0, sizeof(*m));
}

#endif /* TESTS_UNIT_CORE_LOCKOUT_MODEL_H */
