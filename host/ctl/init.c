/* SPDX-License-Identifier: Apache-2.0 */
/* Preparing a terminal; see init.h. */
#include "ctl/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/connect.h"
#include "safefile/safefile.h"
#include "store/store.h"
#include "store/vault.h"
#include "trust/trust.h"

#define CONF_MAX 8192u
#define ANCHOR_MAX 65536u
#define PATH_LEN 512u

/* What the daemon owns is made as the daemon. */
static enum sk_status become(uid_t uid, gid_t gid)
{
	if (uid == geteuid() && gid == getegid())
		return SK_OK;
	/* Group first on the way down, user first on the way up. */
	if (geteuid() == 0)
		return setegid(gid) == 0 && seteuid(uid) == 0 ? SK_OK : SK_E_DENIED;
	return seteuid(uid) == 0 && setegid(gid) == 0 ? SK_OK : SK_E_DENIED;
}

/* A folder of this owner; an existing one must be that already. */
static enum ctl_exit make_folder(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	bool made = mkdir(path, mode) == 0;
	struct stat st;
	int fd;

	if (!made && errno != EEXIST) {
		ctl_error(_("The folder %s can't be made."), path);
		return CTL_FAILED;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || (made && (fchown(fd, uid, gid) != 0 || fchmod(fd, mode) != 0))) {
		ctl_error(_("The folder %s can't be used: it must be a real folder, not a link."), path);
		if (fd >= 0)
			(void)close(fd);
		return CTL_FAILED;
	}
	(void)close(fd);
	if (!made && (st.st_uid != uid || (st.st_mode & 07777 & ~mode) != 0)) {
		ctl_error(_("The folder %s belongs to somebody else, or others may use it. Wanted: owner %u, mode %04o."), path,
		    (unsigned)uid, (unsigned)mode);
		return CTL_FAILED;
	}
	return CTL_OK;
}

/* Does a value stay on its line? config_load() judges the rest. */
static bool one_line(const char *value)
{
	for (const char *p = value; p != NULL && *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return false;
	}
	return true;
}

/* The template with a line replaced; @p value NULL: as it is. */
static enum sk_status replace_line(char *text, size_t cap, const char *line, const char *key, const char *value)
{
	char *at = strstr(text, line);
	char *rest;
	int n;

	if (value == NULL)
		return SK_OK;
	if (at == NULL)
		return SK_E_FAULT;
	rest = strdup(at + strlen(line));
	if (rest == NULL)
		return SK_E_NOMEM;
	n = snprintf(at, cap - (size_t)(at - text), "%s = %s\n%s", key, value, rest);
	free(rest);
	return n >= 0 && (size_t)n < cap - (size_t)(at - text) ? SK_OK : SK_E_SPACE;
}

static enum sk_status make_conf_text(const struct ctl_args *a, char ret_text[static CONF_MAX])
{
	enum sk_status st;

	if (!one_line(a->site) || !one_line(a->help_desk) || !one_line(a->terminal_id))
		return SK_E_FORMAT;
	if ((size_t)snprintf(ret_text, CONF_MAX, "%s", config_template()) >= CONF_MAX)
		return SK_E_SPACE;
	st = replace_line(ret_text, CONF_MAX, "name =\n", "name", a->site);
	if (st == SK_OK)
		st = replace_line(ret_text, CONF_MAX, "help =\n", "help", a->help_desk);
	if (st == SK_OK)
		st = replace_line(ret_text, CONF_MAX, "# id = (host name)\n", "id", a->terminal_id);
	return st;
}

static enum ctl_exit make_conf(const struct init_paths *paths, const struct ctl_args *a)
{
	char text[CONF_MAX];
	struct config c;
	struct config_error err;
	enum sk_status st = make_conf_text(a, text);

	memset(&err, 0, sizeof(err));
	if (st != SK_OK) {
		ctl_error("%s", _("The site, help desk or terminal given can't stand in the configuration."));
		return CTL_USAGE;
	}
	st = safefile_create(paths->conf, 0644, (struct sk_span){ (const uint8_t *)text, strlen(text) });
	if (st == SK_E_EXIST) {
		printf(_("%s is kept as it is.\n"), paths->conf);
		text[0] = '\0';
	} else if (st != SK_OK) {
		ctl_error(_("%s can't be written."), paths->conf);
		return CTL_FAILED;
	}
	if (config_load(paths->conf, &c, &err) == SK_OK)
		return CTL_OK;
	ctl_error("%s:%u: %s: %s", paths->conf, (unsigned)err.line, err.key, _(err.reason));
	if (text[0] != '\0')
		(void)unlink(paths->conf);
	return CTL_FAILED;
}

/* Name under which an anchor is kept: its own, with an ending that the daemon reads. */
static enum sk_status anchor_path(const struct init_paths *paths, const char *file, struct sk_span bytes,
    char ret_path[static PATH_LEN])
{
	static const char *const endings[] = { ".pem", ".crt", ".cer", ".der" };
	const char *slash = strrchr(file, '/'), *base = slash != NULL ? slash + 1 : file;
	const char *add = bytes.len > 0 && bytes.p[0] == 0x30 ? ".der" : ".pem";
	int n;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t len = strlen(base);

		if (len > 4 && strcmp(base + len - 4, endings[i]) == 0)
			add = "";
	}
	n = snprintf(ret_path, PATH_LEN, "%s/%s%s", paths->anchors, base, add);
	return base[0] != '\0' && base[0] != '.' && n > 0 && (size_t)n < PATH_LEN ? SK_OK : SK_E_FORMAT;
}

