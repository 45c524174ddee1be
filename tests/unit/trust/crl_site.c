/* SPDX-License-Identifier: Apache-2.0 */
/* See crl_site.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crl_site.h"

struct mint_site site;
struct mint_cert root, lost, kept;
struct trust *trust;

int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	lost = mint_leaf(&root, (struct mint_spec){ .name = "Lost" });
	kept = mint_leaf(&root, (struct mint_spec){ .name = "Kept" });
	mint_site_add(&site, "root.der", &root);
	trust = mint_site_open(&site, true, 3600);
	return 0;
}

int tear_down(void **state)
{
	(void)state;
	trust_free(&trust);
	mint_site_end(&site);
	mint_end();
	return 0;
}

void reopen(void)
{
	trust_free(&trust);
	trust = mint_site_open(&site, true, 3600);
}

void refused(struct sk_span crl, enum sk_status want, const char *why)
{
	struct trust_crl c = { .entries = 4711 };
	char what[160] = "";

	assert_int_equal(trust_crl_import(trust, crl, MINT_NOW, &c, what), want);
	if (!strstr(what, why))
		fail_msg("said: %s", what);
	assert_int_equal(c.entries, 4711);
}

enum sk_status note_list(void *arg, const struct trust_crl *c)
{
	*(struct trust_crl *)arg = *c;
	return SK_OK;
}
