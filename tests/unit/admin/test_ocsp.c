/* SPDX-License-Identifier: Apache-2.0 */
/* Administration of OCSP, the daemon's side: what is to be fetched, what is taken, recorded and shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../trust_ocsp/mint_ocsp.h"
#include "admin_rig.h"
#include "daemon/admin.h"

/* The rig's clock against the mint's. */
#define LATER (INT64_C(1790000000) - MINT_NOW)

static struct mint_site site;
static struct mint_cert root, auth, plain;
static char ocsp_dir[96], hex[65];

static int set_up(void **state)
{
	struct rig *r;
	const struct trust_config cfg = { .anchors_dir = site.anchors,
		.crl_dir = site.crls,
		.ocsp_dir = ocsp_dir,
		.crl_warn_s = 3600 };
	static struct card c;
	char what[160];

	if (rig_setup(state) != 0)
		return -1;
	r = *state;
	mint_site_begin(&site);
	(void)snprintf(ocsp_dir, sizeof(ocsp_dir), "%s/ocsp", site.dir);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	auth = mint_leaf(&root,
	    (struct mint_spec){ .name = "Auth",
		.serial = "0A01",
		.ext = { { "authorityInfoAccess", false, "OCSP;URI:ldap://no.example/,OCSP;URI:http://ocsp.example/" },
		    { "crlDistributionPoints", false, "URI:http://crl.example/a.crl,URI:file:///etc/passwd" } } });
	plain = mint_leaf(&root, (struct mint_spec){ .name = "Plain", .serial = "0A02" });
	mint_site_add(&site, "root.der", &root);
	assert_int_equal(trust_open(&cfg, &r->d.trust, what), SK_OK);
	rig_person(r, "1", "a");
	memset(&c, 0, sizeof(c));
	memset(c.key, 0xC1, sizeof(c.key));
	strcpy(c.person, "1");
	c.status = CARD_ACTIVE;
	c.profile = PROFILE_PIV;
	memcpy(c.auth_cert, auth.der, auth.len);
	c.auth_cert_len = (uint32_t)auth.len;
	memcpy(c.card_cert, plain.der, plain.len);
	c.card_cert_len = (uint32_t)plain.len;
	strcpy(c.label, "CN=Auth");
	c.created = c.changed = 1;
	c.not_after = 2000000000;
	assert_int_equal(store_card_add(r->d.store, &c), SK_OK);
	for (size_t i = 0; i < 32; i++)
		memcpy(hex + 2 * i, "c1", 3);
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	trust_free(&r->d.trust);
	mint_site_end(&site);
	mint_end();
	return rig_teardown(state);
}

static enum sk_status fetch_list(struct rig *r)
{
	rig_ask(r, CMD_FETCH_LIST);
	return rig_answer(r);
}

static void what_to_fetch(void **state)
{
	struct rig *r = *state;
	struct config *c = &r->d.config;

	assert_int_equal(fetch_list(r), SK_OK);
	assert_int_equal(r->rows.n, 0);
	strcpy(c->crl_watch, "/media");
	strcpy(c->crl_urls[0], "http://x.example/x.crl");
	strcpy(c->crl_urls[1], "cdp");
	strcpy(c->crl_urls[2], "http://crl.example/a.crl");
	c->crl_urls_n = 3;
	strcpy(c->ocsp_url, "aia");
	assert_int_equal(fetch_list(r), SK_OK);
	/* the folder; two lists, what the certificate names being one of them; two certificates, one without a responder */
	assert_int_equal(r->rows.n, 5);
	assert_string_equal(rig_cell(r, 0, IPC_F_EVENT), "watch");
	assert_string_equal(rig_cell(r, 0, IPC_F_PATH), "/media");
	assert_string_equal(rig_cell(r, 1, IPC_F_PATH), "http://x.example/x.crl");
	assert_string_equal(rig_cell(r, 2, IPC_F_PATH), "http://crl.example/a.crl");
	assert_string_equal(rig_cell(r, 3, IPC_F_EVENT), "ocsp");
	assert_string_equal(rig_cell(r, 3, IPC_F_CARD), hex);
	assert_string_equal(rig_cell(r, 3, IPC_F_SERIAL), "0A01");
	assert_string_equal(rig_cell(r, 3, IPC_F_PATH), "http://ocsp.example/");
	assert_true(ipc_has(&r->rows.v[3].m, IPC_F_BYTES));
	assert_string_equal(rig_cell(r, 4, IPC_F_SERIAL), "0A02");
	assert_string_equal(rig_cell(r, 4, IPC_F_PATH), "");
	/* the site's responder for all */
	strcpy(c->ocsp_url, "http://site.example/");
	c->crl_urls_n = 0;
	c->crl_watch[0] = '\0';
	assert_int_equal(fetch_list(r), SK_OK);
	assert_int_equal(r->rows.n, 2);
	assert_string_equal(rig_cell(r, 0, IPC_F_PATH), "http://site.example/");
	assert_string_equal(rig_cell(r, 1, IPC_F_PATH), "http://site.example/");
	/* nobody asks about a card that opens nothing any more */
	rig_ask(r, CMD_CARD_REVOKE);
	rig_text(r, IPC_F_CARD, hex);
	rig_text(r, IPC_F_DETAIL, "lost");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(fetch_list(r), SK_OK);
	assert_int_equal(r->rows.n, 0);
}

