/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules
 *  1. A page MUST be checked each time before a byte of it is believed; what was good at the last log-in may have rotted since.
 *  2. Sizes are checked once, at opening. A file that is truncated under a mapping raises SIGBUS: the folder is the daemon's, 0700,
 *     and files in it are replaced by rename(), never changed.
 */
#include "crl/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crl/der.h"
#include "crl/layout.h"
#include "crl/parse_impl.h"

struct crl_index {
	const uint8_t *map;
	size_t len;
	struct layout l;
	uint8_t own_id[CRL_NAME_ID_LEN]; /* of the list's issuer; indirect lists only */
	struct crl_facts f;
};

/* What is looked for. */
struct wanted {
	uint64_t hash;
	const uint8_t *issuer_id; /* NULL: a direct list */
	bool own; /* it is the list's own issuer */
	uint8_t serial[CRL_SERIAL_MAX];
};

/* Largest file that the bounds allow: records of 24 bytes, and the rest. */
#define INDEX_MAX ((off_t)4 << 30)

static enum sk_status open_file(int dir_fd, const char *name, int *ret_fd, size_t *ret_len,
    char reterr_what[static CRL_WHAT_MAX])
{
	struct stat sb;
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT ? crl_say(reterr_what, SK_E_NOENT, "there is no index")
				       : crl_say(reterr_what, errno == ELOOP || errno == EACCES ? SK_E_DENIED : SK_E_IO,
					     "the index could not be opened");
	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode) || (sb.st_uid != 0 && sb.st_uid != geteuid()) ||
	    (sb.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		(void)close(fd);
		return crl_say(reterr_what, SK_E_DENIED, "the index is not a file of ours that only we can change");
	}
	if (sb.st_size < (off_t)LAYOUT_PAGE || sb.st_size > INDEX_MAX || sb.st_size % (off_t)LAYOUT_PAGE != 0) {
		(void)close(fd);
		return crl_say(reterr_what, SK_E_CORRUPT, "the index is damaged");
	}
	*ret_fd = fd;
	*ret_len = (size_t)sb.st_size;
	return SK_OK;
}

static enum sk_status map_file(struct crl_index *ix, int fd, char reterr_what[static CRL_WHAT_MAX])
{
	void *map = mmap(NULL, ix->len, PROT_READ, MAP_PRIVATE, fd, 0);

	if (map == MAP_FAILED)
		return crl_say(reterr_what, SK_E_NOMEM, "out of memory");
	ix->map = map;
	/* Without it the kernel reads 128 KiB around each of the few pages that a look-up wants. */
	(void)madvise(map, ix->len, MADV_RANDOM);
	if (layout_get(ix->map, ix->len, ix->len, &ix->l, &ix->f) != SK_OK ||
	    (ix->l.indirect && crl_name_id((struct sk_span){ ix->f.issuer, ix->f.issuer_len }, ix->own_id) != SK_OK))
		return crl_say(reterr_what, SK_E_CORRUPT, "the index is damaged");
	return SK_OK;
}

enum sk_status crl_index_open(int dir_fd, const char *name, struct crl_index **ret_ix,
    char reterr_what[static CRL_WHAT_MAX])
{
	struct crl_index *ix = calloc(1, sizeof(*ix));
	int fd = -1;
	enum sk_status st;

	if (!ix)
		return crl_say(reterr_what, SK_E_NOMEM, "out of memory");
	st = open_file(dir_fd, name, &fd, &ix->len, reterr_what);
	if (st == SK_OK) {
		st = map_file(ix, fd, reterr_what);
		(void)close(fd);
	}
	if (st != SK_OK) {
		crl_index_close(&ix);
		return st;
	}
	*ret_ix = ix;
	return SK_OK;
}

void crl_index_close(struct crl_index **ix)
{
	if (!ix || !*ix)
		return;
	if ((*ix)->map)
		(void)munmap((void *)(uintptr_t)(*ix)->map, (*ix)->len);
	free(*ix);
	*ix = NULL;
}

const struct crl_facts *crl_index_facts(const struct crl_index *ix)
{
	return &ix->f;
}

/* A page by its number in the file, checked; NULL: damaged. */
static const uint8_t *page_at(const struct crl_index *ix, uint32_t number)
{
	const uint8_t *page = ix->map + (size_t)number * LAYOUT_PAGE;

	return sk_load_be32(page + LAYOUT_PAGE_DATA) == layout_page_crc(&ix->l, number, page) ? page : NULL;
}

/* The directory as an array over checked pages: the last one is remembered, as searches stay near. */
struct directory {
	const struct crl_index *ix;
	const uint8_t *page;
	uint32_t number;
	bool damaged;
};

/* Hash of the first record of record page i; 0 and damaged when that can't be read. */
static uint64_t first_of(struct directory *d, uint32_t i)
{
	const struct layout *l = &d->ix->l;
	uint32_t number = l->header_pages + l->record_pages + i / LAYOUT_FIRSTS_PER_PAGE;

	if (!d->page || number != d->number) {
		d->page = page_at(d->ix, number);
		d->number = number;
	}
	if (!d->page) {
		d->damaged = true;
		return 0;
	}
	return sk_load_be64(d->page + (size_t)(i % LAYOUT_FIRSTS_PER_PAGE) * 8);
}

