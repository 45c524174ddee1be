/* SPDX-License-Identifier: Apache-2.0 */
/* Linked in the place of reader_step(): a null pointer. */
#include <stddef.h>

#include "reader.h"

void reader_step(struct reader *r)
{
	const volatile uint8_t *volatile p = NULL;

	r->usb_owns = *p != 0;
}
