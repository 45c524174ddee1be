/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekishoctl fetch: what the timer runs. The daemon says what is to be fetched; sekisho-fetch, a process of another user, fetches;
 * the daemon judges. Nothing that a log-in waits for.
 *
 * Rules
 *  1. One source that fails doesn't stop the others; each is told, and the exit status says that there was one.
 *  2. A responder that can't be reached is left alone after TRIES_DOWN failures in sequence: a thousand cards must not wait for it one
 *     after the other.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/fetch_spawn.h"
#include "ctl/request.h"
#include "ctl/upload.h"
#include "core/utf8.h"
#include "safefile/safefile.h"

#define LIST_DEADLINE_S 600u
#define RESPONSE_DEADLINE_S 20u
#define RESPONSE_MAX 32768u
#define TRIES_DOWN 3u
#define WATCH_FILES_MAX 256

/* One run. */
struct fetch {
	const struct ctl_args *a;
	struct fetch_user user;
	struct answer list; /* what the daemon wants */
	struct rows told; /* what became of it: lists, and responses that failed or say something else than good */
	uint32_t done, failed;
	uint32_t responses_n, responses_good;
	char proxy[256]; /* for http and https; "": none */
	char down_url[256]; /* the responder that fails */
	uint32_t down_n;
};

/* A row of what is told; detail is English, a key of the catalogue where it is ours. */
static void tell(struct fetch *f, const char *kind, const char *status, const char *source, const char *card,
    const char *detail)
{
	uint8_t buf[2560];
	struct ipc_out o;
	struct ipc_msg m;
	struct sk_span bytes;

	ipc_out_init(&o, IPC_ADMIN_ROW, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_EVENT, kind);
	ipc_out_text(&o, IPC_F_STATUS, status);
	if (source[0] != '\0')
		ipc_out_text(&o, IPC_F_PATH, source);
	if (card[0] != '\0')
		ipc_out_text(&o, IPC_F_CARD, card);
	ipc_out_text(&o, IPC_F_DETAIL, detail);
	if (ipc_out_finish(&o, &bytes) != SK_OK || ipc_parse(bytes, IPC_ADMIN_DOWN, &m) != SK_OK ||
	    rows_add(&f->told, ROW_FETCH, &m) != SK_OK)
		ctl_error("%s: %s: %s", kind, status, detail);
}

static void told_failed(struct fetch *f, const char *kind, const char *source, const char *card, const char *detail)
{
	f->failed++;
	tell(f, kind, "fail", source, card, detail);
}

static void progress(const struct fetch *f, const char *source)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K[%u/%zu] %.60s", f->done, f->list.rows.n, source);
	(void)fflush(stderr);
}

static void progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

/* A list in an open file goes to the daemon. */
static void import_list(struct fetch *f, const char *kind, int file, size_t len, int64_t modified, const char *source)
{
	const struct upload u = { .a = f->a, .path = source, .name = source, .file = file, .total = len, .modified = modified };
	struct answer answer;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK) {
		told_failed(f, kind, source, "", N_("The daemon didn't take it."));
		return;
	}
	memset(&answer, 0, sizeof(answer));
	e = upload_list(fd, &u, &answer);
	(void)close(fd);
	if (e != CTL_OK)
		told_failed(f, kind, source, "", N_("The daemon didn't take it."));
	else if (answer.result != SK_OK)
		told_failed(f, kind, source, "", answer.text);
	else
		tell(f, kind, "ok", source, "", N_("The list is in force."));
	answer_clear(&answer);
}

/* @p since: of the list in force that came from there; a national one isn't carried over the network six times a day for nothing. */
static void fetch_list(struct fetch *f, const char *url, int64_t since)
{
	const struct fetch_job job = { .url = url, .proxy = f->proxy, .max = UPLOAD_MAX, .deadline_s = LIST_DEADLINE_S, .since = since };
	char what[FETCH_WHAT_MAX];
	struct fetch_got got;
	enum sk_status st = fetch_spawn(&f->user, &job, &got, what);

	if (st == SK_E_EXIST && since > 0) {
		tell(f, "crl", "ok", url, "", N_("It has not changed; the list is in force."));
		return;
	}
	if (st != SK_OK) {
		told_failed(f, "crl", url, "", what);
		return;
	}
	import_list(f, "crl", got.file, got.len, got.modified, url);
	(void)close(got.file);
}

