/* SPDX-License-Identifier: Apache-2.0 */
/* Shared accounts and temporary cards, as administrators ask for them (C-SHARED-ID, C-TEMP). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "admin_rig.h"
#include "daemon/admin_rows.h"

static enum sk_status add(struct rig *r, const char *account, const char *persons)
{
	rig_ask(r, CMD_SHARED_ADD);
	rig_text(r, IPC_F_ACCOUNT, account);
	rig_text(r, IPC_F_TEXT, persons);
	rig_text(r, IPC_F_DETAIL, "窓口");
	return rig_answer(r);
}

static enum sk_status take_off(struct rig *r, const char *account, const char *person)
{
	rig_ask(r, CMD_SHARED_REMOVE);
	rig_text(r, IPC_F_ACCOUNT, account);
	rig_text(r, IPC_F_PERSON, person);
	rig_text(r, IPC_F_DETAIL, "moved");
	return rig_answer(r);
}

/* How many rows `shared list` answers. */
static size_t listed(struct rig *r, const char *account)
{
	rig_ask(r, CMD_SHARED_LIST);
	if (account != NULL)
		rig_text(r, IPC_F_ACCOUNT, account);
	assert_int_equal(rig_answer(r), SK_OK);
	return r->rows.n;
}

static void list_is_made(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	rig_person(r, "1", "hanako");
	rig_person(r, "2", "taro");
	assert_int_equal(add(r, "desk", "1 2"), SK_OK);
	assert_int_equal(r->rows.n, 2);
	assert_int_equal(rig_records(r), 2); /* one a person */
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_ADMIN);
	assert_string_equal(row.reason, "shared-add");
	assert_string_equal(row.person, "2");
	assert_string_equal(row.account, "desk");
	assert_string_equal(row.detail, "窓口");
	assert_string_equal(row.actor, "uid 0");
	assert_int_equal(store_person_set_status(r->d.store, "2", PERSON_SUSPENDED, 5), SK_OK);
	assert_int_equal(listed(r, "desk"), 2);
	assert_string_equal(rig_cell(r, 0, IPC_F_ACCOUNT), "desk");
	assert_string_equal(rig_cell(r, 0, IPC_F_PERSON), "1");
	assert_string_equal(rig_cell(r, 0, IPC_F_NAME), "Name");
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "active");
	assert_string_equal(rig_cell(r, 1, IPC_F_STATUS), "suspended");
	assert_true(rig_cell_num(r, 0, IPC_F_CREATED) > 0);
	assert_int_equal(listed(r, NULL), 2);
	assert_int_equal(listed(r, "gate"), 0);
	/* `person show` has it, too. */
	rig_ask(r, CMD_PERSON_SHOW);
	rig_text(r, IPC_F_PERSON, "1");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_string_equal(rig_cell(r, 1, IPC_F_ACCOUNT), "desk");

	assert_int_equal(take_off(r, "desk", "1"), SK_OK);
	rig_newest(r, &row);
	assert_string_equal(row.reason, "shared-remove");
	assert_string_equal(row.person, "1");
	assert_string_equal(row.account, "desk");
	assert_string_equal(row.detail, "moved");
	assert_int_equal(listed(r, "desk"), 1);
	assert_int_equal(take_off(r, "desk", "1"), SK_E_NOENT);
	assert_int_equal(take_off(r, "desk", "9"), SK_E_NOENT);
	assert_int_equal(rig_records(r), 3);
}

/* All persons of a request, or none: nothing half-way, nothing recorded. */
static void all_or_none(void **state)
{
	static const struct {
		const char *account, *persons;
		enum sk_status st;
	} rows[] = {
		{ "desk", "1 9", SK_E_NOENT },
		{ "desk", "1 3", SK_E_STATE },  /* retired */
		{ "desk", "1 1", SK_E_EXIST },
		{ "desk", "1  2", SK_E_NOENT },
		{ "desk", "1 ", SK_E_NOENT },
		{ "desk", "", SK_E_NOENT },
		{ "desk", "1 a/b", SK_E_NOENT },
		{ "desk", "1 123456789012345678901234567890123", SK_E_NOENT },
		{ "root", "1", SK_E_ARG },      /* the system's own */
		{ "hanako", "2", SK_E_STATE }, /* somebody's own */
		{ "hanako", "1", SK_E_STATE }, /* her own */
	};
	struct rig *r = *state;

	rig_person(r, "1", "hanako");
	rig_person(r, "2", "taro");
	rig_person(r, "3", "ichiro");
	assert_int_equal(store_person_set_status(r->d.store, "3", PERSON_RETIRED, 5), SK_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (add(r, rows[i].account, rows[i].persons) != rows[i].st)
			fail_msg("row %zu: %s", i, r->text);
		assert_string_not_equal(r->text, "");
	}
	assert_int_equal(rig_records(r), 0);
	assert_int_equal(listed(r, NULL), 0);
	rig_record_fails = SK_E_IO;
	assert_int_equal(add(r, "desk", "1"), SK_E_IO);
	rig_record_fails = SK_OK;
	assert_int_equal(listed(r, NULL), 0);
	/* The other way round: a person whose account would be the shared one. */
	assert_int_equal(add(r, "desk", "1"), SK_OK);
	rig_ask(r, CMD_PERSON_ADD);
	rig_text(r, IPC_F_PERSON, "4");
	rig_text(r, IPC_F_NAME, "x");
	rig_text(r, IPC_F_ACCOUNT, "desk");
	assert_int_equal(rig_answer(r), SK_E_EXIST);
	assert_non_null(strstr(r->text, "shared"));
	/* No reason, no change. */
	rig_ask(r, CMD_SHARED_ADD);
	rig_text(r, IPC_F_ACCOUNT, "desk");
	rig_text(r, IPC_F_TEXT, "2");
	rig_text(r, IPC_F_DETAIL, "");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	assert_int_equal(listed(r, NULL), 1);
}

