/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: a line is a command, answered by "ok" or "error: …" (stats: its lines, then "ok").
 *   FAULT VALUE   as on the command line: damage 7, bad-atr tck …      pull, insert   the card
 *   mute          says nothing until the next reset                    stats, reset-stats
 */
#include "cardbridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void reply(struct cb *b, const char *text, size_t len)
{
	if (!benchio_write(b->ctl_fd, text, len))
		benchio_close(&b->ctl_fd);
}

static void send_stats(struct cb *b)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return;
	cb_stats_write(b, out);
	fclose(out);
	reply(b, text, len);
	free(text);
}

static bool obey(struct cb *b, const char *name, const char *value)
{
	if (value != NULL)
		return cb_fault_set(b, name, value);
	if (strcmp(name, "pull") == 0 || strcmp(name, "insert") == 0) {
		b->inserted = name[0] == 'i';
		cb_card_presence(b);
	} else if (strcmp(name, "mute") == 0) {
		if (b->phase != CB_OFF)
			b->phase = CB_DEAD;
	} else if (strcmp(name, "stats") == 0) {
		send_stats(b);
	} else if (strcmp(name, "reset-stats") == 0) {
		memset(b->stats, 0, sizeof(b->stats));
	} else {
		return false;
	}
	return true;
}

static void line(struct cb *b, char *text)
{
	static const char ok[] = "ok\n", error[] = "error: not a command\n";
	char *save, *name = strtok_r(text, " \t\r", &save), *value = strtok_r(NULL, " \t\r", &save);

	if (name == NULL)
		return;
	cb_trace_event(b, "ctl: %s%s%s", name, value != NULL ? " " : "", value != NULL ? value : "");
	if (obey(b, name, value))
		reply(b, ok, sizeof(ok) - 1);
	else
		reply(b, error, sizeof(error) - 1);
}

void cb_ctl_readable(struct cb *b)
{
	int got = benchio_read(b->ctl_fd, b->ctl_in + b->ctl_len, sizeof(b->ctl_in) - 1 - b->ctl_len);
	char *end;

	if (got < 0) {
		benchio_close(&b->ctl_fd);
		return;
	}
	b->ctl_len += (size_t)got;
	b->ctl_in[b->ctl_len] = '\0';
	while ((end = strchr(b->ctl_in, '\n')) != NULL) {
		size_t used = (size_t)(end - b->ctl_in) + 1;

		*end = '\0';
		line(b, b->ctl_in);
		b->ctl_len -= used;
		memmove(b->ctl_in, b->ctl_in + used, b->ctl_len + 1);
	}
	if (b->ctl_len == sizeof(b->ctl_in) - 1)
		benchio_close(&b->ctl_fd);
}

/* cardbridge --send SOCKET WORD…: one command; prints the answer. Exit status 0 ok, 1 error, 2 no bridge. */
int cb_ctl_client(const char *path, int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[4096];
	size_t len = 0;
	ssize_t n;

	if (argc == 0 || strlen(path) >= sizeof(at.sun_path))
		return 2;
	memcpy(at.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		benchio_die("%s: %s", path, strerror(errno));
	for (int i = 0; i < argc; i++)
		dprintf(fd, "%s%s", i > 0 ? " " : "", argv[i]);
	dprintf(fd, "\n");
	while (len < sizeof(answer) - 1 && (n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0) {
		len += (size_t)n;
		answer[len] = '\0';
		if (strcmp(answer, "ok\n") == 0 || strncmp(answer, "error", 5) == 0 || strstr(answer, "\nok\n") != NULL)
			break;
	}
	close(fd);
	fwrite(answer, 1, len, stdout);
	return len >= 3 && memcmp(answer + len - 3, "ok\n", 3) == 0 ? 0 : 1;
}
