/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl(8). */
#include <argp.h>
#include <fcntl.h>
#include <libintl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"

const char *argp_program_version = "sekishoctl " SEKISHO_VERSION;

/* A file opened later must not land on a standard descriptor that was closed. */
static bool standard_fds_open(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= 2);
	return fd > 2 && close(fd) == 0;
}

int main(int argc, char **argv)
{
	static const struct rlimit none = { 0, 0 };
	enum ctl_exit e;

	if (!standard_fds_open())
		return CTL_FAILED;
	(void)setlocale(LC_ALL, "");
	(void)bindtextdomain(CTL_DOMAIN, LOCALEDIR);
	(void)textdomain(CTL_DOMAIN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(077);
	/* PINs pass through: no core file. */
	(void)setrlimit(RLIMIT_CORE, &none);
	e = ctl_run(argc, argv);
	if (fflush(stdout) != 0 && e == CTL_OK)
		e = CTL_FAILED;
	return (int)e;
}
