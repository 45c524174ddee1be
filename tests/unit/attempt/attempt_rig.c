/* SPDX-License-Identifier: Apache-2.0 */
/* See attempt_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "attempt_rig.h"
#include "daemon/admin.h"
#include "daemon/conn.h"
#include "daemon/denying.h"
#include "daemon/enrol.h"
#include "daemon/queue.h"

struct helper {
	enum helper_kind kind;
	helper_msg_fn *on_msg;
	helper_gone_fn *on_gone;
	void *arg;
};

struct attempt_world w;
const uint8_t key[STORE_KEY_LEN] = { 0x11, 0x22 };
static uint8_t cert9a[200], cert9e[200];
static const uint8_t unknown[100] = { 0x30, 0x82 };

uint16_t failures(enum lockout_factor f)
{
	struct lockout_id id = { .subject = LOCK_PERSON, .factor = f, .id = "P1" };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_time now;
	struct lockout_view v;
	enum sk_status st = store_lockout_get(w.d.store, &id, rec);

	if (st == SK_E_NOENT)
		return 0;
	assert_int_equal(st, SK_OK);
	assert_int_equal(daemon_lockout_time(&now), SK_OK);
	assert_int_equal(lockout_look(rec, lockouts_policy(&w.d.config, LOCK_PERSON, f), &now, &v), SK_OK);
	return v.failures;
}

uint64_t records(void)
{
	uint8_t hash[STORE_HASH_LEN];
	uint64_t seq = 0;

	assert_int_equal(store_audit_head(w.d.store, &seq, hash), SK_OK);
	return seq;
}

/* --- callees, replaced at link time --------------------------------------------------------------------------------- */

enum sk_status helper_spawn(struct daemon *d, enum helper_kind kind, helper_msg_fn *on_msg, helper_gone_fn *on_gone,
    void *arg, struct helper **ret_h)
{
	struct helper *h = calloc(1, sizeof(*h));

	(void)d;
	assert_non_null(h);
	*h = (struct helper){ kind, on_msg, on_gone, arg };
	*(kind == HELPER_CARD ? &w.card : &w.finger) = h;
	*ret_h = h;
	return SK_OK;
}

enum sk_status helper_send(struct helper *h, struct ipc_out *o)
{
	struct sk_span msg;
	struct ipc_msg m;

	assert_int_equal(ipc_out_finish(o, &msg), SK_OK);
	assert_int_equal(ipc_parse(msg, h->kind == HELPER_CARD ? IPC_CARD_DOWN : IPC_FINGER_DOWN, &m), SK_OK);
	if (m.type == IPC_CARD_SIGN) {
		w.sign_sent = true;
		w.pin_in_sign = ipc_has(&m, IPC_F_SECRET);
		/* 2: charged before the card can judge. */
		if (w.pin_in_sign)
			assert_int_equal(failures(LOCK_PIN), w.pin_wrong + 1);
	} else if (m.type == IPC_FINGER_SCAN) {
		memcpy(w.token, m.f[IPC_F_TOKEN].p, sizeof(w.token));
		w.token_set = true;
		w.go_sent = false;
		assert_true(w.sign_ok); /* the card first */
	} else if (m.type == IPC_FINGER_GO) {
		w.go_sent = true;
		assert_int_equal(failures(LOCK_FINGER), w.finger_wrong + 1);
	}
	return SK_OK;
}

void helper_release(struct helper **hp)
{
	if (*hp == NULL)
		return;
	*(((*hp)->kind == HELPER_CARD) ? &w.card : &w.finger) = NULL;
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
	if (m.type == IPC_AUTH_PROMPT) {
		w.prompted = true;
		w.prompt_id = (uint32_t)ipc_num(&m, IPC_F_PROMPT_ID);
	} else if (m.type == IPC_AUTH_RESULT) {
		w.granted = ipc_num(&m, IPC_F_VERDICT) == (uint32_t)SK_GRANTED;
	}
	return SK_OK;
}

const char *denying_reason(const struct daemon *d, const uint8_t k[static STORE_KEY_LEN])
{
	(void)d;
	assert_memory_equal(k, key, sizeof(key));
	return w.damaged ? "denylist-damaged" : w.listed ? "card-on-denylist" : NULL;
}

void conn_close(struct conn *c)
{
	assert_null(c->attempt); /* cut loose first */
	w.conn = NULL;
	free(c);
}

void admin_end(int fd, enum sk_status result, const char *text)
{
	(void)fd;
	(void)result;
	(void)text;
	fail(); /* log-ins only */
}

/* Every attempt frees its enrolment at its very end: the one place that tells us that it is over. */
void enrolment_free(struct enrolment **e)
{
	*e = NULL;
	w.a = NULL;
	w.ended = true;
}

enum sk_status trust_random(uint8_t *ret, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(1 + rand() % 255);
	return SK_OK;
}

