/* SPDX-License-Identifier: Apache-2.0 */
/* Sending and receiving one message on a SOCK_SEQPACKET socket. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "ipc/ipc.h"

enum sk_status ipc_send(int fd, struct ipc_out *o)
{
	struct sk_span msg;
	ssize_t n;
	enum sk_status st = ipc_out_finish(o, &msg);

	if (st != SK_OK)
		return st;
	do {
		n = send(fd, msg.p, msg.len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)msg.len)
		return SK_OK;
	if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
		return SK_E_BUSY;
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN))
		return SK_E_GONE;
	return SK_E_IO;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static enum sk_status wait_readable(int fd, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = timeout_ms < 0 ? -1 : end - now_ms();
		int n = poll(&p, 1, timeout_ms >= 0 && left < 0 ? 0 : (int)left);

		if (n > 0)
			return SK_OK;
		if (n == 0)
			return SK_E_TIMEOUT;
		if (errno != EINTR)
			return SK_E_IO;
	}
}

enum sk_status ipc_recv(int fd, enum ipc_channel channel, int timeout_ms, uint8_t *buf, size_t cap,
    struct ipc_msg *ret_msg)
{
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	/* No room for descriptors: the kernel drops what comes along and says so with MSG_CTRUNC. Taking one in order to
	 * close it would run whatever its file system does on close. */
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	enum sk_status st = wait_readable(fd, timeout_ms);
	ssize_t n;

	if (st != SK_OK)
		return st;
	/* A peer that closed with our words unread: the reset is told once, before what it had said. That still counts. */
	for (int reset = 0;;) {
		n = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n >= 0 || (errno != EINTR && (errno != ECONNRESET || reset++ > 0)))
			break;
	}
	if (n < 0)
		return errno == ECONNRESET ? SK_E_GONE : errno == EAGAIN ? SK_E_TIMEOUT : SK_E_IO;
	/* SEQPACKET: 0 is the end of the connection, since no message of ours is empty. */
	if (n == 0)
		return SK_E_GONE;
	if ((mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return SK_E_FORMAT;
	return ipc_parse((struct sk_span){ buf, (size_t)n }, channel, ret_msg);
}
