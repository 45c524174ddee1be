/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control socket of the virtual card: Unix stream, one line in, one line out ("ok ..." or
 * "err ...").
 *
 *   pull                    the card leaves the reader
 *   insert                  the card comes back (not before it was away for the gap)
 *   swap CARDDIR            the card leaves, another one comes
 *   status                  ok in= link= powered= piv= verified= pin-left= puk-left= sign-left=
 *                           muted= faults=
 *   stats                   ok apdus= cmd= rsp= verify= pins= genauth= resets=
 *   reset-stats
 *   trace on | trace off    needs --trace
 *   fault clear
 *   fault WHEN ACTION [ARG] WHEN is the N-th command from now (1 = next), * (each), ins=XX (next with
 *                           that INS), ins=XX#N (its N-th), ins=XX#* (each of it). Rules that
 *                           strike the same command are merged.
 *     sw XXXX, raw HEX      not executed; answers just that
 *     lie-sig               a well-formed signature over something else
 *     tear                  VERIFY, CHANGE, RESET: power fails after the try is charged, before it is
 *                           judged; the card leaves
 *     truncate K, oversize K, flip BIT   executed, answer bent (bit 0 is the first byte's highest)
 *     delay MS, mute        executed, answered late or never
 *     pull, pull-after      executed, card leaves before or after the answer
 *     close                 executed, connection lost before the answer, card comes back by itself
 */
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *do_swap(struct vc_server *server, const char *dir)
{
	struct vc_card *fresh;

	if (dir == NULL)
		return "swap needs CARDDIR";
	fresh = vc_card_load(dir);
	if (fresh == NULL)
		return "card folder is unusable";
	vc_link_drop(server, server->gap_ms);
	vc_card_free(&server->card);
	server->card = fresh;
	server->engine.card = fresh;
	server->inserted = true;
	return NULL;
}

static const char *do_trace(struct vc_server *server, const char *state)
{
	if (server->trace == NULL)
		return "no --trace file";
	if (state == NULL || (strcmp(state, "on") != 0 && strcmp(state, "off") != 0))
		return "trace on or off";
	server->tracing = strcmp(state, "on") == 0;
	return NULL;
}

static const char *do_insert(struct vc_server *server)
{
	if (server->card == NULL)
		return "no card: use swap CARDDIR";
	server->inserted = true;
	return NULL;
}

static const char *do_fault(struct vc_server *server, char *const *word, int words_n)
{
	if (words_n == 2 && strcmp(word[1], "clear") == 0) {
		vc_fault_clear(&server->faults);
		return NULL;
	}
	if (words_n < 3 || words_n > 4)
		return "fault WHEN ACTION [ARGUMENT]";
	return vc_fault_add(&server->faults, word[1], word[2], word[3]);
}

static void print_status(const struct vc_server *server, char *reply, size_t cap)
{
	const struct vc_card *card = server->card;

	snprintf(reply, cap,
		 "ok in=%d link=%d powered=%d piv=%d verified=%d pin-left=%u puk-left=%u sign-left=%u "
		 "muted=%d faults=%zu",
		 server->inserted, server->link.fd >= 0, server->link.powered,
		 server->engine.app == VC_APP_PIV, server->engine.pin_verified,
		 card == NULL ? 0 : card->piv ? card->pin.left : card->jpki.pin.left,
		 card != NULL ? card->puk.left : 0, card != NULL ? card->jpki.sign_left : 0,
		 server->link.muted, server->faults.n);
}

static void print_stats(const struct vc_stats *stats, char *reply, size_t cap)
{
	snprintf(reply, cap, "ok apdus=%lu cmd=%lu rsp=%lu verify=%lu pins=%lu genauth=%lu resets=%lu",
		 stats->apdus, stats->cmd_bytes, stats->rsp_bytes, stats->verifies, stats->pins,
		 stats->auths, stats->resets);
}

void vc_control_execute(struct vc_server *server, char *line, char *reply, size_t cap)
{
	const char *error = NULL;
	char *word[5] = { NULL };
	char *state = NULL;
	int n = 0;

	for (char *w = strtok_r(line, " \t\r", &state); w != NULL && n < 5;
	     w = strtok_r(NULL, " \t\r", &state))
		word[n++] = w;

	reply[0] = '\0';
	if (n == 0) {
		error = "empty command";
	} else if (strcmp(word[0], "pull") == 0 && n == 1) {
		server->inserted = false;
		vc_link_drop(server, server->gap_ms);
	} else if (strcmp(word[0], "insert") == 0 && n == 1) {
		error = do_insert(server);
	} else if (strcmp(word[0], "swap") == 0 && n <= 2) {
		error = do_swap(server, word[1]);
	} else if (strcmp(word[0], "status") == 0 && n == 1) {
		print_status(server, reply, cap);
	} else if (strcmp(word[0], "stats") == 0 && n == 1) {
		print_stats(&server->stats, reply, cap);
	} else if (strcmp(word[0], "reset-stats") == 0 && n == 1) {
		memset(&server->stats, 0, sizeof(server->stats));
	} else if (strcmp(word[0], "trace") == 0 && n <= 2) {
		error = do_trace(server, word[1]);
	} else if (strcmp(word[0], "fault") == 0) {
		error = do_fault(server, word, n);
	} else {
		error = "unknown command";
	}
	if (error != NULL)
		snprintf(reply, cap, "err %s", error);
	else if (reply[0] == '\0')
		snprintf(reply, cap, "ok");
}

static bool socket_address(const char *path, struct sockaddr_un *ret_address)
{
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(ret_address->sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(ret_address->sun_path, path);
	return true;
}

int vc_control_listen(const char *path)
{
	struct sockaddr_un address;
	struct stat status;
	int fd;

	if (!socket_address(path, &address))
		return -1;
	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 8) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void vc_control_accept(struct vc_server *server)
{
	int fd = accept4(server->control_fd, NULL, NULL, SOCK_CLOEXEC);
	size_t i;

	for (i = 0; fd >= 0 && i < VC_CLIENTS_MAX; i++) {
		if (server->clients[i].fd >= 0)
			continue;
		server->clients[i].fd = fd;
		server->clients[i].len = 0;
		return;
	}
	if (fd >= 0)
		close(fd);
}

void vc_control_readable(struct vc_server *server, struct vc_client *client)
{
	char reply[256], *end;
	ssize_t got;

	got = recv(client->fd, client->line + client->len, sizeof(client->line) - 1 - client->len,
		   MSG_DONTWAIT);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got > 0)
		client->len += (size_t)got;
	client->line[client->len] = '\0';
	while (got > 0 && (end = memchr(client->line, '\n', client->len)) != NULL) {
		size_t used = (size_t)(end - client->line) + 1, reply_len;

		*end = '\0';
		vc_control_execute(server, client->line, reply, sizeof(reply) - 1);
		reply_len = strlen(reply);
		reply[reply_len] = '\n';
		if (send(client->fd, reply, reply_len + 1, MSG_NOSIGNAL) < 0)
			got = 0;
		client->len -= used;
		memmove(client->line, client->line + used, client->len);
	}
	if (got <= 0 || client->len == sizeof(client->line) - 1) {
		close(client->fd);
		client->fd = -1;
	}
}

int vc_control_send(const char *path, char *const *words, int words_n)
{
	struct sockaddr_un address;
	char reply[512];
	ssize_t got = -1;
	FILE *stream;
	int fd, i;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || !socket_address(path, &address) ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "vcard: %s: %s\n", path, strerror(errno));
		return 2;
	}
	stream = fdopen(fd, "r+");
	if (stream == NULL)
		return 2;
	for (i = 0; i < words_n; i++)
		fprintf(stream, "%s%c", words[i], i + 1 < words_n ? ' ' : '\n');
	if (fflush(stream) == 0)
		got = fgets(reply, sizeof(reply), stream) != NULL ? 0 : -1;
	fclose(stream);
	if (got < 0) {
		fprintf(stderr, "vcard: %s: no reply\n", path);
		return 2;
	}
	fputs(reply, stdout);
	return strncmp(reply, "ok", 2) == 0 ? 0 : 1;
}
