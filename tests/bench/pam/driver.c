/* SPDX-License-Identifier: Apache-2.0 */
/* The ten ways to answer a prompt; see pamdrive.h. */
#include "pamdrive.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONG_LEN 10000u

int driver_mode(const char *name, enum driver_mode *ret_mode)
{
	static const char *const names[] = { "answer", "cancel", "hang", "null", "empty", "long", "nul", "nonsense",
		"conv-err", "eof" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_mode = (enum driver_mode)i;
			return 0;
		}
	}
	return -1;
}

static void print_line(FILE *f, const char *kind, const char *text)
{
	fprintf(f, "%s: ", kind);
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			(void)fputs("\\n", f);
		else
			(void)fputc(*text, f);
	}
	(void)fputc('\n', f);
	(void)fflush(f);
}

static void note(const struct driver *d, const char *kind, const char *text)
{
	struct timespec ts;

	print_line(d->out, kind, text);
	if (d->log == NULL)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	fprintf(d->log, "%lld ", (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - d->start_ms);
	print_line(d->log, kind, text);
}

static char *copy(const char *p, size_t len)
{
	char *c = malloc(len + 1);

	if (c != NULL) {
		memcpy(c, p, len);
		c[len] = '\0';
	}
	return c;
}

static char *long_answer(void)
{
	char *p = malloc(LONG_LEN + 1);

	if (p != NULL) {
		memset(p, '7', LONG_LEN);
		p[LONG_LEN] = '\0';
	}
	return p;
}

/* *ret_text NULL with PAM_SUCCESS: a response without text. */
static int answer(struct driver *d, char **ret_text)
{
	*ret_text = NULL;
	switch (d->mode) {
	case MODE_ANSWER:
		if (d->pin_given)
			*ret_text = masked_give(&d->secret);
		else if (d->next < d->answers_n)
			*ret_text = copy(d->answers[d->next], strlen(d->answers[d->next]));
		d->next++;
		return *ret_text != NULL ? PAM_SUCCESS : PAM_CONV_ERR;
	case MODE_CANCEL:
	case MODE_CONV_ERR:
		return PAM_CONV_ERR;
	case MODE_HANG:
		for (;;)
			(void)pause();
	case MODE_NULL:
	case MODE_EOF:
		return PAM_SUCCESS;
	case MODE_EMPTY:
		*ret_text = copy("", 0);
		return PAM_SUCCESS;
	case MODE_LONG:
		*ret_text = long_answer();
		return PAM_SUCCESS;
	case MODE_NUL:
		*ret_text = copy("12\0" "345678", 9);
		return PAM_SUCCESS;
	case MODE_NONSENSE:
		*ret_text = copy("\x01\x1b[2J\xff\xfe\x80\x7f", 9);
		return PAM_SUCCESS;
	}
	return PAM_CONV_ERR;
}

static int one_message(struct driver *d, const struct pam_message *msg, struct pam_response *resp)
{
	const struct timespec pause_for = { d->delay_ms / 1000, (long)(d->delay_ms % 1000) * 1000000 };

	switch (msg->msg_style) {
	case PAM_PROMPT_ECHO_OFF:
	case PAM_PROMPT_ECHO_ON:
		note(d, "prompt", msg->msg);
		(void)nanosleep(&pause_for, NULL);
		return answer(d, &resp->resp);
	case PAM_TEXT_INFO:
		note(d, "info", msg->msg);
		return PAM_SUCCESS;
	case PAM_ERROR_MSG:
		note(d, "error", msg->msg);
		return PAM_SUCCESS;
	default:
		return PAM_CONV_ERR;
	}
}

int driver_conv(int n, const struct pam_message **msg, struct pam_response **resp, void *appdata)
{
	struct driver *d = appdata;
	struct pam_response *r;

	if (d->mode == MODE_CONV_ERR || n < 1 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	r = calloc((size_t)n, sizeof(*r));
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (one_message(d, msg[i], &r[i]) != PAM_SUCCESS) {
			while (i-- > 0)
				free(r[i].resp);
			free(r);
			return PAM_CONV_ERR;
		}
	}
	if (d->mode == MODE_EOF) {
		free(r);
		r = NULL;
	}
	*resp = r;
	return PAM_SUCCESS;
}
