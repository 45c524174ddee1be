/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synthfinger.c - grow ridge patterns and lay them on a sensor.
 *
 * Growth: orientation from the zero-pole model (B. G. Sherlock, D. M. Monro,
 * "A model for interpreting fingerprint topology", 1993): a core turns the
 * ridges by half its angle, a delta turns them back. Seeded noise is filtered
 * again and again with Gabor functions that follow the orientation; where the
 * ridges do not fit together, endings and forks remain, as in skin.
 */
#include "synthfinger.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* The grown area is larger than the sensor, so that a shifted and turned
 * finger still covers it. */
#define GROWN_WIDTH 400
#define GROWN_HEIGHT 500
#define GROWN_LEN ((size_t)GROWN_WIDTH * GROWN_HEIGHT)
#define KERNEL_RADIUS 11
#define KERNEL_SIDE (2 * KERNEL_RADIUS + 1)
/* The float rows of a kernel are padded to a multiple of four. */
#define KERNEL_STRIDE 24
#define PADDED_WIDTH (GROWN_WIDTH + 2 * KERNEL_RADIUS + 4)
#define PADDED_HEIGHT (GROWN_HEIGHT + 2 * KERNEL_RADIUS)
#define ANGLE_STEPS 48
#define PERIOD_STEPS 8
#define PERIOD_MIN_PX 7.6f
#define PERIOD_STEP_PX 0.4f
#define KERNEL_STRETCH 1.2f
#define GROWTH_ROUNDS 10
#define SINGULAR_MAX 2
#define PI_F 3.14159265358979f

struct synthfinger {
	uint64_t seed;
	enum synthfinger_class class;
	float ridges[GROWN_LEN]; /* -1 valley .. +1 ridge */
};

struct point {
	float x;
	float y;
};

/* Where the pattern turns; y grows downward, pixels of the grown area. */
struct topology {
	int singular_n;
	struct point core[SINGULAR_MAX];
	struct point delta[SINGULAR_MAX];
	struct point middle;
	float arch_height;
	float top_curvature;
	float period_px;
};

struct growth {
	float kernel[PERIOD_STEPS][ANGLE_STEPS][KERNEL_SIDE * KERNEL_STRIDE];
	uint8_t angle[GROWN_LEN];
	uint8_t period[GROWN_LEN];
	float padded[PADDED_WIDTH * PADDED_HEIGHT];
};

