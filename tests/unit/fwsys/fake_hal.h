/* SPDX-License-Identifier: Apache-2.0 */
/** @file fake_hal.h @brief The few hal functions of firmware/sys, that note how they were called. */
#ifndef FWSYS_FAKE_HAL_H
#define FWSYS_FAKE_HAL_H

#include <setjmp.h>

#include "hal.h"

struct fake {
	char calls[64]; /* one letter for each call, in order: p power off, l LED, k keep, h halt, s start, f feed */
	struct hal_fault fault; /* kept */
	enum hal_led led;
	uint32_t watchdog_ms;
	jmp_buf halted;
};
extern struct fake fake;
void fake_reset(void);

#endif
