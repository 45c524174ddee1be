/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allow-lists of system calls for the helper processes; sandbox.h has the rules.
 *
 * A call with an argument that decides about danger (socket, clone, open, ioctl,
 * mmap) is in the table of conditions; everything else is allowed as a whole.
 */
#include "sandbox/sandbox.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Neither creating nor shortening a file; O_TMPFILE holds O_DIRECTORY's bit too, so it gets its own bit. */
#define OPEN_CHANGES ((uint64_t)(O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)))

/* ioctl numbers carry the letter of their driver in bits 8..15 (asm-generic/ioctl.h). */
#define IOCTL_LETTER_MASK UINT64_C(0xFF00)
#define IOCTL_LETTER(c) ((uint64_t)(c) << 8)

/* What glibc itself and every client of a Unix socket needs. */
static const int calls_common[] = {
	SCMP_SYS(access), SCMP_SYS(alarm), SCMP_SYS(brk), SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(close), SCMP_SYS(connect), SCMP_SYS(dup), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fcntl), SCMP_SYS(fstat),
	SCMP_SYS(futex), SCMP_SYS(getegid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getpeername),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getrandom), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(getuid), SCMP_SYS(lseek), SCMP_SYS(lstat),
	SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap), SCMP_SYS(nanosleep), SCMP_SYS(newfstatat),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pread64), SCMP_SYS(pselect6), SCMP_SYS(read),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(readv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sched_yield), SCMP_SYS(select), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
	SCMP_SYS(set_robust_list), SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(sigaltstack), SCMP_SYS(stat),
	SCMP_SYS(statx), SCMP_SYS(time), SCMP_SYS(uname), SCMP_SYS(write), SCMP_SYS(writev),
};

/* GLib's main loop and threads, libusb's events, libudev's walk through /sys. */
static const int calls_finger[] = {
	SCMP_SYS(bind), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2), SCMP_SYS(fadvise64), SCMP_SYS(fstatfs), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
	SCMP_SYS(getresgid), SCMP_SYS(getresuid), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_rm_watch), SCMP_SYS(membarrier), SCMP_SYS(pipe2),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getattr), SCMP_SYS(statfs),
	SCMP_SYS(sysinfo), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_gettime), SCMP_SYS(timerfd_settime),
};

/* libcurl, its resolver, OpenSSL and OpenLDAP. */
static const int calls_fetch[] = {
	SCMP_SYS(bind), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait), SCMP_SYS(eventfd2),
	SCMP_SYS(fadvise64), SCMP_SYS(fstatfs), SCMP_SYS(ftruncate), SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(getresgid),
	SCMP_SYS(getresuid), SCMP_SYS(membarrier), SCMP_SYS(pipe2), SCMP_SYS(recvmmsg), SCMP_SYS(sched_getaffinity), SCMP_SYS(sendmmsg),
	SCMP_SYS(socketpair), SCMP_SYS(statfs), SCMP_SYS(sysinfo),
};

/* libfprint's virtual sensors listen on a socket file of their own. */
static const int calls_virtual[] = { SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(listen), SCMP_SYS(unlink) };

/* Reads, writes, remembers: no socket, no descriptor but those that are there and what openat() below gives. */
static const int calls_crl[] = {
	SCMP_SYS(brk), SCMP_SYS(clock_gettime), SCMP_SYS(close), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fstat),
	SCMP_SYS(fsync), SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(lseek), SCMP_SYS(madvise), SCMP_SYS(mremap),
	SCMP_SYS(munmap), SCMP_SYS(newfstatat), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(read),
	SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn), SCMP_SYS(write),
};

/* Allowed with the conditions; two rows for one call are alternatives. */
struct conditional_call {
	int call;
	unsigned n;
	struct scmp_arg_cmp when[2];
};

static const struct conditional_call conditional_common[] = {
	{ SCMP_SYS(socket), 1, { { 0, SCMP_CMP_EQ, AF_UNIX, 0 } } },
	/* Asking about oneself, not setting (prlimit64 is glibc's getrlimit()). */
	{ SCMP_SYS(prctl), 1, { { 0, SCMP_CMP_EQ, PR_GET_DUMPABLE, 0 } } },
	{ SCMP_SYS(prctl), 1, { { 0, SCMP_CMP_EQ, PR_GET_NO_NEW_PRIVS, 0 } } },
	{ SCMP_SYS(prlimit64), 1, { { 2, SCMP_CMP_EQ, 0, 0 } } },
};