/*
 * The first record page that may hold hash: the last one that begins below it, or page 0. Hashes are even, so that it is looked for
 * near where it has to be, in steps that double (some sqrt(pages) away, which is mostly the same directory page).
 */
static uint32_t search(struct directory *d, uint64_t hash)
{
	uint32_t n = d->ix->l.record_pages, step = 1;
	/* below begins below hash, or is 0; above doesn't, or is n. */
	uint32_t below = (uint32_t)(((hash >> 32) * n) >> 32), above;

	while (below > 0 && first_of(d, below) >= hash && !d->damaged) {
		below = below > step ? below - step : 0;
		step *= 2;
	}
	step = 1;
	above = below + 1;
	while (above < n && first_of(d, above) < hash && !d->damaged) {
		below = above;
		above = n - above > step ? above + step : n;
		step *= 2;
	}
	while (above - below > 1 && !d->damaged) {
		uint32_t middle = below + (above - below) / 2;

		if (first_of(d, middle) < hash)
			below = middle;
		else
			above = middle;
	}
	return below;
}

/* SK_OK: this record is of the issuer that is wanted. SK_E_NOENT: of another one. */
static enum sk_status issuer_fits(const struct crl_index *ix, const uint8_t number[static 2], const struct wanted *w)
{
	uint32_t i = (uint32_t)number[0] << 8 | number[1], page;
	const uint8_t *p;

	if (i == 0)
		return w->own ? SK_OK : SK_E_NOENT;
	if (i > ix->l.issuers)
		return SK_E_CORRUPT;
	i--;
	page = ix->l.header_pages + ix->l.record_pages + ix->l.directory_pages + i / LAYOUT_IDS_PER_PAGE;
	p = page_at(ix, page);
	if (!p)
		return SK_E_CORRUPT;
	return memcmp(p + (size_t)(i % LAYOUT_IDS_PER_PAGE) * CRL_NAME_ID_LEN, w->issuer_id, CRL_NAME_ID_LEN) == 0
	    ? SK_OK
	    : SK_E_NOENT;
}

static bool is_reason(uint8_t r)
{
	return r <= CRL_AA_COMPROMISE && r != 7;
}

/* In one record page. */
static enum sk_status find_in_page(const struct crl_index *ix, uint32_t i, const struct wanted *w,
    enum crl_reason *ret_reason)
{
	uint32_t len = layout_record_len(&ix->l), n = layout_records_per_page(&ix->l), width = ix->l.serial_width;
	const uint8_t *page = page_at(ix, ix->l.header_pages + i);

	if (!page)
		return SK_E_CORRUPT;
	if (i == ix->l.record_pages - 1)
		n = ix->l.records - i * n;
	for (const uint8_t *r = page; n > 0; n--, r += len) {
		enum sk_status st = SK_OK;

		if (memcmp(r, w->serial, width) != 0)
			continue;
		if (ix->l.indirect)
			st = issuer_fits(ix, r + width + 1, w);
		if (st == SK_OK && !is_reason(r[width]))
			st = SK_E_CORRUPT;
		if (st == SK_OK)
			*ret_reason = (enum crl_reason)r[width];
		if (st != SK_E_NOENT)
			return st;
	}
	return SK_E_NOENT;
}

static enum sk_status find(const struct crl_index *ix, const struct wanted *w, enum crl_reason *ret_reason)
{
	struct directory d = { .ix = ix };
	uint32_t i = search(&d, w->hash);
	enum sk_status st;

	/* Records of one hash may begin in the page before the first one that begins with it, and go on in the next. */
	do {
		if (d.damaged)
			return SK_E_CORRUPT;
		st = find_in_page(ix, i, w, ret_reason);
		i++;
	} while (st == SK_E_NOENT && i < ix->l.record_pages && (first_of(&d, i) <= w->hash || d.damaged));
	return st;
}

enum sk_status crl_index_find(const struct crl_index *ix, struct sk_span issuer_der, struct sk_span serial,
    enum crl_reason *ret_reason)
{
	uint8_t id[CRL_NAME_ID_LEN];
	struct wanted w = { .issuer_id = NULL };

	if (serial.len == 0)
		return SK_E_FORMAT;
	/* Certificates from careless issuers have numbers with superfluous octets; they mean the same number. */
	while (!der_integer_ok(serial)) {
		serial.p++;
		serial.len--;
	}
	if (ix->l.indirect) {
		enum sk_status st = crl_name_id(issuer_der, id);

		if (st != SK_OK)
			return st;
		w.issuer_id = id;
		w.own = memcmp(id, ix->own_id, CRL_NAME_ID_LEN) == 0;
	}
	if (ix->l.records == 0 || !layout_widen(serial, ix->l.serial_width, w.serial))
		return SK_E_NOENT;
	w.hash = layout_hash(&ix->l, w.own ? NULL : w.issuer_id, serial);
	return find(ix, &w, ret_reason);
}

enum sk_status crl_index_check(const struct crl_index *ix)
{
	uint32_t end = (uint32_t)(ix->len / LAYOUT_PAGE);

	for (uint32_t i = ix->l.header_pages; i < end; i++)
		if (!page_at(ix, i))
			return SK_E_CORRUPT;
	return SK_OK;
}
