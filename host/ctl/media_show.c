/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl media show, list, flush: what is plugged in, what is approved, and records on their way. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/media.h"
#include "media/decide.h"
#include "media/spool.h"

#define ROW_LEN 2048u

/* Reasons of judge.h for people. */
static const struct {
	const char *word, *sentence;
} reasons[] = {
	{ "bad-descriptors", N_("what it says about itself can't be read") },
	{ "no-storage", N_("no storage") },
	{ "storage-and-input", N_("storage that is a keyboard as well") },
	{ "no-serial", N_("storage without a serial number") },
	{ "bad-serial", N_("storage whose serial number doesn't tell it from others") },
	{ "no-list", N_("storage, and there is no list of approved media") },
	{ "bad-list", N_("storage, and the list of approved media is damaged") },
	{ "not-listed", N_("storage that isn't on the list of approved media") },
	{ "listed", N_("approved storage") },
};

static const char *sentence_of(const char *word)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].word, word) == 0)
			return reasons[i].sentence;
	}
	return word;
}

/* VENDOR:PRODUCT:SERIAL as a shell takes it. */
static void medium_text(const struct mediadev *d, char *ret_text, size_t cap)
{
	bool plain = true;
	size_t at;

	for (size_t i = 0; i < d->serial_len; i++) {
		static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

		plain = plain && strchr(harmless, d->serial[i]) != NULL;
	}
	at = (size_t)snprintf(ret_text, cap, "%s%04x:%04x:", plain ? "" : "'", d->desc.vendor, d->desc.product);
	for (size_t i = 0; i < d->serial_len && at + 8 < cap; i++) {
		/* The one character that can't stand between quotes. */
		if (d->serial[i] == '\'')
			at += (size_t)snprintf(ret_text + at, cap - at, "'\\''");
		else
			ret_text[at++] = (char)d->serial[i];
	}
	(void)snprintf(ret_text + at, cap - at, "%s", plain ? "" : "'");
}

static const char *status_word(const struct mediadev *d, const struct media_rule *rule)
{
	if (!d->authorized)
		return "refused";
	return rule->verdict == MEDIA_APPROVED ? "approved" : "allowed";
}

static enum sk_status row_device(struct mediadev *d, const struct mediakeep *k, struct rows *rows)
{
	const struct media_rule *rule = decide_judge(d, k);
	char product[MEDIADEV_CLEAN_MAX], serial[MEDIADEV_CLEAN_MAX], medium[4 * MEDIA_SERIAL_MAX + 32];
	uint8_t buf[ROW_LEN];
	struct ipc_out o;

	mediadev_text(d, "product", product);
	media_clean((struct sk_span){ d->serial, d->serial_len }, serial);
	ipc_out_init(&o, IPC_ADMIN_ROW, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_PATH, d->port);
	ipc_out_text(&o, IPC_F_STATUS, status_word(d, rule));
	ipc_out_text(&o, IPC_F_EVENT, rule->word);
	ipc_out_text(&o, IPC_F_DETAIL, sentence_of(rule->word));
	ipc_out_text(&o, IPC_F_SUBJECT, product);
	if (serial[0] != '\0')
		ipc_out_text(&o, IPC_F_NAME, serial);
	if ((d->facts & (MEDIA_STORAGE | MEDIA_INPUT | MEDIA_SERIAL_GOOD)) == (MEDIA_STORAGE | MEDIA_SERIAL_GOOD)) {
		medium_text(d, medium, sizeof(medium));
		ipc_out_text(&o, IPC_F_TEXT, medium);
	}
	return rows_add_own(rows, ROW_PLUGGED, &o);
}

static enum sk_status rows_devices(const struct mediakeep *k, struct rows *rows)
{
	DIR *dir = opendir(MEDIADEV_ROOT);
	const struct dirent *e;
	enum sk_status st = SK_OK;

	while (st == SK_OK && dir != NULL && (e = readdir(dir)) != NULL) {
		enum mediadev_kind kind;
		char port[MEDIADEV_PORT_MAX];
		struct mediadev d;

		if (strchr(e->d_name, ':') != NULL || mediadev_name(e->d_name, &kind, port) != SK_OK || kind != MEDIADEV_DEVICE ||
		    mediadev_open(MEDIADEV_ROOT, port, &d) != SK_OK)
			continue;
		st = row_device(&d, k, rows);
		mediadev_close(&d);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return st;
}

enum ctl_exit cmd_media_show(const struct ctl_args *a)
{
	struct mediakeep *k = NULL;
	struct answer answer = { 0 };
	enum ctl_exit e = media_open(&k);

	if (e != CTL_OK)
		return e;
	answer.result = rows_devices(k, &answer.rows);
	e = request_show(&answer, a, NULL);
	answer_clear(&answer);
	mediakeep_free(&k);
	return e;
}

static enum sk_status row_medium(const struct media_entry *m, struct rows *rows)
{
	char device[16], serial[MEDIADEV_CLEAN_MAX], label[MEDIA_LABEL_MAX + 1];
	uint8_t buf[ROW_LEN];
	struct ipc_out o;

