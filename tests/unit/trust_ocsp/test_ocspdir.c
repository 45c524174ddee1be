/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_ocspdir.c
 * @brief The folder of responses kept: what is damaged denies; and what is asked of whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ocsp_site.h"

/* --- the folder --- */

static void kept_file(char ret_path[static 300])
{
	char command[200];
	FILE *f;

	(void)snprintf(command, sizeof(command), "ls %s/*.der", ocsp_dir);
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(ret_path, 300, f));
	assert_int_equal(pclose(f), 0);
	ret_path[strcspn(ret_path, "\n")] = '\0';
}

static void survives(void **state)
{
	char path[300];
	struct stat s;

	(void)state;
	taken((struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_REVOKED });
	kept_file(path);
	assert_int_equal(strlen(strrchr(path, '/') + 1), 68);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0640);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_REVOKED);
}

static void damaged_denies(void **state)
{
	char path[300];
	FILE *f;

	(void)state;
	taken((struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_REVOKED });
	kept_file(path);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 200, SEEK_SET), 0);
	assert_int_not_equal(fputs("????", f), EOF);
	assert_int_equal(fclose(f), 0);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_UNKNOWN);
	taken((struct mint_ocsp){ 0 });
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_GOOD_FRESH);
	/* writable for others: not ours any more */
	assert_int_equal(chmod(path, 0666), 0);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_UNKNOWN);
}

/* Wherever one byte of a kept "revoked" changes, its certificate stays denied: also inside the CertID, where the response would
 * seem to be about somebody else. */
static void any_damaged_byte_denies(void **state)
{
	char path[300];
	struct stat s;
	FILE *f;

	(void)state;
	taken((struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_REVOKED });
	kept_file(path);
	assert_int_equal(stat(path, &s), 0);
	assert_true(s.st_size > 300);
	for (long at = 0; at < s.st_size; at++) {
		int c;

		f = fopen(path, "r+");
		assert_non_null(f);
		assert_int_equal(fseek(f, at, SEEK_SET), 0);
		c = fgetc(f);
		for (int turn = 0; turn < 2; turn++) {
			assert_int_equal(fseek(f, at, SEEK_SET), 0);
			assert_int_equal(fputc(turn == 0 ? c ^ 0x01 : c, f), turn == 0 ? c ^ 0x01 : c);
			assert_int_equal(fflush(f), 0);
			open_trust(true);
			/* what the signature doesn't cover, the certificates that came along, may as well leave it as it is */
			if (turn == 1 || answer_at(MINT_NOW) != TRUST_OCSP_UNKNOWN)
				assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_REVOKED);
		}
		assert_int_equal(fclose(f), 0);
	}
}

static void name_fits_content(void **state)
{
	char path[300], moved[300];

	(void)state;
	taken((struct mint_ocsp){ 0 });
	kept_file(path);
	(void)snprintf(moved, sizeof(moved), "%s", path);
	moved[strlen(moved) - 5] = moved[strlen(moved) - 5] == '0' ? '1' : '0';
	assert_int_equal(rename(path, moved), 0);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_NONE);
	/* and whose name it has now is denied */
	assert_int_equal(trust->ocsp->n, 1);
	assert_int_equal(trust->ocsp->v[0].o.says, TRUST_OCSP_SAYS_DAMAGED);
}

static void folder_of_others(void **state)
{
	const struct trust_config cfg = { .anchors_dir = site.anchors, .crl_dir = site.crls, .ocsp_dir = ocsp_dir };
	struct trust *t = NULL;
	char what[160] = "";

	(void)state;
	assert_int_equal(chmod(ocsp_dir, 0777), 0);
	assert_int_equal(trust_open(&cfg, &t, what), SK_E_CORRUPT);
	assert_non_null(strstr(what, "not writable by others"));
	assert_null(t);
	assert_int_equal(chmod(ocsp_dir, 0700), 0);
}