static enum ctl_exit add_anchor(const struct init_paths *paths, const char *file, char ret_path[static PATH_LEN])
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = safefile_load(file, SAFEFILE_FOREIGN, ANCHOR_MAX, &bytes, &len);

	if (st != SK_OK) {
		ctl_error(_("%s can't be read, or isn't a regular file."), file);
		return st == SK_E_NOENT ? CTL_NOT_FOUND : CTL_FAILED;
	}
	st = anchor_path(paths, file, (struct sk_span){ bytes, len }, ret_path);
	if (st == SK_OK)
		st = safefile_create(ret_path, 0644, (struct sk_span){ bytes, len });
	free(bytes);
	if (st == SK_E_EXIST)
		ctl_error(_("%s is there already; it is not overwritten."), ret_path);
	else if (st != SK_OK)
		ctl_error(_("%s can't be copied to %s."), file, paths->anchors);
	return st == SK_OK ? CTL_OK : CTL_FAILED;
}

/* Would the daemon take the anchors? */
static enum ctl_exit check_anchors(const struct init_paths *paths)
{
	const struct trust_config cfg = { .anchors_dir = paths->anchors, .crl_dir = paths->crl, .require_crl = false };
	struct trust *t = NULL;
	char what[160] = "";
	enum sk_status st = trust_open(&cfg, &t, what);

	trust_free(&t);
	if (st == SK_OK)
		return CTL_OK;
	ctl_error(_("The trust anchors would not load: %s"), what);
	return CTL_FAILED;
}

static enum ctl_exit add_anchors(const struct init_paths *paths, const struct ctl_args *a)
{
	static char added[CTL_FILES_MAX][PATH_LEN];
	uint32_t n = 0;
	uid_t me = geteuid();
	gid_t group = getegid();
	enum ctl_exit e = CTL_OK;

	while (n < a->anchors_n && e == CTL_OK) {
		e = add_anchor(paths, a->anchors[n], added[n]);
		if (e == CTL_OK)
			n++;
	}
	if (e == CTL_OK && n > 0) {
		e = become(paths->uid, paths->gid) == SK_OK ? check_anchors(paths) : CTL_FAILED;
		if (become(me, group) != SK_OK)
			e = CTL_FAILED;
	}
	if (e != CTL_OK) {
		while (n > 0)
			(void)unlink(added[--n]);
	}
	return e;
}

/* SK_E_EXIST: this terminal is prepared already, whatever state its registry is in. */
static enum sk_status look_for_store(const char *dir)
{
	struct store *s = NULL;
	enum sk_status st = store_sqlite_open(dir, &s);

	store_free(&s);
	return st == SK_E_NOENT ? SK_OK : SK_E_EXIST;
}

/* As the daemon's user. */
static enum ctl_exit make_state(const struct init_paths *paths)
{
	enum sk_status st = vault_create_key(paths->key);

	if (st == SK_E_EXIST)
		printf(_("%s is kept as it is.\n"), paths->key);
	else if (st != SK_OK) {
		ctl_error(_("The template key %s can't be made."), paths->key);
		return CTL_FAILED;
	}
	if (store_sqlite_create(paths->state) != SK_OK) {
		ctl_error(_("The registry in %s can't be made."), paths->state);
		return CTL_FAILED;
	}
	return CTL_OK;
}

static enum ctl_exit as_daemon(const struct init_paths *paths, enum ctl_exit (*fn)(const struct init_paths *paths))
{
	uid_t me = geteuid();
	gid_t group = getegid();
	enum ctl_exit e;

	if (become(paths->uid, paths->gid) != SK_OK) {
		ctl_error("%s", _("Only root may prepare a terminal."));
		return CTL_NO_PERMISSION;
	}
	e = fn(paths);
	return become(me, group) == SK_OK ? e : CTL_FAILED;
}

static enum ctl_exit make_crl_folder(const struct init_paths *paths)
{
	return make_folder(paths->crl, 0700, paths->uid, paths->gid);
}

static enum ctl_exit check_fresh(const struct init_paths *paths)
{
	if (look_for_store(paths->state) == SK_OK)
		return CTL_OK;
	ctl_error(_("This terminal is prepared already: there is a registry in %s. Nothing was changed."), paths->state);
	return CTL_FAILED;
}

enum ctl_exit init_run(const struct init_paths *paths, const struct ctl_args *a)
{
	struct stat st;
	enum ctl_exit e = CTL_OK;

	if (lstat(paths->state, &st) == 0)
		e = as_daemon(paths, check_fresh);
	if (e == CTL_OK)
		e = make_folder(paths->etc, 0755, geteuid(), getegid());
	if (e == CTL_OK)
		e = make_folder(paths->anchors, 0755, geteuid(), getegid());
	if (e == CTL_OK)
		e = make_conf(paths, a);
	if (e == CTL_OK)
		e = make_folder(paths->state, 0700, paths->uid, paths->gid);
	if (e == CTL_OK)
		e = as_daemon(paths, make_crl_folder);
	if (e == CTL_OK)
		e = add_anchors(paths, a);
	if (e == CTL_OK)
		e = as_daemon(paths, make_state);
	if (e != CTL_OK)
		return e;
	printf(_("Prepared. Next:\n"
	    "  1. put the root certificate of your cards into %s (unless given with --anchor)\n"
	    "  2. systemctl enable --now sekishod\n"
	    "  3. sekishoctl crl import FILE\n"
	    "  4. sekishoctl person add, card enrol, finger enrol\n"
	    "  5. sekishoctl doctor, before a PAM stack demands a card\n"), paths->anchors);
	return CTL_OK;
}
