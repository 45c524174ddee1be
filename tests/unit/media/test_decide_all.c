/* SPDX-License-Identifier: Apache-2.0 */
/* All devices at once, when the list or the rules have changed: hubs are closed, and opened again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "decide_help.h"

static void looked_at_again(void **state)
{
	struct place *p = *state;

	plug("1-1", 3, NULL, "0\n");
	plug("1-2", 8, "S1\n", "0\n");
	plug("1-3", 8, "S2\n", "0\n");
	hub("usb1", "1\n");
	rules("/usr/lib/udev", "x");
	assert_false(mediadev_hubs_are_closed(sysfs));
	approve(p, 1, "S1");
	assert_int_equal(decide_all(&places), SK_OK);
	assert_int_equal(authorized("1-1"), '0');
	assert_int_equal(authorized("1-3"), '0');
	/* Only what has changed is recorded. */
	expect("1-2", '1', 1, "listed");
	assert_int_equal(decide_all(&places), SK_OK);
	expect("1-2", '1', 1, "listed");
	approve(p, 2, "S2");
	assert_int_equal(decide_all(&places), SK_OK);
	assert_int_equal(authorized("1-2"), '0');
	assert_int_equal(authorized("1-3"), '1');
	assert_true(mediadev_hubs_are_closed(sysfs));
}

/* As udev looks: an empty file in a folder before it, or a link to /dev/null, masks. */
static void rules_of_udev(void **state)
{
	static const char *const folders[] = { "/lib/udev", "/usr/lib/udev", "/usr/local/lib/udev", "/run/udev", "/etc/udev" };
	char path[300];

	(void)state;
	assert_false(mediadev_rules_in_force(prefix));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		rules(folders[i], "");
		assert_false(mediadev_rules_in_force(prefix));
		rules(folders[i], "x");
		assert_true(mediadev_rules_in_force(prefix));
	}
	snprintf(path, sizeof(path), "%s/etc/udev/rules.d/71-sekisho-media.rules", prefix);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_false(mediadev_rules_in_force(prefix));
	assert_int_equal(unlink(path), 0);
	assert_true(mediadev_rules_in_force(prefix));
}

static void controllers(void **state)
{
	char path[256];

	(void)state;
	assert_true(mediadev_hubs_are_closed(sysfs));
	hub("usb1", "1\n");
	hub("usb2", "0\n");
	assert_false(mediadev_hubs_are_closed(sysfs));
	/* Without the rules nobody would let anything in again. */
	assert_int_equal(decide_all(&places), SK_OK);
	assert_false(mediadev_hubs_are_closed(sysfs));
	/* The rules themselves close them. */
	assert_int_equal(decide_device(&places, "usb1", DECIDE_ADDED), SK_OK);
	assert_true(mediadev_hubs_are_closed(sysfs));
	hub("usb1", "1\n");
	rules("/usr/lib/udev", "x");
	assert_int_equal(decide_all(&places), SK_OK);
	assert_true(mediadev_hubs_are_closed(sysfs));
	help_readdir_left = 0;
	assert_false(mediadev_hubs_are_closed(sysfs));
	help_readdir_left = HELP_READDIR_ALL;
	snprintf(path, sizeof(path), "%s/usb1/authorized_default", sysfs);
	assert_int_equal(unlink(path), 0);
	assert_false(mediadev_hubs_are_closed(sysfs));
}

/* The way back, whatever the rules and the list say. */
static void opened(void **state)
{
	struct spool_event e;

	(void)state;
	rules("/usr/lib/udev", "x");
	hub("usb1", "1\n");
	plug("1-1", 3, NULL, "1\n");
	plug("1-2", 8, "S1\n", "1\n");
	plug("1-3", 8, NULL, "1\n");
	assert_int_equal(decide_all(&places), SK_OK);
	assert_true(mediadev_hubs_are_closed(sysfs));
	assert_int_equal(records(&e), 2);
	assert_int_equal(authorized("1-2"), '0');
	assert_int_equal(authorized("1-3"), '0');
	assert_int_equal(decide_open(&places), SK_OK);
	assert_false(mediadev_hubs_are_closed(sysfs));
	assert_int_equal(authorized("1-1"), '1');
	assert_int_equal(authorized("1-2"), '1');
	assert_int_equal(authorized("1-3"), '1');
	assert_int_equal(records(&e), 2);
	help_readdir_left = 0;
	assert_int_equal(decide_open(&places), SK_E_IO);
	help_readdir_left = HELP_READDIR_ALL;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, decide_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(looked_at_again),
		TEST(rules_of_udev),
		TEST(controllers),
		TEST(opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
