/* SPDX-License-Identifier: Apache-2.0 */
/* What a person types; see field.h. */
#include "greet/field.h"

#include "core/wipe.h"

bool field_add(struct field *f, uint32_t character)
{
	if (f->len >= FIELD_MAX || character < 0x20 || character > 0x7E)
		return false;
	f->typed[f->len++] = (char)character;
	return true;
}

void field_back(struct field *f)
{
	if (f->len > 0)
		f->typed[--f->len] = '\0';
}

void field_wipe(struct field *f)
{
	SK_WIPE_OBJECT(f);
}
