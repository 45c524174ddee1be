/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin_deny.c
 * @brief The denylist on the administration socket: drafts to be signed, import, export, status, receipt; un-revoking.
 *
 * The daemon never has the authority's key. Where it is, the tool asks for a draft, signs it (a file, a token, a TPM: it may
 * take its time) and imports it as any other list: there is one way into force.
 *
 * Rules
 *  1. A draft has the next number, every card of the list in force and every card that is revoked in this registry,
 *     plus or minus the one card that is named. It changes nothing, but is recorded with its reason.
 *  2. A card is un-revoked only after a list has come into force that the authority signed after the card was revoked, and
 *     that doesn't have it. Its record is of a kind of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/admin_rows.h"
#include "daemon/denying.h"
#include "daemon/intake.h"
#include "daemon/journal.h"

/* One row carries so much (IPC_F_BYTES). */
#define CHUNK 32768u

static struct intake intake;

static const char *state_word(enum denykeep_state s)
{
	switch (s) {
	case DENYKEEP_NONE:
		return "none";
	case DENYKEEP_GOOD:
		return "good";
	case DENYKEEP_DAMAGED:
		return "damaged";
	}
	return "damaged";
}

static enum sk_status row_list(struct admin_call *call)
{
	struct denykeep_facts f;
	char number[24];
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;

	denying_facts(call->d, &f);
	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_STATUS, state_word(f.state));
	if (f.state != DENYKEEP_NONE && f.number != 0) {
		snprintf(number, sizeof(number), "%" PRIu64, f.number);
		ipc_out_text(&o, IPC_F_SERIAL, number);
		ipc_out_bytes(&o, IPC_F_HASH, f.hash, sizeof(f.hash));
		admin_put_time(&o, IPC_F_CHANGED, f.since);
	}
	if (f.state == DENYKEEP_GOOD) {
		admin_put_time(&o, IPC_F_CREATED, f.issued);
		ipc_out_num(&o, IPC_F_COUNT, f.n);
	}
	admin_put_text(&o, IPC_F_TEXT, f.what);
	return admin_row_send(call, &o);
}

/* Damage is the exit status as well: for monitoring. */
enum sk_status admin_deny_status(struct admin_call *call)
{
	struct denykeep_facts f;
	enum sk_status st = row_list(call);

	denying_facts(call->d, &f);
	return st == SK_OK && f.state == DENYKEEP_DAMAGED ? admin_fail(call, SK_E_CORRUPT, f.what) : st;
}

/* Bytes in as many rows as it takes. */
static enum sk_status rows_bytes(struct admin_call *call, struct sk_span bytes)
{
	static uint8_t buf[CHUNK + 256];
	struct ipc_out o;
	enum sk_status st = SK_OK;

	for (size_t at = 0; at < bytes.len && st == SK_OK; at += CHUNK) {
		size_t n = bytes.len - at < CHUNK ? bytes.len - at : CHUNK;

		admin_row_begin(&o, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_COUNT, at);
		ipc_out_num(&o, IPC_F_TOTAL, bytes.len);
		ipc_out_bytes(&o, IPC_F_BYTES, bytes.p + at, n);
		st = admin_row_send(call, &o);
	}
	return st;
}

enum sk_status admin_deny_export(struct admin_call *call)
{
	struct sk_span bytes = denying_bytes(call->d);

	if (bytes.len == 0)
		return admin_fail(call, SK_E_NOENT, "This terminal has no denylist in force.");
	return rows_bytes(call, bytes);
}

enum sk_status admin_deny_receipt(struct admin_call *call)
{
	char text[DENYING_RECEIPT_MAX];
	enum sk_status st = denying_receipt(call->d, text);

	if (st != SK_OK)
		return admin_fail(call, st, "This terminal has no denylist in force.");
	return rows_bytes(call, (struct sk_span){ (const uint8_t *)text, strlen(text) });
}

/* That it begins is recorded before anything changes; a bad list is refused and recorded, and the one in force stays. */
static enum sk_status import_whole(struct admin_call *call)
{
	char path[256], detail[320], why[DENY_WHAT_MAX] = "";
	enum sk_status st = ipc_text(call->req, IPC_F_PATH, path, sizeof(path));

