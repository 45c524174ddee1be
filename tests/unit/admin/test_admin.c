/* SPDX-License-Identifier: Apache-2.0 */
/* Administration, the daemon's side: what each command takes, changes, records and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "admin_rig.h"

static const char card_a[] = "a111111111111111111111111111111111111111111111111111111111111111";
static const char card_b[] = "b111111111111111111111111111111111111111111111111111111111111111";

static void ask_add(struct rig *r, const char *id, const char *account)
{
	rig_ask(r, CMD_PERSON_ADD);
	rig_text(r, IPC_F_PERSON, id);
	rig_text(r, IPC_F_NAME, "山田花子");
	rig_text(r, IPC_F_ACCOUNT, account);
}

static void person_add(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	ask_add(r, "10234", "yamada");
	rig_text(r, IPC_F_ROLE, "privileged");
	rig_num(r, IPC_F_VALID_FROM, 100);
	rig_num(r, IPC_F_VALID_UNTIL, 2000000000);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 1);
	assert_string_equal(rig_cell(r, 0, IPC_F_ROLE), "privileged");
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "active");
	assert_int_equal(rig_records(r), 1);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_ADMIN);
	assert_string_equal(row.reason, "person-add");
	assert_string_equal(row.person, "10234");
	assert_string_equal(row.actor, "uid 0");
	assert_non_null(strstr(row.detail, "role=privileged"));
	/* Number or account taken: nothing changed, nothing recorded. */
	ask_add(r, "10234", "other");
	assert_int_equal(rig_answer(r), SK_E_EXIST);
	ask_add(r, "10235", "yamada");
	assert_int_equal(rig_answer(r), SK_E_EXIST);
	assert_int_equal(rig_records(r), 1);
	ask_add(r, "10236", "sato");
	rig_text(r, IPC_F_ROLE, "boss");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	ask_add(r, "10236", "sato");
	rig_num(r, IPC_F_VALID_FROM, 200);
	rig_num(r, IPC_F_VALID_UNTIL, 100);
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask(r, CMD_PERSON_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 1);
}

/* The table: a field too many, a field missing, two targets, none, and an unknown command. */
static void table(void **state)
{
	struct rig *r = *state;

	ask_add(r, "1", "a");
	rig_text(r, IPC_F_CARD, "aabbccdd");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask(r, CMD_PERSON_ADD);
	rig_text(r, IPC_F_PERSON, "1");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask(r, CMD_CARD_REVOKE);
	rig_text(r, IPC_F_DETAIL, "lost");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask(r, CMD_CARD_REVOKE);
	rig_text(r, IPC_F_CARD, "aabbccdd");
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "lost");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask(r, (enum ipc_command)999);
	assert_int_equal(rig_answer(r), SK_E_UNSUPPORTED);
	assert_int_equal(rig_records(r), 0);
	rig_ask(r, CMD_FINGER_ENROL);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_FINGER, "right-index");
	assert_int_equal(rig_answer(r), SK_E_NOENT);
	assert_string_equal(r->text, "There is no person with this number.");
	assert_int_equal(rig_enrolments, 0);
}

static void suspend_reinstate(void **state)
{
	struct rig *r = *state;
	struct person p;

	rig_person(r, "1", "a");
	rig_ask(r, CMD_PERSON_REINSTATE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_E_STATE);
	rig_ask(r, CMD_PERSON_SUSPEND);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask(r, CMD_PERSON_SUSPEND);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "leave");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(store_person_get(r->d.store, "1", &p), SK_OK);
	assert_int_equal(p.status, PERSON_SUSPENDED);
	rig_ask(r, CMD_PERSON_REINSTATE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "back");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(store_person_get(r->d.store, "1", &p), SK_OK);
	assert_int_equal(p.status, PERSON_ACTIVE);
	assert_int_equal(rig_records(r), 2);
	rig_ask(r, CMD_PERSON_SUSPEND);
	rig_text(r, IPC_F_PERSON, "2");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_E_NOENT);
}