enum sk_status trust_verify(struct sk_span cert, struct sk_span digest, struct sk_span sig)
{
	assert_int_equal(digest.len, 32);
	assert_true(cert.len == sizeof(cert9a));
	return sig.len == 4 && memcmp(sig.p, "good", 4) == 0 ? SK_OK : SK_E_CRYPTO;
}

enum sk_status trust_cert_read(struct sk_span der, struct trust_cert *ret)
{
	memset(ret, 0, sizeof(*ret));
	(void)der;
	memcpy(ret->key_hash, key, sizeof(key));
	(void)snprintf(ret->issuer, sizeof(ret->issuer), "CN=x");
	ret->alg = ALG_P256_SHA256;
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
	(void)r;
	return "other";
}

enum sk_status vault_open_seal(struct vault *v, const char *person, const char *finger, uint8_t impression, struct sk_span seal,
    uint8_t *ret, size_t cap, size_t *ret_len)
{
	(void)v;
	(void)person;
	(void)finger;
	(void)impression;
	assert_true(seal.len <= cap);
	memcpy(ret, seal.p, seal.len);
	*ret_len = seal.len;
	return SK_OK;
}

/* --- the world ------------------------------------------------------------------------------------------------------ */

void world(void)
{
	static struct card c;
	static struct finger_print f;
	static int there; /* what the replaced callees are handed and never look into */
	struct person p = { .id = "P1", .name = "x", .account = "yamada", .role = ROLE_STAFF, .status = PERSON_ACTIVE };
	uint64_t id;

	/* The daemon tells its journal of each message that may not come: a thousand lines on stderr otherwise. */
	assert_int_equal(setenv("JOURNAL_STREAM", "quiet", 1), 0);
	for (size_t i = 0; i < sizeof(cert9a); i++) {
		cert9a[i] = (uint8_t)(i * 7 + 1);
		cert9e[i] = (uint8_t)(i * 5 + 2);
	}
	(void)snprintf(w.dir, sizeof(w.dir), "/dev/shm/sekisho-walk-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	assert_int_equal(store_sqlite_create(w.dir), SK_OK);
	assert_int_equal(store_sqlite_open(w.dir, &w.d.store), SK_OK);
	w.d.trust = (struct trust *)&there;
	w.d.vault = (struct vault *)&there;
	config_defaults(&w.d.config);
	(void)snprintf(w.d.config.terminal, sizeof(w.d.config.terminal), "T-1");
	(void)snprintf(w.d.config.help, sizeof(w.d.config.help), "desk");
	w.d.config.lock_pin.soft_limit = w.d.config.lock_pin.hard_limit = 100;
	w.d.config.lock_finger = w.d.config.lock_terminal = w.d.config.lock_pin;
	assert_true(sd_event_new(&w.d.event) >= 0);
	assert_int_equal(queue_new(&w.d.queue), SK_OK);
	assert_int_equal(store_person_add(w.d.store, &p), SK_OK);
	/* Somebody else keeps the list, whoever leaves it. */
	(void)snprintf(p.id, sizeof(p.id), "P2");
	(void)snprintf(p.account, sizeof(p.account), "taro");
	assert_int_equal(store_person_add(w.d.store, &p), SK_OK);
	assert_int_equal(store_shared_add(w.d.store, "desk", "P2", 1), SK_OK);
	memcpy(c.key, key, sizeof(key));
	memcpy(c.auth_cert, cert9a, sizeof(cert9a));
	memcpy(c.card_cert, cert9e, sizeof(cert9e));
	c.auth_cert_len = c.card_cert_len = sizeof(cert9a);
	(void)snprintf(c.person, sizeof(c.person), "P1");
	c.status = CARD_ACTIVE;
	c.profile = PROFILE_PIV;
	assert_int_equal(store_card_add(w.d.store, &c), SK_OK);
	(void)snprintf(f.person, sizeof(f.person), "P1");
	(void)snprintf(f.finger, sizeof(f.finger), "right-index");
	(void)snprintf(f.driver, sizeof(f.driver), "drv");
	(void)snprintf(f.device, sizeof(f.device), "dev");
	f.seal_len = 10;
	assert_int_equal(store_print_add(w.d.store, &f, &id), SK_OK);
	assert_int_equal(id, 1);
}

void world_end(void)
{
	char cmd[128];

	free(w.d.queue);
	store_free(&w.d.store);
	sd_event_unref(w.d.event);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", w.dir);
	assert_int_equal(system(cmd), 0);
	memset(&w, 0, sizeof(w));
}

void set_on_list(bool on)
{
	if (on != w.on_list)
		assert_int_equal(on ? store_shared_add(w.d.store, "desk", "P1", daemon_now()) :
		    store_shared_remove(w.d.store, "desk", "P1", daemon_now()), SK_OK);
	w.on_list = on;
}

struct attempt *begin(void)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct attempt *a;

	assert_non_null(c);
	c->d = &w.d;
	w.conn = c;
	w.granted = w.ended = w.sign_sent = w.pin_in_sign = w.sign_ok = w.go_sent = w.finger_ok = w.token_set = w.prompted = false;
	w.listed = w.damaged = false;
	w.records = records();
	assert_int_equal(attempt_new(&w.d, c, ATTEMPT_LOGIN, &a), SK_OK);
	w.a = a;
	(void)snprintf(a->service, sizeof(a->service), "login");
	w.shared = rand() % 3 == 0;
	set_on_list(rand() % 10 != 0);
	(void)snprintf(a->account, sizeof(a->account), "%s", w.shared ? "desk" : "yamada");
	a->account_given = true;
	a->policy = *config_policy(&w.d.config, "login");
	attempt_enter(a);
	return w.a;
}

