/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcard: a PIV card that connects to vsmartcard's virtual reader, with faults on order.
 *
 * One thread, one poll loop: a muted or delayed card still obeys its control socket.
 */
#include "server.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define GAP_MS_DEFAULT 600

/*
 * Direct convention, T=1, IFSC 254. Historical bytes in compact TLV (ISO/IEC 7816-4 12.1.1): 73 card
 * capabilities (selection by full and partial name; command chaining, extended length), 57 name.
 */
static const uint8_t atr_head[] = { 0x3B, 0x8D, 0x81, 0x31, 0xFE, 0x15 };
static const uint8_t atr_history[] = {
	0x80, 0x73, 0xC0, 0x21, 0xC0, 0x57, 'S', 'e', 'k', 'i', 's', 'h', 'o',
};
#define ATR_CAPABILITY 4		/* third capability byte within atr_history */
#define CAPABILITY_EXTENDED 0x40

static const char usage_text[] =
	"usage: vcard --card DIR | --empty [--host H] [--port P] [--wait] [--atr HEX] [--short-only]\n"
	"             [--gap MS] [--control SOCKET] [--trace FILE]\n"
	"       vcard --ctl SOCKET COMMAND...\n"
	"\n"
	"  --card DIR       card made by vcard-personalise\n"
	"  --empty          start without a card; insert one by the command swap\n"
	"  --host, --port   where vpcd listens (127.0.0.1, 35963; second slot 35964)\n"
	"  --wait           keep trying until vpcd listens\n"
	"  --atr HEX        another ATR\n"
	"  --short-only     no extended length: not in the ATR, refused with 6700\n"
	"  --gap MS         how long a removed card stays away at least (600)\n"
	"  --control SOCKET line commands: pull insert swap status stats reset-stats trace fault\n"
	"  --trace FILE     commands and answers, appended, PIN masked\n";

static size_t default_atr(bool short_only, uint8_t atr[static VC_ATR_MAX])
{
	size_t len = sizeof(atr_head), i;
	uint8_t check = 0;

	memcpy(atr, atr_head, sizeof(atr_head));
	memcpy(atr + len, atr_history, sizeof(atr_history));
	if (short_only)
		atr[len + ATR_CAPABILITY] &= (uint8_t)~CAPABILITY_EXTENDED;
	len += sizeof(atr_history);
	for (i = 1; i < len; i++)
		check ^= atr[i];
	atr[len] = check;
	return len + 1;
}

static int poll_timeout(const struct vc_server *server)
{
	const struct vc_link *link = &server->link;
	long long until;

	if (link->fd < 0 && server->inserted)
		until = link->retry_at_ms;
	else if (link->answer_due)
		until = link->answer_at_ms;
	else
		return -1;
	until -= vc_now_ms();
	return until < 0 ? 0 : until > 1000 ? 1000 : (int)until;
}

/* Returns the exit status. */
static int serve(struct vc_server *server, int signal_fd)
{
	struct pollfd fds[3 + VC_CLIENTS_MAX];
	size_t i;

	for (;;) {
		if (!vc_link_try_connect(server)) {
			fprintf(stderr, "vcard: nothing listens at %s port %s\n", server->host, server->port);
			return 1;
		}
		fds[0] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = server->control_fd, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = server->link.fd, .events = POLLIN };
		for (i = 0; i < VC_CLIENTS_MAX; i++)
			fds[3 + i] = (struct pollfd){ .fd = server->clients[i].fd, .events = POLLIN };
		if (poll(fds, 3 + VC_CLIENTS_MAX, poll_timeout(server)) < 0 && errno != EINTR)
			return 1;
		if (fds[0].revents != 0)
			return 0;
		if (fds[2].revents != 0)
			vc_link_readable(server);
		vc_link_timer(server);
		for (i = 0; i < VC_CLIENTS_MAX; i++)
			if (fds[3 + i].revents != 0)
				vc_control_readable(server, &server->clients[i]);
		if (fds[1].revents != 0)
			vc_control_accept(server);
	}
}

