/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which open sessions are stopped, how often, and what is recorded. Store, denylist and event loop are real; logind, clock and
 * receipt are replaced at link time.
 */
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

#include "daemon/admin_rows.h"
#include "daemon/denying_impl.h"
#include "daemon/journal.h"
#include "denylist/denysign.h"

#define NOW 1790000000

static struct {
	char dir[64];
	struct daemon d;
	struct denying y;
	uint32_t stops, receipts;
	struct session last;
	enum logind_act act;
	struct logind_result answer;
	char authority[96], key[96];
	uint64_t number;
	bool meanwhile; /* another card is reported while logind is asked */
} w;

int64_t daemon_now(void)
{
	return NOW;
}

void logind_stop(struct logind *l, const struct session *s, enum logind_act act, logind_done_fn *done, void *arg)
{
	(void)l;
	w.stops++;
	w.last = *s;
	w.act = act;
	if (w.meanwhile)
		denying_sweep_in(&w.y, 1);
	done(arg, s, &w.answer);
}

void denying_receipt_write(struct denying *y)
{
	assert_ptr_equal(y, &w.y);
	w.receipts++;
}

const char *denying_reason(const struct daemon *d, const uint8_t key[static STORE_KEY_LEN])
{
	(void)d;
	(void)key;
	return NULL;
}

/* Of admin_rows.c, which would bring the whole administration along. */
void admin_card_hex(const uint8_t key[static STORE_KEY_LEN], char ret_hex[static 2 * STORE_KEY_LEN + 1])
{
	for (size_t i = 0; i < STORE_KEY_LEN; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", key[i]);
}

/* Until nothing is due within a moment; timers of DENYING_RETRY_S are not waited for. */
static void settle(void)
{
	while (sd_event_run(w.d.event, 20000) > 0)
		;
}

static void write_pem(const char *path, EVP_PKEY *key, bool private)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(private ? PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) : PEM_write_PUBKEY(f, key), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, private ? 0600 : 0644), 0);
}

static void key_of(uint8_t first, uint8_t ret_key[static STORE_KEY_LEN])
{
	memset(ret_key, 0x11, STORE_KEY_LEN);
	ret_key[0] = first;
}