static int is_crl(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > 4 && strcmp(d->d_name + len - 4, ".crl") == 0;
}

static void watch_file(struct fetch *f, const char *path)
{
	size_t len = 0;
	int file = -1;
	enum sk_status st = safefile_open(path, SAFEFILE_FOREIGN, UPLOAD_MAX, &file, &len);

	if (st != SK_OK || len == 0)
		told_failed(f, "watch", path, "",
		    st == SK_E_SPACE ? N_("It is too large.") : N_("It is empty, or can't be read."));
	else
		import_list(f, "watch", file, len, 0, path);
	if (file >= 0)
		(void)close(file);
}

/* A folder that isn't there is a medium that isn't in: no fault. */
static void watch_folder(struct fetch *f, const char *dir)
{
	struct dirent **names = NULL;
	int n = access(dir, F_OK) == 0 ? scandir(dir, &names, is_crl, alphasort) : 0;

	if (n < 0 || n > WATCH_FILES_MAX)
		told_failed(f, "watch", dir, "",
		    n < 0 ? N_("The folder can't be read.") : N_("There are too many lists in the folder."));
	for (int i = 0; i < n && n <= WATCH_FILES_MAX; i++) {
		char path[256];

		if (snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name) >= (int)sizeof(path)) {
			told_failed(f, "watch", dir, "", N_("A file's name is too long."));
			continue;
		}
		/* The name is the medium's: nothing of it reaches a terminal unread. */
		if (!sk_utf8_is_clean((const uint8_t *)path, strlen(path))) {
			told_failed(f, "watch", dir, "", N_("A file's name has characters that aren't allowed."));
			continue;
		}
		progress(f, path);
		watch_file(f, path);
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* Rule 2. */
static bool is_down(const struct fetch *f, const char *url)
{
	return f->down_n >= TRIES_DOWN && strcmp(f->down_url, url) == 0;
}

static void note_down(struct fetch *f, const char *url, bool down)
{
	if (!down || strcmp(f->down_url, url) != 0)
		f->down_n = 0;
	snprintf(f->down_url, sizeof(f->down_url), "%s", url);
	f->down_n += down ? 1 : 0;
}

/* The response in file goes to the daemon; the row it answers with says what the response is worth. */
static void import_response(struct fetch *f, const struct row *want, int file, uint32_t len, const char *url,
    const char *card)
{
	static uint8_t bytes[RESPONSE_MAX];
	static struct request r;
	char word[33] = "", serial[65];
	struct answer answer;
	int fd;

	if (pread(file, bytes, len, 0) != (ssize_t)len || request_connect(&fd) != CTL_OK) {
		told_failed(f, "ocsp", url, card, N_("The daemon didn't take it."));
		return;
	}
	memset(&answer, 0, sizeof(answer));
	request_begin(&r, CMD_OCSP_IMPORT);
	request_text(&r, IPC_F_CARD, card);
	if (ipc_text(&want->m, IPC_F_SERIAL, serial, sizeof(serial)) == SK_OK && serial[0] != '\0')
		request_text(&r, IPC_F_SERIAL, serial);
	ipc_out_bytes(&r.o, IPC_F_BYTES, bytes, len);
	request_text(&r, IPC_F_PATH, url);
	if (request_ask(fd, &r, f->a, ROW_OCSP, &answer) != CTL_OK)
		told_failed(f, "ocsp", url, card, N_("The daemon didn't take it."));
	else if (answer.result != SK_OK)
		told_failed(f, "ocsp", url, card, answer.text);
	else if (answer.rows.n != 1 || ipc_text(&answer.rows.v[0].m, IPC_F_STATUS, word, sizeof(word)) != SK_OK)
		told_failed(f, "ocsp", url, card, N_("The daemon's answer is not understood."));
	else if (strcmp(word, "good") == 0)
		f->responses_good++;
	else if (strcmp(word, "revoked") == 0)
		tell(f, "ocsp", word, url, card, N_("The responder says that the certificate is revoked."));
	else
		told_failed(f, "ocsp", url, card,
		    strcmp(word, "unknown") == 0 ? N_("The responder doesn't know the certificate.")
						 : N_("The response is outdated."));
	(void)close(fd);
	answer_clear(&answer);
}

static void fetch_response(struct fetch *f, const struct row *want, const char *url, const char *card)
{
	struct fetch_job job = { .url = url, .proxy = f->proxy, .max = RESPONSE_MAX, .deadline_s = RESPONSE_DEADLINE_S };
	char what[FETCH_WHAT_MAX];
	struct fetch_got got;
	enum sk_status st;

	f->responses_n++;
	if (url[0] == '\0' || !ipc_has(&want->m, IPC_F_BYTES)) {
		told_failed(f, "ocsp", url, card,
		    url[0] == '\0' ? N_("The certificate names no responder; set [ocsp] url.")
				   : N_("The certificate's CA isn't among the anchors."));
		return;
	}
	if (is_down(f, url)) {
		told_failed(f, "ocsp", url, card, N_("Left out: the responder failed several times in sequence."));
		return;
	}
	job.request = want->m.f[IPC_F_BYTES];
	st = fetch_spawn(&f->user, &job, &got, what);
	note_down(f, url, st != SK_OK);
	if (st != SK_OK) {
		told_failed(f, "ocsp", url, card, what);
		return;
	}
	import_response(f, want, got.file, got.len, url, card);
	(void)close(got.file);
}

static void fetch_row(struct fetch *f, const struct row *want)
{
	char kind[33], path[256], card[65];

	if (ipc_text(&want->m, IPC_F_EVENT, kind, sizeof(kind)) != SK_OK ||
	    ipc_text(&want->m, IPC_F_PATH, path, sizeof(path)) != SK_OK ||
	    ipc_text(&want->m, IPC_F_CARD, card, sizeof(card)) != SK_OK)
		return;
	f->done++;
	progress(f, path);
	/* Comes first. */
	if (strcmp(kind, "proxy") == 0)
		memcpy(f->proxy, path, sizeof(f->proxy));
	else if (strcmp(kind, "watch") == 0)
		watch_folder(f, path);
	else if (strcmp(kind, "crl") == 0)
		fetch_list(f, path, ipc_has(&want->m, IPC_F_TIME) ? (int64_t)ipc_num(&want->m, IPC_F_TIME) : 0);
	else if (strcmp(kind, "ocsp") == 0)
		fetch_response(f, want, path, card);
}

static enum ctl_exit show(struct fetch *f)
{
	struct answer answer = { .result = SK_OK, .rows = f->told };
	enum ctl_exit e;

	progress_end();
	if (!f->a->json && f->list.rows.n == 0)
		printf("%s\n", _("There is nothing to fetch: see [crl] and [ocsp] in sekisho.conf(5)."));
	e = f->a->json || f->told.n > 0 ? request_show(&answer, f->a, NULL) : CTL_OK;
	if (!f->a->json && f->responses_n > 0)
		printf(_("OCSP: %u of %u responses are good.\n"), f->responses_good, f->responses_n);
	return e == CTL_OK && f->failed > 0 ? CTL_PROBLEMS : e;
}

enum ctl_exit cmd_fetch(const struct ctl_args *a)
{
	static struct fetch f;
	struct request r;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	f.a = a;
	request_begin(&r, CMD_FETCH_LIST);
	e = request_ask(fd, &r, a, ROW_FETCH, &f.list);
	(void)close(fd);
	if (e == CTL_OK && f.list.result != SK_OK)
		e = request_show(&f.list, a, NULL);
	if (e == CTL_OK && fetch_find_user(&f.user) != SK_OK) {
		ctl_error(
		    _("There is no user %s. Make it: adduser --system --group --no-create-home --home /nonexistent %s"),
		    FETCH_USER, FETCH_USER);
		e = CTL_FAILED;
	}
	for (size_t i = 0; i < f.list.rows.n && e == CTL_OK; i++)
		fetch_row(&f, &f.list.rows.v[i]);
	if (e == CTL_OK)
		e = show(&f);
	rows_clear(&f.told);
	answer_clear(&f.list);
	return e;
}
