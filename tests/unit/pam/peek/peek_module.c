/* SPDX-License-Identifier: Apache-2.0 */
/* Stands after the module in a stack, as pam_systemd does, and shows the test what a later module finds. */
#include <stdio.h>

#include <security/pam_modules.h>

static int nothing(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const void *token = NULL;

	/* only modules may read it */
	if (pam_get_item(pamh, PAM_AUTHTOK, &token) != PAM_SUCCESS || token != NULL)
		return PAM_ABORT;
	return nothing(pamh, flags, argc, argv);
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return nothing(pamh, flags, argc, argv);
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return nothing(pamh, flags, argc, argv);
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const void *limit = NULL;
	char line[64];

	if (pam_get_data(pamh, "systemd.runtime_max_sec", &limit) != PAM_SUCCESS || limit == NULL)
		limit = "none";
	(void)snprintf(line, sizeof(line), "PEEK_LIMIT=%s", (const char *)limit);
	(void)pam_putenv(pamh, line);
	return nothing(pamh, flags, argc, argv);
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return nothing(pamh, flags, argc, argv);
}

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return nothing(pamh, flags, argc, argv);
}