static int setup(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct person p = { .id = "P1", .name = "x", .account = "yamada", .role = ROLE_STAFF, .status = PERSON_ACTIVE };
	char dir[96];

	(void)state;
	memset(&w, 0, sizeof(w));
	strcpy(w.dir, "/tmp/sekisho-denying-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	snprintf(w.authority, sizeof(w.authority), "%s/authority.pem", w.dir);
	snprintf(w.key, sizeof(w.key), "%s/key.pem", w.dir);
	snprintf(dir, sizeof(dir), "%s/denylist", w.dir);
	write_pem(w.authority, key, false);
	write_pem(w.key, key, true);
	EVP_PKEY_free(key);
	assert_int_equal(setenv("JOURNAL_STREAM", "quiet", 1), 0);
	assert_int_equal(store_sqlite_create(w.dir), SK_OK);
	assert_int_equal(store_sqlite_open(w.dir, &w.d.store), SK_OK);
	assert_true(sd_event_new(&w.d.event) >= 0);
	assert_int_equal(denykeep_open(&(struct denykeep_config){ w.authority, dir, "S" }, &w.y.keep), SK_OK);
	w.y.d = &w.d;
	w.d.logind = (struct logind *)&w; /* what the replaced logind_stop() is handed and never looks into */
	w.d.deny = &w.y;
	w.answer = (struct logind_result){ .locked = 1, .st = SK_OK };
	assert_int_equal(store_person_add(w.d.store, &p), SK_OK);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	(void)sd_event_source_disable_unref(w.y.sweep);
	free(w.y.dealt);
	denykeep_free(&w.y.keep);
	store_free(&w.d.store);
	sd_event_unref(w.d.event);
	snprintf(command, sizeof(command), "rm -rf '%s'", w.dir);
	assert_int_equal(system(command), 0);
	return 0;
}

static void add_card(uint8_t first, enum card_status status, int64_t changed)
{
	static struct card c;

	memset(&c, 0, sizeof(c));
	key_of(first, c.key);
	strcpy(c.person, "P1");
	c.status = status;
	c.profile = PROFILE_PIV;
	memset(c.auth_cert, first, 100);
	c.auth_cert_len = 100;
	c.created = 1;
	c.changed = changed;
	assert_int_equal(store_card_add(w.d.store, &c), SK_OK);
}

/* first 0: opened without a card of ours. */
static uint64_t add_session(uint8_t first, int64_t opened)
{
	struct session s = { .account = "yamada", .person = "P1", .service = "login", .tty = "tty2", .opened = opened };
	uint64_t id = 0;

	if (first != 0)
		key_of(first, s.key);
	assert_int_equal(store_session_open(w.d.store, &s, &id), SK_OK);
	return id;
}

static void list_card(uint8_t first, int64_t revoked)
{
	struct deny_entry e = { .revoked = revoked };
	struct deny_authority *a = NULL;
	struct denysign *s = NULL;
	uint8_t *bytes = NULL;
	size_t len = 0;
	char what[DENY_WHAT_MAX];

	key_of(first, e.key);
	assert_int_equal(deny_make("S", ++w.number, NOW, &e, 1, &bytes, &len), SK_OK);
	assert_int_equal(deny_authority_load(w.authority, &a, what), SK_OK);
	assert_int_equal(denysign_open(w.key, "", &s, what), SK_OK);
	assert_int_equal(denysign_list(s, a, bytes, len, what), SK_OK);
	assert_int_equal(denykeep_import(w.y.keep, (struct sk_span){ bytes, len }, NOW, what), SK_OK);
	denysign_free(&s);
	deny_authority_free(&a);
	free(bytes);
}

/* How many sessions one sweep stops. */
static uint32_t sweep(void)
{
	uint32_t before = w.stops;

	denying_sweep_soon(&w.d);
	settle();
	return w.stops - before;
}

/* The same at the retry that is due, as its timer would. */
static uint32_t again(void)
{
	uint32_t before = w.stops;

	assert_non_null(w.y.sweep);
	denying_sweep_in(&w.y, 0);
	settle();
	return w.stops - before;
}

static void only_lost_cards_stop(void **state)
{
	uint64_t id;

	(void)state;
	add_card(0xA1, CARD_ACTIVE, 1);
	add_card(0xB1, CARD_RETURNED, 1);
	add_card(0xC1, CARD_REVOKED, 1);
	add_session(0xA1, 100);
	add_session(0xB1, 100);
	assert_int_equal(sweep(), 0);
	id = add_session(0xC1, 100);
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.last.id, id);
	assert_int_equal(w.act, LOGIND_LOCK);
	/* Dealt with: somebody who unlocked it with another card isn't locked out again by the next list. */
	assert_int_equal(sweep(), 0);
	w.d.config.deny_end_sessions = true;
	add_card(0xD1, CARD_DESTROYED, 1);
	add_session(0xD1, 100);
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.act, LOGIND_END);
	assert_int_equal(w.y.counts.locked, 2);
}

static void hold(uint64_t id, uint8_t first, uint64_t attempt)
{
	struct session_hold h = { .attempt = attempt, .person = "P1", .since = 200 };

	key_of(first, h.key);
	assert_int_equal(store_session_hold(w.d.store, id, &h), SK_OK);
}

/* A desk that was locked for one lost card, and the card of the next one at it; and one that was found, and is lost once more. */
static void who_takes_a_stopped_session_over_is_looked_at(void **state)
{
	uint64_t id;

	(void)state;
	add_card(0xA1, CARD_ACTIVE, 1);
	add_card(0xB1, CARD_ACTIVE, 1);
	id = add_session(0xA1, 100);
	list_card(0xA1, 150);
	assert_int_equal(sweep(), 1);
	hold(id, 0xB1, 2);
	assert_int_equal(sweep(), 0);
	list_card(0xB1, 250);
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.last.id, id);
	assert_int_equal(sweep(), 0);
	list_card(0xEE, 300);
	hold(id, 0xB1, 3);
	assert_int_equal(sweep(), 0);
	list_card(0xB1, 350);
	assert_int_equal(sweep(), 1);
	assert_int_equal(sweep(), 0);
}

