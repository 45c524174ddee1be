/* SPDX-License-Identifier: Apache-2.0 */
/* The audit chain outside of the daemon: JSON Lines that verify, CSV that no spreadsheet takes for formulas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/export.h"

struct fixture {
	char dir[64];
	struct store *store;
	struct rows rows;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dir, "/tmp/sekisho-export-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(store_sqlite_create(f->dir), SK_OK);
	assert_int_equal(store_sqlite_open(f->dir, &f->store), SK_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	store_free(&f->store);
	rows_clear(&f->rows);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void put(struct ipc_out *o, enum ipc_field field, const char *text)
{
	if (text[0] != '\0')
		ipc_out_text(o, field, text);
}

static enum sk_status keep(void *arg, const struct audit_row *r)
{
	uint8_t buf[4096];
	struct ipc_out o;
	struct ipc_msg m;
	struct sk_span bytes;

	ipc_out_init(&o, IPC_ADMIN_ROW, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_SEQ, r->seq);
	ipc_out_num(&o, IPC_F_TIME, (uint64_t)r->time);
	ipc_out_text(&o, IPC_F_EVENT, audit_event_name(r->event));
	ipc_out_num(&o, IPC_F_ATTEMPT, r->attempt);
	put(&o, IPC_F_PERSON, r->person);
	put(&o, IPC_F_ACCOUNT, r->account);
	put(&o, IPC_F_SERVICE, r->service);
	put(&o, IPC_F_TTY, r->tty);
	put(&o, IPC_F_CARD, r->card);
	put(&o, IPC_F_RUSER, r->actor);
	put(&o, IPC_F_STATUS, r->reason);
	put(&o, IPC_F_DETAIL, r->detail);
	ipc_out_bytes(&o, IPC_F_BYTES, r->prev, 32);
	ipc_out_bytes(&o, IPC_F_HASH, r->hash, 32);
	assert_int_equal(ipc_out_finish(&o, &bytes), SK_OK);
	assert_int_equal(ipc_parse(bytes, IPC_ADMIN_DOWN, &m), SK_OK);
	return rows_add(arg, ROW_AUDIT, &m);
}

/* Five records, one with everything in it. */
static void fill(struct fixture *f)
{
	const struct audit_in full = { .event = EV_ATTEMPT_DENIED, .attempt = 77, .person = "10234", .account = "yamada",
		.service = "login", .tty = "tty1", .card = "a1a1a1a1", .actor = "uid 0", .reason = "pin-wrong",
		.detail = "=cmd|' /C calc'!A0 \"x\" 日本" };
	const struct audit_in plain = { .event = EV_START };
	uint64_t seq;

	for (int i = 0; i < 5; i++)
		assert_int_equal(store_audit_add(f->store, i == 2 ? &full : &plain, 1790000000 + i, &seq), SK_OK);
	assert_int_equal(store_audit_each(f->store, 0, 0, keep, &f->rows), SK_OK);
	assert_int_equal(f->rows.n, 5);
}

/* The whole chain as text; the caller frees. */
static char *jsonl(struct fixture *f, size_t first, size_t last)
{
	char *text = NULL, hash[65];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	for (size_t i = first; i <= last; i++)
		assert_int_equal(export_record(out, EXPORT_JSONL, &f->rows.v[i]), SK_OK);
	rows_hex(f->rows.v[last].m.f[IPC_F_HASH], hash, sizeof(hash));
	assert_int_equal(export_head(out, last + 1, hash), SK_OK);
	assert_int_equal(fclose(out), 0);
	return text;
}

static enum sk_status verify(const char *text, struct export_report *r)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	enum sk_status st;

	assert_non_null(in);
	st = export_verify(in, r);
	assert_int_equal(fclose(in), 0);
	return st;
}

static void whole(void **state)
{
	struct fixture *f = *state;
	struct export_report r;
	char *text;

	fill(f);
	text = jsonl(f, 0, 4);
	assert_int_equal(verify(text, &r), SK_OK);
	assert_int_equal(r.records, 5);
	assert_int_equal(r.first, 1);
	assert_int_equal(r.last, 5);
	assert_int_equal(r.bad_line, 0);
	free(text);
	/* A later part verifies as well. */
	text = jsonl(f, 2, 4);
	assert_int_equal(verify(text, &r), SK_OK);
	assert_int_equal(r.first, 3);
	free(text);
}

static void must_be_bad(const char *text, uint64_t line)
{
	struct export_report r;

	assert_int_equal(verify(text, &r), SK_E_CORRUPT);
	if (r.bad_line != line)
		fail_msg("line %llu, not %llu: %s", (unsigned long long)r.bad_line, (unsigned long long)line, r.what);
	assert_true(r.what[0] != '\0');
}

