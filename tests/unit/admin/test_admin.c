/* SPDX-License-Identifier: Apache-2.0 */
/* Administration, the daemon's side: what holds for every command, the log, and the clock. Its parts: the other test_admin_*.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "admin_rig.h"

/* The table: a field too many, a field missing, two targets, none, and an unknown command. */
static void table(void **state)
{
	struct rig *r = *state;

	rig_ask_person_add(r, "1", "a");
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

/* No record, no change (rule 2 of admin.c). */
static void no_record_no_change(void **state)
{
	struct rig *r = *state;
	struct person p;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	rig_fail(r, LOCK_PERSON, LOCK_PIN, "1", 4);
	rig_record_fails = SK_E_IO;
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, rig_card_a), SK_E_IO);
	assert_int_equal(rig_card_status(r, 0xA1), CARD_ACTIVE);
	rig_ask_person_add(r, "2", "b");
	assert_int_equal(rig_answer(r), SK_E_IO);
	assert_int_equal(store_person_get(r->d.store, "2", &p), SK_E_NOENT);
	rig_ask(r, CMD_PERSON_RETIRE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "x");
	assert_int_equal(rig_answer(r), SK_E_IO);
	assert_int_equal(store_person_get(r->d.store, "1", &p), SK_OK);
	assert_int_equal(p.status, PERSON_ACTIVE);
	assert_int_equal(rig_card_status(r, 0xA1), CARD_ACTIVE);
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

static void audit(void **state)
{
	struct rig *r = *state;

	for (unsigned i = 0; i < 7; i++) {
		char id[8];

		snprintf(id, sizeof(id), "%u", i);
		rig_ask_person_add(r, id, id[0] == '0' ? "x" : (char[]){ 'a', id[0], 0 });
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(table, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(no_record_no_change, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(audit, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(clock_accept, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
