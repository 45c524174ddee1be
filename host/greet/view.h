/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file view.h
 * @brief The window: struct screen in large type, full-screen; and keys. The only place with GTK, beside main.c.
 */
#ifndef GREET_VIEW_H
#define GREET_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "greet/screen.h"

enum view_key {
	VIEW_KEY_CHARACTER = 1, /**< Printable ASCII. */
	VIEW_KEY_BACK,
	VIEW_KEY_ENTER,
	VIEW_KEY_ESCAPE,
};

/** @param character  Of VIEW_KEY_CHARACTER; else 0. */
typedef void (*view_on_key)(void *arg, enum view_key key, uint32_t character);

struct view;

/**
 * Open the window. All keys end in @p on_key and go no further: no shortcut of the toolkit works.
 *
 * @return NULL: no display. It lives as long as the program.
 */
SK_MUST_CHECK struct view *view_open(const struct screen_site *site, view_on_key on_key, void *arg);

/** Show. @p typed: what stands in a field that isn't masked, NUL-terminated; @p typed_n: its length, or the number of dots. */
SK_NONNULL void view_show(struct view *v, const struct screen *s, const char *typed, size_t typed_n);

#endif /* GREET_VIEW_H */
