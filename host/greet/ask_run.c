/* SPDX-License-Identifier: Apache-2.0 */
/* The worker: PAM's side; see ask.h. */
#include <errno.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wipe.h"
#include "greet/ask.h"

/* Say it, and wait for the answer. */
static bool exchange(const struct ask_said *s, struct ask_heard *ret_h)
{
	ssize_t n;

	if (send(ASK_FD, s, sizeof(*s), MSG_NOSIGNAL) != (ssize_t)sizeof(*s))
		return false;
	do {
		n = recv(ASK_FD, ret_h, sizeof(*ret_h), MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(*ret_h) && ret_h->answer.len <= FIELD_MAX)
		return true;
	SK_WIPE_OBJECT(ret_h);
	return false;
}

static bool make(int style, const char *text, struct ask_said *ret_s)
{
	memset(ret_s, 0, sizeof(*ret_s));
	switch (style) {
	case PAM_TEXT_INFO: ret_s->kind = WIRE_INFO; break;
	case PAM_ERROR_MSG: ret_s->kind = WIRE_ERROR; break;
	case PAM_PROMPT_ECHO_OFF: ret_s->kind = WIRE_SECRET; break;
	case PAM_PROMPT_ECHO_ON: ret_s->kind = WIRE_VISIBLE; break;
	default: return false;
	}
	(void)snprintf(ret_s->text, sizeof(ret_s->text), "%s", text != NULL ? text : "");
	return true;
}

static bool converse_one(const struct pam_message *m, struct pam_response *ret_r)
{
	bool asks = m->msg_style == PAM_PROMPT_ECHO_OFF || m->msg_style == PAM_PROMPT_ECHO_ON;
	struct ask_heard h;
	struct ask_said s;

	if (!make(m->msg_style, m->msg, &s) || !exchange(&s, &h))
		return false;
	/* libpam's to free; printable ASCII, by field.h. */
	if (asks)
		ret_r->resp = strndup(h.answer.typed, h.answer.len);
	SK_WIPE_OBJECT(&h);
	return !asks || ret_r->resp != NULL;
}

static void forget(struct pam_response *r, int n)
{
	for (int i = 0; i < n; i++) {
		if (r[i].resp != NULL)
			sk_wipe(r[i].resp, strlen(r[i].resp));
		free(r[i].resp);
	}
	free(r);
}

static int converse(int n, const struct pam_message **m, struct pam_response **ret_r, void *arg)
{
	struct pam_response *r;

	(void)arg;
	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	r = calloc((size_t)n, sizeof(*r));
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (!converse_one(m[i], &r[i])) {
			forget(r, n);
			return PAM_CONV_ERR;
		}
	}
	*ret_r = r;
	return PAM_SUCCESS;
}

static bool no_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

/* Rule 2. */
static enum sk_verdict judge(pam_handle_t *pamh, const char *account)
{
	const void *user = NULL;

	if (pam_set_item(pamh, PAM_TTY, "/dev/tty2") != PAM_SUCCESS || pam_authenticate(pamh, 0) != PAM_SUCCESS ||
	    pam_acct_mgmt(pamh, 0) != PAM_SUCCESS)
		return SK_DENIED;
	if (pam_get_item(pamh, PAM_USER, &user) != PAM_SUCCESS || user == NULL || strcmp(user, account) != 0)
		return SK_DENIED;
	return SK_GRANTED;
}

int ask_run(const char *account, const char *first_text)
{
	static const struct pam_conv conv = { converse, NULL };
	struct ask_said s, end = { .kind = WIRE_SUCCESS, .verdict = SK_DENIED };
	pam_handle_t *pamh = NULL;
	struct ask_heard h;

	if (!no_dumps() || !make(PAM_TEXT_INFO, first_text, &s) || !exchange(&s, &h) ||
	    pam_start(ASK_SERVICE, account, &conv, &pamh) != PAM_SUCCESS)
		return 1;
	end.verdict = judge(pamh, account);
	(void)pam_end(pamh, end.verdict == SK_GRANTED ? PAM_SUCCESS : PAM_AUTH_ERR);
	return send(ASK_FD, &end, sizeof(end), MSG_NOSIGNAL) == (ssize_t)sizeof(end) ? 0 : 1;
}
