/* SPDX-License-Identifier: Apache-2.0 */
/* See admin_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin_rig.h"
#include "daemon/attempt.h"
#include "daemon/denying.h"
#include "daemon/admin_rows.h"
#include "daemon/compile.h"
#include "daemon/journal.h"
#include "daemon/probe.h"
#include "daemon/queue.h"
#include "daemon/watching.h"

enum sk_status rig_record_fails;
static void take_answer(struct rig *r);
uint32_t rig_enrolments;
struct denykeep *rig_keep;
uint32_t rig_sweeps;
const char rig_card_a[65] = "a111111111111111111111111111111111111111111111111111111111111111";

/* --- what admin*.c calls, replaced at link time --- */

int64_t daemon_now(void)
{
	return 1790000000;
}

enum sk_status daemon_lockout_time(struct lockout_time *ret_t)
{
	memset(ret_t, 0x42, sizeof(*ret_t));
	ret_t->since_boot_s = 5000;
	return SK_OK;
}

enum sk_status journal_record(struct daemon *d, const struct audit_in *in)
{
	uint64_t seq;

	return rig_record_fails != SK_OK ? rig_record_fails : store_audit_add(d->store, in, daemon_now(), &seq);
}

uint32_t queue_waiting(struct daemon *d)
{
	(void)d;
	return 0;
}

const struct watch_view *watching_view(struct daemon *d)
{
	static const struct watch_view v = { .service_up = true, .readers_n = 1, .readers = { { "Reader A", true } } };

	(void)d;
	return &v;
}

enum sk_status probe_devices(struct admin_call *call)
{
	return admin_row_check(call, "sensor", ADMIN_CHECK_OK, "A sensor.", "");
}

enum sk_status enrol_card_start(struct admin_call *call)
{
	(void)call;
	rig_enrolments++;
	return SK_OK;
}

enum sk_status enrol_relink_start(struct admin_call *call)
{
	(void)call;
	rig_enrolments++;
	return SK_OK;
}

enum sk_status enrol_finger_start(struct admin_call *call)
{
	return admin_fail(call, SK_E_NOENT, "There is no person with this number.");
}

void denying_sweep_soon(struct daemon *d)
{
	(void)d;
	rig_sweeps++;
}

void denying_facts(const struct daemon *d, struct denykeep_facts *ret_f)
{
	(void)d;
	if (rig_keep != NULL)
		denykeep_facts(rig_keep, ret_f);
	else
		*ret_f = (struct denykeep_facts){ .state = DENYKEEP_NONE };
}

struct sk_span denying_bytes(const struct daemon *d)
{
	(void)d;
	return denykeep_bytes(rig_keep);
}

/* In use: what the attempts look at more closely. */
const char *attempt_standing(const struct person *p, const struct card *c, int64_t now)
{
	(void)now;
	return p->status == PERSON_ACTIVE && c->status == CARD_ACTIVE ? NULL : "not-in-use";
}

const char *denying_reason(const struct daemon *d, const uint8_t key[static STORE_KEY_LEN])
{
	int64_t when;

	(void)d;
	return rig_keep == NULL || denykeep_find(rig_keep, key, &when) == SK_E_NOENT ? NULL : "card-on-denylist";
}

enum sk_status denying_import(struct daemon *d, struct sk_span bytes, const char *actor, const char *from,
    char reterr_what[static DENY_WHAT_MAX])
{
	(void)d;
	assert_string_equal(actor, "uid 0");
	assert_string_equal(from, "usb-list");
	return denykeep_import(rig_keep, bytes, daemon_now(), reterr_what);
}

enum sk_status denying_receipt(struct daemon *d, char ret_text[static DENYING_RECEIPT_MAX])
{
	(void)d;
	strcpy(ret_text, "sekisho-denylist-receipt: 1\n");
	return denykeep_bytes(rig_keep).len > 0 ? SK_OK : SK_E_NOENT;
}

/* The idle timer of an import never runs out here. */
int sd_event_add_time_relative(sd_event *e, sd_event_source **s, clockid_t clock, uint64_t usec, uint64_t accuracy,
    sd_event_time_handler_t callback, void *userdata)
{
	(void)e;
	(void)clock;
	(void)usec;
	(void)accuracy;
	(void)callback;
	(void)userdata;
	*s = NULL;
	return 0;
}

