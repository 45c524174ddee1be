/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file intake.h
 * @brief A file that the tool hands over in chunks (IPC_F_BYTES, IPC_F_COUNT offset, IPC_F_TOTAL): kept in memory until it is whole.
 *
 * Rules
 *  1. One at a time; chunks come in order, from one peer, with one total, nothing left over.
 *  2. What stops coming is forgotten after INTAKE_IDLE_S.
 */
#ifndef DAEMON_INTAKE_H
#define DAEMON_INTAKE_H

#include "daemon/admin.h"

#define INTAKE_IDLE_S 30u

/** A file that comes; bytes NULL: none. Zero it before its first use. */
struct intake {
	uint8_t *bytes;
	uint32_t total, len;
	const struct conn *conn;
	int fd;
	sd_event_source *idle;
};

/**
 * Take the chunk of this request.
 *
 * @param max  Largest file. Unit: bytes.
 * @retval SK_OK     It is whole: in->bytes, in->total. The caller uses it and calls intake_forget().
 * @retval SK_E_WAIT More is to come: the handler ends with SK_OK.
 * @retval SK_E_STATE, SK_E_SPACE, SK_E_NOMEM, SK_E_FAULT  With its sentence; what was there is forgotten.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status intake_take(struct intake *in, struct admin_call *call, uint32_t max);
SK_NONNULL void intake_forget(struct intake *in);

#endif /* DAEMON_INTAKE_H */
