/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the daemon; see request.h. */
#include "ctl/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/wipe.h"
#include "ctl/connect.h"
#include "ctl/pin.h"
#include "msg/msg.h"

/* The daemon answers at once, but a long chain takes its time, and an enrolment has its own deadline (5 min). */
#define ANSWER_MS 330000

void ctl_error(const char *format, ...)
{
	va_list ap;

	(void)fputs("sekishoctl: ", stderr);
	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

enum ctl_exit request_judge(enum ipc_command command, enum row_kind kind, const struct ctl_args *a, request_in_order_fn *in_order)
{
	struct answer answer;
	struct request r;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	request_begin(&r, command);
	e = request_ask(fd, &r, a, kind, &answer);
	(void)close(fd);
	if (e == CTL_OK)
		e = request_show(&answer, a, NULL);
	for (size_t i = 0; i < answer.rows.n && e == CTL_OK; i++) {
		if (!in_order(&answer.rows.v[i]))
			e = CTL_PROBLEMS;
	}
	answer_clear(&answer);
	return e;
}

enum ctl_exit ctl_load_failed(enum sk_status st, const char *path, const char *too_large)
{
	if (st == SK_E_NOENT) {
		ctl_error(_("There is no file %s."), path);
		return CTL_NOT_FOUND;
	}
	if (st == SK_E_SPACE)
		ctl_error(_(too_large), path);
	else
		ctl_error(_("%s can't be read, or isn't a regular file."), path);
	return CTL_FAILED;
}

void request_begin(struct request *r, enum ipc_command command)
{
	ipc_out_init(&r->o, IPC_ADMIN_REQUEST, r->buf, sizeof(r->buf));
	ipc_out_num(&r->o, IPC_F_COMMAND, (uint64_t)command);
}

void request_text(struct request *r, enum ipc_field f, const char *text)
{
	if (text != NULL)
		ipc_out_text(&r->o, f, text);
}

void request_num(struct request *r, enum ipc_field f, uint64_t v)
{
	ipc_out_num(&r->o, f, v);
}

bool request_join(const char *const *words, uint32_t n, char *ret_text, size_t cap)
{
	size_t len = 0;

	ret_text[0] = '\0';
	for (uint32_t i = 0; i < n; i++) {
		int put = snprintf(ret_text + len, cap - len, "%s%s", i > 0 ? " " : "", words[i]);

		if (words[i][0] == '\0' || strchr(words[i], ' ') != NULL || put < 0 || (size_t)put >= cap - len)
			return false;
		len += (size_t)put;
	}
	return true;
}

enum ctl_exit request_connect(int *ret_fd)
{
	switch ((int)connect_admin(ret_fd)) {
	case SK_OK:
		return CTL_OK;
	case SK_E_NOENT:
		if (geteuid() != 0)
			break;
		ctl_error("%s", _("The daemon doesn't run. Start it: systemctl start sekishod"));
		return CTL_DOWN;
	case SK_E_DENIED:
		break;
	default:
		ctl_error("%s", _("The daemon can't be reached."));
		return CTL_DOWN;
	}
	ctl_error("%s", _("Only root may administer Sekisho: use sudo or su."));
	return CTL_NO_PERMISSION;
}

/* Rows of answers that mix kinds are told apart by what they have. */
static enum row_kind kind_of(const struct ipc_msg *m)
{
	char event[33];

	if (ipc_has(m, IPC_F_EVENT) && ipc_text(m, IPC_F_EVENT, event, sizeof(event)) == SK_OK) {
		if (strcmp(event, "daemon") == 0)
			return ROW_DAEMON;
		return strcmp(event, "reader") == 0 ? ROW_READER : ROW_COUNT;
	}
	if (ipc_has(m, IPC_F_FACTORS))
		return ROW_LOCKOUT;
	if (ipc_has(m, IPC_F_ISSUER))
		return ROW_CRL;
	if (ipc_has(m, IPC_F_FINGER))
		return ROW_FINGER;
	if (ipc_has(m, IPC_F_CARD))
		return ROW_CARD;
	return ipc_has(m, IPC_F_ROLE) ? ROW_PERSON : ROW_SHARED;
}

/* Text of a message in the language of this process. */
static enum sk_status message_text(const struct ipc_msg *m, char ret_text[static MSG_TEXT_SIZE])
{
	static const enum ipc_field fields[MSG_ARGS_MAX] = { IPC_F_ARG1, IPC_F_ARG2, IPC_F_ARG3 };
	char args[MSG_ARGS_MAX][MSG_ARG_SIZE];
	const char *arg[MSG_ARGS_MAX];
	enum msg_id id = (enum msg_id)ipc_num(m, IPC_F_MSG);

	if (msg_text(id) == NULL)
		return SK_E_FORMAT;
	for (size_t i = 0; i < MSG_ARGS_MAX; i++) {
		if (ipc_text(m, fields[i], args[i], sizeof(args[i])) != SK_OK)
			return SK_E_FORMAT;
		arg[i] = args[i];
	}
	return msg_format(id, _(msg_text(id)), _(MSG_TIME_FORMAT), arg, ret_text);
}

static void show_info(const struct ipc_msg *m)
{
	char text[MSG_TEXT_SIZE];

	if (message_text(m, text) == SK_OK)
		fprintf(stderr, "%s\n", text);
}

/* Ask for what the daemon wants to know, or cancel. */
static enum sk_status answer_prompt(int fd, const struct ipc_msg *m, int pin_fd)
{
	char text[MSG_TEXT_SIZE], prompt[MSG_TEXT_SIZE + 2], pin[PIN_MAX];
	uint8_t buf[256];
	struct ipc_out o;
	enum sk_status st = message_text(m, text);

	if (st != SK_OK)
		return st;
	snprintf(prompt, sizeof(prompt), "%s ", text);
	st = pin_read(prompt, pin_fd, pin);
	if (st == SK_OK) {
		ipc_out_init(&o, IPC_ADMIN_ANSWER, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_PROMPT_ID, ipc_num(m, IPC_F_PROMPT_ID));
		ipc_out_text(&o, IPC_F_SECRET, pin);
	} else {
		if (st == SK_E_SPACE)
			ctl_error("%s", _("A PIN isn't as long as that."));
		if (st == SK_E_IO)
			ctl_error("%s", _("There is no terminal to ask for the PIN: use --pin-fd."));
		ipc_out_init(&o, IPC_ADMIN_CANCEL, buf, sizeof(buf));
	}
	st = ipc_send(fd, &o);
	SK_WIPE_ARRAY(buf);
	SK_WIPE_ARRAY(pin);
	return st;
}

static enum sk_status take_message(int fd, const struct ipc_msg *m, const struct ctl_args *a, enum row_kind kind,
    struct answer *answer, bool *ret_ended)
{
	if (m->type == IPC_ADMIN_ROW)
		return rows_add(&answer->rows, kind != REQUEST_MIXED ? kind : kind_of(m), m);
	if (m->type == IPC_ADMIN_INFO) {
		show_info(m);
		return SK_OK;
	}
	if (m->type == IPC_ADMIN_PROMPT)
		return answer_prompt(fd, m, a->pin_fd);
	if (m->type != IPC_ADMIN_END)
		return SK_E_FORMAT;
	answer->result = (enum sk_status)(int32_t)(uint32_t)ipc_num(m, IPC_F_RESULT);
	*ret_ended = true;
	return ipc_text(m, IPC_F_TEXT, answer->text, sizeof(answer->text));
}

static enum ctl_exit broken(enum sk_status st)
{
	if (st == SK_E_TIMEOUT)
		ctl_error("%s", _("The daemon didn't answer in time."));
	else if (st == SK_E_NOMEM || st == SK_E_SPACE)
		ctl_error("%s", _("The answer is too large."));
	else
		ctl_error("%s", _("The connection to the daemon broke off: see the journal of sekishod."));
	return st == SK_E_GONE ? CTL_DOWN : CTL_FAILED;
}

enum ctl_exit request_ask(int fd, struct request *r, const struct ctl_args *a, enum row_kind kind,
    struct answer *ret_answer)
{
	static uint8_t buf[IPC_MSG_MAX];
	bool ended = false;
	enum sk_status st = ipc_send(fd, &r->o);

	ret_answer->result = SK_E_FAULT;
	if (st == SK_E_FORMAT || st == SK_E_SPACE) {
		ctl_error("%s", _("A value is too long or has characters that aren't allowed there."));
		return CTL_USAGE;
	}
	while (st == SK_OK && !ended) {
		struct ipc_msg m;

		st = ipc_recv(fd, IPC_ADMIN_DOWN, ANSWER_MS, buf, sizeof(buf), &m);
		if (st == SK_OK)
			st = take_message(fd, &m, a, kind, ret_answer, &ended);
	}
	return st == SK_OK ? CTL_OK : broken(st);
}

/* One row for each status: its word for programs, the exit status, and a sentence when the daemon sent none. */
static const struct {
	enum sk_status st;
	const char *word;
	enum ctl_exit exit;
	const char *sentence;
} results[] = {
	{ SK_OK, "ok", CTL_OK, "" },
	{ SK_E_FAULT, "fault", CTL_FAILED, N_("An internal fault: see the journal of sekishod.") },
	{ SK_E_ARG, "bad-request", CTL_USAGE, N_("A value isn't allowed there.") },
	{ SK_E_FORMAT, "bad-format", CTL_FAILED, N_("The data doesn't follow its format.") },
	{ SK_E_SPACE, "too-large", CTL_FAILED, N_("The data is too large.") },
	{ SK_E_NOENT, "not-found", CTL_NOT_FOUND, N_("There is no such entry.") },
	{ SK_E_EXIST, "exists", CTL_FAILED, N_("It is there already.") },
	{ SK_E_CORRUPT, "corrupt", CTL_PROBLEMS, N_("Stored data is damaged.") },
	{ SK_E_IO, "io", CTL_FAILED, N_("Reading or writing failed.") },
	{ SK_E_DENIED, "denied", CTL_FAILED, N_("It is refused.") },
	{ SK_E_WAIT, "wait", CTL_FAILED, N_("It is too early: a delay after failures runs.") },
	{ SK_E_LOCKED, "locked", CTL_FAILED, N_("It is locked after too many failures: sekishoctl unlock") },
	{ SK_E_TIMEOUT, "timeout", CTL_FAILED, N_("The time is over.") },
	{ SK_E_CANCELLED, "cancelled", CTL_FAILED, N_("Cancelled.") },
	{ SK_E_GONE, "gone", CTL_FAILED, N_("The card, reader or sensor was taken away.") },
	{ SK_E_CRYPTO, "not-verified", CTL_FAILED, N_("A signature or certificate isn't good.") },
	{ SK_E_UNSUPPORTED, "unsupported", CTL_FAILED, N_("This isn't supported.") },
	{ SK_E_BUSY, "busy", CTL_FAILED, N_("Somebody else uses it now: try again.") },
	{ SK_E_STATE, "wrong-state", CTL_FAILED, N_("This can't be done in the present state.") },
	{ SK_E_NOMEM, "no-memory", CTL_FAILED, N_("There is not enough memory.") },
};

static size_t result_row(enum sk_status st)
{
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (results[i].st == st)
			return i;
	}
	return 1; /* An unknown status is a fault. */
}