static enum card_status status_of(struct rig *r, uint8_t first)
{
	static struct card c;
	uint8_t key[STORE_KEY_LEN];

	memset(key, 0x11, sizeof(key));
	key[0] = first;
	assert_int_equal(store_card_get(r->d.store, key, &c), SK_OK);
	return c.status;
}

static enum sk_status card_step(struct rig *r, enum ipc_command cmd, const char *card)
{
	rig_ask(r, cmd);
	rig_text(r, IPC_F_CARD, card);
	rig_text(r, IPC_F_DETAIL, "紛失");
	return rig_answer(r);
}

/* C-LOST and C-CARD-LIFE: every step of the table, and none besides. */
static void card_life(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	assert_int_equal(card_step(r, CMD_CARD_DESTROY, "A1111111"), SK_E_STATE);
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, "A1111111"), SK_OK);
	assert_int_equal(status_of(r, 0xA1), CARD_REVOKED);
	assert_string_equal(rig_cell(r, 0, IPC_F_CARD), card_a);
	assert_string_equal(rig_cell(r, 0, IPC_F_DETAIL), "紛失");
	rig_newest(r, &row);
	assert_string_equal(row.reason, "card-revoke");
	assert_string_equal(row.card, card_a);
	assert_string_equal(row.detail, "紛失");
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, card_a), SK_E_STATE);
	assert_int_equal(card_step(r, CMD_CARD_RETURN, card_a), SK_OK);
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, card_a), SK_E_STATE);
	assert_int_equal(card_step(r, CMD_CARD_RETURN, card_a), SK_E_STATE);
	assert_int_equal(card_step(r, CMD_CARD_DESTROY, card_a), SK_OK);
	assert_int_equal(status_of(r, 0xA1), CARD_DESTROYED);
	assert_int_equal(card_step(r, CMD_CARD_RETURN, card_a), SK_E_STATE);
	assert_int_equal(rig_records(r), 3);
}

static void card_names(void **state)
{
	struct rig *r = *state;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, "a111111"), SK_E_ARG);
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, "a111111g"), SK_E_ARG);
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, "a2111111"), SK_E_NOENT);
	assert_int_equal(status_of(r, 0xA1), CARD_ACTIVE);
	/* A second card that starts alike: eight digits are not enough. */
	{
		static struct card c;

		memset(&c, 0, sizeof(c));
		memset(c.key, 0x11, sizeof(c.key));
		c.key[0] = 0xA1;
		c.key[31] = 0x12;
		strcpy(c.person, "1");
		c.status = CARD_ACTIVE;
		c.profile = PROFILE_PIV;
		memset(c.auth_cert, 7, 100);
		c.auth_cert_len = 100;
		c.created = c.changed = c.not_after = 1;
		assert_int_equal(store_card_add(r->d.store, &c), SK_OK);
	}
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, "a1111111"), SK_E_ARG);
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, card_a), SK_OK);
}

static void revoke_person(void **state)
{
	struct rig *r = *state;

	rig_person(r, "1", "a");
	rig_person(r, "2", "b");
	rig_card(r, "1", 0xA1);
	rig_card(r, "1", 0xB1);
	rig_card(r, "2", 0xC1);
	rig_ask(r, CMD_CARD_REVOKE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "bag stolen");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 2);
	assert_int_equal(status_of(r, 0xA1), CARD_REVOKED);
	assert_int_equal(status_of(r, 0xB1), CARD_REVOKED);
	assert_int_equal(status_of(r, 0xC1), CARD_ACTIVE);
	assert_int_equal(rig_records(r), 2);
	rig_ask(r, CMD_CARD_REVOKE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "again");
	assert_int_equal(rig_answer(r), SK_E_NOENT);
}

