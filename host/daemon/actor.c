/* SPDX-License-Identifier: Apache-2.0 */
/* Who acts on the administration socket; see admin.h. */
#include <stdio.h>

#include "daemon/admin.h"

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
