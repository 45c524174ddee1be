/* SPDX-License-Identifier: Apache-2.0 */
/* The main loop of the image with crypto: as main.c, after the known answers. */
#include "crypto/selftest.h"
#include "hal.h"
#include "reader.h"
#include "sys/fault.h"

_Noreturn void reader_main(void)
{
	static struct reader reader;

	if (!crypto_selftest())
		fault_stop(FAULT_SELFTEST, 0);
	hal_log("crypto good");
	reader_init(&reader);
	for (;;) {
		reader_step(&reader);
		hal_idle(reader_next_us(&reader));
	}
}
