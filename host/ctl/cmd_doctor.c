/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cmd_doctor.c
 * @brief sekishoctl doctor: will the next log-in work, and is there a way around it?
 *
 * The daemon tells about what it alone can see (configuration in force, revocation lists, registry, reader, sensor); the clock and
 * the PAM stacks are looked at here, as root, who can read them.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/connect.h"
#include "ctl/ctl.h"
#include "ctl/pamlint.h"
#include "ctl/request.h"

#define CONF "/etc/sekisho/sekisho.conf"
#define PAM_DIR "/etc/pam.d"
#define PAM_VENDOR_DIR "/usr/lib/pam.d"
#define SERVICE_LEN 64u

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
	struct timex t;

	memset(&t, 0, sizeof(t));
	if (adjtimex(&t) == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		return rows_add_check(&answer->rows, "clock", "warn", N_("The clock isn't synchronised: times in the records may be wrong."),
		    "timedatectl set-ntp true");
	return rows_add_check(&answer->rows, "clock", "ok", N_("The clock is synchronised."), "");
}

/* Services through which people come in; without pam_sekisho they are a way around it. */
static const char *const entrances[] = {
	"login", "su", "su-l", "sudo", "sudo-i", "sshd", "gdm-password", "gdm-fingerprint", "lightdm", "sddm", "greetd", "kmscon",
	"polkit-1", "cockpit", "xrdp-sesman", "swaylock", "i3lock", "xscreensaver", "vlock", "physlock", "remote", "rlogin", "other",
};

static bool is_entrance(const char *service)
{
	for (size_t i = 0; i < sizeof(entrances) / sizeof(entrances[0]); i++) {
		if (strcmp(entrances[i], service) == 0)
			return true;
	}
	return false;
}

/* Pieces that other files include are judged there. */
static bool is_service(const char *name)
{
	static const char *const pieces[] = { "system-auth", "password-auth", "postlogin", "system-login", "system-local-login",
		"base-auth" };

	if (name[0] == '.' || strncmp(name, "common-", 7) == 0 || strpbrk(name, ".~ ") != NULL || strlen(name) >= SERVICE_LEN - 8)
		return false;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		if (strcmp(pieces[i], name) == 0)
			return false;
	}
	/* The name becomes part of the check's name. */
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-@") == strlen(name);
}

static const struct {
	enum pamlint_verdict verdict;
	const char *status, *found, *mend;
} verdicts[] = {
	{ PAMLINT_ABSENT, "warn", N_("This service asks no card."),
	    N_("Put pam_sekisho into its auth stack, or take the service away: pam_sekisho(8), EXAMPLES.") },
	{ PAMLINT_GOOD, "ok", N_("Only pam_sekisho opens this stack."), "" },
	{ PAMLINT_IGNORE, "ok", N_("Only pam_sekisho opens this stack; [success=ok default=die] would be stricter than required."), "" },
	{ PAMLINT_ROOT, "ok", N_("Only pam_sekisho opens this stack, except for root."), "" },
	{ PAMLINT_NOBODY, "fail", N_("Nobody gets through this stack, not even with card, PIN and finger."),
	    N_("See pam_sekisho(8), EXAMPLES.") },
	{ PAMLINT_OTHER, "fail", N_("Another module alone opens this stack."),
	    N_("Write pam_sekisho as required or requisite: pam_sekisho(8), EXAMPLES.") },
	{ PAMLINT_PASSWORD, "fail", N_("A password alone opens this stack."),
	    N_("Write pam_sekisho as required or requisite: pam_sekisho(8), EXAMPLES.") },
	{ PAMLINT_OPEN, "fail", N_("This stack opens without any proof when pam_sekisho fails."),
	    N_("Write pam_sekisho as required or requisite: pam_sekisho(8), EXAMPLES.") },
	{ PAMLINT_UNREADABLE, "fail", N_("This stack can't be read or is too large to be judged."), N_("See pam_sekisho(8), EXAMPLES.") },
};

static enum sk_status report_service(const char *service, const struct pamlint_report *report, struct answer *answer)
{
	char check[SERVICE_LEN], mend[512];

	/* The name of a check has room for 32 bytes. */
	snprintf(check, sizeof(check), "pam.%.28s", service);
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (verdicts[i].verdict != report->verdict)
			continue;
		if (report->via[0] == '\0' || strcmp(verdicts[i].status, "ok") == 0)
			return rows_add_check(&answer->rows, check, verdicts[i].status, verdicts[i].found, verdicts[i].mend);
		snprintf(mend, sizeof(mend), "%s: %s", report->via, _(verdicts[i].mend));
		return rows_add_check(&answer->rows, check, verdicts[i].status, verdicts[i].found, mend);
	}
	return SK_E_FAULT;
}

static int keep_service(const struct dirent *d)
{
	return is_service(d->d_name);
}

static enum sk_status check_pam(const struct ctl_args *a, struct answer *answer)
{
	const char *dir = a->pam_dir != NULL ? a->pam_dir : PAM_DIR, *vendor = a->pam_dir != NULL ? "" : PAM_VENDOR_DIR;
	struct dirent **list = NULL;
	int n = scandir(dir, &list, keep_service, alphasort);
	uint32_t with = 0;
	enum sk_status st = SK_OK;

	if (n < 0)
		return rows_add_check(&answer->rows, "pam", "fail", N_("The PAM stacks can't be read."), "");
	for (int i = 0; i < n && st == SK_OK; i++) {
		struct pamlint_report report;

		pamlint_service(dir, vendor, list[i]->d_name, &report);
		with += report.verdict != PAMLINT_ABSENT;
		if (report.verdict != PAMLINT_ABSENT || is_entrance(list[i]->d_name))
			st = report_service(list[i]->d_name, &report, answer);
	}
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	if (st == SK_OK && with == 0)
		st = rows_add_check(&answer->rows, "pam", "warn", N_("No PAM stack asks for a card yet."),
		    N_("See pam_sekisho(8), EXAMPLES. Keep a root session open while you change it."));
	return st;
}

static bool has_failed(const struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		char status[33];

		if (ipc_text(&rows->v[i].m, IPC_F_STATUS, status, sizeof(status)) != SK_OK ||
		    (strcmp(status, "ok") != 0 && strcmp(status, "warn") != 0))
			return true;
	}
	return false;
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
		st = check_pam(a, &answer);
	answer.result = st;
	answer.text[0] = '\0';
	e = request_show(&answer, a, NULL);
	if (e == CTL_OK && has_failed(&answer.rows))
		e = CTL_PROBLEMS;
	answer_clear(&answer);
	return e;
}
