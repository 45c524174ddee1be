/* SPDX-License-Identifier: Apache-2.0 */
/* One USB device in sysfs; see mediadev.h. */
#include "media/mediadev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- names ------------------------------------------------------------------------------------------------------------ */

/* One to three digits. */
static const char *digits(const char *p)
{
	size_t n = 0;

	for (; n < 3 && p[n] >= '0' && p[n] <= '9'; n++)
		;
	return n > 0 ? p + n : NULL;
}

/* "1-2.3.4" at the front; where it ends, NULL when there is none. */
static const char *port_end(const char *name)
{
	const char *p = digits(name);

	if (p == NULL || *p != '-')
		return NULL;
	p = digits(p + 1);
	while (p != NULL && *p == '.')
		p = digits(p + 1);
	return p;
}

enum sk_status mediadev_name(const char *name, enum mediadev_kind *ret_kind, char ret_port[static MEDIADEV_PORT_MAX])
{
	const char *end = NULL, *rest;
	enum mediadev_kind kind = MEDIADEV_DEVICE;

	if (strncmp(name, "usb", 3) == 0) {
		kind = MEDIADEV_ROOT_HUB;
		end = digits(name + 3);
		rest = end;
	} else {
		end = port_end(name);
		rest = end;
		if (rest != NULL && *rest == ':') {
			rest = digits(rest + 1);
			rest = rest != NULL && *rest == '.' ? digits(rest + 1) : NULL;
		}
	}
	if (rest == NULL || *rest != '\0' || (size_t)(end - name) >= MEDIADEV_PORT_MAX)
		return SK_E_ARG;
	memcpy(ret_port, name, (size_t)(end - name));
	ret_port[end - name] = '\0';
	*ret_kind = kind;
	return SK_OK;
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

/* The whole of an attribute. SK_E_SPACE: longer than @p cap. */
static enum sk_status read_all(int dir, const char *name, uint8_t *buf, size_t cap, size_t *ret_len)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t at = 0;
	ssize_t n = 1;

	if (fd < 0)
		return errno == ENOENT ? SK_E_NOENT : SK_E_IO;
	while (n > 0 && at < cap) {
		n = read(fd, buf + at, cap - at);
		if (n > 0)
			at += (size_t)n;
	}
	if (n > 0) {
		uint8_t more;

		n = read(fd, &more, 1);
	}
	(void)close(fd);
	if (n != 0)
		return n > 0 ? SK_E_SPACE : SK_E_IO;
	*ret_len = at;
	return SK_OK;
}

static bool read_descriptors(int dir, struct usbdesc *ret_d)
{
	uint8_t *bytes = malloc(USBDESC_MAX);
	size_t len = 0;
	bool good = bytes != NULL && read_all(dir, "descriptors", bytes, USBDESC_MAX, &len) == SK_OK &&
	    usbdesc_parse((struct sk_span){ bytes, len }, ret_d) == SK_OK;

	free(bytes);
	return good;
}

/* sysfs puts one line feed behind a string; any other one is the device's. */
static size_t text_len(const uint8_t *text, size_t len)
{
	return len > 0 && text[len - 1] == '\n' ? len - 1 : len;
}

static unsigned read_serial(struct mediadev *d)
{
	size_t len = 0;
	enum sk_status st = read_all(d->dir, "serial", d->serial, sizeof(d->serial), &len);

	/* Longer than the kernel's longest: there, and good for nothing. */
	d->serial_len = st == SK_E_SPACE ? sizeof(d->serial) : st == SK_OK ? text_len(d->serial, len) : 0;
	if (d->serial_len == 0)
		return 0;
	return MEDIA_SERIAL | (media_serial_is_good(d->serial, d->serial_len) ? MEDIA_SERIAL_GOOD : 0u);
}

/* --- what its interfaces have become --------------------------------------------------------------------------------- */

/*
 * Storage whatever the device says, as patterns: drivers that know devices by their numbers (usb-storage and its kin, readers of SD
 * cards and Memory Sticks, a scanner's SCSI), and the classes below the interface that any driver's storage has.
 * udev/71-sekisho-media.rules.in names the same: udev/check compares.
 */
static const char *const storage_drivers[] = { "usb-storage", "uas", "ums[-_]*", "rtsx_usb", "vub300", "ushc", "microtekX6" };
static const char *const storage_classes[] = { "scsi_host", "mmc_host", "memstick_host", "block" };

/* Of an interface's folder: "rtsx_usb_sdmmc.1.auto/mmc_host" is the deepest known, and one more. */
#define CLASS_DEPTH 3u

