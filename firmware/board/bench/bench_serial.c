/* SPDX-License-Identifier: Apache-2.0 */
/* Serial host line: bytes as they are. */
#include "board/bench/wire.h"
#include "hal.h"

int hal_serial_getc(void)
{
	return wire_getc(WIRE_SERIAL);
}

size_t hal_serial_send(const uint8_t *p, size_t len)
{
	return wire_send(WIRE_SERIAL, p, len);
}
