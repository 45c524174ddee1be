/* SPDX-License-Identifier: Apache-2.0 */
/*
 * My Number Cards in the attempt machine, on the real store: which keys go with which card, the three tries, policies without
 * PIN, enrolment and re-linking. The outside (helpers, peer, certificates) is replaced at link time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/admin_rows.h"
#include "daemon/attempt.h"
#include "daemon/conn.h"
#include "daemon/denying.h"
#include "daemon/enrol.h"
#include "daemon/journal.h"
#include "daemon/queue.h"

#define CERT_LEN 300u

struct helper {
	enum helper_kind kind;
	helper_msg_fn *on_msg;
	helper_gone_fn *on_gone;
	void *arg;
};

static struct {
	struct daemon d;
	char dir[64];
	struct helper *card;
	struct attempt *a; /* NULL when it has ended */
	unsigned told[16]; /* Messages to the card, by the low byte of their type. */
	uint32_t prompt_id;
	enum msg_id prompt, said; /* Newest of each. */
	char prompt_arg[16];
	bool granted, admin_ended;
	enum sk_status admin_result;
	enum ipc_alg alg; /* Of every certificate. */
	bool ca;
	enum sk_status record_fails;
} w;

/* --- callees, replaced at link time --------------------------------------------------------------------------------- */

uint32_t helper_device_n(void)
{
	return 0;
}

enum sk_status helper_spawn(struct daemon *d, enum helper_kind kind, helper_msg_fn *on_msg, helper_gone_fn *on_gone,
    void *arg, struct helper **ret_h)
{
	struct helper *h;

	(void)d;
	if (kind != HELPER_CARD)
		return SK_E_IO; /* this terminal has no sensor */
	h = calloc(1, sizeof(*h));
	assert_non_null(h);
	*h = (struct helper){ kind, on_msg, on_gone, arg };
	w.card = *ret_h = h;
	return SK_OK;
}

enum sk_status helper_send(struct helper *h, struct ipc_out *o)
{
	struct sk_span msg;
	struct ipc_msg m;

	(void)h;
	assert_int_equal(ipc_out_finish(o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, IPC_CARD_DOWN, &m), SK_OK);
	w.told[(unsigned)m.type & 0x0Fu]++;
	return SK_OK;
}

enum sk_status helper_send_plain(struct helper *h, enum ipc_type type)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, type, buf, sizeof(buf));
	return helper_send(h, &o);
}

void helper_release(struct helper **hp)
{
	free(*hp);
	*hp = w.card = NULL;
}

enum sk_status conn_send(struct conn *c, struct ipc_out *o)
{
	struct sk_span msg;
	struct ipc_msg m;

	(void)c;
	assert_int_equal(ipc_out_finish(o, &msg), SK_OK);
	if (ipc_parse(msg, IPC_AUTH_DOWN, &m) != SK_OK)
		assert_int_equal(ipc_parse(msg, IPC_ADMIN_DOWN, &m), SK_OK);
	switch ((unsigned)m.type) {
	case IPC_AUTH_PROMPT:
	case IPC_ADMIN_PROMPT:
		w.prompt_id = (uint32_t)ipc_num(&m, IPC_F_PROMPT_ID);
		w.prompt = (enum msg_id)ipc_num(&m, IPC_F_MSG);
		assert_int_equal(ipc_text(&m, IPC_F_ARG1, w.prompt_arg, sizeof(w.prompt_arg)), SK_OK);
		break;
	case IPC_AUTH_RESULT:
		w.granted = ipc_num(&m, IPC_F_VERDICT) == (uint32_t)SK_GRANTED;
		w.said = (enum msg_id)ipc_num(&m, IPC_F_MSG);
		break;
	case IPC_AUTH_INFO:
	case IPC_ADMIN_INFO:
		w.said = (enum msg_id)ipc_num(&m, IPC_F_MSG);
		break;
	default:
		fail();
	}
	return SK_OK;
}

void conn_close(struct conn *c)
{
	w.a = NULL;
	free(c);
}

void admin_end(int fd, enum sk_status result, const char *text)
{
	(void)fd;
	(void)text;
	w.a = NULL;
	w.admin_ended = true;
	w.admin_result = result;
}

void admin_row_begin(struct ipc_out *o, uint8_t *buf, size_t cap)
{
	(void)o;
	(void)buf;
	(void)cap;
	fail();
}

