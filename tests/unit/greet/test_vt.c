/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual terminals, on a kernel of the test's own (ioctl, open and nanosleep are replaced at link time; its clock is the naps): yes is
 * said of a terminal that is in front and stays there, and whatever happens the switch is left locked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "greet/vt.h"

#define FD 77
#define MINE 3u   /* Of the session. */
#define WANTED 2u
#define EVER 1000000u

static struct kernel {
	uint32_t front, to;     /* 0 in to: no switch is under way. */
	bool locked;
	uint32_t now_ms, due_ms;
	uint32_t delay_ms;      /* What a switch takes; EVER: a program doesn't let its terminal go. */
	uint32_t thieves;       /* As often the session's program asks for itself behind us; such a switch is under way when we lock. */
	uint32_t theft_ms;      /* 0: none is under way. */
	uint32_t asked;         /* VT_ACTIVATE */
	/* As often the call fails from now on. */
	uint32_t fail_lock, fail_unlock, fail_activate, fail_state;
	int open_flags;
	char opened[32];
} k;

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_nanosleep(const struct timespec *t, struct timespec *rem);

static bool fails(uint32_t *times)
{
	if (*times == 0)
		return false;
	(*times)--;
	errno = EIO;
	return true;
}

static int activate(uint32_t vt)
{
	k.asked++;
	if (fails(&k.fail_activate))
		return -1;
	/* set_console() of the kernel's vt.c: nothing begins while it is locked. */
	if (k.locked)
		return 0;
	k.to = vt;
	k.due_ms = k.now_ms + k.delay_ms;
	return 0;
}

static int set_locked(bool locked)
{
	if (locked && k.front == WANTED && k.thieves > 0) {
		k.thieves--;
		k.theft_ms = k.now_ms + 20;
	}
	k.locked = locked;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *p;

	va_start(ap, request);
	p = va_arg(ap, void *);
	va_end(ap);
	assert_int_equal(fd, FD);
	switch (request) {
	case VT_GETSTATE:
		/* A struct that came by half says nothing. */
		((struct vt_stat *)p)->v_active = (unsigned short)k.front;
		return fails(&k.fail_state) ? -1 : 0;
	case VT_ACTIVATE: return activate((uint32_t)(uintptr_t)p);
	case VT_LOCKSWITCH: return fails(&k.fail_lock) ? -1 : set_locked(true);
	case VT_UNLOCKSWITCH: return fails(&k.fail_unlock) ? -1 : set_locked(false);
	default: fail_msg("ioctl 0x%lx", request); return -1;
	}
}

int __wrap_open(const char *path, int flags, ...)
{
	(void)snprintf(k.opened, sizeof(k.opened), "%s", path);
	k.open_flags = flags;
	return fails(&k.fail_state) ? -1 : FD;
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *rem)
{
	(void)rem;
	k.now_ms += (uint32_t)(t->tv_nsec / 1000000);
	if (k.to != 0 && !k.locked && k.now_ms >= k.due_ms) {
		k.front = k.to;
		k.to = 0;
	}
	if (k.theft_ms != 0 && k.now_ms >= k.theft_ms) {
		k.front = MINE;
		k.theft_ms = 0;
	}
	return 0;
}

/* A session is in front, the switch locked there. */
static int setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	k.front = MINE;
	k.locked = true;
	return 0;
}

static void opened_as_it_must_be(void **state)
{
	(void)state;
	assert_int_equal(vt_open(), FD);
	assert_string_equal(k.opened, "/dev/tty0");
	assert_int_equal(k.open_flags, O_RDWR | O_CLOEXEC | O_NOCTTY);
	k.fail_state = 1;
	assert_int_equal(vt_open(), -1);
}

static void asked_and_let_go(void **state)
{
	(void)state;
	assert_int_equal(vt_front(FD), MINE);
	k.fail_state = 1;
	assert_int_equal(vt_front(FD), 0);
	k.fail_unlock = 1;
	assert_int_equal(vt_unlock(FD), SK_E_IO);
	assert_true(k.locked);
	assert_int_equal(vt_unlock(FD), SK_OK);
	assert_false(k.locked);
}

