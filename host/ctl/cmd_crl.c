/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl crl: hand a revocation list to the daemon, and see which are in force. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/request.h"
#include "safefile/safefile.h"

#define CRL_MAX ((size_t)2 << 30)
/* One message carries at most so much (IPC_F_BYTES). */
#define CHUNK 32768u
/* Progress is worth showing from here on. */
#define SHOW_FROM ((size_t)4 << 20)

/* A list on its way: read piece by piece, for it may be larger than memory. */
struct sending {
	const struct ctl_args *a;
	const char *path, *name; /* Name: its last part, for the record. */
	int file, daemon;
	size_t total, at;
	bool progress;
};

static void show(const struct sending *s)
{
	if (!s->progress)
		return;
	fputc('\r', stderr);
	fprintf(stderr, _("%s: %u of %u MiB"), s->name, (unsigned)(s->at >> 20), (unsigned)(s->total >> 20));
}

/* The next piece; a medium that was pulled out, or a file that shrinks, ends it. */
static enum ctl_exit next_piece(const struct sending *s, uint8_t piece[static CHUNK], size_t *ret_len)
{
	size_t want = s->total - s->at < CHUNK ? s->total - s->at : CHUNK, have = 0;

	while (have < want) {
		ssize_t n = pread(s->file, piece + have, want - have, (off_t)(s->at + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			ctl_error(_("%s can't be read to its end: was the medium taken out? The list in force stays."), s->path);
			return CTL_FAILED;
		}
		have += (size_t)n;
	}
	*ret_len = have;
	return CTL_OK;
}

/* The daemon can't read the administrator's files, so their bytes go through the socket; it checks the signature. */
static enum ctl_exit send_list(struct sending *s, struct answer *ret_answer)
{
	static uint8_t piece[CHUNK];
	struct request r;

	while (s->at < s->total) {
		size_t n = 0;
		enum ctl_exit e = next_piece(s, piece, &n);

		if (e != CTL_OK)
			return e;
		request_begin(&r, CMD_CRL_IMPORT);
		request_num(&r, IPC_F_COUNT, s->at);
		request_num(&r, IPC_F_TOTAL, s->total);
		ipc_out_bytes(&r.o, IPC_F_BYTES, piece, n);
		request_text(&r, IPC_F_PATH, s->name);
		e = request_ask(s->daemon, &r, s->a, ROW_CRL, ret_answer);
		if (e != CTL_OK || ret_answer->result != SK_OK)
			return e;
		s->at += n;
		if (s->at % (1u << 20) == 0)
			show(s);
	}
	return CTL_OK;
}

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

static enum ctl_exit send_and_show(struct sending *s)
{
	struct answer answer;
	enum ctl_exit e = request_connect(&s->daemon);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	e = send_list(s, &answer);
	if (s->progress)
		fputc('\n', stderr);
	(void)close(s->daemon);
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
	struct sending s = { .a = a, .path = a->arg[0], .name = slash != NULL ? slash + 1 : a->arg[0], .file = -1, .daemon = -1 };
	enum sk_status st = safefile_open(s.path, SAFEFILE_FOREIGN, CRL_MAX, &s.file, &s.total);
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

enum ctl_exit cmd_clock_accept(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_CLOCK_ACCEPT);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, ROW_CHECK, N_("The clock is taken as right from now on."));
}
