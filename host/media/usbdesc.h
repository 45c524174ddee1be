/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usbdesc.h
 * @brief What a USB device says it is, in all of its configurations: the bytes of sysfs' "descriptors".
 *
 * The file holds the device descriptor and each configuration's with all that belongs to it (USB 2.0 section 9.6). It comes from
 * the device; of its form the kernel has seen to almost nothing but that it is all there.
 *
 * Rules
 *  1. Everything is walked, in every configuration and alternate setting; nothing may be left over. What does not fit is
 *     SK_E_FORMAT, and the caller takes such a device for none that may be used.
 *  2. Only the last configuration may be shorter than it says: the kernel cuts what a device did not send.
 */
#ifndef MEDIA_USBDESC_H
#define MEDIA_USBDESC_H

#include "core/bytes.h"

/** Longest description that is looked at; real devices have less than 8 KiB. Unit: bytes. */
#define USBDESC_MAX 65536u
/** As many as the kernel reads (USB_MAXCONFIG). */
#define USBDESC_CONFIGS_MAX 8u

/** What a device has, as bits: interface classes, and the class of the device itself. */
enum usbdesc_has {
	USBDESC_STORAGE = 1u << 0, /**< 08: mass storage, whatever its subclass and protocol (also UAS). */
	USBDESC_IMAGE = 1u << 1,   /**< 06: still image, with which cameras and telephones hand out files (PTP, MTP). */
	USBDESC_INPUT = 1u << 2,   /**< 03: HID. */
	USBDESC_HUB = 1u << 3,     /**< 09. */
	USBDESC_OTHER = 1u << 4,   /**< Any other class. */
};

struct usbdesc {
	uint16_t vendor, product;
	unsigned has;     /**< enum usbdesc_has. */
	uint8_t configs;
	uint32_t interfaces; /**< Counted with their alternate settings. */
};

/** @retval SK_OK, SK_E_FORMAT, SK_E_SPACE (longer than USBDESC_MAX) */
SK_MUST_CHECK SK_NONNULL enum sk_status usbdesc_parse(struct sk_span in, struct usbdesc *ret_d);

#endif /* MEDIA_USBDESC_H */
