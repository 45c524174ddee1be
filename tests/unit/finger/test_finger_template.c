/* SPDX-License-Identifier: Apache-2.0 */
/* Serialized prints: what is taken, and that nothing damaged reaches libfprint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "finger/sensor_table.h"
#include "finger/template.h"

#define KIND_RAW 1
#define KIND_NBIS 2
#define MINUTIAE_N 12

static FpContext *context;
static FpDevice *device;

/* One print, field by field; the tests spoil one of them. */
struct recipe {
	gint32 kind;
	const char *driver, *device_id;
	guchar finger;
	gint32 date;
	gint32 x0, y0, angle0; /* of the first minutia */
	gint32 x_last;
	gsize x_n, y_n, angle_n;
	unsigned impressions_n;
	GVariant *data; /* floating; instead of minutiae */
	bool expansion;
};

static struct recipe good(void)
{
	return (struct recipe){ .kind = KIND_NBIS, .driver = "virtual_image", .device_id = "0", .finger = 1,
		.date = G_MININT32, .x0 = 10, .y0 = 20, .angle0 = -170, .x_last = 300, .x_n = MINUTIAE_N,
		.y_n = MINUTIAE_N, .angle_n = MINUTIAE_N, .impressions_n = 1 };
}

static GVariant *column(gint32 first, gint32 step, gint32 last, gsize n)
{
	gint32 v[256];

	assert_true(n <= 256);
	for (gsize i = 0; i < n; i++)
		v[i] = i == 0 ? first : i == n - 1 ? last : 20 + step * (gint32)i;
	return g_variant_new_fixed_array(G_VARIANT_TYPE_INT32, v, n, sizeof(v[0]));
}

static GVariant *minutiae(const struct recipe *r)
{
	GVariantBuilder b;

	g_variant_builder_init(&b, G_VARIANT_TYPE("a(aiaiai)"));
	for (unsigned i = 0; i < r->impressions_n; i++)
		g_variant_builder_add(&b, "(@ai@ai@ai)", column(r->x0, 1, r->x_last, r->x_n),
		    column(r->y0, 7, 90, r->y_n), column(r->angle0, 0, 15, r->angle_n));
	return g_variant_new("(@a(aiaiai))", g_variant_builder_end(&b));
}

static guchar *cook(const struct recipe *r, size_t *ret_len)
{
	GVariantBuilder expansion;
	GVariant *v;
	guchar *bytes;

	g_variant_builder_init(&expansion, G_VARIANT_TYPE_VARDICT);
	if (r->expansion)
		g_variant_builder_add(&expansion, "{sv}", "more", g_variant_new_int32(1));
	v = g_variant_new("(issbymsmsia{sv}v)", r->kind, r->driver, r->device_id, FALSE, r->finger, NULL, NULL,
	    r->date, &expansion, r->data != NULL ? r->data : minutiae(r));
	g_variant_ref_sink(v);
	*ret_len = 3 + g_variant_get_size(v);
	bytes = g_malloc(*ret_len);
	memcpy(bytes, "FP3", 3);
	memcpy(bytes + 3, g_variant_get_data(v), *ret_len - 3);
	g_variant_unref(v);
	return bytes;
}

static enum sk_status load(const struct recipe *r, enum template_kind kind)
{
	size_t len = 0;
	guchar *bytes = cook(r, &len);
	FpPrint *print = NULL;
	enum sk_status status = template_load((struct sk_span){ bytes, len }, device, kind, &print);

	assert_int_equal(print != NULL, status == SK_OK);
	g_clear_object(&print);
	g_free(bytes);
	return status;
}

static int setup_device(void **state)
{
	GPtrArray *devices;

	(void)state;
	if (setenv("FP_VIRTUAL_IMAGE", "/nonexistent/sensor", 1) != 0)
		return -1;
	context = fp_context_new();
	devices = fp_context_get_devices(context);
	if (devices == NULL || devices->len != 1)
		return -1;
	device = g_ptr_array_index(devices, 0);
	return 0;
}

static int teardown_device(void **state)
{
	(void)state;
	g_clear_object(&context);
	return 0;
}

static void test_good_one_survives_the_way(void **state)
{
	struct recipe r = good();
	size_t len = 0, stored_len = 0;
	guchar *bytes = cook(&r, &len);
	uint8_t stored[4096];
	FpPrint *print = NULL;

	(void)state;
	assert_int_equal(template_load((struct sk_span){ bytes, len }, device, TEMPLATE_MINUTIAE, &print), SK_OK);
	assert_int_equal(template_store(print, stored, sizeof(stored), &stored_len), SK_OK);
	assert_int_equal(stored_len, len);
	assert_memory_equal(stored, bytes, len);
	assert_int_equal(template_store(print, stored, len - 1, &stored_len), SK_E_SPACE);
	g_object_unref(print);
	g_free(bytes);
}

static void test_edges_of_each_field(void **state)
{
	struct recipe r = good();

	(void)state;
	r.x_n = r.y_n = r.angle_n = TEMPLATE_MINUTIAE_MAX;
	assert_int_equal(load(&r, TEMPLATE_MINUTIAE), SK_OK);
	r = good();
	r.x0 = 0;
	r.y0 = 0;
	r.angle0 = 180;
	r.x_last = TEMPLATE_COORDINATE_MAX;
	r.date = 738000;
	r.finger = FP_FINGER_LAST;
	assert_int_equal(load(&r, TEMPLATE_MINUTIAE), SK_OK);
}

