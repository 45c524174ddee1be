/* SPDX-License-Identifier: Apache-2.0 */
/* The latest time seen; see daemon.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "clockmark/clockmark.h"
#include "daemon/daemon.h"
#include "daemon/journal.h"
#include "safefile/safefile.h"

/* How far the file may lag behind. */
#define MARK_STEP_S 600

static enum sk_status mark_write(struct daemon *d, int64_t mark)
{
	char text[CLOCKMARK_MAX];
	size_t n = clockmark_put(mark, text);
	enum sk_status st = safefile_write_atomic(SEKISHO_CLOCK_FILE, 0600, (struct sk_span){ (const uint8_t *)text, n });

	if (st == SK_OK)
		d->clock_written = mark;
	return st;
}

static enum sk_status from_write(struct daemon *d, int64_t from)
{
	char text[CLOCKMARK_MAX];
	size_t n = clockmark_put(from, text);
	enum sk_status st = safefile_write_atomic(SEKISHO_FROM_FILE, 0600, (struct sk_span){ (const uint8_t *)text, n });

	/* What can't be written holds in memory. */
	d->clock_from = from;
	return st;
}

/* What can't be read is "from ever": more is refused, and nothing opens. */
static void from_read(struct daemon *d)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = safefile_load(SEKISHO_FROM_FILE, SAFEFILE_TRUSTED, CLOCKMARK_MAX, &bytes, &len);

	if (st == SK_OK)
		st = clockmark_get((const char *)bytes, len, &d->clock_from);
	if (st != SK_OK && st != SK_E_NOENT)
		journal_note(LOG_WARNING, SEKISHO_FROM_FILE " can't be read.");
	free(bytes);
}

enum sk_status daemon_clock_open(struct daemon *d)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = safefile_load(SEKISHO_CLOCK_FILE, SAFEFILE_TRUSTED, CLOCKMARK_MAX, &bytes, &len);

	from_read(d);
	if (st == SK_E_NOENT) {
		d->clock_mark = daemon_now();
		return mark_write(d, d->clock_mark);
	}
	if (st != SK_OK)
		return st == SK_E_NOMEM || st == SK_E_IO ? st : SK_E_CORRUPT;
	st = clockmark_get((const char *)bytes, len, &d->clock_mark) == SK_OK ? SK_OK : SK_E_CORRUPT;
	d->clock_written = d->clock_mark;
	free(bytes);
	return st;
}

static void tell_behind(struct daemon *d, int64_t now)
{
	char detail[128];
	struct audit_in in = { .event = EV_CLOCK, .reason = "clock-went-back", .detail = detail };

	(void)snprintf(detail, sizeof(detail), "now=%" PRId64 " seen=%" PRId64, now, d->clock_mark);
	d->clock_told = journal_record(d, &in) == SK_OK;
	if (!d->clock_told)
		journal_note(LOG_ALERT, "The clock went back, and that could not be recorded.");
}

static void gap(struct daemon *d, int64_t now)
{
	char detail[128];
	struct audit_in in = { .event = EV_CLOCK, .reason = "clock-gap", .detail = detail };

	(void)snprintf(detail, sizeof(detail), "now=%" PRId64 " seen=%" PRId64, now, d->clock_mark);
	if (from_write(d, now) != SK_OK)
		journal_note(LOG_WARNING, SEKISHO_FROM_FILE " can't be written.");
	if (journal_record(d, &in) != SK_OK)
		journal_note(LOG_ALERT, "The clock skipped a long time, and that could not be recorded.");
}

int64_t daemon_safe_now(struct daemon *d)
{
	int64_t now = daemon_now();

	if (now < d->clock_mark) {
		if (d->clock_mark - now > CLOCK_BEHIND_S && !d->clock_told)
			tell_behind(d, now);
		return d->clock_mark;
	}
	if (now - d->clock_mark > CLOCK_GAP_S)
		gap(d, now);
	d->clock_mark = now;
	d->clock_told = false;
	/* One that can't be written is tried again next time; meanwhile it holds in memory. */
	if (now - d->clock_written >= MARK_STEP_S && mark_write(d, now) != SK_OK)
		journal_note(LOG_WARNING, "The latest time can't be written to " SEKISHO_CLOCK_FILE ".");
	return now;
}

enum sk_status daemon_clock_accept(struct daemon *d)
{
	int64_t now = daemon_now();
	bool was_ahead = d->clock_mark - now > CLOCK_BEHIND_S;

	if (mark_write(d, now) != SK_OK)
		return SK_E_IO;
	/* Whoever was here in those days has a date that counts no more. */
	if (was_ahead && from_write(d, now) != SK_OK)
		journal_note(LOG_WARNING, SEKISHO_FROM_FILE " can't be written.");
	d->clock_mark = now;
	d->clock_told = false;
	return SK_OK;
}