enum sk_status admin_row_send(struct admin_call *call, struct ipc_out *o)
{
	(void)call;
	(void)o;
	fail();
	return SK_E_FAULT;
}

enum sk_status journal_record(struct daemon *d, const struct audit_in *in)
{
	uint64_t seq;

	return w.record_fails != SK_OK && in->event == EV_ADMIN ? w.record_fails
								: store_audit_add(d->store, in, daemon_now(), &seq);
}

void journal_note(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

enum sk_status trust_random(uint8_t *ret, size_t len)
{
	memset(ret, 0x77, len);
	return SK_OK;
}

enum sk_status trust_digest(enum ipc_alg alg, struct sk_span in, uint8_t ret[static TRUST_DIGEST_MAX], size_t *ret_len)
{
	(void)alg;
	(void)in;
	memset(ret, 0xD1, 32);
	*ret_len = 32;
	return SK_OK;
}

enum sk_status trust_verify(struct sk_span cert, struct sk_span digest, struct sk_span sig)
{
	(void)cert;
	(void)digest;
	return sig.len == 4 && memcmp(sig.p, "good", 4) == 0 ? SK_OK : SK_E_CRYPTO;
}

/* A certificate is one byte, repeated; so is the hash of its key. */
enum sk_status trust_cert_read(struct sk_span der, struct trust_cert *ret)
{
	memset(ret, 0, sizeof(*ret));
	memset(ret->key_hash, der.p[0], sizeof(ret->key_hash));
	(void)snprintf(ret->subject, sizeof(ret->subject), "C=JP, CN=20250401090000001");
	(void)snprintf(ret->issuer, sizeof(ret->issuer), "O=JPKI");
	(void)snprintf(ret->serial, sizeof(ret->serial), "0123ABCD");
	ret->alg = w.alg;
	ret->ca = w.ca;
	ret->not_after = INT64_MAX / 4;
	return SK_OK;
}

enum sk_status trust_cert_check(struct trust *t, struct sk_span der, int64_t now, enum trust_reason *ret, bool *warn)
{
	(void)t;
	(void)der;
	(void)now;
	*ret = TRUST_GOOD;
	*warn = false;
	return SK_OK;
}

const char *denying_reason(const struct daemon *d, const uint8_t k[static STORE_KEY_LEN])
{
	(void)d;
	(void)k;
	return NULL;
}

bool trust_needs_repair(const struct trust *t)
{
	(void)t;
	return false;
}

void daemon_repair_later(struct daemon *d)
{
	(void)d;
	fail();
}

int64_t daemon_safe_now(struct daemon *d)
{
	(void)d;
	return daemon_now();
}

const char *trust_reason_word(enum trust_reason r)
{
	return r == TRUST_ALGORITHM ? "algorithm" : r == TRUST_KEY_USAGE ? "key-usage" : "other";
}

enum sk_status trust_crl_each(struct trust *t, int64_t now, trust_crl_fn *fn, void *arg)
{
	(void)t;
	(void)now;
	(void)fn;
	(void)arg;
	return SK_OK;
}

enum sk_status vault_open_seal(struct vault *v, const char *person, const char *finger, uint8_t impression,
    struct sk_span seal, uint8_t *ret, size_t cap, size_t *ret_len)
{
	(void)v;
	(void)person;
	(void)finger;
	(void)impression;
	(void)seal;
	(void)ret;
	(void)cap;
	(void)ret_len;
	return SK_E_IO;
}

enum sk_status vault_seal(struct vault *v, const char *person, const char *finger, uint8_t impression,
    struct sk_span plain, uint8_t *ret, size_t cap, size_t *ret_len)
{
	return vault_open_seal(v, person, finger, impression, plain, ret, cap, ret_len);
}

/* --- the world ------------------------------------------------------------------------------------------------------ */

static void add_person(const char *id, const char *account)
{
	struct person p = { .role = ROLE_STAFF, .status = PERSON_ACTIVE };

	(void)snprintf(p.id, sizeof(p.id), "%s", id);
	(void)snprintf(p.name, sizeof(p.name), "x");
	(void)snprintf(p.account, sizeof(p.account), "%s", account);
	assert_int_equal(store_person_add(w.d.store, &p), SK_OK);
}

static void add_card(const char *person, uint8_t byte, enum ipc_profile profile)
{
	static struct card c;

	memset(&c, 0, sizeof(c));
	memset(c.key, byte, sizeof(c.key));
	memset(c.auth_cert, byte, CERT_LEN);
	c.auth_cert_len = CERT_LEN;
	(void)snprintf(c.person, sizeof(c.person), "%s", person);
	c.status = CARD_ACTIVE;
	c.profile = (uint8_t)profile;
	assert_int_equal(store_card_add(w.d.store, &c), SK_OK);
}

static struct card *get_card(uint8_t byte)
{
	static struct card c;
	uint8_t key[STORE_KEY_LEN];

	memset(key, byte, sizeof(key));
	return store_card_get(w.d.store, key, &c) == SK_OK ? &c : NULL;
}

static int setup(void **state)
{
	static int there;

	(void)state;
	memset(&w, 0, sizeof(w));
	w.alg = ALG_RSA2048_SHA256;
	(void)snprintf(w.dir, sizeof(w.dir), "/dev/shm/sekisho-jpki-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	assert_int_equal(store_sqlite_create(w.dir), SK_OK);
	assert_int_equal(store_sqlite_open(w.dir, &w.d.store), SK_OK);
	w.d.trust = (struct trust *)&there;
	w.d.vault = (struct vault *)&there;
	config_defaults(&w.d.config);
	(void)snprintf(w.d.config.terminal, sizeof(w.d.config.terminal), "T-1");
	(void)snprintf(w.d.config.help, sizeof(w.d.config.help), "desk");
	assert_true(sd_event_new(&w.d.event) >= 0);
	assert_int_equal(queue_new(&w.d.queue), SK_OK);
	add_person("P1", "hanako");
	add_person("P2", "taro");
	add_card("P1", 0x11, PROFILE_JPKI);
	return 0;
}

static int teardown(void **state)
{
	char cmd[128];

	(void)state;
	free(w.d.queue);
	store_free(&w.d.store);
	sd_event_unref(w.d.event);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", w.dir);
	assert_int_equal(system(cmd), 0);
	return 0;
}

static void begin_login(const char *policy)
{
	struct conn *c = calloc(1, sizeof(*c));
	enum policy_error why;

	assert_non_null(c);
	c->d = &w.d;
	w.prompt = w.said = MSG_NONE;
	w.granted = false;
	memset(w.told, 0, sizeof(w.told));
	assert_int_equal(attempt_new(&w.d, c, ATTEMPT_LOGIN, &w.a), SK_OK);
	(void)snprintf(w.a->service, sizeof(w.a->service), "login");
	(void)snprintf(w.a->account, sizeof(w.a->account), "hanako");
	w.a->account_given = true;
	assert_int_equal(policy_parse(policy, strlen(policy), &w.a->policy, &why), SK_OK);
	attempt_enter(w.a);
	assert_non_null(w.a);
}

static struct conn admin_conn;
static struct admin_call call;
static uint8_t request[512];

/* A command of enrol.c, as admin_dispatch() would call it; @p card NULL: not given. */
static enum sk_status begin_admin(admin_fn *fn, const char *person, const char *card)
{
	static struct ipc_msg m;
	struct ipc_out o;
	struct sk_span msg;
	enum sk_status st;

	memset(&admin_conn, 0, sizeof(admin_conn));
	memset(&call, 0, sizeof(call));
	memset(w.told, 0, sizeof(w.told));
	w.prompt = w.said = MSG_NONE;
	w.admin_ended = false;
	admin_conn.d = call.d = &w.d;
	call.conn = &admin_conn;
	call.req = &m;
	(void)snprintf(call.actor, sizeof(call.actor), "uid 0");
	ipc_out_init(&o, IPC_ADMIN_REQUEST, request, sizeof(request));
	ipc_out_num(&o, IPC_F_COMMAND, CMD_CARD_RELINK);
	ipc_out_text(&o, IPC_F_PERSON, person);
	if (card)
		ipc_out_text(&o, IPC_F_CARD, card);
	assert_int_equal(ipc_out_finish(&o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, IPC_ADMIN_UP, &m), SK_OK);
	st = fn(&call);
	w.a = admin_conn.attempt;
	return st;
}

static void dispatch(struct ipc_out *o, enum ipc_channel channel)
{
	struct sk_span msg;
	struct ipc_msg m;

	assert_non_null(w.a);
	assert_int_equal(ipc_out_finish(o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, channel, &m), SK_OK);
	attempt_dispatch(w.a, &m);
}

/* The peer goes. */
static void hang_up(void)
{
	struct conn *c = w.a->conn;

	c->attempt = NULL;
	attempt_client_gone(w.a);
	w.a = NULL;
	free(c);
}

static void head(uint64_t profile, uint64_t key_ref, uint8_t cert)
{
	uint8_t buf[512], der[100];
	struct ipc_out o;

	memset(der, cert, sizeof(der));
	ipc_out_init(&o, IPC_CARD_HEAD, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROFILE, profile);
	ipc_out_num(&o, IPC_F_KEY_REF, key_ref);
	ipc_out_bytes(&o, IPC_F_BYTES, der, sizeof(der));
	ipc_out_text(&o, IPC_F_READER, "reader");
	dispatch(&o, IPC_CARD_UP);
}

static void cert(uint8_t byte)
{
	uint8_t buf[512], der[CERT_LEN];
	struct ipc_out o;

	memset(der, byte, sizeof(der));
	ipc_out_init(&o, IPC_CARD_CERT, buf, sizeof(buf));
	ipc_out_bytes(&o, IPC_F_BYTES, der, sizeof(der));
	dispatch(&o, IPC_CARD_UP);
}

/* @p n -1: the card doesn't say. */
static void tries(int n)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_TRIES, buf, sizeof(buf));
	if (n >= 0)
		ipc_out_num(&o, IPC_F_TRIES, (uint64_t)n);
	dispatch(&o, IPC_CARD_UP);
}

