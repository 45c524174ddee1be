/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synthfinger.h - synthetic fingerprints for tests; no real person's data.
 *
 * A finger is a number: the seed fixes its pattern class, its orientation
 * field and the ridges that grow from noise in that field. An impression is
 * a second number: it fixes how that finger is laid on the sensor (shift,
 * turn, skin distortion, contact area, pressure, dryness, noise). The same
 * two numbers give the same bytes.
 */
#ifndef TESTS_BENCH_FINGERS_SYNTHFINGER_H
#define TESTS_BENCH_FINGERS_SYNTHFINGER_H

#include <stddef.h>
#include <stdint.h>

/* A sensor of 15.2 x 20.3 mm at 500 dpi. */
#define SYNTHFINGER_IMAGE_WIDTH 300
#define SYNTHFINGER_IMAGE_HEIGHT 400
#define SYNTHFINGER_IMAGE_LEN ((size_t)SYNTHFINGER_IMAGE_WIDTH * SYNTHFINGER_IMAGE_HEIGHT)

enum synthfinger_class {
	SYNTHFINGER_ARCH,
	SYNTHFINGER_LEFT_LOOP,
	SYNTHFINGER_RIGHT_LOOP,
	SYNTHFINGER_WHORL,
};

/* The grown ridge pattern of one finger; made once, laid down many times. */
struct synthfinger;

/* One touch: 8-bit grey, row by row, ridges dark, 500 dpi. */
struct synthfinger_image {
	uint8_t pixels[SYNTHFINGER_IMAGE_LEN];
};

/*
 * Grow the finger with this seed (about 0.3 s). NULL when memory is short.
 * The caller frees it with synthfinger_free(), which also sets it to NULL.
 */
struct synthfinger *synthfinger_grow(uint64_t seed);
void synthfinger_free(struct synthfinger **finger);

enum synthfinger_class synthfinger_get_class(const struct synthfinger *finger);

/* Lay the finger on the sensor; fills the whole image (a few ms). */
void synthfinger_press(const struct synthfinger *finger, uint32_t impression,
		       struct synthfinger_image *ret_image);

/* A sensor that nothing touches: background and its noise only. */
void synthfinger_press_nothing(uint32_t impression, struct synthfinger_image *ret_image);

#endif
