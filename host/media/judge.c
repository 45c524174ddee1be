/* SPDX-License-Identifier: Apache-2.0 */
/* The table; see judge.h. */
#include "media/judge.h"

#include <stddef.h>
#include <string.h>

#define STORAGE (MEDIA_READ | MEDIA_STORAGE)
#define NAMED (STORAGE | MEDIA_SERIAL | MEDIA_SERIAL_GOOD)

/* host/media/README.md has the same rows: tests/check-readme.sh compares. */
static const struct media_rule rules[] = {
	{ MEDIA_READ, 0, MEDIA_REFUSED, "bad-descriptors" },
	{ STORAGE, MEDIA_READ, MEDIA_ALLOWED, "no-storage" },
	{ STORAGE | MEDIA_INPUT, STORAGE | MEDIA_INPUT, MEDIA_REFUSED, "storage-and-input" },
	{ STORAGE | MEDIA_SERIAL, STORAGE, MEDIA_REFUSED, "no-serial" },
	{ NAMED, STORAGE | MEDIA_SERIAL, MEDIA_REFUSED, "bad-serial" },
	{ NAMED | MEDIA_LIST, NAMED, MEDIA_REFUSED, "no-list" },
	{ NAMED | MEDIA_LIST | MEDIA_LIST_GOOD, NAMED | MEDIA_LIST, MEDIA_REFUSED, "bad-list" },
	{ NAMED | MEDIA_LIST | MEDIA_LIST_GOOD | MEDIA_LISTED, NAMED | MEDIA_LIST | MEDIA_LIST_GOOD, MEDIA_REFUSED, "not-listed" },
	{ NAMED | MEDIA_INPUT | MEDIA_LIST | MEDIA_LIST_GOOD | MEDIA_LISTED, NAMED | MEDIA_LIST | MEDIA_LIST_GOOD | MEDIA_LISTED,
	    MEDIA_APPROVED, "listed" },
	{ 0, 0, MEDIA_REFUSED, "fault" },
};
#define RULES_N (sizeof(rules) / sizeof(rules[0]))

const struct media_rule *media_judge(unsigned facts)
{
	for (size_t i = 0; i + 1 < RULES_N; i++) {
		if ((facts & rules[i].mask) == rules[i].want)
			return &rules[i];
	}
	return &rules[RULES_N - 1];
}

const struct media_rule *media_rules(unsigned *ret_n)
{
	*ret_n = RULES_N;
	return rules;
}

bool media_word_is_known(const char *word)
{
	for (size_t i = 0; i < RULES_N; i++) {
		if (strcmp(rules[i].word, word) == 0)
			return true;
	}
	/* The spool's own: some refusals have no record (spool.h). */
	return strcmp(word, "spool-full") == 0;
}
