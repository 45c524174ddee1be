/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl audit: list, verify, export. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/export.h"
#include "ctl/request.h"

/* Records of one answer of the daemon. */
#define PAGE 500u

/* One page into the answer's rows. */
static enum ctl_exit ask_page(int fd, const struct ctl_args *a, uint64_t after, uint32_t limit, struct answer *answer)
{
	struct request r;

	request_begin(&r, CMD_AUDIT_LIST);
	request_num(&r, IPC_F_SEQ, after);
	request_num(&r, IPC_F_LIMIT, limit < PAGE ? limit : PAGE);
	return request_ask(fd, &r, a, ROW_AUDIT, answer);
}

static uint64_t last_seq(const struct answer *answer)
{
	return ipc_num(&answer->rows.v[answer->rows.n - 1].m, IPC_F_SEQ);
}

/* The newest records when no start was given: people look at what just happened. */
static enum ctl_exit find_start(int fd, const struct ctl_args *a, uint32_t limit, uint64_t *ret_after)
{
	struct request r;
	struct answer answer;
	enum ctl_exit e;

	memset(&answer, 0, sizeof(answer));
	/* Without a start the daemon answers with the newest ones. */
	request_begin(&r, CMD_AUDIT_LIST);
	request_num(&r, IPC_F_LIMIT, 1);
	e = request_ask(fd, &r, a, ROW_AUDIT, &answer);
	if (e == CTL_OK && answer.rows.n == 1) {
		uint64_t head = last_seq(&answer);

		*ret_after = head > limit ? head - limit : 0;
	}
	answer_clear(&answer);
	return e;
}

enum ctl_exit cmd_audit_list(const struct ctl_args *a)
{
	struct answer answer;
	uint32_t left = a->last != 0 ? a->last : 50;
	uint64_t after = a->after;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	if (!a->after_given)
		e = find_start(fd, a, left, &after);
	while (e == CTL_OK && left > 0) {
		size_t before = answer.rows.n;

		e = ask_page(fd, a, after, left, &answer);
		if (e != CTL_OK || answer.result != SK_OK || answer.rows.n == before)
			break;
		left -= (uint32_t)(answer.rows.n - before);
		after = last_seq(&answer);
	}
	(void)close(fd);
	if (e == CTL_OK)
		e = request_show(&answer, a, NULL);
	answer_clear(&answer);
	return e;
}

static enum ctl_exit show_report(const struct export_report *report, enum sk_status st, const struct ctl_args *a)
{
	if (a->json) {
		struct json_object *o = json_object_new_object();

		if (o == NULL)
			return CTL_FAILED;
		(void)json_object_object_add(o, "result", json_object_new_string(request_word(st)));
		(void)json_object_object_add(o, "records", json_object_new_uint64(report->records));
		(void)json_object_object_add(o, "first", json_object_new_uint64(report->first));
		(void)json_object_object_add(o, "last", json_object_new_uint64(report->last));
		(void)json_object_object_add(o, "hash", json_object_new_string(report->hash));
		(void)json_object_object_add(o, "bad_line", json_object_new_uint64(report->bad_line));
		(void)json_object_object_add(o, "message", json_object_new_string(report->what));
		printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
		json_object_put(o);
		return request_exit(st);
	}
	if (st == SK_OK) {
		printf(_("%llu records, %llu to %llu, all whole. Newest hash: %s\n"), (unsigned long long)report->records,
		    (unsigned long long)report->first, (unsigned long long)report->last, report->hash);
		return CTL_OK;
	}
	if (st == SK_E_CORRUPT)
		ctl_error(_("Line %llu: %s"), (unsigned long long)report->bad_line, _(report->what));
	else
		ctl_error("%s", _("The file can't be read."));
	return request_exit(st);
}

static enum ctl_exit verify_file(const struct ctl_args *a)
{
	struct export_report report;
	FILE *in = fopen(a->file, "re");
	enum sk_status st;

	if (in == NULL) {
		ctl_error(_("There is no file %s, or it can't be read."), a->file);
		return CTL_NOT_FOUND;
	}
	st = export_verify(in, &report);
	(void)fclose(in);
	return show_report(&report, st, a);
}

enum ctl_exit cmd_audit_verify(const struct ctl_args *a)
{
	struct request r;

	if (a->file != NULL)
		return verify_file(a);
	request_begin(&r, CMD_AUDIT_VERIFY);
	return request_run(&r, a, ROW_VERIFY, N_("The chain is whole. Note down the newest record and its hash elsewhere."));
}

