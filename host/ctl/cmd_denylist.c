/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl denylist, card unrevoke: the site's list of lost cards, and how it travels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/publish.h"
#include "denylist/deny.h"
#include "safefile/safefile.h"

enum ctl_exit cmd_denylist_make(const struct ctl_args *a)
{
	struct answer answer;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	e = publish_next(fd, a, NULL, 0, &answer);
	(void)close(fd);
	if (e == CTL_OK)
		e = request_show(&answer, a,
		    N_("The list is in force here. Next: sekishoctl denylist export, for the other terminals."));
	answer_clear(&answer);
	return e;
}

/* First a list without the card, signed; then the registry lets it go, which it does for no other reason. */
enum ctl_exit cmd_card_unrevoke(const struct ctl_args *a)
{
	struct request r;
	struct answer answer;
	int fd;
	enum ctl_exit e;

	if (!publish_has_key()) {
		ctl_error("%s", _("No denylist is signed here: [denylist] key isn't set in sekisho.conf."));
		return CTL_FAILED;
	}
	e = request_connect(&fd);
	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	e = publish_next(fd, a, a->arg[0], IPC_DRAFT_LEAVE, &answer);
	if (e == CTL_OK && answer.result == SK_OK) {
		request_begin(&r, CMD_CARD_UNREVOKE);
		request_text(&r, IPC_F_CARD, a->arg[0]);
		request_text(&r, IPC_F_DETAIL, a->reason);
		e = request_ask(fd, &r, a, ROW_CARD, &answer);
	}
	(void)close(fd);
	if (e == CTL_OK)
		e = request_show(&answer, a,
		    N_("The card may be used again. Next: sekishoctl denylist export, for the other terminals."));
	answer_clear(&answer);
	return e;
}

/* What the tool writes for others is a list again, in either form. */
static enum sk_status to_compact(uint8_t **bytes, size_t *len)
{
	struct denylist l;
	uint8_t *compact = NULL;
	size_t compact_len = 0;
	enum sk_status st = denylist_parse((struct sk_span){ *bytes, *len }, &l);

	if (st == SK_OK)
		st = deny_compact(&l, true, &compact, &compact_len);
	if (st == SK_OK) {
		free(*bytes);
		*bytes = compact;
		*len = compact_len;
	}
	return st;
}

/* Whole and durable, or not at all: media are pulled out. */
static enum ctl_exit write_file(const char *path, struct sk_span bytes)
{
	enum sk_status st = safefile_write_atomic(path, SAFEFILE_MODE_ANY, bytes);

	if (st == SK_OK)
		return CTL_OK;
	ctl_error(_("%s can't be written."), path);
	return st == SK_E_NOENT ? CTL_NOT_FOUND : CTL_FAILED;
}

/* What the daemon answers with, in one piece. The caller clears the answer and frees the bytes, whatever comes of it. */
static enum ctl_exit ask_bytes(const struct ctl_args *a, enum ipc_command command, struct answer *ret_answer, uint8_t **ret_bytes,
    size_t *ret_len)
{
	struct request r;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	memset(ret_answer, 0, sizeof(*ret_answer));
	*ret_bytes = NULL;
	*ret_len = 0;
	if (e != CTL_OK)
		return e;
	request_begin(&r, command);
	e = publish_fetch(fd, &r, a, ret_answer, ret_bytes, ret_len);
	(void)close(fd);
	return e;
}

enum ctl_exit cmd_denylist_export(const struct ctl_args *a)
{
	struct answer answer;
	uint8_t *bytes;
	size_t len;
	enum ctl_exit e = ask_bytes(a, CMD_DENYLIST_EXPORT, &answer, &bytes, &len);

	if (e == CTL_OK && answer.result == SK_OK && a->compact)
		answer.result = to_compact(&bytes, &len);
	if (e == CTL_OK && answer.result == SK_OK)
		e = write_file(a->arg[0], (struct sk_span){ bytes, len });
	if (e == CTL_OK)
		e = request_show(&answer, a, N_("Written. At each other terminal: sekishoctl denylist import"));
	free(bytes);
	answer_clear(&answer);
	return e;
}

enum ctl_exit cmd_denylist_import(const struct ctl_args *a)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	struct answer answer;
	int fd;
	enum ctl_exit e;
	enum sk_status st = safefile_load(a->arg[0], SAFEFILE_FOREIGN, DENYLIST_LEN_MAX, &bytes, &len);

	if (st != SK_OK)
		return ctl_load_failed(st, a->arg[0], N_("%s is too large to be a denylist."));
	if (len == 0) {
		free(bytes);
		ctl_error(_("%s is empty."), a->arg[0]);
		return CTL_FAILED;
	}
	e = request_connect(&fd);
	if (e == CTL_OK) {
		memset(&answer, 0, sizeof(answer));
		e = publish_send(fd, a, CMD_DENYLIST_IMPORT, a->arg[0], (struct sk_span){ bytes, len }, &answer);
		(void)close(fd);
		if (e == CTL_OK)
			e = request_show(&answer, a, N_("The list is in force."));
		answer_clear(&answer);
	}
	free(bytes);
	return e;
}

enum ctl_exit cmd_denylist_status(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_DENYLIST_STATUS);
	return request_run(&r, a, ROW_DENYLIST, NULL);
}

enum ctl_exit cmd_denylist_receipt(const struct ctl_args *a)
{
	struct answer answer;
	uint8_t *bytes;
	size_t len;
	enum ctl_exit e = ask_bytes(a, CMD_DENYLIST_RECEIPT, &answer, &bytes, &len);

	if (e != CTL_OK || answer.result != SK_OK)
		e = e == CTL_OK ? request_show(&answer, a, NULL) : e;
	else if (a->args_n == 1)
		e = write_file(a->arg[0], (struct sk_span){ bytes, len });
	else if (fwrite(bytes, 1, len, stdout) != len)
		e = CTL_FAILED;
	free(bytes);
	answer_clear(&answer);
	return e;
}
