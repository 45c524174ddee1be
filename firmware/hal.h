/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hal.h
 * @brief The reader's only door to hardware. A board supplies every function here; nothing else of it is seen.
 *
 * Plain functions, chosen at link time: a board (firmware/board/…) has one set, a unit test another.
 * Rules for a board:
 *  1. No function blocks or waits; what can't be done now is said by the result.
 *  2. Functions are called from the main loop only; interrupts stay inside the board.
 *  3. Every length given is a maximum; nothing is written past it.
 *  4. hal_idle() sleeps until something may have happened, at most until the time given; waking early is always right.
 *
 * What each function must keep is in firmware/README.md, "A new board".
 */
#ifndef HAL_H
#define HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/* --- time ------------------------------------------------------------------------------------------------ */

/** Time since start. Unit: microseconds. Never goes back; does not wrap within a device's life. */
SK_MUST_CHECK uint64_t hal_now_us(void);
/** Sleep until something happened or @p until_us is reached. Rule 4. */
void hal_idle(uint64_t until_us);

/* --- card line: ISO/IEC 7816-3 contacts -------------------------------------------------------------------- */

/** Class of operating conditions, ISO/IEC 7816-3:2006 5.1.3. */
enum hal_card_class {
	HAL_CARD_CLASS_A = 1, /**< 5 V */
	HAL_CARD_CLASS_B = 2, /**< 3 V */
	HAL_CARD_CLASS_C = 3, /**< 1.8 V */
};

/** How characters are carried. Set before the first character of a phase. */
struct hal_card_timing {
	uint16_t f;        /**< Clock rate conversion integer F, 372…2048. */
	uint16_t d;        /**< Baud rate adjustment integer D, 1…64. */
	uint16_t guard_etu;/**< From leading edge to leading edge when sending, 11…1,560. 7816-3:2006 7.2, 8.3 (TC1), 11.2. */
	bool inverse;      /**< Inverse convention (TS = 3F). */
	bool t0;           /**< Error signal and repetition of 7816-3:2006 7.3 in hardware, T=0 only. */
};

/** What hal_card_getc() may add to a character. */
#define HAL_CARD_NONE (-1)
/** Parity was wrong (in T=0: and stayed wrong after the repetitions of 7816-3:2006 7.3). */
#define HAL_CARD_PARITY 0x100
/** One or more characters before this one were lost in the board (overrun). */
#define HAL_CARD_LOST 0x200

/** Frequency of the card's clock while active. Unit: kHz. 1,000…5,000 before any PPS (7816-3:2006 6.2.3). */
SK_MUST_CHECK uint32_t hal_card_clock_khz(void);
/** How late a character can show up in hal_card_getc() at worst; added to every waiting time. Unit: microseconds. */
SK_MUST_CHECK uint32_t hal_card_latency_us(void);
/** Is a card in the slot? Debounced by the board. */
SK_MUST_CHECK bool hal_card_present(void);
/** Activation up to and including CLK with RST low (7816-3:2006 6.2.1). False: short circuit or no card. */
SK_MUST_CHECK bool hal_card_power_on(enum hal_card_class voltage);
/** Deactivation in the order of 7816-3:2006 6.4. Always works, also when off already. */
void hal_card_power_off(void);
/** RST contact: true is high. */
void hal_card_rst(bool high);
/** Timing for what is sent and received from now on. */
void hal_card_timing(const struct hal_card_timing *timing);
/** Queue characters for the card; returns how many were taken (0…len). */
SK_MUST_CHECK size_t hal_card_send(const uint8_t *p, size_t len);
/** True until the last character queued has left, guard time included. */
SK_MUST_CHECK bool hal_card_sending(void);
/** Next character from the card, with HAL_CARD_* bits, or HAL_CARD_NONE. Own characters are never seen. */
SK_MUST_CHECK int hal_card_getc(void);
/** Forget what has come in and was not read. */
void hal_card_flush(void);

/* --- serial host line ------------------------------------------------------------------------------------------ */

/** Next byte from the host, 0…255, or -1. */
SK_MUST_CHECK int hal_serial_getc(void);
/** Queue bytes for the host; returns how many were taken (0…len). */
SK_MUST_CHECK size_t hal_serial_send(const uint8_t *p, size_t len);

/* --- USB device controller, full speed ----------------------------------------------------------------------------- */

#define HAL_USB_PACKET_MAX 64u

enum hal_usb_event_kind {
	HAL_USB_NONE,
	HAL_USB_RESET,    /**< Bus reset: address 0, only endpoint 0. */
	HAL_USB_SUSPEND,
	HAL_USB_RESUME,
	HAL_USB_SETUP,    /**< Endpoint 0; data holds the 8 bytes. Ends any stall of endpoint 0. */
	HAL_USB_OUT,      /**< A data packet came on OUT endpoint ep; data, len (0…64). The endpoint then NAKs until hal_usb_ready(). */
	HAL_USB_IN_DONE,  /**< The packet given to hal_usb_send() on IN endpoint ep was taken by the host. */
	HAL_USB_DETACHED, /**< VBUS went away. */
};
struct hal_usb_event {
	enum hal_usb_event_kind kind;
	uint8_t ep;  /**< Number without direction bit, 0…15. */
	uint8_t len;
	uint8_t data[HAL_USB_PACKET_MAX];
};

