/* SPDX-License-Identifier: Apache-2.0 */
/* The denylist on the administration socket: drafts, chunks, un-revoking. Signatures are real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin_rig.h"
#include "denylist/denykeep.h"
#include "denylist/denysign.h"

static const char card_f[] = "f000000000000000000000000000000000000000000000000000000000000000";

static char authority[96], key_file[96];
static char what[DENY_WHAT_MAX];

static void write_pem(const char *path, EVP_PKEY *key, bool private)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(private ? PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) : PEM_write_PUBKEY(f, key), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, private ? 0600 : 0644), 0);
}

static int setup(void **state)
{
	struct rig *r;
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	char dir[96];

	rig_setup(state);
	r = *state;
	strcpy(r->d.config.site, "Demo City");
	snprintf(authority, sizeof(authority), "%s/authority.pem", r->dir);
	snprintf(key_file, sizeof(key_file), "%s/key.pem", r->dir);
	snprintf(dir, sizeof(dir), "%s/denylist", r->dir);
	write_pem(authority, key, false);
	write_pem(key_file, key, true);
	EVP_PKEY_free(key);
	assert_int_equal(denykeep_open(&(struct denykeep_config){ authority, dir, "Demo City" }, &rig_keep), SK_OK);
	return 0;
}

static int teardown(void **state)
{
	denykeep_free(&rig_keep);
	return rig_teardown(state);
}

/* The bytes of the rows of the last answer. */
static size_t joined(struct rig *r, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < r->rows.n; i++) {
		struct sk_span chunk = r->rows.v[i].m.f[IPC_F_BYTES];

		assert_int_equal(rig_cell_num(r, i, IPC_F_COUNT), n);
		assert_true(chunk.len <= cap - n);
		memcpy(out + n, chunk.p, chunk.len);
		n += chunk.len;
	}
	assert_int_equal(rig_cell_num(r, 0, IPC_F_TOTAL), n);
	return n;
}

static enum sk_status draft(struct rig *r, const char *card, uint32_t flags)
{
	rig_ask(r, CMD_DENYLIST_DRAFT);
	if (card != NULL)
		rig_text(r, IPC_F_CARD, card);
	if (flags != 0)
		rig_num(r, IPC_F_FLAGS, flags);
	rig_text(r, IPC_F_DETAIL, "lost");
	return rig_answer(r);
}

static enum sk_status send_list(struct rig *r, const uint8_t *bytes, size_t len, size_t step)
{
	enum sk_status st = SK_OK;

	for (size_t at = 0; at < len && st == SK_OK; at += step) {
		rig_ask(r, CMD_DENYLIST_IMPORT);
		rig_num(r, IPC_F_COUNT, at);
		rig_num(r, IPC_F_TOTAL, len);
		ipc_out_bytes(&r->o, IPC_F_BYTES, bytes + at, len - at < step ? len - at : step);
		rig_text(r, IPC_F_PATH, "usb-list");
		st = rig_answer(r);
	}
	return st;
}

static uint8_t bytes[4096];
static size_t len;

/* Draft, sign, import: as sekishoctl does. */
static enum sk_status publish(struct rig *r, const char *card, uint32_t flags)
{
	struct deny_authority *a = NULL;
	struct denysign *s = NULL;
	enum sk_status st = draft(r, card, flags);

	if (st != SK_OK)
		return st;
	len = joined(r, bytes, sizeof(bytes));
	assert_int_equal(deny_authority_load(authority, &a, what), SK_OK);
	assert_int_equal(denysign_open(key_file, "", &s, what), SK_OK);
	assert_int_equal(denysign_list(s, a, bytes, len, what), SK_OK);
	denysign_free(&s);
	deny_authority_free(&a);
	return send_list(r, bytes, len, 100);
}

static enum sk_status revoke_card(struct rig *r, const char *card)
{
	rig_ask(r, CMD_CARD_REVOKE);
	rig_text(r, IPC_F_CARD, card);
	rig_text(r, IPC_F_DETAIL, "lost");
	return rig_answer(r);
}

static enum sk_status unrevoke(struct rig *r, const char *card)
{
	rig_ask(r, CMD_CARD_UNREVOKE);
	rig_text(r, IPC_F_CARD, card);
	rig_text(r, IPC_F_DETAIL, "wrong card");
	return rig_answer(r);
}

