/* SPDX-License-Identifier: Apache-2.0 */
/* From a device to its authorization; see decide.h. */
#include "media/decide.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "media/spool.h"

static unsigned list_facts(const struct mediadev *d, const struct mediakeep *k)
{
	struct mediakeep_facts f;
	struct media_entry e;
	const struct medialist *l;

	if (k == NULL)
		return MEDIA_LIST;
	mediakeep_facts(k, &f);
	if (f.state == MEDIAKEEP_NONE)
		return 0;
	l = mediakeep_list(k);
	if (f.state != MEDIAKEEP_GOOD || l == NULL)
		return MEDIA_LIST;
	if (medialist_find(l, d->desc.vendor, d->desc.product, (struct sk_span){ d->serial, d->serial_len }, &e) != SK_OK)
		return MEDIA_LIST | MEDIA_LIST_GOOD;
	return MEDIA_LIST | MEDIA_LIST_GOOD | MEDIA_LISTED;
}

const struct media_rule *decide_judge(const struct mediadev *d, const struct mediakeep *k)
{
	return media_judge(d->facts | list_facts(d, k));
}

static void event_of(const struct mediadev *d, const struct media_rule *rule, struct spool_event *ret_e)
{
	struct spool_event e = { .approved = rule->verdict == MEDIA_APPROVED, .time = (int64_t)time(NULL) };

	if (e.time < 0)
		e.time = 0;
	(void)snprintf(e.word, sizeof(e.word), "%s", rule->word);
	(void)snprintf(e.port, sizeof(e.port), "%s", d->port);
	if ((d->facts & MEDIA_READ) != 0)
		(void)snprintf(e.device, sizeof(e.device), "%04x:%04x", d->desc.vendor, d->desc.product);
	media_clean((struct sk_span){ d->serial, d->serial_len }, e.serial);
	*ret_e = e;
}

static enum sk_status record(const struct decide_places *p, const struct mediadev *d, const struct media_rule *rule)
{
	struct spool_event e;
	enum sk_status st;

	event_of(d, rule, &e);
	syslog(LOG_NOTICE, "%s %s: %s, device %s, serial %s", e.approved ? "approved" : "refused", e.port, e.word, e.device, e.serial);
	st = spool_put(p->spool, &e);
	if (st != SK_OK)
		syslog(LOG_ALERT, "%s: the record can't be kept", e.port);
	return st == SK_OK ? SK_OK : SK_E_SPACE;
}

/* What a pulled-out device does not let us write is of no consequence. */
static enum sk_status authorize(struct mediadev *d, bool yes)
{
	enum sk_status st = mediadev_authorize(d, yes);

	if (st == SK_E_GONE)
		return SK_OK;
	if (st != SK_OK)
		syslog(LOG_ALERT, "%s: authorization can't be %s", d->port, yes ? "given" : "taken away");
	return st;
}

/* Rules 1, 2 and 4. */
static enum sk_status carry_out(const struct decide_places *p, struct mediadev *d, const struct media_rule *rule, enum decide_why why,
    bool alone)
{
	const bool was = d->authorized;
	enum sk_status st = SK_OK, written;

	switch (rule->verdict) {
	case MEDIA_ALLOWED:
		return was || why != DECIDE_ADDED ? SK_OK : authorize(d, true);
	case MEDIA_APPROVED:
		if (!was && why == DECIDE_BOUND)
			return SK_OK;
		if (!was || why == DECIDE_ADDED)
			st = alone ? record(p, d, rule) : SK_E_IO;
		if (st == SK_OK)
			return was ? SK_OK : authorize(d, true);
		(void)!authorize(d, false);
		return st;
	case MEDIA_REFUSED:
		break;
	}
	written = authorize(d, false);
	if (was || why == DECIDE_ADDED)
		st = record(p, d, rule);
	return written != SK_OK ? written : st;
}

enum sk_status decide_device(const struct decide_places *p, const char *name, enum decide_why why)
{
	struct mediadev d;
	struct mediakeep *k = NULL;
	enum mediadev_kind kind;
	char port[MEDIADEV_PORT_MAX];
	int lock = -1;
	enum sk_status st = mediadev_name(name, &kind, port);

	if (st != SK_OK)
		return st;
	/* Rule 5; an event of udev's comes from the rules. */
	if (kind == MEDIADEV_ROOT_HUB)
		return why != DECIDE_AGAIN || mediadev_rules_in_force(p->prefix) ? mediadev_set_hub(p->sysfs, port, false) : SK_OK;
	/* Rule 4. */
	if (spool_lock(p->spool, port, &lock) != SK_OK)
		lock = -1;
	st = mediadev_open(p->sysfs, port, &d);
	if (st != SK_OK) {
		if (lock >= 0)
			(void)close(lock);
		return st == SK_E_NOENT ? SK_OK : st;
	}
	/* Rule 3, and a keyboard needs no list. A list that can't be loaded is none that approves. */
	if ((d.facts & MEDIA_STORAGE) != 0 && mediakeep_open(p->authority, p->list, &k) != SK_OK)
		k = NULL;
	st = carry_out(p, &d, decide_judge(&d, k), why, lock >= 0);
	mediakeep_free(&k);
	mediadev_close(&d);
	if (lock >= 0)
		(void)close(lock);
	return st;
}

typedef enum sk_status each_fn(const struct decide_places *p, const char *name);

static enum sk_status each(const struct decide_places *p, each_fn *fn)
{
	DIR *dir = opendir(p->sysfs);
	const struct dirent *e;
	enum sk_status first = SK_OK;

	if (dir == NULL)
		return errno == ENOENT ? SK_OK : SK_E_IO;
	while (errno = 0, (e = readdir(dir)) != NULL) {
		enum sk_status st;

		/* Interfaces, "." and "..". */
		if (e->d_name[0] == '.' || strchr(e->d_name, ':') != NULL)
			continue;
		st = fn(p, e->d_name);
		if (first == SK_OK)
			first = st;
	}
	/* Whether that was all isn't known. */
	if (errno != 0 && first == SK_OK)
		first = SK_E_IO;
	(void)closedir(dir);
	return first;
}

static enum sk_status again(const struct decide_places *p, const char *name)
{
	return decide_device(p, name, DECIDE_AGAIN);
}

enum sk_status decide_all(const struct decide_places *p)
{
	return each(p, again);
}

static enum sk_status open_hub(const struct decide_places *p, const char *name)
{
	enum mediadev_kind kind;
	char port[MEDIADEV_PORT_MAX];
	enum sk_status st = mediadev_name(name, &kind, port);

	return st == SK_OK && kind == MEDIADEV_ROOT_HUB ? mediadev_set_hub(p->sysfs, port, true) : st;
}

static enum sk_status let_in(const struct decide_places *p, const char *name)
{
	enum mediadev_kind kind;
	char port[MEDIADEV_PORT_MAX];
	struct mediadev d;
	enum sk_status st = mediadev_name(name, &kind, port);

	if (st != SK_OK || kind != MEDIADEV_DEVICE)
		return st;
	st = mediadev_open(p->sysfs, port, &d);
	if (st != SK_OK)
		return st == SK_E_NOENT ? SK_OK : st;
	if (!d.authorized) {
		syslog(LOG_NOTICE, "%s: authorized, as everything is that was refused", port);
		st = authorize(&d, true);
	}
	mediadev_close(&d);
	return st;
}

enum sk_status decide_open(const struct decide_places *p)
{
	/* The controllers first: nothing that comes meanwhile is left outside. */
	enum sk_status hubs = each(p, open_hub), devices = each(p, let_in);

	return hubs != SK_OK ? hubs : devices;
}
