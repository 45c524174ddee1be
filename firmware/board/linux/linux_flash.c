/* SPDX-License-Identifier: Apache-2.0 */
/* Flash of the Linux process: a mapped file, or memory when no file is given. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/linux/linux_wire.h"
#include "hal.h"

#define SECTOR 4096u
#define SECTORS 16u
#define SIZE (SECTOR * SECTORS)

static uint8_t *flash;
static uint8_t memory[SIZE];

static void make_erased(int fd, const char *path)
{
	static const uint8_t erased[SECTOR] = { [0 ... SECTOR - 1] = 0xFF };

	for (unsigned i = 0; i < SECTORS; i++) {
		if (write(fd, erased, sizeof(erased)) != (ssize_t)sizeof(erased))
			linux_die("%s: %s", path, strerror(errno));
	}
}

void linux_flash_open(const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) != 0)
		linux_die("%s: %s", path, strerror(errno));
	if (st.st_size == 0)
		make_erased(fd, path);
	else if (st.st_size < (off_t)SIZE)
		linux_die("%s: %lld bytes, too small for a flash of %u", path, (long long)st.st_size, SIZE);
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		linux_die("%s: %s", path, strerror(errno));
	close(fd);
	flash = map;
}

static uint8_t *cells(void)
{
	if (flash == NULL) {
		memset(memory, 0xFF, sizeof(memory));
		flash = memory;
	}
	return flash;
}

void hal_flash_geometry(struct hal_flash_geometry *ret_geometry)
{
	ret_geometry->sector_size = SECTOR;
	ret_geometry->sectors = SECTORS;
}

enum sk_status hal_flash_read(uint32_t at, uint8_t *ret_p, size_t len)
{
	if (at > SIZE || len > SIZE - at)
		return SK_E_ARG;
	memcpy(ret_p, cells() + at, len);
	return SK_OK;
}

enum sk_status hal_flash_program(uint32_t at, const uint8_t word[static HAL_FLASH_WORD])
{
	if (at % HAL_FLASH_WORD != 0 || at >= SIZE)
		return SK_E_ARG;
	for (size_t i = 0; i < HAL_FLASH_WORD; i++)
		cells()[at + i] &= word[i];
	return SK_OK;
}

enum sk_status hal_flash_erase(uint32_t sector)
{
	if (sector >= SECTORS)
		return SK_E_ARG;
	memset(cells() + sector * SECTOR, 0xFF, SECTOR);
	return SK_OK;
}
