/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receipt: what a terminal has to show for the list in force. Plain text, one "name: value" a line.
 *
 * It isn't signed: a terminal has no key that an administrator could know it by. Its anchor is the audit chain: record
 * number and hash of the import, which the chain of that terminal (audit export) has or hasn't.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/admin_rows.h"
#include "daemon/denying_impl.h"
#include "daemon/journal.h"
#include "safefile/safefile.h"

#define RECEIPT_FILE SEKISHO_DENYLIST_DIR "/receipt"
#define HEAD "sekisho-denylist-receipt: 1\n"

static int print(const struct denying *y, const struct denykeep_facts *f, char *text, size_t cap)
{
	char hash[2 * DENYLIST_HASH_LEN + 1], anchor[2 * STORE_HASH_LEN + 1];

	admin_card_hex(f->hash, hash);
	admin_card_hex(y->anchor_hash, anchor);
	return snprintf(text, cap,
	    HEAD "terminal: %s\nsite: %s\nnumber: %" PRIu64 "\nsha256: %s\nentries: %u\nissued: %" PRId64
		 "\nin-force-since: %" PRId64 "\naudit-record: %" PRIu64
		 "\naudit-hash: %s\nsessions-locked: %u\nsessions-ended: %u"
		 "\nsessions-absent: %u\nsessions-failed: %u\n",
	    y->d->config.terminal, y->d->config.site, f->number, hash, f->n, f->issued, f->since, y->anchor, anchor,
	    y->counts.locked, y->counts.ended, y->counts.absent, y->counts.failed);
}

void denying_receipt_write(struct denying *y)
{
	struct denykeep_facts f;
	char text[DENYING_RECEIPT_MAX];
	int n;

	denykeep_facts(y->keep, &f);
	if (f.state != DENYKEEP_GOOD)
		return;
	n = print(y, &f, text, sizeof(text));
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    safefile_write_atomic(RECEIPT_FILE, 0600, (struct sk_span){ (const uint8_t *)text, (size_t)n }) != SK_OK)
		journal_fault(y->d, "denylist-receipt", "The receipt of the denylist can't be written.");
}

/* The number behind "name: ", 0 when there is none. */
static uint64_t field(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p != NULL ? strtoull(p + strlen(name), NULL, 10) : 0;
}

void denying_receipt_load(struct denying *y)
{
	struct denykeep_facts f;
	char text[DENYING_RECEIPT_MAX], hash[2 * DENYLIST_HASH_LEN + 1];
	const char *p;
	size_t len = 0;

	memset(&y->counts, 0, sizeof(y->counts));
	y->anchor = 0;
	denykeep_facts(y->keep, &f);
	admin_card_hex(f.hash, hash);
	if (f.state != DENYKEEP_GOOD ||
	    safefile_read(RECEIPT_FILE, SAFEFILE_SECRET, (uint8_t *)text, sizeof(text) - 1, &len) != SK_OK)
		return;
	text[len] = '\0';
	p = strstr(text, "\nsha256: ");
	if (strncmp(text, HEAD, sizeof(HEAD) - 1) != 0 || p == NULL || strncmp(p + 9, hash, sizeof(hash) - 1) != 0)
		return;
	p = strstr(text, "\naudit-hash: ");
	for (size_t i = 0; p != NULL && i < STORE_HASH_LEN; i++) {
		unsigned byte = 0;

		if (sscanf(p + 13 + 2 * i, "%2x", &byte) != 1)
			return;
		y->anchor_hash[i] = (uint8_t)byte;
	}
	y->anchor = field(text, "\naudit-record: ");
	y->counts.locked = (uint32_t)field(text, "\nsessions-locked: ");
	y->counts.ended = (uint32_t)field(text, "\nsessions-ended: ");
	y->counts.absent = (uint32_t)field(text, "\nsessions-absent: ");
}

enum sk_status denying_receipt(struct daemon *d, char ret_text[static DENYING_RECEIPT_MAX])
{
	struct denykeep_facts f;

	denykeep_facts(d->deny->keep, &f);
	if (f.state == DENYKEEP_NONE)
		return SK_E_NOENT;
	if (f.state != DENYKEEP_GOOD)
		return SK_E_CORRUPT;
	return print(d->deny, &f, ret_text, DENYING_RECEIPT_MAX) < (int)DENYING_RECEIPT_MAX ? SK_OK : SK_E_SPACE;
}
