/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pam_sekisho.so: the six entry points of pam(3). The module asks sekishod and shows what it says; it decides
 * nothing, keeps nothing, and lives in programs (login, gdm, sudo, screen lockers) that may be set-uid.
 *
 * Rules
 *  1. Only libpam and libc are linked.
 *  2. PAM_IGNORE MUST NOT be returned: a stack could go on as if nothing had been asked. Results begin as errors.
 *  3. No static data, no signal handlers, no threads, no child processes, no change to the environment or to
 *     the locale of the process that outlasts one message.
 */
#include <security/pam_modules.h>

#include "call.h"

/* The one thing the linker script may let out. */
#define PAM_ENTRY __attribute__((visibility("default")))

PAM_ENTRY int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct call c;
	int err = call_open(&c, pamh, flags, argc, argv);

	/* A name that can't exist looks like any other denial from outside. */
	if (err == PAM_USER_UNKNOWN)
		return PAM_AUTH_ERR;
	if (err != PAM_SUCCESS)
		return err;
	err = auth_run(&c);
	call_close(&c);
	return err;
}

/*
 * Log-in by card leaves no credentials (tickets, keys, groups) behind, so there is nothing to set, renew or
 * delete. It never decides who comes in, and only says so for requests that it understands; with wrong
 * arguments it fails like the others.
 */
PAM_ENTRY int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct call c;
	int err = call_open(&c, pamh, flags, argc, argv);

	if (err != PAM_SUCCESS)
		return err;
	call_close(&c);
	switch ((unsigned)flags & ~PAM_SILENT) {
	case 0: /* pam_setcred(3): the same as PAM_ESTABLISH_CRED */
	case PAM_ESTABLISH_CRED:
	case PAM_DELETE_CRED:
	case PAM_REINITIALIZE_CRED:
	case PAM_REFRESH_CRED:
		return PAM_SUCCESS;
	default:
		return PAM_CRED_ERR;
	}
}

PAM_ENTRY int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct call c;
	int err = call_open(&c, pamh, flags, argc, argv);

	if (err != PAM_SUCCESS)
		return err;
	err = account_check(&c);
	call_close(&c);
	return err;
}

PAM_ENTRY int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct call c;
	int err = call_open(&c, pamh, flags, argc, argv);

	if (err != PAM_SUCCESS)
		return PAM_SESSION_ERR;
	err = session_open(&c);
	call_close(&c);
	return err;
}

PAM_ENTRY int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct call c;
	int err = call_open(&c, pamh, flags, argc, argv);

	if (err != PAM_SUCCESS)
		return PAM_SESSION_ERR;
	err = session_close(&c);
	call_close(&c);
	return err;
}

/* There is no password. libpam asks twice; the person is told once, at the first time. */
PAM_ENTRY int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct show_msg msg;
	struct call c;
	int err = call_open(&c, pamh, flags, argc, argv);

	if (err != PAM_SUCCESS)
		return PAM_AUTHTOK_ERR;
	if (((unsigned)flags & PAM_PRELIM_CHECK) != 0) {
		show_make(MSG_PASSWORD_REFUSED, &msg);
		(void)!show_say(&c.show, &msg);
	}
	call_close(&c);
	return PAM_AUTHTOK_ERR;
}
