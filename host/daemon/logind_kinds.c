/* SPDX-License-Identifier: Apache-2.0 */
/* Which sessions were graphical when they began; see logind_kinds.h. The file: "ID BEGAN graphical|text" a line, oldest first. */
#include "daemon/logind_kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/journal.h"
#include "safefile/safefile.h"

/* An id, a time, a word. */
#define LINE_MAX_LEN (LOGIND_ID_SIZE + 21 + 10)
#define FILE_MAX ((size_t)LOGIND_KINDS_MAX * LINE_MAX_LEN)

static void keep(struct logind_kinds *k)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	bool good = f != NULL;

	for (size_t i = 0; i < k->n && good; i++)
		good = fprintf(f, "%s %" PRIu64 " %s\n", k->k[i].id, k->k[i].began, k->k[i].graphical ? "graphical" : "text") > 0;
	good = (f == NULL || fclose(f) == 0) && good;
	if (!good || safefile_write_atomic(k->path, 0600, (struct sk_span){ (const uint8_t *)text, len }) != SK_OK)
		journal_note(LOG_ERR, "%s can't be written: after a restart open sessions are ended rather than locked.", k->path);
	free(text);
}

/* An id is a word: one that isn't would not be read back. */
static bool is_word(const char *id)
{
	return id[0] != '\0' && id[strcspn(id, " \t\r\n\v\f")] == '\0';
}

static bool parse(const char *line, struct logind_kind *ret_kind)
{
	struct logind_kind kind = { .began = 0 };
	char word[10];
	int end = 0;

	if (sscanf(line, "%63s %" SCNu64 " %9s%n", kind.id, &kind.began, word, &end) != 3 || line[end] != '\0')
		return false;
	kind.graphical = strcmp(word, "graphical") == 0;
	*ret_kind = kind;
	return kind.graphical || strcmp(word, "text") == 0;
}

void logind_kinds_load(const char *path, struct logind_kinds *ret_k)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = safefile_load(path, SAFEFILE_SECRET, FILE_MAX, &bytes, &len);
	char *rest = NULL;

	memset(ret_k, 0, sizeof(*ret_k));
	ret_k->path = path;
	if (st != SK_OK && st != SK_E_NOENT)
		journal_note(LOG_ERR, "%s can't be read: sessions that are open now are ended rather than locked.", path);
	if (st != SK_OK)
		return;
	for (char *line = strtok_r((char *)bytes, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (ret_k->n < LOGIND_KINDS_MAX && parse(line, &ret_k->k[ret_k->n]))
			ret_k->n++;
	}
	free(bytes);
}

static void drop(struct logind_kinds *k, size_t at)
{
	k->n--;
	memmove(&k->k[at], &k->k[at + 1], (k->n - at) * sizeof(k->k[0]));
}

bool logind_kinds_first(struct logind_kinds *k, const struct logind_kind *seen, uint64_t now)
{
	struct logind_kind *kind;

	for (size_t i = 0; i < k->n; i++) {
		if (strcmp(k->k[i].id, seen->id) == 0 && k->k[i].began == seen->began)
			return k->k[i].graphical;
	}
	if (!is_word(seen->id))
		return false;
	if (k->n == LOGIND_KINDS_MAX)
		drop(k, 0);
	kind = &k->k[k->n++];
	*kind = *seen;
	kind->graphical = seen->graphical && now >= seen->began && now - seen->began <= LOGIND_START_S * UINT64_C(1000000);
	keep(k);
	return kind->graphical;
}

void logind_kinds_keep(struct logind_kinds *k, logind_kinds_open_fn *is_open, void *arg)
{
	size_t before = k->n;

	for (size_t i = k->n; i-- > 0;) {
		if (!is_open(arg, k->k[i].id))
			drop(k, i);
	}
	if (k->n != before)
		keep(k);
}
