/* SPDX-License-Identifier: Apache-2.0 */
/* See desk_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "desk_rig.h"
#include "daemon/attempt.h"
#include "daemon/conn.h"
#include "daemon/denying.h"
#include "daemon/enrol.h"
#include "daemon/guarding.h"
#include "daemon/journal.h"
#include "daemon/queue.h"

#define CERT_LEN 300u

struct helper {
	helper_msg_fn *on_msg;
	helper_gone_fn *on_gone;
	void *arg;
};

struct desk_world w;
struct audit_row newest;

/* --- callees, replaced at link time --------------------------------------------------------------------------------- */

int64_t daemon_now(void)
{
	return w.now;
}

int64_t daemon_safe_now(struct daemon *d)
{
	return w.now > d->clock_mark ? w.now : d->clock_mark;
}

enum sk_status daemon_lockout_time(struct lockout_time *ret_t)
{
	memset(ret_t, 0x42, sizeof(*ret_t));
	ret_t->since_boot_s = 5000;
	return SK_OK;
}

enum sk_status helper_spawn(struct daemon *d, enum helper_kind kind, helper_msg_fn *on_msg, helper_gone_fn *on_gone,
    void *arg, struct helper **ret_h)
{
	(void)d;
	if (kind != HELPER_CARD)
		return SK_E_IO;
	*ret_h = calloc(1, sizeof(**ret_h));
	assert_non_null(*ret_h);
	**ret_h = (struct helper){ on_msg, on_gone, arg };
	return SK_OK;
}

enum sk_status helper_send(struct helper *h, struct ipc_out *o)
{
	struct sk_span msg;
	struct ipc_msg m;

	(void)h;
	assert_int_equal(ipc_out_finish(o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, IPC_CARD_DOWN, &m), SK_OK);
	w.signing = w.signing || m.type == IPC_CARD_SIGN;
	return SK_OK;
}

void helper_release(struct helper **hp)
{
	free(*hp);
	*hp = NULL;
}

enum sk_status conn_send(struct conn *c, struct ipc_out *o)
{
	struct sk_span msg;
	struct ipc_msg m;

	(void)c;
	assert_int_equal(ipc_out_finish(o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, IPC_AUTH_DOWN, &m), SK_OK);
	if (w.peer_gone)
		return SK_E_IO;
	switch ((unsigned)m.type) {
	case IPC_AUTH_PROMPT:
		w.prompted = true;
		w.prompt_id = (uint32_t)ipc_num(&m, IPC_F_PROMPT_ID);
		break;
	case IPC_AUTH_RESULT:
		w.granted = ipc_num(&m, IPC_F_VERDICT) == (uint32_t)SK_GRANTED;
		assert_int_equal(ipc_text(&m, IPC_F_ACCOUNT, w.account, sizeof(w.account)), SK_OK);
		break;
	case IPC_AUTH_INFO:
		if (ipc_num(&m, IPC_F_MSG) == MSG_DESK_NOW)
			assert_int_equal(ipc_text(&m, IPC_F_ARG1, w.desk_name, sizeof(w.desk_name)), SK_OK);
		w.history = w.history || ipc_num(&m, IPC_F_MSG) == MSG_FIRST_LOGIN;
		break;
	default:
		w.verdict = (enum sk_verdict)(uint32_t)ipc_num(&m, IPC_F_VERDICT);
		w.session = ipc_num(&m, IPC_F_SESSION);
		w.max_s = (uint32_t)ipc_num(&m, IPC_F_MAX_S);
		w.desk_name[0] = '\0';
		if (ipc_num(&m, IPC_F_MSG) == MSG_DESK_NOW)
			assert_int_equal(ipc_text(&m, IPC_F_ARG1, w.desk_name, sizeof(w.desk_name)), SK_OK);
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
	(void)result;
	(void)text;
	fail();
}

/* The guard has tests of its own: here every session is guarded, by nothing. */
void guarding_unreserve(struct guarded **g) { *g = NULL; }
void guarding_reader(struct daemon *d, struct session *s) { (void)d; (void)s; }
void guarding_opened(struct daemon *d, struct guarded **g, const struct session *s) { (void)d; (void)s; *g = NULL; }

enum sk_status guarding_reserve(struct daemon *d, struct guarded **ret_g)
{
	(void)d;
	*ret_g = NULL;
	return SK_OK;
}

bool guarding_closed(struct daemon *d, uint64_t id)
{
	(void)d;
	w.unguarded = id;
	return false;
}

void enrolment_free(struct enrolment **e)
{
	*e = NULL;
}

enum sk_status journal_record(struct daemon *d, const struct audit_in *in)
{
	uint64_t seq;

