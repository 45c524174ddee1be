/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cmd_doctor.c
 * @brief sekishoctl doctor: will the next log-in work, and is there a way around it?
 *
 * The daemon tells about what it alone can see (configuration in force, revocation lists, registry, reader, sensor); the clock and
 * the PAM stacks are looked at here, as root, who can read them; and whether something lets people in past all of them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/autologin.h"
#include "ctl/connect.h"
#include "ctl/ctl.h"
#include "ctl/logindefs.h"
#include "ctl/media.h"
#include "ctl/pamcheck.h"
#include "ctl/request.h"

#define CONF "/etc/sekisho/sekisho.conf"
#define LOGIN_DEFS "/etc/login.defs"
#define ATTEMPT_DEFAULT_S 60u

static enum sk_status check_daemon(const struct ctl_args *a, struct answer *answer)
{
	struct request r;
	struct config c;
	struct config_error err;
	char found[320];
	int fd;
	enum sk_status st = connect_admin(&fd);

	if (st == SK_OK) {
		request_begin(&r, CMD_DOCTOR);
		if (request_ask(fd, &r, a, ROW_CHECK, answer) != CTL_OK || answer->result != SK_OK)
			st = SK_E_GONE;
		(void)close(fd);
		if (st == SK_OK)
			return rows_add_check(&answer->rows, "daemon", "ok", N_("The daemon answers."), "");
		return rows_add_check(&answer->rows, "daemon", "fail", N_("The daemon broke off its answer."),
		    "journalctl -u sekishod");
	}
	if (st == SK_E_DENIED)
		return rows_add_check(&answer->rows, "daemon", "fail", N_("Only root may ask the daemon."), "sudo sekishoctl doctor");
	st = rows_add_check(&answer->rows, "daemon", "fail", N_("The daemon doesn't run: nobody can log in with a card."),
	    "systemctl enable --now sekishod; journalctl -u sekishod");
	if (st != SK_OK)
		return st;
	memset(&err, 0, sizeof(err));
	if (config_load(CONF, &c, &err) == SK_OK)
		return rows_add_check(&answer->rows, "config", "ok", N_("The file would load."), "");
	if (err.line == 0)
		return rows_add_check(&answer->rows, "config", "fail", err.reason, "sekishoctl init; sekishoctl policy check");
	snprintf(found, sizeof(found), "%s:%u: %s: %s", CONF, (unsigned)err.line, err.key, err.reason);
	return rows_add_check(&answer->rows, "config", "fail", found, "sekishoctl policy check");
}

/* Records, certificates and revocation lists stand on the clock (C-TIME). */
static enum sk_status check_clock(struct answer *answer)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	/* What can't be asked isn't synchronised. */
	if (state < 0 || state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		return rows_add_check(&answer->rows, "clock", "warn", N_("The clock isn't synchronised: times in the records may be wrong."),
		    "timedatectl set-ntp true");
	return rows_add_check(&answer->rows, "clock", "ok", N_("The clock is synchronised."), "");
}

/* A configuration that doesn't load is told about elsewhere. */
static enum sk_status check_login_defs(struct answer *answer)
{
	struct config c;
	struct config_error err;
	uint32_t attempt_s = ATTEMPT_DEFAULT_S;

	memset(&err, 0, sizeof(err));
	if (config_load(CONF, &c, &err) == SK_OK)
		attempt_s = c.attempt_deadline_s;
	return logindefs_rows(LOGIN_DEFS, attempt_s, &answer->rows);
}

enum ctl_exit cmd_doctor(const struct ctl_args *a)
{
	struct answer answer;
	enum ctl_exit e;
	enum sk_status st;

	memset(&answer, 0, sizeof(answer));
	st = check_daemon(a, &answer);
	if (st == SK_OK)
		st = check_clock(&answer);
	if (st == SK_OK)
		st = media_check(&answer.rows);
	if (st == SK_OK)
		st = pamcheck_rows(a->pam_dir, &answer.rows);
	if (st == SK_OK)
		st = autologin_rows("", &answer.rows);
	if (st == SK_OK)
		st = check_login_defs(&answer);
	answer.result = st;
	answer.text[0] = '\0';
	e = request_show(&answer, a, NULL);
	if (e == CTL_OK && pamcheck_has_failed(&answer.rows))
		e = CTL_PROBLEMS;
	answer_clear(&answer);
	return e;
}
