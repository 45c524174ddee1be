/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/card/piv_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct piv_fixture fx;

int piv_setup(void **state)
{
	struct link *l = calloc(1, sizeof(*l));

	(void)state;
	fake_init(true);
	memset(&fx, 0, sizeof(fx));
	fx.l = l;
	fx.cert = calloc(1, sizeof(*fx.cert));
	if (!l || !fx.cert)
		return -1;
	l->connected = l->transaction = l->has_context = l->extended = true;
	l->context = 7;
	l->handle = 9;
	l->protocol = SCARD_PROTOCOL_T1;
	l->seen = SCARD_STATE_PRESENT | 1u << 16;
	memcpy(l->reader, "Reader A", 9);
	for (size_t i = 0; i < sizeof(fx.digest); i++)
		fx.digest[i] = (uint8_t)i;
	fx.tries = CARD_TRIES_UNKNOWN;
	return 0;
}

int piv_teardown(void **state)
{
	(void)state;
	free(fx.l);
	free(fx.cert);
	return 0;
}

enum sk_status piv_fixture_sign(enum ipc_alg alg, const char *pin)
{
	struct card_sign what = { .key_ref = 0x9A, .alg = alg,
		.digest_len = alg == ALG_P384_SHA384 ? 48 : 32, .pin_len = strlen(pin) };
	enum sk_status st;

	memcpy(what.digest, fx.digest, sizeof(what.digest));
	memcpy(what.pin, pin, strlen(pin));
	st = piv_profile.sign(fx.l, &what, fx.sig, &fx.sig_len, &fx.tries);
	/* Whatever came of it, the PIN is gone. */
	for (size_t i = 0; i < sizeof(what.pin); i++)
		assert_int_equal(what.pin[i], 0);
	return st;
}

void script_one(const char *command, const char *answer)
{
	static struct fake_step steps[1];

	steps[0] = (struct fake_step){ .command = command, .answer = answer };
	FAKE_SCRIPT(steps);
}
