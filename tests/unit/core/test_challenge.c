/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_challenge.c
 * @brief core/challenge.h: the vectors of PROTOCOL.md, and no two attempts with the same bytes.
 */
#include "unit/core/core_test.h"

#include "core/challenge.h"

/* PROTOCOL.md "Challenge", both vectors. */
static const char vector_login[] =
    "16 73 65 6B 69 73 68 6F 2D 63 61 72 64 2D 63 68 "
    "61 6C 6C 65 6E 67 65 01 0C 6D 61 64 6F 67 75 63 "
    "68 69 2D 30 33 06 79 61 6D 61 64 61 05 6C 6F 67 "
    "69 6E 40 41 42 43 44 45 46 47 48 49 4A 4B 4C 4D "
    "4E 4F 50 51 52 53 54 55 56 57 58 59 5A 5B 5C 5D "
    "5E 5F";
static const char vector_enrol[] =
    "16 73 65 6B 69 73 68 6F 2D 63 61 72 64 2D 63 68 "
    "61 6C 6C 65 6E 67 65 01 01 74 00 01 73 00 00 00 "
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 00 00 00 00 01";

static struct sk_span span(const char *text)
{
	struct sk_span s = { (const uint8_t *)text, strlen(text) };

	return s;
}

static struct challenge make(const char *terminal, const char *account, const char *service)
{
	struct challenge c = { span(terminal), span(account), span(service), { 0 } };

	for (size_t i = 0; i < CHALLENGE_NONCE_LEN; i++)
		c.nonce[i] = (uint8_t)(0x40 + i);
	return c;
}

static size_t encode_ok(const struct challenge *c, uint8_t out[static CHALLENGE_MAX])
{
	struct sk_writer w;
	size_t len = 0;

	sk_writer_init(&w, out, CHALLENGE_MAX);
	assert_int_equal(challenge_encode(c, &w), SK_OK);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	return len;
}

static void test_vectors(void **state)
{
	struct challenge c = make("madoguchi-03", "yamada", "login");
	uint8_t want[CHALLENGE_MAX], got[CHALLENGE_MAX];
	size_t want_n = unhex(vector_login, want, sizeof(want));

	(void)state;
	assert_int_equal(encode_ok(&c, got), want_n);
	assert_memory_equal(got, want, want_n);

	c = make("t", "", "s");
	c.account.p = NULL;
	memset(c.nonce, 0, sizeof(c.nonce));
	c.nonce[CHALLENGE_NONCE_LEN - 1] = 1;
	want_n = unhex(vector_enrol, want, sizeof(want));
	assert_int_equal(encode_ok(&c, got), want_n);
	assert_memory_equal(got, want, want_n);
}

static void test_name_limits(void **state)
{
	static const char longest[] = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";
	static const char too_long[] = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0";
	const struct {
		const char *terminal, *account, *service;
	} bad[] = {
		{ "", "a", "s" }, { "t", "a", "" },
		{ too_long, "a", "s" }, { "t", too_long, "s" }, { "t", "a", too_long },
	};
	uint8_t buf[CHALLENGE_MAX];
	struct challenge c = make(longest, longest, longest);
	struct sk_writer w;

	(void)state;
	assert_int_equal(encode_ok(&c, buf), 251);
	sk_writer_init(&w, buf, sizeof(buf));
	for (size_t i = 0; i < ARRAY_N(bad); i++) {
		c = make(bad[i].terminal, bad[i].account, bad[i].service);
		assert_int_equal(challenge_encode(&c, &w), SK_E_ARG);
	}
	/* A length without bytes. */
	c = make("t", "a", "s");
	c.account.p = NULL;
	assert_int_equal(challenge_encode(&c, &w), SK_E_ARG);
	assert_int_equal(w.len, 0);
	assert_false(w.bad);
}

/* All zero is refused; a single bit anywhere is not. */
static void test_nonce_must_be_drawn(void **state)
{
	struct challenge c = make("t", "a", "s");
	uint8_t buf[CHALLENGE_MAX];
	struct sk_writer w;

	(void)state;
	memset(c.nonce, 0, sizeof(c.nonce));
	sk_writer_init(&w, buf, sizeof(buf));
	assert_int_equal(challenge_encode(&c, &w), SK_E_FAULT);
	assert_int_equal(w.len, 0);
	for (size_t bit = 0; bit < (size_t)8 * CHALLENGE_NONCE_LEN; bit++) {
		memset(c.nonce, 0, sizeof(c.nonce));
		c.nonce[bit / 8] = (uint8_t)(1u << bit % 8);
		assert_int_equal(encode_ok(&c, buf), 61 + 1);
	}
}

static void test_every_short_buffer(void **state)
{
	struct challenge c = make("madoguchi-03", "yamada", "login");
	uint8_t buf[CHALLENGE_MAX];
	size_t len = encode_ok(&c, buf);

	(void)state;
	for (size_t cap = 0; cap <= len; cap++) {
		struct sk_writer w;

		sk_writer_init(&w, buf, cap);
		assert_int_equal(challenge_encode(&c, &w), cap < len ? SK_E_SPACE : SK_OK);
	}
}

/* Moving bytes between neighbouring fields, or changing one, changes the challenge. */
static void test_no_two_alike(void **state)
{
	static const char *const names[][3] = {
		{ "ab", "c", "d" }, { "a", "bc", "d" }, { "a", "b", "cd" }, { "abc", "", "d" },
		{ "ab", "", "cd" }, { "ab", "cd", "s" }, { "c", "ab", "d" }, { "ab", "c", "e" },
		{ "ab", "d", "c" }, { "ab\x01", "c", "d" },
	};
	uint8_t a[CHALLENGE_MAX], b[CHALLENGE_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(names); i++) {
		struct challenge c = make(names[i][0], names[i][1], names[i][2]);
		size_t a_n = encode_ok(&c, a);

		for (size_t j = 0; j < i; j++) {
			struct challenge d = make(names[j][0], names[j][1], names[j][2]);
			size_t b_n = encode_ok(&d, b);

			assert_true(a_n != b_n || memcmp(a, b, a_n) != 0);
		}
		c.nonce[31] ^= 1;
		assert_int_equal(encode_ok(&c, b), a_n);
		assert_memory_not_equal(a, b, a_n);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_name_limits),
		cmocka_unit_test(test_nonce_must_be_drawn),
		cmocka_unit_test(test_every_short_buffer),
		cmocka_unit_test(test_no_two_alike),
	};

	return cmocka_run_group_tests_name("challenge", tests, NULL, NULL);
}
