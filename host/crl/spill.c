/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record in a block: hash (8, native), issuer (2, native), reason (1), length of the serial (1), serial. A block is its used
 * length (4, native), then whole records; 8 KiB, so that those of all partitions stay in the processor's cache. Nothing of it
 * outlives the process, so it has no format document.
 */
#include "crl/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE 8192u
#define BLOCK_HEAD 4u
#define RECORD_HEAD 12u
#define NO_BLOCK UINT32_MAX

struct partition {
	uint8_t *block; /* the one being filled */
	uint32_t used; /* in it; 0: nothing */
	uint32_t last; /* the one written before it */
	size_t bytes; /* of records, in all blocks */
};

struct spill {
	int dir_fd, fd;
	const char *name;
	uint32_t *before; /* of each block in the file: the one before it of the same partition */
	uint32_t blocks, blocks_cap;
	struct partition part[SPILL_PARTITIONS];
};

/* One partition in memory, being sorted. */
struct sorting {
	uint8_t *bytes;
	size_t len;
	uint32_t n, buckets;
	uint32_t *order; /* where records begin, bucket by bucket */
	uint32_t *start, *filled; /* of each bucket in order */
};

enum sk_status spill_new(int dir_fd, const char *name, struct spill **ret_s)
{
	struct spill *s = calloc(1, sizeof(*s));

	if (!s)
		return SK_E_NOMEM;
	s->dir_fd = dir_fd;
	s->name = name;
	s->fd = -1;
	for (unsigned i = 0; i < SPILL_PARTITIONS; i++)
		s->part[i].last = NO_BLOCK;
	*ret_s = s;
	return SK_OK;
}

void spill_free(struct spill **s)
{
	if (!s || !*s)
		return;
	for (unsigned i = 0; i < SPILL_PARTITIONS; i++)
		free((*s)->part[i].block);
	free((*s)->before);
	if ((*s)->fd >= 0)
		(void)close((*s)->fd);
	free(*s);
	*s = NULL;
}

/* The file, nameless from the start but for a moment. One that was left in that moment is taken away first. */
static enum sk_status open_file(struct spill *s)
{
	if (unlinkat(s->dir_fd, s->name, 0) != 0 && errno != ENOENT)
		return SK_E_IO;
	s->fd = openat(s->dir_fd, s->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (s->fd < 0 || unlinkat(s->dir_fd, s->name, 0) != 0)
		return SK_E_IO;
	return SK_OK;
}

static enum sk_status write_block(struct spill *s, struct partition *p)
{
	size_t done = 0;

	if (s->fd < 0 && open_file(s) != SK_OK)
		return SK_E_IO;
	if (s->blocks == s->blocks_cap) {
		uint32_t cap = s->blocks_cap == 0 ? 1024 : 2 * s->blocks_cap;
		uint32_t *more = realloc(s->before, cap * sizeof(*more));

		if (!more)
			return SK_E_NOMEM;
		s->before = more;
		s->blocks_cap = cap;
	}
	memcpy(p->block, &p->used, BLOCK_HEAD);
	while (done < BLOCK_SIZE) {
		ssize_t n = pwrite(s->fd, p->block + done, BLOCK_SIZE - done,
		    (off_t)s->blocks * BLOCK_SIZE + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SK_E_IO;
		done += (size_t)n;
	}
	s->before[s->blocks] = p->last;
	p->last = s->blocks++;
	p->used = BLOCK_HEAD;
	return SK_OK;
}

enum sk_status spill_add(struct spill *s, const struct spill_record *r)
{
	struct partition *p = &s->part[r->hash >> 56];
	size_t len = RECORD_HEAD + r->serial.len;
	uint8_t *at;

	if (r->serial.len < 1 || r->serial.len > CRL_SERIAL_MAX)
		return SK_E_ARG;
	if (p->bytes + len > SPILL_PARTITION_MAX)
		return SK_E_SPACE;
	if (!p->block) {
		p->block = malloc(BLOCK_SIZE);
		if (!p->block)
			return SK_E_NOMEM;
		memset(p->block, 0, BLOCK_HEAD);
		p->used = BLOCK_HEAD;
	}
	if (p->used + len > BLOCK_SIZE) {
		enum sk_status st = write_block(s, p);

		if (st != SK_OK)
			return st;
	}
	at = p->block + p->used;
	memcpy(at, &r->hash, 8);
	memcpy(at + 8, &r->issuer, 2);
	at[10] = (uint8_t)r->reason;
	at[11] = (uint8_t)r->serial.len;
	memcpy(at + RECORD_HEAD, r->serial.p, r->serial.len);
	p->used += (uint32_t)len;
	p->bytes += len;
	return SK_OK;
}

static enum sk_status read_block(const struct spill *s, uint32_t block, uint8_t buf[static BLOCK_SIZE])
{
	size_t done = 0;

	while (done < BLOCK_SIZE) {
		ssize_t n = pread(s->fd, buf + done, BLOCK_SIZE - done, (off_t)block * BLOCK_SIZE + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SK_E_IO;
		done += (size_t)n;
	}
	return SK_OK;
}

/* The records of a block behind those that are there. The file is ours, but it was on a disk. */
static enum sk_status append_block(struct sorting *z, size_t cap, const uint8_t *block, uint32_t used)
{
	if (used < BLOCK_HEAD || used > BLOCK_SIZE || used - BLOCK_HEAD > cap - z->len)
		return SK_E_IO;
	memcpy(z->bytes + z->len, block + BLOCK_HEAD, used - BLOCK_HEAD);
	z->len += used - BLOCK_HEAD;
	for (uint32_t at = BLOCK_HEAD; at < used; z->n++) {
		uint32_t len = used - at < RECORD_HEAD ? 0 : block[at + 11];

		if (len < 1 || len > CRL_SERIAL_MAX || used - at - RECORD_HEAD < len)
			return SK_E_IO;
		at += RECORD_HEAD + len;
	}
	return SK_OK;
}

static enum sk_status gather(const struct spill *s, struct partition *p, struct sorting *z)
{
	uint32_t used = 0;
	enum sk_status st;

