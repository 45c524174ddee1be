/* SPDX-License-Identifier: Apache-2.0 */
/* See ocsp_site.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ocsp_site.h"

struct mint_site site;
char ocsp_dir[96];
struct mint_cert root, other, card, second;
struct trust *trust;

void open_trust(bool require_crl)
{
	const struct trust_config cfg = { .anchors_dir = site.anchors,
		.crl_dir = site.crls,
		.ocsp_dir = ocsp_dir,
		.require_crl = require_crl,
		.crl_warn_s = WARN_S };
	char what[160] = "";

	trust_free(&trust);
	if (trust_open(&cfg, &trust, what) != SK_OK)
		fail_msg("trust_open: %s", what);
}

int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	(void)snprintf(ocsp_dir, sizeof(ocsp_dir), "%s/ocsp", site.dir);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	other = mint_ca(NULL, (struct mint_spec){ .name = "Other Root" });
	card = mint_leaf(&root, (struct mint_spec){ .name = "Card" });
	second = mint_leaf(&root, (struct mint_spec){ .name = "Second" });
	mint_site_add(&site, "root.der", &root);
	mint_site_add(&site, "other.der", &other);
	open_trust(true);
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

struct mint_ocsp about(struct mint_ocsp s)
{
	s.issuer = s.issuer ? s.issuer : &root;
	s.about = s.about ? s.about : &card;
	return s;
}

enum sk_status take(struct mint_ocsp s, struct trust_ocsp *ret_o, char what[static 160])
{
	what[0] = '\0';
	return trust_ocsp_import(trust, mint_span(&card), mint_ocsp(about(s)), MINT_NOW, ret_o, what);
}

struct trust_ocsp taken(struct mint_ocsp s)
{
	struct trust_ocsp o = { 0 };
	char what[160];

	if (take(s, &o, what) != SK_OK)
		fail_msg("refused: %s", what);
	return o;
}

void refused(struct mint_ocsp s, enum sk_status want, const char *why)
{
	struct trust_ocsp o = { .reason = 4711 }, before, after;
	enum trust_ocsp_verdict was, is;
	char what[160];
	enum sk_status st;

	assert_int_equal(trust_ocsp_look(trust, mint_span(&card), MINT_NOW, &before, &was), SK_OK);
	st = take(s, &o, what);
	if (!strstr(what, why))
		fail_msg("said: %s", what);
	assert_int_equal(st, want);
	assert_int_equal(o.reason, 4711);
	assert_int_equal(trust_ocsp_look(trust, mint_span(&card), MINT_NOW, &after, &is), SK_OK);
	assert_int_equal(is, was);
	assert_int_equal(after.this_update, before.this_update);
}

enum trust_ocsp_verdict answer_at(int64_t now)
{
	return trust_ocsp_answer(trust, root.x, card.x, now);
}
