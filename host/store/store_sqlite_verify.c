/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_verify.c
 * @brief Walks the whole audit chain and says in plain words what is wrong where.
 *
 * For each record: the bytes hash to its hash, it names the hash of the one before, its number is one higher, and the
 * columns that queries use, coded again, are these bytes. At the end the head file has to agree.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/store_sqlite.h"

/* Where the walk stands. */
struct walk {
	struct audit_head last; /* newest record found good */
	struct audit_report report;
};

static enum sk_status bad(struct walk *w, uint64_t seq)
{
	w->report.first_bad = seq;
	return SK_E_CORRUPT;
}

static enum sk_status say_missing(struct walk *w, uint64_t from, uint64_t to)
{
	if (from == to)
		(void)snprintf(w->report.what, sizeof(w->report.what), "record %" PRIu64 " is missing", from);
	else
		(void)snprintf(w->report.what, sizeof(w->report.what), "records %" PRIu64 " to %" PRIu64 " are missing",
		    from, to);
	return bad(w, from);
}

static enum sk_status say_record(struct walk *w, uint64_t seq, const char *what)
{
	(void)snprintf(w->report.what, sizeof(w->report.what), "record %" PRIu64 " %s", seq, what);
	return bad(w, seq);
}

static enum sk_status say_moved(struct walk *w, uint64_t seq, uint64_t holds)
{
	(void)snprintf(w->report.what, sizeof(w->report.what),
	    "in the place of record %" PRIu64 " stands record %" PRIu64 " (moved)", seq, holds);
	return bad(w, seq);
}

static enum sk_status say_head(struct walk *w, const char *what)
{
	(void)snprintf(w->report.what, sizeof(w->report.what), "%s", what);
	return SK_E_CORRUPT;
}

/* One record against the one before. */
static enum sk_status check_record(struct walk *w, const struct audit_row *r, struct sk_span record)
{
	uint8_t hash[STORE_HASH_LEN], again[AUDIT_RECORD_MAX];
	uint64_t expected = w->last.seq + 1, inside = 0;
	size_t again_len = 0;
	enum sk_status st;

	if (r->seq > expected)
		return say_missing(w, expected, r->seq - 1);
	if (r->seq < expected)
		return say_record(w, r->seq, "has a number that no record can have");
	st = audit_record_hash(r->prev, record, hash);
	if (st != SK_OK)
		return st;
	if (memcmp(hash, r->hash, sizeof(hash)) != 0)
		return say_record(w, r->seq, "was changed");
	if (audit_record_seq(record, &inside) != SK_OK)
		return say_record(w, r->seq, "was replaced by something that is no record");
	if (inside != r->seq)
		return say_moved(w, r->seq, inside);
	if (memcmp(r->prev, w->last.hash, sizeof(w->last.hash)) != 0)
		return say_record(w, r->seq, "does not follow the one before it (one of the two was replaced)");
	st = audit_record_encode(r, again, sizeof(again), &again_len);
	if (st != SK_OK || again_len != record.len || memcmp(again, record.p, again_len) != 0)
		return say_record(w, r->seq, "was changed in the columns that lists are made of");
	w->last.seq = r->seq;
	memcpy(w->last.hash, r->hash, sizeof(w->last.hash));
	w->report.records++;
	return SK_OK;
}

static enum sk_status walk_records(struct keeper *k, struct walk *w)
{
	uint8_t record[AUDIT_RECORD_MAX];
	enum sk_status st = SK_OK, end;
	struct audit_row r;
	struct query q;
	uint32_t len = 0;

	registry_open(k, &q, "SELECT seq, time, event, attempt, person, account, service, tty, card, actor, reason,"
	    " detail, prev, hash, record FROM audit ORDER BY seq");
	while (st == SK_OK && query_more(&q)) {
		st = audit_row_from(&q, &r);
		query_get_blob(&q, record, sizeof(record), &len);
		if (st == SK_OK)
			st = q.st;
		if (st == SK_OK)
			st = check_record(w, &r, (struct sk_span){ record, len });
		else if (st == SK_E_CORRUPT)
			st = say_record(w, w->last.seq + 1, "can't be read");
	}
	end = query_close(&q);
	if (st == SK_OK && end == SK_E_CORRUPT)
		return say_record(w, w->last.seq + 1, "can't be read");
	return st == SK_OK ? end : st;
}

static enum sk_status check_head(struct keeper *k, struct walk *w)
{
	struct audit_head file = { 0 };
	uint8_t hash[STORE_HASH_LEN];
	enum sk_status st;

	st = head_read(k, &w->last, &file);
	if (st == SK_E_NOENT)
		return say_head(w, "the head file is missing");
	if (st == SK_E_CORRUPT)
		return say_head(w, "the head file is damaged");
	if (st == SK_E_CRYPTO)
		return say_head(w, "the head file was forged: it carries no valid MAC");
	/* SK_E_STATE: a MAC that we can't check; number and hash still tell. */
	if (st != SK_OK && st != SK_E_STATE)
		return st;
	if (w->last.seq < file.seq) {
		(void)snprintf(w->report.what, sizeof(w->report.what), "cut off after %" PRIu64 " of %" PRIu64,
		    w->last.seq, file.seq);
		return bad(w, w->last.seq + 1);
	}
	st = head_hash_at(k, file.seq, hash);
	if (st != SK_OK)
		return st;
	if (memcmp(hash, file.hash, sizeof(hash)) == 0)
		return SK_OK;
	if (file.seq == 0)
		return say_head(w, "the head file belongs to another store");
	return say_record(w, file.seq, "is not the one that the head file names (the chain was replaced)");
}

enum sk_status sqlite_audit_verify(struct store *s, struct audit_report *ret_report)
{
	struct keeper *k = keeper_of(s);
	struct walk w;
	enum sk_status st;

	memset(&w, 0, sizeof(w));
	st = audit_genesis(k->id, w.last.hash);
	if (st == SK_OK)
		st = walk_records(k, &w);
	if (st == SK_OK)
		st = check_head(k, &w);
	if (st == SK_OK || st == SK_E_CORRUPT)
		*ret_report = w.report;
	return st;
}
