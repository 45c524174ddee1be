/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as sekisho.conf, read through the real entry. Refused files must name a reason and leave the result alone;
 * accepted ones must hold no policy of one kind and no limit out of range.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

#define CHECK(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void leave(void)
{
	(void)unlink(path);
}

static void check_policy(const struct policy *p)
{
	CHECK(p->alternatives_n <= POLICY_ALTERNATIVES_MAX);
	for (unsigned i = 0; i < p->alternatives_n; i++)
		CHECK((p->alternatives[i] & FACTOR_CARD) != 0 && (p->alternatives[i] & (FACTOR_PIN | FACTOR_FINGER)) != 0);
}

static void check_limits(const struct lockout_policy *p)
{
	CHECK(p->soft_limit >= 1 && p->soft_limit <= p->hard_limit && p->hard_limit <= 100);
	CHECK(p->base_delay_s >= 1 && p->base_delay_s <= 86400);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config c, before;
	struct config_error err;
	enum sk_status st;
	int fd;

	if (path[0] == '\0') {
		(void)snprintf(path, sizeof(path), "/tmp/fuzz-config-%d", (int)getpid());
		CHECK(atexit(leave) == 0);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	CHECK(close(fd) == 0);
	memset(&c, 0x5A, sizeof(c));
	memcpy(&before, &c, sizeof(c));
	memset(&err, 0, sizeof(err));
	st = config_load(path, &c, &err);
	if (st != SK_OK) {
		CHECK(memcmp(&before, &c, sizeof(c)) == 0);
		CHECK(st != SK_E_FORMAT || err.reason[0] != '\0');
		return 0;
	}
	CHECK(c.services_n <= CONFIG_SERVICES_MAX);
	check_policy(&c.default_policy);
	for (unsigned i = 0; i < c.services_n; i++)
		check_policy(&c.services[i].policy);
	check_limits(&c.lock_pin);
	check_limits(&c.lock_finger);
	check_limits(&c.lock_terminal);
	CHECK(c.attempt_deadline_s >= 10 && c.attempt_deadline_s <= 300);
	return 0;
}
