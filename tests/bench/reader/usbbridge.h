/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usbbridge.h
 * @brief A host controller of one port: wire "usb" (firmware/board/bench/WIRE.md) below, usb-redir above.
 *
 * usbbridge_wire.c: transfers made of packets. usbbridge_redir*.c: usb-redir's device side upon them.
 */
#ifndef USBBRIDGE_H
#define USBBRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUS_ENDPOINTS 16
/** Longest transfer of one request. Unit: bytes. */
#define BUS_TRANSFER_MAX 65536

/** How a transfer ended; the numbers are usb-redir's. */
enum bus_status {
	BUS_OK = 0,
	BUS_CANCELLED = 1,
	BUS_INVALID = 2,
	BUS_ERROR = 3,
	BUS_STALL = 4,
	BUS_TIMEOUT = 5,
	BUS_BABBLE = 6,
};

struct bus_setup {
	uint8_t type, request;
	uint16_t value, index, length;
};

/**
 * A transfer, from malloc(); the bus frees it after done(). data holds len bytes to send (OUT) or room for as many (IN); at says how
 * many went.
 */
struct bus_transfer {
	struct bus_transfer *next;
	void (*done)(struct bus_transfer *t, enum bus_status status);
	uint64_t id; /**< The owner's. */
	uint8_t ep; /**< With direction bit; control: that of the data. */
	bool is_control;
	bool started, status_stage;
	int64_t deadline_ms; /**< 0: none. A reader that NAKs for ever is allowed on bulk, not on control. */
	struct bus_setup setup;
	size_t len, at;
	uint8_t data[];
};

/** @p wire_fd -1: no reader. */
void bus_attach(int wire_fd);
/** VBUS off; what is under way ends with BUS_ERROR. */
void bus_detach(void);
/** Bus reset; what is under way ends with BUS_ERROR. */
void bus_reset(void);
void bus_suspend(bool on);
/** Bytes came in on the wire. False: the reader is gone or speaks nonsense. */
bool bus_read(void);
/** Moves transfers on. */
void bus_step(void);
/** Takes @p t. */
void bus_submit(struct bus_transfer *t);
struct bus_transfer *bus_transfer_new(uint8_t ep, size_t len);
/** On endpoint 0, for @p setup; the data, if they go out, are still to be filled in. */
struct bus_transfer *bus_control_new(const struct bus_setup *setup, uint64_t id,
    void (*done)(struct bus_transfer *t, enum bus_status status));
/** False: no such transfer under way. */
bool bus_cancel(uint64_t id);
/** A packet that waits in IN endpoint @p ep: its length, copied, and taken from the reader; -1 none; -2 stalled. */
int bus_take_in(uint8_t ep, uint8_t ret_p[static 64]);
/** Called when the reader signals resume. */
extern void (*bus_on_wakeup)(void);

/** --- usb-redir ------------------------------------------------------------------------------------------------ */
void redir_attach(int fd);
bool redir_read(void);
bool redir_wants_write(void);
bool redir_write(void);
/** The reader was found, reset and addressed, and its descriptors are wanted: tells QEMU when it has them. */
void redir_reader_came(void);
void redir_reader_gone(void);
void redir_step(void);
void redir_verbose(bool on);

#endif /* USBBRIDGE_H */