/* from, until: 0 = not given. */
static size_t who(struct rig *r, const char *account, uint64_t from, uint64_t until)
{
	rig_ask(r, CMD_SHARED_WHO);
	rig_text(r, IPC_F_ACCOUNT, account);
	if (from != 0)
		rig_num(r, IPC_F_VALID_FROM, from);
	if (until != 0)
		rig_num(r, IPC_F_VALID_UNTIL, until);
	assert_int_equal(rig_answer(r), SK_OK);
	return r->rows.n;
}

static void who_at_which_time(void **state)
{
	struct rig *r = *state;
	struct session s = { .account = "desk", .person = "1", .service = "gdm", .tty = ":0", .attempt = 7, .opened = 1000 };
	struct session_hold h = { .person = "2", .attempt = 8, .since = 2000 };
	uint64_t id = 0, records;

	rig_person(r, "1", "hanako");
	rig_person(r, "2", "taro");
	memset(s.key, 0xA1, sizeof(s.key));
	assert_int_equal(store_session_open(r->d.store, &s, &id), SK_OK);
	assert_int_equal(store_session_hold(r->d.store, id, &h), SK_OK);
	records = rig_records(r);
	assert_int_equal(who(r, "desk", 1500, 1559), 1);
	assert_string_equal(rig_cell(r, 0, IPC_F_PERSON), "1");
	assert_string_equal(rig_cell(r, 0, IPC_F_NAME), "Name");
	assert_int_equal(rig_cell_num(r, 0, IPC_F_CREATED), 1000);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_CHANGED), 2000);
	assert_int_equal(rig_cell_num(r, 0, IPC_F_ATTEMPT), 7);
	assert_string_equal(rig_cell(r, 0, IPC_F_TTY), ":0");
	assert_memory_equal(rig_cell(r, 0, IPC_F_CARD), "a1a1", 4);
	/* The minute of the change has both. */
	assert_int_equal(who(r, "desk", 1990, 2049), 2);
	assert_int_equal(who(r, "desk", 2001, 2001), 1);
	assert_string_equal(rig_cell(r, 0, IPC_F_PERSON), "2");
	assert_false(ipc_has(&r->rows.v[0].m, IPC_F_CHANGED)); /* to this moment */
	assert_false(ipc_has(&r->rows.v[0].m, IPC_F_CARD));    /* not known */
	assert_int_equal(who(r, "desk", 0, 999), 0);
	assert_int_equal(who(r, "gate", 1500, 1500), 0);
	/* Now: who has not left, also when the clock was set back since. */
	assert_int_equal(who(r, "desk", 0, 0), 1);
	assert_string_equal(rig_cell(r, 0, IPC_F_PERSON), "2");
	h.since = 1800000000; /* later than the rig's clock */
	h.person[0] = '1';
	assert_int_equal(store_session_hold(r->d.store, id, &h), SK_OK);
	assert_int_equal(who(r, "desk", 0, 0), 1);
	assert_string_equal(rig_cell(r, 0, IPC_F_PERSON), "1");
	assert_int_equal(store_session_close(r->d.store, id, 1800000100), SK_OK);
	assert_int_equal(who(r, "desk", 0, 0), 0);
	assert_int_equal(rig_records(r), records); /* asking changes nothing */
	rig_ask(r, CMD_SHARED_WHO);
	rig_text(r, IPC_F_ACCOUNT, "desk");
	rig_num(r, IPC_F_VALID_FROM, 2000);
	rig_num(r, IPC_F_VALID_UNTIL, 1999);
	assert_int_equal(rig_answer(r), SK_E_ARG);
	assert_non_null(strstr(r->text, "ends before it begins"));
}