	return in->event == w.record_fails ? SK_E_IO : store_audit_add(d->store, in, daemon_now(), &seq);
}

/* A certificate is one byte, repeated; so is the hash of its key. */
enum sk_status trust_cert_read(struct sk_span der, struct trust_cert *ret)
{
	memset(ret, 0, sizeof(*ret));
	memset(ret->key_hash, der.p[0], sizeof(ret->key_hash));
	ret->alg = ALG_P256_SHA256;
	ret->not_after = INT64_MAX / 4;
	return SK_OK;
}

const char *trust_reason_word(enum trust_reason r)
{
	(void)r;
	return "other";
}

/* --- the world ------------------------------------------------------------------------------------------------------ */

static void add_person(const char *id, const char *account, enum person_role role)
{
	struct person p = { .role = role, .status = PERSON_ACTIVE };

	(void)snprintf(p.id, sizeof(p.id), "%s", id);
	(void)snprintf(p.name, sizeof(p.name), "Name of %s", id);
	(void)snprintf(p.account, sizeof(p.account), "%s", account);
	assert_int_equal(store_person_add(w.d.store, &p), SK_OK);
}

void add_card(const char *person, uint8_t byte)
{
	static struct card c;

	memset(&c, 0, sizeof(c));
	memset(c.key, byte, sizeof(c.key));
	memset(c.auth_cert, byte, CERT_LEN);
	c.auth_cert_len = CERT_LEN;
	(void)snprintf(c.person, sizeof(c.person), "%s", person);
	c.status = CARD_ACTIVE;
	c.profile = PROFILE_PIV;
	assert_int_equal(store_card_add(w.d.store, &c), SK_OK);
}

void set_limit(uint8_t card, int64_t until, const char *terminals)
{
	struct card_limit l = { .until = until };

	memset(l.key, card, sizeof(l.key));
	(void)snprintf(l.terminals, sizeof(l.terminals), "%s", terminals);
	assert_int_equal(store_card_limit_set(w.d.store, &l), SK_OK);
}

/* Hanako (card 0x11) and Taro (0x22) share the desk; Ichiro (0x33) doesn't. */
int desk_setup(void **state)
{
	static int there;

	(void)state;
	memset(&w, 0, sizeof(w));
	w.now = 1000000;
	(void)snprintf(w.dir, sizeof(w.dir), "/dev/shm/sekisho-desk-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	assert_int_equal(store_sqlite_create(w.dir), SK_OK);
	assert_int_equal(store_sqlite_open(w.dir, &w.d.store), SK_OK);
	w.d.trust = (struct trust *)&there;
	w.d.vault = (struct vault *)&there;
	config_defaults(&w.d.config);
	(void)snprintf(w.d.config.terminal, sizeof(w.d.config.terminal), "T-1");
	(void)snprintf(w.d.config.help, sizeof(w.d.config.help), "help");
	w.d.config.role_policy_set[ROLE_PRIVILEGED] = false; /* here is no sensor */
	assert_true(sd_event_new(&w.d.event) >= 0);
	assert_int_equal(queue_new(&w.d.queue), SK_OK);
	add_person("P1", "hanako", ROLE_STAFF);
	add_person("P2", "taro", ROLE_PRIVILEGED);
	add_person("P3", "ichiro", ROLE_STAFF);
	add_card("P1", 0x11);
	add_card("P2", 0x22);
	add_card("P3", 0x33);
	assert_int_equal(store_shared_add(w.d.store, "desk", "P1", 10), SK_OK);
	assert_int_equal(store_shared_add(w.d.store, "desk", "P2", 10), SK_OK);
	return 0;
}

int desk_teardown(void **state)
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

static struct conn *peer(uid_t uid)
{
	struct conn *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->d = &w.d;
	c->uid = uid;
	c->pid = getpid();
	return c;
}

/* @p account "": none is named. */
void begin(uid_t uid, const char *account)
{
	enum policy_error why;

	w.prompted = w.signing = w.granted = w.history = false;
	w.desk_name[0] = w.account[0] = '\0';
	assert_int_equal(attempt_new(&w.d, peer(uid), ATTEMPT_LOGIN, &w.a), SK_OK);
	w.attempt = w.a->id;
	(void)snprintf(w.a->service, sizeof(w.a->service), uid == 0 ? "login" : "xlock");
	(void)snprintf(w.a->account, sizeof(w.a->account), "%s", account);
	w.a->account_given = account[0] != '\0';
	w.a->unlocks = uid != 0;
	assert_int_equal(policy_parse("card+pin", 8, &w.a->policy, &why), SK_OK);
	attempt_enter(w.a);
	assert_non_null(w.a);
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

void head(uint8_t card)
{
	uint8_t buf[512], der[100];
	struct ipc_out o;

	memset(der, card, sizeof(der));
	ipc_out_init(&o, IPC_CARD_HEAD, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROFILE, PROFILE_PIV);
	ipc_out_num(&o, IPC_F_KEY_REF, KEY_PIV_AUTH);
	ipc_out_bytes(&o, IPC_F_BYTES, der, sizeof(der));
	ipc_out_text(&o, IPC_F_READER, "reader");
	dispatch(&o, IPC_CARD_UP);
}

void tries_and_answer(void)
{
	uint8_t buf[128];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_TRIES, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_TRIES, 3);
	dispatch(&o, IPC_CARD_UP);
	assert_true(w.prompted);
	ipc_out_init(&o, IPC_AUTH_ANSWER, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROMPT_ID, w.prompt_id);
	ipc_out_bytes(&o, IPC_F_SECRET, "123456", 6);
	dispatch(&o, IPC_AUTH_UP);
	assert_true(w.signing);
}

void signs(void)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_SIGNATURE, buf, sizeof(buf));
	ipc_out_bytes(&o, IPC_F_BYTES, "good", 4);
	dispatch(&o, IPC_CARD_UP);
	assert_null(w.a);
}

