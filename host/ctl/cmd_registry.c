/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl person, card, finger, unlock, status: questions to the daemon, one each. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/dates.h"
#include "ctl/publish.h"
#include "ctl/request.h"

enum ctl_exit cmd_person_add(const struct ctl_args *a)
{
	struct request r;
	int64_t from = 0, until = 0;

	if ((a->valid_from != NULL && dates_read(a->valid_from, DATES_START, &from) != SK_OK) ||
	    (a->valid_until != NULL && dates_read(a->valid_until, DATES_END, &until) != SK_OK)) {
		ctl_error("%s", _("A date is written 2026-04-01 or \"2026-04-01 08:30\"."));
		return CTL_USAGE;
	}
	if (getpwnam(a->account) == NULL)
		ctl_error(_("Warning: this terminal has no account %s yet."), a->account);
	request_begin(&r, CMD_PERSON_ADD);
	request_text(&r, IPC_F_PERSON, a->arg[0]);
	request_text(&r, IPC_F_NAME, a->name);
	request_text(&r, IPC_F_ACCOUNT, a->account);
	request_text(&r, IPC_F_ROLE, a->role);
	if (from != 0)
		request_num(&r, IPC_F_VALID_FROM, (uint64_t)from);
	if (until != 0)
		request_num(&r, IPC_F_VALID_UNTIL, (uint64_t)until);
	return request_run(&r, a, ROW_PERSON, N_("Registered. Next: sekishoctl card enrol"));
}

enum ctl_exit cmd_person_list(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_PERSON_LIST);
	return request_run(&r, a, ROW_PERSON, NULL);
}

enum ctl_exit cmd_person_show(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_PERSON_SHOW);
	request_text(&r, IPC_F_PERSON, a->arg[0]);
	return request_run(&r, a, REQUEST_MIXED, NULL);
}

/* Others are refused already, or would be where the site said so. */
static bool not_yet(const struct row *row)
{
	char word[17];

	return ipc_text(&row->m, IPC_F_STATUS, word, sizeof(word)) == SK_OK && strcmp(word, "soon") == 0;
}

enum ctl_exit cmd_person_dormant(const struct ctl_args *a)
{
	return request_judge(CMD_PERSON_DORMANT, ROW_DORMANT, a, not_yet);
}

static enum ctl_exit change_person(const struct ctl_args *a, enum ipc_command command, enum row_kind kind, const char *done)
{
	struct request r;

	request_begin(&r, command);
	request_text(&r, IPC_F_PERSON, a->arg[0]);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, kind, done);
}

enum ctl_exit cmd_person_suspend(const struct ctl_args *a)
{
	return change_person(a, CMD_PERSON_SUSPEND, ROW_PERSON, N_("Suspended: refused from now on."));
}

enum ctl_exit cmd_person_reinstate(const struct ctl_args *a)
{
	return change_person(a, CMD_PERSON_REINSTATE, ROW_PERSON, N_("Reinstated: may log in from now on."));
}

enum ctl_exit cmd_person_retire(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_PERSON_RETIRE);
	request_text(&r, IPC_F_PERSON, a->arg[0]);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return publish_revocation(&r, a, ROW_RETIRED, NULL,
	    N_("Retired: refused from now on, cards revoked, finger templates deleted."));
}

static bool no_date(void)
{
	ctl_error("%s", _("A date is written 2026-04-01 or \"2026-04-01 08:30\"."));
	return false;
}

/* What makes a card a temporary one comes together, or not at all. */
static bool temporary_ok(const struct ctl_args *a, int64_t *ret_until)
{
	if (a->temporary != (a->until != NULL)) {
		ctl_error("%s", _("A temporary card needs both --temporary and its last day: --until."));
		return false;
	}
	if (!a->temporary && a->terminals_n > 0) {
		ctl_error("%s", _("--terminal binds a temporary card: give --temporary and --until, too."));
		return false;
	}
	return !a->temporary || dates_read(a->until, DATES_END, ret_until) == SK_OK || no_date();
}

enum ctl_exit cmd_card_enrol(const struct ctl_args *a)
{
	char terminals[1025];
	struct request r;
	int64_t until = 0;

	if (!temporary_ok(a, &until))
		return CTL_USAGE;
	if (!request_join(a->terminals, a->terminals_n, terminals, sizeof(terminals))) {
		ctl_error("%s", _("A value is too long or has characters that aren't allowed there."));
		return CTL_USAGE;
	}
	request_begin(&r, CMD_CARD_ENROL);
	request_text(&r, IPC_F_PERSON, a->arg[0]);
	if (a->temporary)
		request_num(&r, IPC_F_VALID_UNTIL, (uint64_t)until);
	if (a->terminals_n > 0)
		request_text(&r, IPC_F_TEXT, terminals);
	return request_run(&r, a, ROW_CARD, a->temporary ? N_("The temporary card is enrolled; after its last day it opens nothing. "
	    "Next: card return, when it was given back.") : N_("The card is enrolled."));
}

