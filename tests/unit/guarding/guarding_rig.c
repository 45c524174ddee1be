/* SPDX-License-Identifier: Apache-2.0 */
/* See guarding_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/admin_rows.h"
#include "daemon/denying.h"
#include "daemon/queue.h"
#include "guarding/guarding_rig.h"

struct world w;

static uint8_t cert9a[CERT_LEN], cert9e[CERT_LEN];

/* --- callees, replaced at link time --------------------------------------------------------------------------------- */

int64_t daemon_now(void)
{
	return w.now;
}

int64_t daemon_safe_now(struct daemon *d)
{
	(void)d;
	return w.now;
}

enum sk_status daemon_lockout_time(struct lockout_time *ret_t)
{
	(void)ret_t;
	return SK_E_IO;
}

void logind_stop(struct logind *l, const struct session *s, enum logind_act act, logind_done_fn *done, void *arg)
{
	(void)l;
	if (act == LOGIND_LOOK) {
		w.looks++;
		done(arg, s, &w.look);
		return;
	}
	w.stops++;
	w.last = *s;
	w.act = act;
	w.done = done;
	w.done_arg = arg;
	if (!w.deaf)
		done(arg, s, &w.answer);
}

const struct watch_view *watching_view(struct daemon *d)
{
	(void)d;
	return &w.view;
}

struct attempt *queue_holder(struct daemon *d)
{
	(void)d;
	return w.busy ? (struct attempt *)&w : NULL;
}

uint32_t queue_waiting(struct daemon *d)
{
	(void)d;
	return 0;
}

uint32_t helper_device_n(void)
{
	return w.devices;
}

enum sk_status helper_spawn(struct daemon *d, enum helper_kind kind, helper_msg_fn *on_msg, helper_gone_fn *on_gone, void *arg,
    struct helper **ret_h)
{
	(void)d;
	assert_int_equal(kind, HELPER_CARD);
	assert_null(w.helper);
	if (w.no_helper)
		return SK_E_IO;
	w.helper = calloc(1, sizeof(*w.helper));
	assert_non_null(w.helper);
	*w.helper = (struct helper){ on_msg, on_gone, arg };
	w.devices++;
	w.spawned++;
	*ret_h = w.helper;
	return SK_OK;
}

enum sk_status helper_send(struct helper *h, struct ipc_out *o)
{
	struct sk_span msg;
	struct ipc_msg m;

	assert_ptr_equal(h, w.helper);
	assert_int_equal(ipc_out_finish(o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, IPC_CARD_DOWN, &m), SK_OK);
	w.sent = m.type;
	if (m.type == IPC_CARD_OPEN) {
		char reader[STORE_READER_MAX + 1];

		assert_int_equal(ipc_text(&m, IPC_F_READER, reader, sizeof(reader)), SK_OK);
		assert_string_equal(reader, READER);
	}
	/* No PIN is ever sent by the guard. */
	assert_false(ipc_has(&m, IPC_F_SECRET));
	return SK_OK;
}

void helper_release(struct helper **hp)
{
	if (*hp == NULL)
		return;
	assert_ptr_equal(*hp, w.helper);
	free(w.helper);
	w.helper = NULL;
	w.devices--;
	*hp = NULL;
}

const char *denying_reason(const struct daemon *d, const uint8_t key[static STORE_KEY_LEN])
{
	(void)d;
	(void)key;
	return w.listed ? "card-on-denylist" : NULL;
}

const char *attempt_standing(const struct person *p, const struct card *c, int64_t now)
{
	(void)p;
	(void)c;
	(void)now;
	return w.standing;
}

