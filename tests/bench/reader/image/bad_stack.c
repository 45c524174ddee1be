/* SPDX-License-Identifier: Apache-2.0 */
/* Linked in the place of reader_step(): recursion without end. */
#include "reader.h"

void reader_step(struct reader *r)
{
	volatile uint8_t frame[64];

	frame[0] = r->usb_owns;
	reader_step(r);
	r->usb_owns = frame[0] != 0;
}
