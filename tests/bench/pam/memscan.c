/* SPDX-License-Identifier: Apache-2.0 */
/* See memscan.h. Reads through /proc/self/mem, so that pages that can't be touched are skipped. */
#include "memscan.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define CHUNK (1u << 20)
#define MAPS_SIZE (1u << 20)
/* Larger mappings are a sanitizer's shadow, terabytes without data of the program. */
#define MAPPING_MAX (1ul << 32)

int masked_hide(struct masked *ret_m, const char *plain, size_t len)
{
	if (len == 0 || len > MASKED_MAX || getrandom(ret_m->mask, len, 0) != (ssize_t)len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		/* a zero mask byte would leave the plain one standing */
		ret_m->mask[i] |= 0x80;
		ret_m->byte[i] = (uint8_t)((uint8_t)plain[i] ^ ret_m->mask[i]);
	}
	ret_m->len = len;
	return 0;
}

char *masked_give(const struct masked *m)
{
	char *p = malloc(m->len + 1);

	if (p == NULL)
		return NULL;
	for (size_t i = 0; i < m->len; i++)
		p[i] = (char)(m->byte[i] ^ m->mask[i]);
	p[m->len] = '\0';
	return p;
}

static bool same(const struct masked *m, const uint8_t *p)
{
	for (size_t i = 0; i < m->len; i++) {
		if ((p[i] ^ m->mask[i]) != m->byte[i])
			return false;
	}
	return true;
}

/* Copies that begin in [from, to). Chunks overlap by a secret's length so that none is missed or counted twice. */
static long count_range(int mem, const struct masked *m, uint8_t *chunk, unsigned long from, unsigned long to)
{
	long n = 0;

	while (from < to) {
		size_t want = to - from > CHUNK ? CHUNK : (size_t)(to - from);
		ssize_t got = pread(mem, chunk, want, (off_t)from);

		if (got < (ssize_t)m->len)
			break;
		for (size_t i = 0; i + m->len <= (size_t)got; i++)
			n += same(m, chunk + i);
		if ((size_t)got == to - from)
			break;
		from += (unsigned long)got - m->len + 1;
	}
	return n;
}

/* The maps as they are now, NUL-terminated. */
static bool read_maps(char *maps)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	while (len < MAPS_SIZE - 1 && (n = read(fd, maps + len, MAPS_SIZE - 1 - len)) > 0)
		len += (size_t)n;
	(void)close(fd);
	maps[len] = '\0';
	return n == 0;
}

static long count_all(int mem, const struct masked *m, uint8_t *chunk, const char *maps)
{
	long n = 0;

	while (maps != NULL && *maps != '\0') {
		unsigned long from, to;
		char mode[5];

		if (sscanf(maps, "%lx-%lx %4s", &from, &to, mode) == 3 && mode[0] == 'r' && mode[1] == 'w' &&
		    from != (unsigned long)chunk && to - from <= MAPPING_MAX)
			n += count_range(mem, m, chunk, from, to);
		maps = strchr(maps, '\n');
		if (maps != NULL)
			maps++;
	}
	return n;
}

long masked_count(const struct masked *m)
{
	/* Shared, so that the kernel does not merge them with a neighbour: they hold copies of what is read
	 * and are left out. */
	uint8_t *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *maps = mmap(NULL, MAPS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	long n = -1;

	if (chunk != MAP_FAILED && maps != MAP_FAILED && mem >= 0 && read_maps(maps))
		n = count_all(mem, m, chunk, maps);
	if (mem >= 0)
		(void)close(mem);
	if (maps != MAP_FAILED)
		(void)munmap(maps, MAPS_SIZE);
	if (chunk != MAP_FAILED)
		(void)munmap(chunk, CHUNK);
	return n;
}
