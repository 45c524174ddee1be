/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekishoctl pam check | enable | disable: the terminal's PAM stacks, through Debian's pam-auth-update.
 *
 *  1. Enabling MUST NOT lock everybody out: the daemon answers, its own checks pass, and somebody privileged is registered with a card.
 *  2. Enabling MUST NOT leave a stack open: afterwards every stack is judged (pamlint.h). One that something else opens, or a
 *     log-in that still asks no card, takes the profile back, and is said. Where cards counted before, nothing is taken back:
 *     that would open by password what was shut.
 *  3. Where pam_sekisho is missing or fails, its line ends the stack (default=die): no step in between opens anything.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/connect.h"
#include "ctl/ctl.h"
#include "ctl/pamcheck.h"
#include "ctl/request.h"

#define PROGRAM "/usr/sbin/pam-auth-update"
#define PROFILE "sekisho"

/* Every stack that is named asks for a card, and nothing else opens it. */
static enum ctl_exit check_named(const struct ctl_args *a)
{
	enum ctl_exit e = CTL_OK;

	for (uint32_t i = 0; i < a->args_n; i++) {
		if (pamcheck_is_guarded(a->pam_dir, a->arg[i]))
			continue;
		ctl_error(_("The PAM service %s can be passed without a card: sekishoctl pam check"), a->arg[i]);
		e = CTL_PROBLEMS;
	}
	return e;
}

enum ctl_exit cmd_pam_check(const struct ctl_args *a)
{
	struct answer answer = { .result = SK_OK };
	enum ctl_exit e;

	if (a->args_n > 0)
		return check_named(a);
	answer.result = pamcheck_rows(a->pam_dir, &answer.rows);
	e = request_show(&answer, a, NULL);
	if (e == CTL_OK && pamcheck_has_failed(&answer.rows))
		e = CTL_PROBLEMS;
	answer_clear(&answer);
	return e;
}

/* pam-auth-update --enable | --disable; it asks nothing, and takes nothing from our environment. */
static bool update(const char *how)
{
	char *const argv[] = { (char *)(uintptr_t)PROGRAM, (char *)(uintptr_t)how, (char *)(uintptr_t)PROFILE, NULL };
	char *const envp[] = { (char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)(uintptr_t) "DEBIAN_FRONTEND=noninteractive", NULL };
	int status = -1;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		(void)execve(PROGRAM, argv, envp);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	ctl_error(_("%s failed."), PROGRAM);
	return false;
}

/* The daemon's own checks, all "ok" or "warn", and a registry somebody can come in with. */
static bool is_ready(const struct rows *rows)
{
	bool store_ok = false;

	for (size_t i = 0; i < rows->n; i++) {
		char check[33], status[33];

		if (ipc_text(&rows->v[i].m, IPC_F_EVENT, check, sizeof(check)) == SK_OK && strcmp(check, "store") == 0 &&
		    ipc_text(&rows->v[i].m, IPC_F_STATUS, status, sizeof(status)) == SK_OK)
			store_ok = strcmp(status, "ok") == 0;
	}
	return store_ok && !pamcheck_has_failed(rows);
}

/* Rule 1. Says what is missing. */
static enum ctl_exit ready_or_say(const struct ctl_args *a)
{
	struct answer answer = { .result = SK_E_FAULT };
	struct request r;
	enum ctl_exit e;
	int fd;

	e = request_connect(&fd);
	if (e != CTL_OK)
		return e;
	request_begin(&r, CMD_DOCTOR);
	e = request_ask(fd, &r, a, ROW_CHECK, &answer);
	(void)close(fd);
	if (e == CTL_OK && answer.result == SK_OK && !is_ready(&answer.rows)) {
		(void)!request_show(&answer, a, NULL);
		ctl_error(_("Not switched on: nobody could log in any more. Mend what is said above."));
		e = CTL_PROBLEMS;
	} else if (e == CTL_OK && answer.result != SK_OK) {
		e = request_show(&answer, a, NULL);
	}
	answer_clear(&answer);
	return e;
}

enum ctl_exit cmd_pam_enable(const struct ctl_args *a)
{
	bool before = pamcheck_is_guarded(NULL, "login");
	enum ctl_exit e = ready_or_say(a);

	if (e != CTL_OK)
		return e;
	if (!update("--enable"))
		return CTL_FAILED;
	e = cmd_pam_check(a);
	if (e == CTL_OK && pamcheck_is_guarded(NULL, "login"))
		return CTL_OK;
	if (before) {
		ctl_error(_("It stays switched on, as it was: mend what is said above."));
		return e == CTL_OK ? CTL_PROBLEMS : e;
	}
	ctl_error(_("Switched off again: see above. Were the files /etc/pam.d/common-* changed by hand, pam-auth-update leaves them alone."));
	if (!update("--disable"))
		ctl_error(_("And could not be switched off: look at /etc/pam.d/common-auth before you close this session."));
	return e == CTL_OK ? CTL_PROBLEMS : e;
}

enum ctl_exit cmd_pam_disable(const struct ctl_args *a)
{
	(void)a;
	return update("--disable") ? CTL_OK : CTL_FAILED;
}
