/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekishoctl media add, remove, import, export: the list of approved media.
 *
 * The list is root's and so is this: the tool writes it. That it changes is in the daemon's log first; without the daemon it does
 * not change. Then everything that is plugged in is judged anew.
 */
#include <ctype.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/ctl.h"
#include "ctl/media.h"
#include "ctl/publish.h"
#include "safefile/safefile.h"

#define CONFIG_FILE "/etc/sekisho/sekisho.conf"
#define HELPER LIBEXECDIR "/sekisho-media"

enum ctl_exit media_open(struct mediakeep **ret_k)
{
	if (geteuid() != 0) {
		ctl_error("%s", _("Only root may administer Sekisho: use sudo or su."));
		return CTL_NO_PERMISSION;
	}
	if (mediakeep_open(DENY_AUTHORITY_FILE, MEDIAKEEP_DIR, ret_k) != SK_OK) {
		ctl_error("%s", _("There is no memory for the list of approved media."));
		return CTL_FAILED;
	}
	return CTL_OK;
}

/* media_open() for whoever changes the list; close() of the lock comes after all of it. */
static enum ctl_exit open_to_change(struct mediakeep **ret_k, int *ret_lock)
{
	enum sk_status st = geteuid() == 0 ? mediakeep_lock(MEDIAKEEP_DIR, ret_lock) : SK_OK;

	if (st == SK_OK)
		return media_open(ret_k);
	ctl_error("%s", st == SK_E_DENIED ? _("The folder /var/lib/sekisho-media must be root's and not writable by others.")
					  : _("The list of approved media can't be locked."));
	return CTL_FAILED;
}

static void end_change(struct mediakeep **k, int lock)
{
	mediakeep_free(k);
	if (lock >= 0)
		(void)close(lock);
}

static const char *state_word(enum mediakeep_state s)
{
	return s == MEDIAKEEP_NONE ? "none" : s == MEDIAKEEP_GOOD ? "good" : "damaged";
}

enum sk_status media_row_list(const struct mediakeep *k, struct rows *rows)
{
	struct mediakeep_facts f;
	char number[24];
	uint8_t buf[1024];
	struct ipc_out o;

	mediakeep_facts(k, &f);
	ipc_out_init(&o, IPC_ADMIN_ROW, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_STATUS, state_word(f.state));
	if (f.state != MEDIAKEEP_NONE && f.number != 0) {
		(void)snprintf(number, sizeof(number), "%" PRIu64, f.number);
		ipc_out_text(&o, IPC_F_SERIAL, number);
		ipc_out_bytes(&o, IPC_F_HASH, f.hash, sizeof(f.hash));
		if (f.since > 0)
			ipc_out_num(&o, IPC_F_CHANGED, (uint64_t)f.since);
	}
	if (f.state == MEDIAKEEP_GOOD) {
		ipc_out_num(&o, IPC_F_CREATED, (uint64_t)f.issued);
		ipc_out_num(&o, IPC_F_COUNT, f.n);
	}
	if (f.what[0] != '\0')
		ipc_out_text(&o, IPC_F_TEXT, f.what);
	return rows_add_own(rows, ROW_MEDIALIST, &o);
}

