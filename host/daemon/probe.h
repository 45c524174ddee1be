/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file probe.h
 * @brief `sekishoctl doctor`, the daemon's devices: is there a pcscd, a reader, a sensor, and is the sensor a strong one?
 */
#ifndef DAEMON_PROBE_H
#define DAEMON_PROBE_H

#include "daemon/admin.h"

/** Send one row a check: event = name, status = ok|warn|fail, detail, text = mend. Waits at most three seconds for the sensor. */
SK_MUST_CHECK SK_NONNULL enum sk_status probe_devices(struct admin_call *call);

#endif /* DAEMON_PROBE_H */
