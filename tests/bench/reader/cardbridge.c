/* SPDX-License-Identifier: Apache-2.0 */
/* cardbridge: sockets and the loop. What it is for is in cardbridge.h, what it can do in --help. */
#include "cardbridge.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { FD_SIGNAL, FD_CONTROL_NEW, FD_CARD_NEW, FD_VPCD_NEW, FD_CTL_NEW, FD_CONTROL, FD_CARD, FD_VPCD, FD_CTL, FDS };

/* The reader went away: its card loses power. */
static void reader_left(struct cb *b)
{
	benchio_close(&b->control_fd);
	b->control_len = 0;
	b->flag_inverse = false;
	cb_card_power_off(b);
	cb_line_clear(b);
	cb_trace_event(b, "reader left");
}

static void reader_came(struct cb *b)
{
	uint8_t code = b->told ? 0x01 : 0x00;

	if (b->control_fd >= 0)
		reader_left(b);
	b->control_fd = benchio_accept(b->control_listener, b->control_fd);
	if (b->control_fd < 0)
		return;
	cb_trace_event(b, "reader came");
	cb_line_put(b, true, &code, 1, 0);
}

static void read_control(struct cb *b)
{
	uint8_t bytes[64];
	int got;

	while (b->control_fd >= 0 && (got = benchio_read(b->control_fd, bytes, sizeof(bytes))) != 0) {
		if (got < 0)
			reader_left(b);
		else
			cb_card_control(b, bytes, (size_t)got);
	}
}

static void read_card(struct cb *b)
{
	uint8_t bytes[512];
	int got = benchio_read(b->card_fd, bytes, sizeof(bytes));

	if (got < 0)
		benchio_close(&b->card_fd);
	read_control(b); /* what the reader said first is on this wire */
	for (int i = 0; i < got; i++)
		cb_card_char(b, bytes[i]);
}

static int next_wait(const struct cb *b)
{
	int64_t now = benchio_now_ms(), until = now + 60000;

	if (b->line.count > 0)
		until = b->line.queue[b->line.head].due;
	for (int i = 0; i < CB_TIMERS; i++)
		if (b->timer[i] != 0 && b->timer[i] < until)
			until = b->timer[i];
	return until <= now ? 0 : (int)(until - now);
}

static void run_timers(struct cb *b)
{
	int64_t now = benchio_now_ms();

	for (int i = 0; i < CB_TIMERS; i++) {
		if (b->timer[i] != 0 && b->timer[i] <= now) {
			b->timer[i] = 0;
			cb_card_timer(b, (enum cb_timer)i);
		}
	}
}

/* False: time to end. */
static bool take_signal(struct cb *b, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return true;
	if (info.ssi_signo != SIGUSR1)
		return false;
	cb_stats_save(b);
	return true;
}

static void take_events(struct cb *b, const struct pollfd *fds)
{
	if (fds[FD_CONTROL].revents != 0)
		read_control(b);
	if (fds[FD_CONTROL_NEW].revents != 0)
		reader_came(b);
	if (fds[FD_CARD].revents != 0 && b->card_fd >= 0)
		read_card(b);
	if (fds[FD_CARD_NEW].revents != 0)
		b->card_fd = benchio_accept(b->card_listener, b->card_fd);
	if (fds[FD_VPCD].revents != 0 && b->vpcd.fd >= 0)
		cb_vpcd_readable(b);
	if (fds[FD_VPCD_NEW].revents != 0 && b->vpcd.fd < 0)
		cb_vpcd_accept(b);
	if (fds[FD_CTL].revents != 0 && b->ctl_fd >= 0)
		cb_ctl_readable(b);
	if (fds[FD_CTL_NEW].revents != 0) {
		b->ctl_fd = benchio_accept(b->ctl_listener, b->ctl_fd);
		b->ctl_len = 0;
	}
}

static void serve(struct cb *b, int signal_fd)
{
	for (;;) {
		struct pollfd fds[FDS] = {
			[FD_SIGNAL] = { .fd = signal_fd },
			[FD_CONTROL_NEW] = { .fd = b->control_listener },
			[FD_CARD_NEW] = { .fd = b->card_listener },
			/* A second emulator waits until the first has left, as with the driver. */
			[FD_VPCD_NEW] = { .fd = b->vpcd.fd < 0 ? b->vpcd.listener : -1 },
			[FD_CTL_NEW] = { .fd = b->ctl_listener },
			[FD_CONTROL] = { .fd = b->control_fd },
			[FD_CARD] = { .fd = b->card_fd },
			[FD_VPCD] = { .fd = b->vpcd.fd },
			[FD_CTL] = { .fd = b->ctl_fd },
		};

		for (int i = 0; i < FDS; i++)
			fds[i].events = POLLIN;
		if (poll(fds, FDS, next_wait(b)) < 0 && errno != EINTR)
			benchio_die("poll: %s", strerror(errno));
		if (fds[FD_SIGNAL].revents != 0 && !take_signal(b, signal_fd))
			return;
		take_events(b, fds);
		run_timers(b);
		cb_line_run(b);
	}
}

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	static struct cb bridge; /* too big for a stack */
	struct cb *b = &bridge;

	b->card_fd = b->control_fd = b->ctl_fd = b->ctl_listener = b->vpcd.fd = -1;
	b->inserted = true;
	b->start_ms = benchio_now_ms();
	cb_options_parse(b, argc, argv);
	cb_trace_open(b);
	b->card_listener = benchio_listen_unix(b->opt.card_path);
	b->control_listener = benchio_listen_unix(b->opt.control_path);
	if (b->opt.ctl_path != NULL)
		b->ctl_listener = benchio_listen_unix(b->opt.ctl_path);
	b->vpcd.listener = benchio_listen_tcp(b->opt.vpcd_port);
	serve(b, signals());
	cb_stats_save(b);
	unlink(b->opt.card_path);
	unlink(b->opt.control_path);
	if (b->opt.ctl_path != NULL)
		unlink(b->opt.ctl_path);
	if (b->trace != NULL)
		fclose(b->trace);
	return 0;
}
