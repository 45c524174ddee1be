/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl crl: hand a revocation list to the daemon, and see which are in force. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/request.h"
#include "safefile/safefile.h"

#define CRL_MAX (64u * 1024 * 1024)
/* One message carries at most so much (IPC_F_BYTES). */
#define CHUNK 32768u

/* The daemon can't read the administrator's files, so their bytes go through the socket; it checks the signature. */
static enum ctl_exit send_list(int fd, const struct ctl_args *a, struct sk_span list, struct answer *ret_answer)
{
	const char *slash = strrchr(a->arg[0], '/');
	struct request r;

	for (size_t at = 0; at < list.len; at += CHUNK) {
		size_t n = list.len - at < CHUNK ? list.len - at : CHUNK;
		enum ctl_exit e;

		request_begin(&r, CMD_CRL_IMPORT);
		request_num(&r, IPC_F_COUNT, at);
		request_num(&r, IPC_F_TOTAL, list.len);
		ipc_out_bytes(&r.o, IPC_F_BYTES, list.p + at, n);
		request_text(&r, IPC_F_PATH, slash != NULL ? slash + 1 : a->arg[0]);
		e = request_ask(fd, &r, a, ROW_CRL, ret_answer);
		if (e != CTL_OK || ret_answer->result != SK_OK)
			return e;
	}
	return CTL_OK;
}

static enum ctl_exit load_failed(enum sk_status st, const char *path)
{
	if (st == SK_E_NOENT) {
		ctl_error(_("There is no file %s."), path);
		return CTL_NOT_FOUND;
	}
	if (st == SK_E_SPACE)
		ctl_error(_("%s is larger than 64 MiB."), path);
	else
		ctl_error(_("%s can't be read, or isn't a regular file."), path);
	return CTL_FAILED;
}

enum ctl_exit cmd_crl_import(const struct ctl_args *a)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	struct answer answer;
	int fd;
	enum ctl_exit e;
	enum sk_status st = safefile_load(a->arg[0], SAFEFILE_FOREIGN, CRL_MAX, &bytes, &len);

	if (st != SK_OK)
		return load_failed(st, a->arg[0]);
	if (len == 0) {
		free(bytes);
		ctl_error(_("%s is empty."), a->arg[0]);
		return CTL_FAILED;
	}
	e = request_connect(&fd);
	if (e == CTL_OK) {
		memset(&answer, 0, sizeof(answer));
		e = send_list(fd, a, (struct sk_span){ bytes, len }, &answer);
		(void)close(fd);
		if (e == CTL_OK)
			e = request_show(&answer, a, N_("The list is in force."));
		answer_clear(&answer);
	}
	free(bytes);
	return e;
}

enum ctl_exit cmd_crl_status(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_CRL_STATUS);
	return request_run(&r, a, ROW_CRL, NULL);
}