/* No record, no change (rule 2 of admin.c). */
static void no_record_no_change(void **state)
{
	struct rig *r = *state;
	struct person p;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	rig_fail(r, LOCK_PERSON, LOCK_PIN, "1", 4);
	rig_record_fails = SK_E_IO;
	assert_int_equal(card_step(r, CMD_CARD_REVOKE, card_a), SK_E_IO);
	assert_int_equal(status_of(r, 0xA1), CARD_ACTIVE);
	ask_add(r, "2", "b");
	assert_int_equal(rig_answer(r), SK_E_IO);
	assert_int_equal(store_person_get(r->d.store, "2", &p), SK_E_NOENT);
	rig_ask(r, CMD_PERSON_RETIRE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_E_IO);
	assert_int_equal(store_person_get(r->d.store, "1", &p), SK_OK);
	assert_int_equal(p.status, PERSON_ACTIVE);
	assert_int_equal(status_of(r, 0xA1), CARD_ACTIVE);
	rig_ask(r, CMD_UNLOCK);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_E_IO);
	rig_record_fails = SK_OK;
	rig_ask(r, CMD_PERSON_SHOW);
	rig_text(r, IPC_F_PERSON, "1");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_cell_num(r, 2, IPC_F_FAILURES), 4);
}

static void add_print(struct rig *r, const char *person, const char *finger, uint8_t impression)
{
	static struct finger_print f;
	uint64_t id;

	memset(&f, 0, sizeof(f));
	strcpy(f.person, person);
	strcpy(f.finger, finger);
	f.impression = impression;
	strcpy(f.driver, "uru4000");
	strcpy(f.device, "dev");
	f.created = 5;
	f.seal_len = 100;
	assert_int_equal(store_print_add(r->d.store, &f, &id), SK_OK);
}

static void retire(void **state)
{
	struct rig *r = *state;
	struct person p;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	rig_card(r, "1", 0xB1);
	for (uint8_t i = 0; i < 5; i++)
		add_print(r, "1", "right-index", i);
	rig_ask(r, CMD_PERSON_RETIRE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "定年");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_COUNT), 2);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_TOTAL), 5);
	assert_int_equal(store_person_get(r->d.store, "1", &p), SK_OK);
	assert_int_equal(p.status, PERSON_RETIRED);
	assert_int_equal(status_of(r, 0xB1), CARD_REVOKED);
	assert_int_equal(rig_records(r), 3);
	rig_ask(r, CMD_FINGER_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 0);
	rig_ask(r, CMD_PERSON_RETIRE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_E_STATE);
	rig_ask(r, CMD_PERSON_REINSTATE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_E_STATE);
	/* The account is free again. */
	ask_add(r, "2", "a");
	assert_int_equal(rig_answer(r), SK_OK);
}

static void fingers(void **state)
{
	struct rig *r = *state;

	rig_person(r, "1", "a");
	rig_person(r, "2", "b");
	for (uint8_t i = 0; i < 5; i++) {
		add_print(r, "1", "right-index", i);
		add_print(r, "1", "left-thumb", i);
	}
	add_print(r, "2", "right-index", 0);
	rig_ask(r, CMD_FINGER_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 3);
	rig_ask(r, CMD_FINGER_LIST);
	rig_text(r, IPC_F_PERSON, "1");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 2);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_COUNT), 5);
	rig_ask(r, CMD_FINGER_DELETE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_FINGER, "left-thumb");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_COUNT), 5);
	rig_ask(r, CMD_FINGER_DELETE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_FINGER, "left-thumb");
	assert_int_equal(rig_answer(r), SK_E_NOENT);
	rig_ask(r, CMD_FINGER_DELETE);
	rig_text(r, IPC_F_PERSON, "1");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_records(r), 2);
	rig_ask(r, CMD_FINGER_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 1);
}

static uint16_t failures(struct rig *r, enum lockout_subject subject, enum lockout_factor factor, const char *id)
{
	static const struct lockout_policy wide = { .soft_limit = 100, .hard_limit = 100, .base_delay_s = 1 };
	struct lockout_id lid = { .subject = subject, .factor = factor };
	struct lockout_time now;
	struct lockout_view v;
	uint8_t rec[LOCKOUT_RECORD_LEN];

	assert_int_equal(daemon_lockout_time(&now), SK_OK);
	strcpy(lid.id, id);
	assert_int_equal(store_lockout_get(r->d.store, &lid, rec), SK_OK);
	assert_int_equal(lockout_look(rec, &wide, &now, &v), SK_OK);
	return v.failures;
}

