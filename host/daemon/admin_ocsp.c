/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin_ocsp.c
 * @brief OCSP responses of enrolled cards: what to ask, taking an answer, which are kept. And what else is to be fetched.
 *
 * The daemon never opens a connection. It tells the tool what to fetch, and judges what the tool brings.
 *
 * Rules
 *  1. A response is recorded, durably, when it changes what is known about a card (and before it is said to be in force), and
 *     when it is refused. One that says again what the kept one said is no event: a day has thousands of them.
 *  2. Cards are asked about while they are active: for the others nothing depends on an answer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/admin_rows.h"
#include "daemon/journal.h"
#include "daemon/sources.h"
#include "trust/trust_ocsp.h"
#include "url/url.h"

/* URLs of distribution points told once; more than these are told again, which costs a transfer each. */
#define URLS_SEEN_MAX 64u

/* The certificates of a card that a log-in looks up. */
static uint32_t card_certs(const struct card *c, struct sk_span ret_certs[static 2])
{
	uint32_t n = 0;

	if (c->auth_cert_len > 0)
		ret_certs[n++] = (struct sk_span){ c->auth_cert, c->auth_cert_len };
	if (c->card_cert_len > 0)
		ret_certs[n++] = (struct sk_span){ c->card_cert, c->card_cert_len };
	return n;
}

/* --- what to fetch --- */

struct fetch_walk {
	struct admin_call *call;
	bool ocsp, cdp;
	char seen[URLS_SEEN_MAX][TRUST_URL_MAX + 1];
	uint32_t seen_n;
	char url[TRUST_URL_MAX + 1]; /* the first OCSP URL of the certificate at hand */
};

static enum sk_status send_source(struct admin_call *call, const char *kind, const char *path)
{
	int64_t since = strcmp(kind, "crl") == 0 ? sources_since(call->d->trust, path, daemon_safe_now(call->d)) : 0;
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;

	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_EVENT, kind);
	ipc_out_text(&o, IPC_F_PATH, path);
	admin_put_time(&o, IPC_F_TIME, since);
	return admin_row_send(call, &o);
}

static enum sk_status take_crl_url(void *arg, const char *url)
{
	struct fetch_walk *w = arg;
	enum url_scheme scheme = URL_HTTP;

	if (url_check(url, URL_ANY, &scheme) != SK_OK)
		return SK_OK;
	for (uint32_t i = 0; i < w->seen_n; i++)
		if (strcmp(w->seen[i], url) == 0)
			return SK_OK;
	if (w->seen_n < URLS_SEEN_MAX)
		snprintf(w->seen[w->seen_n++], sizeof(w->seen[0]), "%s", url);
	return send_source(w->call, "crl", url);
}

static enum sk_status take_ocsp_url(void *arg, const char *url)
{
	struct fetch_walk *w = arg;
	enum url_scheme scheme = URL_HTTP;

	if (w->url[0] == '\0' && url_check(url, URL_WEB, &scheme) == SK_OK)
		snprintf(w->url, sizeof(w->url), "%s", url);
	return SK_OK;
}

/* A row without a path: the certificate names no responder. */
static enum sk_status send_ocsp(struct fetch_walk *w, const struct card *c, struct sk_span cert)
{
	uint8_t buf[ADMIN_ROW_MAX], request[TRUST_OCSP_REQUEST_MAX];
	char hex[2 * STORE_KEY_LEN + 1];
	const char *url = w->call->d->config.ocsp_url;
	struct trust_cert info;
	struct ipc_out o;
	size_t len = 0;

	if (trust_cert_read(cert, &info) != SK_OK)
		return SK_OK;
	w->url[0] = '\0';
	if (strcmp(url, "aia") == 0) {
		if (trust_cert_urls(cert, TRUST_URL_OCSP, take_ocsp_url, w) != SK_OK)
			w->url[0] = '\0';
		url = w->url;
	}
	admin_card_hex(c->key, hex);
	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_EVENT, "ocsp");
	ipc_out_text(&o, IPC_F_CARD, hex);
	ipc_out_text(&o, IPC_F_SERIAL, info.serial);
	if (url[0] != '\0')
		ipc_out_text(&o, IPC_F_PATH, url);
	/* Its CA may have left the anchors: then there is nothing to ask, and its log-ins are refused anyway. */
	if (trust_ocsp_request(w->call->d->trust, cert, request, &len) == SK_OK)
		ipc_out_bytes(&o, IPC_F_BYTES, request, len);
	return admin_row_send(w->call, &o);
}