int sd_event_source_set_time_relative(sd_event_source *s, uint64_t usec)
{
	(void)s;
	(void)usec;
	return 0;
}

int64_t daemon_safe_now(struct daemon *d)
{
	(void)d;
	return daemon_now();
}

enum sk_status daemon_clock_accept(struct daemon *d)
{
	d->clock_mark = daemon_now();
	return SK_OK;
}

/* A list arrives in a file without a name; what sekisho-crl says of it says the test. */
static compile_done_fn *compiling;

int compile_incoming(void)
{
	return open("/tmp", O_TMPFILE | O_RDWR, 0600);
}

void compile_forget(void)
{
	compiling = NULL;
}

enum sk_status compile_start(struct daemon *d, compile_done_fn *fn)
{
	(void)d;
	compiling = fn;
	return SK_OK;
}

enum sk_status rig_compiled(struct rig *r, enum sk_status st, const char *what)
{
	static const uint8_t hash[32] = { 0 };

	assert_non_null(compiling);
	compiling(NULL, st, hash, what);
	take_answer(r);
	return r->result;
}

sd_event_source *sd_event_source_unref(sd_event_source *s)
{
	(void)s;
	return NULL;
}

/* --- the rig --- */

int rig_setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	rig_record_fails = SK_OK;
	rig_enrolments = 0;
	rig_sweeps = 0;
	strcpy(r->dir, "/tmp/sekisho-admin-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_int_equal(store_sqlite_create(r->dir), SK_OK);
	assert_int_equal(store_sqlite_open(r->dir, &r->d.store), SK_OK);
	config_defaults(&r->d.config);
	strcpy(r->d.config.terminal, "T-1");
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, r->fds), 0);
	*state = r;
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *r = *state;
	char command[128];

	store_free(&r->d.store);
	rows_clear(&r->rows);
	(void)close(r->fds[0]);
	(void)close(r->fds[1]);
	snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
	assert_int_equal(system(command), 0);
	free(r);
	return 0;
}

void rig_ask(struct rig *r, enum ipc_command command)
{
	ipc_out_init(&r->o, IPC_ADMIN_REQUEST, r->buf, sizeof(r->buf));
	ipc_out_num(&r->o, IPC_F_COMMAND, (uint64_t)command);
}

void rig_text(struct rig *r, enum ipc_field f, const char *text)
{
	ipc_out_text(&r->o, f, text);
}

void rig_num(struct rig *r, enum ipc_field f, uint64_t v)
{
	ipc_out_num(&r->o, f, v);
}

static void take_answer(struct rig *r)
{
	static uint8_t buf[IPC_MSG_MAX];
	struct ipc_msg m;

	for (;;) {
		assert_int_equal(ipc_recv(r->fds[1], IPC_ADMIN_DOWN, 0, buf, sizeof(buf), &m), SK_OK);
		if (m.type == IPC_ADMIN_END)
			break;
		assert_int_equal(m.type, IPC_ADMIN_ROW);
		assert_int_equal(rows_add(&r->rows, ROW_CHECK, &m), SK_OK);
	}
	r->result = (enum sk_status)(int32_t)(uint32_t)ipc_num(&m, IPC_F_RESULT);
	assert_int_equal(ipc_text(&m, IPC_F_TEXT, r->text, sizeof(r->text)), SK_OK);
	/* Exactly one end. */
	assert_int_equal(ipc_recv(r->fds[1], IPC_ADMIN_DOWN, 0, buf, sizeof(buf), &m), SK_E_TIMEOUT);
}

void rig_send(struct rig *r)
{
	static uint8_t buf[IPC_MSG_MAX];
	struct ipc_msg m;
	/* Nobody looks into the connection; that it is the same one counts. */
	struct admin_call call = { .d = &r->d, .req = &m, .fd = r->fds[0], .conn = (struct conn *)(void *)r->conn, .actor = "uid 0" };

	rows_clear(&r->rows);
	assert_int_equal(ipc_send(r->fds[1], &r->o), SK_OK);
	assert_int_equal(ipc_recv(r->fds[0], IPC_ADMIN_UP, 0, buf, sizeof(buf), &m), SK_OK);
	admin_dispatch(&call);
}

