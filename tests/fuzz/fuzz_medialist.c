/* SPDX-License-Identifier: Apache-2.0 */
/* A list of approved media: any bytes. What is taken can be made again from its parts, to the byte. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz_check.h"
#include "media/medialist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct media_entry e[MEDIALIST_MAX];
	struct media_entry found;
	struct medialist l;
	struct sk_reader r;
	uint8_t *bytes = NULL;
	char site[DENYLIST_SITE_MAX + 1];
	size_t n = 0, len = 0;

	if (medialist_parse((struct sk_span){ data, size }, &l) != SK_OK)
		return 0;
	sk_reader_init(&r, l.entries.p, l.entries.len);
	while (n < MEDIALIST_MAX && medialist_next(&r, &e[n]) == SK_OK) {
		check(medialist_find(&l, e[n].vendor, e[n].product, e[n].serial, &found) == SK_OK);
		check(found.serial.p == e[n].serial.p);
		n++;
	}
	check(n == l.n);
	memcpy(site, l.site.p, l.site.len);
	site[l.site.len] = '\0';
	check(medialist_make(site, l.number, l.issued, e, n, &bytes, &len) == SK_OK);
	check(medialist_set_signature(bytes, len, l.signature.p) == SK_OK);
	check(len == size && memcmp(bytes, data, len) == 0);
	free(bytes);
	return 0;
}
