/* SPDX-License-Identifier: Apache-2.0 */
/* A card that is ours already, for the tests of the PIV profile. */
#ifndef TEST_PIV_FIXTURE_H
#define TEST_PIV_FIXTURE_H

#include "card/profile.h"
#include "unit/card/fake_pcsc.h"

/* VERIFY with the PIN 123456. */
#define VERIFY_PIN "0020008008 313233343536FFFF"
#define DIGEST32 "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

struct piv_fixture {
	struct link *l;
	struct card_cert *cert;
	uint8_t digest[48]; /* 00 01 02 ... */
	uint8_t sig[CARD_SIGNATURE_MAX];
	size_t sig_len;
	uint8_t tries;
};

extern struct piv_fixture fx;

int piv_setup(void **state);
int piv_teardown(void **state);

/* Sign with key 9A. @p pin "": none. */
enum sk_status piv_fixture_sign(enum ipc_alg alg, const char *pin);

/* One command, one answer, given as hex. */
void script_one(const char *command, const char *answer);

#define TEST(f) cmocka_unit_test_setup_teardown(f, piv_setup, piv_teardown)

#endif