static void unlock(void **state)
{
	struct rig *r = *state;
	struct audit_row row;
	struct lockout_id lid = { .subject = LOCK_CARD, .factor = LOCK_FINGER };
	uint8_t rubbish[LOCKOUT_RECORD_LEN] = { 1, 2, 3 };

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	rig_card(r, "1", 0xB1);
	rig_fail(r, LOCK_PERSON, LOCK_PIN, "1", 50);
	rig_fail(r, LOCK_PERSON, LOCK_FINGER, "1", 2);
	rig_fail(r, LOCK_CARD, LOCK_PIN, card_a, 7);
	rig_fail(r, LOCK_TERMINAL, LOCK_PIN, "T-1", 9);
	strcpy(lid.id, card_b);
	assert_int_equal(store_lockout_put(r->d.store, &lid, rubbish), SK_OK);
	rig_ask(r, CMD_UNLOCK);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "identity checked");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_COUNT), 4);
	assert_int_equal(failures(r, LOCK_PERSON, LOCK_PIN, "1"), 0);
	assert_int_equal(failures(r, LOCK_PERSON, LOCK_FINGER, "1"), 0);
	assert_int_equal(failures(r, LOCK_CARD, LOCK_PIN, card_a), 0);
	assert_int_equal(failures(r, LOCK_CARD, LOCK_FINGER, card_b), 0);
	assert_int_equal(failures(r, LOCK_TERMINAL, LOCK_PIN, "T-1"), 9);
	rig_newest(r, &row);
	assert_string_equal(row.reason, "unlock");
	assert_non_null(strstr(row.detail, "person 1 pin=50"));
	assert_non_null(strstr(row.detail, "finger=damaged"));
	assert_non_null(strstr(row.detail, "reason=identity checked"));
	rig_ask(r, CMD_UNLOCK);
	rig_text(r, IPC_F_DEVICE, "T-2");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_E_NOENT);
	rig_ask(r, CMD_UNLOCK);
	rig_text(r, IPC_F_DEVICE, "T-1");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(failures(r, LOCK_TERMINAL, LOCK_PIN, "T-1"), 0);
	rig_fail(r, LOCK_CARD, LOCK_PIN, card_b, 1);
	rig_ask(r, CMD_UNLOCK);
	rig_text(r, IPC_F_CARD, "b1111111");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_COUNT), 1);
}

static void audit(void **state)
{
	struct rig *r = *state;

	for (unsigned i = 0; i < 7; i++) {
		char id[8];

		snprintf(id, sizeof(id), "%u", i);
		ask_add(r, id, id[0] == '0' ? "x" : (char[]){ 'a', id[0], 0 });
		assert_int_equal(rig_answer(r), SK_OK);
	}
	rig_ask(r, CMD_AUDIT_LIST);
	rig_num(r, IPC_F_SEQ, 2);
	rig_num(r, IPC_F_LIMIT, 3);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 3);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_SEQ), 3);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "person-add");
	/* Each record names the hash of the one before. */
	assert_memory_equal(r->rows.v[1].m.f[IPC_F_BYTES].p, r->rows.v[0].m.f[IPC_F_HASH].p, 32);
	/* Without a start: the newest. */
	rig_ask(r, CMD_AUDIT_LIST);
	rig_num(r, IPC_F_LIMIT, 2);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 2);
	assert_int_equal(rig_cell_num(r, 1, IPC_F_SEQ), 7);
	rig_ask(r, CMD_AUDIT_EXPORT);
	rig_text(r, IPC_F_PATH, "/media/x.jsonl");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_SEQ), 8);
	rig_ask(r, CMD_AUDIT_VERIFY);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "whole");
	assert_int_equal(rig_cell_num(r, 0, IPC_F_TOTAL), 8);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_SEQ), 8);
}