	z->bytes = malloc(p->bytes);
	if (!z->bytes)
		return SK_E_NOMEM;
	st = append_block(z, p->bytes, p->block, p->used);
	/* Its buffer is free now and takes the blocks from the file. */
	for (uint32_t b = p->last; b != NO_BLOCK && st == SK_OK; b = s->before[b]) {
		st = read_block(s, b, p->block);
		if (st == SK_OK) {
			memcpy(&used, p->block, BLOCK_HEAD);
			st = append_block(z, p->bytes, p->block, used);
		}
	}
	return st == SK_OK && z->len != p->bytes ? SK_E_IO : st;
}

static uint64_t hash_at(const uint8_t *r)
{
	uint64_t hash;

	memcpy(&hash, r, sizeof(hash));
	return hash;
}

/* By hash, then by whatever makes the order one order. */
static int compare(const uint8_t *a, const uint8_t *b)
{
	uint64_t ha = hash_at(a), hb = hash_at(b);
	int d;

	if (ha != hb)
		return ha < hb ? -1 : 1;
	d = memcmp(a + 8, b + 8, 2);
	if (d == 0)
		d = a[11] - b[11];
	return d != 0 ? d : memcmp(a + RECORD_HEAD, b + RECORD_HEAD, a[11]);
}

/* removeFromCRL is the least, a hold may end, the others stay. */
static uint8_t worse(uint8_t a, uint8_t b)
{
	static const uint8_t weight[] = {
		[CRL_REMOVE_FROM_CRL] = 0,
		[CRL_CERTIFICATE_HOLD] = 1,
		[CRL_UNSPECIFIED] = 2,
		[CRL_SUPERSEDED] = 3,
		[CRL_CESSATION_OF_OPERATION] = 4,
		[CRL_AFFILIATION_CHANGED] = 5,
		[CRL_PRIVILEGE_WITHDRAWN] = 6,
		[CRL_AA_COMPROMISE] = 7,
		[CRL_CA_COMPROMISE] = 8,
		[CRL_KEY_COMPROMISE] = 9,
	};

	return weight[a] >= weight[b] ? a : b;
}

/* The bits behind the top byte of the hash spread records evenly over the buckets. */
static uint32_t bucket_of(const struct sorting *z, const uint8_t *r)
{
	return (uint32_t)(((hash_at(r) << 8 >> 32) * z->buckets) >> 32);
}

/* Put a record where it belongs in its bucket, of some four; one that is there already gives its reason only. */
static void insert(struct sorting *z, uint32_t at)
{
	uint8_t *r = z->bytes + at;
	uint32_t b = bucket_of(z, r), i = z->filled[b];
	uint32_t *first = z->order + z->start[b];

	for (; i > 0; i--) {
		uint8_t *other = z->bytes + first[i - 1];
		int d = compare(other, r);

		if (d == 0) {
			other[10] = worse(other[10], r[10]);
			return;
		}
		if (d < 0)
			break;
	}
	memmove(first + i + 1, first + i, (z->filled[b] - i) * sizeof(*first));
	first[i] = at;
	z->filled[b]++;
}

static enum sk_status sort(struct sorting *z)
{
	uint32_t sum = 0;

	z->buckets = z->n / 4 + 1;
	z->order = malloc((size_t)z->n * sizeof(*z->order));
	z->start = calloc(z->buckets, sizeof(*z->start));
	z->filled = calloc(z->buckets, sizeof(*z->filled));
	if (!z->order || !z->start || !z->filled)
		return SK_E_NOMEM;
	for (size_t at = 0; at < z->len; at += RECORD_HEAD + z->bytes[at + 11])
		z->start[bucket_of(z, z->bytes + at)]++;
	for (uint32_t b = 0; b < z->buckets; b++) {
		uint32_t n = z->start[b];

		z->start[b] = sum;
		sum += n;
	}
	for (size_t at = 0; at < z->len; at += RECORD_HEAD + z->bytes[at + 11])
		insert(z, (uint32_t)at);
	return SK_OK;
}

static enum sk_status hand_out(const struct sorting *z, spill_fn *fn, void *arg)
{
	for (uint32_t b = 0; b < z->buckets; b++)
		for (uint32_t i = 0; i < z->filled[b]; i++) {
			const uint8_t *at = z->bytes + z->order[z->start[b] + i];
			struct spill_record r = { .hash = hash_at(at),
				.serial = { at + RECORD_HEAD, at[11] },
				.reason = (enum crl_reason)at[10] };
			enum sk_status st;

			memcpy(&r.issuer, at + 8, 2);
			st = fn(arg, &r);
			if (st != SK_OK)
				return st;
		}
	return SK_OK;
}

enum sk_status spill_each(struct spill *s, spill_fn *fn, void *arg)
{
	enum sk_status st = SK_OK;

	for (unsigned i = 0; i < SPILL_PARTITIONS && st == SK_OK; i++) {
		struct partition *p = &s->part[i];
		struct sorting z = { 0 };

		if (!p->block)
			continue;
		st = gather(s, p, &z);
		/* What is in order needs the room. */
		free(p->block);
		p->block = NULL;
		if (st == SK_OK)
			st = sort(&z);
		if (st == SK_OK)
			st = hand_out(&z, fn, arg);
		free(z.bytes);
		free(z.order);
		free(z.start);
		free(z.filled);
	}
	return st;
}
