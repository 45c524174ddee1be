/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pamdrive: a login program for tests. It runs a real PAM stack from a folder of the test and plays the person
 * at the keyboard, honest or not. Exit status 0 only when every step asked for returned PAM_SUCCESS.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memscan.h"
#include "pamdrive.h"

#define ANSWERS_MAX 32u

struct options {
	const char *confdir, *service, *user, *tty, *rhost, *ruser, *session, *prompt_log;
	bool acct, setcred, silent, chauthtok, time;
	int scan_fd, pin_fd;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Names of Linux-PAM's codes, which pam_strerror() does not give. */
static const char *code_name(int code)
{
	static const char *const names[] = { "PAM_SUCCESS", "PAM_OPEN_ERR", "PAM_SYMBOL_ERR", "PAM_SERVICE_ERR",
		"PAM_SYSTEM_ERR", "PAM_BUF_ERR", "PAM_PERM_DENIED", "PAM_AUTH_ERR", "PAM_CRED_INSUFFICIENT",
		"PAM_AUTHINFO_UNAVAIL", "PAM_USER_UNKNOWN", "PAM_MAXTRIES", "PAM_NEW_AUTHTOK_REQD",
		"PAM_ACCT_EXPIRED", "PAM_SESSION_ERR", "PAM_CRED_UNAVAIL", "PAM_CRED_EXPIRED", "PAM_CRED_ERR",
		"PAM_NO_MODULE_DATA", "PAM_CONV_ERR", "PAM_AUTHTOK_ERR", "PAM_AUTHTOK_RECOVERY_ERR",
		"PAM_AUTHTOK_LOCK_BUSY", "PAM_AUTHTOK_DISABLE_AGING", "PAM_TRY_AGAIN", "PAM_IGNORE", "PAM_ABORT",
		"PAM_AUTHTOK_EXPIRED", "PAM_MODULE_UNKNOWN", "PAM_BAD_ITEM", "PAM_CONV_AGAIN", "PAM_INCOMPLETE" };

	return code >= 0 && (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : "PAM_?";
}

/* The first line behind a descriptor; standard input and output would buffer and so keep it. */
static int read_secret(int fd, struct masked *ret_secret)
{
	char buf[MASKED_MAX + 2] = "";
	size_t len = 0;
	int err;
	ssize_t n;

	while (len < sizeof(buf) - 1 && (n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	len = strcspn(buf, "\r\n");
	err = masked_hide(ret_secret, buf, len);
	explicit_bzero(buf, sizeof(buf));
	return err;
}

/* One line of a file of answers each; answers may be empty. */
static int read_answers(const char *path, struct driver *d)
{
	char line[256];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return -1;
	while (d->answers_n < ANSWERS_MAX && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		d->answers[d->answers_n++] = strdup(line);
	}
	(void)fclose(f);
	return 0;
}

static int run_command(pam_handle_t *pamh, const char *command)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (pid == 0) {
		char **env = pam_getenvlist(pamh);

		for (size_t i = 0; env != NULL && env[i] != NULL; i++)
			(void)putenv(env[i]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int step(const char *name, int code)
{
	printf("%s=%s\n", name, code_name(code));
	return code;
}

static int run_session(pam_handle_t *pamh, const struct options *o)
{
	int err = step("open_session", pam_open_session(pamh, o->silent ? (int)PAM_SILENT : 0));
	int closed;

	if (err != PAM_SUCCESS)
		return err;
	(void)fflush(stdout);
	printf("command=%d\n", run_command(pamh, o->session));
	closed = step("close_session", pam_close_session(pamh, 0));
	return closed;
}

/* pam_authenticate(), on request with what it took; loading the modules is part of it. Unit: µs. */
static int run_authenticate(pam_handle_t *pamh, const struct options *o, int flags)
{
	struct timespec from, to;
	int err;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	err = pam_authenticate(pamh, flags);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	if (o->time)
		printf("time-us=%lld\n", (long long)(to.tv_sec - from.tv_sec) * 1000000 +
		    (to.tv_nsec - from.tv_nsec) / 1000);
	return err;
}

static int run_steps(pam_handle_t *pamh, const struct options *o, const struct driver *d)
{
	int silent = o->silent ? (int)PAM_SILENT : 0;
	int err;

	if (o->chauthtok)
		return step("chauthtok", pam_chauthtok(pamh, silent));
	err = step("authenticate", run_authenticate(pamh, o, silent));
	if (o->scan_fd >= 0 && d->secret.len > 0)
		printf("pin-copies=%ld\n", masked_count(&d->secret));
	if (err == PAM_SUCCESS && o->acct)
		err = step("acct", pam_acct_mgmt(pamh, silent));
	if (err == PAM_SUCCESS && o->setcred)
		err = step("setcred", pam_setcred(pamh, (int)PAM_ESTABLISH_CRED | silent));
	if (err == PAM_SUCCESS && o->session != NULL)
		err = run_session(pamh, o);
	return err;
}

static int set_items(pam_handle_t *pamh, const struct options *o)
{
	const struct { int item; const char *text; } items[] = {
		{ PAM_TTY, o->tty }, { PAM_RHOST, o->rhost }, { PAM_RUSER, o->ruser },
	};

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		if (items[i].text != NULL && pam_set_item(pamh, items[i].item, items[i].text) != PAM_SUCCESS)
			return -1;
	}
	return 0;
}

static int drive(const struct options *o, struct driver *d)
{
	const struct pam_conv conv = { driver_conv, d };
	const void *user = NULL;
	pam_handle_t *pamh = NULL;
	int err = pam_start_confdir(o->service, o->user, &conv, o->confdir, &pamh);

	if (err != PAM_SUCCESS) {
		printf("result=%s user=\n", code_name(err));
		return err;
	}
	d->start_ms = now_ms();
	if (set_items(pamh, o) != 0)
		err = PAM_SYSTEM_ERR;
	else
		err = run_steps(pamh, o, d);
	if (pam_get_item(pamh, PAM_USER, &user) != PAM_SUCCESS || user == NULL)
		user = "";
	printf("result=%s user=%s\n", code_name(err), (const char *)user);
	(void)pam_end(pamh, err);
	return err;
}

static int usage(void)
{
	fprintf(stderr, "usage: pamdrive --confdir DIR --service NAME [--user NAME] [--mode MODE]\n"
	    "  [--answers FILE] [--pin-fd N] [--scan-memory-for-fd N] [--answer-delay-ms N]\n"
	    "  [--tty T] [--rhost H] [--ruser U] [--silent] [--acct] [--setcred] [--session CMD]\n"
	    "  [--chauthtok] [--prompt-log FILE] [--time]\n"
	    "modes: answer cancel hang null empty long nul nonsense conv-err eof\n");
	return 2;
}

enum { OPT_CONFDIR = 1, OPT_SERVICE, OPT_USER, OPT_MODE, OPT_ANSWERS, OPT_PIN_FD, OPT_SCAN, OPT_DELAY, OPT_TTY,
	OPT_RHOST, OPT_RUSER, OPT_SILENT, OPT_ACCT, OPT_SETCRED, OPT_SESSION, OPT_CHAUTHTOK, OPT_LOG,
	OPT_TIME };

static const struct option long_options[] = {
	{ "confdir", required_argument, NULL, OPT_CONFDIR },
	{ "service", required_argument, NULL, OPT_SERVICE },
	{ "user", required_argument, NULL, OPT_USER },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "answers", required_argument, NULL, OPT_ANSWERS },
	{ "pin-fd", required_argument, NULL, OPT_PIN_FD },
	{ "scan-memory-for-fd", required_argument, NULL, OPT_SCAN },
	{ "answer-delay-ms", required_argument, NULL, OPT_DELAY },
	{ "tty", required_argument, NULL, OPT_TTY },
	{ "rhost", required_argument, NULL, OPT_RHOST },
	{ "ruser", required_argument, NULL, OPT_RUSER },
	{ "silent", no_argument, NULL, OPT_SILENT },
	{ "acct", no_argument, NULL, OPT_ACCT },
	{ "setcred", no_argument, NULL, OPT_SETCRED },
	{ "session", required_argument, NULL, OPT_SESSION },
	{ "chauthtok", no_argument, NULL, OPT_CHAUTHTOK },
	{ "prompt-log", required_argument, NULL, OPT_LOG },
	{ "time", no_argument, NULL, OPT_TIME },
	{ NULL, 0, NULL, 0 },
};

static int take_option(int opt, struct options *o, struct driver *d)
{
	switch (opt) {
	case OPT_CONFDIR: o->confdir = optarg; return 0;
	case OPT_SERVICE: o->service = optarg; return 0;
	case OPT_USER: o->user = optarg; return 0;
	case OPT_MODE: return driver_mode(optarg, &d->mode);
	case OPT_ANSWERS: return read_answers(optarg, d);
	case OPT_PIN_FD: o->pin_fd = atoi(optarg); return 0;
	case OPT_SCAN: o->scan_fd = atoi(optarg); return 0;
	case OPT_DELAY: d->delay_ms = (unsigned)atoi(optarg); return 0;
	case OPT_TTY: o->tty = optarg; return 0;
	case OPT_RHOST: o->rhost = optarg; return 0;
	case OPT_RUSER: o->ruser = optarg; return 0;
	case OPT_SILENT: o->silent = true; return 0;
	case OPT_ACCT: o->acct = true; return 0;
	case OPT_SETCRED: o->setcred = true; return 0;
	case OPT_SESSION: o->session = optarg; return 0;
	case OPT_CHAUTHTOK: o->chauthtok = true; return 0;
	case OPT_LOG: o->prompt_log = optarg; return 0;
	case OPT_TIME: o->time = true; return 0;
	default: return -1;
	}
}

int main(int argc, char **argv)
{
	struct options o = { .scan_fd = -1, .pin_fd = -1 };
	static struct driver d;
	int opt, err;

	d.out = stdout;
	/* as login programs do */
	(void)setlocale(LC_ALL, "");
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (take_option(opt, &o, &d) != 0)
			return usage();
	}
	if (o.confdir == NULL || o.service == NULL || optind != argc)
		return usage();
	if (o.prompt_log != NULL && (d.log = fopen(o.prompt_log, "we")) == NULL)
		return usage();
	if (o.pin_fd >= 0 || o.scan_fd >= 0) {
		if (read_secret(o.pin_fd >= 0 ? o.pin_fd : o.scan_fd, &d.secret) != 0)
			return usage();
	}
	d.pin_given = o.pin_fd >= 0;
	err = drive(&o, &d);
	if (d.log != NULL)
		(void)fclose(d.log);
	for (size_t i = 0; i < d.answers_n; i++)
		free(d.answers[i]);
	return err == PAM_SUCCESS ? 0 : 1;
}
