/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtualsensor.c - the client side of libfprint's virtual_image socket.
 *
 * The driver answers nothing. That it took the message is seen from its
 * clean close after our end of file; a reset means that it dropped us with
 * bytes unread (another client was there), and the message is sent again.
 */
#include "virtualsensor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RETRY_PAUSE_MS 5

#define HEADER_NUMBERS_MAX 6
/* Finger status is reported by hand instead of around each image; for this connection only. */
#define MANUAL_FINGER (-3)

struct message {
	int32_t header[HEADER_NUMBERS_MAX];
	size_t header_len;
	const uint8_t *body;
	size_t body_len;
};

enum outcome { TAKEN, AGAIN, FAILED };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left_ms = deadline_ms - now_ms();

	return left_ms > 0 && poll(&p, 1, (int)left_ms) > 0;
}

static enum outcome send_bytes(int fd, const void *bytes, size_t len, int64_t deadline_ms)
{
	const uint8_t *p = bytes;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (!wait_for(fd, POLLOUT, deadline_ms))
				return FAILED;
		} else if (errno != EINTR) {
			return AGAIN;
		}
	}
	return TAKEN;
}

static enum outcome send_message(int fd, const struct message *m, int64_t deadline_ms)
{
	enum outcome outcome = send_bytes(fd, m->header, m->header_len, deadline_ms);
	uint8_t end;

	if (outcome == TAKEN)
		outcome = send_bytes(fd, m->body, m->body_len, deadline_ms);
	if (outcome != TAKEN)
		return outcome;
	if (shutdown(fd, SHUT_WR) != 0 || !wait_for(fd, POLLIN, deadline_ms))
		return FAILED;
	return recv(fd, &end, 1, 0) == 0 ? TAKEN : AGAIN;
}

static bool deliver(const char *path, const struct message *m, int wait_ms)
{
	int64_t deadline_ms = now_ms() + wait_ms;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timespec pause = { .tv_nsec = RETRY_PAUSE_MS * 1000000L };

	if (strlen(path) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, path, strlen(path));
	do {
		enum outcome outcome = AGAIN;
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return false;
		if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
			outcome = send_message(fd, m, deadline_ms);
		close(fd);
		if (outcome != AGAIN)
			return outcome == TAKEN;
		nanosleep(&pause, NULL);
	} while (now_ms() < deadline_ms);
	return false;
}

bool virtualsensor_send_image(const char *path, const struct synthfinger_image *image, int wait_ms)
{
	struct message m = {
		.header = { SYNTHFINGER_IMAGE_WIDTH, SYNTHFINGER_IMAGE_HEIGHT },
		.header_len = 2 * sizeof(m.header[0]),
		.body = image->pixels,
		.body_len = sizeof(image->pixels),
	};

	return deliver(path, &m, wait_ms);
}

bool virtualsensor_send_held_image(const char *path, const struct synthfinger_image *image, int wait_ms)
{
	struct message m = {
		.header = { MANUAL_FINGER, 0, VIRTUALSENSOR_FINGER, 1,
			    SYNTHFINGER_IMAGE_WIDTH, SYNTHFINGER_IMAGE_HEIGHT },
		.header_len = sizeof(m.header),
		.body = image->pixels,
		.body_len = sizeof(image->pixels),
	};

	return deliver(path, &m, wait_ms);
}

bool virtualsensor_send_command(const char *path, enum virtualsensor_command command,
				int32_t value, int wait_ms)
{
	struct message m = { .header = { (int32_t)command, value }, .header_len = 2 * sizeof(m.header[0]) };

	return deliver(path, &m, wait_ms);
}

bool virtualsensor_send_line(const char *path, const char *line, int wait_ms)
{
	struct message m = { .body = (const uint8_t *)line, .body_len = strlen(line) };

	return deliver(path, &m, wait_ms);
}
