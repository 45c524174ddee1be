/* SPDX-License-Identifier: Apache-2.0 */
/* From a device to its authorization: what it is, who it is, and what the list says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decide_help.h"

static void storage(void **state)
{
	struct place *p = *state;
	struct spool_event e;

	plug("1-2", 8, "S1\n", "1\n");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '0', 1, "no-list");
	approve(p, 1, "S1");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '1', 2, "listed");
	assert_int_equal(records(&e), 2);
	assert_string_equal(e.device, "0951:1666");
	assert_string_equal(e.serial, "S1");
	assert_string_equal(e.port, "1-2");
	plug("1-2.4", 8, "S2\n", "0\n");
	assert_int_equal(decide_device(&places, "1-2.4", DECIDE_ADDED), SK_OK);
	expect("1-2.4", '0', 3, "not-listed");
	plug("1-2.4", 6, "S2\n", "1\n");
	assert_int_equal(decide_device(&places, "1-2.4", DECIDE_ADDED), SK_OK);
	expect("1-2.4", '0', 4, "not-listed");
	plug("1-3", 8, NULL, "1\n");
	assert_int_equal(decide_device(&places, "1-3", DECIDE_ADDED), SK_OK);
	expect("1-3", '0', 5, "no-serial");
	plug("1-3", 8, "\n", "1\n");
	assert_int_equal(decide_device(&places, "1-3", DECIDE_ADDED), SK_OK);
	expect("1-3", '0', 6, "no-serial");
}

/* A keyboard needs no list, no record and no disk. */
static void no_storage(void **state)
{
	struct spool_event e;

	(void)state;
	plug("1-1", 3, NULL, "0\n");
	assert_int_equal(decide_device(&places, "1-1", DECIDE_ADDED), SK_OK);
	assert_int_equal(authorized("1-1"), '1');
	assert_int_equal(records(&e), 0);
	/* Neither does a folder of records that is somebody else's hold it up. */
	assert_int_equal(chmod(spool, 0777), 0);
	plug("1-1", 3, NULL, "0\n");
	assert_int_equal(decide_device(&places, "1-1", DECIDE_ADDED), SK_OK);
	assert_int_equal(authorized("1-1"), '1');
}

static void hostile_texts(void **state)
{
	struct place *p = *state;
	struct spool_event e;
	char longer[MEDIADEV_TEXT_MAX + 40];

	approve(p, 1, "S1");
	plug("1-2", 8, "S1\n\n", "1\n");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '0', 1, "bad-serial");
	plug("1-2", 8, "A\033[2J\\\xc3\xa9\n", "1\n");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '0', 2, "bad-serial");
	assert_int_equal(records(&e), 2);
	assert_string_equal(e.serial, "A\\x1b[2J\\x5c\\xc3\\xa9");
	memset(longer, '\001', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	plug("1-2", 8, longer, "1\n");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '0', 3, "bad-serial");
	assert_int_equal(records(&e), 3);
	assert_string_equal(e.serial + strlen(e.serial) - 7, "\\x01...");
	/* What it says about itself is cut. */
	attribute("1-2", "descriptors", device, sizeof(device) - 1);
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '0', 4, "bad-descriptors");
	plug("1-4", 3, NULL, "0\n");
	attribute("1-4", "descriptors", device, 0);
	assert_int_equal(decide_device(&places, "1-4", DECIDE_ADDED), SK_OK);
	expect("1-4", '0', 5, "bad-descriptors");
}

/* usb-storage takes some by their numbers: whose driver it has is what it is. */
static void a_driver_of_storage(void **state)
{
	static const char *const drivers[] = { "usb-storage", "uas", "ums-realtek", "ums_eneub6250", "rtsx_usb", "vub300", "ushc", "microtekX6" };
	const size_t n = sizeof(drivers) / sizeof(drivers[0]);
	char path[256], link[64];

	for (size_t i = 0; i < n; i++) {
		plug("1-2", 0xff, "S1\n", "1\n");
		snprintf(path, sizeof(path), "%s/1-2/1-2:1.0", sysfs);
		(void)mkdir(path, 0755);
		snprintf(path, sizeof(path), "%s/1-2/1-2:1.0/driver", sysfs);
		snprintf(link, sizeof(link), "../../../bus/usb/drivers/%s", drivers[i]);
		(void)unlink(path);
		assert_int_equal(symlink(link, path), 0);
		assert_int_equal(decide_device(&places, "1-2:1.0", DECIDE_BOUND), SK_OK);
		expect("1-2", '0', i + 1, "no-list");
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("../../../bus/usb/drivers/usbhid", path), 0);
	assert_int_equal(decide_device(&places, "1-2:1.0", DECIDE_BOUND), SK_OK);
	expect("1-2", '0', n, "no-list");
	/* Rule 2: without its driver it looks harmless again, and stays out; until it is plugged in anew. */
	assert_int_equal(decide_all(&places), SK_OK);
	expect("1-2", '0', n, "no-list");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	assert_int_equal(authorized("1-2"), '1');
	/* Nor is listed storage let in by that. */
	approve(*state, 1, "S1");
	plug("1-3", 8, "S1\n", "0\n");
	assert_int_equal(decide_device(&places, "1-3:1.0", DECIDE_BOUND), SK_OK);
	expect("1-3", '0', n, "no-list");
}

/* A folder below the interface 1-2:1.0; "": the interface itself. */
static void below(const char *name)
{
	char command[400];

	snprintf(command, sizeof(command), "mkdir -p '%s/1-2/1-2:1.0/%s'", sysfs, name);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
}