/* The rig's clock says 1790000000. */
static void temporary_cards_are_shown(void **state)
{
	struct rig *r = *state;
	struct card_limit l = { .until = 1790000000, .terminals = "T-1 T-2" };

	rig_person(r, "1", "hanako");
	rig_card(r, "1", 0xA1);
	rig_card(r, "1", 0xB1);
	rig_card(r, "1", 0xC1);
	memset(l.key, 0x11, sizeof(l.key));
	l.key[0] = 0xB1;
	assert_int_equal(store_card_limit_set(r->d.store, &l), SK_OK);
	l.key[0] = 0xC1;
	l.until--;
	assert_int_equal(store_card_limit_set(r->d.store, &l), SK_OK);
	rig_ask(r, CMD_CARD_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(r->rows.n, 3);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "active");
	assert_false(ipc_has(&r->rows.v[0].m, IPC_F_TIME));
	assert_string_equal(rig_cell(r, 1, IPC_F_STATUS), "active"); /* its last second */
	assert_int_equal(rig_cell_num(r, 1, IPC_F_TIME), 1790000000);
	assert_string_equal(rig_cell(r, 1, IPC_F_TEXT), "T-1 T-2");
	assert_string_equal(rig_cell(r, 2, IPC_F_STATUS), "ended");
	/* It goes the way of every card. */
	rig_ask(r, CMD_CARD_RETURN);
	rig_text(r, IPC_F_CARD, "c1111111");
	rig_text(r, IPC_F_DETAIL, "handed back");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_string_equal(rig_cell(r, 0, IPC_F_STATUS), "returned");
	rig_ask(r, CMD_CARD_DESTROY);
	rig_text(r, IPC_F_CARD, "c1111111");
	rig_text(r, IPC_F_DETAIL, "shredded");
	assert_int_equal(rig_answer(r), SK_OK);
}

static char said[513];

/* What a check of `doctor` says, and its sentence in said; NULL: nothing. */
static const char *check(struct rig *r, enum sk_status (*fn)(struct admin_call *call))
{
	static char status[33];
	uint8_t buf[4096];
	struct admin_call call = { .d = &r->d, .fd = r->fds[0] };
	struct ipc_msg m;

	assert_int_equal(fn(&call), SK_OK);
	if (ipc_recv(r->fds[1], IPC_ADMIN_DOWN, 0, buf, sizeof(buf), &m) != SK_OK)
		return NULL;
	assert_int_equal(ipc_text(&m, IPC_F_STATUS, status, sizeof(status)), SK_OK);
	assert_int_equal(ipc_text(&m, IPC_F_DETAIL, said, sizeof(said)), SK_OK);
	return status;
}

static void doctor_looks(void **state)
{
	struct rig *r = *state;
	struct card_limit l = { .until = 1790000000, .terminals = "T-1" };

	assert_null(check(r, admin_check_desk));
	strcpy(r->d.config.account, "desk");
	assert_string_equal(check(r, admin_check_desk), "fail");
	rig_person(r, "1", "hanako");
	assert_int_equal(add(r, "desk", "1"), SK_OK);
	assert_string_equal(check(r, admin_check_desk), "ok");

	rig_card(r, "1", 0xA1);
	rig_card(r, "1", 0xB1);
	memset(l.key, 0x11, sizeof(l.key));
	l.key[0] = 0xA1;
	assert_int_equal(store_card_limit_set(r->d.store, &l), SK_OK);
	assert_null(check(r, admin_check_temporary));
	l.key[0] = 0xB1;
	l.until--;
	assert_int_equal(store_card_limit_set(r->d.store, &l), SK_OK);
	assert_string_equal(check(r, admin_check_temporary), "warn");
	rig_ask(r, CMD_CARD_RETURN);
	rig_text(r, IPC_F_CARD, "b1111111");
	rig_text(r, IPC_F_DETAIL, "handed back");
	assert_int_equal(rig_answer(r), SK_OK);
	assert_null(check(r, admin_check_temporary));
}

/* Before the PAM stack demands a card: a privileged person whose card would let her in. */
static void doctor_wants_a_way_in(void **state)
{
	struct rig *r = *state;
	struct person p = { .id = "7", .name = "x", .account = "boss", .role = ROLE_PRIVILEGED, .status = PERSON_ACTIVE };
	struct card_limit l = { .until = 1, .terminals = "T-1" };

#define WARNS() (assert_string_equal(check(r, admin_check_store), "warn"), assert_non_null(strstr(said, "privileged")))
	rig_person(r, "1", "hanako");
	rig_card(r, "1", 0xA1);
	WARNS();
	assert_int_equal(store_person_add(r->d.store, &p), SK_OK);
	WARNS(); /* without a card */
	rig_card(r, "7", 0xB1);
	memset(l.key, 0x11, sizeof(l.key));
	l.key[0] = 0xB1;
	assert_int_equal(store_card_limit_set(r->d.store, &l), SK_OK);
	WARNS(); /* with one that has ended */
	rig_card(r, "7", 0xC1);
	assert_string_equal(check(r, admin_check_store), "ok");
	assert_int_equal(store_person_set_status(r->d.store, "7", PERSON_SUSPENDED, 5), SK_OK);
	WARNS();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(list_is_made),
		TEST(all_or_none),
		TEST(who_at_which_time),
		TEST(temporary_cards_are_shown),
		TEST(doctor_looks),
		TEST(doctor_wants_a_way_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
