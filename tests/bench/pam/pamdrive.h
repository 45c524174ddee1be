/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pamdrive.h
 * @brief The person at the keyboard, as a PAM conversation.
 */
#ifndef BENCH_PAM_PAMDRIVE_H
#define BENCH_PAM_PAMDRIVE_H

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "memscan.h"

/** How prompts are answered. */
enum driver_mode {
	MODE_ANSWER = 0, /**< As told; without an answer left: end of input. */
	MODE_CANCEL,     /**< PAM_CONV_ERR at the prompt. */
	MODE_HANG,       /**< Never. */
	MODE_NULL,       /**< PAM_SUCCESS, a response without text. */
	MODE_EMPTY,      /**< "". */
	MODE_LONG,       /**< 10,000 digits. */
	MODE_NUL,        /**< A NUL in the middle, more behind it. */
	MODE_NONSENSE,   /**< Control characters and bytes that are no UTF-8. */
	MODE_CONV_ERR,   /**< PAM_CONV_ERR to everything, texts too. */
	MODE_EOF,        /**< PAM_SUCCESS, no response at all. */
};

/** One person. */
struct driver {
	enum driver_mode mode;
	struct masked secret; /**< Answer to each prompt when pin_given. */
	bool pin_given;
	char *answers[32];    /**< Otherwise these, in turn. */
	size_t answers_n, next;
	unsigned delay_ms;    /**< Thinks as long before each answer. */
	int64_t start_ms;
	FILE *out;            /**< Where each message goes, "kind: text". */
	FILE *log;            /**< NULL, or one line "ms kind: text" each. */
};

/** -1 when there is no such mode. */
int driver_mode(const char *name, enum driver_mode *ret_mode);
/** pam_conv(3); appdata is a struct driver. Writes each message as one line, "\n" for a line break in it. */
int driver_conv(int n, const struct pam_message **msg, struct pam_response **resp, void *appdata);

#endif /* BENCH_PAM_PAMDRIVE_H */