static enum sk_status walk_card(void *arg, const struct card *c)
{
	struct fetch_walk *w = arg;
	struct sk_span certs[2];
	uint32_t n = c->status == CARD_ACTIVE ? card_certs(c, certs) : 0;
	enum sk_status st = SK_OK;

	for (uint32_t i = 0; i < n && st == SK_OK; i++) {
		if (w->cdp)
			st = trust_cert_urls(certs[i], TRUST_URL_CRL, take_crl_url, w);
		if (st == SK_E_FORMAT)
			st = SK_OK;
		if (st == SK_OK && w->ocsp)
			st = send_ocsp(w, c, certs[i]);
	}
	return st;
}

enum sk_status admin_fetch_list(struct admin_call *call)
{
	static struct fetch_walk w;
	const struct config *c = &call->d->config;
	enum sk_status st = SK_OK;

	memset(&w, 0, sizeof(w));
	w.call = call;
	w.ocsp = c->ocsp_url[0] != '\0';
	if (c->fetch_proxy[0] != '\0')
		st = send_source(call, "proxy", c->fetch_proxy);
	if (c->crl_watch[0] != '\0' && st == SK_OK)
		st = send_source(call, "watch", c->crl_watch);
	for (uint32_t i = 0; i < c->crl_urls_n && st == SK_OK; i++) {
		if (strcmp(c->crl_urls[i], "cdp") == 0)
			w.cdp = true;
		else
			st = take_crl_url(&w, c->crl_urls[i]);
	}
	if (st == SK_OK && (w.cdp || w.ocsp))
		st = store_card_each(call->d->store, NULL, walk_card, &w);
	return st;
}

/* --- taking an answer --- */

static const char *says_word(enum trust_ocsp_says s)
{
	switch (s) {
	case TRUST_OCSP_SAYS_GOOD:
		return "good";
	case TRUST_OCSP_SAYS_REVOKED:
		return "revoked";
	case TRUST_OCSP_SAYS_UNKNOWN:
		return "unknown";
	case TRUST_OCSP_SAYS_DAMAGED:
		break;
	}
	return "damaged";
}

static const char *verdict_word(enum trust_ocsp_verdict v, const struct trust_ocsp *o)
{
	switch (v) {
	case TRUST_OCSP_GOOD_FRESH:
		return "good";
	case TRUST_OCSP_GOOD_WARN:
		return "old";
	case TRUST_OCSP_GOOD_OLD:
		return "too-old";
	case TRUST_OCSP_REVOKED:
		return "revoked";
	case TRUST_OCSP_UNKNOWN:
		return o->says == TRUST_OCSP_SAYS_DAMAGED ? "damaged" : "unknown";
	case TRUST_OCSP_NONE:
		break;
	}
	return o->says != 0 ? "no-longer-counts" : "none";
}

static enum sk_status row_ocsp(struct admin_call *call, const struct card *c, struct sk_span cert)
{
	enum trust_ocsp_verdict v = TRUST_OCSP_NONE;
	struct trust_ocsp kept = { .reason = -1 };
	uint8_t buf[ADMIN_ROW_MAX];
	char hex[2 * STORE_KEY_LEN + 1];
	struct trust_cert info;
	struct ipc_out o;

	if (trust_cert_read(cert, &info) != SK_OK)
		return admin_fail(call, SK_E_CORRUPT, "A certificate in the registry is damaged.");
	if (trust_ocsp_look(call->d->trust, cert, daemon_safe_now(call->d), &kept, &v) != SK_OK)
		v = TRUST_OCSP_NONE;
	admin_card_hex(c->key, hex);
	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_CARD, hex);
	admin_put_name(&o, IPC_F_PERSON, c->person);
	ipc_out_text(&o, IPC_F_SERIAL, info.serial);
	ipc_out_text(&o, IPC_F_STATUS, verdict_word(v, &kept));
	admin_put_time(&o, IPC_F_CREATED, kept.this_update);
	admin_put_time(&o, IPC_F_VALID_UNTIL, kept.next_update);
	return admin_row_send(call, &o);
}

static enum sk_status record(struct admin_call *call, const struct card *c, enum sk_status imported, const char *detail)
{
	char hex[2 * STORE_KEY_LEN + 1];
	struct audit_in in = {
		.event = imported == SK_OK ? EV_CRL_IMPORT : EV_CRL_REFUSED,
		.person = c->person,
		.card = hex,
		.actor = call->actor,
		.reason = imported == SK_OK ? "ocsp-changed" : "ocsp-refused",
		.detail = detail,
	};

