/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wipe.h
 * @brief Clearing secrets in a way the compiler keeps and the type checks.
 *
 * SK_WIPE_ARRAY takes real arrays only and SK_WIPE_OBJECT takes a pointer to
 * one object only, so that wiping the pointer instead of what it points to
 * (pam_p11's mistake) does not compile.
 */
#ifndef CORE_WIPE_H
#define CORE_WIPE_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/** Overwrite @p len bytes at @p p with zero; not removed by optimisation. */
void sk_wipe(void *p, size_t len);

/**
 * Compare two secrets of equal length in time that depends on @p len alone.
 *
 * @return 1 when equal, 0 when not.
 */
SK_MUST_CHECK SK_NONNULL
int sk_equal_ct(const void *a, const void *b, size_t len);

/* Fails to compile unless x is an array (and not a pointer). */
#define SK_IS_ARRAY(x) \
	(!__builtin_types_compatible_p(__typeof__(x), __typeof__(&(x)[0])))

/** Wipe a whole array in scope; a pointer is refused at compile time. */
#define SK_WIPE_ARRAY(x) \
	do { \
		_Static_assert(SK_IS_ARRAY(x), "SK_WIPE_ARRAY wants an array"); \
		sk_wipe((x), sizeof(x)); \
	} while (0)

/** Wipe the object that @p ptr points to; wants a pointer to a complete type. */
#define SK_WIPE_OBJECT(ptr) \
	do { \
		_Static_assert(!SK_IS_ARRAY(ptr), "SK_WIPE_OBJECT wants a pointer"); \
		sk_wipe((ptr), sizeof(*(ptr))); \
	} while (0)

#endif /* CORE_WIPE_H */
