/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file journal.h
 * @brief Records: the audit chain first, then the system journal with structured fields.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include "daemon/daemon.h"

/** Append to the audit chain (joining an open transaction) and tell the journal. The journal is a courtesy: only the chain's result counts. */
SK_MUST_CHECK SK_NONNULL enum sk_status journal_record(struct daemon *d, const struct audit_in *in);

/** A fault of device, store or clock: a record of its own kind (C-FAULT-LOG). If even that can't be written, the journal says so. */
SK_NONNULL void journal_fault(struct daemon *d, const char *reason, const char *detail);

/** A line for the journal only (start-up, debug). No secrets, no card bytes. */
void journal_note(int priority, const char *format, ...) SK_PRINTF(2, 3);

#endif /* DAEMON_JOURNAL_H */