/* The newest record at this moment; that somebody exports is a record too. */
static enum ctl_exit begin_export(int fd, const struct ctl_args *a, uint64_t *ret_head)
{
	struct request r;
	struct answer answer;
	enum ctl_exit e;

	memset(&answer, 0, sizeof(answer));
	request_begin(&r, CMD_AUDIT_EXPORT);
	request_text(&r, IPC_F_PATH, a->output != NULL ? a->output : "stdout");
	e = request_ask(fd, &r, a, ROW_HEAD, &answer);
	if (e == CTL_OK && answer.result != SK_OK)
		e = request_show(&answer, a, NULL);
	if (e == CTL_OK && answer.rows.n == 1)
		*ret_head = ipc_num(&answer.rows.v[0].m, IPC_F_SEQ);
	answer_clear(&answer);
	return e;
}

static enum ctl_exit write_failed(void)
{
	ctl_error("%s", _("The export can't be written: is the disk full?"));
	return CTL_FAILED;
}

/* Records after a->after up to head, page by page: memory doesn't grow with the chain. */
static enum ctl_exit export_pages(int fd, const struct ctl_args *a, enum export_format format, uint64_t head, FILE *out)
{
	uint64_t after = a->after;
	char hash[65] = "";

	if (format == EXPORT_CSV && export_csv_header(out, a->bom) != SK_OK)
		return write_failed();
	while (after < head) {
		struct answer answer;
		enum ctl_exit e;
		enum sk_status st = SK_OK;

		memset(&answer, 0, sizeof(answer));
		e = ask_page(fd, a, after, PAGE, &answer);
		if (e == CTL_OK && (answer.result != SK_OK || answer.rows.n == 0)) {
			answer.result = answer.result == SK_OK ? SK_E_CORRUPT : answer.result;
			e = request_show(&answer, a, NULL);
		}
		for (size_t i = 0; i < answer.rows.n && e == CTL_OK && st == SK_OK; i++) {
			const struct row *row = &answer.rows.v[i];

			if (ipc_num(&row->m, IPC_F_SEQ) > head)
				break;
			st = export_record(out, format, row);
			after = ipc_num(&row->m, IPC_F_SEQ);
			rows_hex(row->m.f[IPC_F_HASH], hash, sizeof(hash));
		}
		answer_clear(&answer);
		if (e != CTL_OK)
			return e;
		if (st != SK_OK)
			return write_failed();
	}
	if (format == EXPORT_JSONL && export_head(out, after, hash) != SK_OK)
		return write_failed();
	return CTL_OK;
}

/* A new file that only its owner may read; one that is there is not overwritten. */
static enum ctl_exit open_output(const char *path, FILE **ret_out)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		if (errno == EEXIST)
			ctl_error(_("%s is there already; it is not overwritten."), path);
		else
			ctl_error(_("%s can't be made."), path);
		return CTL_FAILED;
	}
	*ret_out = fdopen(fd, "w");
	if (*ret_out == NULL) {
		(void)close(fd);
		return CTL_FAILED;
	}
	return CTL_OK;
}

enum ctl_exit cmd_audit_export(const struct ctl_args *a)
{
	enum export_format format = EXPORT_JSONL;
	uint64_t head = 0;
	FILE *out = stdout;
	int fd;
	enum ctl_exit e;

	if (a->format != NULL && strcmp(a->format, "csv") == 0) {
		format = EXPORT_CSV;
	} else if (a->format != NULL && strcmp(a->format, "jsonl") != 0) {
		ctl_error("%s", _("The format must be jsonl or csv."));
		return CTL_USAGE;
	}
	if (a->output != NULL && (e = open_output(a->output, &out)) != CTL_OK)
		return e;
	e = request_connect(&fd);
	if (e == CTL_OK) {
		e = begin_export(fd, a, &head);
		if (e == CTL_OK)
			e = export_pages(fd, a, format, head, out);
		(void)close(fd);
	}
	if (fflush(out) != 0 || (a->output != NULL && fsync(fileno(out)) != 0))
		e = e == CTL_OK ? write_failed() : e;
	if (a->output != NULL) {
		if (fclose(out) != 0 && e == CTL_OK)
			e = write_failed();
		if (e != CTL_OK)
			(void)unlink(a->output);
		else if (!a->json)
			fprintf(stderr, _("Written to %s, up to record %llu.\n"), a->output, (unsigned long long)head);
	}
	return e;
}
