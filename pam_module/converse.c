/* SPDX-License-Identifier: Apache-2.0 */
/* pam_conv(3): one message, at most one answer; see converse.h. */
#include "converse.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/wipe.h"

void converse_forget(char **answer)
{
	/* The program may have read a longer answer and cut it: clear what the allocation can hold, not
	 * only what strlen() sees. */
	if (*answer != NULL)
		sk_wipe(*answer, malloc_usable_size(*answer));
	free(*answer);
	*answer = NULL;
}

/* pam_conv(3): the array of answers and each answer belong to the module. */
static int converse(pam_handle_t *pamh, int style, const char *text, char **ret_answer)
{
	const struct pam_message msg = { .msg_style = style, .msg = text };
	const struct pam_message *msgs = &msg;
	struct pam_response *resp = NULL;
	const void *item = NULL;
	const struct pam_conv *conv;
	int err;

	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
		return PAM_CONV_ERR;
	conv = item;
	if (conv->conv == NULL)
		return PAM_CONV_ERR;
	err = conv->conv(1, &msgs, &resp, conv->appdata_ptr);
	if (err != PAM_SUCCESS) {
		/* An answer that comes with an error is not ours to touch (pam_conv(3)). */
		return PAM_CONV_ERR;
	}
	*ret_answer = NULL;
	if (resp != NULL) {
		*ret_answer = resp->resp;
		SK_WIPE_OBJECT(resp);
		free(resp);
	}
	return PAM_SUCCESS;
}

int converse_show(pam_handle_t *pamh, int style, const char *text)
{
	char *answer = NULL;
	int err = converse(pamh, style, text, &answer);

	/* Some programs answer a text that asks nothing. */
	if (err == PAM_SUCCESS)
		converse_forget(&answer);
	return err;
}

static bool answer_ok(const char *answer)
{
	size_t len = strnlen(answer, CONVERSE_ANSWER_MAX + 1);

	if (len == 0 || len > CONVERSE_ANSWER_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (answer[i] < 0x20 || answer[i] > 0x7E)
			return false;
	}
	return true;
}

int converse_ask(pam_handle_t *pamh, const char *text, char **ret_answer)
{
	char *answer = NULL;
	int err = converse(pamh, PAM_PROMPT_ECHO_OFF, text, &answer);

	if (err != PAM_SUCCESS)
		return err;
	if (answer == NULL)
		return PAM_CONV_ERR;
	if (!answer_ok(answer)) {
		converse_forget(&answer);
		return PAM_AUTH_ERR;
	}
	*ret_answer = answer;
	return PAM_SUCCESS;
}
