/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake.h
 * @brief A host's view of the device controller (hal.h's USB part), and a CCID that records; linked before libreader.a.
 */
#ifndef TESTS_UNIT_FWUSB_FAKE_H
#define TESTS_UNIT_FWUSB_FAKE_H

#include "hal.h"
#include "usb/usb_ccid.h"

#define FAKE_MESSAGES 8

/** The controller. Endpoint numbers without direction bit. */
struct fake_hal {
	uint64_t now_us;
	struct hal_usb_event queue[64];
	unsigned int queued;
	bool in_full[16];
	uint8_t in_len[16], in[16][HAL_USB_PACKET_MAX];
	bool out_ready[16];
	bool in_stalled[16], out_stalled[16];
	bool in_open[16], out_open[16];
	unsigned int unstalls[2][16]; /**< [1]: IN. */
	uint8_t address;
	unsigned int wakeups;
	bool
	    contract_broken; /**< A packet too long, an endpoint that isn't open, an IN endpoint written while stalled. */
};
extern struct fake_hal fake;

/** What CCID was told. */
struct fake_ccid {
	uint8_t got[FAKE_MESSAGES][CCID_MESSAGE_MAX + 8u];
	size_t got_len[FAKE_MESSAGES];
	unsigned int got_n;
	uint8_t response[CCID_MESSAGE_MAX];
	size_t response_len; /**< 0: nothing pending. */
	bool busy; /**< A command runs. */
	unsigned int sent, gone, aborts;
	uint8_t abort_slot, abort_seq;
	bool abort_answer;
	bool change, present;
	bool contract_broken; /**< Told sent when nothing was pending, or a command while a response was. */
};
extern struct fake_ccid fake_ccid;

void fake_reset(void);
void fake_event(enum hal_usb_event_kind kind, uint8_t ep, const void *p, size_t len);

#endif /* TESTS_UNIT_FWUSB_FAKE_H */