void wrong_pin(void)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_ERROR, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_REASON, CARD_ERR_PIN_WRONG);
	ipc_out_num(&o, IPC_F_TRIES, 2);
	dispatch(&o, IPC_CARD_UP);
}

/* All of it. */
bool logs_in(uid_t uid, const char *account, uint8_t card)
{
	begin(uid, account);
	head(card);
	if (w.a == NULL)
		return false;
	tries_and_answer();
	signs();
	return w.granted;
}

bool root_begins(const char *account, uint32_t flags)
{
	struct conn *c = peer(0);
	uint8_t buf[256];
	struct sk_span msg;
	struct ipc_out o;
	struct ipc_msg m;
	enum policy_error why;
	static struct attempt none;

	w.prompted = w.signing = w.granted = w.history = false;
	w.desk_name[0] = w.account[0] = '\0';
	assert_int_equal(policy_parse("card+pin", 8, &w.d.config.default_policy, &why), SK_OK);
	ipc_out_init(&o, IPC_AUTH_BEGIN, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_SERVICE, "sekisho-lock");
	if (account[0] != '\0')
		ipc_out_text(&o, IPC_F_ACCOUNT, account);
	if (flags != 0)
		ipc_out_num(&o, IPC_F_FLAGS, flags);
	assert_int_equal(ipc_out_finish(&o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, IPC_AUTH_UP, &m), SK_OK);
	/* conn_close() takes this mark away, and the peer with it. */
	w.a = &none;
	request_begin(c, &m);
	if (w.a != NULL) {
		w.a = c->attempt;
		w.attempt = w.a->id;
	}
	return w.a != NULL;
}

bool root_is_let_in(const char *account, uint32_t flags, uint8_t card)
{
	if (!root_begins(account, flags))
		return false;
	head(card);
	if (w.a == NULL)
		return false;
	tries_and_answer();
	signs();
	return w.granted;
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

/* Refused before a PIN was asked, with this word in the record and nothing else to be seen outside. */
void refused(uid_t uid, const char *account, uint8_t card, enum audit_event event, const char *reason)
{
	assert_false(logs_in(uid, account, card));
	assert_false(w.prompted);
	assert_false(w.signing);
	newest_is(event, reason);
}

uint16_t pin_failures(const char *person)
{
	struct lockout_id id = { .subject = LOCK_PERSON, .factor = LOCK_PIN };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_time now;
	struct lockout_view v;

	(void)snprintf(id.id, sizeof(id.id), "%s", person);
	if (store_lockout_get(w.d.store, &id, rec) == SK_E_NOENT)
		return 0;
	assert_int_equal(daemon_lockout_time(&now), SK_OK);
	assert_int_equal(lockout_look(rec, &w.d.config.lock_pin, &now, &v), SK_OK);
	return v.failures;
}

static void ask(enum ipc_type type, const char *account, uint64_t attempt)
{
	uint8_t buf[256];
	struct sk_span msg;
	struct ipc_out o;
	struct ipc_msg m;

	w.verdict = (enum sk_verdict)0;
	w.session = w.max_s = 0;
	ipc_out_init(&o, type, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_ACCOUNT, account);
	ipc_out_text(&o, IPC_F_SERVICE, "login");
	if (attempt != 0)
		ipc_out_num(&o, IPC_F_ATTEMPT, attempt);
	assert_int_equal(ipc_out_finish(&o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, IPC_AUTH_UP, &m), SK_OK);
	if (type == IPC_ACCT_CHECK)
		request_acct(peer(0), &m);
	else
		request_session_open(peer(0), &m);
}

bool acct_says_yes(const char *account, uint64_t attempt)
{
	ask(IPC_ACCT_CHECK, account, attempt);
	return w.verdict == SK_GRANTED;
}

bool opens(const char *account, uint64_t attempt)
{
	ask(IPC_SESSION_OPEN, account, attempt);
	return w.verdict == SK_GRANTED;
}

void person_is(const char *id, enum person_status st)
{
	assert_int_equal(store_person_set_status(w.d.store, id, st, w.now), SK_OK);
}
