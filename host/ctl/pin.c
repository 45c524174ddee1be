/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pin.c
 * @brief PIN prompt.
 *
 * Rules
 *  1. The terminal's echo MUST be on again when this returns or a signal ends or stops the program.
 *  2. The PIN is read byte by byte into the caller's array, past every stdio buffer, and wiped on failure.
 *  3. A line longer than a PIN is refused as a whole, never cut.
 */
#include "ctl/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/wipe.h"

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGALRM };
#define SIGNALS_N (sizeof(signals) / sizeof(signals[0]))

/* unblocked: the mask while waiting, so that a signal just before the wait is not lost; NULL: as it is. */
static enum sk_status read_line(int fd, const sigset_t *unblocked, char ret_pin[static PIN_MAX])
{
	size_t n = 0;
	bool too_long = false;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char c;
		ssize_t got = unblocked != NULL ? ppoll(&p, 1, NULL, unblocked) : 1;

		if (got > 0)
			got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR && caught == 0)
			continue;
		if (got < 0)
			return errno == EINTR ? SK_E_CANCELLED : SK_E_IO;
		if (got == 0 && n == 0)
			return SK_E_CANCELLED;
		if (got == 0 || c == '\n' || c == '\r')
			break;
		/* The rest of a line that is too long is read, so that it isn't taken for the next PIN. */
		if (n == PIN_MAX - 1)
			too_long = true;
		else
			ret_pin[n++] = c;
	}
	ret_pin[n] = '\0';
	if (too_long)
		return SK_E_SPACE;
	return n > 0 ? SK_OK : SK_E_CANCELLED;
}

/* Write what may fail harmlessly: a prompt. */
static void say(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	(void)n;
}

static enum sk_status read_without_echo(int fd, const char *prompt, char ret_pin[static PIN_MAX])
{
	struct sigaction quiet = { .sa_handler = on_signal }, before[SIGNALS_N];
	sigset_t held, mask;
	struct termios old, silent;
	enum sk_status st;

	if (tcgetattr(fd, &old) != 0)
		return SK_E_IO;
	silent = old;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	silent.c_lflag |= ICANON | ISIG;
	caught = 0;
	(void)sigemptyset(&quiet.sa_mask);
	(void)sigemptyset(&held);
	for (size_t i = 0; i < SIGNALS_N; i++)
		(void)sigaddset(&held, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &held, &mask);
	for (size_t i = 0; i < SIGNALS_N; i++)
		(void)sigaction(signals[i], &quiet, &before[i]);
	st = tcsetattr(fd, TCSAFLUSH, &silent) == 0 ? SK_OK : SK_E_IO;
	if (st == SK_OK) {
		say(fd, prompt);
		st = read_line(fd, &mask, ret_pin);
		say(fd, "\n");
		while (tcsetattr(fd, TCSAFLUSH, &old) != 0 && errno == EINTR)
			;
	}
	for (size_t i = 0; i < SIGNALS_N; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	if (caught != 0)
		(void)raise(caught);
	return st;
}

enum sk_status pin_read(const char *prompt, int pin_fd, char ret_pin[static PIN_MAX])
{
	enum sk_status st;
	int fd;

	caught = 0;
	if (pin_fd >= 0) {
		st = read_line(pin_fd, NULL, ret_pin);
	} else {
		fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			return SK_E_IO;
		st = read_without_echo(fd, prompt, ret_pin);
		(void)close(fd);
	}
	if (st != SK_OK)
		sk_wipe(ret_pin, PIN_MAX);
	return st;
}
