/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lockout.c
 * @brief Lockout arithmetic over one stored record.
 *
 * Rules:
 * 1. A record that is not exactly what encode_record() writes MUST deny: there is one
 *    coding for each state, and damage is never taken for "no failures".
 * 2. Only lockout_clear() may bring the count to 0 in one step; only lockout_refund()
 *    may lower it, by one, once after each charge.
 * 3. Whatever the clock and the boot id say, the wait MUST NOT come out shorter than
 *    the delay reckoned from the newest charge.
 * 4. A record MUST be written as a whole or not at all.
 */
#include "core/lockout.h"

#include <string.h>

#define RECORD_MAGIC 0x4Cu
#define RECORD_VERSION 0x01u
/* The newest charge may still be refunded. */
#define FLAG_REFUNDABLE 0x01u
/* No hard_limit is higher, so no count can be (63B: never more than 100). */
#define FAILURES_MAX 100u
/* What the CRC covers. */
#define RECORD_BODY_LEN (LOCKOUT_RECORD_LEN - 4u)

/* When a charge was made. */
struct moment {
	uint32_t since_boot_s;
	uint8_t boot_id[LOCKOUT_BOOT_ID_LEN];
};

/* A record taken apart. */
struct record {
	uint8_t failures;
	bool refundable;
	struct moment charged;  /* newest charge; all zero when failures is 0 */
	struct moment previous; /* the charge before; all zero unless refundable */
};

static bool moment_is_zero(const struct moment *m)
{
	uint32_t any = m->since_boot_s;

	for (size_t i = 0; i < LOCKOUT_BOOT_ID_LEN; i++)
		any |= m->boot_id[i];
	return any == 0;
}

static void get_moment(struct sk_reader *r, struct moment *ret_m)
{
	ret_m->since_boot_s = sk_get_be32(r);
	for (size_t i = 0; i < LOCKOUT_BOOT_ID_LEN; i++)
		ret_m->boot_id[i] = sk_get_u8(r);
}

static void put_moment(struct sk_writer *w, const struct moment *m)
{
	sk_put_be32(w, m->since_boot_s);
	sk_put_bytes(w, m->boot_id, LOCKOUT_BOOT_ID_LEN);
}

static void encode_record(const struct record *rec, uint8_t ret_rec[static LOCKOUT_RECORD_LEN])
{
	struct sk_writer w;

	sk_writer_init(&w, ret_rec, LOCKOUT_RECORD_LEN);
	sk_put_u8(&w, RECORD_MAGIC);
	sk_put_u8(&w, RECORD_VERSION);
	sk_put_u8(&w, rec->refundable ? FLAG_REFUNDABLE : 0);
	sk_put_u8(&w, rec->failures);
	put_moment(&w, &rec->charged);
	put_moment(&w, &rec->previous);
	sk_put_be32(&w, sk_crc32(ret_rec, RECORD_BODY_LEN));
}

/* Could encode_record() have been given this by the functions below? */
static bool record_is_possible(const struct record *rec)
{
	if (rec->failures > FAILURES_MAX)
		return false;
	if (rec->failures == 0 && (rec->refundable || !moment_is_zero(&rec->charged)))
		return false;
	/* Before the first charge there is no earlier one. */
	if ((!rec->refundable || rec->failures == 1) && !moment_is_zero(&rec->previous))
		return false;
	return true;
}

static enum sk_status decode_record(const uint8_t in[static LOCKOUT_RECORD_LEN],
    struct record *ret_rec)
{
	struct sk_reader r;
	struct record rec = { 0 };
	uint8_t magic, version, flags;

	if (sk_load_be32(in + RECORD_BODY_LEN) != sk_crc32(in, RECORD_BODY_LEN))
		return SK_E_CORRUPT;
	sk_reader_init(&r, in, RECORD_BODY_LEN);
	magic = sk_get_u8(&r);
	version = sk_get_u8(&r);
	flags = sk_get_u8(&r);
	if (magic != RECORD_MAGIC || version != RECORD_VERSION || flags > FLAG_REFUNDABLE)
		return SK_E_CORRUPT;
	rec.refundable = flags == FLAG_REFUNDABLE;
	rec.failures = sk_get_u8(&r);
	get_moment(&r, &rec.charged);
	get_moment(&r, &rec.previous);
	if (!record_is_possible(&rec))
		return SK_E_CORRUPT;
	*ret_rec = rec;
	return SK_OK;
}

