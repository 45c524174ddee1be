/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtualsensor.h - put a touch on libfprint's virtual_image sensor.
 *
 * The driver listens on the Unix socket named by FP_VIRTUAL_IMAGE while the
 * device is open, takes one client at a time and reads from it only while it
 * is armed. A message is two native int32: width and height and then the grey
 * bytes, or a negative command and its value.
 */
#ifndef TESTS_BENCH_FINGERS_VIRTUALSENSOR_H
#define TESTS_BENCH_FINGERS_VIRTUALSENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "synthfinger.h"

enum virtualsensor_command {
	VIRTUALSENSOR_RETRY = -1,  /* value: FpDeviceRetry, 0 general .. 3 remove finger */
	VIRTUALSENSOR_ERROR = -2,  /* value: FpDeviceError */
	VIRTUALSENSOR_FINGER = -4, /* value: 1 finger comes, 0 finger goes, no image */
	VIRTUALSENSOR_UNPLUG = -5,
};

/*
 * Each sends one touch or command and waits until the armed sensor has read all of it.
 * wait_ms is the time for everything: the socket to appear, another client to
 * leave, the sensor to be armed. False when the message was not taken.
 */
bool virtualsensor_send_image(const char *path, const struct synthfinger_image *image, int wait_ms);
/* The finger stays on the sensor until VIRTUALSENSOR_FINGER 0 is sent. */
bool virtualsensor_send_held_image(const char *path, const struct synthfinger_image *image, int wait_ms);
bool virtualsensor_send_command(const char *path, enum virtualsensor_command command,
				int32_t value, int wait_ms);

/*
 * The match-on-chip twin (driver virtual_device_storage, variable
 * FP_VIRTUAL_DEVICE_STORAGE) takes lines of text: "SCAN name", "ERROR n",
 * "RETRY n", "UNPLUG", one a connection.
 */
bool virtualsensor_send_line(const char *path, const char *line, int wait_ms);

#endif
