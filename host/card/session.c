/* SPDX-License-Identifier: Apache-2.0 */
/* The table of session.h and the handlers of its rows. */
#include "card/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "card/find.h"
#include "core/wipe.h"

/* Longest life of a session; the daemon's own deadline is shorter. Unit: ms. */
#define LIFE_MS 330000
/* So soon is SIGTERM noticed while the daemon is silent. Unit: ms. */
#define SLICE_MS 500
/* Longest message from the daemon. */
#define MESSAGE_MAX IPC_AUTH_MSG_MAX
#define ANSWER_MAX (CARD_CERT_MAX + 512u)

enum session_state { STATE_START = 0x01, STATE_HEAD = 0x02, STATE_READY = 0x04, STATE_SIGNED = 0x08 };
#define STATE_ANY 0x0Fu

struct session {
	int fd;
	enum session_state state;
	const struct card_profile *profile;
	uint8_t key_ref;
	struct link link;
	struct card_cert cert;
	uint8_t in[MESSAGE_MAX], out[ANSWER_MAX];
};

/* Handlers give SK_OK to go on; SK_E_CANCELLED, SK_E_GONE end the session; SK_E_STATE ends it after an ERROR
 * that was sent; SK_E_FORMAT: the daemon broke the protocol. */
typedef enum sk_status handler_fn(struct session *s, const struct ipc_msg *m);

static enum sk_status send_out(struct session *s, struct ipc_out *o)
{
	return ipc_send(s->fd, o) == SK_OK ? SK_OK : SK_E_GONE;
}

static enum sk_status send_error(struct session *s, enum ipc_card_error why, uint8_t tries)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_ERROR, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_REASON, why);
	if (tries != CARD_TRIES_UNKNOWN)
		ipc_out_num(&o, IPC_F_TRIES, tries);
	return send_out(s, &o);
}

/* What a profile's result means to the daemon. */
static enum ipc_card_error error_of(enum sk_status st)
{
	switch (st) {
	case SK_E_NOENT:
		return CARD_ERR_UNKNOWN;
	case SK_E_FORMAT:
		return CARD_ERR_FORMAT;
	case SK_E_GONE:
		return CARD_ERR_REMOVED;
	case SK_E_IO:
		return CARD_ERR_SERVICE;
	case SK_E_ARG:
		return CARD_ERR_PIN_FORM;
	case SK_E_DENIED:
		return CARD_ERR_PIN_WRONG;
	case SK_E_LOCKED:
		return CARD_ERR_PIN_BLOCKED;
	case SK_E_STATE:
	case SK_E_UNSUPPORTED:
	case SK_OK:
	case SK_E_FAULT:
	case SK_E_SPACE:
	case SK_E_EXIST:
	case SK_E_CORRUPT:
	case SK_E_WAIT:
	case SK_E_TIMEOUT:
	case SK_E_CANCELLED:
	case SK_E_CRYPTO:
	case SK_E_BUSY:
	case SK_E_NOMEM:
		break;
	}
	return CARD_ERR_REFUSED;
}

/* Report a failure of the card that ends the session. */
static enum sk_status fail(struct session *s, enum sk_status st)
{
	enum sk_status sent = send_error(s, error_of(st), CARD_TRIES_UNKNOWN);

	return sent == SK_OK ? SK_E_STATE : sent;
}

/* Read and send the first part of a key's certificate. */
static enum sk_status send_head(struct session *s, uint8_t key_ref)
{
	enum sk_status st = s->profile->read_cert_head(&s->link, key_ref, &s->cert);
	struct ipc_out o;

	if (st != SK_OK)
		return fail(s, st);
	s->key_ref = key_ref;
	s->state = STATE_HEAD;
	ipc_out_init(&o, IPC_CARD_HEAD, s->out, sizeof(s->out));
	ipc_out_num(&o, IPC_F_PROFILE, s->profile->id);
	ipc_out_num(&o, IPC_F_KEY_REF, key_ref);
	ipc_out_bytes(&o, IPC_F_BYTES, s->cert.der.p, s->cert.der.len);
	ipc_out_text(&o, IPC_F_READER, s->link.label);
	return send_out(s, &o);
}

/* The profiles, in the order in which they are tried. */
static const struct card_profile *const profiles[] = { &piv_profile, &jpki_profile };

