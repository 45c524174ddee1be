/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file main.c
 * @brief sekisho-media: may this USB device be used? Run by udev for each one, as root.
 *
 *     sekisho-media DEVICE             a device was plugged in, or was there at boot ("1-2")
 *     sekisho-media --bound INTERFACE  a driver of storage took an interface ("1-2:1.0")
 *     sekisho-media --all              look at all of them again, after the list has changed
 *     sekisho-media --open             let in whatever is refused, and whatever will come: the rules are about to go
 *
 * It asks nobody and waits for nobody: sysfs, the signed list, a record in the spool. Status 0: done as judged; 1: something
 * could not be written (the journal says what); 2: usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "media/decide.h"
#include "media/spool.h"

int main(int argc, char **argv)
{
	static const struct decide_places places = { MEDIADEV_ROOT, DENY_AUTHORITY_FILE, MEDIAKEEP_DIR, SPOOL_DIR, "" };
	enum sk_status st = SK_E_ARG;

	/* udev puts what a device says about itself into the environment; nothing of it is for OpenSSL or the C library. */
	if (clearenv() != 0)
		return 1;
	(void)umask(077);
	openlog("sekisho-media", LOG_PID, LOG_AUTHPRIV);
	if (argc == 2 && strcmp(argv[1], "--all") == 0)
		st = decide_all(&places);
	else if (argc == 2 && strcmp(argv[1], "--open") == 0)
		st = decide_open(&places);
	else if (argc == 3 && strcmp(argv[1], "--bound") == 0)
		st = decide_device(&places, argv[2], DECIDE_BOUND);
	else if (argc == 2 && argv[1][0] != '-')
		st = decide_device(&places, argv[1], DECIDE_ADDED);
	if (st == SK_E_ARG) {
		(void)fputs("usage: sekisho-media DEVICE | --bound INTERFACE | --all | --open\n", stderr);
		return 2;
	}
	return st == SK_OK ? 0 : 1;
}
