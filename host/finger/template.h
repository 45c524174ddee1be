/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file template.h
 * @brief Serialized libfprint prints ("FP3"): checked before libfprint sees them.
 *
 * Rules
 *  1. libfprint's fp_print_deserialize() asserts on a wrong inner type and copies numbers unseen:
 *     nothing MUST reach it that template_load() has not walked through.
 *  2. A template holds exactly one impression, of the sensor's own driver and device.
 *  3. Buffers that held a template MUST be wiped before they are freed.
 */
#ifndef FINGER_TEMPLATE_H
#define FINGER_TEMPLATE_H

#include <fprint.h>

#include "core/bytes.h"
#include "core/status.h"

/** Longest serialized print taken or given. Unit: bytes. */
#define TEMPLATE_LEN_MAX 32768u
/** Most minutiae in one impression (MAX_BOZORTH_MINUTIAE). */
#define TEMPLATE_MINUTIAE_MAX 200u
/** Largest coordinate believed; the widest sensors are below 1,000 pixels. */
#define TEMPLATE_COORDINATE_MAX 5000

/** What a sensor's templates look like inside. */
enum template_kind {
	TEMPLATE_MINUTIAE = 1, /**< Image sensor: x, y, angle of each minutia. */
	TEMPLATE_ON_CHIP,      /**< Match-on-chip sensor: an opaque handle. */
};

/**
 * Make a print of serialized bytes.
 *
 * @param bytes     Hostile.
 * @param ret_print The caller's, g_object_unref().
 * @retval SK_OK
 * @retval SK_E_FORMAT       Not a serialized single-impression print of this kind.
 * @retval SK_E_UNSUPPORTED  Well formed, but of another driver or device.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status template_load(struct sk_span bytes, FpDevice *device, enum template_kind kind,
    FpPrint **ret_print);

/**
 * Serialize a print into @p buf, which the caller wipes.
 *
 * @retval SK_OK, SK_E_SPACE (longer than @p cap or TEMPLATE_LEN_MAX), SK_E_IO (libfprint refused)
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status template_store(FpPrint *print, uint8_t *buf, size_t cap, size_t *ret_len);

#endif /* FINGER_TEMPLATE_H */