static bool args_are_valid(const struct lockout_policy *policy, const struct lockout_time *now)
{
	return policy->soft_limit >= 1 && policy->soft_limit <= policy->hard_limit &&
	    policy->hard_limit <= FAILURES_MAX && policy->base_delay_s >= 1 &&
	    policy->base_delay_s <= LOCKOUT_DELAY_MAX_S && now->since_boot_s <= LOCKOUT_TIME_MAX_S;
}

/* The delay that the newest failure brought. Unit: seconds. */
static uint32_t delay_after(uint16_t failures, const struct lockout_policy *policy)
{
	uint32_t delay_s = policy->base_delay_s;

	if (failures < policy->soft_limit)
		return 0;
	/* At most LOCKOUT_DELAY_MAX_S before doubling, so doubling cannot overflow. */
	for (uint16_t n = policy->soft_limit; n < failures && delay_s < LOCKOUT_DELAY_MAX_S; n++)
		delay_s *= 2;
	return delay_s < LOCKOUT_DELAY_MAX_S ? delay_s : LOCKOUT_DELAY_MAX_S;
}

/* Seconds until the next try may start; 0 = now. */
static uint32_t wait_from(const struct record *rec, const struct lockout_policy *policy,
    const struct lockout_time *now)
{
	uint32_t delay_s = delay_after(rec->failures, policy);
	uint32_t now_s = (uint32_t)now->since_boot_s;
	uint32_t passed_s;

	if (memcmp(rec->charged.boot_id, now->boot_id, LOCKOUT_BOOT_ID_LEN) != 0) {
		/* Nobody knows how long the machine was off: only this boot counts. */
		passed_s = now_s;
	} else if (now_s < rec->charged.since_boot_s) {
		/* A clock that went back proves no passing of time. */
		passed_s = 0;
	} else {
		passed_s = now_s - rec->charged.since_boot_s;
	}
	return passed_s < delay_s ? delay_s - passed_s : 0;
}

void lockout_init(uint8_t ret_rec[static LOCKOUT_RECORD_LEN])
{
	const struct record fresh = { 0 };

	encode_record(&fresh, ret_rec);
}

enum sk_status lockout_charge(uint8_t rec[static LOCKOUT_RECORD_LEN],
    const struct lockout_policy *policy, const struct lockout_time *now, uint16_t *ret_left,
    uint32_t *reterr_wait_s)
{
	struct record r;
	enum sk_status st;
	uint32_t wait_s;

	if (!args_are_valid(policy, now))
		return SK_E_ARG;
	st = decode_record(rec, &r);
	if (st != SK_OK)
		return st;
	if (r.failures >= policy->hard_limit)
		return SK_E_LOCKED;
	wait_s = wait_from(&r, policy, now);
	if (wait_s > 0) {
		*reterr_wait_s = wait_s;
		return SK_E_WAIT;
	}
	r.previous = r.charged;
	r.charged.since_boot_s = (uint32_t)now->since_boot_s;
	memcpy(r.charged.boot_id, now->boot_id, LOCKOUT_BOOT_ID_LEN);
	r.failures++;
	r.refundable = true;
	encode_record(&r, rec);
	*ret_left = (uint16_t)(policy->hard_limit - r.failures);
	return SK_OK;
}

enum sk_status lockout_refund(uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	static const struct moment never = { 0 };
	struct record r;
	enum sk_status st = decode_record(rec, &r);

	if (st != SK_OK)
		return st;
	if (!r.refundable)
		return SK_E_STATE;
	r.failures--;
	r.charged = r.previous;
	r.previous = never;
	r.refundable = false;
	encode_record(&r, rec);
	return SK_OK;
}

enum sk_status lockout_clear(uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	struct record r;
	enum sk_status st = decode_record(rec, &r);

	if (st != SK_OK)
		return st;
	lockout_init(rec);
	return SK_OK;
}

enum sk_status lockout_look(const uint8_t rec[static LOCKOUT_RECORD_LEN],
    const struct lockout_policy *policy, const struct lockout_time *now,
    struct lockout_view *ret_view)
{
	struct record r;
	enum sk_status st;

	if (!args_are_valid(policy, now))
		return SK_E_ARG;
	st = decode_record(rec, &r);
	if (st != SK_OK)
		return st;
	ret_view->failures = r.failures;
	ret_view->locked = r.failures >= policy->hard_limit;
	ret_view->left = ret_view->locked ? 0 : (uint16_t)(policy->hard_limit - r.failures);
	ret_view->wait_s = ret_view->locked ? 0 : wait_from(&r, policy, now);
	return SK_OK;
}
