/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho-crl at work; see compile.h. */
#include "daemon/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crl/facts.h"
#include "crl/helper.h"
#include "daemon/spawn.h"
#include "trust/trust.h"

/* A list of 2 GiB takes some 20 s. */
#define DEADLINE_S 300u
/* The one that runs; fn NULL: none. */
static struct {
	compile_done_fn *fn;
	struct daemon *d;
	pid_t pid;
	int answer_fd;
	size_t len;
	uint8_t answer[CRL_FACTS_BYTES_MAX];
	sd_event_source *child, *io, *deadline;
} job;

static int folder_open(void)
{
	return open(SEKISHO_CRL_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int compile_incoming(void)
{
	compile_forget();
	return open(SEKISHO_CRL_DIR "/" TRUST_INCOMING_LIST, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
}

void compile_forget(void)
{
	(void)unlink(SEKISHO_CRL_DIR "/" TRUST_INCOMING_LIST);
	(void)unlink(SEKISHO_CRL_DIR "/" TRUST_INCOMING_INDEX);
}

/* Whatever has been said and not read. */
static void drain(void)
{
	ssize_t n = 1;

	while (job.answer_fd >= 0 && n > 0 && job.len < sizeof(job.answer)) {
		n = read(job.answer_fd, job.answer + job.len, sizeof(job.answer) - job.len);
		if (n > 0)
			job.len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
}

static int on_answer(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	(void)fd;
	(void)revents;
	(void)userdata;
	drain();
	/* Full, or at its end: its exit is what counts now. */
	(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
	return 0;
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s;
	(void)usec;
	(void)userdata;
	(void)kill(job.pid, SIGKILL);
	return 0;
}

static int on_exit_(sd_event_source *s, const siginfo_t *si, void *userdata)
{
	static const uint8_t none[32] = { 0 };
	compile_done_fn *fn = job.fn;
	char what[CRL_WHAT_MAX] = "";
	struct crl_facts *facts = calloc(1, sizeof(*facts));
	enum sk_status st = SK_E_NOMEM;

	(void)s;
	(void)userdata;
	drain();
	if (facts != NULL)
		st = crl_answer_get((struct sk_span){ job.answer, job.len }, facts, what);
	/* Facts from a process that then died are not worth more than none. */
	if (st == SK_OK && (si->si_code != CLD_EXITED || si->si_status != CRL_HELPER_MADE))
		st = SK_E_FAULT;
	(void)close(job.answer_fd);
	sd_event_source_disable_unref(job.io);
	sd_event_source_disable_unref(job.deadline);
	sd_event_source_disable_unref(job.child);
	memset(&job, 0, sizeof(job));
	if (st != SK_OK && what[0] == '\0')
		(void)snprintf(what, sizeof(what), "%s", si->si_code == CLD_EXITED ? "the list can't be read" : "reading the list took too long or failed");
	fn(NULL, st, st == SK_OK ? facts->der_hash : none, what);
	free(facts);
	return 0;
}

static enum sk_status spawn_with_pipe(pid_t *ret_pid, int *ret_answer)
{
	char *const envp[] = { NULL };
	int ends[2], fds[3];
	enum sk_status st = SK_E_IO;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return SK_E_IO;
	/* CRL_HELPER_IN_FD, _DIR_FD, _ANSWER_FD: 3, 4, 5. */
	fds[0] = spawn_lift(open(SEKISHO_CRL_DIR "/" TRUST_INCOMING_LIST, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
	fds[1] = spawn_lift(folder_open());
	fds[2] = spawn_lift(ends[1]);
	if (fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		st = spawn_program(LIBEXECDIR "/sekisho-crl", "sekisho-crl", fds, 3, envp, ret_pid);
	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	if (st != SK_OK)
		(void)close(ends[0]);
	else
		*ret_answer = ends[0];
	return st;
}

enum sk_status compile_start(struct daemon *d, compile_done_fn *fn)
{
	enum sk_status st;

	if (job.fn != NULL)
		return SK_E_BUSY;
	st = spawn_with_pipe(&job.pid, &job.answer_fd);
	if (st != SK_OK)
		return st;
	job.d = d;
	if (sd_event_add_child(d->event, &job.child, job.pid, WEXITED, on_exit_, NULL) < 0) {
		/* Can't be collected later, so collect it now. */
		(void)kill(job.pid, SIGKILL);
		while (waitpid(job.pid, NULL, 0) < 0 && errno == EINTR)
			;
		(void)close(job.answer_fd);
		memset(&job, 0, sizeof(job));
		return SK_E_IO;
	}
	job.fn = fn;
	if (sd_event_add_io(d->event, &job.io, job.answer_fd, EPOLLIN, on_answer, NULL) < 0 ||
	    sd_event_add_time_relative(d->event, &job.deadline, CLOCK_BOOTTIME, DEADLINE_S * UINT64_C(1000000), 0, on_deadline, NULL) < 0)
		(void)kill(job.pid, SIGKILL); /* on_exit_ does the rest */
	return SK_OK;
}
