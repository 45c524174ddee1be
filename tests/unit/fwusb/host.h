/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file host.h
 * @brief A small USB host for the tests: requests and messages upon the fake controller.
 */
#ifndef TESTS_UNIT_FWUSB_HOST_H
#define TESTS_UNIT_FWUSB_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/fwusb/fake.h"

#define ARRAY_N(a) (sizeof(a) / sizeof((a)[0]))
#define STALL (-1)
#define NO_ANSWER (-2)

extern struct usb_ccid host_u;

/** Fresh device, fresh fakes. */
void host_fresh(void);
void host_step(void);
/** As far as @p state: reset, address 5, configuration 1. */
void host_bring_to(enum usb_state state);
/** A whole control transfer: bytes read (0 for none), STALL or NO_ANSWER. @p ret_p 512 bytes or NULL. */
int host_control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length, uint8_t *ret_p);
/** The SETUP packet alone. */
void host_setup(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length);
/** One packet on bulk OUT; false: NAK. */
bool host_out(const uint8_t *p, size_t len);
/** One packet from an IN endpoint: its length, or -1: NAK. */
int host_in(uint8_t ep, uint8_t ret_p[static 64]);
/** Packets until a short one: the message's length, -1 when nothing is there. @p ret_p 1024 bytes. */
int host_in_message(uint8_t *ret_p, unsigned int *ret_packets);
/** A command of @p data_len bytes of abData; length field as given. */
size_t host_command(uint8_t *ret_p, uint32_t dw_length, size_t data_len);

#endif /* TESTS_UNIT_FWUSB_HOST_H */