static void answer(bool admin)
{
	uint8_t buf[128];
	struct ipc_out o;

	ipc_out_init(&o, admin ? IPC_ADMIN_ANSWER : IPC_AUTH_ANSWER, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROMPT_ID, w.prompt_id);
	ipc_out_bytes(&o, IPC_F_SECRET, "1234", 4);
	dispatch(&o, admin ? IPC_ADMIN_UP : IPC_AUTH_UP);
}

static void signature(const char *what)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_SIGNATURE, buf, sizeof(buf));
	ipc_out_bytes(&o, IPC_F_BYTES, what, 4);
	dispatch(&o, IPC_CARD_UP);
}

static unsigned told(enum ipc_type type)
{
	return w.told[(unsigned)type & 0x0Fu];
}

static struct audit_row newest;

static enum sk_status keep_newest(void *arg, const struct audit_row *row)
{
	(void)arg;
	newest = *row;
	return SK_OK;
}

static void newest_is(enum audit_event event, const char *reason)
{
	assert_int_equal(store_audit_each(w.d.store, 0, 0, keep_newest, NULL), SK_OK);
	assert_int_equal(newest.event, event);
	assert_string_equal(newest.reason, reason);
}

/* Ended as denied, for this reason, and no PIN was asked. */
static void denied_before_pin(enum audit_event event, const char *reason)
{
	assert_null(w.a);
	assert_false(w.granted);
	assert_int_equal(w.prompt, MSG_NONE);
	assert_int_equal(told(IPC_CARD_SIGN), 0);
	newest_is(event, reason);
}

