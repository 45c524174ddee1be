/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file commands.h
 * @brief The tables of subcommands and options. The manual sekishoctl(8) lists the same; tests/check-docs.sh compares.
 */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include <argp.h>

#include "ctl/ctl.h"

/** Options, as bits of a command. */
enum command_option {
	OPT_JSON = 1u << 0, OPT_NAME = 1u << 1, OPT_ACCOUNT = 1u << 2, OPT_ROLE = 1u << 3, OPT_VALID_FROM = 1u << 4,
	OPT_VALID_UNTIL = 1u << 5, OPT_PERSON = 1u << 6, OPT_CARD = 1u << 7, OPT_TERMINAL = 1u << 8, OPT_REASON = 1u << 9,
	OPT_TERMINAL_ID = 1u << 10, OPT_PIN_FD = 1u << 11, OPT_AFTER = 1u << 12, OPT_LAST = 1u << 13, OPT_FORMAT = 1u << 14,
	OPT_OUTPUT = 1u << 15, OPT_BOM = 1u << 16, OPT_FILE = 1u << 17, OPT_ANCHOR = 1u << 18, OPT_SITE = 1u << 19,
	OPT_HELP_DESK = 1u << 20, OPT_PAM_DIR = 1u << 21, OPT_CHAIN = 1u << 22, OPT_CRL = 1u << 23, OPT_AT = 1u << 24,
	OPT_CONFIG = 1u << 25, OPT_POLICY = 1u << 26, OPT_EXPLICIT_POLICY = 1u << 27, OPT_INHIBIT_MAPPING = 1u << 28,
	OPT_INHIBIT_ANY = 1u << 29, OPT_COMPACT = 1u << 30, OPT_LABEL = 1u << 31,
};

/* Bits beyond those of an int. */
#define OPT_TEMPORARY (UINT64_C(1) << 32)
#define OPT_FROM (UINT64_C(1) << 33)
#define OPT_UNTIL (UINT64_C(1) << 34)
#define OPT_CARD_TERMINAL (UINT64_C(1) << 35)

/** One subcommand. */
struct command {
	const char *group, *verb;    /**< verb NULL: a command of one word. */
	uint32_t args_min, args_max; /**< Arguments that aren't options. */
	uint64_t options, required;  /**< enum command_option, and the bits beyond. */
	ctl_fn *fn;
	const char *args_doc;        /**< "NUMBER" */
	const char *doc;             /**< One or two sentences, to be translated. */
	const char *examples;
};

/** One option. */
struct option_row {
	uint64_t bit;
	struct argp_option option;   /**< key: a letter, or 256 and up. */
};

/** All rows and how many. */
SK_MUST_CHECK SK_NONNULL const struct command *commands_all(size_t *ret_n);
SK_MUST_CHECK SK_NONNULL const struct option_row *commands_options(size_t *ret_n);

/** Keys of options without a letter. */
enum command_key {
	KEY_VALID_FROM = 256, KEY_VALID_UNTIL, KEY_TERMINAL, KEY_TERMINAL_ID, KEY_PIN_FD, KEY_AFTER, KEY_BOM, KEY_SITE, KEY_HELP_DESK,
	KEY_PAM_DIR, KEY_ANCHOR, KEY_FORMAT, KEY_FILE, KEY_CHAIN, KEY_CRL, KEY_AT, KEY_CONFIG, KEY_POLICY, KEY_EXPLICIT_POLICY,
	KEY_INHIBIT_MAPPING, KEY_INHIBIT_ANY, KEY_COMPACT, KEY_LABEL,
	KEY_TEMPORARY, KEY_FROM, KEY_UNTIL, KEY_CARD_TERMINAL,
};

#endif /* CTL_COMMANDS_H */