/** True when the reader hangs on a USB host (VBUS seen). */
SK_MUST_CHECK bool hal_usb_attached(void);
/** Next event; HAL_USB_NONE when there is none. */
void hal_usb_poll(struct hal_usb_event *ret_event);
/** Give IN endpoint @p ep its next packet of 0…64 bytes. False: it still holds one. A SETUP empties endpoint 0. */
SK_MUST_CHECK bool hal_usb_send(uint8_t ep, const uint8_t *p, uint8_t len);
/** OUT endpoint @p ep may take its next packet. */
void hal_usb_ready(uint8_t ep);
/** Stall or free an endpoint; @p ep_address carries the direction bit 0x80. Stalling an IN endpoint empties it; freeing resets the data toggle. */
void hal_usb_stall(uint8_t ep_address, bool on);
/** Takes effect after the status stage of the request under way. */
void hal_usb_address(uint8_t address);
/** Open an endpoint (bulk or interrupt) with an empty toggle, or close all but endpoint 0 when @p ep_address is 0. */
void hal_usb_open(uint8_t ep_address, bool interrupt, uint8_t packet_max);
/** Signal resume on the bus. */
void hal_usb_wakeup(void);

/* --- flash --------------------------------------------------------------------------------------------------------- */

/** Program granule; each may be programmed at most twice between two erases, the second time only clearing bits. Unit: bytes. */
#define HAL_FLASH_WORD 4u

struct hal_flash_geometry {
	uint32_t sector_size; /**< Smallest piece that can be erased, a multiple of 256. Unit: bytes. */
	uint32_t sectors;     /**< How many the store may use, at least 2. */
};
void hal_flash_geometry(struct hal_flash_geometry *ret_geometry);
/** Read @p len bytes at @p at (from the store's start). SK_E_ARG outside, SK_E_IO when the hardware says so. */
SK_MUST_CHECK SK_NONNULL enum sk_status hal_flash_read(uint32_t at, uint8_t *ret_p, size_t len);
/** Program one aligned word: bits can only go from 1 to 0. Durable when it returns. */
SK_MUST_CHECK SK_NONNULL enum sk_status hal_flash_program(uint32_t at, const uint8_t word[static HAL_FLASH_WORD]);
/** Erase sector number @p sector to all ones. Durable when it returns. */
SK_MUST_CHECK enum sk_status hal_flash_erase(uint32_t sector);

/* --- entropy, lights, sound, watchdog --------------------------------------------------------------------------------- */

/** Fill from the noise source after its health tests. SK_E_IO: it failed; nothing of @p ret_p may be used. Never waits. */
SK_MUST_CHECK SK_NONNULL enum sk_status hal_entropy(uint8_t *ret_p, size_t len);

enum hal_led {
	HAL_LED_OFF,    /**< No card. */
	HAL_LED_CARD,   /**< Card in, inactive or idle. */
	HAL_LED_BUSY,   /**< Talking to the card. */
	HAL_LED_FAULT,  /**< Stopped; see sys/fault.h. */
};
void hal_led(enum hal_led state);
/** Short tone. Unit: milliseconds. */
void hal_beep(uint16_t ms);

/** Start the watchdog: without hal_watchdog_feed() for @p ms the board resets. Can't be stopped. */
void hal_watchdog_start(uint32_t ms);
void hal_watchdog_feed(void);

/** Why the board started. */
enum hal_start {
	HAL_START_POWER,
	HAL_START_WATCHDOG,
	HAL_START_SOFT,
};
SK_MUST_CHECK enum hal_start hal_start_reason(void);
/** What sys/fault.h leaves behind for the next start. */
struct hal_fault {
	uint32_t code;  /**< enum fault_code. */
	uint32_t where; /**< Address in the image, 0 when unknown. */
};
/** Keep @p fault where a restart without loss of power leaves it. May be called from a fault handler. */
SK_NONNULL void hal_fault_keep(const struct hal_fault *fault);
/** What was kept, once: the next call says false. False also when nothing was kept, or what is there is damaged. */
SK_MUST_CHECK SK_NONNULL bool hal_fault_last(struct hal_fault *ret_fault);
/** Stop for good in the safe state: card line off, interrupts off. Only power brings the reader back. */
_Noreturn void hal_halt(void);
/** Bytes of stack in all, and never used so far (painted at start). Unit: bytes. */
void hal_stack(uint32_t *ret_size, uint32_t *ret_unused);
/** One line for the bench or a debug port; may be dropped. No secrets, no card data. */
void hal_log(const char *line);

#endif /* HAL_H */
