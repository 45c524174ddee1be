/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file kiosk_main.c
 * @brief sekisho-kiosk: closes the virtual terminals, then becomes greetd. Started by sekisho-kiosk.service, as root.
 *
 *     sekisho-kiosk            lock the terminal's switch, exec greetd
 *     sekisho-kiosk --unlock   let it go (ExecStopPost=)
 *
 * Rules
 *  1. The one virtual terminal of the kiosk MUST be in front and VT_LOCKSWITCH set before anything is started on it: from then on no
 *     key (Ctrl-Alt-Fn, Alt-Left, of whichever keymap) and no program (chvt) brings another one there, in a text session neither.
 *  2. What can't be closed is not opened: any failure ends here, and systemd tries again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "greet/settings.h"
#include "greet/vt.h"

#define GREETD "/usr/sbin/greetd"
#define GREETD_CONF "/etc/sekisho/greetd.toml"
/* As in greetd.toml. */
#define KIOSK_VT 1u

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	bool unlock = argc == 2 && strcmp(argv[1], "--unlock") == 0;
	struct settings s;
	uint32_t bad_line;
	const char *bad_why;
	int fd;

	if (argc != 1 && !unlock) {
		(void)fprintf(stderr, "usage: sekisho-kiosk [--unlock]\n");
		return 2;
	}
	fd = vt_open();
	if (fd < 0)
		return fail("/dev/tty0");
	if (unlock)
		return vt_unlock(fd) == SK_OK ? 0 : fail("VT_UNLOCKSWITCH");
	if (vt_to_front(fd, KIOSK_VT) != SK_OK)
		return fail("/dev/tty0: to the front, and locked");
	/* The language of pam_sekisho's texts: it has the locale C.UTF-8 (lang= in /etc/pam.d/sekisho-greetd), in which gettext follows
	 * LANGUAGE. A file that is wrong is told about, and refused, by the screen. */
	if (settings_load(SETTINGS_PATH, &s, &bad_line, &bad_why) != SK_OK)
		settings_defaults(&s);
	if (setenv("LANGUAGE", s.language, 1) != 0)
		return fail("LANGUAGE");
	(void)execl(GREETD, "greetd", "--config", GREETD_CONF, (char *)NULL);
	return fail(GREETD);
}
