/* SPDX-License-Identifier: Apache-2.0 */
/* The reader as a Linux process: options, clock, watchdog, ends. */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "board/linux/linux_wire.h"
#include "hal.h"
#include "reader.h"
#include "sys/fault.h"

static volatile sig_atomic_t ended;
static struct timespec started;
static uint32_t watchdog_ms;

_Noreturn void linux_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("reader-linux: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(LINUX_EXIT_USAGE);
}

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

/* The main loop stands still: nothing but this may be relied on. */
static void on_watchdog(int number)
{
	static const char text[] = "reader-linux: the watchdog bites\n";

	(void)number;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(LINUX_EXIT_WATCHDOG);
}

uint64_t hal_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((int64_t)(now.tv_sec - started.tv_sec) * 1000000 + (now.tv_nsec - started.tv_nsec) / 1000);
}

void hal_idle(uint64_t until_us)
{
	const uint64_t now = hal_now_us();

	linux_wire_poll(until_us > now ? until_us - now : 0);
	if (!ended)
		return;
	hal_card_power_off();
	linux_wire_poll(0);
	linux_wire_unlink();
	exit(LINUX_EXIT_OK);
}

void hal_watchdog_start(uint32_t ms)
{
	watchdog_ms = ms;
	signal(SIGALRM, on_watchdog);
	hal_watchdog_feed();
}

void hal_watchdog_feed(void)
{
	const struct itimerval time = {
		.it_value = { .tv_sec = watchdog_ms / 1000, .tv_usec = (suseconds_t)(watchdog_ms % 1000) * 1000 },
	};

	setitimer(ITIMER_REAL, &time, NULL);
}

enum hal_start hal_start_reason(void)
{
	return HAL_START_POWER;
}

/* A process has no memory that outlives it: the record goes to whoever started it. */
void hal_fault_keep(const struct hal_fault *fault)
{
	fprintf(stderr, "reader-linux: fault %u at %08X\n", (unsigned)fault->code, (unsigned)fault->where);
}

bool hal_fault_last(struct hal_fault *ret_fault)
{
	(void)ret_fault;
	return false;
}

_Noreturn void hal_halt(void)
{
	hal_log("halted");
	linux_wire_poll(0);
	linux_wire_unlink();
	_exit(LINUX_EXIT_HALTED);
}

/* The kernel minds this stack. */
void hal_stack(uint32_t *ret_size, uint32_t *ret_unused)
{
	*ret_size = 0;
	*ret_unused = 0;
}

static _Noreturn void usage(int status)
{
	fputs("usage: reader-linux [--serial LINK] [--card SOCKET] [--control SOCKET] [--usb SOCKET] [--side SOCKET] "
	      "[--flash FILE]\n"
	      "The reader as a process. Wires are those of firmware/board/bench/WIRE.md; each may be left out.\n"
	      "  --serial LINK     make a pty and LINK a symlink to it\n"
	      "  --card … --side   connect to this Unix stream socket, trying for 5 s\n"
	      "  --flash FILE      keep flash here; made if missing. Without it flash is lost at the end\n"
	      "  --help            this text\n"
	      "Ends with 0 after SIGTERM or SIGINT, 2 when a wire or file can't be had, 4 when the watchdog bites, 5 "
	      "when halted.\n",
	    status == 0 ? stdout : stderr);
	exit(status);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "serial", required_argument, NULL, WIRE_SERIAL },
		{ "card", required_argument, NULL, WIRE_CARD },
		{ "control", required_argument, NULL, WIRE_CONTROL },
		{ "usb", required_argument, NULL, WIRE_USB },
		{ "side", required_argument, NULL, WIRE_SIDE },
		{ "flash", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct sigaction end = { .sa_handler = on_end };
	int c;

	clock_gettime(CLOCK_MONOTONIC, &started);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == WIRE_SERIAL)
			linux_wire_pty(WIRE_SERIAL, optarg);
		else if (c > WIRE_SERIAL && c < WIRES)
			linux_wire_connect((enum wire)c, optarg);
		else if (c == 'f')
			linux_flash_open(optarg);
		else
			usage(c == 'h' ? LINUX_EXIT_OK : LINUX_EXIT_USAGE);
	}
	if (optind != argc)
		usage(LINUX_EXIT_USAGE);
	bench_init();
	reader_main();
}