enum sk_status rig_answer(struct rig *r)
{
	rig_send(r);
	take_answer(r);
	return r->result;
}

const char *rig_cell(const struct rig *r, size_t row, enum ipc_field f)
{
	static char text[4][1100];
	static unsigned turn;

	assert_true(row < r->rows.n);
	turn = (turn + 1) % 4;
	assert_int_equal(ipc_text(&r->rows.v[row].m, f, text[turn], sizeof(text[turn])), SK_OK);
	return text[turn];
}

uint64_t rig_cell_num(const struct rig *r, size_t row, enum ipc_field f)
{
	assert_true(row < r->rows.n);
	assert_true(ipc_has(&r->rows.v[row].m, f));
	return ipc_num(&r->rows.v[row].m, f);
}

void rig_person(struct rig *r, const char *id, const char *account)
{
	struct person p = { .role = ROLE_STAFF, .status = PERSON_ACTIVE, .created = daemon_now(), .changed = daemon_now() };

	strcpy(p.id, id);
	strcpy(p.name, "Name");
	strcpy(p.account, account);
	assert_int_equal(store_person_add(r->d.store, &p), SK_OK);
}

void rig_card(struct rig *r, const char *person, uint8_t first)
{
	static struct card c;

	memset(&c, 0, sizeof(c));
	memset(c.key, 0x11, sizeof(c.key));
	c.key[0] = first;
	strcpy(c.person, person);
	c.status = CARD_ACTIVE;
	c.profile = PROFILE_PIV;
	memset(c.auth_cert, first, 100);
	c.auth_cert_len = 100;
	strcpy(c.label, "CN=Card");
	c.created = c.changed = 1;
	c.not_after = 2000000000;
	assert_int_equal(store_card_add(r->d.store, &c), SK_OK);
}

uint64_t rig_records(struct rig *r)
{
	uint64_t seq;
	uint8_t hash[STORE_HASH_LEN];

	assert_int_equal(store_audit_head(r->d.store, &seq, hash), SK_OK);
	return seq;
}

static enum sk_status keep_row(void *arg, const struct audit_row *row)
{
	*(struct audit_row *)arg = *row;
	return SK_OK;
}

void rig_newest(struct rig *r, struct audit_row *ret_row)
{
	uint64_t n = rig_records(r);

	assert_true(n > 0);
	assert_int_equal(store_audit_each(r->d.store, n - 1, 1, keep_row, ret_row), SK_OK);
}

void rig_fail(struct rig *r, enum lockout_subject subject, enum lockout_factor factor, const char *id, uint32_t n)
{
	static const struct lockout_policy wide = { .soft_limit = 100, .hard_limit = 100, .base_delay_s = 1 };
	struct lockout_id lid = { .subject = subject, .factor = factor };
	struct lockout_time now;
	uint8_t rec[LOCKOUT_RECORD_LEN];

	assert_int_equal(daemon_lockout_time(&now), SK_OK);
	strcpy(lid.id, id);
	lockout_init(rec);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t left;
		uint32_t wait_s;

		assert_int_equal(lockout_charge(rec, &wide, &now, &left, &wait_s), SK_OK);
	}
	assert_int_equal(store_lockout_put(r->d.store, &lid, rec), SK_OK);
}

enum card_status rig_card_status(struct rig *r, uint8_t first)
{
	static struct card c;
	uint8_t key[STORE_KEY_LEN];

	memset(key, 0x11, sizeof(key));
	key[0] = first;
	assert_int_equal(store_card_get(r->d.store, key, &c), SK_OK);
	return c.status;
}

enum sk_status rig_card_step(struct rig *r, enum ipc_command cmd, const char *card)
{
	rig_ask(r, cmd);
	rig_text(r, IPC_F_CARD, card);
	rig_text(r, IPC_F_DETAIL, "紛失");
	return rig_answer(r);
}

void rig_ask_person_add(struct rig *r, const char *id, const char *account)
{
	rig_ask(r, CMD_PERSON_ADD);
	rig_text(r, IPC_F_PERSON, id);
	rig_text(r, IPC_F_NAME, "山田花子");
	rig_text(r, IPC_F_ACCOUNT, account);
}