/* Find the card's profile by SELECT. */
static enum sk_status select_profile(struct session *s)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		enum sk_status st = profiles[i]->select(&s->link);

		if (st == SK_OK)
			s->profile = profiles[i];
		if (st != SK_E_NOENT)
			return st;
	}
	return SK_E_NOENT;
}

static enum sk_status on_open(struct session *s, const struct ipc_msg *m)
{
	char filter[MAX_READERNAME + 1];
	struct find_request req = { .fd = s->fd, .reader = filter, .wait_ms = (uint32_t)ipc_num(m, IPC_F_WAIT_MS) };
	enum ipc_card_error why = CARD_ERR_TIMEOUT;
	enum sk_status st;

	if (ipc_text(m, IPC_F_READER, filter, sizeof(filter)) != SK_OK)
		return SK_E_FORMAT;
	if (req.wait_ms > LIFE_MS)
		req.wait_ms = LIFE_MS;
	st = find_card(&req, &s->link, &why);
	if (st == SK_E_TIMEOUT) {
		st = send_error(s, why, CARD_TRIES_UNKNOWN);
		return st == SK_OK ? SK_E_STATE : st;
	}
	if (st != SK_OK)
		return st;
	st = select_profile(s);
	return st == SK_OK ? send_head(s, s->profile->first_key) : fail(s, st);
}

static enum sk_status on_cached(struct session *s, const struct ipc_msg *m)
{
	(void)m;
	s->state = STATE_READY;
	return SK_OK;
}

static enum sk_status on_more(struct session *s, const struct ipc_msg *m)
{
	enum sk_status st = s->profile->read_cert_rest(&s->link, &s->cert);
	struct ipc_out o;

	(void)m;
	if (st != SK_OK)
		return fail(s, st);
	s->state = STATE_READY;
	ipc_out_init(&o, IPC_CARD_CERT, s->out, sizeof(s->out));
	ipc_out_bytes(&o, IPC_F_BYTES, s->cert.der.p, s->cert.der.len);
	return send_out(s, &o);
}

static enum sk_status on_key(struct session *s, const struct ipc_msg *m)
{
	return send_head(s, (uint8_t)ipc_num(m, IPC_F_KEY_REF));
}

/* The tries left. A card that says "PIN presented already" is reset once more: ours was not sent yet. */
static enum sk_status read_tries(struct session *s, uint8_t *ret_tries)
{
	enum sk_status st = s->profile->tries(&s->link, ret_tries);

	if (st != SK_E_DENIED)
		return st;
	st = link_reset(&s->link);
	if (st == SK_OK)
		st = s->profile->select(&s->link);
	if (st == SK_OK)
		st = s->profile->tries(&s->link, ret_tries);
	return st == SK_E_DENIED ? SK_E_STATE : st;
}

static enum sk_status on_tries_ask(struct session *s, const struct ipc_msg *m)
{
	uint8_t tries = CARD_TRIES_UNKNOWN, buf[64];
	enum sk_status st = read_tries(s, &tries);
	struct ipc_out o;

	(void)m;
	if (st != SK_OK)
		return fail(s, st);
	ipc_out_init(&o, IPC_CARD_TRIES, buf, sizeof(buf));
	if (tries != CARD_TRIES_UNKNOWN)
		ipc_out_num(&o, IPC_F_TRIES, tries);
	return send_out(s, &o);
}

static enum sk_status on_sign(struct session *s, const struct ipc_msg *m)
{
	struct card_sign what = { .key_ref = s->key_ref, .alg = (enum ipc_alg)ipc_num(m, IPC_F_ALG) };
	const struct sk_span *digest = &m->f[IPC_F_DIGEST], *pin = &m->f[IPC_F_SECRET];
	uint8_t sig[CARD_SIGNATURE_MAX], tries = CARD_TRIES_UNKNOWN;
	size_t sig_len = 0;
	enum sk_status st;
	struct ipc_out o;