static void unknown_issuer_opens_nothing(void **state)
{
	enum trust_reason why = TRUST_GOOD;
	struct trust_ocsp o;
	char path[400], what[160];
	bool warn;

	(void)state;
	taken((struct mint_ocsp){ 0 });
	(void)snprintf(path, sizeof(path), "%s/root.der", site.anchors);
	assert_int_equal(unlink(path), 0);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_UNKNOWN);
	assert_int_equal(trust_cert_check(trust, mint_span(&card), MINT_NOW, &why, &warn), SK_E_CRYPTO);
	assert_int_equal(why, TRUST_NO_CHAIN);
	assert_int_equal(take((struct mint_ocsp){ 0 }, &o, what), SK_E_NOENT);
	assert_non_null(strstr(what, "isn't among the CAs"));
	/* the CA comes back: what is kept counts again */
	mint_site_add(&site, "root.der", &root);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_GOOD_FRESH);
}

static void write_fails(void **state)
{
	char command[200];

	(void)state;
	taken((struct mint_ocsp){ 0 });
	(void)snprintf(command, sizeof(command), "rm -rf %s", ocsp_dir);
	assert_int_equal(system(command), 0);
	refused(
	    (struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_REVOKED, .from = -60, .until = MINT_DAY, .produced = -60 },
	    SK_E_IO, "can't be written");
}

/* --- asking --- */

static enum sk_status note_url(void *arg, const char *url)
{
	strcat(arg, url);
	strcat(arg, " ");
	return SK_OK;
}

static void urls_and_request(void **state)
{
	struct mint_cert c = mint_leaf(&root,
	    (struct mint_spec){ .name = "Urls",
		.ext = {
		    { "authorityInfoAccess", false,
			"caIssuers;URI:http://ca.example/ca.crt,OCSP;URI:http://ocsp.example/,OCSP;URI:http://a b/" },
		    { "crlDistributionPoints", false, "URI:http://crl.example/a.crl,URI:ldap://crl.example/cn=a" } } });
	struct mint_cert stranger = mint_leaf(&c, (struct mint_spec){ .name = "Stranger" });
	uint8_t der[TRUST_OCSP_REQUEST_MAX];
	const unsigned char *p = der;
	char seen[1024] = "";
	OCSP_REQUEST *request;
	OCSP_CERTID *id;
	size_t len = 0;

	(void)state;
	assert_int_equal(trust_cert_urls(mint_span(&c), TRUST_URL_OCSP, note_url, seen), SK_OK);
	assert_string_equal(seen, "http://ocsp.example/ ");
	seen[0] = '\0';
	assert_int_equal(trust_cert_urls(mint_span(&c), TRUST_URL_CRL, note_url, seen), SK_OK);
	assert_string_equal(seen, "http://crl.example/a.crl ldap://crl.example/cn=a ");
	seen[0] = '\0';
	assert_int_equal(trust_cert_urls(mint_span(&card), TRUST_URL_CRL, note_url, seen), SK_OK);
	assert_string_equal(seen, "");

	assert_int_equal(trust_ocsp_request(trust, mint_span(&card), der, &len), SK_OK);
	request = d2i_OCSP_REQUEST(NULL, &p, (long)len);
	assert_true(request && p == der + len);
	assert_int_equal(OCSP_request_onereq_count(request), 1);
	id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0));
	assert_true(ocsp_is_about(id, root.x, X509_get0_serialNumber(card.x)));
	assert_false(ocsp_is_about(id, root.x, X509_get0_serialNumber(second.x)));
	assert_int_equal(OCSP_REQUEST_get_ext_count(request), 0);
	OCSP_REQUEST_free(request);
	assert_int_equal(trust_ocsp_request(trust, mint_span(&stranger), der, &len), SK_E_NOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(survives),
		T(damaged_denies),
		T(any_damaged_byte_denies),
		T(name_fits_content),
		T(folder_of_others),
		T(unknown_issuer_opens_nothing),
		T(write_fails),
		T(urls_and_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
