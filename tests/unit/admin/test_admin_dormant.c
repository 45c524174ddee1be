/* SPDX-License-Identifier: Apache-2.0 */
/* C-DORMANT: person dormant finds whom nobody has seen, records each once, and reinstating lets her in again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "admin_rig.h"

#define DAY 86400

/* Registered so many days ago, and never seen. */
static void unseen(struct rig *r, const char *id, enum person_role role, int days)
{
	struct person p = { .role = role, .status = PERSON_ACTIVE };

	p.created = p.changed = daemon_now() - (int64_t)days * DAY;
	(void)snprintf(p.id, sizeof(p.id), "%s", id);
	(void)snprintf(p.name, sizeof(p.name), "Name");
	(void)snprintf(p.account, sizeof(p.account), "a%s", id);
	assert_int_equal(store_person_add(r->d.store, &p), SK_OK);
}

static void list(struct rig *r)
{
	rig_ask(r, CMD_PERSON_DORMANT);
	assert_int_equal(rig_answer(r), SK_OK);
}

static void row_is(struct rig *r, size_t row, const char *id, const char *status, int days)
{
	assert_string_equal(rig_cell(r, row, IPC_F_PERSON), id);
	assert_string_equal(rig_cell(r, row, IPC_F_STATUS), status);
	assert_int_equal(rig_cell_num(r, row, IPC_F_TIME), daemon_now() - (int64_t)days * DAY);
	assert_int_equal(rig_cell_num(r, row, IPC_F_VALID_UNTIL), daemon_now() + (int64_t)(90 - days) * DAY);
}

static void change(struct rig *r, enum ipc_command command, const char *id, enum sk_status result)
{
	rig_ask(r, command);
	rig_text(r, IPC_F_PERSON, id);
	rig_text(r, IPC_F_DETAIL, "why");
	assert_int_equal(rig_answer(r), result);
}

static void found(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	r->d.config.dormant_s = 90 * DAY;
	unseen(r, "1", ROLE_STAFF, 75);
	unseen(r, "2", ROLE_STAFF, 77);
	unseen(r, "3", ROLE_STAFF, 90);
	unseen(r, "4", ROLE_STAFF, 91);
	unseen(r, "5", ROLE_PRIVILEGED, 95);
	unseen(r, "6", ROLE_STAFF, 96);
	change(r, CMD_PERSON_SUSPEND, "6", SK_OK);
	assert_int_equal(rig_records(r), 1);
	list(r);
	assert_int_equal(r->rows.n, 4);
	row_is(r, 0, "2", "soon", 77);
	row_is(r, 1, "3", "soon", 90);
	row_is(r, 2, "4", "dormant", 91);
	row_is(r, 3, "5", "kept-open", 95);
	/* One record for each that is dormant, once. */
	assert_int_equal(rig_records(r), 3);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_ADMIN);
	assert_string_equal(row.reason, "person-dormant");
	assert_string_equal(row.person, "5");
	assert_non_null(strstr(row.detail, "status=kept-open"));
	list(r);
	assert_int_equal(r->rows.n, 4);
	assert_int_equal(rig_records(r), 3);
	rig_ask(r, CMD_PERSON_SHOW);
	rig_text(r, IPC_F_PERSON, "4");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "dormant");
}

static void reinstated(void **state)
{
	struct rig *r = *state;
	struct person p;

	r->d.config.dormant_s = 90 * DAY;
	unseen(r, "3", ROLE_STAFF, 90);
	unseen(r, "4", ROLE_STAFF, 91);
	change(r, CMD_PERSON_REINSTATE, "3", SK_E_STATE);
	change(r, CMD_PERSON_REINSTATE, "4", SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "active");
	assert_int_equal(store_person_get(r->d.store, "4", &p), SK_OK);
	assert_int_equal(p.changed, daemon_now());
	list(r);
	assert_int_equal(r->rows.n, 1);
	assert_string_equal(rig_cell(r, 0, IPC_F_PERSON), "3");
	/* Only who is suspended or dormant: not who has left. */
	unseen(r, "5", ROLE_STAFF, 200);
	change(r, CMD_PERSON_RETIRE, "5", SK_OK);
	change(r, CMD_PERSON_REINSTATE, "5", SK_E_STATE);
}

/* Where nobody is refused, it is reported all the same. */
static void report_only(void **state)
{
	struct rig *r = *state;

	unseen(r, "4", ROLE_STAFF, 91);
	list(r);
	assert_int_equal(r->rows.n, 1);
	row_is(r, 0, "4", "unused", 91);
	assert_int_equal(rig_records(r), 1);
	rig_ask(r, CMD_PERSON_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "active");
}

static void no_record_no_answer(void **state)
{
	struct rig *r = *state;

	unseen(r, "4", ROLE_STAFF, 91);
	rig_record_fails = SK_E_IO;
	rig_ask(r, CMD_PERSON_DORMANT);
	assert_int_equal(rig_answer(r), SK_E_IO);
	rig_record_fails = SK_OK;
	list(r);
	assert_int_equal(rig_records(r), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(found, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(reinstated, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(report_only, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(no_record_no_answer, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
