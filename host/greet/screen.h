/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file screen.h
 * @brief From the model to what stands on the screen, in the language chosen; without a toolkit, so that tests read it.
 *
 * One big sentence says what is to be done next. Below it stand the texts before (tries left, a refusal, the last log-in), at the
 * bottom whom to call, always.
 */
#ifndef GREET_SCREEN_H
#define GREET_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "greet/model.h"

/** What doesn't change while the program runs. */
struct screen_site {
	char name[CONFIG_TEXT_MAX + 1];    /**< May be empty, as the others. */
	char terminal[65];
	char help[CONFIG_TEXT_MAX + 1];
	uint32_t bad_line;                 /**< Of kiosk.conf, for MODEL_STUCK; 0: the file as a whole. */
	const char *bad_why;               /**< What is wrong with it (settings.h); NULL or "": nothing to add. */
};

struct screen_line {
	bool error;
	const char *text; /**< Into the model. */
};

struct screen {
	char headline[WIRE_TEXT_SIZE];
	bool error;                            /**< The headline is a refusal or a fault. */
	struct screen_line before[MODEL_LINES]; /**< Newest first. */
	size_t before_n;
	bool field;                            /**< Something is typed. */
	bool masked;                           /**< It is shown as dots. */
	char hint[256];                        /**< What keys do; may be empty. */
	char help[WIRE_TEXT_SIZE];             /**< Whom to call; may be empty. */
};

/** Choose the language of everything shown, for the whole program: "ja" or "en". Needs no locale to be generated. */
SK_NONNULL void screen_language(const char *language);

/** What stands there now. @p ret_s points into @p m: good until the model's next step. */
SK_NONNULL void screen_make(const struct model *m, const struct screen_site *site, struct screen *ret_s);

#endif /* GREET_SCREEN_H */
