/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mediadev.h
 * @brief One USB device in sysfs: what is known about it, and its authorization.
 *
 * Rules
 *  1. The device's folder is opened once and everything goes through that descriptor. Whoever changes the device in the socket
 *     meanwhile gets a new folder: what was judged is what is authorized.
 *  2. Every text of the device is hostile: bounded, compared as bytes, and cleaned before it goes anywhere.
 *  3. A fact that can't be found out is not set; judge.h then refuses.
 */
#ifndef MEDIA_MEDIADEV_H
#define MEDIA_MEDIADEV_H

#include "media/judge.h"
#include "media/medialist.h"
#include "media/usbdesc.h"

#define MEDIADEV_ROOT "/sys/bus/usb/devices"
/** Longest name of a device, "1-2.3.4", with its NUL. */
#define MEDIADEV_PORT_MAX 32u
/** More than the kernel ever has for a string. Unit: bytes. */
#define MEDIADEV_TEXT_MAX 512u
/** Longest cleaned text with its NUL: what a record's field holds. */
#define MEDIADEV_CLEAN_MAX 129u

enum mediadev_kind {
	MEDIADEV_DEVICE = 1, /**< "1-2.3", or an interface of it: "1-2.3:1.0". */
	MEDIADEV_ROOT_HUB,   /**< "usb1". */
};

struct mediadev {
	int dir; /**< Its folder; -1: not open. */
	char port[MEDIADEV_PORT_MAX];
	unsigned facts; /**< enum media_fact, but for those about the list. */
	struct usbdesc desc;
	uint8_t serial[MEDIADEV_TEXT_MAX];
	size_t serial_len; /**< 0: none. */
	bool authorized;
};

/** What a name of sysfs names. SK_E_ARG: neither. @param ret_port  The device's own name; for a root hub the name itself. */
SK_MUST_CHECK SK_NONNULL enum sk_status mediadev_name(const char *name, enum mediadev_kind *ret_kind,
    char ret_port[static MEDIADEV_PORT_MAX]);

/**
 * Open a device and find out about it.
 * @param root   MEDIADEV_ROOT.
 * @param port   From mediadev_name().
 * @param ret_d  Close with mediadev_close().
 * @retval SK_OK       What could not be read is no fact (rule 3).
 * @retval SK_E_NOENT  It has gone.
 * @retval SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status mediadev_open(const char *root, const char *port, struct mediadev *ret_d);
SK_NONNULL void mediadev_close(struct mediadev *d);

/** Authorize it or not; read back when not. SK_E_GONE (it was pulled out), SK_E_IO. */
SK_MUST_CHECK SK_NONNULL enum sk_status mediadev_authorize(struct mediadev *d, bool yes);

/** Devices behind a root hub start without authorization; or with it, as the kernel has it by itself. SK_E_IO. */
SK_MUST_CHECK SK_NONNULL enum sk_status mediadev_set_hub(const char *root, const char *port, bool open_it);

/** Do they, behind every root hub? false when one can't be read; true where there is no USB. */
SK_MUST_CHECK SK_NONNULL bool mediadev_hubs_are_closed(const char *root);

/** Does udev have 71-sekisho-media.rules, and not masked? Without them nobody judges what is plugged in. @param prefix  Of all paths: "" */
SK_MUST_CHECK SK_NONNULL bool mediadev_rules_in_force(const char *prefix);

/** A text of the device ("product", "manufacturer"), cleaned; "" when there is none. */
SK_NONNULL void mediadev_text(const struct mediadev *d, const char *attribute, char ret_text[static MEDIADEV_CLEAN_MAX]);

/** Printable ASCII stays, the backslash and all else becomes \xHH; what does not fit is cut and ends with "...". */
SK_NONNULL void media_clean(struct sk_span in, char ret_text[static MEDIADEV_CLEAN_MAX]);

#endif /* MEDIA_MEDIADEV_H */
