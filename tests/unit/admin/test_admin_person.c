/* SPDX-License-Identifier: Apache-2.0 */
/* Persons, their fingers and their counters: what each command takes, changes, records and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "admin_rig.h"

static const char card_b[] = "b111111111111111111111111111111111111111111111111111111111111111";

static void person_add(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	rig_ask_person_add(r, "10234", "yamada");
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
	rig_ask_person_add(r, "10234", "other");
	assert_int_equal(rig_answer(r), SK_E_EXIST);
	rig_ask_person_add(r, "10235", "yamada");
	assert_int_equal(rig_answer(r), SK_E_EXIST);
	assert_int_equal(rig_records(r), 1);
	/* The PAM profile lets the system's own accounts pass; one that isn't there yet may be made. */
	rig_ask_person_add(r, "10236", "root");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	assert_non_null(strstr(r->text, "1000"));
	rig_ask_person_add(r, "10236", "daemon");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask_person_add(r, "10236", "sato");
	rig_text(r, IPC_F_ROLE, "boss");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask_person_add(r, "10236", "sato");
	rig_num(r, IPC_F_VALID_FROM, 200);
	rig_num(r, IPC_F_VALID_UNTIL, 100);
	assert_int_equal(rig_answer(r), SK_E_ARG);
	rig_ask(r, CMD_PERSON_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 1);
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
	assert_int_equal(rig_card_status(r, 0xB1), CARD_REVOKED);
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
	rig_ask_person_add(r, "2", "a");
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
	rig_fail(r, LOCK_CARD, LOCK_PIN, rig_card_a, 7);
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
	assert_int_equal(failures(r, LOCK_CARD, LOCK_PIN, rig_card_a), 0);
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
	assert_string_equal(rig_cell(r, 1, IPC_F_CARD), rig_card_a);
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
		cmocka_unit_test_setup_teardown(suspend_reinstate, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(retire, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(fingers, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(unlock, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(status, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