/* Every device is judged anew; false when that did not go well. */
static bool judge_anew(void)
{
	char name[] = HELPER, all[] = "--all";
	char *const argv[] = { name, all, NULL };
	char *const env[] = { NULL };
	pid_t pid;
	int status = 0;

	if (posix_spawn(&pid, HELPER, NULL, NULL, argv, env) != 0)
		return false;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What is put in force, and why. */
struct change {
	const char *word; /* media-add, ... */
	const char *medium, *reason; /* NULL: none. */
};

static enum ctl_exit ask_record(int fd, const struct ctl_args *a, const struct change *c, const struct medialist *l, struct sk_span bytes,
    struct answer *answer)
{
	uint8_t hash[DENYLIST_HASH_LEN];
	char number[24];
	struct request r;

	if (deny_sha256(bytes, hash) != SK_OK) {
		answer->result = SK_E_CRYPTO;
		return CTL_OK;
	}
	(void)snprintf(number, sizeof(number), "%" PRIu64, l->number);
	request_begin(&r, CMD_MEDIA_LIST);
	request_text(&r, IPC_F_EVENT, c->word);
	request_text(&r, IPC_F_SERIAL, number);
	request_num(&r, IPC_F_COUNT, l->n);
	ipc_out_bytes(&r.o, IPC_F_HASH, hash, sizeof(hash));
	request_text(&r, IPC_F_NAME, c->medium);
	request_text(&r, IPC_F_DETAIL, c->reason);
	return request_ask(fd, &r, a, ROW_MEDIALIST, answer);
}

/* The site's name; false when there is no configuration that has one. */
static bool site_name(struct answer *answer, const char **ret_site)
{
	static struct config c;
	struct config_error err;

	if (config_load(CONFIG_FILE, &c, &err) != SK_OK || c.site[0] == '\0') {
		answer->result = SK_E_STATE;
		(void)snprintf(answer->text, sizeof(answer->text), "%s",
		    N_("A list of approved media names its site: set [site] name in sekisho.conf."));
		return false;
	}
	*ret_site = c.site;
	return true;
}

/* Recorded, in force, applied; the answer tells how it went. */
static enum ctl_exit put_in_force(const struct ctl_args *a, struct mediakeep *k, struct sk_span bytes, const struct change *c,
    struct answer *answer)
{
	const int64_t now = (int64_t)time(NULL);
	struct medialist l;
	const char *site;
	char why[DENY_WHAT_MAX] = "";
	enum ctl_exit e;
	int fd;

	if (!site_name(answer, &site))
		return CTL_OK;
	answer->result = mediakeep_check(k, bytes, site, now, &l, why);
	(void)snprintf(answer->text, sizeof(answer->text), "%s", why);
	if (answer->result != SK_OK)
		return CTL_OK;
	e = request_connect(&fd);
	if (e != CTL_OK)
		return e;
	e = ask_record(fd, a, c, &l, bytes, answer);
	if (e == CTL_OK && answer->result == SK_OK) {
		answer->result = mediakeep_import(k, bytes, site, now, why);
		(void)snprintf(answer->text, sizeof(answer->text), "%s", why);
	}
	if (e == CTL_OK && answer->result == SK_OK)
		answer->result = media_row_list(k, &answer->rows);
	if (e == CTL_OK && answer->result == SK_OK && !judge_anew()) {
		answer->result = SK_E_IO;
		(void)snprintf(answer->text, sizeof(answer->text), "%s",
		    N_("The list is in force, but not every device could be judged anew: see the journal, or start the terminal anew."));
	}
	if (e == CTL_OK)
		e = media_send_spool(fd, a, answer);
	(void)close(fd);
	return e;
}

/* --- import, export --------------------------------------------------------------------------------------------------- */

enum ctl_exit cmd_media_import(const struct ctl_args *a)
{
	static const struct change import = { .word = "media-import" };
	struct mediakeep *k = NULL;
	struct answer answer = { 0 };
	uint8_t *bytes = NULL;
	size_t len = 0;
	int lock = -1;
	enum sk_status st;
	enum ctl_exit e = open_to_change(&k, &lock);

	if (e != CTL_OK) {
		end_change(&k, lock);
		return e;
	}
	st = safefile_load(a->arg[0], SAFEFILE_FOREIGN, MEDIALIST_LEN_MAX, &bytes, &len);
	if (st != SK_OK)
		e = ctl_load_failed(st, a->arg[0], N_("%s is too large to be a list of approved media."));
	else
		e = put_in_force(a, k, (struct sk_span){ bytes, len }, &import, &answer);
	if (e == CTL_OK)
		e = request_show(&answer, a, N_("The list is in force."));
	answer_clear(&answer);
	free(bytes);
	end_change(&k, lock);
	return e;
}

enum ctl_exit cmd_media_export(const struct ctl_args *a)
{
	struct mediakeep *k = NULL;
	struct sk_span bytes;
	enum ctl_exit e = media_open(&k);
	enum sk_status st;

	if (e != CTL_OK)
		return e;
	bytes = mediakeep_bytes(k);
	if (bytes.len == 0) {
		ctl_error("%s", _("This terminal has no list of approved media in force."));
		mediakeep_free(&k);
		return CTL_NOT_FOUND;
	}
	st = safefile_write_atomic(a->arg[0], SAFEFILE_MODE_ANY, bytes);
	mediakeep_free(&k);
	if (st == SK_OK) {
		(void)puts(_("Written. At each other terminal: sekishoctl media import"));
		return CTL_OK;
	}
	ctl_error(_("%s can't be written."), a->arg[0]);
	return st == SK_E_NOENT ? CTL_NOT_FOUND : CTL_FAILED;
}

/* --- add, remove ------------------------------------------------------------------------------------------------------ */

/* Four hex digits and a colon. */
static bool take_id(const char **p, uint16_t *ret_id)
{
	unsigned id = 0;

	for (size_t i = 0; i < 4; i++, (*p)++) {
		unsigned char c = (unsigned char)**p;

		if (!isxdigit(c))
			return false;
		id = id << 4 | (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
	}
	if (**p != ':')
		return false;
	(*p)++;
	*ret_id = (uint16_t)id;
	return true;
}

/* A socket, "1-2", or its folder in sysfs: the medium in it. The serial number goes into @p d. */
static bool medium_in_socket(const char *text, struct mediadev *d, struct media_entry *ret_e)
{
	const char *slash = strrchr(text, '/');
	enum mediadev_kind kind;
	char port[MEDIADEV_PORT_MAX];

	if (mediadev_name(slash != NULL ? slash + 1 : text, &kind, port) != SK_OK || kind != MEDIADEV_DEVICE ||
	    mediadev_open(MEDIADEV_ROOT, port, d) != SK_OK)
		return false;
	mediadev_close(d);
	ret_e->vendor = d->desc.vendor;
	ret_e->product = d->desc.product;
	ret_e->serial = (struct sk_span){ d->serial, d->serial_len };
	return (d->facts & MEDIA_READ) != 0;
}

/* MEDIUM of the command line. Says what is wrong. */
static enum ctl_exit medium_of(const char *text, struct mediadev *d, struct media_entry *ret_e)
{
	const char *p = text;

	memset(ret_e, 0, sizeof(*ret_e));
	if (take_id(&p, &ret_e->vendor) && take_id(&p, &ret_e->product)) {
		ret_e->serial = (struct sk_span){ (const uint8_t *)p, strlen(p) };
	} else if (!medium_in_socket(text, d, ret_e)) {
		ctl_error(_("There is no medium %s: sekishoctl media show names what is plugged in."), text);
		return CTL_NOT_FOUND;
	}
	if (media_serial_is_good(ret_e->serial.p, ret_e->serial.len))
		return CTL_OK;
	ctl_error("%s", _("This medium can't be approved: it has no serial number, or one that doesn't tell it from others."));
	return CTL_FAILED;
}

/* The entries of the next list into @p e (MEDIALIST_MAX + 1 of them): those in force, with or without one. */
static enum sk_status next_entries(const struct mediakeep *k, const struct media_entry *medium, bool add, struct media_entry *e,
    size_t *ret_n, char reterr_what[static DENY_WHAT_MAX])
{
	const struct medialist *l = mediakeep_list(k);
	bool there = false;
	struct sk_reader r;
	size_t n = 0;

	if (l != NULL) {
		sk_reader_init(&r, l->entries.p, l->entries.len);
		while (n < MEDIALIST_MAX && medialist_next(&r, &e[n]) == SK_OK) {
			bool same = medialist_compare(&e[n], medium) == 0;

			there = there || same;
			if (!same || add)
				n++;
		}
	}
	if (there == add) {
		(void)snprintf(reterr_what, DENY_WHAT_MAX, "%s",
		    add ? N_("This medium is on the list already.") : N_("This medium isn't on the list."));
		return add ? SK_E_EXIST : SK_E_NOENT;
	}
	if (add)
		e[n++] = *medium;
	*ret_n = n;
	return SK_OK;
}

static const char *make_why(enum sk_status st)
{
	return st == SK_E_SPACE ? N_("The list of approved media would name more than 1024 media.")
	    : st == SK_E_ARG    ? N_("The label is too long (96 bytes at most), or has characters that don't belong there.")
				: N_("There is no memory for the list of approved media.");
}

/* The next list, signed, in memory. */
static enum sk_status make_next(const struct mediakeep *k, const char *site, const struct media_entry *medium, bool add,
    uint8_t **ret_bytes, size_t *ret_len, char reterr_what[static DENY_WHAT_MAX])
{
	struct media_entry *e = calloc(MEDIALIST_MAX + 1, sizeof(*e));
	uint8_t signature[DENYLIST_SIG_LEN];
	struct mediakeep_facts f;
	struct medialist l;
	size_t n = 0;
	enum sk_status st = SK_E_NOMEM;

	mediakeep_facts(k, &f);
	if (f.state == MEDIAKEEP_DAMAGED) {
		(void)snprintf(reterr_what, DENY_WHAT_MAX, "%s",
		    N_("The list of approved media on this terminal is damaged: import the newest one first."));
		free(e);
		return SK_E_CORRUPT;
	}
	if (e != NULL)
		st = next_entries(k, medium, add, e, &n, reterr_what);
	if (st == SK_OK) {
		st = medialist_make(site, f.number + 1, (int64_t)time(NULL), e, n, ret_bytes, ret_len);
		if (st != SK_OK)
			(void)snprintf(reterr_what, DENY_WHAT_MAX, "%s", make_why(st));
	}
	free(e);
	if (st == SK_OK)
		st = medialist_parse((struct sk_span){ *ret_bytes, *ret_len }, &l);
	if (st == SK_OK)
		st = publish_sign(MEDIALIST_DOMAIN, l.statement, signature, reterr_what);
	if (st == SK_OK)
		st = medialist_set_signature(*ret_bytes, *ret_len, signature);
	return st;
}

static enum ctl_exit change_list(const struct ctl_args *a, bool add, const char *done)
{
	struct mediakeep *k = NULL;
	struct answer answer = { 0 };
	struct media_entry medium;
	struct mediadev d;
	struct change c = { .word = add ? "media-add" : "media-remove", .reason = a->reason };
	char name[MEDIADEV_CLEAN_MAX + 16], serial[MEDIADEV_CLEAN_MAX], why[DENY_WHAT_MAX] = "";
	uint8_t *bytes = NULL;
	size_t len = 0;
	const char *site;
	int lock = -1;
	enum ctl_exit e = open_to_change(&k, &lock);

	if (e == CTL_OK)
		e = medium_of(a->arg[0], &d, &medium);
	if (e != CTL_OK)
		goto out;
	medium.added = (int64_t)time(NULL);
	if (add)
		medium.label = (struct sk_span){ (const uint8_t *)a->label, strlen(a->label) };
	media_clean(medium.serial, serial);
	(void)snprintf(name, sizeof(name), "%04x:%04x:%s", medium.vendor, medium.product, serial);
	/* What a record's field holds. */
	name[MEDIADEV_CLEAN_MAX - 1] = '\0';
	c.medium = name;
	if (site_name(&answer, &site)) {
		answer.result = make_next(k, site, &medium, add, &bytes, &len, why);
		(void)snprintf(answer.text, sizeof(answer.text), "%s", why);
		if (answer.result == SK_OK)
			e = put_in_force(a, k, (struct sk_span){ bytes, len }, &c, &answer);
	}
	if (e == CTL_OK)
		e = request_show(&answer, a, done);
out:
	answer_clear(&answer);
	free(bytes);
	end_change(&k, lock);
	return e;
}

enum ctl_exit cmd_media_add(const struct ctl_args *a)
{
	return change_list(a, true, N_("The medium may be used here. Next: sekishoctl media export, for the other terminals."));
}

enum ctl_exit cmd_media_remove(const struct ctl_args *a)
{
	return change_list(a, false, N_("The medium may no longer be used here. Next: sekishoctl media export, for the other terminals."));
}