	snprintf(detail, sizeof(detail), "bytes=%u from=%s", intake.total, path);
	if (st == SK_OK && admin_record(call, "denylist-import", NULL, NULL, NULL, detail) != SK_OK)
		return admin_store_failed(call, SK_E_IO);
	if (st == SK_OK)
		st = denying_import(call->d, (struct sk_span){ intake.bytes, intake.total }, call->actor, path, why);
	if (st != SK_OK)
		return admin_fail(call, st, why[0] != '\0' ? why : "The list is refused.");
	return row_list(call);
}

enum sk_status admin_deny_import(struct admin_call *call)
{
	enum sk_status st = intake_take(&intake, call, DENYLIST_LEN_MAX);

	if (st == SK_E_WAIT)
		return SK_OK;
	if (st == SK_OK)
		st = import_whole(call);
	intake_forget(&intake);
	return st;
}

/* --- drafts ----------------------------------------------------------------------------------------------------------- */

struct draft {
	struct deny_entry *e;
	size_t n, cap;
	const uint8_t *leave; /* This card stays off; NULL: none. */
};

static enum sk_status draft_add(struct draft *t, const uint8_t key[static STORE_KEY_LEN], int64_t when)
{
	if (t->leave != NULL && memcmp(t->leave, key, STORE_KEY_LEN) == 0)
		return SK_OK;
	if (t->n == t->cap) {
		size_t cap = t->cap == 0 ? 256 : t->cap * 2;
		struct deny_entry *e = reallocarray(t->e, cap, sizeof(*e));

		if (e == NULL)
			return SK_E_NOMEM;
		t->e = e;
		t->cap = cap;
	}
	memcpy(t->e[t->n].key, key, STORE_KEY_LEN);
	t->e[t->n++].revoked = when;
	return SK_OK;
}

static enum sk_status draft_card(void *arg, const struct card *c)
{
	return c->status == CARD_REVOKED ? draft_add(arg, c->key, c->changed) : SK_OK;
}

/* Rule 1, but for the card that comes on. */
static enum sk_status draft_gather(struct admin_call *call, struct draft *t)
{
	struct sk_span bytes = denying_bytes(call->d);
	struct denylist l;
	enum sk_status st = SK_OK;

	if (bytes.len > 0) {
		st = denylist_parse(bytes, &l);
		for (uint32_t i = 0; st == SK_OK && i < l.said.n; i++)
			st = draft_add(t, l.keys.p + (size_t)i * DENYLIST_KEY_LEN,
			    (int64_t)sk_load_be64(l.times.p + (size_t)i * DENYLIST_TIME_LEN));
	}
	return st == SK_OK ? store_card_each(call->d->store, NULL, draft_card, t) : st;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A card by its whole number, known here or not; or by its beginning, when it is in the registry. */
static enum sk_status named_card(struct admin_call *call, uint8_t ret_key[static STORE_KEY_LEN])
{
	static struct card c;
	char hex[2 * STORE_KEY_LEN + 1];
	enum sk_status st = ipc_text(call->req, IPC_F_CARD, hex, sizeof(hex));
	size_t i;

	for (i = 0; st == SK_OK && i < STORE_KEY_LEN && hex_value(hex[2 * i]) >= 0 && hex_value(hex[2 * i + 1]) >= 0;
	     i++)
		ret_key[i] = (uint8_t)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
	if (i == STORE_KEY_LEN)
		return SK_OK;
	st = admin_find_card(call, &c);
	if (st == SK_OK)
		memcpy(ret_key, c.key, STORE_KEY_LEN);
	return st;
}

static enum sk_status draft_record(struct admin_call *call, uint64_t number, size_t n, uint64_t flags,
    const uint8_t *key)
{
	char detail[STORE_TEXT_MAX + 1], reason[ADMIN_REASON_MAX + 1], hex[2 * STORE_KEY_LEN + 1] = "";
	enum sk_status st = ipc_text(call->req, IPC_F_DETAIL, reason, sizeof(reason));

	if (st != SK_OK)
		return admin_fail(call, SK_E_ARG, "The reason is too long: at most 128 bytes.");
	if (flags != 0)
		admin_card_hex(key, hex);
	snprintf(detail, sizeof(detail), "number=%" PRIu64 " entries=%zu %s reason=%s", number, n,
	    flags == IPC_DRAFT_ADD         ? "with-card"
		: flags == IPC_DRAFT_LEAVE ? "without-card"
					   : "",
	    reason);
	return admin_record(call, "denylist-draft", NULL, NULL, hex, detail);
}

static const char *make_why(enum sk_status st)
{
	switch ((int)st) {
	case SK_E_ARG:
		return "A denylist names its site: set [site] name in sekisho.conf.";
	case SK_E_SPACE:
		return "The denylist would name more than 65536 cards.";
	case SK_E_NOMEM:
		return "There is no memory for a list of this size.";
	default:
		return "The denylist can't be made; see the journal of sekishod.";
	}
}

enum sk_status admin_deny_draft(struct admin_call *call)
{
	struct denykeep_facts f;
	struct draft t = { 0 };
	uint8_t key[STORE_KEY_LEN] = { 0 }, *bytes = NULL;
	uint64_t flags = ipc_num(call->req, IPC_F_FLAGS);
	size_t len = 0;
	enum sk_status st = SK_OK;