/* An import is put together from chunks in order, within its bounds. */
static void crl_chunks(void **state)
{
	struct rig *r = *state;
	uint8_t chunk[100];

	memset(chunk, 'x', sizeof(chunk));
	/* In the middle: there is no import. */
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 100);
	rig_num(r, IPC_F_TOTAL, 200);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_E_STATE);
	/* Larger than announced. */
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 0);
	rig_num(r, IPC_F_TOTAL, 99);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_E_STATE);
	/* Too large altogether. */
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 0);
	rig_num(r, IPC_F_TOTAL, (UINT64_C(2) << 30) + 1);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_E_SPACE);
	/* The first of two is taken; a gap ends the import. */
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 0);
	rig_num(r, IPC_F_TOTAL, 300);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_OK);
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 200);
	rig_num(r, IPC_F_TOTAL, 300);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_E_STATE);
	assert_int_equal(rig_records(r), 0);
}

static void send_chunk(struct rig *r, uint64_t at, uint64_t total)
{
	uint8_t chunk[100];

	memset(chunk, 'x', sizeof(chunk));
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, at);
	rig_num(r, IPC_F_TOTAL, total);
	rig_text(r, IPC_F_PATH, "ca.crl");
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
}

/* The last chunk is answered when the list has been compiled; meanwhile no other begins, and commands go on. */
static void crl_is_compiled(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	send_chunk(r, 0, 200);
	assert_int_equal(rig_answer(r), SK_OK);
	send_chunk(r, 100, 200);
	rig_send(r);
	send_chunk(r, 0, 200);
	assert_int_equal(rig_answer(r), SK_E_BUSY);
	rig_ask(r, CMD_PERSON_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_compiled(r, SK_E_FORMAT, "this is no CRL in DER or PEM"), SK_E_FORMAT);
	assert_string_equal(r->text, "this is no CRL in DER or PEM");
	assert_int_equal(rig_records(r), 1);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_CRL_REFUSED);
	assert_string_equal(row.detail, "this is no CRL in DER or PEM from=ca.crl");
	/* and the next one begins */
	send_chunk(r, 0, 200);
	assert_int_equal(rig_answer(r), SK_OK);
	/* a peer that goes takes its import along */
	admin_crl_client_gone((struct conn *)(void *)r->conn);
	send_chunk(r, 100, 200);
	assert_int_equal(rig_answer(r), SK_E_STATE);
}

static void clock_accept(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	rig_ask(r, CMD_CLOCK_ACCEPT);
	assert_int_equal(rig_answer(r), SK_E_ARG);
	r->d.clock_mark = 1999999999;
	rig_record_fails = SK_E_IO;
	rig_ask(r, CMD_CLOCK_ACCEPT);
	rig_text(r, IPC_F_DETAIL, "battery");
	assert_int_not_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->d.clock_mark, 1999999999);
	rig_record_fails = SK_OK;
	rig_ask(r, CMD_CLOCK_ACCEPT);
	rig_text(r, IPC_F_DETAIL, "battery");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->d.clock_mark, 1790000000);
	rig_newest(r, &row);
	assert_non_null(strstr(row.detail, "seen=1999999999 reason=battery"));
}

static void status(void **state)
{
	struct rig *r = *state;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	rig_fail(r, LOCK_PERSON, LOCK_PIN, "1", 50);
	rig_ask(r, CMD_PERSON_SHOW);
	rig_text(r, IPC_F_PERSON, "1");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 3);
	assert_string_equal(rig_cell(r, 0, IPC_F_ACCOUNT), "a");
	assert_string_equal(rig_cell(r, 1, IPC_F_CARD), card_a);
	assert_string_equal(rig_cell(r, 2, IPC_F_STATUS), "locked");
	assert_int_equal(rig_cell_num(r, 2, IPC_F_LEFT), 0);
	rig_ask(r, CMD_CARD_LIST);
	rig_text(r, IPC_F_PERSON, "9");
	assert_int_equal(rig_answer(r), SK_E_NOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(person_add, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(table, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(suspend_reinstate, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(card_life, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(card_names, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(revoke_person, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(no_record_no_change, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(retire, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(fingers, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(unlock, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(audit, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(crl_chunks, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(crl_is_compiled, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(clock_accept, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(status, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
