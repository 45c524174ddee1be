/* SPDX-License-Identifier: Apache-2.0 */
/* Small parts of sekishoctl: dates, PINs, tables, JSON, preparing a terminal. */
#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/ctl.h"
#include "ctl/dates.h"
#include "ctl/init.h"
#include "ctl/pin.h"
#include "ctl/request.h"
#include "ctl/rows.h"
#include "store/store.h"

static void tokyo(void)
{
	assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
	tzset();
}

static void dates(void **state)
{
	static const char *const bad[] = {
		"", "2026-4-1", "2026-04-31", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-00", "26-04-01", "2026/04/01",
		"2026-04-01 24:00", "2026-04-01 08:60", "2026-04-01 8:30", "2026-04-01x08:30", "2026-04-01 08:30 ",
		"2026-04-0a", "1969-12-31", " 2026-04-01", "+026-04-01",
	};
	int64_t t;

	(void)state;
	tokyo();
	assert_int_equal(dates_read("2026-04-01", DATES_START, &t), SK_OK);
	assert_int_equal(t, 1774969200); /* 2026-03-31T15:00:00Z */
	assert_int_equal(dates_read("2026-04-01", DATES_END, &t), SK_OK);
	assert_int_equal(t, 1774969200 + 86399);
	assert_int_equal(dates_read("2026-04-01 08:30", DATES_END, &t), SK_OK);
	assert_int_equal(t, 1774969200 + 8 * 3600 + 1800);
	assert_int_equal(dates_read("2028-02-29T00:01", DATES_START, &t), SK_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (dates_read(bad[i], DATES_START, &t) == SK_OK)
			fail_msg("taken: %s", bad[i]);
	}
}

static void times(void **state)
{
	char text[32];

	(void)state;
	tokyo();
	rows_time(1774969200, text);
	assert_string_equal(text, "2026-04-01 00:00");
	rows_time_iso(1774969200, text);
	assert_string_equal(text, "2026-04-01T00:00:00+09:00");
}

/* One line from a descriptor, as --pin-fd gives it. */
static enum sk_status pin_from(const char *bytes, char pin[static PIN_MAX])
{
	int fds[2];
	enum sk_status st;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], bytes, strlen(bytes)), strlen(bytes));
	assert_int_equal(close(fds[1]), 0);
	st = pin_read("PIN", fds[0], pin);
	assert_int_equal(close(fds[0]), 0);
	return st;
}

static void pin_fd(void **state)
{
	char pin[PIN_MAX], line[80];
	static const char zeros[PIN_MAX];
	int fds[2];

	(void)state;
	assert_int_equal(pin_from("123456\n", pin), SK_OK);
	assert_string_equal(pin, "123456");
	assert_int_equal(pin_from("123456", pin), SK_OK);
	assert_string_equal(pin, "123456");
	assert_int_equal(pin_from("", pin), SK_E_CANCELLED);
	assert_int_equal(pin_from("\n", pin), SK_E_CANCELLED);
	memset(line, '1', 64);
	strcpy(line + 64, "\n");
	assert_int_equal(pin_from(line, pin), SK_OK);
	assert_int_equal(strlen(pin), 64);
	/* Too long: refused as a whole, and nothing of it stays. */
	strcpy(line + 64, "2\n");
	assert_int_equal(pin_from(line, pin), SK_E_SPACE);
	assert_memory_equal(pin, zeros, sizeof(pin));
	/* One line a prompt: the next one is still there. */
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "1111\n2222\n", 10), 10);
	assert_int_equal(pin_read("PIN", fds[0], pin), SK_OK);
	assert_string_equal(pin, "1111");
	assert_int_equal(pin_read("PIN", fds[0], pin), SK_OK);
	assert_string_equal(pin, "2222");
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(close(fds[1]), 0);
}

static bool echo_is_on(int fd)
{
	struct termios t;

	assert_int_equal(tcgetattr(fd, &t), 0);
	return (t.c_lflag & ECHO) != 0;
}