static void comes_and_stays(void **state)
{
	(void)state;
	assert_int_equal(vt_to_front(FD, WANTED), SK_OK);
	assert_int_equal(k.front, WANTED);
	assert_true(k.locked);
	assert_int_equal(k.asked, 1);
	/* Already there: once more, as on a start behind a crash. */
	assert_int_equal(vt_to_front(FD, WANTED), SK_OK);
	assert_true(k.locked);
	/* A compositor lets its terminal go when it has put its devices down. */
	k.delay_ms = 700;
	assert_int_equal(vt_to_front(FD, MINE), SK_OK);
	assert_int_equal(k.front, MINE);
	assert_true(k.locked);
}

/* VT_WAITACTIVE would be waited for still. */
static void does_not_let_go(void **state)
{
	(void)state;
	k.delay_ms = EVER;
	assert_int_equal(vt_to_front(FD, WANTED), SK_E_TIMEOUT);
	assert_true(k.locked);
	assert_in_range(k.now_ms, VT_LIMIT_MS, VT_LIMIT_MS + 1500);
	assert_in_range(k.asked, 3, 10);
}

/* Between our look and our lock somebody else's switch begins; what begins is not held up by the lock. */
static void stolen(void **state)
{
	(void)state;
	k.thieves = 1;
	assert_int_equal(vt_to_front(FD, WANTED), SK_OK);
	assert_int_equal(k.thieves, 0);
	assert_int_equal(k.front, WANTED);
	assert_true(k.locked);
	assert_int_equal(k.asked, 2);
	k.front = MINE;
	k.thieves = EVER;
	assert_int_equal(vt_to_front(FD, WANTED), SK_E_TIMEOUT);
	assert_true(k.locked);
}

static void lock_refused(void **state)
{
	(void)state;
	k.fail_lock = 1;
	assert_int_equal(vt_to_front(FD, WANTED), SK_OK);
	assert_true(k.locked);
	/* In front it is, but it doesn't stay. */
	k.locked = false;
	k.fail_lock = EVER;
	assert_int_equal(vt_to_front(FD, WANTED), SK_E_IO);
	assert_int_equal(k.front, WANTED);
	assert_false(k.locked);
}

static void unlock_refused(void **state)
{
	(void)state;
	k.fail_unlock = EVER;
	assert_int_equal(vt_to_front(FD, WANTED), SK_E_TIMEOUT);
	assert_true(k.locked);
	assert_int_equal(k.front, MINE);
	/* Nothing is to be switched then. */
	assert_int_equal(vt_to_front(FD, MINE), SK_OK);
	assert_true(k.locked);
}

static void switch_refused(void **state)
{
	(void)state;
	k.fail_activate = 1;
	assert_int_equal(vt_to_front(FD, WANTED), SK_OK);
	assert_int_equal(k.asked, 2);
	k.fail_activate = EVER;
	assert_int_equal(vt_to_front(FD, MINE), SK_E_TIMEOUT);
	assert_true(k.locked);
}

/* What the kernel doesn't say counts as another one in front. */
static void front_unknown(void **state)
{
	(void)state;
	k.fail_state = EVER;
	assert_int_equal(vt_to_front(FD, WANTED), SK_E_TIMEOUT);
	assert_true(k.locked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opened_as_it_must_be, setup),
		cmocka_unit_test_setup(asked_and_let_go, setup),
		cmocka_unit_test_setup(comes_and_stays, setup),
		cmocka_unit_test_setup(does_not_let_go, setup),
		cmocka_unit_test_setup(stolen, setup),
		cmocka_unit_test_setup(lock_refused, setup),
		cmocka_unit_test_setup(unlock_refused, setup),
		cmocka_unit_test_setup(switch_refused, setup),
		cmocka_unit_test_setup(front_unknown, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