/* Every single byte of a record counts. */
static void every_byte(void **state)
{
	struct fixture *f = *state;
	struct export_report r;
	char *text;
	size_t len;

	fill(f);
	text = jsonl(f, 2, 2);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		char old = text[i];

		/* A digit to another one, a letter to another one: the form stays, the content doesn't. */
		text[i] = old == '1' ? '2' : old == 'b' ? 'c' : (char)(old ^ 0x01);
		if (text[i] != '\0' && verify(text, &r) == SK_OK)
			fail_msg("byte %zu of %s", i, text);
		text[i] = old;
	}
	assert_int_equal(verify(text, &r), SK_OK);
	free(text);
}

static void damaged(void **state)
{
	struct fixture *f = *state;
	char *text, *second, *third, *fourth, copy[8192];

	fill(f);
	text = jsonl(f, 0, 4);
	second = strchr(text, '\n') + 1;
	third = strchr(second, '\n') + 1;
	fourth = strchr(third, '\n') + 1;
	/* A record taken out, two exchanged, the end cut off at a line and inside of one, something behind the end. */
	snprintf(copy, sizeof(copy), "%.*s%s", (int)(second - text), text, third);
	must_be_bad(copy, 2);
	snprintf(copy, sizeof(copy), "%.*s%.*s%.*s%s", (int)(second - text), text, (int)(fourth - third), third,
	    (int)(third - second), second, fourth);
	must_be_bad(copy, 2);
	snprintf(copy, sizeof(copy), "%.*s", (int)(fourth - text), text);
	must_be_bad(copy, 4);
	snprintf(copy, sizeof(copy), "%.*s%s", (int)(fourth - text), text, strstr(text, "{\"head\""));
	must_be_bad(copy, 4);
	snprintf(copy, sizeof(copy), "%.*s", (int)(fourth - text) + 20, text);
	must_be_bad(copy, 4);
	snprintf(copy, sizeof(copy), "%s%.*s", text, (int)(second - text), text);
	must_be_bad(copy, 7);
	snprintf(copy, sizeof(copy), "not json\n%s", text);
	must_be_bad(copy, 1);
	must_be_bad("{}\n", 1);
	must_be_bad("[]\n", 1);
	must_be_bad("{\"head\":{\"seq\":0,\"hash\":\"00\"}}\n", 1);
	must_be_bad("\n", 1);
	free(text);
}

static void too_long_line(void **state)
{
	char *text = calloc(1, 40000);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', 20000);
	strcat(text, "{}\n");
	must_be_bad(text, 1);
	free(text);
}

static void csv_cells(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "\"\"" }, { "plain", "\"plain\"" }, { "a,b", "\"a,b\"" }, { "a\"b", "\"a\"\"b\"" },
		{ "=1+1", "\"'=1+1\"" }, { "+1", "\"'+1\"" }, { "-1", "\"'-1\"" }, { "@SUM(A1)", "\"'@SUM(A1)\"" },
		{ "\t=1", "\"'\t=1\"" }, { "\r=1", "\"'\r=1\"" }, { "'x", "\"''x\"" }, { "日本", "\"日本\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		assert_int_equal(export_csv_cell(out, cases[i].in), SK_OK);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, cases[i].out);
		free(text);
	}
}

static void csv_file(void **state)
{
	struct fixture *f = *state;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fill(f);
	assert_non_null(out);
	assert_int_equal(export_csv_header(out, true), SK_OK);
	assert_int_equal(export_record(out, EXPORT_CSV, &f->rows.v[2]), SK_OK);
	assert_int_equal(fclose(out), 0);
	assert_memory_equal(text, "\xEF\xBB\xBF\"seq\",\"time\",", 16);
	assert_non_null(strstr(text, "\"hash\",\"local_time\"\r\n\"3\",\"1790000002\",\"attempt-denied\",\"77\""));
	assert_non_null(strstr(text, ",\"'=cmd|' /C calc'!A0 \"\"x\"\" 日本\","));
	assert_true(text[len - 1] == '\n' && text[len - 2] == '\r');
	free(text);
}

/* A full disk is noticed. */
static void full_disk(void **state)
{
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(setvbuf(out, NULL, _IONBF, 0), 0);
	assert_int_equal(export_csv_header(out, false), SK_E_IO);
	(void)fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole, setup, teardown),
		cmocka_unit_test_setup_teardown(every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged, setup, teardown),
		cmocka_unit_test(too_long_line),
		cmocka_unit_test(csv_cells),
		cmocka_unit_test_setup_teardown(csv_file, setup, teardown),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