static uint32_t entries(void)
{
	struct denykeep_facts f;

	denykeep_facts(rig_keep, &f);
	return f.n;
}

static void a_draft_has_the_revoked_cards(void **state)
{
	struct rig *r = *state;
	struct denylist l;
	struct audit_row row;
	uint32_t at;
	uint8_t key[STORE_KEY_LEN] = { 0xA1 };

	memset(key + 1, 0x11, sizeof(key) - 1);
	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	rig_card(r, "1", 0xB1);
	assert_int_equal(revoke_card(r, "a1111111"), SK_OK);
	assert_int_equal(draft(r, NULL, 0), SK_OK);
	len = joined(r, bytes, sizeof(bytes));
	assert_int_equal(denylist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
	assert_int_equal(l.said.number, 1);
	assert_int_equal(l.said.n, 1);
	assert_int_equal(denylist_find(l.keys.p, 1, key, &at), SK_OK);
	rig_newest(r, &row);
	assert_string_equal(row.reason, "denylist-draft");
	assert_non_null(strstr(row.detail, "reason=lost"));
	/* Nothing is in force by a draft, and unsigned it comes into force nowhere. */
	assert_int_equal(entries(), 0);
	assert_int_equal(send_list(r, bytes, len, 100), SK_E_CRYPTO);
	assert_string_equal(r->text, "The denylist isn't signed by this site's denylist authority.");
	assert_int_equal(entries(), 0);
}

static void a_site_without_name_makes_none(void **state)
{
	struct rig *r = *state;

	r->d.config.site[0] = '\0';
	assert_int_equal(draft(r, NULL, 0), SK_E_ARG);
	assert_int_equal(rig_records(r), 0);
}

static void cards_from_elsewhere_come_on_and_stay(void **state)
{
	struct rig *r = *state;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	assert_int_equal(publish(r, card_f, IPC_DRAFT_ADD), SK_OK);
	assert_int_equal(entries(), 1);
	assert_int_equal(revoke_card(r, "a1111111"), SK_OK);
	assert_int_equal(publish(r, NULL, 0), SK_OK);
	assert_int_equal(entries(), 2);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "good");
	assert_string_equal(rig_cell(r, 0, IPC_F_SERIAL), "2");
	assert_int_equal(publish(r, card_f, IPC_DRAFT_LEAVE), SK_OK);
	assert_int_equal(entries(), 1);
	/* Flags and card come together; a beginning names registered cards only. */
	assert_int_equal(draft(r, card_f, 0), SK_E_ARG);
	assert_int_equal(draft(r, NULL, IPC_DRAFT_ADD), SK_E_ARG);
	assert_int_equal(draft(r, card_f, 3), SK_E_ARG);
	assert_int_equal(draft(r, "f0000000", IPC_DRAFT_ADD), SK_E_NOENT);
}

static void chunks_out_of_order(void **state)
{
	struct rig *r = *state;

	assert_int_equal(publish(r, card_f, IPC_DRAFT_ADD), SK_OK);
	rig_ask(r, CMD_DENYLIST_IMPORT);
	rig_num(r, IPC_F_COUNT, 100);
	rig_num(r, IPC_F_TOTAL, len);
	ipc_out_bytes(&r->o, IPC_F_BYTES, bytes + 100, len - 100);
	rig_text(r, IPC_F_PATH, "usb-list");
	assert_int_equal(rig_answer(r), SK_E_STATE);
	rig_ask(r, CMD_DENYLIST_IMPORT);
	rig_num(r, IPC_F_COUNT, 0);
	rig_num(r, IPC_F_TOTAL, DENYLIST_LEN_MAX + 1);
	ipc_out_bytes(&r->o, IPC_F_BYTES, bytes, 100);
	rig_text(r, IPC_F_PATH, "usb-list");
	assert_int_equal(rig_answer(r), SK_E_SPACE);
	/* More than was announced. */
	rig_ask(r, CMD_DENYLIST_IMPORT);
	rig_num(r, IPC_F_COUNT, 0);
	rig_num(r, IPC_F_TOTAL, 99);
	ipc_out_bytes(&r->o, IPC_F_BYTES, bytes, 100);
	rig_text(r, IPC_F_PATH, "usb-list");
	assert_int_equal(rig_answer(r), SK_E_STATE);
	assert_int_equal(entries(), 1);
	/* It can't be recorded: nothing changes. */
	assert_int_equal(publish(r, NULL, 0), SK_OK);
	rig_record_fails = SK_E_IO;
	assert_int_not_equal(send_list(r, bytes, len, 4096), SK_OK);
	rig_record_fails = SK_OK;
}

