/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/watch.h"

#include "hal.h"
#include "sys/fault.h"

void watch_start(struct watch *w, unsigned modules)
{
	FW_ASSERT(modules > 0 && modules <= 32);
	w->wanted = UINT32_MAX >> (32 - modules);
	w->reported = 0;
	hal_watchdog_start(WATCH_MS);
}

void watch_report(struct watch *w, unsigned module)
{
	FW_ASSERT(module < 32 && (w->wanted >> module & 1u) != 0);
	w->reported |= 1u << module;
}

void watch_round(struct watch *w)
{
	if (w->reported != w->wanted)
		return;
	w->reported = 0;
	hal_watchdog_feed();
}
