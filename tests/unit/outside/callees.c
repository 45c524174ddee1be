/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both attempts and the session guard call, replaced at link time where all of their rigs want the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/helper.h"
#include "trust/trust.h"

enum sk_status helper_send_plain(struct helper *h, enum ipc_type type)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, type, buf, sizeof(buf));
	return helper_send(h, &o);
}

enum sk_status trust_digest(enum ipc_alg alg, struct sk_span in, uint8_t ret[static TRUST_DIGEST_MAX], size_t *ret_len)
{
	(void)alg;
	(void)in;
	memset(ret, 0xD1, 32);
	*ret_len = 32;
	return SK_OK;
}
