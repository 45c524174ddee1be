/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usbbridge --usb SOCKET --redir SOCKET [--control SOCKET] [--verbose]
 *
 * Listens on all three. The reader's board connects to --usb, QEMU's chardev of -device usb-redir to --redir. A reader
 * that closes its wire is a device pulled out. On --control, lines:
 *   plug | unplug        VBUS on or off
 *   suspend | resume     usb-redir has no message for it, so the test says it
 *   woken                how often the reader has signalled resume
 * each answered by "ok", "ok NUMBER" or "error".
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "benchio.h"
#include "usbbridge.h"

#define TICK_MS 20

static struct {
	int listen_usb, listen_redir, listen_control;
	int usb, redir, control;
	bool plugged, suspended;
	unsigned int woken;
	char line[64];
	size_t line_len;
} b = { .listen_control = -1, .usb = -1, .redir = -1, .control = -1, .plugged = true };

static void reader_came(void)
{
	bus_attach(b.usb);
	b.suspended = false;
	redir_reader_came();
}

static void reader_gone(void)
{
	redir_reader_gone();
	bus_detach();
}

static void drop_reader(void)
{
	benchio_close(&b.usb);
	reader_gone();
}

static void wakeup(void)
{
	b.woken++;
	/* USB 2.0 7.1.7.7: the hub carries resume on for 20 ms, then the bus is awake. */
	if (b.suspended)
		bus_suspend(false);
	b.suspended = false;
}

static bool obey(const char *word)
{
	if (strcmp(word, "plug") == 0) {
		if (!b.plugged && b.usb >= 0)
			reader_came();
		b.plugged = true;
		return true;
	}
	if (strcmp(word, "unplug") == 0) {
		if (b.plugged && b.usb >= 0)
			reader_gone();
		b.plugged = false;
		return true;
	}
	if (strcmp(word, "suspend") == 0 || strcmp(word, "resume") == 0) {
		b.suspended = word[0] == 's';
		bus_suspend(b.suspended);
		return b.usb >= 0;
	}
	return strcmp(word, "woken") == 0;
}

static void answer(void)
{
	char text[32];
	bool ok = obey(b.line);
	int n = !ok                        ? snprintf(text, sizeof(text), "error\n")
	    : strcmp(b.line, "woken") == 0 ? snprintf(text, sizeof(text), "ok %u\n", b.woken)
					   : snprintf(text, sizeof(text), "ok\n");

	(void)benchio_write(b.control, text, (size_t)n);
}

static void read_control(void)
{
	for (;;) {
		int n = benchio_read(b.control, b.line + b.line_len, 1);

		if (n == 0)
			return;
		if (n < 0 || b.line_len + 1 == sizeof(b.line)) {
			benchio_close(&b.control);
			return;
		}
		if (b.line[b.line_len] == '\n') {
			b.line[b.line_len] = '\0';
			b.line_len = 0;
			answer();
		} else {
			b.line_len++;
		}
	}
}

static void accept_all(void)
{
	int fd = benchio_accept(b.listen_usb, -1);

	if (fd >= 0) {
		if (b.usb >= 0)
			drop_reader();
		b.usb = fd;
		if (b.plugged)
			reader_came();
	}
	fd = benchio_accept(b.listen_redir, -1);
	if (fd >= 0) {
		benchio_close(&b.redir);
		b.redir = fd;
		redir_attach(fd);
	}
	if (b.listen_control >= 0) {
		fd = benchio_accept(b.listen_control, -1);
		if (fd >= 0) {
			benchio_close(&b.control);
			b.control = fd;
			b.line_len = 0;
		}
	}
}

static void drop_redir(void)
{
	redir_attach(-1);
	benchio_close(&b.redir);
}

static void turn(void)
{
	struct pollfd fds[] = {
		{ b.listen_usb, POLLIN, 0 },
		{ b.listen_redir, POLLIN, 0 },
		{ b.listen_control, POLLIN, 0 },
		{ b.usb, POLLIN, 0 },
		{ b.redir, (short)(POLLIN | (redir_wants_write() ? POLLOUT : 0)), 0 },
		{ b.control, POLLIN, 0 },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), TICK_MS) < 0 && errno != EINTR)
		benchio_die("poll: %s", strerror(errno));
	accept_all();
	if (b.usb >= 0 && !bus_read())
		drop_reader();
	if (b.redir >= 0 && (fds[4].revents & (POLLIN | POLLHUP | POLLERR)) && !redir_read())
		drop_redir();
	if (b.control >= 0)
		read_control();
	bus_step();
	redir_step();
	if (b.redir >= 0 && redir_wants_write() && !redir_write())
		drop_redir();
}

int main(int argc, char **argv)
{
	const char *usb = NULL, *redir = NULL, *control = NULL;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--verbose") == 0)
			redir_verbose(true);
		else if (strcmp(argv[i], "--usb") == 0 && value)
			usb = argv[++i];
		else if (strcmp(argv[i], "--redir") == 0 && value)
			redir = argv[++i];
		else if (strcmp(argv[i], "--control") == 0 && value)
			control = argv[++i];
		else
			benchio_die("unknown or unfinished option %s", argv[i]);
	}
	if (!usb || !redir)
		benchio_die("usage: usbbridge --usb SOCKET --redir SOCKET [--control SOCKET] [--verbose]");
	b.listen_usb = benchio_listen_unix(usb);
	b.listen_redir = benchio_listen_unix(redir);
	if (control)
		b.listen_control = benchio_listen_unix(control);
	bus_on_wakeup = wakeup;
	for (;;)
		turn();
}
