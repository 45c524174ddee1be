/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl shared: accounts that several persons use, each with a card of her own; and who was at the desk when. */
#include <pwd.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/dates.h"
#include "ctl/request.h"

enum ctl_exit cmd_shared_add(const struct ctl_args *a)
{
	char persons[1025];
	struct request r;

	if (!request_join(a->arg + 1, a->args_n - 1, persons, sizeof(persons))) {
		ctl_error("%s", _("A value is too long or has characters that aren't allowed there."));
		return CTL_USAGE;
	}
	if (getpwnam(a->arg[0]) == NULL)
		ctl_error(_("Warning: this terminal has no account %s yet."), a->arg[0]);
	request_begin(&r, CMD_SHARED_ADD);
	request_text(&r, IPC_F_ACCOUNT, a->arg[0]);
	request_text(&r, IPC_F_TEXT, persons);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, ROW_SHARED, N_("On the list: each opens the shared account with her own card from now on."));
}

enum ctl_exit cmd_shared_remove(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_SHARED_REMOVE);
	request_text(&r, IPC_F_ACCOUNT, a->arg[0]);
	request_text(&r, IPC_F_PERSON, a->arg[1]);
	request_text(&r, IPC_F_DETAIL, a->reason);
	return request_run(&r, a, ROW_SHARED, N_("Off the list: refused at the shared account from now on."));
}

enum ctl_exit cmd_shared_list(const struct ctl_args *a)
{
	struct request r;

	request_begin(&r, CMD_SHARED_LIST);
	request_text(&r, IPC_F_ACCOUNT, a->arg[0]);
	return request_run(&r, a, ROW_SHARED, NULL);
}

/* A minute is asked about as a whole, and so is a day; an instant as itself. */
static bool read_at(const char *at, int64_t *ret_from, int64_t *ret_until)
{
	if (dates_read(at, DATES_START, ret_from) == SK_OK && dates_read(at, DATES_END, ret_until) == SK_OK) {
		if (*ret_from == *ret_until)
			*ret_until += 59;
		return true;
	}
	if (dates_read_instant(at, ret_from) != SK_OK || *ret_from == 0)
		return false;
	*ret_until = *ret_from;
	return true;
}

static bool read_span(const struct ctl_args *a, int64_t *ret_from, int64_t *ret_until)
{
	if (a->at != NULL)
		return a->from == NULL && a->until == NULL && read_at(a->at, ret_from, ret_until);
	return (a->from == NULL || dates_read(a->from, DATES_START, ret_from) == SK_OK) &&
	    (a->until == NULL || dates_read(a->until, DATES_END, ret_until) == SK_OK);
}

enum ctl_exit cmd_shared_who(const struct ctl_args *a)
{
	struct request r;
	int64_t from = 0, until = 0;

	if (!read_span(a, &from, &until)) {
		ctl_error("%s", _("Give --at, or --from and --until; a date is written 2026-04-01 or \"2026-04-01 08:30\"."));
		return CTL_USAGE;
	}
	request_begin(&r, CMD_SHARED_WHO);
	request_text(&r, IPC_F_ACCOUNT, a->arg[0]);
	if (from != 0)
		request_num(&r, IPC_F_VALID_FROM, (uint64_t)from);
	if (until != 0)
		request_num(&r, IPC_F_VALID_UNTIL, (uint64_t)until);
	return request_run(&r, a, ROW_HOLD, NULL);
}