static bool is_one_of(const char *name, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	}
	return false;
}
#define IS_ONE_OF(name, table) is_one_of(name, table, sizeof(table) / sizeof((table)[0]))

/* SK_E_NOENT: it has gone, or is no folder. */
static enum sk_status open_folder(int at, const char *name, DIR **ret_dir)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV || errno == ENOTDIR || errno == ELOOP ? SK_E_NOENT : SK_E_IO;
	*ret_dir = fdopendir(fd);
	if (*ret_dir != NULL)
		return SK_OK;
	(void)close(fd);
	return SK_E_IO;
}

/* NULL at the end; then *ret_st is SK_E_NOENT, or SK_E_IO when it isn't known whether there would be more. */
static const struct dirent *next_entry(DIR *dir, enum sk_status *ret_st)
{
	const struct dirent *e;

	errno = 0;
	e = readdir(dir);
	if (e == NULL)
		*ret_st = errno == 0 || errno == ENOENT ? SK_E_NOENT : SK_E_IO;
	return e;
}

/* A folder of storage_classes below this one: SK_OK, SK_E_NOENT (none), SK_E_IO (not to be told). */
static enum sk_status class_below(int at, const char *name, unsigned depth)
{
	DIR *dir = NULL;
	const struct dirent *e;
	enum sk_status st = open_folder(at, name, &dir), end = SK_E_NOENT;

	if (st != SK_OK)
		return st;
	st = SK_E_NOENT;
	while (st == SK_E_NOENT && (e = next_entry(dir, &end)) != NULL) {
		if (e->d_name[0] == '.' || (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN))
			continue;
		if (IS_ONE_OF(e->d_name, storage_classes))
			st = SK_OK;
		else if (depth > 1)
			st = class_below(dirfd(dir), e->d_name, depth - 1);
	}
	(void)closedir(dir);
	return st == SK_E_NOENT ? end : st;
}

/* As class_below(): the driver of an interface. */
static enum sk_status driver_of(int at, const char *interface)
{
	char path[300], link[256];
	const char *slash;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/driver", interface);
	n = readlinkat(at, path, link, sizeof(link));
	if (n < 0)
		return errno == ENOENT || errno == ENODEV ? SK_E_NOENT : SK_E_IO;
	if (n == 0 || (size_t)n == sizeof(link))
		return SK_E_IO;
	link[n] = '\0';
	slash = strrchr(link, '/');
	return IS_ONE_OF(slash != NULL ? slash + 1 : link, storage_drivers) ? SK_OK : SK_E_NOENT;
}

/* As class_below(): has one of its interfaces become storage? */
static enum sk_status became_storage(const struct mediadev *d)
{
	DIR *dir = NULL;
	const struct dirent *e;
	size_t len = strlen(d->port);
	enum sk_status st = open_folder(d->dir, ".", &dir), end = SK_E_NOENT;

	if (st != SK_OK)
		return SK_E_IO;
	st = SK_E_NOENT;
	while (st == SK_E_NOENT && (e = next_entry(dir, &end)) != NULL) {
		if (strncmp(e->d_name, d->port, len) != 0 || e->d_name[len] != ':')
			continue;
		st = driver_of(dirfd(dir), e->d_name);
		if (st == SK_E_NOENT)
			st = class_below(dirfd(dir), e->d_name, CLASS_DEPTH);
	}
	(void)closedir(dir);
	return st == SK_E_NOENT ? end : st;
}

static bool read_authorized(int dir)
{
	uint8_t text[8];
	size_t len = 0;

	return read_all(dir, "authorized", text, sizeof(text), &len) != SK_OK || len == 0 || text[0] != '0';
}

enum sk_status mediadev_open(const char *root, const char *port, struct mediadev *ret_d)
{
	struct mediadev d;
	enum sk_status became;
	char path[256];

	memset(&d, 0, sizeof(d));
	(void)snprintf(d.port, sizeof(d.port), "%s", port);
	(void)snprintf(path, sizeof(path), "%s/%s", root, port);
	d.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.dir < 0)
		return errno == ENOENT || errno == ENODEV ? SK_E_NOENT : SK_E_IO;
	became = became_storage(&d);
	if (became != SK_E_IO && read_descriptors(d.dir, &d.desc)) {
		d.facts |= MEDIA_READ;
		if ((d.desc.has & (USBDESC_STORAGE | USBDESC_IMAGE)) != 0 || became == SK_OK)
			d.facts |= MEDIA_STORAGE;
		if ((d.desc.has & USBDESC_INPUT) != 0)
			d.facts |= MEDIA_INPUT;
	}
	d.facts |= read_serial(&d);
	/* What can't be read counts as authorized: it is the case in which something must be done. */
	d.authorized = read_authorized(d.dir);
	*ret_d = d;
	return SK_OK;
}

