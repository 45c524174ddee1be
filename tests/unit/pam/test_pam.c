/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam [MODULE.so PEEK.so ja.mo]: the module in a real stack. Needs root for its own /run. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stage.h"
#include "suites.h"

int main(int argc, char **argv)
{
	const char *module = SITE_BUILD "/pam_sekisho.so", *peek = SITE_BUILD "/unit/pam/peek_module.so";
	const char *catalogue = SITE_BUILD "/po/ja.mo";
	int failed;

	if (argc == 4) {
		module = argv[1];
		peek = argv[2];
		catalogue = argv[3];
	} else if (argc != 1) {
		fprintf(stderr, "usage: test_pam [MODULE.so PEEK.so ja.mo]\n");
		return 2;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "test_pam: skipped, needs root (a mount namespace with its own /run)\n");
		return 77;
	}
	/* What the texts are expected to look like. */
	(void)setenv("TZ", "Asia/Tokyo", 1);
	(void)setenv("LANGUAGE", "ja", 1);
	if (stage_enter(module, peek, catalogue) != 0) {
		perror("test_pam: can't make a namespace");
		return 1;
	}
	failed = suite_auth() + suite_person() + suite_hostile() + suite_socket() + suite_session();
	stage_leave();
	return failed == 0 ? 0 : 1;
}
