/* SPDX-License-Identifier: Apache-2.0 */
/* Automatic log-in, as each program's manual writes it: found with file and line; and what only looks like it isn't. */
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

#include "ctl/autologin.h"

static char root[64];

static void run(const char *command)
{
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
}

static void file(const char *path, const char *text)
{
	char full[300], command[700];
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s%s", root, path);
	(void)snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s')\"", full);
	run(command);
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int begin(void **state)
{
	(void)state;
	strcpy(root, "/tmp/sekisho-auto-XXXXXX");
	return mkdtemp(root) != NULL ? 0 : -1;
}

static int end(void **state)
{
	char command[100];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command); // NOLINT(cert-env33-c)
}

/* The rows, as "status mend\n" each. */
static void rows_are(const char *want)
{
	struct rows r;
	char text[2000] = "";

	memset(&r, 0, sizeof(r));
	assert_int_equal(autologin_rows(root, &r), SK_OK);
	for (size_t i = 0; i < r.n; i++) {
		struct json_object *o = rows_json(&r.v[i]), *v = NULL;

		assert_non_null(o);
		assert_true(json_object_object_get_ex(o, "status", &v));
		(void)strcat(strcat(text, json_object_get_string(v)), " ");
		if (json_object_object_get_ex(o, "mend", &v))
			(void)strcat(text, json_object_get_string(v));
		(void)strcat(text, "\n");
		(void)json_object_put(o);
	}
	assert_string_equal(text, want);
	rows_clear(&r);
}

static void none(void **state)
{
	(void)state;
	rows_are("ok \n");
	file("/etc/greetd/config.toml", "[default_session]\ncommand = \"agreety --cmd '[initial_session]'\"\n# [initial_session]\n");
	file("/etc/sekisho/greetd.toml", "[terminal]\nvt = 1\n");
	file("/etc/systemd/system/getty@tty1.service.d/a.conf", "[Service]\n# ExecStart=-/sbin/agetty --autologin root\nExecStart=-/sbin/agetty -o '-p -- \\\\u' --noclear --all--autologin --autologinx --no-a -Lauto -f/a - $TERM\n");
	file("/etc/lightdm/lightdm.conf", "[Seat:*]\n#autologin-user=root\nautologin-user=\nautologin-user-timeout=0\nautologin-session=x\n");
	file("/etc/gdm3/daemon.conf", "[daemon]\n#  AutomaticLoginEnable = true\nAutomaticLoginEnable=false\nTimedLoginEnable=0\nAutomaticLogin=user1\n");
	file("/etc/sddm.conf", "[Autologin]\nUser=\nUserAuthFile=x\n");
	rows_are("ok \n");
}

static void each(void **state)
{
	(void)state;
	file("/etc/greetd/config.toml", "[terminal]\n  [initial_session]\nuser = \"x\"\n");
	file("/etc/sekisho/greetd.toml", "\n\n[initial_session] # x\n");
	file("/etc/systemd/system/serial-getty@ttyS0.service", "[Service]\nExecStart=-/sbin/agetty -a root - $TERM\n");
	file("/etc/systemd/system/getty@tty1.service.d/a.conf", "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root -\n");
	file("/etc/systemd/system/autovt@.service.d/b.conf", "ExecStart=-/sbin/agetty --autologin=root\n");
	file("/etc/lightdm/lightdm.conf.d/10.conf", "[Seat:*]\nautologin-user = clerk\n");
	file("/etc/gdm3/custom.conf", "AutomaticLoginEnable = True\nTimedLoginEnable=1\n");
	file("/etc/sddm.conf.d/a.conf", "[Autologin]\nUser=clerk\n");
	rows_are("fail /etc/greetd/config.toml:2\nfail /etc/sekisho/greetd.toml:3\nfail /etc/systemd/system/serial-getty@ttyS0.service:2\n"
		 "fail /etc/systemd/system/getty@tty1.service.d/a.conf:3\nfail /etc/systemd/system/autovt@.service.d/b.conf:1\n"
		 "fail /etc/lightdm/lightdm.conf.d/10.conf:2\nfail /etc/gdm3/custom.conf:1\nfail /etc/gdm3/custom.conf:2\n"
		 "fail /etc/sddm.conf.d/a.conf:2\n");
}

