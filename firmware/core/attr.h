/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file attr.h
 * @brief Compiler promises used by every public prototype.
 */
#ifndef CORE_ATTR_H
#define CORE_ATTR_H

/** The result tells whether something is allowed or broken: ignoring it is a bug. */
#define SK_MUST_CHECK __attribute__((warn_unused_result))

/** No pointer argument may be NULL. */
#define SK_NONNULL __attribute__((nonnull))

/** printf-like: format is argument @p f, the first variable argument is @p a. */
#define SK_PRINTF(f, a) __attribute__((format(printf, f, a)))

#endif /* CORE_ATTR_H */