struct options {
	const char *card, *control, *trace, *ctl;
	bool empty, short_only;
};

static bool parse_options(int argc, char **argv, struct vc_server *server, struct options *ret_opt)
{
	static const struct option names[] = {
		{ "card", required_argument, NULL, 'c' }, { "empty", no_argument, NULL, 'e' },
		{ "host", required_argument, NULL, 'h' }, { "port", required_argument, NULL, 'p' },
		{ "wait", no_argument, NULL, 'w' }, { "atr", required_argument, NULL, 'a' },
		{ "short-only", no_argument, NULL, 's' }, { "gap", required_argument, NULL, 'g' },
		{ "control", required_argument, NULL, 'C' }, { "trace", required_argument, NULL, 't' },
		{ "ctl", required_argument, NULL, 'x' }, { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		switch (option) {
		case 'c': ret_opt->card = optarg; break;
		case 'e': ret_opt->empty = true; break;
		case 'h': server->host = optarg; break;
		case 'p': server->port = optarg; break;
		case 'w': server->wait = true; break;
		case 's': ret_opt->short_only = true; break;
		case 'C': ret_opt->control = optarg; break;
		case 't': ret_opt->trace = optarg; break;
		case 'x': ret_opt->ctl = optarg; return optind < argc;
		case 'a':
			if (!vc_hex_decode(optarg, server->atr, VC_ATR_MAX, &server->atr_len) ||
			    server->atr_len < 2)
				return false;
			break;
		case 'g':
			if (!vc_parse_long(optarg, 0, 60000, &server->gap_ms))
				return false;
			break;
		default: return false;
		}
	}
	return optind == argc && (ret_opt->card != NULL) != ret_opt->empty;
}

static bool prepare(struct vc_server *server, const struct options *opt)
{
	if (server->atr_len == 0)
		server->atr_len = default_atr(opt->short_only, server->atr);
	server->engine.short_only = opt->short_only;
	if (opt->card != NULL) {
		server->card = vc_card_load(opt->card);
		if (server->card == NULL)
			return false;
		server->engine.card = server->card;
		server->inserted = true;
	}
	if (opt->trace != NULL) {
		server->trace = fopen(opt->trace, "ae");
		if (server->trace == NULL) {
			fprintf(stderr, "vcard: %s: %s\n", opt->trace, strerror(errno));
			return false;
		}
		server->tracing = true;
	}
	if (opt->control != NULL) {
		server->control_fd = vc_control_listen(opt->control);
		if (server->control_fd < 0) {
			fprintf(stderr, "vcard: %s: %s\n", opt->control, strerror(errno));
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct vc_server server = {
		.host = "127.0.0.1", .port = "35963", .gap_ms = GAP_MS_DEFAULT, .control_fd = -1,
		.link = { .fd = -1 },
	};
	struct options opt = { 0 };
	int signal_fd, status = 1;
	sigset_t ends;
	size_t i;

	for (i = 0; i < VC_CLIENTS_MAX; i++)
		server.clients[i].fd = -1;
	if (!parse_options(argc, argv, &server, &opt)) {
		fputs(usage_text, stderr);
		return 2;
	}
	if (opt.ctl != NULL)
		return vc_control_send(opt.ctl, argv + optind, argc - optind);

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal_fd = signalfd(-1, &ends, SFD_CLOEXEC);
	if (signal_fd >= 0 && prepare(&server, &opt))
		status = serve(&server, signal_fd);

	vc_link_drop(&server, 0);
	vc_fault_clear(&server.faults);
	vc_card_free(&server.card);
	for (i = 0; i < VC_CLIENTS_MAX; i++)
		if (server.clients[i].fd >= 0)
			close(server.clients[i].fd);
	if (server.control_fd >= 0) {
		close(server.control_fd);
		unlink(opt.control);
	}
	if (server.trace != NULL)
		fclose(server.trace);
	return status;
}
