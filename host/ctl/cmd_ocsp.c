/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl ocsp: which responses are kept for the enrolled cards, and taking one from a file. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/request.h"
#include "safefile/safefile.h"

#define RESPONSE_MAX 32768u

/* What is in order: good, and revoked, which is what the responder is there to say. */
static bool in_order(const struct row *row)
{
	char word[33];

	return ipc_text(&row->m, IPC_F_STATUS, word, sizeof(word)) == SK_OK &&
	    (strcmp(word, "good") == 0 || strcmp(word, "revoked") == 0);
}

enum ctl_exit cmd_ocsp_status(const struct ctl_args *a)
{
	return request_judge(CMD_OCSP_STATUS, ROW_OCSP, a, in_order);
}

enum ctl_exit cmd_ocsp_import(const struct ctl_args *a)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	struct request r;
	enum ctl_exit e;
	enum sk_status st = safefile_load(a->arg[1], SAFEFILE_FOREIGN, RESPONSE_MAX, &bytes, &len);

	if (st == SK_E_NOENT) {
		ctl_error(_("There is no file %s."), a->arg[1]);
		return CTL_NOT_FOUND;
	}
	if (st != SK_OK || len == 0) {
		free(bytes);
		ctl_error(_("%s isn't an OCSP response: it is empty, larger than 32 KiB, or can't be read."),
		    a->arg[1]);
		return CTL_FAILED;
	}
	request_begin(&r, CMD_OCSP_IMPORT);
	request_text(&r, IPC_F_CARD, a->arg[0]);
	ipc_out_bytes(&r.o, IPC_F_BYTES, bytes, len);
	request_text(&r, IPC_F_PATH, a->arg[1]);
	e = request_run(&r, a, ROW_OCSP, N_("The response is kept."));
	free(bytes);
	return e;
}