static void listed_cards_stop_and_closed_sessions_are_left(void **state)
{
	uint64_t id;

	(void)state;
	add_card(0xA1, CARD_ACTIVE, 1);
	id = add_session(0xA1, 100);
	add_session(0xE1, 100); /* not in this registry any more, but listed below */
	assert_int_equal(sweep(), 0);
	assert_int_equal(store_session_close(w.d.store, id, 200), SK_OK);
	list_card(0xA1, 50);
	assert_int_equal(sweep(), 0);
	id = add_session(0xA1, 100);
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.last.id, id);
	list_card(0xE1, 50);
	assert_int_equal(sweep(), 1);
}

/* Somebody came in past us: only what was lost since then counts. */
static void sessions_without_a_card(void **state)
{
	(void)state;
	add_card(0xA1, CARD_REVOKED, 500);
	add_session(0, 600);
	assert_int_equal(sweep(), 0);
	add_session(0, 400);
	assert_int_equal(sweep(), 1);
	add_card(0xB1, CARD_ACTIVE, 1);
	list_card(0xB1, 650);
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.last.opened, 600);
}

/* A list that can't be read refuses log-ins; people at work go on. */
static void damage_stops_nobody(void **state)
{
	char command[128];

	(void)state;
	add_card(0xA1, CARD_ACTIVE, 1);
	list_card(0xEE, 50);
	add_session(0xA1, 100);
	denykeep_free(&w.y.keep);
	snprintf(command, sizeof(command), "rm '%s/denylist/list'", w.dir);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "%s/denylist", w.dir);
	assert_int_equal(denykeep_open(&(struct denykeep_config){ w.authority, command, "S" }, &w.y.keep), SK_OK);
	assert_int_equal(sweep(), 0);
}

static enum sk_status count_stops(void *arg, const struct audit_row *row)
{
	uint32_t *n = arg;

	if (row->event == EV_SESSION_STOP) {
		assert_string_equal(row->account, "yamada");
		n[strcmp(row->reason, "logind-failed") == 0]++;
	}
	return SK_OK;
}

static void failures_are_recorded_once_and_tried_again(void **state)
{
	uint32_t n[2] = { 0, 0 };

	(void)state;
	add_card(0xC1, CARD_REVOKED, 1);
	add_session(0xC1, 100);
	w.answer = (struct logind_result){ .st = SK_E_IO };
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.y.counts.failed, 1);
	assert_int_equal(again(), 1);
	w.answer = (struct logind_result){ .ended = 1, .st = SK_OK };
	assert_int_equal(again(), 1);
	assert_int_equal(w.y.counts.failed, 0);
	assert_int_equal(w.y.counts.ended, 1);
	assert_null(w.y.sweep);
	assert_int_equal(sweep(), 0);
	assert_int_equal(store_audit_each(w.d.store, 0, 0, count_stops, n), SK_OK);
	assert_int_equal(n[1], 1);
	assert_int_equal(n[0], 1);
	assert_int_equal(w.receipts, 3);
}

/* A logind that was away for good does not use up the tries of the next lost card. */
static void each_change_has_its_own_tries(void **state)
{
	uint32_t n[2] = { 0, 0 };

	(void)state;
	add_card(0xC1, CARD_REVOKED, 1);
	add_session(0xC1, 100);
	w.answer = (struct logind_result){ .st = SK_E_IO };
	assert_int_equal(sweep(), 1);
	for (uint32_t i = 0; i < DENYING_RETRIES; i++)
		assert_int_equal(again(), 1);
	assert_null(w.y.sweep);
	assert_int_equal(sweep(), 1);
	assert_int_equal(again(), 1);
	assert_int_equal(store_audit_each(w.d.store, 0, 0, count_stops, n), SK_OK);
	assert_int_equal(n[1], 2);
}