enum ctl_exit cmd_card_relink(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_CARD_RELINK);
	request_text(&r, IPC_F_PERSON, a->arg[0]);
	request_text(&r, IPC_F_CARD, a->card);
	return request_run(&r, a, ROW_CARD, N_("The new card is linked; the old one counts as returned. Next: destroy it."));
}

enum ctl_exit cmd_card_list(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_CARD_LIST);
	request_text(&r, IPC_F_PERSON, a->person);
	return request_run(&r, a, ROW_CARD, NULL);
}

/* A card named by its number, or all cards of a person. */
static enum ctl_exit change_card(const struct ctl_args *a, enum ipc_command command, const char *done)
{
	struct request r;

	if ((a->args_n == 1) == (a->person != NULL)) {
		ctl_error("%s", _("Give either the card's number or --person."));
		return CTL_USAGE;
	}
	request_begin(&r, command);
	request_text(&r, IPC_F_CARD, a->arg[0]);
	request_text(&r, IPC_F_PERSON, a->person);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, ROW_CARD, done);
}

enum ctl_exit cmd_card_revoke(const struct ctl_args *a)
{
	struct request r;

	if ((a->args_n == 1) == (a->person != NULL)) {
		ctl_error("%s", _("Give either the card's number or --person."));
		return CTL_USAGE;
	}
	request_begin(&r, CMD_CARD_REVOKE);
	request_text(&r, IPC_F_CARD, a->arg[0]);
	request_text(&r, IPC_F_PERSON, a->person);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return publish_revocation(&r, a, ROW_CARD, a->arg[0], N_("Revoked: refused from now on, also in a log-in that runs."));
}

enum ctl_exit cmd_card_return(const struct ctl_args *a)
{
	return change_card(a, CMD_CARD_RETURN, N_("Returned: the card opens nothing any more. Next: destroy it."));
}

enum ctl_exit cmd_card_destroy(const struct ctl_args *a)
{
	return change_card(a, CMD_CARD_DESTROY, N_("The destruction is recorded."));
}

enum ctl_exit cmd_finger_enrol(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_FINGER_ENROL);
	request_text(&r, IPC_F_PERSON, a->arg[0]);
	request_text(&r, IPC_F_FINGER, a->arg[1]);
	return request_run(&r, a, ROW_FINGER, N_("The finger is enrolled."));
}

enum ctl_exit cmd_finger_list(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_FINGER_LIST);
	request_text(&r, IPC_F_PERSON, a->person);
	return request_run(&r, a, ROW_FINGER, NULL);
}

enum ctl_exit cmd_finger_delete(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_FINGER_DELETE);
	request_text(&r, IPC_F_PERSON, a->arg[0]);
	request_text(&r, IPC_F_FINGER, a->arg[1]);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, ROW_DELETED, N_("The templates are deleted."));
}

enum ctl_exit cmd_status(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_STATUS);
	return request_run(&r, a, REQUEST_MIXED, NULL);
}

/* The terminal's id as the daemon knows it. */
static enum ctl_exit ask_terminal(const struct ctl_args *a, char ret_id[static 65])
{
	struct request r;
	struct answer answer;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	request_begin(&r, CMD_STATUS);
	e = request_ask(fd, &r, a, REQUEST_MIXED, &answer);
	(void)close(fd);
	if (e == CTL_OK && (answer.rows.n == 0 || ipc_text(&answer.rows.v[0].m, IPC_F_DEVICE, ret_id, 65) != SK_OK))
		e = CTL_FAILED;
	answer_clear(&answer);
	return e;
}

enum ctl_exit cmd_unlock(const struct ctl_args *a)
{
	struct request r;
	char terminal[65];

	if ((a->person != NULL) + (a->card != NULL) + a->terminal != 1) {
		ctl_error("%s", _("Give exactly one of --person, --card, --terminal."));
		return CTL_USAGE;
	}
	if (a->terminal) {
		enum ctl_exit e = ask_terminal(a, terminal);

		if (e != CTL_OK)
			return e;
	}
	request_begin(&r, CMD_UNLOCK);
	request_text(&r, IPC_F_PERSON, a->person);
	request_text(&r, IPC_F_CARD, a->card);
	request_text(&r, IPC_F_DEVICE, a->terminal ? terminal : NULL);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, ROW_UNLOCKED, N_("Unlocked."));
}