void build(struct ipc_out *o, enum ipc_type t, uint8_t *buf, size_t cap, bool good)
{
	uint8_t token[16];

	ipc_out_init(o, t, buf, cap);
	switch (t) {
	case IPC_CARD_STATE:
		ipc_out_num(o, IPC_F_STATE, (uint64_t)(1 + rand() % 8));
		break;
	case IPC_CARD_HEAD:
		ipc_out_num(o, IPC_F_PROFILE, good || rand() % 2 ? PROFILE_PIV : (uint64_t)(rand() % 4));
		ipc_out_num(o, IPC_F_KEY_REF, good || rand() % 2 ? KEY_PIV_AUTH : rand() % 2 ? KEY_PIV_CARD : KEY_JPKI_AUTH);
		if (good || rand() % 2)
			ipc_out_bytes(o, IPC_F_BYTES, cert9a, 100);
		else
			ipc_out_bytes(o, IPC_F_BYTES, unknown, sizeof(unknown));
		ipc_out_text(o, IPC_F_READER, "reader");
		break;
	case IPC_CARD_CERT:
		ipc_out_bytes(o, IPC_F_BYTES, cert9a, sizeof(cert9a));
		break;
	case IPC_CARD_TRIES:
		if (good || rand() % 2)
			ipc_out_num(o, IPC_F_TRIES, good ? 3 : (uint64_t)(rand() % 4));
		break;
	case IPC_CARD_SIGNATURE:
		ipc_out_bytes(o, IPC_F_BYTES, good ? "good" : "evil", 4);
		break;
	case IPC_CARD_ERROR:
		ipc_out_num(o, IPC_F_REASON, (uint64_t)(1 + rand() % 13));
		if (rand() % 2)
			ipc_out_num(o, IPC_F_TRIES, (uint64_t)(rand() % 4));
		break;
	case IPC_AUTH_ANSWER:
		ipc_out_num(o, IPC_F_PROMPT_ID, good ? w.prompt_id : w.prompt_id ^ 1u);
		ipc_out_bytes(o, IPC_F_SECRET, "123456", 6);
		break;
	case IPC_FINGER_READY:
		ipc_out_text(o, IPC_F_DRIVER, good ? "drv" : "other");
		ipc_out_text(o, IPC_F_DEVICE, "dev");
		ipc_out_text(o, IPC_F_NAME, "sensor");
		ipc_out_num(o, IPC_F_FLAGS, good ? 0 : IPC_SENSOR_WEAK);
		break;
	case IPC_FINGER_VERDICT:
		memcpy(token, w.token, sizeof(token));
		if (!good && rand() % 3 == 0)
			token[3] ^= 1;
		ipc_out_bytes(o, IPC_F_TOKEN, token, sizeof(token));
		ipc_out_num(o, IPC_F_FLAGS, good ? IPC_VERDICT_MATCH : (uint64_t)(rand() % 3 == 0 ? 1 : rand() % 2 ? 0 : IPC_VERDICT_MATCH));
		if (good || rand() % 2)
			ipc_out_num(o, IPC_F_PRINT_ID, good ? 1 : (uint64_t)(rand() % 3));
		break;
	case IPC_FINGER_RETRY:
	case IPC_FINGER_ERROR:
		ipc_out_num(o, IPC_F_REASON, (uint64_t)(1 + rand() % 9));
		break;
	default:
		break;
	}
}

void helper_dies(struct helper **hp)
{
	struct helper *h = *hp;
	helper_gone_fn *gone;
	void *arg;

	if (h == NULL)
		return;
	gone = h->on_gone;
	arg = h->arg;
	*hp = NULL;
	free(h);
	gone(arg);
}

void peer_goes(struct attempt *a)
{
	struct conn *c = w.conn;

	c->attempt = NULL;
	w.conn = NULL;
	free(c);
	attempt_client_gone(a);
}
