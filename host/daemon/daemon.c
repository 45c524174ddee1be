/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and reloading; see daemon.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-id128.h>

#include "daemon/admin.h"
#include "daemon/daemon.h"

int64_t daemon_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec;
}

enum sk_status daemon_lockout_time(struct lockout_time *ret_t)
{
	struct lockout_time t;
	struct timespec ts;
	sd_id128_t boot;

	if (clock_gettime(CLOCK_BOOTTIME, &ts) != 0 || ts.tv_sec < 0 || sd_id128_get_boot(&boot) < 0)
		return SK_E_IO;
	memcpy(t.boot_id, boot.bytes, sizeof(t.boot_id));
	t.since_boot_s = (uint64_t)ts.tv_sec;
	*ret_t = t;
	return SK_OK;
}

enum sk_status daemon_trust_reload(struct daemon *d, char reterr_what[static 160])
{
	const struct trust_config cfg = { .anchors_dir = d->config.anchors_dir, .crl_dir = SEKISHO_CRL_DIR,
		.require_crl = d->config.require_crl, .crl_warn_s = d->config.crl_warn_s };
	struct trust *fresh = NULL;
	enum sk_status st = trust_open(&cfg, &fresh, reterr_what);

	if (st != SK_OK)
		return st;
	trust_free(&d->trust);
	d->trust = fresh;
	return SK_OK;
}

void admin_actor(uid_t uid, pid_t pid, char ret_actor[static 65])
{
	char path[64], text[16] = "";
	unsigned long login = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/loginuid", (int)pid);
	f = fopen(path, "re");
	if (f != NULL) {
		size_t n = fread(text, 1, sizeof(text) - 1, f);

		text[n] = '\0';
		(void)fclose(f);
	}
	/* 4294967295: the kernel knows of no log-in behind this process (a boot-time service). */
	if (sscanf(text, "%lu", &login) == 1 && login != 4294967295UL)
		(void)snprintf(ret_actor, 65, "uid %u (login uid %lu)", (unsigned)uid, login);
	else
		(void)snprintf(ret_actor, 65, "uid %u", (unsigned)uid);
}
