/* SPDX-License-Identifier: Apache-2.0 */
/* The denylist in force: loading, asking, import; see denying.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/admin_rows.h"
#include "daemon/denying_impl.h"
#include "daemon/journal.h"

/* The newest record, which this one is: written a moment ago. */
static void anchor_here(struct denying *y)
{
	if (store_audit_head(y->d->store, &y->anchor, y->anchor_hash) != SK_OK)
		y->anchor = 0;
}

static void detail_of(const struct denykeep_facts *f, const char *from, char *ret_detail, size_t cap)
{
	char hex[2 * DENYLIST_HASH_LEN + 1];

	admin_card_hex(f->hash, hex);
	(void)snprintf(ret_detail, cap, "number=%" PRIu64 " entries=%u issued=%" PRId64 " sha256=%s from=%s", f->number,
	    f->n, f->issued, hex, from);
}

/* A cut between list and record, or a receipt that is gone: what is in force gets its record now. */
static void record_found(struct denying *y)
{
	struct denykeep_facts f;
	char detail[STORE_TEXT_MAX + 1];
	struct audit_in in = { .event = EV_DENYLIST_IMPORT, .reason = "denylist-found", .detail = detail };

	denykeep_facts(y->keep, &f);
	denying_receipt_load(y);
	if (f.state == DENYKEEP_DAMAGED) {
		journal_note(LOG_ALERT, "Nobody can log in: %s", f.what);
		journal_fault(y->d, "denylist-damaged", f.what);
	} else if (f.state == DENYKEEP_GOOD && y->anchor == 0) {
		detail_of(&f, "the disk", detail, sizeof(detail));
		if (journal_record(y->d, &in) == SK_OK)
			anchor_here(y);
		denying_receipt_write(y);
	}
}

enum sk_status denying_load(struct daemon *d)
{
	const struct denykeep_config cfg = { .authority = DENY_AUTHORITY_FILE,
		.dir = SEKISHO_DENYLIST_DIR,
		.site = d->config.site };
	struct denykeep *keep = NULL;
	enum sk_status st = denykeep_open(&cfg, &keep);

	if (st == SK_OK && d->deny == NULL) {
		d->deny = calloc(1, sizeof(*d->deny));
		st = d->deny != NULL ? SK_OK : SK_E_NOMEM;
	}
	if (st != SK_OK) {
		denykeep_free(&keep);
		return st;
	}
	d->deny->d = d;
	denykeep_free(&d->deny->keep);
	d->deny->keep = keep;
	record_found(d->deny);
	denying_sweep_soon(d);
	return SK_OK;
}

void denying_free(struct daemon *d)
{
	struct denying *y = d->deny;

	if (y == NULL)
		return;
	(void)sd_event_source_disable_unref(y->sweep);
	denykeep_free(&y->keep);
	free(y->dealt);
	free(y);
	d->deny = NULL;
}

const char *denying_reason(const struct daemon *d, const uint8_t key[static STORE_KEY_LEN])
{
	int64_t when;

	if (d->deny == NULL || d->deny->keep == NULL)
		return "denylist-damaged";
	switch ((int)denykeep_find(d->deny->keep, key, &when)) {
	case SK_E_NOENT:
		return NULL;
	case SK_OK:
		return "card-on-denylist";
	default:
		return "denylist-damaged";
	}
}

void denying_facts(const struct daemon *d, struct denykeep_facts *ret_f)
{
	denykeep_facts(d->deny->keep, ret_f);
}

struct sk_span denying_bytes(const struct daemon *d)
{
	return denykeep_bytes(d->deny->keep);
}

/* How it ended, into the chain. */
static enum sk_status record_end(struct denying *y, enum sk_status st, const char *actor, const char *from,
    const char *what)
{
	struct denykeep_facts f;
	char detail[STORE_TEXT_MAX + 1];
	struct audit_in in = { .event = st == SK_OK ? EV_DENYLIST_IMPORT : EV_DENYLIST_REFUSED,
		.actor = actor,
		.reason = st == SK_OK ? "denylist-imported" : "denylist-refused",
		.detail = detail };

	denykeep_facts(y->keep, &f);
	if (st == SK_OK)
		detail_of(&f, from, detail, sizeof(detail));
	else
		(void)snprintf(detail, sizeof(detail), "%s from=%s", what, from);
	return journal_record(y->d, &in);
}

enum sk_status denying_import(struct daemon *d, struct sk_span bytes, const char *actor, const char *from,
    char reterr_what[static DENY_WHAT_MAX])
{
	struct denying *y = d->deny;
	enum sk_status st = denykeep_import(y->keep, bytes, daemon_now(), reterr_what);
	enum sk_status recorded = record_end(y, st, actor, from, reterr_what);

	if (st != SK_OK)
		return st;
	memset(&y->counts, 0, sizeof(y->counts));
	y->anchor = 0;
	if (recorded == SK_OK)
		anchor_here(y);
	denying_receipt_write(y);
	denying_sweep_soon(d);
	return SK_OK;
}
