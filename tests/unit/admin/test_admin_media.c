/* SPDX-License-Identifier: Apache-2.0 */
/* Records about media on the administration socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "admin_rig.h"
#include "media/spool.h"

static enum sk_status event(struct rig *r, const char *status, const char *word, const char *port, const char *device, const char *serial)
{
	rig_ask(r, CMD_MEDIA_EVENT);
	rig_text(r, IPC_F_STATUS, status);
	rig_text(r, IPC_F_EVENT, word);
	rig_text(r, IPC_F_PATH, port);
	rig_num(r, IPC_F_TIME, 1790000000);
	if (device != NULL)
		rig_text(r, IPC_F_DEVICE, device);
	if (serial != NULL)
		rig_text(r, IPC_F_NAME, serial);
	return rig_answer(r);
}

static void an_approval_and_a_refusal(void **state)
{
	struct rig *r = *state;
	struct audit_row row;
	uint64_t before = rig_records(r);

	assert_int_equal(event(r, "approved", "listed", "1-2", "0951:1666", "S1"), SK_OK);
	assert_int_equal(rig_records(r), before + 1);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_MEDIA_APPROVED);
	assert_string_equal(row.reason, "listed");
	assert_string_equal(row.detail, "at=1790000000 port=1-2 device=0951:1666 serial=S1");
	assert_int_equal(event(r, "refused", "bad-descriptors", "1-2.4", NULL, NULL), SK_OK);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_MEDIA_REFUSED);
	assert_string_equal(row.reason, "bad-descriptors");
	assert_string_equal(row.detail, "at=1790000000 port=1-2.4 device= serial=");
	assert_int_equal(rig_records(r), before + 2);
}

static void what_is_no_record(void **state)
{
	struct rig *r = *state;
	uint64_t before = rig_records(r);

	assert_int_equal(event(r, "perhaps", "listed", "1-2", NULL, NULL), SK_E_ARG);
	/* Approved is what is listed, and nothing else. */
	assert_int_equal(event(r, "approved", "no-list", "1-2", NULL, NULL), SK_E_ARG);
	assert_int_equal(event(r, "refused", "listed", "1-2", NULL, NULL), SK_E_ARG);
	assert_int_equal(event(r, "refused", "pin-wrong", "1-2", NULL, NULL), SK_E_ARG);
	assert_int_equal(event(r, "refused", "no-list", "1-2 device=x", NULL, NULL), SK_E_ARG);
	rig_ask(r, CMD_MEDIA_EVENT);
	rig_text(r, IPC_F_STATUS, "refused");
	assert_int_equal(rig_answer(r), SK_E_ARG);
	assert_int_equal(rig_records(r), before);
	rig_record_fails = SK_E_IO;
	assert_int_not_equal(event(r, "refused", "no-list", "1-2", NULL, NULL), SK_OK);
	rig_record_fails = SK_OK;
}

/* What the spool sends is what the daemon takes. */
static void the_spools_message(void **state)
{
	struct rig *r = *state;
	struct spool_event e = { .word = "spool-full", .port = "1-2", .device = "0951:1666", .serial = "S\\x0a1", .time = 5 };
	struct audit_row row;

	spool_message(&e, &r->o, r->buf);
	assert_int_equal(rig_answer(r), SK_OK);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_MEDIA_REFUSED);
	assert_string_equal(row.detail, "at=5 port=1-2 device=0951:1666 serial=S\\x0a1");
}

static enum sk_status list(struct rig *r, const char *word, const char *medium, const char *reason)
{
	uint8_t hash[32] = { 0xab };

	rig_ask(r, CMD_MEDIA_LIST);
	rig_text(r, IPC_F_EVENT, word);
	rig_text(r, IPC_F_SERIAL, "7");
	rig_num(r, IPC_F_COUNT, 3);
	ipc_out_bytes(&r->o, IPC_F_HASH, hash, sizeof(hash));
	if (medium != NULL)
		rig_text(r, IPC_F_NAME, medium);
	if (reason != NULL)
		rig_text(r, IPC_F_DETAIL, reason);
	return rig_answer(r);
}

static void the_list_changes(void **state)
{
	struct rig *r = *state;
	struct audit_row row;
	uint64_t before;

	assert_int_equal(list(r, "media-add", "0951:1666:S1", "new stick"), SK_OK);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_ADMIN);
	assert_string_equal(row.reason, "media-add");
	assert_non_null(strstr(row.detail, "number=7 entries=3 sha256=ab00"));
	assert_non_null(strstr(row.detail, "reason=new stick medium=0951:1666:S1"));
	assert_int_equal(list(r, "media-import", NULL, NULL), SK_OK);
	before = rig_records(r);
	assert_int_equal(list(r, "person-add", NULL, NULL), SK_E_ARG);
	assert_int_equal(rig_records(r), before);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_approval_and_a_refusal),
		TEST(what_is_no_record),
		TEST(the_spools_message),
		TEST(the_list_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