/* As getopt_long() takes it. */
static void written_otherwise(void **state)
{
	static const char *const yes[] = { "--autologin root", "--autologi root", "--auto=root", "--a root", "-a root", "-aroot", "-Ja root", "-8Jnaroot",
		"'--autologin' root", "\"-a\" root" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		(void)snprintf(text, sizeof(text), "[Service]\nExecStart=-/sbin/agetty -o '-p -- \\\\u' %s - $TERM\n", yes[i]);
		file("/etc/systemd/system/getty@tty1.service.d/a.conf", text);
		rows_are("fail /etc/systemd/system/getty@tty1.service.d/a.conf:2\n");
	}
}

static void lines_that_go_on(void **state)
{
	(void)state;
	file("/etc/systemd/system/getty@tty1.service.d/a.conf", "[Service]\nExecStart=-/sbin/agetty \\\n  --noclear \\\n# not this\n ; nor this \\\n--auto root\nType=idle\n");
	rows_are("fail /etc/systemd/system/getty@tty1.service.d/a.conf:2\n");
	/* The command is on the second line of another key: it is that one's value. */
	file("/etc/systemd/system/getty@tty1.service.d/a.conf", "[Unit]\nDescription=a \\\nExecStart=-/sbin/agetty -a root\n");
	rows_are("ok \n");
	/* A comment does not go on, nor does an escaped backslash. */
	file("/etc/systemd/system/getty@tty1.service.d/a.conf", "# a \\\nExecStart=-/sbin/agetty -a root\n");
	rows_are("fail /etc/systemd/system/getty@tty1.service.d/a.conf:2\n");
	file("/etc/systemd/system/getty@tty1.service.d/a.conf", "Description=a \\\\\nExecStart=-/sbin/agetty -a root\n");
	rows_are("fail /etc/systemd/system/getty@tty1.service.d/a.conf:2\n");
	/* Spaces behind it: which version of systemd is it? */
	file("/etc/systemd/system/getty@tty1.service.d/a.conf", "Description=a \\ \nExecStart=-/sbin/agetty \\ \n-a root\n");
	rows_are("fail /etc/systemd/system/getty@tty1.service.d/a.conf:2\n");
	/* At the end of the file. */
	file("/etc/systemd/system/getty@tty1.service.d/a.conf", "ExecStart=-/sbin/agetty -a root \\");
	rows_are("fail /etc/systemd/system/getty@tty1.service.d/a.conf:1\n");
}

static void links(void **state)
{
	char command[400];

	(void)state;
	(void)snprintf(command, sizeof(command), "mkdir -p '%s/etc/systemd/system/getty@.service.d' && cd '%s/etc/systemd/system' && "
		"ln -s /dev/null getty@tty2.service && ln -s /dev/null getty@.service.d/a.conf && ln -s ../../../lib/x.service autovt@.service", root, root);
	run(command);
	file("/lib/x.service", "ExecStart=-/sbin/agetty --noclear %I\n");
	rows_are("ok \n");
	file("/lib/x.service", "ExecStart=-/sbin/agetty -a root %I\n");
	rows_are("fail /etc/systemd/system/autovt@.service:1\n");
	/* A link into nowhere can't be read. */
	(void)snprintf(command, sizeof(command), "rm '%s/lib/x.service'", root);
	run(command);
	rows_are("fail /etc/systemd/system/autovt@.service:0\n");
}

/* What can't be read whole isn't innocent. */
static void unreadable(void **state)
{
	char command[200];

	(void)state;
	(void)snprintf(command, sizeof(command), "mkdir -p '%s/etc/greetd' && head -c 70000 /dev/zero | tr '\\0' '#' >'%s/etc/greetd/config.toml'", root, root);
	run(command);
	rows_are("fail /etc/greetd/config.toml:0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(none, begin, end),
		cmocka_unit_test_setup_teardown(each, begin, end),
		cmocka_unit_test_setup_teardown(written_otherwise, begin, end),
		cmocka_unit_test_setup_teardown(lines_that_go_on, begin, end),
		cmocka_unit_test_setup_teardown(links, begin, end),
		cmocka_unit_test_setup_teardown(unreadable, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