void admin_card_hex(const uint8_t key[static STORE_KEY_LEN], char ret_hex[static 2 * STORE_KEY_LEN + 1])
{
	for (size_t i = 0; i < STORE_KEY_LEN; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", key[i]);
}

enum sk_status trust_random(uint8_t *ret, size_t len)
{
	memset(ret, 7, len);
	return SK_OK;
}

/* Only the key without PIN, over the digest of this proof. */
enum sk_status trust_verify(struct sk_span cert, struct sk_span digest, struct sk_span sig)
{
	uint8_t want[32];

	(void)sig;
	memset(want, 0xD1, sizeof(want));
	assert_int_equal(digest.len, sizeof(want));
	assert_memory_equal(digest.p, want, sizeof(want));
	assert_int_equal(cert.len, CERT_LEN);
	assert_memory_equal(cert.p, cert9e, CERT_LEN);
	return w.signature_good ? SK_OK : SK_E_CRYPTO;
}

enum sk_status trust_cert_read(struct sk_span der, struct trust_cert *ret)
{
	(void)der;
	memset(ret, 0, sizeof(*ret));
	ret->alg = ALG_P256_SHA256;
	return SK_OK;
}

enum sk_status trust_cert_check(struct trust *t, struct sk_span der, int64_t now, enum trust_reason *ret, bool *warn)
{
	(void)t;
	(void)now;
	assert_memory_equal(der.p, cert9e, CERT_LEN);
	*warn = false;
	*ret = w.cert_good ? TRUST_GOOD : TRUST_REVOKED;
	return w.cert_good ? SK_OK : SK_E_CRYPTO;
}

/* --- the rig ---------------------------------------------------------------------------------------------------------- */

/* Until nothing is due within a moment. */
void settle(void)
{
	while (sd_event_run(w.d.event, 5000) > 0)
		;
}

void run_ms(int64_t ms)
{
	struct timespec ts;
	int64_t end, now;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	end = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + ms;
	do {
		(void)sd_event_run(w.d.event, 10000);
		(void)clock_gettime(CLOCK_MONOTONIC, &ts);
		now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	} while (now < end);
}

void key_of(uint8_t first, uint8_t ret_key[static STORE_KEY_LEN])
{
	memset(ret_key, 0x11, STORE_KEY_LEN);
	ret_key[0] = first;
}

/* The card of the tests: PIV, with a key without PIN unless @p cert_len is 0. */
void add_card(uint8_t first, uint32_t cert_len, uint8_t profile)
{
	static struct card c;

	memset(&c, 0, sizeof(c));
	key_of(first, c.key);
	strcpy(c.person, "P1");
	c.status = CARD_ACTIVE;
	c.profile = profile;
	memcpy(c.auth_cert, cert9a, CERT_LEN);
	c.auth_cert[0] = first;
	c.auth_cert_len = CERT_LEN;
	memcpy(c.card_cert, cert9e, CERT_LEN);
	c.card_cert_len = cert_len;
	assert_int_equal(store_card_add(w.d.store, &c), SK_OK);
}

int rig_setup(void **state)
{
	struct person p = { .id = "P1", .name = "x", .account = "yamada", .role = ROLE_STAFF, .status = PERSON_ACTIVE };

	(void)state;
	memset(&w, 0, sizeof(w));
	for (size_t i = 0; i < CERT_LEN; i++) {
		cert9a[i] = (uint8_t)(i + 1);
		cert9e[i] = (uint8_t)(i + 100);
	}
	w.now = NOW;
	strcpy(w.dir, "/tmp/sekisho-guarding-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	assert_int_equal(setenv("JOURNAL_STREAM", "quiet", 1), 0);
	assert_int_equal(store_sqlite_create(w.dir), SK_OK);
	assert_int_equal(store_sqlite_open(w.dir, &w.d.store), SK_OK);
	assert_true(sd_event_new(&w.d.event) >= 0);
	w.d.guard = calloc(1, sizeof(*w.d.guard));
	assert_non_null(w.d.guard);
	w.d.guard->d = &w.d;
	w.d.logind = (struct logind *)&w; /* what the replaced logind_stop() is handed and never looks into */
	w.d.trust = (struct trust *)&w;
	strcpy(w.d.config.terminal, "T-001");
	w.answer = (struct logind_result){ .locked = 1, .own = true, .st = SK_OK };
	w.signature_good = w.cert_good = true;
	w.shown_first = 0xA1;
	w.shown_reader = READER;
	w.shown_profile = PROFILE_PIV;
	w.view.service_up = true;
	w.view.readers_n = 2;
	strcpy(w.view.readers[0].name, READER);
	strcpy(w.view.readers[1].name, "Reader 00 01");
	w.view.readers[0].card = true;
	assert_int_equal(store_person_add(w.d.store, &p), SK_OK);
	add_card(0xA1, CERT_LEN, PROFILE_PIV);
	return 0;
}

int rig_teardown(void **state)
{
	char command[128];

	(void)state;
	guarding_free(&w.d);
	assert_null(w.helper);
	store_free(&w.d.store);
	sd_event_unref(w.d.event);
	snprintf(command, sizeof(command), "rm -rf '%s'", w.dir);
	assert_int_equal(system(command), 0);
	return 0;
}

/* A session on a card in a reader, opened long ago; first 0: without a card. */
uint64_t open_on(const char *account, uint8_t first, const char *reader)
{
	struct session s = { .person = "P1", .service = "login", .tty = "tty2", .attempt = 5, .opened = NOW - 1000, .held = NOW - 1000,
		.leader = w.leader };
	struct guarded *g = NULL;

	snprintf(s.account, sizeof(s.account), "%s", account);
	snprintf(s.reader, sizeof(s.reader), "%s", reader);
	if (first != 0)
		key_of(first, s.key);
	assert_int_equal(store_session_open(w.d.store, &s, &s.id), SK_OK);
	assert_int_equal(guarding_reserve(&w.d, &g), SK_OK);
	guarding_opened(&w.d, &g, &s);
	assert_null(g);
	return s.id;
}

enum guard_state state_of(uint64_t id)
{
	const struct guarded *g = guarding_find(w.d.guard, id);

	return g == NULL ? GUARD_GONE : g->state;
}

void seen(enum ipc_watch_event ev)
{
	if (ev == WATCH_CARD_INSERTED || ev == WATCH_CARD_REMOVED)
		w.view.readers[0].card = ev == WATCH_CARD_INSERTED;
	guarding_watch(&w.d, ev, ev == WATCH_SERVICE_DOWN ? "" : READER);
}

struct wanted {
	enum audit_event event;
	const char *reason;
	uint32_t n;
};

static enum sk_status count_row(void *arg, const struct audit_row *row)
{
	struct wanted *c = arg;

	if (row->event == c->event && strcmp(row->reason, c->reason) == 0)
		c->n++;
	return SK_OK;
}

uint32_t recorded(enum audit_event event, const char *reason)
{
	struct wanted c = { event, reason, 0 };

	assert_int_equal(store_audit_each(w.d.store, 0, 0, count_row, &c), SK_OK);
	return c.n;
}

/* A message of the card helper. */
void say(enum ipc_type type, void (*fill)(struct ipc_out *o))
{
	static uint8_t buf[1024];
	struct sk_span msg;
	struct ipc_msg m;
	struct ipc_out o;

	assert_non_null(w.helper);
	ipc_out_init(&o, type, buf, sizeof(buf));
	fill(&o);
	assert_int_equal(ipc_out_finish(&o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, IPC_CARD_UP, &m), SK_OK);
	w.helper->on_msg(w.helper->arg, &m);
}

void fill_head(struct ipc_out *o)
{
	uint8_t head[80];

	memcpy(head, cert9a, sizeof(head));
	head[0] = w.shown_first;
	ipc_out_num(o, IPC_F_PROFILE, w.shown_profile);
	ipc_out_num(o, IPC_F_KEY_REF, w.shown_profile == PROFILE_PIV ? KEY_PIV_AUTH : KEY_JPKI_AUTH);
	ipc_out_bytes(o, IPC_F_BYTES, head, sizeof(head));
	ipc_out_text(o, IPC_F_READER, w.shown_reader);
}

void fill_key(struct ipc_out *o)
{
	ipc_out_num(o, IPC_F_PROFILE, PROFILE_PIV);
	ipc_out_num(o, IPC_F_KEY_REF, KEY_PIV_CARD);
	ipc_out_bytes(o, IPC_F_BYTES, cert9e, 80);
	ipc_out_text(o, IPC_F_READER, READER);
}

/* The certificate of the key with PIN, where that of the other belongs. */
void fill_wrong_key(struct ipc_out *o)
{
	ipc_out_num(o, IPC_F_PROFILE, PROFILE_PIV);
	ipc_out_num(o, IPC_F_KEY_REF, KEY_PIV_CARD);
	ipc_out_bytes(o, IPC_F_BYTES, cert9a, 80);
	ipc_out_text(o, IPC_F_READER, READER);
}

void fill_signature(struct ipc_out *o)
{
	ipc_out_bytes(o, IPC_F_BYTES, cert9a, 64);
}

void fill_error(struct ipc_out *o)
{
	ipc_out_num(o, IPC_F_REASON, CARD_ERR_UNKNOWN);
}

void whole_proof(void)
{
	assert_int_equal(w.sent, IPC_CARD_OPEN);
	say(IPC_CARD_HEAD, fill_head);
	assert_int_equal(w.sent, IPC_CARD_KEY);
	say(IPC_CARD_HEAD, fill_key);
	assert_int_equal(w.sent, IPC_CARD_SIGN);
	say(IPC_CARD_SIGNATURE, fill_signature);
}

/* An attempt that was granted: of root (uid 0), or of a user's locker. */
struct attempt granted(uid_t uid, uint64_t id, uint8_t first, const char *reader)
{
	static struct card c;
	struct attempt a = { .d = &w.d, .kind = ATTEMPT_LOGIN, .uid = uid, .unlocks = uid != 0, .id = id, .card = &c };

	key_of(first, c.key);
	strcpy(a.account, "yamada");
	strcpy(a.person.id, "P1");
	strcpy(a.service, "xlock");
	snprintf(a.reader, sizeof(a.reader), "%s", reader);
	admin_card_hex(c.key, a.card_hex);
	return a;
}
