/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file judge.h
 * @brief May a USB device be used? One table over what is known about it.
 *
 * host/media/README.md has the same table; tests/unit/media/test_judge.c goes through it row by row.
 */
#ifndef MEDIA_JUDGE_H
#define MEDIA_JUDGE_H

#include <stdbool.h>

#include "core/attr.h"

/** What is known, as bits. A fact that could not be found out is not set. */
enum media_fact {
	MEDIA_READ = 1u << 0,        /**< Its descriptors were read and have their form; its interfaces' folders were looked through. */
	MEDIA_STORAGE = 1u << 1,     /**< Mass storage or still image in any configuration, or an interface has become storage. */
	MEDIA_INPUT = 1u << 2,       /**< HID in any configuration. */
	MEDIA_SERIAL = 1u << 3,      /**< It has a serial number. */
	MEDIA_SERIAL_GOOD = 1u << 4, /**< ... that can tell it from others: medialist.h, media_serial_is_good(). */
	MEDIA_LIST = 1u << 5,        /**< This terminal has, or had, a list. */
	MEDIA_LIST_GOOD = 1u << 6,   /**< ... which is whole, signed and the newest. */
	MEDIA_LISTED = 1u << 7,      /**< Vendor, product and serial number are on it. */
};

enum media_verdict {
	MEDIA_REFUSED = 0x2B47, /**< Not authorized. */
	MEDIA_ALLOWED = 0x59E1, /**< No storage: authorized, and nothing is said about it. */
	MEDIA_APPROVED = 0x6D38, /**< Storage on the list: authorized once that is recorded. */
};

/** One row. */
struct media_rule {
	unsigned mask, want; /**< The row fits when (facts & mask) == want. */
	enum media_verdict verdict;
	const char *word; /**< Reason: for records and programs. */
};

/** The first row that fits; the last one always does, and refuses. */
SK_MUST_CHECK const struct media_rule *media_judge(unsigned facts);

/** All rows. */
SK_MUST_CHECK SK_NONNULL const struct media_rule *media_rules(unsigned *ret_n);

/** Is it a reason that a record may have? */
SK_MUST_CHECK SK_NONNULL bool media_word_is_known(const char *word);

#endif /* MEDIA_JUDGE_H */