/* --- log-in --------------------------------------------------------------------------------------------------------- */

static void login(void **state)
{
	(void)state;
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	assert_int_equal(told(IPC_CARD_CACHED), 1);
	assert_int_equal(told(IPC_CARD_TRIES_ASK), 1);
	tries(3);
	assert_int_equal(w.prompt, MSG_PIN_PROMPT_JPKI);
	assert_string_equal(w.prompt_arg, "2");
	answer(false);
	assert_int_equal(told(IPC_CARD_SIGN), 1);
	signature("good");
	assert_null(w.a);
	assert_true(w.granted);
	newest_is(EV_ATTEMPT_GRANTED, "card-pin");
	/* never another key than its own */
	assert_int_equal(told(IPC_CARD_KEY), 0);
}

static void wrong_signature(void **state)
{
	(void)state;
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	tries(3);
	answer(false);
	signature("evil");
	assert_null(w.a);
	assert_false(w.granted);
	newest_is(EV_ATTEMPT_DENIED, "signature-wrong");
}

static void keys_of_other_profiles(void **state)
{
	static const struct {
		uint64_t profile, key;
	} rows[] = { { PROFILE_PIV, KEY_JPKI_AUTH }, { PROFILE_JPKI, KEY_PIV_AUTH }, { PROFILE_JPKI, KEY_PIV_CARD },
		{ PROFILE_PIV, KEY_PIV_CARD }, { PROFILE_JPKI, 0x1A }, { PROFILE_JPKI, 0 }, { 0, 0 }, { 3, 0 },
		{ 3, KEY_JPKI_AUTH }, { 255, KEY_PIV_AUTH } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_login("card+pin");
		head(rows[i].profile, rows[i].key, 0x11);
		denied_before_pin(EV_FAULT, "card-protocol");
	}
}

