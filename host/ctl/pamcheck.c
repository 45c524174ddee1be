/* SPDX-License-Identifier: Apache-2.0 */
/* Every stack of a folder, judged; see pamcheck.h. */
#include "ctl/pamcheck.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/pamlint.h"

#define PAM_DIR "/etc/pam.d"
#define PAM_VENDOR_DIR "/usr/lib/pam.d"
#define SERVICE_LEN 64u

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

/* What dpkg, ucf, pam-auth-update and editors leave behind: no program asks for a service of such a name. */
static bool is_leftover(const char *name)
{
	static const char *const marks[] = { ".dpkg-", ".ucf-", ".pam-" };
	const size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (strstr(name, marks[i]) != NULL)
			return true;
	}
	return name[0] == '.' || (len > 0 && name[len - 1] == '~');
}

/* Pieces that other files include are judged there. */
static bool is_service(const char *name)
{
	static const char *const pieces[] = { "system-auth", "password-auth", "postlogin", "system-login", "system-local-login",
		"base-auth" };

	if (is_leftover(name) || strncmp(name, "common-", 7) == 0)
		return false;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		if (strcmp(pieces[i], name) == 0)
			return false;
	}
	return true;
}

/* As a check's name may hold it: other characters become _. */
static void shown_name(const char *service, char ret_shown[static SERVICE_LEN])
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-@.";
	size_t n = 0;

	for (; n < SERVICE_LEN - 1 && service[n] != '\0'; n++)
		ret_shown[n] = strchr(plain, service[n]) != NULL ? service[n] : '_';
	ret_shown[n] = '\0';
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

static enum sk_status report_service(const char *service, const struct pamlint_report *report, struct rows *rows)
{
	char shown[SERVICE_LEN], check[SERVICE_LEN], mend[512];
	bool cut;

	/* The name of a check has room for 32 bytes; what is cut stands in front of what mends it. */
	shown_name(service, shown);
	snprintf(check, sizeof(check), "pam.%.28s", shown);
	cut = strcmp(check + strlen("pam."), service) != 0;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (verdicts[i].verdict != report->verdict)
			continue;
		if ((report->via[0] == '\0' && !cut) || strcmp(verdicts[i].status, "ok") == 0)
			return rows_add_check(rows, check, verdicts[i].status, verdicts[i].found, verdicts[i].mend);
		snprintf(mend, sizeof(mend), "%s%s%s%s%s", cut ? shown : "", cut ? ": " : "", report->via, report->via[0] != '\0' ? ": " : "",
		    _(verdicts[i].mend));
		return rows_add_check(rows, check, verdicts[i].status, verdicts[i].found, mend);
	}
	return SK_E_FAULT;
}

static int keep_service(const struct dirent *d)
{
	return is_service(d->d_name);
}

enum sk_status pamcheck_rows(const char *other_dir, struct rows *rows)
{
	const char *dir = other_dir != NULL ? other_dir : PAM_DIR, *vendor = other_dir != NULL ? "" : PAM_VENDOR_DIR;
	struct dirent **list = NULL;
	int n = scandir(dir, &list, keep_service, alphasort);
	uint32_t with = 0;
	enum sk_status st = SK_OK;

	if (n < 0)
		return rows_add_check(rows, "pam", "fail", N_("The PAM stacks can't be read."), "");
	for (int i = 0; i < n && st == SK_OK; i++) {
		struct pamlint_report report;

		pamlint_service(dir, vendor, list[i]->d_name, &report);
		with += report.verdict != PAMLINT_ABSENT;
		if (report.verdict != PAMLINT_ABSENT || is_entrance(list[i]->d_name))
			st = report_service(list[i]->d_name, &report, rows);
	}
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	if (st == SK_OK && with == 0)
		st = rows_add_check(rows, "pam", "warn", N_("No PAM stack asks for a card yet."),
		    N_("See pam_sekisho(8), EXAMPLES. Keep a root session open while you change it."));
	return st;
}

bool pamcheck_has_failed(const struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		char status[33];

		if (ipc_text(&rows->v[i].m, IPC_F_STATUS, status, sizeof(status)) != SK_OK ||
		    (strcmp(status, "ok") != 0 && strcmp(status, "warn") != 0))
			return true;
	}
	return false;
}

bool pamcheck_is_guarded(const char *other_dir, const char *service)
{
	struct pamlint_report report;

	pamlint_service(other_dir != NULL ? other_dir : PAM_DIR, other_dir != NULL ? "" : PAM_VENDOR_DIR, service, &report);
	return report.verdict == PAMLINT_GOOD || report.verdict == PAMLINT_IGNORE;
}
