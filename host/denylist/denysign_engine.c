/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys behind an OpenSSL engine. Engines are deprecated since OpenSSL 3.0, but Debian 12 has no PKCS#11 provider, only libp11's
 * engine (libengine-pkcs11-openssl): this file alone uses the old interface, to get an EVP_PKEY. Signing is EVP as ever.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>

#include "denylist/denysign_impl.h"

EVP_PKEY *denysign_engine_key(const char *engine, const char *uri)
{
	ENGINE *e;
	EVP_PKEY *key = NULL;

	ENGINE_load_builtin_engines();
	e = ENGINE_by_id(engine);
	if (e == NULL)
		return NULL;
	if (ENGINE_init(e) == 1) {
		key = ENGINE_load_private_key(e, uri, NULL, NULL);
		(void)ENGINE_finish(e);
	}
	(void)ENGINE_free(e);
	return key;
}
