/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sidebridge: the bench's end of the reader's side wire (firmware/board/bench/WIRE.md, "side"): gives entropy,
 * writes down log lines, lights and sounds. A reader that went away may come back; the newest connection counts.
 *
 *   --entropy good    bytes of /dev/urandom
 *   --entropy stuck   the right number of bytes, all A5: what the reader's health tests must find
 *   --entropy none    no answer: a dead noise source
 *
 * SIGUSR1 turns the noise source dead while running, SIGUSR2 turns it back to what the command line said.
 */
#include "benchio.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define ENTROPY_MAX 64u
#define STUCK_BYTE 0xA5

enum side_entropy { SIDE_GOOD, SIDE_STUCK, SIDE_NONE };

struct side {
	enum side_entropy chosen;
	FILE *log;
	int64_t start_ms;
	int fd;
	uint8_t in[2 + 255]; /* the longest message: a log line of 255 characters */
	size_t have;
};

static volatile sig_atomic_t dead, ended;

static void on_signal(int number)
{
	if (number == SIGUSR1 || number == SIGUSR2)
		dead = number == SIGUSR1;
	else
		ended = 1;
}

/* One line: milliseconds since start, what, value. Characters outside printable ASCII show as '.'. */
static void note(struct side *side, const char *what, const uint8_t *text, size_t len)
{
	if (side->log == NULL)
		return;
	fprintf(side->log, "%lld %s ", (long long)(benchio_now_ms() - side->start_ms), what);
	for (size_t i = 0; i < len; i++)
		fputc(text[i] >= 0x20 && text[i] < 0x7F ? text[i] : '.', side->log);
	fputc('\n', side->log);
	fflush(side->log);
}

static void note_number(struct side *side, const char *what, unsigned number)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", number);

	note(side, what, (const uint8_t *)text, (size_t)len);
}

static void give_entropy(struct side *side, uint8_t len)
{
	uint8_t answer[1 + ENTROPY_MAX] = { len };

	if (len == 0 || len > ENTROPY_MAX) {
		note_number(side, "bad-entropy-length", len);
		return;
	}
	if (dead || side->chosen == SIDE_NONE) {
		note_number(side, "entropy-refused", len);
		return;
	}
	if (side->chosen == SIDE_STUCK)
		memset(answer + 1, STUCK_BYTE, len);
	else if (getrandom(answer + 1, len, 0) != len) /* up to 256 bytes never come short */
		return;
	if (!benchio_write(side->fd, answer, 1u + len))
		benchio_close(&side->fd);
}

/* Length of the message at the buffer's start; 0 while it can't be told. Unknown kinds are one byte long. */
static size_t message_length(const struct side *side)
{
	if (side->have == 0)
		return 0;
	switch (side->in[0]) {
	case 0x01:
	case 0x03:
		return 2;
	case 0x02:
		return side->have < 2 ? 0 : 2u + side->in[1];
	case 0x04:
		return 3;
	default:
		return 1;
	}
}

static void obey(struct side *side)
{
	switch (side->in[0]) {
	case 0x01:
		give_entropy(side, side->in[1]);
		break;
	case 0x02:
		note(side, "log", side->in + 2, side->in[1]);
		break;
	case 0x03:
		note_number(side, "led", side->in[1]);
		break;
	case 0x04:
		note_number(side, "beep", (unsigned)side->in[1] << 8 | side->in[2]);
		break;
	default:
		note_number(side, "bad-message", side->in[0]);
	}
}

static void readable(struct side *side)
{
	int got = benchio_read(side->fd, side->in + side->have, sizeof(side->in) - side->have);
	size_t len;

	if (got < 0) {
		benchio_close(&side->fd);
		note(side, "disconnected", NULL, 0);
		return;
	}
	side->have += (size_t)got;
	while ((len = message_length(side)) > 0 && len <= side->have && side->fd >= 0) {
		obey(side);
		side->have -= len;
		memmove(side->in, side->in + len, side->have);
	}
}

static void serve(struct side *side, int listener)
{
	while (!ended) {
		struct pollfd fds[2] = { { .fd = listener, .events = POLLIN }, { .fd = side->fd, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			benchio_die("poll: %s", strerror(errno));
		}
		if (fds[1].revents != 0)
			readable(side);
		if (fds[0].revents != 0) {
			side->fd = benchio_accept(listener, side->fd);
			side->have = 0;
			note(side, "connected", NULL, 0);
		}
	}
}

static _Noreturn void usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: sidebridge --side SOCKET [--entropy good|stuck|none] [--log FILE]\n"
	    "  SIGUSR1: noise source dead; SIGUSR2: as on the command line again\n");
	exit(status);
}

static enum side_entropy parse_entropy(const char *word)
{
	if (strcmp(word, "good") == 0)
		return SIDE_GOOD;
	if (strcmp(word, "stuck") == 0)
		return SIDE_STUCK;
	if (strcmp(word, "none") == 0)
		return SIDE_NONE;
	usage(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "side", required_argument, NULL, 's' },
		{ "entropy", required_argument, NULL, 'e' },
		{ "log", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct side side = { .fd = -1, .start_ms = benchio_now_ms() };
	struct sigaction act = { .sa_handler = on_signal };
	const char *path = NULL;
	int c, listener;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's') {
			path = optarg;
		} else if (c == 'e') {
			side.chosen = parse_entropy(optarg);
		} else if (c == 'l') {
			side.log = fopen(optarg, "ae");
			if (side.log == NULL)
				benchio_die("%s: %s", optarg, strerror(errno));
		} else {
			usage(c == 'h' ? 0 : 2);
		}
	}
	if (path == NULL || optind != argc)
		usage(2);
	for (const int *n = (const int[]){ SIGUSR1, SIGUSR2, SIGTERM, SIGINT, 0 }; *n != 0; n++)
		sigaction(*n, &act, NULL);
	listener = benchio_listen_unix(path);
	serve(&side, listener);
	unlink(path);
	if (side.log != NULL)
		fclose(side.log);
	return 0;
}
