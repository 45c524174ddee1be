/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_policy.c
 * @brief core/policy.h: two expressions separated by the first NUL, or policies that no parser wrote.
 *
 * Checked: what loads obeys the rules and survives being written and read again; joining two
 * policies lets nobody pass who does not pass each; choosing drops nothing; only a valid set that is
 * met is granted, also where the memory is arbitrary.
 */
#include <string.h>

#include "core/policy.h"
#include "fuzz/fuzz_check.h"

static int is_valid_set(uint32_t set)
{
	return set == 3 || set == 5 || set == 7;
}

static int is_valid(const struct policy *p)
{
	if (p->alternatives_n > POLICY_ALTERNATIVES_MAX)
		return 0;
	for (size_t i = 0; i < p->alternatives_n; i++) {
		if (!is_valid_set(p->alternatives[i]))
			return 0;
	}
	return 1;
}

/* Would exactly these factors pass? A broken policy passes nobody. */
static int meets(const struct policy *p, uint32_t shown)
{
	if (!is_valid(p))
		return 0;
	for (size_t i = 0; i < p->alternatives_n; i++) {
		if ((p->alternatives[i] & ~shown) == 0)
			return 1;
	}
	return 0;
}

/* Write a policy as text, read it again, demand the same. */
static void check_text(const struct policy *p)
{
	char text[POLICY_ALTERNATIVES_MAX * 16] = "deny";
	size_t len = 4;
	struct policy back;
	enum policy_error why;

	for (size_t i = 0; i < p->alternatives_n; i++) {
		len = i == 0 ? 0 : len;
		if (i > 0)
			text[len++] = '|';
		policy_factors_text(p->alternatives[i], text + len);
		len += strlen(text + len);
	}
	check(policy_parse(text, len, &back, &why) == SK_OK);
	check(back.alternatives_n == p->alternatives_n);
	check(memcmp(back.alternatives, p->alternatives, p->alternatives_n) == 0);
}

static void check_choice(const struct policy *p)
{
	for (unsigned int sensor = 0; sensor < 4; sensor++) {
		uint8_t set = 0;
		enum sk_status st = policy_choose(p, sensor & 1, sensor & 2, &set);

		if (st != SK_OK) {
			check(st == SK_E_DENIED && set == 0);
			/* Without PIN and with a sensor there is a way, if there is one at all. */
			check((sensor & 1) == 0 || !meets(p, FACTOR_ALL));
			check(!meets(p, FACTOR_CARD | FACTOR_PIN));
			continue;
		}
		check(is_valid_set(set) && meets(p, set));
		check((set & FACTOR_FINGER) == 0 || (sensor & 1));
		check(set != (FACTOR_CARD | FACTOR_FINGER) || !(sensor & 2));
		for (uint32_t shown = 0; shown <= 0xFF; shown++) {
			int yes = policy_decide(set, (uint8_t)shown) == SK_GRANTED;

			check(yes == (shown <= 7 && (set & ~shown) == 0));
		}
	}
}

static void check_pair(const struct policy *a, const struct policy *b)
{
	struct policy both = policy_both(a, b);

	check(is_valid(&both) && both.alternatives_n <= 3);
	for (uint32_t shown = 0; shown <= 7; shown++)
		check(meets(&both, shown) == (meets(a, shown) && meets(b, shown)));
	check_text(&both);
	check_choice(&both);
}

/* A policy from text; one that does not load is left as deny, its result looked at. */
static struct policy parse(const char *text, size_t len)
{
	struct policy p = { { 0 }, 0 };
	enum policy_error why = 0;
	enum sk_status st = policy_parse(text, len, &p, &why);

	if (st == SK_OK) {
		check(is_valid(&p) && why == 0);
		check_text(&p);
		return p;
	}
	check(p.alternatives_n == 0 && p.alternatives[0] == 0);
	if (st == SK_E_DENIED)
		check(why == POLICY_ERR_ONE_KIND || why == POLICY_ERR_NO_CARD);
	else
		check(st == SK_E_FORMAT &&
		    (why == POLICY_ERR_SYNTAX || why == POLICY_ERR_TWICE || why == POLICY_ERR_TOO_MANY));
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
	size_t first_n = nul ? (size_t)(nul - data) : size;
	struct policy a, b;

	if (size == 0)
		return 0;
	a = parse((const char *)data, first_n);
	b = nul ? parse((const char *)nul + 1, size - first_n - 1) : a;
	check_choice(&a);
	check_pair(&a, &b);
	if (size >= (size_t)2 * (POLICY_ALTERNATIVES_MAX + 1u)) {
		memcpy(a.alternatives, data, POLICY_ALTERNATIVES_MAX);
		a.alternatives_n = data[4];
		memcpy(b.alternatives, data + 5, POLICY_ALTERNATIVES_MAX);
		b.alternatives_n = data[9];
		check_choice(&a);
		check_pair(&a, &b);
	}
	return 0;
}
