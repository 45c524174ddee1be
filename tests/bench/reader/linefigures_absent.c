/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of the reader's hal: what this bench has none of. */
#include <string.h>

#include "hal.h"
#include "linefigures.h"

bool hal_usb_attached(void)
{
	return false;
}

void hal_usb_poll(struct hal_usb_event *ret_event)
{
	ret_event->kind = HAL_USB_NONE;
}

bool hal_usb_send(uint8_t ep, const uint8_t *p, uint8_t len)
{
	(void)ep;
	(void)p;
	(void)len;
	return false;
}

void hal_usb_ready(uint8_t ep)
{
	(void)ep;
}

void hal_usb_stall(uint8_t ep_address, bool on)
{
	(void)ep_address;
	(void)on;
}

void hal_usb_address(uint8_t address)
{
	(void)address;
}

void hal_usb_open(uint8_t ep_address, bool interrupt, uint8_t packet_max)
{
	(void)ep_address;
	(void)interrupt;
	(void)packet_max;
}

void hal_usb_wakeup(void)
{
}

enum sk_status hal_entropy(uint8_t *ret_p, size_t len)
{
	memset(ret_p, 0x5A, len);
	return SK_OK;
}

/* No flash: the reader starts without its store, which no exchange asks anything of. */
void hal_flash_geometry(struct hal_flash_geometry *ret_geometry)
{
	*ret_geometry = (struct hal_flash_geometry){ .sector_size = 4096, .sectors = 2 };
}

enum sk_status hal_flash_read(uint32_t at, uint8_t *ret_p, size_t len)
{
	(void)at;
	memset(ret_p, 0, len);
	return SK_E_IO;
}

enum sk_status hal_flash_program(uint32_t at, const uint8_t word[static HAL_FLASH_WORD])
{
	(void)at;
	(void)word;
	return SK_E_IO;
}

enum sk_status hal_flash_erase(uint32_t sector)
{
	(void)sector;
	return SK_E_IO;
}

void hal_led(enum hal_led state)
{
	(void)state;
}

void hal_watchdog_start(uint32_t ms)
{
	(void)ms;
}

void hal_watchdog_feed(void)
{
}

enum hal_start hal_start_reason(void)
{
	return HAL_START_POWER;
}

bool hal_fault_last(struct hal_fault *ret_fault)
{
	(void)ret_fault;
	return false;
}

void hal_fault_keep(const struct hal_fault *fault)
{
	(void)fault;
}

_Noreturn void hal_halt(void)
{
	sim_halt();
}

void hal_stack(uint32_t *ret_size, uint32_t *ret_unused)
{
	*ret_size = 1;
	*ret_unused = 1;
}

void hal_log(const char *line)
{
	(void)line;
}