void mediadev_close(struct mediadev *d)
{
	if (d->dir >= 0)
		(void)close(d->dir);
	d->dir = -1;
}

/* --- writing ---------------------------------------------------------------------------------------------------------- */

static enum sk_status write_at(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;
	int error;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? SK_E_GONE : SK_E_IO;
	n = write(fd, text, strlen(text));
	error = errno;
	(void)close(fd);
	if (n == (ssize_t)strlen(text))
		return SK_OK;
	return n < 0 && error == ENODEV ? SK_E_GONE : SK_E_IO;
}

enum sk_status mediadev_authorize(struct mediadev *d, bool yes)
{
	enum sk_status st = write_at(d->dir, "authorized", yes ? "1" : "0");

	if (st == SK_OK && !yes && read_authorized(d->dir))
		st = SK_E_IO;
	if (st == SK_OK)
		d->authorized = yes;
	return st;
}

enum sk_status mediadev_set_hub(const char *root, const char *port, bool open_it)
{
	char path[256];
	int dir;
	enum sk_status st;

	(void)snprintf(path, sizeof(path), "%s/%s", root, port);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return SK_E_IO;
	st = write_at(dir, "authorized_default", open_it ? "1" : "0");
	(void)close(dir);
	return st;
}

static bool hub_is_closed(const char *root, const char *port)
{
	char path[256];
	uint8_t text[8];
	size_t len = 0;
	int dir;
	bool closed;

	(void)snprintf(path, sizeof(path), "%s/%s", root, port);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return false;
	closed = read_all(dir, "authorized_default", text, sizeof(text), &len) == SK_OK && len > 0 && text[0] == '0';
	(void)close(dir);
	return closed;
}

bool mediadev_hubs_are_closed(const char *root)
{
	DIR *dir = opendir(root);
	const struct dirent *e;
	enum sk_status end = SK_E_NOENT;
	bool closed = true;

	/* No USB at all; what can't be read may stand open. */
	if (dir == NULL)
		return errno == ENOENT;
	while (closed && (e = next_entry(dir, &end)) != NULL) {
		enum mediadev_kind kind;
		char port[MEDIADEV_PORT_MAX];

		if (mediadev_name(e->d_name, &kind, port) == SK_OK && kind == MEDIADEV_ROOT_HUB)
			closed = hub_is_closed(root, port);
	}
	(void)closedir(dir);
	return closed && end == SK_E_NOENT;
}

bool mediadev_rules_in_force(const char *prefix)
{
	/* udev(7): the first folder that has a file of this name. */
	static const char *const folders[] = { "/etc/udev", "/run/udev", "/usr/local/lib/udev", "/usr/lib/udev", "/lib/udev" };
	char path[256];
	struct stat s;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s/rules.d/71-sekisho-media.rules", prefix, folders[i]);
		if (stat(path, &s) == 0)
			return S_ISREG(s.st_mode) && s.st_size > 0;
	}
	return false;
}

/* --- texts ------------------------------------------------------------------------------------------------------------ */

void media_clean(struct sk_span in, char ret_text[static MEDIADEV_CLEAN_MAX])
{
	/* Room for "..." and the NUL. */
	const size_t room = MEDIADEV_CLEAN_MAX - 4;
	size_t at = 0, i;

	for (i = 0; i < in.len; i++) {
		bool plain = in.p[i] >= 0x20 && in.p[i] <= 0x7E && in.p[i] != '\\';

		if (at + (plain ? 1u : 4u) > room)
			break;
		if (plain)
			ret_text[at++] = (char)in.p[i];
		else
			at += (size_t)snprintf(ret_text + at, 5, "\\x%02x", in.p[i]);
	}
	ret_text[at] = '\0';
	if (i < in.len)
		(void)snprintf(ret_text + at, 4, "...");
}

void mediadev_text(const struct mediadev *d, const char *attribute, char ret_text[static MEDIADEV_CLEAN_MAX])
{
	uint8_t text[MEDIADEV_TEXT_MAX];
	size_t len = 0;

	ret_text[0] = '\0';
	if (read_all(d->dir, attribute, text, sizeof(text), &len) == SK_OK)
		media_clean((struct sk_span){ text, text_len(text, len) }, ret_text);
}
