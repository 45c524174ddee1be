/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaced at link time where the card is not what the tests are about: on no list, and its signature is good when it says "good".
 */
#include <string.h>

#include "daemon/denying.h"
#include "daemon/journal.h"
#include "trust/trust.h"

void journal_note(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

enum sk_status trust_random(uint8_t *ret, size_t len)
{
	memset(ret, 0x77, len);
	return SK_OK;
}

enum sk_status trust_verify(struct sk_span cert, struct sk_span digest, struct sk_span sig)
{
	(void)cert;
	(void)digest;
	return sig.len == 4 && memcmp(sig.p, "good", 4) == 0 ? SK_OK : SK_E_CRYPTO;
}

const char *denying_reason(const struct daemon *d, const uint8_t k[static STORE_KEY_LEN])
{
	(void)d;
	(void)k;
	return NULL;
}
