/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_policy.c
 * @brief core/policy.h: expressions, and truth tables over all sets of factors.
 */
#include "unit/core/core_test.h"

#include "core/policy.h"

#define C FACTOR_CARD
#define P FACTOR_PIN
#define F FACTOR_FINGER

/* The only three sets that may ever be asked for. */
static const uint8_t valid_sets[] = { C | P, C | F, C | P | F };

static bool is_valid_set(uint32_t set)
{
	return set == (C | P) || set == (C | F) || set == (C | P | F);
}

static struct policy make(uint8_t n, uint8_t a, uint8_t b, uint8_t c)
{
	struct policy p = { { a, b, c, 0 }, n };

	return p;
}

static void test_parse_accepts(void **state)
{
	static const struct {
		const char *text;
		uint8_t n, sets[3];
	} rows[] = {
		{ "card+pin", 1, { C | P } },
		{ "pin+card", 1, { C | P } },
		{ "card+finger", 1, { C | F } },
		{ "card+pin+finger", 1, { C | P | F } },
		{ "finger+pin+card", 1, { C | P | F } },
		{ "card+finger|card+pin", 2, { C | F, C | P } },
		{ "card+pin|card+finger", 2, { C | P, C | F } },
		{ "card+pin+finger|card+finger|card+pin", 3, { C | P | F, C | F, C | P } },
		{ "  card  +  pin  |  card + finger  ", 2, { C | P, C | F } },
		{ "deny", 0, { 0 } },
		{ "  deny ", 0, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct policy p = make(99, 99, 99, 99);
		enum policy_error why = POLICY_ERR_TOO_MANY;

		assert_int_equal(policy_parse(rows[i].text, strlen(rows[i].text), &p, &why), SK_OK);
		assert_int_equal(p.alternatives_n, rows[i].n);
		assert_memory_equal(p.alternatives, rows[i].sets, 3);
		assert_int_equal(why, POLICY_ERR_TOO_MANY);
	}
}

static void test_parse_refuses(void **state)
{
	static const struct {
		const char *text;
		enum sk_status st;
		enum policy_error why;
	} rows[] = {
		{ "", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "   ", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "+", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "|", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "+card+pin", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card++pin", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+pin|", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "|card+pin", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+pin||card+finger", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card pin", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "Card+pin", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+pins", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+pi", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+password", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card\t+pin", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+pin\n", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card,pin", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "none", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "any", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "deny|card+pin", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+pin|deny", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "deny+card", SK_E_FORMAT, POLICY_ERR_SYNTAX },
		{ "card+card", SK_E_FORMAT, POLICY_ERR_TWICE },
		{ "card+pin+card", SK_E_FORMAT, POLICY_ERR_TWICE },
		{ "card+pin|pin+card", SK_E_FORMAT, POLICY_ERR_TWICE },
		{ "card+pin|card+finger|card+pin+finger|card+pin", SK_E_FORMAT, POLICY_ERR_TWICE },
		{ "card", SK_E_DENIED, POLICY_ERR_ONE_KIND },
		{ "pin", SK_E_DENIED, POLICY_ERR_ONE_KIND },
		{ "finger", SK_E_DENIED, POLICY_ERR_ONE_KIND },
		{ "card+pin|card", SK_E_DENIED, POLICY_ERR_ONE_KIND },
		{ "pin+finger", SK_E_DENIED, POLICY_ERR_NO_CARD },
		{ "card+pin|finger+pin", SK_E_DENIED, POLICY_ERR_NO_CARD },
		{ "card+pin|card|card|card|card", SK_E_FORMAT, POLICY_ERR_TOO_MANY },
		{ "||||", SK_E_FORMAT, POLICY_ERR_TOO_MANY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct policy p = make(99, 99, 99, 99), before = p;
		enum policy_error why = 0;

		if (policy_parse(rows[i].text, strlen(rows[i].text), &p, &why) != rows[i].st ||
		    why != rows[i].why)
			fail_msg("row %zu: %s", i, rows[i].text);
		assert_memory_equal(&p, &before, sizeof(p));
	}
}

/* The length decides, not a NUL, and 80 is the last that is read. */
static void test_parse_length(void **state)
{
	static const char nul[] = "card+pin\0";
	static const char word[8] = { 'c', 'a', 'r', 'd', '+', 'p', 'i', 'n' };
	char text[POLICY_TEXT_MAX + 1];
	struct policy p;
	enum policy_error why;

	(void)state;
	assert_int_equal(policy_parse("card+pinned", 8, &p, &why), SK_OK);
	assert_int_equal(policy_parse(nul, 9, &p, &why), SK_E_FORMAT);
	assert_int_equal(policy_parse("x", 0, &p, &why), SK_E_FORMAT);
	memset(text, ' ', sizeof(text));
	memcpy(text + 70, word, sizeof(word));
	assert_int_equal(policy_parse(text, POLICY_TEXT_MAX, &p, &why), SK_OK);
	why = POLICY_ERR_TWICE;
	assert_int_equal(policy_parse(text, POLICY_TEXT_MAX + 1, &p, &why), SK_E_FORMAT);
	assert_int_equal(why, POLICY_ERR_SYNTAX);
}

/* Every set as text: what policy_factors_text() writes, policy_parse() takes or refuses by the rules. */
static void test_text_of_every_set(void **state)
{
	static const char *const texts[] = {
		"none", "card", "pin", "card+pin", "finger", "card+finger", "pin+finger", "card+pin+finger",
	};

	(void)state;
	for (uint32_t set = 0; set <= 0xFF; set++) {
		char text[16];
		struct policy p;
		enum policy_error why;

		memset(text, '?', sizeof(text));
		policy_factors_text((uint8_t)set, text);
		assert_string_equal(text, texts[set & 7]);
		if (set > 7)
			continue;
		assert_int_equal(policy_parse(text, strlen(text), &p, &why) == SK_OK, is_valid_set(set));
	}
}

/* 256 x 256: granted where a valid set is met, and nowhere else. */
static void test_decide_every_pair(void **state)
{
	unsigned int granted_n = 0;

	(void)state;
	for (uint32_t required = 0; required <= 0xFF; required++) {
		for (uint32_t shown = 0; shown <= 0xFF; shown++) {
			enum sk_verdict v = policy_decide((uint8_t)required, (uint8_t)shown);
			bool met = is_valid_set(required) && shown <= 7 && (required & ~shown) == 0;

			assert_int_equal(v, met ? SK_GRANTED : SK_DENIED);
			granted_n += v == SK_GRANTED;
		}
	}
	/* {card,pin} by itself and all; {card,finger} likewise; all by all. */
	assert_int_equal(granted_n, 5);
}

/* Set number k of all policies with 0..3 different valid alternatives in every order: 16. */
static bool nth_policy(unsigned int k, struct policy *ret_p)
{
	struct policy p = { { 0 }, 0 };
	unsigned int seen = 0;

	for (; k > 0; k /= 4) {
		unsigned int i = k % 4;

		if (i == 0 || (seen & 1u << i))
			return false;
		seen |= 1u << i;
		p.alternatives[p.alternatives_n++] = valid_sets[i - 1];
	}
	*ret_p = p;
	return true;
}

/* Would somebody who shows exactly @p shown pass one of the alternatives? */
static bool meets(const struct policy *p, uint32_t shown)
{
	for (size_t i = 0; i < p->alternatives_n; i++) {
		if ((p->alternatives[i] & ~shown) == 0)
			return true;
	}
	return false;
}

/* Every pair of policies: who passes both is exactly who passes each, no more than three sets. */
static void test_both_every_pair(void **state)
{
	unsigned int pairs_n = 0;

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		for (unsigned int j = 0; j < 64; j++) {
			struct policy a, b, both;

			if (!nth_policy(i, &a) || !nth_policy(j, &b))
				continue;
			pairs_n++;
			both = policy_both(&a, &b);
			assert_true(both.alternatives_n <= 3);
			for (uint32_t shown = 0; shown <= 7; shown++)
				assert_int_equal(meets(&both, shown), meets(&a, shown) && meets(&b, shown));
			for (size_t k = 0; k < both.alternatives_n; k++) {
				assert_true(is_valid_set(both.alternatives[k]));
				for (size_t l = 0; l < k; l++)
					assert_int_not_equal(both.alternatives[l] & ~both.alternatives[k], 0);
			}
		}
	}
	assert_int_equal(pairs_n, 16 * 16);
}

static void test_both_order(void **state)
{
	struct policy cf_cp = make(2, C | F, C | P, 0), cp_cf = make(2, C | P, C | F, 0);
	struct policy all = make(1, C | P | F, 0, 0), deny = make(0, 0, 0, 0);
	struct policy got = policy_both(&cf_cp, &cp_cf);

	(void)state;
	/* cf+cp = all, cf+cf = cf, cp+cp = cp; cp+cf = all again. */
	assert_int_equal(got.alternatives_n, 3);
	assert_int_equal(got.alternatives[0], C | P | F);
	assert_int_equal(got.alternatives[1], C | F);
	assert_int_equal(got.alternatives[2], C | P);
	got = policy_both(&cp_cf, &all);
	assert_int_equal(got.alternatives_n, 1);
	assert_int_equal(got.alternatives[0], C | P | F);
	got = policy_both(&cp_cf, &cp_cf);
	assert_int_equal(got.alternatives_n, 2);
	assert_int_equal(got.alternatives[0], C | P);
	assert_int_equal(got.alternatives[1], C | F);
	got = policy_both(&deny, &all);
	assert_int_equal(got.alternatives_n, 0);
	got = policy_both(&all, &deny);
	assert_int_equal(got.alternatives_n, 0);
}

/* Every policy, sensor state and set shown. */
static void test_choose_every_policy(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		struct policy p;

		if (!nth_policy(i, &p))
			continue;
		for (unsigned int sensor = 0; sensor < 4; sensor++) {
			bool usable = sensor & 1, weak = sensor & 2;
			uint8_t got = 0xEE, want = 0;

			for (size_t k = p.alternatives_n; k > 0; k--) {
				uint8_t set = p.alternatives[k - 1];

				if (set == (C | P))
					want = set;
				else if (usable)
					want = weak ? C | P | F : set;
			}
			if (want == 0) {
				assert_int_equal(policy_choose(&p, usable, weak, &got), SK_E_DENIED);
				assert_int_equal(got, 0xEE);
				continue;
			}
			assert_int_equal(policy_choose(&p, usable, weak, &got), SK_OK);
			assert_int_equal(got, want);
			/* Who shows that passes the policy. */
			assert_true(meets(&p, got));
			assert_int_equal(policy_decide(got, got), SK_GRANTED);
		}
	}
}

/* Memory that policy_parse() never wrote is deny: every set that is not valid, at every place. */
static void test_broken_policies_deny(void **state)
{
	struct policy good = { { C | P, C | P, C | P, C | P }, 1 };

	(void)state;
	for (uint32_t set = 0; set <= 0xFF; set++) {
		for (uint8_t place = 0; place < POLICY_ALTERNATIVES_MAX; place++) {
			struct policy p = { { C | P, C | P, C | P, C | P }, POLICY_ALTERNATIVES_MAX };
			uint8_t got = 0xEE;
			enum sk_status want = is_valid_set(set) ? SK_OK : SK_E_DENIED;

			p.alternatives[place] = (uint8_t)set;
			assert_int_equal(policy_choose(&p, true, false, &got), want);
			assert_int_equal(policy_both(&p, &good).alternatives_n != 0, is_valid_set(set));
			assert_int_equal(policy_both(&good, &p).alternatives_n != 0, is_valid_set(set));
		}
	}
	for (uint32_t n = POLICY_ALTERNATIVES_MAX + 1; n <= 0xFF; n++) {
		uint8_t got = 0xEE;

		good.alternatives_n = (uint8_t)n;
		assert_int_equal(policy_choose(&good, true, false, &got), SK_E_DENIED);
		assert_int_equal(policy_both(&good, &good).alternatives_n, 0);
		assert_int_equal(got, 0xEE);
	}
}

/* One flipped bit, or a few, never makes a yes of a no. */
static void test_verdicts_are_far_apart(void **state)
{
	(void)state;
	assert_true(__builtin_popcount((unsigned int)SK_GRANTED ^ (unsigned int)SK_DENIED) >= 12);
	assert_true(__builtin_popcount((unsigned int)SK_GRANTED) >= 12);
	assert_true(__builtin_popcount(~(unsigned int)SK_GRANTED) >= 12);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_accepts),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_parse_length),
		cmocka_unit_test(test_text_of_every_set),
		cmocka_unit_test(test_decide_every_pair),
		cmocka_unit_test(test_both_every_pair),
		cmocka_unit_test(test_both_order),
		cmocka_unit_test(test_choose_every_policy),
		cmocka_unit_test(test_broken_policies_deny),
		cmocka_unit_test(test_verdicts_are_far_apart),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
