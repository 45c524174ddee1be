/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on the line, the same for the same seed and the same traffic. */
#include "cardbridge.h"

void cb_faults_seed(struct cb_faults *f, uint64_t seed)
{
	f->random = seed + 0x9E3779B97F4A7C15u;
}

/* SplitMix64. */
uint32_t cb_random(struct cb_faults *f)
{
	uint64_t z = f->random += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return (uint32_t)(z >> 32);
}

static bool due(uint32_t *count, uint32_t every)
{
	if (every == 0 || ++*count < every)
		return false;
	*count = 0;
	return true;
}

/*
 * One block in N on average, in alternating directions: the count goes on while the block that comes has the
 * wrong direction, so the next of the right one is hit.
 */
static bool due_this_way(uint32_t *count, uint32_t every, bool *turn_out, bool out)
{
	if (every == 0)
		return false;
	if (++*count < every || *turn_out != out)
		return false;
	*count -= every;
	*turn_out = !*turn_out;
	return true;
}

static void hit(struct cb_faults *f, uint8_t *p, size_t *len, bool out, bool damageable, struct cb_fate *fate)
{
	if (damageable && due_this_way(&f->n_damage, f->damage, &f->damage_out, out)) {
		p[cb_random(f) % *len] ^= (uint8_t)(1u << cb_random(f) % 8);
		fate->damaged = true;
	}
	if (due_this_way(&f->n_drop, f->drop, &f->drop_out, out)) {
		size_t at = cb_random(f) % *len;

		for (size_t i = at; i + 1 < *len; i++)
			p[i] = p[i + 1];
		(*len)--;
		fate->dropped = true;
	}
}

struct cb_fate cb_faults_in(struct cb *b, uint8_t *p, size_t *len, bool damageable)
{
	struct cb_fate fate = { .parity_at = -1 };

	hit(&b->faults, p, len, false, damageable, &fate);
	b->stats[CB_IN]++;
	b->stats[CB_DAMAGED_IN] += fate.damaged;
	b->stats[CB_DROPPED_IN] += fate.dropped;
	return fate;
}

struct cb_fate cb_faults_out(struct cb *b, uint8_t *p, size_t *len, bool damageable)
{
	struct cb_faults *f = &b->faults;
	struct cb_fate fate = { .parity_at = -1 };

	hit(f, p, len, true, damageable, &fate);
	if (*len > 0 && due(&f->n_parity, f->parity))
		fate.parity_at = (int)(cb_random(f) % *len);
	if (due(&f->n_delay, f->delay_every))
		fate.delay_ms = f->delay_ms;
	b->stats[CB_OUT]++;
	b->stats[CB_DAMAGED_OUT] += fate.damaged;
	b->stats[CB_DROPPED_OUT] += fate.dropped;
	b->stats[CB_PARITY] += fate.parity_at >= 0;
	b->stats[CB_DELAYED] += fate.delay_ms > 0;
	return fate;
}

bool cb_faults_wtx(struct cb *b)
{
	return b->faults.wtx_forever != 0 || due(&b->faults.n_wtx, b->faults.wtx);
}

const char *cb_fate_text(const struct cb_fate *fate)
{
	if (fate->damaged)
		return fate->dropped ? " [damaged] [dropped]" : " [damaged]";
	if (fate->dropped)
		return " [dropped]";
	if (fate->parity_at >= 0)
		return " [parity]";
	return fate->delay_ms > 0 ? " [delayed]" : "";
}