/* The same key behind another application: its PIN is not the one that was enrolled. */
static void another_profile(void **state)
{
	(void)state;
	begin_login("card+pin");
	head(PROFILE_PIV, KEY_PIV_AUTH, 0x11);
	denied_before_pin(EV_ATTEMPT_DENIED, "card-profile");
	add_card("P2", 0x22, PROFILE_PIV);
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x22);
	denied_before_pin(EV_ATTEMPT_DENIED, "card-profile");
}

static void keeps_the_last_try(void **state)
{
	static const struct {
		int tries;
		enum audit_event event;
		const char *reason;
	} rows[] = { { 1, EV_ATTEMPT_DENIED, "pin-last-try-kept" }, { 0, EV_ATTEMPT_DENIED, "pin-blocked" },
		{ -1, EV_FAULT, "card-protocol" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_login("card+pin");
		head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
		tries(rows[i].tries);
		denied_before_pin(rows[i].event, rows[i].reason);
	}
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	tries(2);
	assert_string_equal(w.prompt_arg, "1");
	hang_up();
}

static void rsa_alone(void **state)
{
	(void)state;
	w.alg = ALG_P256_SHA256;
	begin_login("card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	denied_before_pin(EV_ATTEMPT_DENIED, "algorithm");
	assert_int_equal(told(IPC_CARD_TRIES_ASK), 0);
}

static void policies_without_pin(void **state)
{
	(void)state;
	begin_login("card+finger");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	denied_before_pin(EV_ATTEMPT_DENIED, "no-card-key");
	assert_int_equal(w.said, MSG_CARD_NEEDS_PIN);
	begin_login("card+finger|card+pin");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	assert_int_equal(told(IPC_CARD_TRIES_ASK), 1);
	assert_int_equal(w.a->required, FACTOR_CARD | FACTOR_PIN);
	hang_up();
	/* All three: the missing sensor is what stands in the way, not the card. */
	begin_login("card+finger|card+pin+finger");
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	denied_before_pin(EV_FAULT, "no-sensor");
	assert_int_equal(w.said, MSG_NO_SENSOR);
}

/* --- enrolment and re-linking --------------------------------------------------------------------------------------- */

/* The card proves itself. */
static void prove(uint8_t byte, const char *sig)
{
	head(PROFILE_JPKI, KEY_JPKI_AUTH, byte);
	assert_int_equal(told(IPC_CARD_MORE), 1);
	cert(byte);
	tries(3);
	answer(true);
	signature(sig);
}

static void enrolment(void **state)
{
	struct card *c;

	(void)state;
	assert_int_equal(begin_admin(enrol_card_start, "P2", NULL), SK_OK);
	prove(0x22, "good");
	assert_true(w.admin_ended);
	assert_int_equal(w.admin_result, SK_OK);
	assert_int_equal(told(IPC_CARD_KEY), 0);
	c = get_card(0x22);
	assert_non_null(c);
	assert_int_equal(c->profile, PROFILE_JPKI);
	assert_int_equal(c->card_cert_len, 0);
	/* Nothing of the subject: not here, not in the record. */
	assert_string_equal(c->label, "My Number Card, certificate 0123ABCD");
	newest_is(EV_ADMIN, "card-enrol");
	assert_string_equal(newest.detail, "My Number Card, certificate 0123ABCD");
}

static void enrolled_already(void **state)
{
	(void)state;
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x11);
	cert(0x11);
	assert_true(w.admin_ended);
	assert_int_equal(w.admin_result, SK_E_DENIED);
	assert_int_equal(w.said, MSG_CARD_ENROLLED);
	assert_int_equal(get_card(0x11)->status, CARD_ACTIVE);
}

static enum sk_status count(void *arg, const struct finger_print *f)
{
	(void)f;
	++*(unsigned *)arg;
	return SK_OK;
}

static void relink(void **state)
{
	struct finger_print *f = calloc(1, sizeof(*f));
	char hex[2 * STORE_KEY_LEN + 1];
	unsigned prints = 0;
	uint64_t id;

	(void)state;
	assert_non_null(f);
	(void)snprintf(f->person, sizeof(f->person), "P1");
	(void)snprintf(f->finger, sizeof(f->finger), "right-index");
	(void)snprintf(f->driver, sizeof(f->driver), "drv");
	(void)snprintf(f->device, sizeof(f->device), "dev");
	f->seal_len = 10;
	assert_int_equal(store_print_add(w.d.store, f, &id), SK_OK);
	free(f);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	prove(0x33, "good");
	assert_int_equal(w.admin_result, SK_OK);
	assert_int_equal(get_card(0x33)->status, CARD_ACTIVE);
	assert_string_equal(get_card(0x33)->person, "P1");
	assert_int_equal(get_card(0x11)->status, CARD_RETURNED);
	assert_string_equal(get_card(0x11)->reason, "replaced");
	newest_is(EV_ADMIN, "card-relink");
	admin_card_hex(get_card(0x33)->key, hex);
	assert_string_equal(newest.card, hex);
	admin_card_hex(get_card(0x11)->key, hex);
	assert_non_null(strstr(newest.detail, hex));
	assert_string_equal(newest.actor, "uid 0");
	assert_int_equal(store_print_each(w.d.store, "P1", count, &prints), SK_OK);
	assert_int_equal(prints, 1);
}

/* Whatever goes wrong: the old card is what it was, and the new one unknown. */
static void relink_that_fails(void **state)
{
	uint8_t old_key[STORE_KEY_LEN];

	(void)state;
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	prove(0x33, "evil");
	assert_int_equal(w.admin_result, SK_E_DENIED);
	assert_int_equal(get_card(0x11)->status, CARD_ACTIVE);
	assert_null(get_card(0x33));

	/* no record, no change */
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	w.record_fails = SK_E_IO;
	prove(0x33, "good");
	w.record_fails = SK_OK;
	assert_int_equal(w.admin_result, SK_E_DENIED);
	assert_int_equal(get_card(0x11)->status, CARD_ACTIVE);
	assert_null(get_card(0x33));

	/* a key that issues certificates is nobody's card */
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	w.ca = true;
	head(PROFILE_JPKI, KEY_JPKI_AUTH, 0x33);
	cert(0x33);
	w.ca = false;
	assert_true(w.admin_ended);
	assert_int_equal(w.admin_result, SK_E_DENIED);
	newest_is(EV_ATTEMPT_DENIED, "key-usage");
	assert_null(get_card(0x33));

	/* revoked while the new card was being proven */
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_OK);
	memset(old_key, 0x11, sizeof(old_key));
	assert_int_equal(store_card_set_status(w.d.store, old_key, CARD_REVOKED, "lost", 1), SK_OK);
	prove(0x33, "good");
	assert_int_equal(w.admin_result, SK_E_DENIED);
	newest_is(EV_ATTEMPT_DENIED, "changed-meanwhile");
	assert_int_equal(get_card(0x11)->status, CARD_REVOKED);
	assert_null(get_card(0x33));
}

