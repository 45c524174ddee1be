/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_card.c
 * @brief Cards.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_help.h"

struct seen {
	uint32_t n, stop_at;
	char ids[256];
};

static enum sk_status see_card(void *arg, const struct card *c)
{
	struct seen *s = arg;

	(void)snprintf(s->ids + strlen(s->ids), sizeof(s->ids) - strlen(s->ids), "%u ", c->key[0]);
	return ++s->n == s->stop_at ? SK_E_NOENT : SK_OK;
}

static void test_card(void **state)
{
	struct store_place *p = *state;
	struct card in, got;
	uint8_t key[STORE_KEY_LEN] = { 0 };

	help_card(&in, 7, "a1");
	assert_int_equal(store_card_add(p->s, &in), SK_E_NOENT); /* no such person */
	assert_int_equal(help_person_add(p->s, "a1", "sato"), SK_OK);
	assert_int_equal(store_card_add(p->s, &in), SK_OK);
	help_reopen(&p->s, p->dir);
	memset(&got, 0xEE, sizeof(got));
	assert_int_equal(store_card_get(p->s, in.key, &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
	assert_int_equal(store_card_get(p->s, key, &got), SK_E_NOENT);
	assert_int_equal(store_card_add(p->s, &in), SK_E_EXIST);
	/* Longest certificates; and no card certificate. */
	help_card(&in, 8, "a1");
	in.auth_cert_len = in.card_cert_len = STORE_CERT_MAX;
	assert_int_equal(store_card_add(p->s, &in), SK_OK);
	assert_int_equal(store_card_get(p->s, in.key, &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
	help_card(&in, 9, "a1");
	in.card_cert_len = 0;
	memset(in.card_cert, 0, sizeof(in.card_cert));
	assert_int_equal(store_card_add(p->s, &in), SK_OK);
	assert_int_equal(store_card_get(p->s, in.key, &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
}

static void test_card_arguments(void **state)
{
	struct store_place *p = *state;
	struct card in;

	assert_int_equal(help_person_add(p->s, "a1", "sato"), SK_OK);
	help_card(&in, 1, "a1");
	in.auth_cert_len = 0;
	assert_int_equal(store_card_add(p->s, &in), SK_E_ARG);
	in.auth_cert_len = STORE_CERT_MAX + 1;
	assert_int_equal(store_card_add(p->s, &in), SK_E_ARG);
	help_card(&in, 1, "a1");
	in.card_cert_len = UINT32_MAX;
	assert_int_equal(store_card_add(p->s, &in), SK_E_ARG);
	help_card(&in, 1, "a1");
	in.profile = 0;
	assert_int_equal(store_card_add(p->s, &in), SK_E_ARG);
	help_card(&in, 1, "a1");
	in.status = (enum card_status)5;
	assert_int_equal(store_card_add(p->s, &in), SK_E_ARG);
	help_card(&in, 1, "a1");
	memset(in.label, 'x', sizeof(in.label));
	assert_int_equal(store_card_add(p->s, &in), SK_E_ARG);
	help_card(&in, 1, "a1");
	in.reason[0] = '\n';
	assert_int_equal(store_card_add(p->s, &in), SK_E_ARG);
}

/* [from][to] after the comment at store_card_set_status(). */
static void test_card_status(void **state)
{
	static const bool may[4][4] = {
		/* active  revoked returned destroyed */
		{ true, true, true, true },
		{ false, true, true, true },
		{ false, true, true, true },
		{ false, false, false, true },
	};
	struct store_place *p = *state;
	struct card in, got;

	assert_int_equal(help_person_add(p->s, "a1", "sato"), SK_OK);
	for (uint8_t from = 0; from < 4; from++) {
		for (uint8_t to = 0; to < 4; to++) {
			help_card(&in, (uint8_t)(from * 4 + to), "a1");
			in.status = (enum card_status)(from + 1);
			assert_int_equal(store_card_add(p->s, &in), SK_OK);
			assert_int_equal(store_card_set_status(p->s, in.key, (enum card_status)(to + 1), "紛失", 8000),
			    may[from][to] ? SK_OK : SK_E_STATE);
			assert_int_equal(store_card_get(p->s, in.key, &got), SK_OK);
			assert_int_equal(got.status, may[from][to] ? to + 1 : from + 1);
			assert_string_equal(got.reason, may[from][to] ? "紛失" : "");
			assert_int_equal(got.changed, may[from][to] ? 8000 : 1500);
			/* Whatever became of it, it can't be enrolled again. */
			assert_int_equal(store_card_add(p->s, &in), SK_E_EXIST);
		}
	}
	memset(in.key, 0xCC, sizeof(in.key));
	assert_int_equal(store_card_set_status(p->s, in.key, CARD_REVOKED, "", 8000), SK_E_NOENT);
	assert_int_equal(store_card_set_status(p->s, in.key, (enum card_status)0, "", 8000), SK_E_ARG);
	assert_int_equal(store_card_set_status(p->s, in.key, CARD_REVOKED, "a\n", 8000), SK_E_ARG);
}

/* The one way back, from "revoked" alone. */
static void test_card_unrevoke(void **state)
{
	struct store_place *p = *state;
	struct card in, got;

	assert_int_equal(help_person_add(p->s, "a1", "sato"), SK_OK);
	for (uint8_t from = 0; from < 4; from++) {
		bool may = from + 1 == CARD_REVOKED;

		help_card(&in, from, "a1");
		in.status = (enum card_status)(from + 1);
		assert_int_equal(store_card_add(p->s, &in), SK_OK);
		assert_int_equal(store_card_unrevoke(p->s, in.key, "wrong card", 8000), may ? SK_OK : SK_E_STATE);
		assert_int_equal(store_card_get(p->s, in.key, &got), SK_OK);
		assert_int_equal(got.status, may ? CARD_ACTIVE : from + 1);
		assert_string_equal(got.reason, may ? "wrong card" : "");
		assert_int_equal(got.changed, may ? 8000 : 1500);
	}
	memset(in.key, 0xCC, sizeof(in.key));
	assert_int_equal(store_card_unrevoke(p->s, in.key, "", 8000), SK_E_NOENT);
	assert_int_equal(store_card_unrevoke(p->s, in.key, "a\n", 8000), SK_E_ARG);
	assert_int_equal(store_card_unrevoke(p->s, in.key, "", -1), SK_E_ARG);
}

static void test_card_by_head(void **state)
{
	struct store_place *p = *state;
	struct card a, b, got;

	assert_int_equal(help_person_add(p->s, "a1", "sato"), SK_OK);
	help_card(&a, 1, "a1");
	help_card(&b, 2, "a1");
	/* b's certificate begins like a's and differs behind byte 80. */
	memcpy(b.auth_cert, a.auth_cert, 80);
	assert_int_equal(store_card_add(p->s, &a), SK_OK);
	assert_int_equal(store_card_add(p->s, &b), SK_OK);
	assert_int_equal(store_card_by_head(p->s, a.auth_cert, 63, &got), SK_E_ARG);
	assert_int_equal(store_card_by_head(p->s, a.auth_cert, STORE_CERT_MAX + 1, &got), SK_E_ARG);
	memset(&got, 0xEE, sizeof(got));
	assert_int_equal(store_card_by_head(p->s, a.auth_cert, 64, &got), SK_E_NOENT); /* two fit */
	assert_int_equal(store_card_by_head(p->s, a.auth_cert, 80, &got), SK_E_NOENT);
	assert_int_equal(got.key[0], 0xEE);
	assert_int_equal(store_card_by_head(p->s, a.auth_cert, 81, &got), SK_OK);
	assert_memory_equal(&got, &a, sizeof(a));
	assert_int_equal(store_card_by_head(p->s, b.auth_cert, b.auth_cert_len, &got), SK_OK);
	assert_memory_equal(&got, &b, sizeof(b));
	/* Longer than the certificate, or another byte in it. */
	assert_int_equal(store_card_by_head(p->s, b.auth_cert, b.auth_cert_len + 1, &got), SK_E_NOENT);
	b.auth_cert[100] ^= 1;
	assert_int_equal(store_card_by_head(p->s, b.auth_cert, 200, &got), SK_E_NOENT);
	/* The other certificate, and a revoked card is still found. */
	assert_int_equal(store_card_set_status(p->s, b.key, CARD_REVOKED, "lost", 8000), SK_OK);
	assert_int_equal(store_card_by_head(p->s, b.card_cert, 64, &got), SK_OK);
	assert_memory_equal(got.key, b.key, sizeof(b.key));
	assert_int_equal(got.status, CARD_REVOKED);
}

static void test_card_each(void **state)
{
	struct store_place *p = *state;
	struct seen seen = { 0 };
	struct card c;

	assert_int_equal(help_person_add(p->s, "a1", "a"), SK_OK);
	assert_int_equal(help_person_add(p->s, "b1", "b"), SK_OK);
	for (uint8_t i = 1; i <= 4; i++) {
		help_card(&c, i, i % 2 == 0 ? "a1" : "b1");
		assert_int_equal(store_card_add(p->s, &c), SK_OK);
	}
	assert_int_equal(store_card_each(p->s, NULL, see_card, &seen), SK_OK);
	assert_string_equal(seen.ids, "2 4 1 3 ");
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(store_card_each(p->s, "b1", see_card, &seen), SK_OK);
	assert_string_equal(seen.ids, "1 3 ");
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 1;
	assert_int_equal(store_card_each(p->s, NULL, see_card, &seen), SK_E_NOENT);
	assert_string_equal(seen.ids, "2 ");
	assert_int_equal(store_card_each(p->s, "", see_card, &seen), SK_E_ARG);
	assert_int_equal(store_card_each(p->s, NULL, NULL, NULL), SK_E_ARG);
}

static void a_renewed_certificate_replaces_the_stored_one(void **state)
{
	struct store_place *p = *state;
	struct card in, out;

	assert_int_equal(help_person_add(p->s, "P1", "yamada"), SK_OK);
	help_card(&in, 1, "P1");
	assert_int_equal(store_card_add(p->s, &in), SK_OK);
	memset(in.auth_cert, 0xB7, 200);
	in.auth_cert_len = 200;
	in.not_after += 1000;
	assert_int_equal(store_card_renew(p->s, &in, 9000), SK_OK);
	assert_int_equal(store_card_get(p->s, in.key, &out), SK_OK);
	assert_int_equal(out.auth_cert_len, 200);
	assert_memory_equal(out.auth_cert, in.auth_cert, 200);
	assert_int_equal(out.not_after, in.not_after);
	assert_int_equal(out.changed, 9000);
	assert_int_equal(store_card_by_head(p->s, in.auth_cert, 100, &out), SK_OK);
	in.auth_cert_len = STORE_HEAD_MIN - 1;
	assert_int_equal(store_card_renew(p->s, &in, 9000), SK_E_ARG);
	in.auth_cert_len = 200;
	assert_int_equal(store_card_set_status(p->s, in.key, CARD_REVOKED, "lost", 9001), SK_OK);
	assert_int_equal(store_card_renew(p->s, &in, 9002), SK_E_STATE);
	in.key[0] ^= 1;
	assert_int_equal(store_card_renew(p->s, &in, 9003), SK_E_NOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_card, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_card_arguments, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_card_status, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_card_unrevoke, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_card_by_head, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(a_renewed_certificate_replaces_the_stored_one, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_card_each, store_place_setup, store_place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
