/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memcount PID: how often the line behind descriptor 8 occurs in the writable memory of a process. Prints the number;
 * exit status 2 when the memory can't be read, so that "0 found" is never said of nothing looked at.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char chunk[1 << 20];
	char path[64], line[512], needle[128];
	unsigned long found = 0, read_n = 0;
	ssize_t n = read(8, needle, sizeof(needle) - 1);
	size_t len;
	FILE *maps;
	int mem;

	if (argc != 2 || n <= 0)
		return 2;
	needle[n] = '\0';
	len = strcspn(needle, "\n");
	(void)snprintf(path, sizeof(path), "/proc/%s/maps", argv[1]);
	maps = fopen(path, "re");
	(void)snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (maps == NULL || mem < 0 || len == 0)
		return 2;
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to;
		char mode[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[0] != 'r' || mode[1] != 'w')
			continue;
		/* Chunks overlap by the needle's length, so that none is missed at a border. */
		for (unsigned long at = from; at < to; at += sizeof(chunk) - len) {
			size_t want = to - at < sizeof(chunk) ? (size_t)(to - at) : sizeof(chunk);
			ssize_t got = pread(mem, chunk, want, (off_t)at);

			if (got <= 0)
				break;
			read_n++;
			for (char *p = chunk; (p = memmem(p, (size_t)(got - (p - chunk)), needle, len)) != NULL; p++)
				found++;
			if ((size_t)got == (size_t)(to - at))
				break;
		}
	}
	if (read_n == 0)
		return 2;
	printf("%lu\n", found);
	return 0;
}
