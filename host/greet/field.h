/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file field.h
 * @brief What a person types, in one fixed array, and nowhere else.
 *
 * GtkEntry would keep it in more places: its buffer grows by realloc() and leaves old copies, an input method and the accessibility
 * bus see it, undo and the primary selection may. So there is no text widget: keys come here one by one, and the screen draws as many
 * dots as there are characters. (What GDK and the compositor hold is one key at a time.)
 */
#ifndef GREET_FIELD_H
#define GREET_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/** Longest answer; pam_sekisho takes 64 (pam_module/converse.h). Unit: characters. */
#define FIELD_MAX 64u

struct field {
	char typed[FIELD_MAX]; /**< Printable ASCII, no NUL behind it. */
	size_t len;
};

/** One more character. False: full, or not printable ASCII; nothing changed. */
SK_NONNULL bool field_add(struct field *f, uint32_t character);
/** The last one goes. */
SK_NONNULL void field_back(struct field *f);
/** All of it goes. */
SK_NONNULL void field_wipe(struct field *f);

#endif /* GREET_FIELD_H */