enum ctl_exit request_exit(enum sk_status result)
{
	return results[result_row(result)].exit;
}

const char *request_word(enum sk_status result)
{
	return results[result_row(result)].word;
}

/* One object; a row stands on one line, so that grep finds what belongs together. */
static enum ctl_exit show_json(const struct answer *answer)
{
	const int style = JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *text = json_object_new_string(answer->text), *rows = rows_json_all(&answer->rows);

	if (text == NULL || rows == NULL) {
		json_object_put(text);
		json_object_put(rows);
		ctl_error("%s", _("There is not enough memory."));
		return CTL_FAILED;
	}
	printf("{ \"result\": \"%s\", \"message\": %s, \"rows\": [", request_word(answer->result),
	    json_object_to_json_string_ext(text, style));
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		printf("%s\n  %s", i > 0 ? "," : "", json_object_to_json_string_ext(json_object_array_get_idx(rows, i), style));
	printf("%s] }\n", answer->rows.n > 0 ? "\n" : "");
	json_object_put(text);
	json_object_put(rows);
	return request_exit(answer->result);
}

enum ctl_exit request_show(const struct answer *answer, const struct ctl_args *a, const char *done)
{
	if (a->json)
		return show_json(answer);
	rows_print(&answer->rows, stdout);
	if (answer->result == SK_OK) {
		if (done != NULL)
			printf("%s\n", _(done));
		else if (answer->rows.n == 0)
			printf("%s\n", _("None."));
	} else {
		const char *text = answer->text[0] != '\0' ? answer->text : results[result_row(answer->result)].sentence;

		(void)fflush(stdout);
		ctl_error("%s", _(text));
	}
	return request_exit(answer->result);
}

enum ctl_exit request_run(struct request *r, const struct ctl_args *a, enum row_kind kind, const char *done)
{
	struct answer answer;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	e = request_ask(fd, r, a, kind, &answer);
	(void)close(fd);
	if (e == CTL_OK)
		e = request_show(&answer, a, done);
	answer_clear(&answer);
	return e;
}

void answer_clear(struct answer *answer)
{
	rows_clear(&answer->rows);
}
