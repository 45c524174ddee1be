/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_desc.h
 * @brief The reader's USB descriptors (USB 2.0 9.6) and the CCID class descriptor (CCID 1.1 5.1).
 */
#ifndef USB_USB_DESC_H
#define USB_USB_DESC_H

#include "core/bytes.h"

/** Packet size of endpoint 0 and of the bulk endpoints. Unit: bytes. */
#define USB_DESC_PACKET 64u
/** wMaxPacketSize of the interrupt endpoint; its messages have 2 bytes. */
#define USB_DESC_NOTIFY_PACKET 8u

#define USB_DESC_EP_OUT 0x01u /**< Bulk, commands. */
#define USB_DESC_EP_IN 0x81u /**< Bulk, responses. */
#define USB_DESC_EP_NOTIFY 0x82u /**< Interrupt, slot changes. */

/** bConfigurationValue of the only configuration, and the only interface. */
#define USB_DESC_CONFIGURATION 1u
#define USB_DESC_INTERFACE 0u

/** bDescriptorType, USB 2.0 table 9-5. */
enum usb_desc_type {
	USB_DESC_DEVICE = 1,
	USB_DESC_CONFIG = 2,
	USB_DESC_STRING = 3,
};

/** Longest descriptor or list. Unit: bytes. */
#define USB_DESC_MAX 96u
/** Longest text of a string descriptor. Unit: characters. */
#define USB_DESC_TEXT_MAX 46u

/**
 * Write the descriptor asked for.
 * @param serial   ASCII, at most USB_DESC_TEXT_MAX are shown; NULL: the reader has none (iSerialNumber 0).
 * @param language LANGID of a string request; others than 0409 have no strings.
 * @retval SK_OK *ret_len bytes (at most USB_DESC_MAX) are in @p ret_p.
 * @retval SK_E_NOENT there is no such descriptor: Request Error. Device qualifier and other speed are among them, as
 *         USB 2.0 9.6.2 wants of a device that is full-speed only.
 */
SK_MUST_CHECK __attribute__((nonnull(5, 6))) enum sk_status usb_desc_get(uint8_t type, uint8_t number,
    uint16_t language, const char *serial, uint8_t ret_p[static USB_DESC_MAX], size_t *ret_len);

/** GET_CLOCK_FREQUENCIES (CCID 1.1 5.3.2): one number, kHz. Returns the length. Unit: bytes. */
SK_MUST_CHECK SK_NONNULL size_t usb_desc_clocks(uint8_t ret_p[static USB_DESC_MAX]);
/** GET_DATA_RATES (CCID 1.1 5.3.3): bit/s, rising. Returns the length. Unit: bytes. */
SK_MUST_CHECK SK_NONNULL size_t usb_desc_rates(uint8_t ret_p[static USB_DESC_MAX]);

#endif /* USB_USB_DESC_H */
