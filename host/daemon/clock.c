/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks; see daemon.h. */
#include <string.h>
#include <time.h>

#include <systemd/sd-id128.h>

#include "daemon/daemon.h"

int64_t daemon_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec;
}

enum sk_status daemon_lockout_time(struct lockout_time *ret_t)
{
	struct lockout_time t;
	struct timespec ts;
	sd_id128_t boot;

	if (clock_gettime(CLOCK_BOOTTIME, &ts) != 0 || ts.tv_sec < 0 || sd_id128_get_boot(&boot) < 0)
		return SK_E_IO;
	memcpy(t.boot_id, boot.bytes, sizeof(t.boot_id));
	t.since_boot_s = (uint64_t)ts.tv_sec;
	*ret_t = t;
	return SK_OK;
}
