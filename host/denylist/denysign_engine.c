/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys behind an OpenSSL engine. Engines are deprecated since OpenSSL 3.0, but Debian 12 has no PKCS#11 provider, only libp11's
 * engine (libengine-pkcs11-openssl): this file alone uses the old interface, to get an EVP_PKEY. Signing is EVP as ever.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>
#include <openssl/ui.h>

#include "denylist/denysign_impl.h"

/* Rule 3 of denysign.h. An engine that is given no UI_METHOD asks on the terminal. */
static int asks_nobody(UI *ui, UI_STRING *uis)
{
	(void)ui;
	(void)uis;
	return 0;
}

static UI_METHOD *ui_of_nobody(void)
{
	UI_METHOD *m = UI_create_method("nobody is asked");

	if (m != NULL && UI_method_set_reader(m, asks_nobody) != 0) {
		UI_destroy_method(m);
		return NULL;
	}
	return m;
}

EVP_PKEY *denysign_engine_key(const char *engine, const char *uri)
{
	UI_METHOD *ui = ui_of_nobody();
	ENGINE *e = NULL;
	EVP_PKEY *key = NULL;

	ENGINE_load_builtin_engines();
	if (ui != NULL)
		e = ENGINE_by_id(engine);
	if (e != NULL && ENGINE_init(e) == 1) {
		key = ENGINE_load_private_key(e, uri, ui, NULL);
		(void)ENGINE_finish(e);
	}
	(void)ENGINE_free(e);
	UI_destroy_method(ui);
	return key;
}
