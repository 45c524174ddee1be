/* SPDX-License-Identifier: Apache-2.0 */
/* See jpki_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jpki_rig.h"
#include "daemon/admin_rows.h"
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

struct jpki_world w;
struct admin_call call;
struct audit_row newest;
static struct conn admin_conn;
static uint8_t request[512];

/* --- callees, replaced at link time --------------------------------------------------------------------------------- */

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

enum sk_status admin_row_send(struct admin_call *c, struct ipc_out *o)
{
	(void)c;
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

void add_card(const char *person, uint8_t byte, enum ipc_profile profile)
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

struct card *get_card(uint8_t byte)
{
	static struct card c;
	uint8_t key[STORE_KEY_LEN];

	memset(key, byte, sizeof(key));
	return store_card_get(w.d.store, key, &c) == SK_OK ? &c : NULL;
}

int jpki_setup(void **state)
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

int jpki_teardown(void **state)
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

void begin_login(const char *policy)
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

enum sk_status begin_admin(admin_fn *fn, const char *person, const char *card)
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
	ipc_out_text(&o, IPC_F_FINGER, "right-index");
	if (card)
		ipc_out_text(&o, IPC_F_CARD, card);
	if (w.until != 0)
		ipc_out_num(&o, IPC_F_VALID_UNTIL, w.until);
	if (w.terminals != NULL)
		ipc_out_text(&o, IPC_F_TEXT, w.terminals);
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

void hang_up(void)
{
	struct conn *c = w.a->conn;

	c->attempt = NULL;
	attempt_client_gone(w.a);
	w.a = NULL;
	free(c);
}

void head(uint64_t profile, uint64_t key_ref, uint8_t cert)
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

void cert(uint8_t byte)
{
	uint8_t buf[512], der[CERT_LEN];
	struct ipc_out o;

	memset(der, byte, sizeof(der));
	ipc_out_init(&o, IPC_CARD_CERT, buf, sizeof(buf));
	ipc_out_bytes(&o, IPC_F_BYTES, der, sizeof(der));
	dispatch(&o, IPC_CARD_UP);
}

void tries(int n)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_TRIES, buf, sizeof(buf));
	if (n >= 0)
		ipc_out_num(&o, IPC_F_TRIES, (uint64_t)n);
	dispatch(&o, IPC_CARD_UP);
}

void answer(bool admin)
{
	uint8_t buf[128];
	struct ipc_out o;

	ipc_out_init(&o, admin ? IPC_ADMIN_ANSWER : IPC_AUTH_ANSWER, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROMPT_ID, w.prompt_id);
	ipc_out_bytes(&o, IPC_F_SECRET, "1234", 4);
	dispatch(&o, admin ? IPC_ADMIN_UP : IPC_AUTH_UP);
}

void signature(const char *what)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_SIGNATURE, buf, sizeof(buf));
	ipc_out_bytes(&o, IPC_F_BYTES, what, 4);
	dispatch(&o, IPC_CARD_UP);
}

unsigned told(enum ipc_type type)
{
	return w.told[(unsigned)type & 0x0Fu];
}

static enum sk_status keep_newest(void *arg, const struct audit_row *row)
{
	(void)arg;
	newest = *row;
	return SK_OK;
}

void newest_is(enum audit_event event, const char *reason)
{
	assert_int_equal(store_audit_each(w.d.store, 0, 0, keep_newest, NULL), SK_OK);
	assert_int_equal(newest.event, event);
	assert_string_equal(newest.reason, reason);
}

void denied_before_pin(enum audit_event event, const char *reason)
{
	assert_null(w.a);
	assert_false(w.granted);
	assert_int_equal(w.prompt, MSG_NONE);
	assert_int_equal(told(IPC_CARD_SIGN), 0);
	newest_is(event, reason);
}
