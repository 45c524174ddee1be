/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thresholds of libfprint 1.94.5's drivers, from libfprint users' readings of its sources (bz3_threshold of
 * each driver's class). A small sensor sees few minutiae, so its driver accepts
 * a low score; the daemon must know, because the library doesn't report it.
 */
#include "finger/sensor_table.h"

#include <string.h>

struct sensor_row {
	const char *driver;
	int threshold;
};

static const struct sensor_row weak_sensors[] = {
	{ "aes1610", 20 },    { "aes1660", 20 },  { "aes2660", 20 },  { "aes3500", 9 },  { "aes4000", 9 },
	{ "egis0570", 25 },   { "elan", 24 },     { "elanspi", 24 },  { "nb1010", 24 },  { "upeksonly", 25 },
	{ "upektc", 30 },     { "upektc_img", 20 }, { "vfs0050", 24 }, { "vfs101", 24 },  { "vfs301", 24 },
	{ "vfs5011", 20 },    { "vfs7552", 20 },
};

int sensor_threshold(const char *driver)
{
	for (size_t i = 0; i < sizeof(weak_sensors) / sizeof(weak_sensors[0]); i++) {
		if (strcmp(weak_sensors[i].driver, driver) == 0)
			return weak_sensors[i].threshold;
	}
	return SENSOR_THRESHOLD_DEFAULT;
}

bool sensor_is_weak(const char *driver)
{
	return sensor_threshold(driver) < SENSOR_THRESHOLD_DEFAULT;
}

bool sensor_is_virtual(const char *driver)
{
	/* virtual_image, virtual_device, virtual_device_storage, and any that comes later */
	return strncmp(driver, "virtual_", strlen("virtual_")) == 0;
}
