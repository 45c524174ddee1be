/* SPDX-License-Identifier: Apache-2.0 */
/* A device's descriptors: any bytes. What is taken is looked at a second time, by a simpler walk. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz_check.h"
#include "media/usbdesc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct usbdesc d;
	unsigned classes = 0;
	size_t at = 18;

	if (usbdesc_parse((struct sk_span){ data, size }, &d) != SK_OK)
		return 0;
	check(d.configs >= 1 && d.configs <= USBDESC_CONFIGS_MAX);
	/* Well formed all through: descriptor after descriptor to the last byte. */
	while (at < size) {
		check(data[at] >= 2 && data[at] <= size - at);
		if (data[at + 1] == 4)
			classes |= data[at + 5] == 8 ? 1u : data[at + 5] == 3 ? 2u : 4u;
		at += data[at];
	}
	check((classes & 1u) == 0 || (d.has & USBDESC_STORAGE) != 0);
	check((classes & 2u) == 0 || (d.has & USBDESC_INPUT) != 0);
	return 0;
}
