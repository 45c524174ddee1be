/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file policy.c
 * @brief Factor expressions and the one decision over them.
 *
 * Rules:
 * 1. A set that is not valid (two kinds, with card) MUST NOT be met by anything,
 *    wherever it comes from: memory is not trusted to hold what policy_parse() wrote.
 * 2. Joining and choosing MUST only ever add factors to an alternative.
 * 3. Only policy_decide() says SK_GRANTED.
 */
#include "core/policy.h"

#include <string.h>

struct word {
	const char *text;
	uint8_t len;
	uint8_t factor;
};

static const struct word words[] = {
	{ "card", 4, FACTOR_CARD },
	{ "pin", 3, FACTOR_PIN },
	{ "finger", 6, FACTOR_FINGER },
};

static const struct word word_deny = { "deny", 4, 0 };

#define WORDS_N (sizeof(words) / sizeof(words[0]))

/* Each factor is a kind of its own, so two factors are two kinds. */
static bool set_has_two_kinds(uint8_t set)
{
	return (set & (set - 1u)) != 0;
}

static bool set_is_valid(uint8_t set)
{
	return set <= FACTOR_ALL && (set & FACTOR_CARD) && set_has_two_kinds(set);
}

/* What policy_parse() or policy_both() can have made. */
static bool policy_is_valid(const struct policy *p)
{
	if (p->alternatives_n > POLICY_ALTERNATIVES_MAX)
		return false;
	for (size_t i = 0; i < p->alternatives_n; i++) {
		if (!set_is_valid(p->alternatives[i]))
			return false;
	}
	return true;
}

static struct sk_span trim_spaces(const char *p, size_t len)
{
	struct sk_span s;

	while (len > 0 && p[0] == ' ') {
		p++;
		len--;
	}
	while (len > 0 && p[len - 1] == ' ')
		len--;
	s.p = (const uint8_t *)p;
	s.len = len;
	return s;
}

static bool span_is_word(struct sk_span s, const struct word *word)
{
	return s.len == word->len && memcmp(s.p, word->text, s.len) == 0;
}

/* Bytes before the next @p sign, all of them when there is none. */
static size_t part_len(const char *p, size_t len, char sign)
{
	size_t n = 0;

	while (n < len && p[n] != sign)
		n++;
	return n;
}

/* The factor that a word names; 0 = none. */
static uint8_t word_factor(struct sk_span s)
{
	for (size_t i = 0; i < WORDS_N; i++) {
		if (span_is_word(s, &words[i]))
			return words[i].factor;
	}
	return 0;
}

/* One alternative: words joined by '+'. */
static enum sk_status parse_set(const char *p, size_t len, uint8_t *ret_set,
    enum policy_error *reterr_why)
{
	uint8_t set = 0;
	size_t at = 0;

	for (;;) {
		size_t n = part_len(p + at, len - at, '+');
		uint8_t factor = word_factor(trim_spaces(p + at, n));

		if (factor == 0 || (set & factor)) {
			*reterr_why = factor == 0 ? POLICY_ERR_SYNTAX : POLICY_ERR_TWICE;
			return SK_E_FORMAT;
		}
		set |= factor;
		at += n;
		if (at == len)
			break;
		at++; /* the '+' */
	}
	if (!set_is_valid(set)) {
		*reterr_why = set_has_two_kinds(set) ? POLICY_ERR_NO_CARD : POLICY_ERR_ONE_KIND;
		return SK_E_DENIED;
	}
	*ret_set = set;
	return SK_OK;
}

static bool policy_has(const struct policy *p, uint8_t set)
{
	for (size_t i = 0; i < p->alternatives_n; i++) {
		if (p->alternatives[i] == set)
			return true;
	}
	return false;
}

static size_t count_alternatives(const char *p, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += p[i] == '|';
	return n;
}

enum sk_status policy_parse(const char *text, size_t text_len, struct policy *ret_policy,
    enum policy_error *reterr_why)
{
	struct policy policy = { { 0 }, 0 };
	size_t alternatives_n, at = 0;

	if (text_len > POLICY_TEXT_MAX) {
		*reterr_why = POLICY_ERR_SYNTAX;
		return SK_E_FORMAT;
	}
	if (span_is_word(trim_spaces(text, text_len), &word_deny)) {
		*ret_policy = policy;
		return SK_OK;
	}
	alternatives_n = count_alternatives(text, text_len);
	if (alternatives_n > POLICY_ALTERNATIVES_MAX) {
		*reterr_why = POLICY_ERR_TOO_MANY;
		return SK_E_FORMAT;
	}
	for (size_t i = 0; i < alternatives_n; i++) {
		size_t n = part_len(text + at, text_len - at, '|');
		uint8_t set;
		enum sk_status st = parse_set(text + at, n, &set, reterr_why);

		if (st != SK_OK)
			return st;
		if (policy_has(&policy, set)) {
			*reterr_why = POLICY_ERR_TWICE;
			return SK_E_FORMAT;
		}
		policy.alternatives[policy.alternatives_n++] = set;
		at += n + 1; /* behind the '|' */
	}
	*ret_policy = policy;
	return SK_OK;
}

/* Append @p set unless an alternative that stands already is met by it. */
static void append_unless_covered(struct policy *p, uint8_t set)
{
	for (size_t i = 0; i < p->alternatives_n; i++) {
		if ((p->alternatives[i] & set) == p->alternatives[i])
			return;
	}
	p->alternatives[p->alternatives_n++] = set;
}

struct policy policy_both(const struct policy *a, const struct policy *b)
{
	struct policy both = { { 0 }, 0 };

	if (!policy_is_valid(a) || !policy_is_valid(b))
		return both;
	/* Cannot overflow: the valid sets are three, and none is appended twice. */
	for (size_t i = 0; i < a->alternatives_n; i++) {
		for (size_t j = 0; j < b->alternatives_n; j++)
			append_unless_covered(&both, a->alternatives[i] | b->alternatives[j]);
	}
	return both;
}

enum sk_status policy_choose(const struct policy *policy, bool sensor_usable, bool sensor_weak,
    uint8_t *ret_factors)
{
	if (!policy_is_valid(policy))
		return SK_E_DENIED;
	for (size_t i = 0; i < policy->alternatives_n; i++) {
		uint8_t set = policy->alternatives[i];

		if (set & FACTOR_FINGER) {
			if (!sensor_usable)
				continue;
			if (sensor_weak)
				set |= FACTOR_PIN;
		}
		*ret_factors = set;
		return SK_OK;
	}
	return SK_E_DENIED;
}

enum sk_verdict policy_decide(uint8_t required, uint8_t shown)
{
	if (set_is_valid(required) && shown <= FACTOR_ALL && (required & shown) == required)
		return SK_GRANTED;
	return SK_DENIED;
}

void policy_factors_text(uint8_t factors, char ret_text[static 16])
{
	size_t len = 0;

	for (size_t i = 0; i < WORDS_N; i++) {
		if (!(factors & words[i].factor))
			continue;
		if (len > 0)
			ret_text[len++] = '+';
		memcpy(ret_text + len, words[i].text, words[i].len);
		len += words[i].len;
	}
	if (len == 0) {
		memcpy(ret_text, "none", 4);
		len = 4;
	}
	ret_text[len] = '\0';
}
