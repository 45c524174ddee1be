/* SPDX-License-Identifier: Apache-2.0 */
/* See stage.h. */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char confdir[64];
static char module_path[PATH_MAX];

static int write_file(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	if (f == NULL)
		return -1;
	(void)fputs(text, f);
	return fclose(f);
}

/* One stack: our module with @p args in all four places, and @p more after it. */
static int write_stack(const char *name, const char *args, const char *more)
{
	static const char *const places[] = { "auth", "account", "session", "password" };
	static char text[8 * (PATH_MAX + 64)];
	size_t len = 0;

	for (size_t i = 0; i < 4; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s required %s %s\n", places[i], module_path,
		    args);
		if (*more != '\0')
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s required %s\n", places[i], more);
	}
	return write_file(confdir, name, text);
}

/* LOCALEDIR is compiled into the module. Below /run it is ours alone already. */
static int copy_catalogue(const char *from)
{
	char command[512];

	if (strncmp(LOCALEDIR, "/run/", 5) != 0 && mount("none", LOCALEDIR, "tmpfs", 0, "mode=755") != 0)
		return -1;
	(void)snprintf(command, sizeof(command),
	    "mkdir -p " LOCALEDIR "/ja/LC_MESSAGES && cp '%s' " LOCALEDIR "/ja/LC_MESSAGES/sekisho.mo", from);
	return system(command);
}

int stage_enter(const char *module, const char *peek, const char *catalogue)
{
	/* libpam wants the whole path */
	char peek_path[PATH_MAX];

	if (realpath(module, module_path) == NULL || realpath(peek, peek_path) == NULL)
		return -1;
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", "/run", "tmpfs", 0, "mode=755") != 0 || copy_catalogue(catalogue) != 0)
		return -1;
	(void)strcpy(confdir, "/tmp/sekisho-pam-XXXXXX");
	if (mkdtemp(confdir) == NULL)
		return -1;
	return write_stack("plain", "", "") | write_stack("peek", "", peek_path) | write_stack("ja", "lang=C.UTF-8", "") |
	    write_stack("nolocale", "lang=xx_YY.UTF-8", "") | write_stack("arg-debug", "debug", "") |
	    write_stack("arg-nolang", "lang=", "") | write_stack("arg-path", "lang=../../tmp/x", "") |
	    write_stack("arg-twice", "lang=C.UTF-8 lang=C", "") | write_stack("arg-more", "lang=C nullok", "") |
	    write_stack("unlock", "unlock lang=C", "") | write_stack("arg-unlock-twice", "unlock unlock", "") |
	    write_stack("arg-unlocked", "unlocked", "");
}

void stage_leave(void)
{
	static const char *const names[] = { "plain", "peek", "ja", "nolocale", "arg-debug", "arg-nolang", "arg-path",
		"arg-twice", "arg-more", "unlock", "arg-unlock-twice", "arg-unlocked" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", confdir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(confdir);
}

const char *stage_module(void)
{
	return module_path;
}

int stage_setup(void **state)
{
	struct stage *s;

	if (chmod("/run", 0755) != 0 || chown("/run", 0, 0) != 0)
		return -1;
	(void)unlink(STAGE_SOCKET);
	(void)unlink(STAGE_DIR); /* a test may have made it a symlink */
	(void)rmdir(STAGE_DIR);
	if (mkdir(STAGE_DIR, 0755) != 0)
		return -1;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -1;
	*state = s;
	s->person.out = open_memstream(&s->said, &s->said_len);
	s->service = "plain";
	s->user = "taro";
	s->conv = driver_conv;
	if (masked_hide(&s->person.secret, STAGE_PIN, strlen(STAGE_PIN)) != 0)
		return -1;
	s->person.pin_given = true;
	return 0;
}

int stage_teardown(void **state)
{
	struct stage *s = *state;

	if (s->pamh != NULL)
		(void)pam_end(s->pamh, PAM_SUCCESS);
	if (s->daemon != 0) {
		(void)kill(s->daemon, SIGKILL);
		(void)waitpid(s->daemon, NULL, 0);
	}
	(void)fclose(s->person.out);
	free(s->said);
	free(s);
	return 0;
}

static int listen_at(int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = STAGE_SOCKET };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)unlink(STAGE_SOCKET);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0 || chmod(STAGE_SOCKET, 0666) != 0)
		return -1;
	return fd;
}

static _Noreturn void be_daemon(int fd, int ready, stage_play *const plays[], uid_t uid)
{
	/* A script that waits for what never comes must not outlive the test. */
	(void)alarm(20);
	/* SO_PEERCRED shows who called listen() */
	if (uid != 0 && setresuid(uid, uid, uid) != 0)
		play_fail(__LINE__);
	if (listen(fd, 1) != 0 || write(ready, "", 1) != 1)
		play_fail(__LINE__);
	(void)close(ready);
	for (size_t i = 0; plays[i] != NULL; i++) {
		int conn = accept(fd, NULL, NULL);

		if (conn < 0)
			play_fail(__LINE__);
		plays[i](conn);
		(void)close(conn);
	}
	_exit(0);
}

void stage_daemon_as(struct stage *s, stage_play *const plays[], uid_t uid, int type)
{
	int ready[2], fd = listen_at(type);
	char c;

	assert_true(fd >= 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	s->daemon = fork();
	assert_true(s->daemon >= 0);
	if (s->daemon == 0) {
		(void)close(ready[0]);
		be_daemon(fd, ready[1], plays, uid);
	}
	(void)close(ready[1]);
	(void)close(fd);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
}

void stage_daemon(struct stage *s, stage_play *const plays[])
{
	stage_daemon_as(s, plays, 0, SOCK_SEQPACKET);
}

void stage_daemon_one(struct stage *s, stage_play *play)
{
	stage_play *const plays[] = { play, NULL };

	stage_daemon(s, plays);
}

void stage_daemon_done(struct stage *s)
{
	int status;

	assert_int_equal(waitpid(s->daemon, &status, 0), s->daemon);
	s->daemon = 0;
	/* what was unexpected has been printed by play_fail() */
	assert_int_equal(status, 0);
}

void stage_start(struct stage *s)
{
	const struct pam_conv conv = { s->conv, &s->person };

	if (s->pamh != NULL)
		(void)pam_end(s->pamh, PAM_SUCCESS);
	s->pamh = NULL;
	assert_int_equal(pam_start_confdir(s->service, s->user, &conv, confdir, &s->pamh), PAM_SUCCESS);
	if (s->tty != NULL)
		assert_int_equal(pam_set_item(s->pamh, PAM_TTY, s->tty), PAM_SUCCESS);
	if (s->rhost != NULL)
		assert_int_equal(pam_set_item(s->pamh, PAM_RHOST, s->rhost), PAM_SUCCESS);
	if (s->ruser != NULL)
		assert_int_equal(pam_set_item(s->pamh, PAM_RUSER, s->ruser), PAM_SUCCESS);
}

int stage_auth(struct stage *s, int flags)
{
	stage_start(s);
	return pam_authenticate(s->pamh, flags);
}

int stage_attempt(struct stage *s, stage_play *play)
{
	int err;

	stage_daemon_one(s, play);
	err = stage_auth(s, 0);
	stage_daemon_done(s);
	return err;
}

const char *stage_said(struct stage *s)
{
	(void)fflush(s->person.out);
	return s->said;
}

const char *stage_user(const struct stage *s)
{
	const void *user = NULL;

	assert_int_equal(pam_get_item(s->pamh, PAM_USER, &user), PAM_SUCCESS);
	return user != NULL ? user : "";
}