	admin_card_hex(c->key, hex);
	return journal_record(call->d, &in);
}

/* The certificate with the serial of the request; the first one when it names none. */
static enum sk_status cert_of_request(struct admin_call *call, const struct card *c, struct sk_span *ret_cert)
{
	char serial[TRUST_SERIAL_MAX];
	struct sk_span certs[2];
	uint32_t n = card_certs(c, certs);

	if (ipc_text(call->req, IPC_F_SERIAL, serial, sizeof(serial)) != SK_OK)
		return admin_fail(call, SK_E_ARG, "A serial number isn't that long.");
	for (uint32_t i = 0; i < n; i++) {
		struct trust_cert info;

		if (serial[0] != '\0' &&
		    (trust_cert_read(certs[i], &info) != SK_OK || strcmp(info.serial, serial) != 0))
			continue;
		*ret_cert = certs[i];
		return SK_OK;
	}
	return admin_fail(call, SK_E_NOENT, "The card has no certificate with this serial number.");
}

enum sk_status admin_ocsp_import(struct admin_call *call)
{
	char why[160] = "", detail[STORE_TEXT_MAX + 1], path[256];
	struct sk_span cert = { NULL, 0 };
	struct trust_ocsp o = { .reason = -1 };
	struct card c;
	enum sk_status st = admin_find_card(call, &c), recorded = SK_OK;

	if (st == SK_OK)
		st = cert_of_request(call, &c, &cert);
	if (st == SK_OK)
		st = ipc_text(call->req, IPC_F_PATH, path, sizeof(path));
	if (st != SK_OK)
		return st;
	st = trust_ocsp_import(call->d->trust, cert, call->req->f[IPC_F_BYTES], daemon_now(), &o, why);
	if (st != SK_OK)
		snprintf(detail, sizeof(detail), "%s from=%s", why, path);
	else
		snprintf(detail, sizeof(detail), "%s reason=%d this_update=%" PRId64 " next_update=%" PRId64 " from=%s",
		    says_word(o.says), o.reason, o.this_update, o.next_update, path);
	if (st != SK_OK || o.changed)
		recorded = record(call, &c, st, detail);
	if (st != SK_OK)
		return admin_fail(call, st, why[0] != '\0' ? why : "The response is refused.");
	if (recorded != SK_OK)
		return admin_fail(call, recorded,
		    "The response is kept, but that could not be recorded: see the journal of sekishod.");
	return row_ocsp(call, &c, cert);
}

/* --- which are kept --- */

struct ocsp_count {
	struct daemon *d;
	struct admin_ocsp_counts n;
};

static enum sk_status count_ocsp(void *arg, const struct card *c)
{
	struct ocsp_count *k = arg;
	struct sk_span certs[2];
	uint32_t n = c->status == CARD_ACTIVE ? card_certs(c, certs) : 0;

	for (uint32_t i = 0; i < n; i++) {
		enum trust_ocsp_verdict v = TRUST_OCSP_NONE;
		struct trust_ocsp kept;

		if (trust_ocsp_look(k->d->trust, certs[i], daemon_safe_now(k->d), &kept, &v) != SK_OK)
			v = TRUST_OCSP_NONE;
		k->n.all++;
		k->n.fresh += v == TRUST_OCSP_GOOD_FRESH || v == TRUST_OCSP_REVOKED;
		k->n.old += v == TRUST_OCSP_GOOD_WARN;
	}
	return SK_OK;
}

enum sk_status admin_ocsp_count(struct daemon *d, struct admin_ocsp_counts *ret_n)
{
	struct ocsp_count k = { .d = d };
	enum sk_status st = store_card_each(d->store, NULL, count_ocsp, &k);

	*ret_n = k.n;
	return st;
}

static enum sk_status walk_status(void *arg, const struct card *c)
{
	struct sk_span certs[2];
	uint32_t n = c->status == CARD_ACTIVE ? card_certs(c, certs) : 0;
	enum sk_status st = SK_OK;

	for (uint32_t i = 0; i < n && st == SK_OK; i++)
		st = row_ocsp(arg, c, certs[i]);
	return st;
}

enum sk_status admin_ocsp_status(struct admin_call *call)
{
	return store_card_each(call->d->store, NULL, walk_status, call);
}
