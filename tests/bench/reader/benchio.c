/* SPDX-License-Identifier: Apache-2.0 */
#include "benchio.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WRITE_WAIT_MS 2000

int64_t benchio_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void benchio_die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

int benchio_listen_unix(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(at.sun_path))
		benchio_die("socket path too long: %s", path);
	memcpy(at.sun_path, path, strlen(path));
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 4) != 0)
		benchio_die("can't listen on %s: %s", path, strerror(errno));
	return fd;
}

int benchio_listen_tcp(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 1) != 0)
		benchio_die("can't listen on port %u: %s", port, strerror(errno));
	return fd;
}

int benchio_accept(int listener, int fd)
{
	int fresh = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;

	if (fresh < 0)
		return fd;
	setsockopt(fresh, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* fails on a Unix socket: harmless */
	benchio_close(&fd);
	return fresh;
}

void benchio_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool benchio_write(int fd, const void *p, size_t len)
{
	const uint8_t *at = p;
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int64_t until = benchio_now_ms() + WRITE_WAIT_MS;

	while (fd >= 0 && len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			int64_t left = until - benchio_now_ms();

			if (left <= 0 || poll(&wait, 1, (int)left) < 0)
				return false;
		} else if (n < 0 && errno != EINTR) {
			return false;
		}
	}
	return fd >= 0;
}

int benchio_read(int fd, void *ret_p, size_t len)
{
	ssize_t n = recv(fd, ret_p, len, MSG_DONTWAIT);

	if (n > 0)
		return (int)n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

uint32_t benchio_number(const char *what, const char *text, uint32_t max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n > max)
		benchio_die("%s wants a number 0…%u, not '%s'", what, max, text);
	return (uint32_t)n;
}
