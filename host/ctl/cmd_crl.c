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
		return ctl_load_failed(st, s.path, N_("%s is larger than 2 GiB."));
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

/* Its status is the daemon's word. */
static bool is_good(const struct row *row)
{
	const struct sk_span *status = &row->m.f[IPC_F_STATUS];

	return status->len == 4 && memcmp(status->p, "good", 4) == 0;
}

enum ctl_exit cmd_crl_status(const struct ctl_args *a)
{
	return request_judge(CMD_CRL_STATUS, ROW_CRL, a, is_good);
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