static uint64_t mix_bits(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static uint64_t join_seeds(uint64_t a, uint64_t b)
{
	return mix_bits(mix_bits(a) ^ (b * UINT64_C(0xd1342543de82ef95)));
}

/* 0 <= result < 1 */
static float draw_unit(uint64_t *state)
{
	*state = mix_bits(*state);
	return (float)(*state >> 40) * (1.0f / 16777216.0f);
}

static float draw_between(uint64_t *state, float low, float high)
{
	return low + (high - low) * draw_unit(state);
}

/* Roughly normal, variance 1: the sum of four uniform draws. */
static float draw_normal(uint64_t *state)
{
	float sum = draw_unit(state);

	sum += draw_unit(state);
	sum += draw_unit(state);
	sum += draw_unit(state);
	return (sum - 2.0f) * 1.7320508f;
}

static float lattice_value(uint64_t seed, int x, int y)
{
	uint64_t place = ((uint64_t)(uint32_t)x << 32) | (uint32_t)y;
	uint64_t bits = mix_bits(seed ^ mix_bits(place));

	return (float)(bits >> 40) * (2.0f / 16777216.0f) - 1.0f;
}

/* Smooth noise, -1..1, whose waves are about 2 * scale_px long. */
static float smooth_noise(uint64_t seed, float x, float y, float scale_px)
{
	float gx = x / scale_px;
	float gy = y / scale_px;
	int ix = (int)floorf(gx);
	int iy = (int)floorf(gy);
	float fx = gx - (float)ix;
	float fy = gy - (float)iy;
	float top;
	float bottom;

	fx = fx * fx * (3.0f - 2.0f * fx);
	fy = fy * fy * (3.0f - 2.0f * fy);
	top = lattice_value(seed, ix, iy) * (1.0f - fx) + lattice_value(seed, ix + 1, iy) * fx;
	bottom = lattice_value(seed, ix, iy + 1) * (1.0f - fx) +
		 lattice_value(seed, ix + 1, iy + 1) * fx;
	return top * (1.0f - fy) + bottom * fy;
}

static float clamp_unit(float v)
{
	if (v < -1.0f)
		return -1.0f;
	return v > 1.0f ? 1.0f : v;
}

/* Natural frequencies, roughly: two thirds loops, a third whorls, few arches. */
static enum synthfinger_class draw_class(uint64_t *state)
{
	float u = draw_unit(state);

	if (u < 0.08f)
		return SYNTHFINGER_ARCH;
	if (u < 0.38f)
		return SYNTHFINGER_LEFT_LOOP;
	if (u < 0.70f)
		return SYNTHFINGER_RIGHT_LOOP;
	return SYNTHFINGER_WHORL;
}

static void draw_topology(enum synthfinger_class class, uint64_t *state,
			  struct topology *ret_topology)
{
	struct topology t = { 0 };
	float side = class == SYNTHFINGER_LEFT_LOOP ? 1.0f : -1.0f;

	t.middle.x = GROWN_WIDTH / 2.0f + draw_between(state, -12.0f, 12.0f);
	t.middle.y = GROWN_HEIGHT * 0.46f + draw_between(state, -15.0f, 15.0f);
	t.arch_height = draw_between(state, 0.5f, 1.1f);
	t.top_curvature = draw_between(state, 0.35f, 0.75f);
	t.period_px = draw_between(state, 8.2f, 10.0f);
	switch (class) {
	case SYNTHFINGER_ARCH:
		break;
	case SYNTHFINGER_LEFT_LOOP:
	case SYNTHFINGER_RIGHT_LOOP:
		t.singular_n = 1;
		t.core[0] = t.middle;
		t.delta[0].x = t.middle.x + side * draw_between(state, 65.0f, 115.0f);
		t.delta[0].y = t.middle.y + draw_between(state, 80.0f, 150.0f);
		break;
	case SYNTHFINGER_WHORL:
		t.singular_n = 2;
		t.core[0] = t.middle;
		t.core[1].x = t.middle.x + draw_between(state, -14.0f, 14.0f);
		t.core[1].y = t.middle.y + draw_between(state, 18.0f, 55.0f);
		t.delta[0].x = t.middle.x - draw_between(state, 90.0f, 135.0f);
		t.delta[0].y = t.middle.y + draw_between(state, 90.0f, 160.0f);
		t.delta[1].x = t.middle.x + draw_between(state, 90.0f, 135.0f);
		t.delta[1].y = t.middle.y + draw_between(state, 90.0f, 160.0f);
		break;
	}
	*ret_topology = t;
}

/* Ridge direction at a point, radians, counter-clockwise from the x axis. */
static float orientation_at(const struct topology *t, enum synthfinger_class class,
			    uint64_t seed, float x, float y)
{
	float across = (x - t->middle.x) / (GROWN_WIDTH / 2.0f);
	float above = (t->middle.y - y) / (GROWN_HEIGHT / 2.0f);
	float angle = 0.0f;

	if (class == SYNTHFINGER_ARCH) {
		float bump = expf(-above * above * 4.0f);

		angle = -t->arch_height * bump * sinf(PI_F * across);
	}
	for (int i = 0; i < t->singular_n; i++) {
		angle += 0.5f * atan2f(t->core[i].y - y, x - t->core[i].x);
		angle -= 0.5f * atan2f(t->delta[i].y - y, x - t->delta[i].x);
	}
	/* Ridges bow over the tip of the finger. */
	if (above > 0.0f)
		angle -= t->top_curvature * across * fminf(above * 1.6f, 1.0f);
	angle += 0.60f * smooth_noise(seed, x, y, 110.0f);
	return angle + 0.25f * smooth_noise(seed ^ 9, x, y, 45.0f);
}

/* A Gabor function: a wave across the ridge, drawn out along it. Long ones
 * heal more of the places where ridges do not fit (fewer minutiae). */
static void fill_kernel(float period_px, float angle, float *kernel)
{
	float across_px = 0.42f * period_px;
	float along_px = KERNEL_STRETCH * across_px;
	float envelope[KERNEL_SIDE * KERNEL_STRIDE] = { 0 };
	float wave[KERNEL_SIDE * KERNEL_STRIDE] = { 0 };
	float sum = 0.0f;
	float weight = 0.0f;
	float gain = 0.0f;

	for (int dy = -KERNEL_RADIUS; dy <= KERNEL_RADIUS; dy++) {
		for (int dx = -KERNEL_RADIUS; dx <= KERNEL_RADIUS; dx++) {
			float v = ((float)dx * sinf(angle) + (float)dy * cosf(angle)) / across_px;
			float u = ((float)dx * cosf(angle) - (float)dy * sinf(angle)) / along_px;
			int at = (dy + KERNEL_RADIUS) * KERNEL_STRIDE + dx + KERNEL_RADIUS;

			envelope[at] = expf(-0.5f * (u * u + v * v));
			wave[at] = cosf(2.0f * PI_F * v * across_px / period_px);
			sum += envelope[at] * wave[at];
			weight += envelope[at];
		}
	}
	/* No answer to a flat image; unit gain for a fitting wave. */
	for (int i = 0; i < KERNEL_SIDE * KERNEL_STRIDE; i++) {
		kernel[i] = envelope[i] * (wave[i] - sum / weight);
		gain += kernel[i] * wave[i];
	}
	for (int i = 0; i < KERNEL_SIDE * KERNEL_STRIDE; i++)
		kernel[i] /= gain;
}

static uint8_t angle_to_step(float angle)
{
	float turns = angle / PI_F;
	int step;

	turns -= floorf(turns);
	step = (int)(turns * ANGLE_STEPS + 0.5f) % ANGLE_STEPS;
	return (uint8_t)step;
}

static uint8_t period_to_step(float period_px)
{
	int step = (int)((period_px - PERIOD_MIN_PX) / PERIOD_STEP_PX + 0.5f);

	if (step < 0)
		step = 0;
	return (uint8_t)(step < PERIOD_STEPS ? step : PERIOD_STEPS - 1);
}

static void growth_prepare(struct growth *g, const struct topology *t,
			   enum synthfinger_class class, uint64_t seed)
{
	for (int p = 0; p < PERIOD_STEPS; p++)
		for (int a = 0; a < ANGLE_STEPS; a++)
			fill_kernel(PERIOD_MIN_PX + PERIOD_STEP_PX * (float)p,
				    PI_F * (float)a / ANGLE_STEPS, g->kernel[p][a]);
	for (int y = 0; y < GROWN_HEIGHT; y++) {
		for (int x = 0; x < GROWN_WIDTH; x++) {
			size_t at = (size_t)y * GROWN_WIDTH + (size_t)x;
			float wave = smooth_noise(seed ^ 0x70, (float)x, (float)y, 70.0f);

			g->angle[at] = angle_to_step(orientation_at(t, class, seed ^ 0x0a,
								    (float)x, (float)y));
			g->period[at] = period_to_step(t->period_px * (1.0f + 0.15f * wave));
		}
	}
}

/* One kernel at one place. Four running sums, so that the compiler may use
 * vector instructions without reordering (same bits on every build). */
static float convolve_at(const float *kernel, const float *corner)
{
	float sum[4] = { 0 };

	for (int row = 0; row < KERNEL_SIDE; row++) {
		const float *k = kernel + row * KERNEL_STRIDE;
		const float *c = corner + row * PADDED_WIDTH;

		for (int i = 0; i < KERNEL_STRIDE; i += 4) {
			sum[0] += k[i] * c[i];
			sum[1] += k[i + 1] * c[i + 1];
			sum[2] += k[i + 2] * c[i + 2];
			sum[3] += k[i + 3] * c[i + 3];
		}
	}
	return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static void growth_round(struct growth *g, float *ridges)
{
	for (int y = 0; y < GROWN_HEIGHT; y++)
		for (int x = 0; x < GROWN_WIDTH; x++)
			g->padded[(y + KERNEL_RADIUS) * PADDED_WIDTH + x + KERNEL_RADIUS] =
				ridges[y * GROWN_WIDTH + x];
	for (int y = 0; y < GROWN_HEIGHT; y++) {
		for (int x = 0; x < GROWN_WIDTH; x++) {
			size_t at = (size_t)y * GROWN_WIDTH + (size_t)x;
			const float *kernel = g->kernel[g->period[at]][g->angle[at]];

			ridges[at] = clamp_unit(1.8f * convolve_at(kernel,
						&g->padded[y * PADDED_WIDTH + x]));
		}
	}
}

struct synthfinger *synthfinger_grow(uint64_t seed)
{
	struct synthfinger *finger = calloc(1, sizeof(*finger));
	struct growth *growth = calloc(1, sizeof(*growth));
	uint64_t state = join_seeds(seed, 0x66696e676572);
	struct topology topology;

	if (finger == NULL || growth == NULL) {
		free(finger);
		free(growth);
		return NULL;
	}
	finger->seed = seed;
	finger->class = draw_class(&state);
	draw_topology(finger->class, &state, &topology);
	growth_prepare(growth, &topology, finger->class, mix_bits(state));
	for (size_t i = 0; i < GROWN_LEN; i++)
		finger->ridges[i] = draw_between(&state, -1.0f, 1.0f);
	for (int round = 0; round < GROWTH_ROUNDS; round++)
		growth_round(growth, finger->ridges);
	free(growth);
	return finger;
}

void synthfinger_free(struct synthfinger **finger)
{
	free(*finger);
	*finger = NULL;
}

enum synthfinger_class synthfinger_get_class(const struct synthfinger *finger)
{
	return finger->class;
}

/* How this touch differs from every other touch of the finger. */
struct touch {
	uint64_t noise_seed;
	float cos_turn;
	float sin_turn;
	float shift_x;
	float shift_y;
	float stretch_x;
	float stretch_y;
	float distortion_px;
	struct point contact;
	float contact_radius_x;
	float contact_radius_y;
	float pressure;
	float dryness;
	float grain;
	float ink;
};

static struct touch draw_touch(uint64_t *state)
{
	struct touch t;
	float turn = draw_between(state, -15.0f, 15.0f) * PI_F / 180.0f;

	t.cos_turn = cosf(turn);
	t.sin_turn = sinf(turn);
	t.shift_x = draw_between(state, -18.0f, 18.0f);
	t.shift_y = draw_between(state, -22.0f, 22.0f);
	t.stretch_x = draw_between(state, 0.98f, 1.02f);
	t.stretch_y = draw_between(state, 0.98f, 1.02f);
	t.distortion_px = draw_between(state, 1.0f, 4.0f);
	t.contact.x = SYNTHFINGER_IMAGE_WIDTH / 2.0f + draw_between(state, -10.0f, 10.0f);
	t.contact.y = SYNTHFINGER_IMAGE_HEIGHT / 2.0f + draw_between(state, -14.0f, 14.0f);
	t.contact_radius_x = draw_between(state, 115.0f, 165.0f);
	t.contact_radius_y = draw_between(state, 155.0f, 225.0f);
	t.pressure = draw_between(state, -0.30f, 0.30f);
	t.dryness = draw_between(state, 0.10f, 0.55f);
	t.grain = draw_between(state, 4.0f, 12.0f);
	t.ink = draw_between(state, 120.0f, 185.0f);
	t.noise_seed = mix_bits(*state);
	return t;
}

static float ridge_at(const struct synthfinger *finger, float x, float y)
{
	int ix = (int)floorf(x);
	int iy = (int)floorf(y);
	float fx = x - (float)ix;
	float fy = y - (float)iy;
	const float *r;

	if (ix < 0 || iy < 0 || ix >= GROWN_WIDTH - 1 || iy >= GROWN_HEIGHT - 1)
		return -1.0f;
	r = &finger->ridges[iy * GROWN_WIDTH + ix];
	return (r[0] * (1.0f - fx) + r[1] * fx) * (1.0f - fy) +
	       (r[GROWN_WIDTH] * (1.0f - fx) + r[GROWN_WIDTH + 1] * fx) * fy;
}

/* From a pixel of the sensor to the place of the finger that lies on it. */
static float skin_at(const struct synthfinger *finger, const struct touch *t, float x, float y)
{
	float cx = (x - SYNTHFINGER_IMAGE_WIDTH / 2.0f) * t->stretch_x;
	float cy = (y - SYNTHFINGER_IMAGE_HEIGHT / 2.0f) * t->stretch_y;
	float fx = cx * t->cos_turn - cy * t->sin_turn + GROWN_WIDTH / 2.0f + t->shift_x;
	float fy = cx * t->sin_turn + cy * t->cos_turn + GROWN_HEIGHT / 2.0f + t->shift_y;

	fx += t->distortion_px * smooth_noise(t->noise_seed ^ 1, x, y, 110.0f);
	fy += t->distortion_px * smooth_noise(t->noise_seed ^ 2, x, y, 110.0f);
	return ridge_at(finger, fx, fy);
}

/* 1 well inside the area of contact, 0 outside. */
static float contact_at(const struct touch *t, float x, float y)
{
	float dx = (x - t->contact.x) / t->contact_radius_x;
	float dy = (y - t->contact.y) / t->contact_radius_y;
	float edge = 1.0f - (dx * dx + dy * dy);

	edge += 0.25f * smooth_noise(t->noise_seed ^ 3, x, y, 60.0f);
	edge += 0.12f * smooth_noise(t->noise_seed ^ 6, x, y, 20.0f);
	edge *= 5.0f;
	if (edge < 0.0f)
		return 0.0f;
	return edge > 1.0f ? 1.0f : edge;
}

static uint8_t to_grey(float v)
{
	if (v < 0.0f)
		return 0;
	return (uint8_t)(v > 255.0f ? 255.0f : v);
}

void synthfinger_press(const struct synthfinger *finger, uint32_t impression,
		       struct synthfinger_image *ret_image)
{
	uint64_t state = join_seeds(finger->seed, 0x746f756368 + (uint64_t)impression);
	struct touch t = draw_touch(&state);

	for (int py = 0; py < SYNTHFINGER_IMAGE_HEIGHT; py++) {
		for (int px = 0; px < SYNTHFINGER_IMAGE_WIDTH; px++) {
			float x = (float)px;
			float y = (float)py;
			float dark = contact_at(&t, x, y);
			float grain = draw_normal(&state);

			if (dark > 0.0f) {
				float patches = smooth_noise(t.noise_seed ^ 4, x, y, 30.0f) * 0.6f +
						smooth_noise(t.noise_seed ^ 5, x, y, 3.0f);
				float ridge = skin_at(finger, &t, x, y) + t.pressure +
					      t.dryness * patches;

				grain *= 1.0f + (t.grain - 1.0f) * dark;
				dark *= 0.5f + 0.5f * clamp_unit(1.7f * ridge);
			}
			ret_image->pixels[py * SYNTHFINGER_IMAGE_WIDTH + px] =
				to_grey(232.0f - t.ink * dark + grain);
		}
	}
}

void synthfinger_press_nothing(uint32_t impression, struct synthfinger_image *ret_image)
{
	uint64_t state = join_seeds(0x6e6f7468696e67, impression);

	for (size_t i = 0; i < SYNTHFINGER_IMAGE_LEN; i++)
		ret_image->pixels[i] = to_grey(232.0f + draw_normal(&state));
}