static void export_status_receipt(void **state)
{
	struct rig *r = *state;
	uint8_t out[4096];

	rig_ask(r, CMD_DENYLIST_EXPORT);
	assert_int_equal(rig_answer(r), SK_E_NOENT);
	rig_ask(r, CMD_DENYLIST_RECEIPT);
	assert_int_equal(rig_answer(r), SK_E_NOENT);
	rig_ask(r, CMD_DENYLIST_STATUS);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "none");
	assert_int_equal(publish(r, card_f, IPC_DRAFT_ADD), SK_OK);
	rig_ask(r, CMD_DENYLIST_EXPORT);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(joined(r, out, sizeof(out)), len);
	assert_memory_equal(out, bytes, len);
	rig_ask(r, CMD_DENYLIST_RECEIPT);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(joined(r, out, sizeof(out)), 28);
	rig_ask(r, CMD_DENYLIST_STATUS);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_SERIAL), "1");
	assert_int_equal(rig_cell_num(r, 0, IPC_F_COUNT), 1);
}

/* Only a list that the authority signed after the revocation, and that doesn't have the card, brings it back. */
static void unrevoking_takes_the_authority(void **state)
{
	struct rig *r = *state;
	struct audit_row row;
	uint64_t n;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	rig_card(r, "1", 0xB1);
	assert_int_equal(unrevoke(r, "a1111111"), SK_E_STATE);
	assert_int_equal(revoke_card(r, "a1111111"), SK_OK);
	assert_int_equal(unrevoke(r, "a1111111"), SK_E_DENIED); /* there is no list at all */
	assert_int_equal(publish(r, NULL, 0), SK_OK);
	assert_int_equal(unrevoke(r, "a1111111"), SK_E_DENIED); /* the card is on it */
	assert_int_equal(rig_card_status(r, 0xA1), CARD_REVOKED);
	assert_int_equal(publish(r, rig_card_a, IPC_DRAFT_LEAVE), SK_OK);
	n = rig_records(r);
	rig_record_fails = SK_E_IO;
	assert_int_not_equal(unrevoke(r, "a1111111"), SK_OK);
	rig_record_fails = SK_OK;
	assert_int_equal(rig_card_status(r, 0xA1), CARD_REVOKED);
	assert_int_equal(unrevoke(r, "a1111111"), SK_OK);
	assert_int_equal(rig_card_status(r, 0xA1), CARD_ACTIVE);
	assert_int_equal(rig_records(r), n + 1);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_CARD_UNREVOKE);
	assert_string_equal(row.card, rig_card_a);
	assert_string_equal(row.person, "1");
	assert_non_null(strstr(row.detail, "denylist=2 reason=wrong card"));
	/* The next list doesn't bring it back on. */
	assert_int_equal(publish(r, NULL, 0), SK_OK);
	assert_int_equal(entries(), 0);
	/* Given back or destroyed: not this way. */
	rig_ask(r, CMD_CARD_RETURN);
	rig_text(r, IPC_F_CARD, "b1111111");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(unrevoke(r, "b1111111"), SK_E_STATE);
}

/* A list that is older than the revocation says nothing about the card. */
static void an_older_list_lets_nothing_go(void **state)
{
	struct rig *r = *state;
	uint8_t key[STORE_KEY_LEN];

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	assert_int_equal(publish(r, NULL, 0), SK_OK);
	memset(key, 0x11, sizeof(key));
	key[0] = 0xA1;
	/* One second after the list was issued. */
	assert_int_equal(store_card_set_status(r->d.store, key, CARD_REVOKED, "lost", 1790000001), SK_OK);
	assert_int_equal(unrevoke(r, "a1111111"), SK_E_DENIED);
	assert_int_equal(rig_card_status(r, 0xA1), CARD_REVOKED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_draft_has_the_revoked_cards),
		TEST(a_site_without_name_makes_none),
		TEST(cards_from_elsewhere_come_on_and_stay),
		TEST(chunks_out_of_order),
		TEST(export_status_receipt),
		TEST(unrevoking_takes_the_authority),
		TEST(an_older_list_lets_nothing_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
