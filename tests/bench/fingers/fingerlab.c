/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fingerlab - how well does libfprint tell synthetic fingers apart?
 *
 *   fingerlab [FINGERS [PROBES [FIRST_SEED]]]      (default 20 6 1)
 *
 * Enrols 5 impressions of each finger and puts PROBES further ones on the
 * virtual_image sensor: once against its own finger's prints (false rejects),
 * once against the prints of all other fingers (false accepts, each other
 * finger is one pair). The driver's threshold is left as it is. One run stays
 * below 1,500 scans, because libfprint refuses an overheated sensor.
 */
#include <glib.h>
#include <fprint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "synthfinger.h"
#include "virtualsensor.h"

#define ENROLLED_N 5
#define SCANS_MAX 1500
#define SEND_WAIT_MS 10000

struct lab {
	FpDevice *device;
	char socket_path[64];
	GPtrArray *prints; /* of struct print_row */
	unsigned scans_n;
	double scan_s;
};

struct print_row {
	unsigned finger;
	FpPrint *print;
};

struct sending {
	const char *path;
	struct synthfinger_image image;
};

static void *send_main(void *arg)
{
	struct sending *s = arg;

	if (!virtualsensor_send_image(s->path, &s->image, SEND_WAIT_MS))
		fprintf(stderr, "fingerlab: the sensor did not take an image\n");
	return NULL;
}

/* One touch; *ret_print (may be NULL when it was not acquired) is the caller's. */
static bool scan(struct lab *lab, const struct synthfinger *finger, uint32_t impression,
		 GPtrArray *gallery, FpPrint **ret_print)
{
	static struct sending sending;
	pthread_t sender;
	FpPrint *match = NULL;
	GError *error = NULL;
	gint64 start_us;
	bool matched;

	sending.path = lab->socket_path;
	synthfinger_press(finger, impression, &sending.image);
	if (pthread_create(&sender, NULL, send_main, &sending) != 0)
		exit(1);
	start_us = g_get_monotonic_time();
	*ret_print = NULL;
	if (!fp_device_identify_sync(lab->device, gallery, NULL, NULL, NULL, &match, ret_print,
				     &error)) {
		fprintf(stderr, "fingerlab: impression %u: %s\n", impression, error->message);
		g_clear_error(&error);
	}
	lab->scan_s += (double)(g_get_monotonic_time() - start_us) / 1e6;
	lab->scans_n++;
	pthread_join(sender, NULL);
	matched = match != NULL;
	g_clear_object(&match);
	return matched;
}

static GPtrArray *pick_gallery(const struct lab *lab, unsigned finger, bool own)
{
	GPtrArray *gallery = g_ptr_array_new();

	for (guint i = 0; i < lab->prints->len; i++) {
		const struct print_row *row = g_ptr_array_index(lab->prints, i);

		if ((row->finger == finger) == own)
			g_ptr_array_add(gallery, row->print);
	}
	return gallery;
}

static void enrol(struct lab *lab, const struct synthfinger *finger, unsigned number)
{
	for (uint32_t k = 0; k < ENROLLED_N; k++) {
		GPtrArray *empty = g_ptr_array_new();
		struct print_row *row;
		FpPrint *print;

		scan(lab, finger, k, empty, &print);
		g_ptr_array_unref(empty);
		if (print == NULL)
			continue;
		row = g_new0(struct print_row, 1);
		row->finger = number;
		row->print = print;
		g_ptr_array_add(lab->prints, row);
	}
}

static void measure(struct lab *lab, struct synthfinger **fingers, unsigned fingers_n, unsigned probes_n)
{
	unsigned refused_n = 0;
	unsigned stranger_n = 0;
	unsigned genuine_n = fingers_n * probes_n;
	unsigned pairs_n = genuine_n * (fingers_n - 1);

	for (unsigned f = 0; f < fingers_n; f++)
		enrol(lab, fingers[f], f);
	lab->scan_s = 0;
	lab->scans_n = 0;
	for (unsigned f = 0; f < fingers_n; f++) {
		GPtrArray *own = pick_gallery(lab, f, true);
		GPtrArray *others = pick_gallery(lab, f, false);

		for (unsigned p = 0; p < probes_n; p++) {
			FpPrint *print;

			if (!scan(lab, fingers[f], ENROLLED_N + p, own, &print))
				refused_n++;
			g_clear_object(&print);
			if (scan(lab, fingers[f], ENROLLED_N + p, others, &print))
				stranger_n++;
			g_clear_object(&print);
		}
		g_ptr_array_unref(own);
		g_ptr_array_unref(others);
	}
	printf("fingers %u, enrolled %d each, probes %u each\n", fingers_n, ENROLLED_N, probes_n);
	printf("FRR %u of %u = %.2f %%\n", refused_n, genuine_n, 100.0 * refused_n / genuine_n);
	printf("FAR %u of %u finger pairs\n", stranger_n, pairs_n);
	printf("scan %.0f ms mean of %u\n", 1000.0 * lab->scan_s / lab->scans_n, lab->scans_n);
}

static unsigned argument(int argc, char **argv, int at, unsigned fallback)
{
	return argc > at ? (unsigned)strtoul(argv[at], NULL, 10) : fallback;
}

static void run(unsigned fingers_n, unsigned probes_n, unsigned first_seed, struct lab *lab)
{
	struct synthfinger **fingers = g_new0(struct synthfinger *, fingers_n);

	for (unsigned f = 0; f < fingers_n; f++) {
		fingers[f] = synthfinger_grow(first_seed + f);
		if (fingers[f] == NULL)
			exit(1);
	}
	measure(lab, fingers, fingers_n, probes_n);
	for (unsigned f = 0; f < fingers_n; f++)
		synthfinger_free(&fingers[f]);
	g_free(fingers);
}

int main(int argc, char **argv)
{
	unsigned fingers_n = argument(argc, argv, 1, 20);
	unsigned probes_n = argument(argc, argv, 2, 6);
	unsigned first_seed = argument(argc, argv, 3, 1);
	struct lab lab = { 0 };
	FpContext *context;
	GPtrArray *devices;
	GError *error = NULL;

	if (fingers_n < 2 || fingers_n > 100 || probes_n < 1 || probes_n > 100 ||
	    fingers_n * (ENROLLED_N + 2 * probes_n) > SCANS_MAX) {
		fprintf(stderr, "usage: fingerlab [FINGERS [PROBES [FIRST_SEED]]], at most %d scans\n",
			SCANS_MAX);
		return 2;
	}
	snprintf(lab.socket_path, sizeof(lab.socket_path), "/tmp/fingerlab.%d.sock", (int)getpid());
	g_setenv("FP_VIRTUAL_IMAGE", lab.socket_path, TRUE);
	context = fp_context_new();
	devices = fp_context_get_devices(context);
	if (devices == NULL || devices->len != 1)
		return 1;
	lab.device = g_ptr_array_index(devices, 0);
	if (!fp_device_open_sync(lab.device, NULL, &error)) {
		fprintf(stderr, "fingerlab: %s\n", error->message);
		return 1;
	}
	lab.prints = g_ptr_array_new();
	run(fingers_n, probes_n, first_seed, &lab);
	for (guint i = 0; i < lab.prints->len; i++) {
		struct print_row *row = g_ptr_array_index(lab.prints, i);

		g_object_unref(row->print);
		g_free(row);
	}
	g_ptr_array_unref(lab.prints);
	fp_device_close_sync(lab.device, NULL, NULL);
	g_object_unref(context);
	unlink(lab.socket_path);
	return 0;
}
