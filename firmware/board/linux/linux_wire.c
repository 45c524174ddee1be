/* SPDX-License-Identifier: Apache-2.0 */
/* The wires of the Linux process: Unix sockets and a pty, non-blocking, with a ring each way. */
#include "board/linux/linux_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TRIES 100
#define CONNECT_PAUSE_NS 50000000L
#define RING_SIZE 4096u

struct ring {
	uint8_t p[RING_SIZE];
	size_t head, tail; /* run on; masked when used */
};
static struct port {
	int fd;
	struct ring rx, tx;
} ports[WIRES] = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 } };
static const char *pty_link;

static size_t used(const struct ring *r)
{
	return r->head - r->tail;
}

/* The stretch of the ring that can be written or read in one piece. */
static size_t straight(size_t at, size_t len)
{
	const size_t to_end = RING_SIZE - at % RING_SIZE;

	return len < to_end ? len : to_end;
}

static void set_nonblocking(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		linux_die("fcntl: %s", strerror(errno));
}

void linux_wire_connect(enum wire w, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timespec pause = { .tv_nsec = CONNECT_PAUSE_NS };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		linux_die("%s: too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		linux_die("socket: %s", strerror(errno));
	for (int tries = 0; connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0; tries++) {
		if (tries == CONNECT_TRIES)
			linux_die("%s: %s", path, strerror(errno));
		nanosleep(&pause, NULL);
	}
	set_nonblocking(fd);
	ports[w].fd = fd;
}

/* The slave is held open: else the master reads EIO whenever the host has closed it. */
void linux_wire_pty(enum wire w, const char *link)
{
	struct termios mode;
	char name[64];
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave;

	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof(name)) != 0)
		linux_die("pty: %s", strerror(errno));
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &mode) != 0)
		linux_die("%s: %s", name, strerror(errno));
	cfmakeraw(&mode);
	if (tcsetattr(slave, TCSANOW, &mode) != 0)
		linux_die("%s: %s", name, strerror(errno));
	set_nonblocking(master);
	if (unlink(link) != 0 && errno != ENOENT)
		linux_die("%s: %s", link, strerror(errno));
	if (symlink(name, link) != 0)
		linux_die("%s: %s", link, strerror(errno));
	pty_link = link;
	ports[w].fd = master;
}

void linux_wire_unlink(void)
{
	if (pty_link != NULL)
		unlink(pty_link);
}

/* A peer that went away leaves a wire that nobody holds. */
static void lose(struct port *port)
{
	close(port->fd);
	port->fd = -1;
	port->tx.tail = port->tx.head;
}

static bool failed(ssize_t n)
{
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static bool take_in(struct port *port)
{
	struct ring *const r = &port->rx;
	const size_t room = straight(r->head, RING_SIZE - used(r));
	ssize_t n;

	if (port->fd < 0 || room == 0)
		return false;
	n = read(port->fd, r->p + r->head % RING_SIZE, room);
	if (failed(n))
		lose(port);
	if (n > 0)
		r->head += (size_t)n;
	return n > 0;
}

static bool send_out(struct port *port)
{
	struct ring *const r = &port->tx;
	const size_t len = straight(r->tail, used(r));
	ssize_t n;

	if (port->fd < 0 || len == 0)
		return false;
	n = write(port->fd, r->p + r->tail % RING_SIZE, len);
	if (failed(n))
		lose(port);
	if (n > 0)
		r->tail += (size_t)n;
	return n > 0;
}

void linux_wire_poll(uint64_t timeout_us)
{
	struct pollfd fds[WIRES];
	struct timespec timeout = { .tv_sec = (time_t)(timeout_us / 1000000),
		.tv_nsec = (long)(timeout_us % 1000000) * 1000 };
	bool moved = false;

	for (int i = 0; i < WIRES; i++)
		moved = send_out(&ports[i]) || moved;
	for (int i = 0; i < WIRES; i++) {
		struct port *const port = &ports[i];

		fds[i] = (struct pollfd){ .fd = port->fd };
		fds[i].events = (short)((used(&port->rx) < RING_SIZE ? POLLIN : 0) |
		    (used(&port->tx) > 0 ? POLLOUT : 0));
		/* A peer that hung up reports so for ever; it is of no interest before its bytes have room. */
		if (fds[i].events == 0)
			fds[i].fd = -1;
	}
	if (moved)
		timeout = (struct timespec){ .tv_sec = 0 };
	if (ppoll(fds, WIRES, &timeout, NULL) <= 0)
		return;
	for (int i = 0; i < WIRES; i++) {
		if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			take_in(&ports[i]);
		if ((fds[i].revents & POLLOUT) != 0)
			send_out(&ports[i]);
	}
}

int wire_getc(enum wire w)
{
	struct ring *const r = &ports[w].rx;

	if (used(r) == 0)
		return -1;
	return r->p[r->tail++ % RING_SIZE];
}

size_t wire_room(enum wire w)
{
	return RING_SIZE - used(&ports[w].tx);
}

size_t wire_send(enum wire w, const uint8_t *p, size_t len)
{
	struct ring *const r = &ports[w].tx;
	size_t n = 0;

	if (ports[w].fd < 0)
		return len;
	while (n < len && used(r) < RING_SIZE)
		r->p[r->head++ % RING_SIZE] = p[n++];
	send_out(&ports[w]);
	return n;
}

bool wire_sending(enum wire w)
{
	return used(&ports[w].tx) > 0;
}
