/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file export.h
 * @brief The audit chain outside of the daemon: writing it, and verifying what was written.
 *
 * JSON Lines: one record a line, in order, with prev and hash, so that anybody can verify it without our database:
 * hash = SHA-256(prev || record), record as in host/store/audit_record.h. The last line is {"head":{...}}.
 */
#ifndef CTL_EXPORT_H
#define CTL_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "ctl/rows.h"
#include "store/store.h"

enum export_format { EXPORT_JSONL = 1, EXPORT_CSV };

/** First line of a CSV file; @p bom: with a byte order mark, without which Excel takes UTF-8 for the local code page. */
SK_MUST_CHECK SK_NONNULL enum sk_status export_csv_header(FILE *out, bool bom);
/** One record (a row of kind ROW_AUDIT). */
SK_MUST_CHECK SK_NONNULL enum sk_status export_record(FILE *out, enum export_format format, const struct row *r);
/** Last line: newest record and its hash (JSON Lines only). */
SK_MUST_CHECK SK_NONNULL enum sk_status export_head(FILE *out, uint64_t seq, const char *hash_hex);

/**
 * One cell of CSV (RFC 4180), quoted; a cell that a spreadsheet would take for a formula (= + - @, tab, carriage
 * return) or that starts with an apostrophe gets an apostrophe in front.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status export_csv_cell(FILE *out, const char *text);

/** What verification of a file found. */
struct export_report {
	uint64_t records, first, last;
	uint64_t bad_line;      /**< 0: all good. */
	char what[160];         /**< English sentence (a key of the catalogue). */
	char hash[65];          /**< Of the last record. */
};

/**
 * Verify a JSON Lines export: every hash, every link, no gap, and the head line.
 *
 * @param ret_report  Always set.
 * @retval SK_OK, SK_E_CORRUPT (see report), SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status export_verify(FILE *in, struct export_report *ret_report);

#endif /* CTL_EXPORT_H */
