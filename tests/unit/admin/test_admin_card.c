/* SPDX-License-Identifier: Apache-2.0 */
/* Cards: what each command takes, changes, records and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "admin_rig.h"

/* C-LOST and C-CARD-LIFE: every step of the table, and none besides. */
static void card_life(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	assert_int_equal(rig_card_step(r, CMD_CARD_DESTROY, "A1111111"), SK_E_STATE);
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, "A1111111"), SK_OK);
	assert_int_equal(rig_card_status(r, 0xA1), CARD_REVOKED);
	assert_string_equal(rig_cell(r, 0, IPC_F_CARD), rig_card_a);
	assert_string_equal(rig_cell(r, 0, IPC_F_DETAIL), "紛失");
	rig_newest(r, &row);
	assert_string_equal(row.reason, "card-revoke");
	assert_int_equal(rig_sweeps, 1); /* open sessions of the card are looked at */
	assert_string_equal(row.card, rig_card_a);
	assert_string_equal(row.detail, "紛失");
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, rig_card_a), SK_E_STATE);
	assert_int_equal(rig_card_step(r, CMD_CARD_RETURN, rig_card_a), SK_OK);
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, rig_card_a), SK_E_STATE);
	assert_int_equal(rig_card_step(r, CMD_CARD_RETURN, rig_card_a), SK_E_STATE);
	assert_int_equal(rig_card_step(r, CMD_CARD_DESTROY, rig_card_a), SK_OK);
	assert_int_equal(rig_card_status(r, 0xA1), CARD_DESTROYED);
	assert_int_equal(rig_card_step(r, CMD_CARD_RETURN, rig_card_a), SK_E_STATE);
	assert_int_equal(rig_records(r), 3);
}

static void card_names(void **state)
{
	struct rig *r = *state;

	rig_person(r, "1", "a");
	rig_card(r, "1", 0xA1);
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, "a111111"), SK_E_ARG);
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, "a111111g"), SK_E_ARG);
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, "a2111111"), SK_E_NOENT);
	assert_int_equal(rig_card_status(r, 0xA1), CARD_ACTIVE);
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
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, "a1111111"), SK_E_ARG);
	assert_int_equal(rig_card_step(r, CMD_CARD_REVOKE, rig_card_a), SK_OK);
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
	assert_int_equal(rig_card_status(r, 0xA1), CARD_REVOKED);
	assert_int_equal(rig_card_status(r, 0xB1), CARD_REVOKED);
	assert_int_equal(rig_card_status(r, 0xC1), CARD_ACTIVE);
	assert_int_equal(rig_records(r), 2);
	rig_ask(r, CMD_CARD_REVOKE);
	rig_text(r, IPC_F_PERSON, "1");
	rig_text(r, IPC_F_DETAIL, "again");
	assert_int_equal(rig_answer(r), SK_E_NOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(card_life, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(card_names, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(revoke_person, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
