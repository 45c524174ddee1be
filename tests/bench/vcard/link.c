/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link to vsmartcard's reader driver (vpcd): the card connects by TCP; each message has a
 * 2-byte big-endian length. One-byte messages are 0 power off, 1 power on, 2 reset, 4 "send the
 * ATR"; anything longer is a command APDU.
 *
 * The driver polls for the ATR about every 400 ms. A closed connection is a removed card; so that
 * the poll can't miss it, a card that left stays away for gap_ms before it connects again.
 */
#include "server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 50

enum {
	CTRL_POWER_OFF = 0,
	CTRL_POWER_ON = 1,
	CTRL_RESET = 2,
	CTRL_ATR = 4,
};

long long vc_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * The driver sends length and content apart, and its kernel keeps the content back until the length
 * is acknowledged: 40 ms per command unless this side acknowledges at once. The option does not
 * last, so it is set before each wait.
 */
static void acknowledge_at_once(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *one;
	int fd = -1, on = 1;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		return -1;
	for (one = list; one != NULL && fd < 0; one = one->ai_next) {
		fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
		if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		acknowledge_at_once(fd);
	}
	return fd;
}

bool vc_link_try_connect(struct vc_server *server)
{
	struct vc_link *link = &server->link;

	if (link->fd >= 0 || !server->inserted || vc_now_ms() < link->retry_at_ms)
		return true;
	link->fd = connect_to(server->host, server->port);
	if (link->fd < 0) {
		link->retry_at_ms = vc_now_ms() + RETRY_MS;
		return server->wait || link->was_up;
	}
	link->was_up = true;
	vc_trace_event(server, "inserted");
	return true;
}

void vc_link_drop(struct vc_server *server, long gap_ms)
{
	struct vc_link *link = &server->link;

	vc_engine_reset(&server->engine);
	if (link->fd < 0)
		return;
	close(link->fd);
	link->fd = -1;
	link->retry_at_ms = vc_now_ms() + gap_ms;
	link->powered = false;
	link->muted = false;
	link->answer_due = false;
	link->pull_after_answer = false;
	link->in_len = 0;
	vc_trace_event(server, "removed");
}

static void pull(struct vc_server *server)
{
	server->inserted = false;
	vc_link_drop(server, server->gap_ms);
}

/* An answer is small and the driver waits for it, so a blocking send ends. */
static void send_message(struct vc_server *server, const uint8_t *bytes, size_t len)
{
	struct vc_link *link = &server->link;
	uint8_t header[2] = { (uint8_t)(len >> 8), (uint8_t)len };
	size_t sent = 0;
	ssize_t n;

	if (send(link->fd, header, 2, MSG_NOSIGNAL | MSG_MORE) != 2) {
		vc_link_drop(server, RETRY_MS);
		return;
	}
	while (sent < len) {
		n = send(link->fd, bytes + sent, len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			vc_link_drop(server, RETRY_MS);
			return;
		}
		sent += (size_t)n;
	}
}

static void send_answer(struct vc_server *server)
{
	struct vc_link *link = &server->link;

	link->answer_due = false;
	vc_trace_answer(server, link->out, link->out_len);
	server->stats.rsp_bytes += link->out_len;
	if (link->out_len == 0) {
		/* vpcd can't carry an empty answer: it takes it for a removed card. */
		vc_link_drop(server, server->gap_ms);
		return;
	}
	send_message(server, link->out, link->out_len);
	if (link->fd >= 0 && link->pull_after_answer)
		pull(server);
}

void vc_link_timer(struct vc_server *server)
{
	if (server->link.answer_due && vc_now_ms() >= server->link.answer_at_ms)
		send_answer(server);
}

static void count_command(struct vc_stats *stats, const uint8_t *cmd, size_t len)
{
	stats->apdus++;
	stats->cmd_bytes += len;
	if (cmd[1] == VC_INS_VERIFY)
		stats->verifies++;
	if (cmd[1] == VC_INS_VERIFY && len > 5)
		stats->pins++;
	if (cmd[1] == VC_INS_GENERAL_AUTHENTICATE && (cmd[0] & 0x10) == 0)
		stats->auths++;
}

static void handle_apdu(struct vc_server *server, const uint8_t *cmd, size_t len)
{
	struct vc_link *link = &server->link;
	struct vc_fault_plan plan;

	count_command(&server->stats, cmd, len);
	vc_trace_command(server, cmd, len);
	vc_fault_match(&server->faults, cmd[1], &plan);

	if (plan.replace) {
		memcpy(link->out, plan.replace_bytes, plan.replace_len);
		link->out_len = plan.replace_len;
	} else if (!link->powered) {
		link->out[0] = VC_SW_NO_DIAGNOSIS >> 8;
		link->out[1] = VC_SW_NO_DIAGNOSIS & 0xFF;
		link->out_len = 2;
	} else {
		server->engine.lie_sig = plan.lie_sig;
		server->engine.tear = plan.tear;
		link->out_len = vc_engine_transmit(&server->engine, cmd, len, link->out, VC_APDU_MAX);
	}
	if (plan.pull || server->engine.torn) {
		vc_trace_event(server, plan.pull ? "pull" : "tear");
		pull(server);
		return;
	}
	if (plan.close_link) {
		vc_trace_event(server, "close");
		vc_link_drop(server, server->gap_ms);
		return;
	}
	if (plan.mute) {
		vc_trace_event(server, "mute");
		link->muted = true;
		return;
	}
	link->out_len = vc_fault_bend(&plan, link->out, link->out_len, VC_APDU_MAX);
	link->pull_after_answer = plan.pull_after;
	link->answer_due = true;
	link->answer_at_ms = vc_now_ms() + plan.delay_ms;
	vc_link_timer(server);
}

static void handle_control(struct vc_server *server, uint8_t code)
{
	struct vc_link *link = &server->link;

	switch (code) {
	case CTRL_ATR:
		if (!link->muted && !link->answer_due)
			send_message(server, server->atr, server->atr_len);
		return;
	case CTRL_POWER_OFF:
		vc_trace_event(server, "power off");
		link->powered = false;
		break;
	case CTRL_POWER_ON:
		vc_trace_event(server, "power on");
		link->powered = true;
		break;
	case CTRL_RESET:
		vc_trace_event(server, "reset");
		link->powered = true;
		server->stats.resets++;
		break;
	default:
		return;
	}
	vc_engine_reset(&server->engine);
}

void vc_link_readable(struct vc_server *server)
{
	struct vc_link *link = &server->link;
	size_t len;
	ssize_t got;

	got = recv(link->fd, link->in + link->in_len, sizeof(link->in) - link->in_len, MSG_DONTWAIT);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		/* The driver ended. Its successor knows nothing of us: no gap needed. */
		vc_link_drop(server, RETRY_MS);
		return;
	}
	acknowledge_at_once(link->fd);
	link->in_len += (size_t)got;
	while (link->fd >= 0 && link->in_len >= 2) {
		uint8_t message[VC_APDU_MAX];

		len = (size_t)link->in[0] << 8 | link->in[1];
		if (link->in_len < 2 + len)
			break;
		memcpy(message, link->in + 2, len);
		link->in_len -= 2 + len;
		memmove(link->in, link->in + 2 + len, link->in_len);
		if (len == 1)
			handle_control(server, message[0]);
		else if (len > 1)
			handle_apdu(server, message, len);
		explicit_bzero(message, len);
	}
	explicit_bzero(link->in + link->in_len, sizeof(link->in) - link->in_len);
}