static void test_bad_fields(void **state)
{
	struct recipe r;

	(void)state;
#define REFUSED(change) \
	do { \
		r = good(); \
		change; \
		assert_int_equal(load(&r, TEMPLATE_MINUTIAE), SK_E_FORMAT); \
	} while (0)
	REFUSED(r.kind = KIND_RAW);
	REFUSED(r.kind = 0);
	REFUSED(r.finger = FP_FINGER_LAST + 1);
	REFUSED(r.date = 0);
	REFUSED(r.date = -5);
	REFUSED(r.date = G_MAXINT32);
	REFUSED(r.expansion = true);
	REFUSED(r.impressions_n = 0);
	REFUSED(r.impressions_n = 2);
	REFUSED(r.x_n = r.y_n = r.angle_n = 0);
	REFUSED(r.x_n = r.y_n = r.angle_n = TEMPLATE_MINUTIAE_MAX + 1);
	REFUSED(r.x_n--);
	REFUSED(r.y_n--);
	REFUSED(r.angle_n++);
	REFUSED(r.x0 = -1);
	REFUSED(r.y0 = -1);
	REFUSED(r.y0 = TEMPLATE_COORDINATE_MAX + 1);
	REFUSED(r.x_last = TEMPLATE_COORDINATE_MAX + 1);
	REFUSED(r.angle0 = -181);
	REFUSED(r.angle0 = 181);
	/* not sorted by x */
	REFUSED(r.x0 = 299);
	/* the types that make libfprint's own reader assert */
	REFUSED(r.data = g_variant_new_int32(7));
	REFUSED(r.data = g_variant_new_variant(g_variant_new_string("x")));
#undef REFUSED
}

static void test_of_another_sensor(void **state)
{
	struct recipe r = good();

	(void)state;
	r.driver = "uru4000";
	assert_int_equal(load(&r, TEMPLATE_MINUTIAE), SK_E_UNSUPPORTED);
	r = good();
	r.device_id = "1";
	assert_int_equal(load(&r, TEMPLATE_MINUTIAE), SK_E_UNSUPPORTED);
}

static void test_on_chip_handle(void **state)
{
	struct recipe r = good();

	(void)state;
	assert_int_equal(load(&r, TEMPLATE_ON_CHIP), SK_E_FORMAT);
	r.kind = KIND_RAW;
	assert_int_equal(load(&r, TEMPLATE_ON_CHIP), SK_E_FORMAT);
	r.data = g_variant_new_variant(g_variant_new_string("handle"));
	assert_int_equal(load(&r, TEMPLATE_ON_CHIP), SK_OK);
}

static void test_lengths(void **state)
{
	struct recipe r = good();
	size_t len = 0;
	guchar *bytes = cook(&r, &len);
	uint8_t *long_one = calloc(1, TEMPLATE_LEN_MAX + 1);
	FpPrint *print = NULL;

	(void)state;
	assert_non_null(long_one);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(template_load((struct sk_span){ bytes, n }, device, TEMPLATE_MINUTIAE, &print), SK_E_FORMAT);
	memcpy(long_one, bytes, len);
	assert_int_equal(template_load((struct sk_span){ long_one, TEMPLATE_LEN_MAX + 1 }, device, TEMPLATE_MINUTIAE,
	    &print), SK_E_FORMAT);
	free(long_one);
	g_free(bytes);
}

/* Every bit of a good print turned over: refused, or a print that can be stored again. */
static void test_every_bit(void **state)
{
	struct recipe r = good();
	size_t len = 0, stored_len = 0, refused_n = 0;
	guchar *bytes = cook(&r, &len);
	static uint8_t stored[TEMPLATE_LEN_MAX];

	(void)state;
	for (size_t bit = 0; bit < len * 8; bit++) {
		FpPrint *print = NULL;

		bytes[bit / 8] ^= (guchar)(1u << (bit % 8));
		if (template_load((struct sk_span){ bytes, len }, device, TEMPLATE_MINUTIAE, &print) == SK_OK)
			assert_int_equal(template_store(print, stored, sizeof(stored), &stored_len), SK_OK);
		else
			refused_n++;
		g_clear_object(&print);
		bytes[bit / 8] ^= (guchar)(1u << (bit % 8));
	}
	assert_in_range(refused_n, len * 4, len * 8);
	g_free(bytes);
}

static void test_sensor_table(void **state)
{
	(void)state;
	assert_int_equal(sensor_threshold("uru4000"), SENSOR_THRESHOLD_DEFAULT);
	assert_false(sensor_is_weak("uru4000"));
	assert_int_equal(sensor_threshold("vfs5011"), 20);
	assert_true(sensor_is_weak("vfs5011"));
	assert_true(sensor_is_weak("upektc_img"));
	assert_true(sensor_is_weak("elan"));
	assert_false(sensor_is_virtual("uru4000"));
	assert_true(sensor_is_virtual("virtual_image"));
	assert_true(sensor_is_virtual("virtual_device"));
	assert_true(sensor_is_virtual("virtual_device_storage"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_one_survives_the_way),
		cmocka_unit_test(test_edges_of_each_field),
		cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_of_another_sensor),
		cmocka_unit_test(test_on_chip_handle),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_sensor_table),
	};

	return cmocka_run_group_tests(tests, setup_device, teardown_device);
}