static const struct conditional_call conditional_card[] = {
	{ SCMP_SYS(openat), 1, { { 2, SCMP_CMP_MASKED_EQ, O_ACCMODE | OPEN_CHANGES, O_RDONLY } } },
	{ SCMP_SYS(open), 1, { { 1, SCMP_CMP_MASKED_EQ, O_ACCMODE | OPEN_CHANGES, O_RDONLY } } },
	{ SCMP_SYS(mmap), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
	{ SCMP_SYS(mprotect), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
};

static const struct conditional_call conditional_crl[] = {
	{ SCMP_SYS(openat), 1, { { 0, SCMP_CMP_EQ, SANDBOX_CRL_DIR_FD, 0 } } },
	{ SCMP_SYS(unlinkat), 1, { { 0, SCMP_CMP_EQ, SANDBOX_CRL_DIR_FD, 0 } } },
	{ SCMP_SYS(linkat), 2, { { 0, SCMP_CMP_EQ, SANDBOX_CRL_DIR_FD, 0 }, { 2, SCMP_CMP_EQ, SANDBOX_CRL_DIR_FD, 0 } } },
	{ SCMP_SYS(mmap), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
	{ SCMP_SYS(mprotect), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
};

/* Code may be mapped here: the uru4000 driver loads NSS modules while it opens its sensor. */
static const struct conditional_call conditional_finger[] = {
	{ SCMP_SYS(socket), 1, { { 0, SCMP_CMP_EQ, AF_NETLINK, 0 } } },
	{ SCMP_SYS(openat), 1, { { 2, SCMP_CMP_MASKED_EQ, OPEN_CHANGES, 0 } } },
	{ SCMP_SYS(open), 1, { { 1, SCMP_CMP_MASKED_EQ, OPEN_CHANGES, 0 } } },
	{ SCMP_SYS(mmap), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_EXEC } } },
	{ SCMP_SYS(mmap), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
	{ SCMP_SYS(mprotect), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_EXEC } } },
	{ SCMP_SYS(mprotect), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
	{ SCMP_SYS(clone), 1, { { 0, SCMP_CMP_MASKED_EQ, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD } } },
	{ SCMP_SYS(prctl), 1, { { 0, SCMP_CMP_EQ, PR_SET_NAME, 0 } } },
	/* USB device nodes, SPI and HID devices; nothing of terminals. */
	{ SCMP_SYS(ioctl), 1, { { 1, SCMP_CMP_MASKED_EQ, IOCTL_LETTER_MASK, IOCTL_LETTER('U') } } },
	{ SCMP_SYS(ioctl), 1, { { 1, SCMP_CMP_MASKED_EQ, IOCTL_LETTER_MASK, IOCTL_LETTER('k') } } },
	{ SCMP_SYS(ioctl), 1, { { 1, SCMP_CMP_MASKED_EQ, IOCTL_LETTER_MASK, IOCTL_LETTER('H') } } },
	{ SCMP_SYS(ioctl), 1, { { 1, SCMP_CMP_EQ, FIONREAD, 0 } } },
	{ SCMP_SYS(ioctl), 1, { { 1, SCMP_CMP_EQ, FIONBIO, 0 } } },
};

/* Code may be mapped: glibc loads NSS modules for host names. Names are looked up through AF_UNIX and AF_NETLINK as well. */
static const struct conditional_call conditional_fetch[] = {
	{ SCMP_SYS(socket), 1, { { 0, SCMP_CMP_EQ, AF_INET, 0 } } },
	{ SCMP_SYS(socket), 1, { { 0, SCMP_CMP_EQ, AF_INET6, 0 } } },
	{ SCMP_SYS(socket), 1, { { 0, SCMP_CMP_EQ, AF_NETLINK, 0 } } },
	{ SCMP_SYS(openat), 1, { { 2, SCMP_CMP_MASKED_EQ, O_ACCMODE | OPEN_CHANGES, O_RDONLY } } },
	{ SCMP_SYS(open), 1, { { 1, SCMP_CMP_MASKED_EQ, O_ACCMODE | OPEN_CHANGES, O_RDONLY } } },
	{ SCMP_SYS(mmap), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_EXEC } } },
	{ SCMP_SYS(mmap), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
	{ SCMP_SYS(mprotect), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_EXEC } } },
	{ SCMP_SYS(mprotect), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
	{ SCMP_SYS(clone), 1, { { 0, SCMP_CMP_MASKED_EQ, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD } } },
	{ SCMP_SYS(prctl), 1, { { 0, SCMP_CMP_EQ, PR_SET_NAME, 0 } } },
	{ SCMP_SYS(ioctl), 1, { { 1, SCMP_CMP_EQ, FIONREAD, 0 } } },
	{ SCMP_SYS(ioctl), 1, { { 1, SCMP_CMP_EQ, FIONBIO, 0 } } },
};