	denying_facts(call->d, &f);
	if (f.state == DENYKEEP_DAMAGED)
		return admin_fail(call, SK_E_CORRUPT,
		    "The denylist on this terminal is damaged: import the newest one first.");
	if (f.number >= (uint64_t)DENYLIST_NUMBER_MAX || (flags != 0) != ipc_has(call->req, IPC_F_CARD) ||
	    flags > IPC_DRAFT_LEAVE)
		return admin_fail(call, SK_E_ARG, "The command needs exactly one target.");
	if (flags != 0)
		st = named_card(call, key);
	if (st != SK_OK)
		return st;
	t.leave = flags == IPC_DRAFT_LEAVE ? key : NULL;
	st = draft_gather(call, &t);
	if (st == SK_OK && flags == IPC_DRAFT_ADD)
		st = draft_add(&t, key, daemon_now());
	if (st == SK_OK) {
		st = deny_make(call->d->config.site, f.number + 1, daemon_now(), t.e, t.n, &bytes, &len);
		if (st != SK_OK)
			st = admin_fail(call, st, make_why(st));
	}
	if (st == SK_OK)
		st = draft_record(call, f.number + 1, t.n, flags, key);
	if (st == SK_OK)
		st = rows_bytes(call, (struct sk_span){ bytes, len });
	free(t.e);
	free(bytes);
	return st;
}

/* --- un-revoking ------------------------------------------------------------------------------------------------------ */

static enum sk_status unrevoke_record(struct admin_call *call, const char *person,
    const uint8_t key[static STORE_KEY_LEN], const char *reason)
{
	struct denykeep_facts f;
	char hex[2 * STORE_KEY_LEN + 1], detail[STORE_TEXT_MAX + 1];
	struct audit_in in = { .event = EV_CARD_UNREVOKE,
		.person = person,
		.card = hex,
		.actor = call->actor,
		.reason = "card-unrevoke",
		.detail = detail };

	denying_facts(call->d, &f);
	admin_card_hex(key, hex);
	snprintf(detail, sizeof(detail), "denylist=%" PRIu64 " reason=%s", f.number, reason);
	return journal_record(call->d, &in);
}

enum sk_status admin_card_unrevoke(struct admin_call *call)
{
	static struct card c;
	struct denykeep_facts f;
	char reason[ADMIN_REASON_MAX + 1];
	enum sk_status st = admin_reason(call, reason);

	if (st == SK_OK)
		st = admin_find_card(call, &c);
	if (st != SK_OK)
		return st;
	if (c.status != CARD_REVOKED)
		return admin_fail(call, SK_E_STATE, "Only a revoked card can be un-revoked.");
	denying_facts(call->d, &f);
	if (f.state != DENYKEEP_GOOD || f.issued < c.changed || denying_reason(call->d, c.key) != NULL)
		return admin_fail(call, SK_E_DENIED,
		    "The denylist authority hasn't let this card go: no list signed after its revocation is without "
		    "it.");
	c.changed = daemon_now();
	st = store_card_unrevoke(call->d->store, c.key, reason, c.changed);
	if (st == SK_OK)
		st = unrevoke_record(call, c.person, c.key, reason);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	c.status = CARD_ACTIVE;
	snprintf(c.reason, sizeof(c.reason), "%s", reason);
	return admin_row_card(call, &c);
}
