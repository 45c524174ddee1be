/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting sekisho-fetch; see fetch_spawn.h. The child gives up root before it runs anything of the network: no supplementary
 * groups, the user's ids for good, an empty environment, two descriptors.
 */
#include "ctl/fetch_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/ipc.h"

#define PROGRAM LIBEXECDIR "/sekisho-fetch"
/* Lists can have gigabytes: on disk, where no name and no other user leads to them. */
#define SPOOL_DIR "/var/tmp"
#define GRACE_MS 5000

enum sk_status fetch_find_user(struct fetch_user *ret_u)
{
	const struct passwd *pw = getpwnam(FETCH_USER);

	if (!pw)
		return SK_E_NOENT;
	if (pw->pw_uid == 0 || pw->pw_gid == 0)
		return SK_E_DENIED;
	*ret_u = (struct fetch_user){ pw->pw_uid, pw->pw_gid };
	return SK_OK;
}

/* Between fork and exec: only calls that are safe there. */
static void become(const struct fetch_user *u, int sock, int file)
{
	static char name[] = "sekisho-fetch";
	char *const argv[] = { name, NULL };
	char *const envp[] = { NULL };
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	(void)sigemptyset(&none);
	/* sock and file lie above 10, so that no dup2() hits the other; it takes close-on-exec off. */
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(sock, 3) < 0 ||
	    dup2(file, 4) < 0 || close_range(5, ~0u, 0) != 0 || sigprocmask(SIG_SETMASK, &none, NULL) != 0 ||
	    signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		_exit(126);
	if (setgroups(0, NULL) != 0 || setresgid(u->gid, u->gid, u->gid) != 0 ||
	    setresuid(u->uid, u->uid, u->uid) != 0 || setuid(0) == 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    chdir("/") != 0)
		_exit(126);
	(void)execve(PROGRAM, argv, envp);
	_exit(127);
}

static enum sk_status ask(int sock, const struct fetch_job *job)
{
	uint8_t buf[2048];
	struct ipc_out o;
	enum sk_status st;

	ipc_out_init(&o, IPC_FETCH_GET, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_PATH, job->url);
	ipc_out_num(&o, IPC_F_TOTAL, job->max);
	ipc_out_num(&o, IPC_F_MAX_S, job->deadline_s);
	if (job->since > 0)
		ipc_out_num(&o, IPC_F_TIME, (uint64_t)job->since);
	if (job->proxy[0] != '\0')
		ipc_out_text(&o, IPC_F_NAME, job->proxy);
	if (job->request.len > 0)
		ipc_out_bytes(&o, IPC_F_BYTES, job->request.p, job->request.len);
	st = ipc_send(sock, &o);
	return st == SK_E_FORMAT || st == SK_E_SPACE ? SK_E_ARG : st;
}

static enum sk_status hear(int sock, const struct fetch_job *job, int64_t *ret_modified, char reterr_what[static FETCH_WHAT_MAX])
{
	uint8_t buf[2048];
	char text[FETCH_WHAT_MAX];
	struct ipc_msg m;
	enum sk_status st = ipc_recv(sock, IPC_FETCH_UP, (int)(job->deadline_s * 1000) + GRACE_MS, buf, sizeof(buf),
	    &m);

	if (st == SK_E_TIMEOUT) {
		(void)snprintf(reterr_what, FETCH_WHAT_MAX, "it didn't end in time");
		return st;
	}
	if (st != SK_OK) {
		(void)snprintf(reterr_what, FETCH_WHAT_MAX, "sekisho-fetch ended without an answer");
		return SK_E_FAULT;
	}
	st = (enum sk_status)(int32_t)(uint32_t)ipc_num(&m, IPC_F_RESULT);
	*ret_modified = ipc_has(&m, IPC_F_TIME) ? (int64_t)ipc_num(&m, IPC_F_TIME) : 0;
	if (st != SK_OK) {
		if (ipc_text(&m, IPC_F_TEXT, text, sizeof(text)) != SK_OK || text[0] == '\0')
			(void)snprintf(text, sizeof(text), "the transfer failed");
		(void)snprintf(reterr_what, FETCH_WHAT_MAX, "%s", text);
	}
	return st;
}

/* The child is asked, heard and buried. */
static enum sk_status talk(pid_t pid, int sock, const struct fetch_job *job, int64_t *ret_modified, char reterr_what[static FETCH_WHAT_MAX])
{
	enum sk_status st = ask(sock, job);

	if (st != SK_OK)
		(void)snprintf(reterr_what, FETCH_WHAT_MAX, "sekisho-fetch can't be asked");
	else
		st = hear(sock, job, ret_modified, reterr_what);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return st;
}

/* The file is the child's work: what it says about itself is looked at. */
static enum sk_status measure(int file, const struct fetch_job *job, uint32_t *ret_len,
    char reterr_what[static FETCH_WHAT_MAX])
{
	struct stat s;

	if (fstat(file, &s) != 0 || s.st_size < 0) {
		(void)snprintf(reterr_what, FETCH_WHAT_MAX, "the file that was fetched can't be read");
		return SK_E_IO;
	}
	if (s.st_size == 0 || (uint64_t)s.st_size > job->max) {
		(void)snprintf(reterr_what, FETCH_WHAT_MAX, "%s",
		    s.st_size == 0 ? "it is empty" : "it is larger than what is taken");
		return s.st_size == 0 ? SK_E_FORMAT : SK_E_SPACE;
	}
	*ret_len = (uint32_t)s.st_size;
	return SK_OK;
}

static int above_10(int fd)
{
	int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 10) : -1;

	if (fd >= 0)
		(void)close(fd);
	return high;
}

enum sk_status fetch_spawn(const struct fetch_user *u, const struct fetch_job *job, struct fetch_got *ret_got,
    char reterr_what[static FETCH_WHAT_MAX])
{
	int sv[2] = { -1, -1 }, theirs = -1;
	int file = above_10(open(SPOOL_DIR, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	struct fetch_got got = { .file = file };
	enum sk_status st = SK_E_IO;
	pid_t pid = -1;

	(void)snprintf(reterr_what, FETCH_WHAT_MAX, "sekisho-fetch can't be started");
	if (file >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == 0)
		theirs = above_10(sv[1]);
	if (theirs >= 0)
		pid = fork();
	if (pid == 0)
		become(u, theirs, file);
	if (theirs >= 0)
		(void)close(theirs);
	if (pid > 0)
		st = talk(pid, sv[0], job, &got.modified, reterr_what);
	if (sv[0] >= 0)
		(void)close(sv[0]);
	if (st == SK_OK)
		st = measure(file, job, &got.len, reterr_what);
	if (st == SK_OK)
		*ret_got = got;
	else if (file >= 0)
		(void)close(file);
	return st;
}