/* Asked for by libraries as a matter of course; they live with the answer. */
struct refused_call {
	int call;
	uint16_t error;
	unsigned n;
	struct scmp_arg_cmp when[1];
};

static const struct refused_call refused[] = {
	/* Its flags are in memory, where no filter can look: glibc takes clone() instead. */
	{ SCMP_SYS(clone3), ENOSYS, 0, { { 0 } } },
	/* isatty() */
	{ SCMP_SYS(ioctl), ENOTTY, 1, { { 1, SCMP_CMP_EQ, TCGETS, 0 } } },
	{ SCMP_SYS(sched_setattr), EPERM, 0, { { 0 } } },
	{ SCMP_SYS(mbind), EPERM, 0, { { 0 } } },
};

static bool allow_calls(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	}
	return true;
}

static bool allow_conditional(scmp_filter_ctx ctx, const struct conditional_call *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, rows[i].call, rows[i].n, rows[i].when) != 0)
			return false;
	}
	return true;
}

static bool refuse_calls(scmp_filter_ctx ctx)
{
	for (size_t i = 0; i < LEN(refused); i++) {
		if (seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(refused[i].error), refused[i].call, refused[i].n,
		        refused[i].when) != 0)
			return false;
	}
	return true;
}

static bool add_profile(scmp_filter_ctx ctx, enum sandbox_profile profile)
{
	if (profile == SANDBOX_CRL)
		return allow_calls(ctx, calls_crl, LEN(calls_crl)) && allow_conditional(ctx, conditional_crl, LEN(conditional_crl));
	if (!allow_calls(ctx, calls_common, LEN(calls_common)) ||
	    !allow_conditional(ctx, conditional_common, LEN(conditional_common)) || !refuse_calls(ctx))
		return false;
	switch (profile) {
	case SANDBOX_CRL:
		return false;
	case SANDBOX_CARD:
		return allow_conditional(ctx, conditional_card, LEN(conditional_card));
	case SANDBOX_FINGER:
		if (CONFIG_VIRTUAL_SENSOR && !allow_calls(ctx, calls_virtual, LEN(calls_virtual)))
			return false;
		return allow_calls(ctx, calls_finger, LEN(calls_finger)) &&
		       allow_conditional(ctx, conditional_finger, LEN(conditional_finger));
	case SANDBOX_FETCH:
		return allow_calls(ctx, calls_fetch, LEN(calls_fetch)) &&
		       allow_conditional(ctx, conditional_fetch, LEN(conditional_fetch));
	}
	return false;
}

/* A template or PIN in memory must not reach a core file or a debugger. */
static bool close_memory(void)
{
	const struct rlimit none = { 0, 0 };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       setrlimit(RLIMIT_CORE, &none) == 0;
}

enum sk_status sandbox_enter(enum sandbox_profile profile)
{
	enum sk_status status = SK_E_FAULT;
	scmp_filter_ctx ctx;

	if (profile != SANDBOX_CARD && profile != SANDBOX_FINGER && profile != SANDBOX_CRL && profile != SANDBOX_FETCH)
		return SK_E_ARG;
	if (!close_memory())
		return SK_E_FAULT;
	ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (ctx == NULL)
		return SK_E_NOMEM;
	/* All threads, also those a library started before us. */
	if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && add_profile(ctx, profile) &&
	    seccomp_load(ctx) == 0)
		status = SK_OK;
	seccomp_release(ctx);
	return status;
}
