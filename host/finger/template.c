/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing serialized prints. The format is libfprint's own
 * (fp-print.c, fp_print_serialize()): "FP3", then a little-endian GVariant
 * (type, driver, device id, stored on device, finger, user name, description,
 * Julian day of enrolment, expansion, data).
 */
#include "finger/template.h"

#include <stdbool.h>
#include <string.h>

#include "core/wipe.h"

#define MAGIC "FP3"
#define MAGIC_LEN 3u
#define PRINT_TYPE "(issbymsmsia{sv}v)"
#define MINUTIAE_TYPE "(a(aiaiai))"

/* enum FpiPrintType, which libfprint doesn't export. */
#define PRINT_KIND_RAW 1
#define PRINT_KIND_NBIS 2

#define NO_DATE INT32_MIN
/* Julian day of the year 9999's end in GDate's count. */
#define DATE_MAX 3652059
#define ANGLE_MAX 180

static bool column_ok(GVariant *impression, gsize column, gint32 low, gint32 high, bool rising, gsize *ret_n)
{
	GVariant *values = g_variant_get_child_value(impression, column);
	gsize n = 0;
	const gint32 *v = g_variant_get_fixed_array(values, &n, sizeof(*v));
	bool ok = n >= 1 && n <= TEMPLATE_MINUTIAE_MAX;

	for (gsize i = 0; ok && i < n; i++)
		ok = v[i] >= low && v[i] <= high && (!rising || i == 0 || v[i] >= v[i - 1]);
	g_variant_unref(values);
	*ret_n = n;
	return ok;
}

/* x, y, angle of equal length; libfprint writes minutiae sorted by x, and its matcher relies on it. */
static bool impression_ok(GVariant *impression)
{
	gsize x_n, y_n, angle_n;

	return column_ok(impression, 0, 0, TEMPLATE_COORDINATE_MAX, true, &x_n) &&
	       column_ok(impression, 1, 0, TEMPLATE_COORDINATE_MAX, false, &y_n) &&
	       column_ok(impression, 2, -ANGLE_MAX, ANGLE_MAX, false, &angle_n) && x_n == y_n && x_n == angle_n;
}

static bool minutiae_ok(GVariant *data)
{
	GVariant *impressions, *impression;
	bool ok;

	if (!g_variant_is_of_type(data, G_VARIANT_TYPE(MINUTIAE_TYPE)))
		return false;
	impressions = g_variant_get_child_value(data, 0);
	if (g_variant_n_children(impressions) != 1) {
		g_variant_unref(impressions);
		return false;
	}
	impression = g_variant_get_child_value(impressions, 0);
	ok = impression_ok(impression);
	g_variant_unref(impression);
	g_variant_unref(impressions);
	return ok;
}

static bool data_ok(GVariant *data, gint32 type, enum template_kind kind)
{
	switch (kind) {
	case TEMPLATE_MINUTIAE:
		return type == PRINT_KIND_NBIS && minutiae_ok(data);
	case TEMPLATE_ON_CHIP:
		return type == PRINT_KIND_RAW && g_variant_is_of_type(data, G_VARIANT_TYPE_VARIANT);
	}
	return false;
}

/* value is in normal form. */
static bool print_ok(GVariant *value, enum template_kind kind)
{
	gint32 type, date;
	guchar finger;
	GVariant *expansion = NULL, *data = NULL;
	bool ok;

	g_variant_get(value, "(i&s&sby@ms@msi@a{sv}v)", &type, NULL, NULL, NULL, &finger, NULL, NULL, &date,
	    &expansion, &data);
	ok = finger <= FP_FINGER_LAST && (date == NO_DATE || (date >= 1 && date <= DATE_MAX)) &&
	     g_variant_n_children(expansion) == 0 && data_ok(data, type, kind);
	g_variant_unref(expansion);
	g_variant_unref(data);
	return ok;
}

static bool bytes_ok(struct sk_span bytes, enum template_kind kind)
{
	GVariant *raw;
	guint8 *copy;
	size_t len;
	bool ok;

	if (bytes.len <= MAGIC_LEN || bytes.len > TEMPLATE_LEN_MAX || memcmp(bytes.p, MAGIC, MAGIC_LEN) != 0)
		return false;
	len = bytes.len - MAGIC_LEN;
	/* GVariant wants its bytes aligned. */
	copy = g_memdup2(bytes.p + MAGIC_LEN, len);
	raw = g_variant_ref_sink(g_variant_new_from_data(G_VARIANT_TYPE(PRINT_TYPE), copy, len, FALSE, NULL, NULL));
	ok = g_variant_is_normal_form(raw);
	if (ok && G_BYTE_ORDER == G_BIG_ENDIAN) {
		GVariant *swapped = g_variant_byteswap(raw);

		ok = print_ok(swapped, kind);
		g_variant_unref(swapped);
	} else if (ok) {
		ok = print_ok(raw, kind);
	}
	g_variant_unref(raw);
	sk_wipe(copy, len);
	g_free(copy);
	return ok;
}

enum sk_status template_load(struct sk_span bytes, FpDevice *device, enum template_kind kind,
    FpPrint **ret_print)
{
	FpPrint *print;

	if (!bytes_ok(bytes, kind))
		return SK_E_FORMAT;
	print = fp_print_deserialize(bytes.p, bytes.len, NULL);
	if (print == NULL)
		return SK_E_FORMAT;
	if (!fp_print_compatible(print, device)) {
		g_object_unref(print);
		return SK_E_UNSUPPORTED;
	}
	*ret_print = print;
	return SK_OK;
}

enum sk_status template_store(FpPrint *print, uint8_t *buf, size_t cap, size_t *ret_len)
{
	guchar *data = NULL;
	gsize len = 0;
	bool fits;

	if (!fp_print_serialize(print, &data, &len, NULL) || data == NULL)
		return SK_E_IO;
	fits = len <= cap && len <= TEMPLATE_LEN_MAX;
	if (fits) {
		memcpy(buf, data, len);
		*ret_len = len;
	}
	sk_wipe(data, len);
	g_free(data);
	return fits ? SK_OK : SK_E_SPACE;
}
