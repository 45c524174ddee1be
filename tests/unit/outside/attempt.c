/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attempts call, replaced at link time for tests of attempts alone: no device in use, every certificate good.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/daemon.h"
#include "daemon/guarding.h"
#include "daemon/helper.h"
#include "trust/trust.h"

/* The session guard has tests of its own. */
void guarding_granted(struct daemon *d, const struct attempt *a)
{
	(void)d;
	(void)a;
}

void guarding_turn(struct daemon *d)
{
	(void)d;
}

uint32_t helper_device_n(void)
{
	return 0;
}

enum sk_status trust_cert_check(struct trust *t, struct sk_span der, int64_t now, enum trust_reason *ret, bool *warn)
{
	(void)t;
	(void)der;
	(void)now;
	*ret = TRUST_GOOD;
	*warn = false;
	return SK_OK;
}

bool trust_needs_repair(const struct trust *t)
{
	(void)t;
	return false;
}

void daemon_repair_later(struct daemon *d)
{
	(void)d;
	fail();
}