static struct sk_span response(const struct mint_cert *about, int status, int64_t from)
{
	return mint_ocsp((struct mint_ocsp){ .issuer = &root,
	    .about = about,
	    .status = status,
	    .from = LATER + from,
	    .until = LATER + from + MINT_DAY,
	    .produced = LATER + from });
}

static enum sk_status import(struct rig *r, struct sk_span der, const char *serial)
{
	rig_ask(r, CMD_OCSP_IMPORT);
	rig_text(r, IPC_F_CARD, "c1c1c1c1");
	if (serial)
		rig_text(r, IPC_F_SERIAL, serial);
	rig_text(r, IPC_F_PATH, "http://ocsp.example/");
	ipc_out_bytes(&r->o, IPC_F_BYTES, der.p, der.len);
	return rig_answer(r);
}

static void taken_and_recorded(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	assert_int_equal(import(r, response(&auth, V_OCSP_CERTSTATUS_GOOD, -100), "0A01"), SK_OK);
	assert_int_equal(r->rows.n, 1);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "good");
	assert_string_equal(rig_cell(r, 0, IPC_F_SERIAL), "0A01");
	assert_int_equal(rig_records(r), 1);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_CRL_IMPORT);
	assert_string_equal(row.reason, "ocsp-changed");
	assert_string_equal(row.card, hex);
	assert_non_null(strstr(row.detail, "good"));
	assert_non_null(strstr(row.detail, "from=http://ocsp.example/"));
	/* the same word again is no event; another word is */
	assert_int_equal(import(r, response(&auth, V_OCSP_CERTSTATUS_GOOD, -50), NULL), SK_OK);
	assert_int_equal(rig_records(r), 1);
	assert_int_equal(import(r, response(&auth, V_OCSP_CERTSTATUS_REVOKED, -40), NULL), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "revoked");
	assert_int_equal(rig_records(r), 2);
	/* by serial: the other certificate of the card */
	assert_int_equal(import(r, response(&plain, V_OCSP_CERTSTATUS_GOOD, -100), "0A02"), SK_OK);
	assert_int_equal(rig_records(r), 3);
	rig_ask(r, CMD_OCSP_STATUS);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 2);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "revoked");
	assert_string_equal(rig_cell(r, 1, IPC_F_STATUS), "good");
	assert_int_equal(rig_cell_num(r, 1, IPC_F_CREATED), 1790000000 - 100);
	assert_int_equal(rig_cell_num(r, 1, IPC_F_VALID_UNTIL), 1790000000 - 100 + MINT_DAY);
}

static void refused_and_recorded(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	assert_int_equal(import(r, response(&plain, V_OCSP_CERTSTATUS_GOOD, -100), "0A01"), SK_E_NOENT);
	assert_string_equal(r->text, "the response is about another certificate");
	assert_int_equal(rig_records(r), 1);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_CRL_REFUSED);
	assert_string_equal(row.reason, "ocsp-refused");
	assert_non_null(strstr(row.detail, "another certificate"));
	assert_int_equal(import(r, response(&auth, V_OCSP_CERTSTATUS_GOOD, -100), "0A03"), SK_E_NOENT);
	assert_int_equal(rig_records(r), 1);
	/* kept, but the record can't be written: told, and what is revoked stays revoked */
	rig_record_fails = SK_E_IO;
	assert_int_equal(import(r, response(&auth, V_OCSP_CERTSTATUS_REVOKED, -100), "0A01"), SK_E_IO);
	assert_non_null(strstr(r->text, "could not be recorded"));
	rig_record_fails = SK_OK;
	rig_ask(r, CMD_OCSP_STATUS);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "revoked");
	assert_string_equal(rig_cell(r, 1, IPC_F_STATUS), "none");
	assert_false(ipc_has(&r->rows.v[1].m, IPC_F_CREATED));
}

static void ages(void **state)
{
	struct rig *r = *state;

	assert_int_equal(import(r, response(&auth, V_OCSP_CERTSTATUS_GOOD, -MINT_DAY - 3700), "0A01"), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "too-old");
	assert_int_equal(import(r, response(&auth, V_OCSP_CERTSTATUS_GOOD, -MINT_DAY - 60), "0A01"), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "old");
	assert_int_equal(import(r, response(&auth, V_OCSP_CERTSTATUS_UNKNOWN, -60), "0A01"), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "unknown");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { T(what_to_fetch), T(taken_and_recorded), T(refused_and_recorded), T(ages) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
