/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config_impl.h
 * @brief What the parts of the configuration reader share; nobody outside of host/config/ includes it.
 */
#ifndef CONFIG_CONFIG_IMPL_H
#define CONFIG_CONFIG_IMPL_H

#include <stddef.h>

#include "config/config.h"

/** Longest file taken. Unit: bytes. */
#define CONFIG_FILE_MAX 65536u
/** Longest line taken: libinih cuts a longer one silently (INI_MAX_LINE 200 with newline and NUL). */
#define CONFIG_LINE_MAX 198u
/** Longest section and key names: libinih cuts longer ones silently (50 with NUL). */
#define CONFIG_WORD_MAX 49u
/** Rows of the key table that a file can hold once; one bit each. */
#define CONFIG_KEYS_MAX 64u

/** One file being read. */
struct config_parse {
	struct config c;
	struct config_error *err;
	uint32_t line;                              /**< Counted by the reader that feeds libinih. */
	uint64_t seen;                              /**< Bit i: row i of the key table was given. */
	uint32_t line_of[CONFIG_KEYS_MAX];          /**< Where it was given. */
	uint8_t service_seen[CONFIG_SERVICES_MAX];  /**< Bits of the two keys of a service. */
	bool failed;                                /**< err is set. */
};

/** Fill @p reterr; @p section and @p key may be "". */
SK_NONNULL SK_PRINTF(5, 6)
void config_fail(struct config_error *reterr, uint32_t line, const char *section, const char *key,
    const char *reason, ...);

/** Everything that libinih would take, cut or join silently: refused before it sees the text. */
SK_MUST_CHECK SK_NONNULL
enum sk_status config_scan(const char *text, size_t len, struct config_error *reterr);

/** Is there a section of this name? */
SK_MUST_CHECK SK_NONNULL bool config_section_known(const char *section);

/** Set one key; a failure is in p->err. */
SK_MUST_CHECK SK_NONNULL
enum sk_status config_set(struct config_parse *p, const char *section, const char *key, const char *value);

/** Rules that join several keys (a part of an attempt isn't longer than the attempt). */
SK_MUST_CHECK SK_NONNULL enum sk_status config_check(struct config_parse *p);

#endif /* CONFIG_CONFIG_IMPL_H */
