/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl crl: hand a revocation list to the daemon, and see which are in force. */
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/request.h"
#include "ctl/upload.h"
#include "safefile/safefile.h"

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
	const char *slash = strrchr(a->arg[0], '/');
	struct answer answer;
	size_t len = 0;
	int fd, file = -1;
	enum ctl_exit e;
	enum sk_status st = safefile_open(a->arg[0], SAFEFILE_FOREIGN, UPLOAD_MAX, &file, &len);

	if (st != SK_OK)
		return load_failed(st, a->arg[0]);
	if (len == 0) {
		(void)close(file);
		ctl_error(_("%s is empty."), a->arg[0]);
		return CTL_FAILED;
	}
	e = request_connect(&fd);
	if (e == CTL_OK) {
		memset(&answer, 0, sizeof(answer));
		e = upload_list(fd, file, (uint32_t)len, slash != NULL ? slash + 1 : a->arg[0], a, &answer);
		(void)close(fd);
		if (e == CTL_OK)
			e = request_show(&answer, a, N_("The list is in force."));
		answer_clear(&answer);
	}
	(void)close(file);
	return e;
}

enum ctl_exit cmd_crl_status(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_CRL_STATUS);
	return request_run(&r, a, ROW_CRL, NULL);
}
