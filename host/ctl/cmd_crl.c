/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl crl: hand a revocation list to the daemon, and see which are in force. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/request.h"
#include "ctl/upload.h"
#include "safefile/safefile.h"

/* Progress is worth showing from here on. */
#define SHOW_FROM ((size_t)4 << 20)

static enum ctl_exit open_failed(enum sk_status st, const char *path)
{
	if (st == SK_E_NOENT) {
		ctl_error(_("There is no file %s."), path);
		return CTL_NOT_FOUND;
	}
	if (st == SK_E_SPACE)
		ctl_error(_("%s is larger than 2 GiB."), path);
	else
		ctl_error(_("%s can't be read, or isn't a regular file."), path);
	return CTL_FAILED;
}

static enum ctl_exit send_and_show(const struct upload *s)
{
	struct answer answer;
	int daemon = -1;
	enum ctl_exit e = request_connect(&daemon);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	e = upload_list(daemon, s, &answer);
	if (s->progress)
		fputc('\n', stderr);
	(void)close(daemon);
	if (e == CTL_OK && answer.result != SK_OK && !s->a->json)
		fprintf(stderr, "%s: ", s->path);
	if (e == CTL_OK)
		e = request_show(&answer, s->a, N_("The list is in force."));
	answer_clear(&answer);
	return e;
}

enum ctl_exit cmd_crl_import(const struct ctl_args *a)
{
	const char *slash = strrchr(a->arg[0], '/');
	struct upload s = { .a = a, .path = a->arg[0], .name = slash != NULL ? slash + 1 : a->arg[0], .file = -1 };
	enum sk_status st = safefile_open(s.path, SAFEFILE_FOREIGN, UPLOAD_MAX, &s.file, &s.total);
	enum ctl_exit e;

	if (st != SK_OK)
		return open_failed(st, s.path);
	s.progress = s.total >= SHOW_FROM && isatty(STDERR_FILENO) == 1;
	if (s.total > 0) {
		e = send_and_show(&s);
	} else {
		ctl_error(_("%s is empty."), s.path);
		e = CTL_FAILED;
	}
	(void)close(s.file);
	return e;
}

/* Is one of them not good? Its status is the daemon's word. */
static bool some_old(const struct answer *answer)
{
	for (size_t i = 0; i < answer->rows.n; i++) {
		struct sk_span status = answer->rows.v[i].m.f[IPC_F_STATUS];

		if (status.len != 4 || memcmp(status.p, "good", 4) != 0)
			return true;
	}
	return false;
}

enum ctl_exit cmd_crl_status(const struct ctl_args *a)
{
	struct request r;
	struct answer answer;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	request_begin(&r, CMD_CRL_STATUS);
	e = request_ask(fd, &r, a, ROW_CRL, &answer);
	(void)close(fd);
	if (e == CTL_OK)
		e = request_show(&answer, a, NULL);
	if (e == CTL_OK && some_old(&answer))
		e = CTL_PROBLEMS;
	answer_clear(&answer);
	return e;
}

enum ctl_exit cmd_crl_forget(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_CRL_FORGET);
	request_text(&r, IPC_F_NAME, a->arg[0]);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, ROW_CRL, N_("The list is no longer in force."));
}

enum ctl_exit cmd_clock_accept(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_CLOCK_ACCEPT);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, ROW_CHECK, N_("The clock is taken as right from now on."));
}
