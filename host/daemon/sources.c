/* SPDX-License-Identifier: Apache-2.0 */
/* See sources.h. */
#include "daemon/sources.h"

#include <stdio.h>
#include <string.h>

static struct source {
	char url[256], id[TRUST_LIST_ID_LEN + 1];
	int64_t modified;
} sources[SOURCES_MAX];
static uint32_t sources_n, next;

static struct source *find(const char *url)
{
	for (uint32_t i = 0; i < sources_n; i++)
		if (strcmp(sources[i].url, url) == 0)
			return &sources[i];
	return NULL;
}

void sources_note(const char *url, const char *id, int64_t modified, int64_t now)
{
	struct source *s = find(url);

	if (s == NULL) {
		s = &sources[next];
		next = (next + 1) % SOURCES_MAX;
		sources_n += sources_n < SOURCES_MAX;
	}
	(void)snprintf(s->url, sizeof(s->url), "%s", url);
	(void)snprintf(s->id, sizeof(s->id), "%s", id);
	s->modified = modified <= now ? modified : 0;
}

/* Good ones only: an old list may have a successor that the server's clock knows nothing of. */
static enum sk_status is_good(void *arg, const struct trust_crl *c)
{
	struct source *s = arg;

	if (strcmp(c->id, s->id) == 0 && c->old)
		s->modified = 0;
	if (strcmp(c->id, s->id) == 0)
		s->id[0] = '\0'; /* seen */
	return SK_OK;
}

int64_t sources_since(struct trust *t, const char *url, int64_t now)
{
	struct source *known = find(url), s;

	if (known == NULL)
		return 0;
	s = *known;
	if (trust_crl_each(t, now, is_good, &s) != SK_OK || s.id[0] != '\0')
		return 0;
	return s.modified;
}