	if (digest->len > sizeof(what.digest) || pin->len > sizeof(what.pin))
		return SK_E_FORMAT;
	memcpy(what.digest, digest->p, digest->len);
	what.digest_len = digest->len;
	if (pin->len > 0)
		memcpy(what.pin, pin->p, pin->len);
	what.pin_len = pin->len;
	/* The PIN lies in what was received, too. */
	SK_WIPE_ARRAY(s->in);
	st = s->profile->sign(&s->link, &what, sig, &sig_len, &tries);
	SK_WIPE_OBJECT(&what);
	if (st == SK_E_ARG || st == SK_E_DENIED)
		return send_error(s, error_of(st), tries);
	if (st != SK_OK)
		return fail(s, st);
	s->state = STATE_SIGNED;
	ipc_out_init(&o, IPC_CARD_SIGNATURE, s->out, sizeof(s->out));
	ipc_out_bytes(&o, IPC_F_BYTES, sig, sig_len);
	return send_out(s, &o);
}

static enum sk_status on_close(struct session *s, const struct ipc_msg *m)
{
	(void)s;
	(void)m;
	return SK_E_CANCELLED;
}

static const struct {
	enum ipc_type type;
	unsigned states; /* bits of enum session_state */
	handler_fn *fn;
} rows[] = {
	{ IPC_CARD_OPEN,      STATE_START,                             on_open },
	{ IPC_CARD_CACHED,    STATE_HEAD,                              on_cached },
	{ IPC_CARD_MORE,      STATE_HEAD,                              on_more },
	{ IPC_CARD_KEY,       STATE_HEAD | STATE_READY | STATE_SIGNED, on_key },
	{ IPC_CARD_TRIES_ASK, STATE_READY,                             on_tries_ask },
	{ IPC_CARD_SIGN,      STATE_READY,                             on_sign },
	{ IPC_CARD_CLOSE,     STATE_ANY,                               on_close },
};

static enum sk_status dispatch(struct session *s, const struct ipc_msg *m)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == m->type && (rows[i].states & (unsigned)s->state) != 0)
			return rows[i].fn(s, m);
	}
	return SK_E_FORMAT;
}

static int64_t now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The daemon's next message, or why there is none. */
static enum sk_status hear(struct session *s, int64_t end_ms, struct ipc_msg *ret_msg)
{
	for (;;) {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };
		int n = poll(&p, 1, SLICE_MS);

		if (guard_terminated() || now_ms() > end_ms)
			return SK_E_CANCELLED;
		if (n > 0)
			return ipc_recv(s->fd, IPC_CARD_DOWN, 0, s->in, sizeof(s->in), ret_msg);
		if (n < 0 && errno != EINTR)
			return SK_E_GONE;
	}
}

/* Take nothing more. A message left unread would, at our exit, cost the daemon what we said last (unix(7), ECONNRESET). */
static void stop_listening(struct session *s)
{
	(void)shutdown(s->fd, SHUT_RD);
	while (recv(s->fd, s->in, sizeof(s->in), MSG_DONTWAIT) > 0)
		;
	SK_WIPE_ARRAY(s->in);
}

static void send_closed(struct session *s)
{
	uint8_t buf[64];
	struct ipc_out o;
	enum sk_status ignored;

	ipc_out_init(&o, IPC_CARD_CLOSED, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_APDU_N, s->link.apdu_n);
	ipc_out_num(&o, IPC_F_BYTES_N, s->link.bytes_n);
	/* Most daemons don't wait for it. */
	ignored = ipc_send(s->fd, &o);
	(void)ignored;
}

enum session_end session_run(int fd)
{
	struct session *s = calloc(1, sizeof(*s));
	int64_t end_ms = now_ms() + LIFE_MS;
	enum sk_status st = SK_OK;

	if (!s)
		return SESSION_ERROR;
	s->fd = fd;
	s->state = STATE_START;
	while (st == SK_OK) {
		struct ipc_msg m;

		st = hear(s, end_ms, &m);
		if (st == SK_OK)
			st = dispatch(s, &m);
		SK_WIPE_ARRAY(s->in);
	}
	link_close(&s->link);
	stop_listening(s);
	if (st != SK_E_FORMAT)
		send_closed(s);
	sk_wipe(s, sizeof(*s));
	free(s);
	return st == SK_E_FORMAT ? SESSION_PROTOCOL : st == SK_E_STATE || st == SK_E_FAULT ? SESSION_ERROR :
	    SESSION_CLOSED;
}
