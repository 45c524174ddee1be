/* SPDX-License-Identifier: Apache-2.0 */
/* The main loop. All state of the portable code is in the one struct here. */
#include "hal.h"
#include "reader.h"

_Noreturn void reader_main(void)
{
	static struct reader reader;

	reader_init(&reader);
	for (;;) {
		reader_step(&reader);
		hal_idle(reader_next_us(&reader));
	}
}
