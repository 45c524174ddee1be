/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file decide_help.h
 * @brief A sysfs of the test's own, with devices and hubs, a spool, a list and udev's rules; the kernel's real one:
 * tests/e2e/media.sh.
 */
#ifndef TESTS_DECIDE_HELP_H
#define TESTS_DECIDE_HELP_H

#include "media/decide.h"
#include "media/spool.h"
#include "media_help.h"

/** Device 0951:1666 with one interface. */
#define DEVICE_LEN 36u
extern const uint8_t device[DEVICE_LEN];

extern char sysfs[96], spool[96], prefix[96];
extern struct decide_places places;

/** place_teardown() takes it away. */
int decide_setup(void **state);

/** Write one of a device's files. */
void attribute(const char *port, const char *name, const void *bytes, size_t len);
/** @p serial NULL: none. */
void plug(const char *port, uint8_t class, const char *serial, const char *authorized);
void hub(const char *port, const char *authorized_default);
/** udev's rules in this folder. */
void rules(const char *folder, const char *text);
/** Have a list with these serial numbers in force. */
void approve(struct place *p, uint64_t number, const char *serials);

/** '0' or '1'. */
char authorized(const char *port);
/** How many records there are; the newest one. */
size_t records(struct spool_event *ret_last);
/** Authorized so, and so many records, the newest for this reason. */
void expect(const char *port, char yes, size_t n, const char *word);

#endif /* TESTS_DECIDE_HELP_H */
