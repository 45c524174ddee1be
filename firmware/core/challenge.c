/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file challenge.c
 * @brief The one place that lays out what a card signs. Layout: PROTOCOL.md "Challenge".
 */
#include "core/challenge.h"

#define DOMAIN_LEN (sizeof(CHALLENGE_DOMAIN) - 1u)

/* Domain with its length, version, three names with theirs, nonce. */
_Static_assert(1u + DOMAIN_LEN + 1u + (size_t)3 * (1u + CHALLENGE_NAME_MAX) +
    CHALLENGE_NONCE_LEN <= CHALLENGE_MAX, "the longest challenge must fit");

static bool name_is_valid(const struct sk_span *s, size_t len_min)
{
	return s->len >= len_min && s->len <= CHALLENGE_NAME_MAX && (s->p || s->len == 0);
}

static void put_name(struct sk_writer *w, const struct sk_span *s)
{
	sk_put_u8(w, (uint8_t)s->len);
	sk_put_bytes(w, s->p, s->len);
}

enum sk_status challenge_encode(const struct challenge *c, struct sk_writer *w)
{
	const struct sk_span domain = { (const uint8_t *)CHALLENGE_DOMAIN, DOMAIN_LEN };
	uint8_t any = 0;

	if (!name_is_valid(&c->terminal, 1) || !name_is_valid(&c->account, 0) ||
	    !name_is_valid(&c->service, 1))
		return SK_E_ARG;
	for (size_t i = 0; i < CHALLENGE_NONCE_LEN; i++)
		any |= c->nonce[i];
	if (any == 0)
		return SK_E_FAULT;
	put_name(w, &domain);
	sk_put_u8(w, CHALLENGE_VERSION);
	put_name(w, &c->terminal);
	put_name(w, &c->account);
	put_name(w, &c->service);
	sk_put_bytes(w, c->nonce, CHALLENGE_NONCE_LEN);
	return w->bad ? SK_E_SPACE : SK_OK;
}