/* The rest of the PAM stack makes logind's session. */
static void a_session_that_has_just_been_opened(void **state)
{
	uint32_t n[2] = { 0, 0 };

	(void)state;
	add_card(0xC1, CARD_REVOKED, 1);
	add_session(0xC1, NOW - 5);
	w.answer = (struct logind_result){ .st = SK_E_NOENT };
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.y.counts.absent, 0);
	/* An older one of the account. */
	w.answer = (struct logind_result){ .locked = 1, .st = SK_OK };
	assert_int_equal(again(), 1);
	assert_int_equal(w.y.counts.locked, 0);
	w.answer = (struct logind_result){ .locked = 1, .own = true, .st = SK_OK };
	assert_int_equal(again(), 1);
	assert_int_equal(w.y.counts.locked, 1);
	assert_null(w.y.sweep);
	assert_int_equal(store_audit_each(w.d.store, 0, 0, count_stops, n), SK_OK);
	assert_int_equal(n[0] + n[1], 1);
}

/* A card that was reported while the one before it could not be stopped is not made to wait. */
static void a_sweep_that_is_due_sooner_stays(void **state)
{
	(void)state;
	add_card(0xC1, CARD_REVOKED, 1);
	add_session(0xC1, 100);
	w.answer = (struct logind_result){ .st = SK_E_IO };
	w.meanwhile = true;
	assert_int_equal(sweep(), 1);
	w.meanwhile = false;
	for (int i = 0; i < 50 && w.stops < 2; i++)
		(void)sd_event_run(w.d.event, 100000);
	assert_int_equal(w.stops, 2);
}

static void break_card(uint8_t first)
{
	char command[256];

	snprintf(command, sizeof(command), "sqlite3 '%s/registry.db' \"UPDATE card SET created = -1 WHERE hex(substr(key, 1, 1)) = '%02X'\"", w.dir, first);
	assert_int_equal(system(command), 0);
}

/* One row that is damaged keeps no other lost card's session open. */
static void a_card_that_cannot_be_read(void **state)
{
	(void)state;
	add_card(0xA1, CARD_ACTIVE, 1);
	add_card(0xC1, CARD_REVOKED, 1);
	add_session(0xA1, 100);
	add_session(0xC1, 100);
	add_session(0xA1, 100);
	break_card(0xA1);
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.last.key[0], 0xC1);
	assert_int_equal(again(), 0);
	assert_non_null(w.y.sweep);
}

static void a_session_that_logind_does_not_know(void **state)
{
	(void)state;
	add_card(0xC1, CARD_REVOKED, 1);
	add_session(0xC1, 100);
	w.answer = (struct logind_result){ .st = SK_E_NOENT };
	assert_int_equal(sweep(), 1);
	assert_int_equal(w.y.counts.absent, 1);
	assert_null(w.y.sweep);
	assert_int_equal(sweep(), 0);
}

/* More than one batch holds. */
static void very_many_sessions(void **state)
{
	(void)state;
	add_card(0xC1, CARD_REVOKED, 1);
	for (int i = 0; i < 150; i++)
		add_session(0xC1, 100);
	denying_sweep_soon(&w.d);
	for (int i = 0; i < 200 && w.stops < 150; i++)
		(void)sd_event_run(w.d.event, 100000);
	settle();
	assert_int_equal(w.stops, 150);
	assert_int_equal(w.y.counts.locked, 150);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_lost_cards_stop),
		TEST(who_takes_a_stopped_session_over_is_looked_at),
		TEST(listed_cards_stop_and_closed_sessions_are_left),
		TEST(sessions_without_a_card),
		TEST(damage_stops_nobody),
		TEST(failures_are_recorded_once_and_tried_again),
		TEST(each_change_has_its_own_tries),
		TEST(a_session_that_has_just_been_opened),
		TEST(a_sweep_that_is_due_sooner_stays),
		TEST(a_card_that_cannot_be_read),
		TEST(a_session_that_logind_does_not_know),
		TEST(very_many_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
