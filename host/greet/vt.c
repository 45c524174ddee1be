/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual terminals; see vt.h. */
#include "greet/vt.h"

#include <fcntl.h>
#include <linux/vt.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <time.h>

#define STEP_MS 10u
/* A switch that somebody else began while ours was unlocked is through by then. */
#define SETTLE_MS 50u

int vt_open(void)
{
	return open("/dev/tty0", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

uint32_t vt_front(int fd)
{
	struct vt_stat s = { 0 };

	return ioctl(fd, VT_GETSTATE, &s) == 0 ? s.v_active : 0;
}

enum sk_status vt_unlock(int fd)
{
	return ioctl(fd, VT_UNLOCKSWITCH, 1L) == 0 ? SK_OK : SK_E_IO;
}

static void pause_ms(uint32_t ms)
{
	const struct timespec t = { .tv_nsec = (long)ms * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* Asked for again and again: whoever is in front may ask for itself meanwhile. VT_WAITACTIVE would wait for ever. */
static bool try_once(int fd, uint32_t vt, uint32_t *waited_ms)
{
	bool locked;

	if (vt_unlock(fd) == SK_OK)
		(void)ioctl(fd, VT_ACTIVATE, (long)vt);
	for (uint32_t i = 0; i < 100 && vt_front(fd) != vt; i++, *waited_ms += STEP_MS)
		pause_ms(STEP_MS);
	locked = ioctl(fd, VT_LOCKSWITCH, 1L) == 0;
	pause_ms(SETTLE_MS);
	*waited_ms += SETTLE_MS;
	return locked && vt_front(fd) == vt;
}

enum sk_status vt_to_front(int fd, uint32_t vt)
{
	for (uint32_t waited_ms = 0; waited_ms < VT_LIMIT_MS;) {
		if (try_once(fd, vt, &waited_ms))
			return SK_OK;
	}
	return ioctl(fd, VT_LOCKSWITCH, 1L) == 0 ? SK_E_TIMEOUT : SK_E_IO;
}