	(void)snprintf(device, sizeof(device), "%04x:%04x", m->vendor, m->product);
	media_clean(m->serial, serial);
	memcpy(label, m->label.p, m->label.len);
	label[m->label.len] = '\0';
	ipc_out_init(&o, IPC_ADMIN_ROW, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_DEVICE, device);
	ipc_out_text(&o, IPC_F_NAME, serial);
	ipc_out_text(&o, IPC_F_SUBJECT, label);
	ipc_out_num(&o, IPC_F_CREATED, (uint64_t)m->added);
	return rows_add_own(rows, ROW_MEDIUM, &o);
}

/* Damage is the exit status as well: for monitoring. */
enum ctl_exit cmd_media_list(const struct ctl_args *a)
{
	struct mediakeep *k = NULL;
	struct mediakeep_facts f;
	struct answer answer = { 0 };
	const struct medialist *l;
	struct media_entry m;
	struct sk_reader r;
	enum ctl_exit e = media_open(&k);

	if (e != CTL_OK)
		return e;
	answer.result = media_row_list(k, &answer.rows);
	l = mediakeep_list(k);
	if (l != NULL) {
		sk_reader_init(&r, l->entries.p, l->entries.len);
		while (answer.result == SK_OK && medialist_next(&r, &m) == SK_OK)
			answer.result = row_medium(&m, &answer.rows);
	}
	mediakeep_facts(k, &f);
	if (answer.result == SK_OK && f.state == MEDIAKEEP_DAMAGED) {
		answer.result = SK_E_CORRUPT;
		(void)snprintf(answer.text, sizeof(answer.text), "%s", f.what);
	}
	e = request_show(&answer, a, NULL);
	answer_clear(&answer);
	mediakeep_free(&k);
	return e;
}

/* --- doctor ----------------------------------------------------------------------------------------------------------- */

/* Where the rules are not, there is no gate: it comes with sekisho-kiosk. */
static enum sk_status check_ungated(enum mediakeep_state list, struct rows *rows)
{
	if (mediadev_hubs_are_closed(MEDIADEV_ROOT))
		return rows_add_check(rows, "media", "warn",
		    N_("USB devices that are plugged in stay locked out: nothing judges them, for the udev rules are not installed."),
		    LIBEXECDIR "/sekisho-media --open");
	if (list != MEDIAKEEP_NONE)
		return rows_add_check(rows, "media", "warn",
		    N_("There is a list of approved media, but storage on USB is not judged: the udev rules are not installed."),
		    N_("Install the package sekisho-kiosk."));
	return rows_add_check(rows, "media", "ok", N_("Storage on USB is not judged on this terminal."), "");
}

enum sk_status media_check(struct rows *rows)
{
	struct mediakeep *k = NULL;
	struct mediakeep_facts f;
	enum sk_status st = mediakeep_open(DENY_AUTHORITY_FILE, MEDIAKEEP_DIR, &k);

	if (st != SK_OK)
		return st;
	mediakeep_facts(k, &f);
	mediakeep_free(&k);
	if (f.state == MEDIAKEEP_DAMAGED)
		st = rows_add_check(rows, "media", "fail", f.what, N_("Import the newest list: sekishoctl media import FILE"));
	else if (!mediadev_rules_in_force(""))
		st = check_ungated(f.state, rows);
	else if (!mediadev_hubs_are_closed(MEDIADEV_ROOT))
		st = rows_add_check(rows, "media", "warn", N_("USB devices get in without being judged: the udev rules are not in force."),
		    "udevadm control --reload && " LIBEXECDIR "/sekisho-media --all");
	else if (f.state == MEDIAKEEP_NONE)
		st = rows_add_check(rows, "media", "ok", N_("No list of approved media: no storage on USB may be used."), "");
	else
		st = rows_add_check(rows, "media", "ok", N_("The list of approved media is in force."), "");
	return st;
}

/* --- records on their way --------------------------------------------------------------------------------------------- */

static enum ctl_exit send_one(int fd, const struct ctl_args *a, const char *name, struct answer *answer)
{
	struct answer one = { 0 };
	struct spool_event event;
	struct request r;
	enum ctl_exit e = CTL_OK;
	enum sk_status st = spool_get(SPOOL_DIR, name, &event);

	/* Somebody else has handed it over since the folder was read: sekisho-media.service, or media add. */
	if (st == SK_E_NOENT)
		return CTL_OK;
	if (st == SK_OK) {
		spool_message(&event, &r.o, r.buf);
		e = request_ask(fd, &r, a, ROW_PLUGGED, &one);
		st = one.result;
	}
	if (e == CTL_OK && st == SK_OK)
		st = spool_drop(SPOOL_DIR, name);
	if (e == CTL_OK && st != SK_OK && answer->result == SK_OK) {
		answer->result = st;
		(void)snprintf(answer->text, sizeof(answer->text), "%s",
		    N_("A record of sekisho-media could not be handed to the daemon; it stays in /run/sekisho-media."));
	}
	answer_clear(&one);
	return e;
}

enum ctl_exit media_send_spool(int fd, const struct ctl_args *a, struct answer *answer)
{
	char (*names)[SPOOL_NAME_MAX] = NULL;
	size_t n = 0;
	enum ctl_exit e = CTL_OK;

	if (spool_names(SPOOL_DIR, &names, &n) != SK_OK) {
		answer->result = SK_E_IO;
		(void)snprintf(answer->text, sizeof(answer->text), "%s", N_("The folder /run/sekisho-media can't be read."));
		return CTL_OK;
	}
	for (size_t i = 0; i < n && e == CTL_OK; i++)
		e = send_one(fd, a, names[i], answer);
	free(names);
	return e;
}

enum ctl_exit cmd_media_flush(const struct ctl_args *a)
{
	struct answer answer = { 0 };
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	e = media_send_spool(fd, a, &answer);
	(void)close(fd);
	if (e == CTL_OK)
		e = request_show(&answer, a, NULL);
	answer_clear(&answer);
	return e;
}