static void relink_which(void **state)
{
	(void)state;
	assert_int_equal(begin_admin(enrol_relink_start, "P9", NULL), SK_E_NOENT);
	assert_int_equal(begin_admin(enrol_relink_start, "P2", NULL), SK_E_NOENT);
	assert_non_null(strstr(call.text, "enrol the new one instead"));
	add_card("P1", 0x44, PROFILE_PIV);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", NULL), SK_E_ARG);
	assert_non_null(strstr(call.text, "--card"));
	add_card("P2", 0x55, PROFILE_JPKI);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", "5555555555"), SK_E_DENIED);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", "9999999999"), SK_E_NOENT);
	assert_null(w.a);
	assert_int_equal(begin_admin(enrol_relink_start, "P1", "4444444444"), SK_OK);
	prove(0x33, "good");
	assert_int_equal(w.admin_result, SK_OK);
	assert_int_equal(get_card(0x44)->status, CARD_RETURNED);
	assert_int_equal(get_card(0x11)->status, CARD_ACTIVE);
	/* what was replaced once is not replaced again */
	assert_int_equal(begin_admin(enrol_relink_start, "P1", "4444444444"), SK_E_STATE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(login),
		TEST(wrong_signature),
		TEST(keys_of_other_profiles),
		TEST(another_profile),
		TEST(keeps_the_last_try),
		TEST(rsa_alone),
		TEST(policies_without_pin),
		TEST(enrolment),
		TEST(enrolled_already),
		TEST(relink),
		TEST(relink_that_fails),
		TEST(relink_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