static void none_below(void)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf '%s/1-2/1-2:1.0'", sysfs);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
}

/* Nor does it matter which driver it was: what hangs on the interface tells. */
static void became_storage(void **state)
{
	static const char *const folders[] = { "host3/scsi_host/host3", "mmc_host/mmc0", "rtsx_usb_sdmmc.1.auto/mmc_host/mmc0",
		"rtsx_usb_ms.2.auto/memstick_host/memstick0", "block/x" };
	static const char *const harmless[] = { "", "0003:046D:C31C.0001/input/input5/event3", "net/enx0", "ttyUSB0/tty/ttyUSB0", "sound/card1" };
	struct spool_event e;
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		plug("1-2", 0xff, "S1\n", "1\n");
		none_below();
		below(folders[i]);
		assert_int_equal(decide_device(&places, "1-2:1.0", DECIDE_BOUND), SK_OK);
		expect("1-2", '0', i + 1, "no-list");
	}
	none_below();
	plug("1-2", 0xff, "S1\n", "1\n");
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		below(harmless[i]);
	/* A link that leads to storage elsewhere is not its own. */
	snprintf(path, sizeof(path), "%s/1-2/1-2:1.0/mmc_host", sysfs);
	assert_int_equal(symlink("..", path), 0);
	assert_int_equal(decide_device(&places, "1-2:1.0", DECIDE_BOUND), SK_OK);
	assert_int_equal(authorized("1-2"), '1');
	assert_int_equal(records(&e), sizeof(folders) / sizeof(folders[0]));
}

/* A folder that can't be looked through may hold anything. */
static void not_to_be_told(void **state)
{
	char (*names)[SPOOL_NAME_MAX] = NULL;
	struct mediadev d;
	size_t n;

	(void)state;
	/* An interface that is no folder. */
	plug("1-2", 0xff, "S1\n", "1\n");
	attribute("1-2", "1-2:1.0", "", 0);
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '0', 1, "bad-descriptors");
	none_below();
	/* A driver that is no link. */
	plug("1-2", 0xff, "S1\n", "1\n");
	below("driver");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '0', 2, "bad-descriptors");
	none_below();
	/* What reads one entry and no more. */
	plug("1-2", 0xff, "S1\n", "1\n");
	below("net");
	for (unsigned i = 0; i < 3; i++) {
		help_readdir_left = i;
		assert_int_equal(mediadev_open(sysfs, "1-2", &d), SK_OK);
		help_readdir_left = HELP_READDIR_ALL;
		mediadev_close(&d);
		assert_int_equal(d.facts & MEDIA_READ, 0);
	}
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	assert_int_equal(authorized("1-2"), '1');
	/* And what may be plugged in beside it, or wait in the spool. */
	help_readdir_left = 0;
	assert_int_equal(decide_all(&places), SK_E_IO);
	assert_int_equal(spool_names(spool, &names, &n), SK_E_IO);
	help_readdir_left = HELP_READDIR_ALL;
	assert_int_equal(decide_all(&places), SK_OK);
}

static void names(void **state)
{
	static const char *const devices[] = { "1-2", "1-2.3", "12-10.4.4.4.4.4", "1-2:1.0" };
	static const char *const bad[] = { "", "usb", "usb1x", "1", "1-", "-2", "1-2.", "1-2:", "1-2:1", "1-2:1.", "1-2/..", "../1-2", "1-2 ",
		"1234-1", "1-2:1.0x", "--all", "1-2.3.4.5.6.7.8.9.10.11.12.13.14.15" };
	enum mediadev_kind kind;
	char port[MEDIADEV_PORT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		assert_int_equal(mediadev_name(devices[i], &kind, port), SK_OK);
		assert_int_equal(kind, MEDIADEV_DEVICE);
	}
	assert_string_equal(port, "1-2");
	assert_int_equal(mediadev_name("usb12", &kind, port), SK_OK);
	assert_int_equal(kind, MEDIADEV_ROOT_HUB);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(mediadev_name(bad[i], &kind, port), SK_E_ARG);
	/* A device that has gone is nobody's fault. */
	assert_int_equal(decide_device(&places, "1-9", DECIDE_ADDED), SK_OK);
	assert_int_equal(decide_device(&places, "1-9x", DECIDE_ADDED), SK_E_ARG);
}

/* Who changes the device in the socket meanwhile gets nothing: what was opened is what is written. */
static void changed_meanwhile(void **state)
{
	struct place *p = *state;
	struct mediadev d;
	char from[256], to[256];

	approve(p, 1, "S1");
	plug("1-2", 8, "S1\n", "0\n");
	assert_int_equal(mediadev_open(sysfs, "1-2", &d), SK_OK);
	snprintf(from, sizeof(from), "%s/1-2", sysfs);
	snprintf(to, sizeof(to), "%s/old", sysfs);
	assert_int_equal(rename(from, to), 0);
	plug("1-2", 8, "S2\n", "0\n");
	assert_int_equal(mediadev_authorize(&d, true), SK_OK);
	mediadev_close(&d);
	assert_int_equal(authorized("1-2"), '0');
	assert_int_equal(authorized("old"), '1');
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, decide_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(storage),
		TEST(no_storage),
		TEST(hostile_texts),
		TEST(a_driver_of_storage),
		TEST(became_storage),
		TEST(not_to_be_told),
		TEST(names),
		TEST(changed_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