/* On a terminal: no echo while it is typed, echo again afterwards, also when a signal comes. */
static void pin_tty(void **state)
{
	int master;
	char seen[128] = "";
	int status;
	ssize_t n;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		char pin[PIN_MAX];
		bool ok = pin_read("PIN? ", -1, pin) == SK_OK && strcmp(pin, "987654") == 0 && echo_is_on(0);

		/* Second prompt: SIGTERM arrives while it waits. */
		if (ok && signal(SIGTERM, SIG_IGN) != SIG_ERR)
			ok = pin_read("PIN? ", -1, pin) == SK_E_CANCELLED && echo_is_on(0);
		_exit(ok ? 0 : 1);
	}
	for (int prompts = 0; prompts < 2; prompts++) {
		size_t len = 0;

		while (strstr(seen, "PIN? ") == NULL && (n = read(master, seen + len, sizeof(seen) - 1 - len)) > 0) {
			len += (size_t)n;
			seen[len] = '\0';
		}
		assert_non_null(strstr(seen, "PIN? "));
		assert_false(echo_is_on(master));
		assert_null(strstr(seen, "987654"));
		memset(seen, 0, sizeof(seen));
		if (prompts == 0)
			assert_int_equal(write(master, "987654\n", 7), 7);
		else
			assert_int_equal(kill(pid, SIGTERM), 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(close(master), 0);
}

static void widths(void **state)
{
	(void)state;
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		skip();
	assert_int_equal(rows_width("abc"), 3);
	assert_int_equal(rows_width("山田"), 4);
	assert_int_equal(rows_width("ｱ"), 1);
	assert_int_equal(rows_width("e\xCC\x81"), 1);
	assert_int_equal(rows_width("\xFF\xFF"), 2);
}

static void add_person(struct rows *r, const char *id, const char *name)
{
	uint8_t buf[1024];
	struct ipc_out o;
	struct ipc_msg m;
	struct sk_span bytes;

	ipc_out_init(&o, IPC_ADMIN_ROW, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_PERSON, id);
	ipc_out_text(&o, IPC_F_NAME, name);
	ipc_out_text(&o, IPC_F_STATUS, "active");
	ipc_out_num(&o, IPC_F_VALID_UNTIL, 1774969200);
	assert_int_equal(ipc_out_finish(&o, &bytes), SK_OK);
	assert_int_equal(ipc_parse(bytes, IPC_ADMIN_DOWN, &m), SK_OK);
	assert_int_equal(rows_add(r, ROW_PERSON, &m), SK_OK);
}

static void tables(void **state)
{
	struct rows r = { .n = 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json_object *o;

	(void)state;
	tokyo();
	(void)setlocale(LC_ALL, "C.UTF-8");
	assert_non_null(out);
	add_person(&r, "10234", "山田花子");
	add_person(&r, "7", "Sato");
	rows_print(&r, out);
	assert_int_equal(fclose(out), 0);
	/* Columns that nobody fills are left out; wide characters count twice. */
	assert_string_equal(text,
	    "NUMBER  NAME      STATUS  UNTIL\n"
	    "10234   山田花子  active  2026-04-01 00:00\n"
	    "7       Sato      active  2026-04-01 00:00\n");
	free(text);
	o = rows_json(&r.v[0]);
	assert_non_null(o);
	/* All keys of the kind, those without a value as null. */
	assert_string_equal(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
	    "{\"kind\":\"person\",\"person\":\"10234\",\"name\":\"山田花子\",\"account\":null,\"role\":null,\"status\":\"active\","
	    "\"valid_from\":null,\"valid_until\":\"2026-04-01T00:00:00+09:00\",\"created\":null,\"changed\":null}");
	json_object_put(o);
	rows_clear(&r);
	assert_int_equal(r.n, 0);
}

/* The statuses of the manual. */
static void exits(void **state)
{
	(void)state;
	assert_int_equal(request_exit(SK_OK), 0);
	assert_int_equal(request_exit(SK_E_DENIED), 1);
	assert_int_equal(request_exit(SK_E_ARG), 2);
	assert_int_equal(request_exit(SK_E_NOENT), 4);
	assert_int_equal(request_exit(SK_E_CORRUPT), 6);
	assert_int_equal(request_exit((enum sk_status)1), 1);
	assert_int_equal(request_exit((enum sk_status)-1000), 1);
	assert_string_equal(request_word(SK_E_EXIST), "exists");
	assert_int_equal(CTL_DOWN, 3);
	assert_int_equal(CTL_NO_PERMISSION, 5);
}

static void command_lines(void **state)
{
	char *none[] = { "sekishoctl", NULL }, *group[] = { "sekishoctl", "person", NULL },
	    *unknown[] = { "sekishoctl", "persons", "list", NULL }, *verb[] = { "sekishoctl", "person", "shoot", NULL },
	    *check[] = { "sekishoctl", "--json", "policy", "check", "/nowhere/sekisho.conf", NULL };

	(void)state;
	assert_int_equal(ctl_run(1, none), CTL_USAGE);
	assert_int_equal(ctl_run(2, group), CTL_USAGE);
	assert_int_equal(ctl_run(3, unknown), CTL_USAGE);
	assert_int_equal(ctl_run(3, verb), CTL_USAGE);
	assert_int_equal(ctl_run(5, check), CTL_NOT_FOUND);
}

struct place {
	char dir[64], etc[96], conf[96], anchors[96], state[96], crl[96], key[96];
	struct init_paths paths;
};

static void make_place(struct place *p)
{
	strcpy(p->dir, "/tmp/sekisho-init-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->etc, sizeof(p->etc), "%s/etc", p->dir);
	snprintf(p->conf, sizeof(p->conf), "%s/etc/sekisho.conf", p->dir);
	snprintf(p->anchors, sizeof(p->anchors), "%s/etc/anchors", p->dir);
	snprintf(p->state, sizeof(p->state), "%s/lib", p->dir);
	snprintf(p->crl, sizeof(p->crl), "%s/lib/crl", p->dir);
	snprintf(p->key, sizeof(p->key), "%s/lib/template.key", p->dir);
	p->paths = (struct init_paths){ .etc = p->etc, .conf = p->conf, .anchors = p->anchors, .state = p->state, .crl = p->crl,
		.key = p->key, .uid = geteuid(), .gid = getegid() };
}

static void remove_place(const struct place *p)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", p->dir);
	assert_int_equal(system(command), 0);
}

static void init_makes_all(void **state)
{
	struct place p;
	struct stat st;
	struct config c;
	struct config_error err;
	struct store *store = NULL;
	const struct ctl_args a = { .pin_fd = -1, .site = "市役所", .help_desk = "内線 2345", .terminal_id = "T-007" };

	(void)state;
	make_place(&p);
	assert_int_equal(init_run(&p.paths, &a), CTL_OK);
	assert_int_equal(config_load(p.conf, &c, &err), SK_OK);
	assert_string_equal(c.site, "市役所");
	assert_string_equal(c.help, "内線 2345");
	assert_string_equal(c.terminal, "T-007");
	assert_int_equal(stat(p.state, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(p.crl, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(p.key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(stat(p.anchors, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(p.conf, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(store_sqlite_open(p.state, &store), SK_OK);
	/* While the daemon has it open, and afterwards: prepared already. */
	assert_int_equal(init_run(&p.paths, &a), CTL_FAILED);
	store_free(&store);
	assert_int_equal(init_run(&p.paths, &a), CTL_FAILED);
	remove_place(&p);
}

static void init_keeps(void **state)
{
	struct place p;
	struct stat st;
	struct config c;
	struct config_error err;
	const struct ctl_args a = { .pin_fd = -1, .site = "New" };
	FILE *f;

	(void)state;
	make_place(&p);
	assert_int_equal(mkdir(p.etc, 0755), 0);
	f = fopen(p.conf, "w");
	assert_non_null(f);
	assert_true(fputs("[site]\nname = Old\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(p.conf, 0644), 0);
	assert_int_equal(init_run(&p.paths, &a), CTL_OK);
	assert_int_equal(config_load(p.conf, &c, &err), SK_OK);
	assert_string_equal(c.site, "Old");
	remove_place(&p);
	/* A bad one is not prepared around, and not taken away. */
	make_place(&p);
	assert_int_equal(mkdir(p.etc, 0755), 0);
	f = fopen(p.conf, "w");
	assert_non_null(f);
	assert_true(fputs("[bogus]\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(p.conf, 0644), 0);
	assert_int_equal(init_run(&p.paths, &a), CTL_FAILED);
	assert_int_equal(stat(p.conf, &st), 0);
	assert_int_equal(stat(p.key, &st), -1);
	remove_place(&p);
}

static void init_refuses(void **state)
{
	struct place p;
	struct stat st;
	const struct ctl_args inject = { .pin_fd = -1, .site = "x\nrequire_crl = no" };
	const struct ctl_args bad_id = { .pin_fd = -1, .terminal_id = "a/b" };
	struct ctl_args anchor = { .pin_fd = -1, .anchors_n = 1 };
	char file[96];
	FILE *f;

	(void)state;
	make_place(&p);
	assert_int_equal(init_run(&p.paths, &inject), CTL_USAGE);
	assert_int_equal(stat(p.conf, &st), -1);
	assert_int_equal(init_run(&p.paths, &bad_id), CTL_FAILED);
	assert_int_equal(stat(p.conf, &st), -1);
	/* An anchor that is none is taken away again, and the terminal isn't prepared. */
	snprintf(file, sizeof(file), "%s/ca.pem", p.dir);
	f = fopen(file, "w");
	assert_non_null(f);
	assert_true(fputs("no certificate\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	anchor.anchors[0] = file;
	assert_int_equal(init_run(&p.paths, &anchor), CTL_FAILED);
	snprintf(file, sizeof(file), "%s/ca.pem", p.anchors);
	assert_int_equal(stat(file, &st), -1);
	assert_int_equal(stat(p.key, &st), -1);
	anchor.anchors[0] = "/nowhere/ca.pem";
	assert_int_equal(init_run(&p.paths, &anchor), CTL_NOT_FOUND);
	/* A folder that others may change. */
	assert_int_equal(chmod(p.anchors, 0777), 0);
	anchor.anchors_n = 0;
	assert_int_equal(init_run(&p.paths, &anchor), CTL_FAILED);
	remove_place(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates),
		cmocka_unit_test(times),
		cmocka_unit_test(pin_fd),
		cmocka_unit_test(pin_tty),
		cmocka_unit_test(widths),
		cmocka_unit_test(tables),
		cmocka_unit_test(exits),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(init_makes_all),
		cmocka_unit_test(init_keeps),
		cmocka_unit_test(init_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
