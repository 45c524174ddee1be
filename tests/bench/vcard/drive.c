/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcard-drive: plays the reader driver for one virtual card, without pcscd.
 *
 * Listens on --port, waits for the card, then obeys standard input, line by line:
 *
 *   on | off | reset       power messages, no answer
 *   atr                    prints the ATR
 *   HEX                    sends the command, prints the answer (or "gone" / "mute")
 *   HEX => PATTERN         the same, and PATTERN must match: hex digits, "." for any one digit, "*"
 *                          for any rest. "gone" and "mute" are patterns too.
 *   atr => PATTERN
 *   ! COMMAND              line for the card's control socket (--control)
 *   next                   waits for the card's next connection
 *   absent MS              the card must not connect again so soon
 *   # comment
 *
 * Last line: "N passed, N failed". Exit status 0 only when nothing failed and something passed.
 * --port 0 takes a free port and prints it; --exec runs "vcard --port PORT ARGS..." itself.
 */
#include "bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_MAX 65535
#define LINE_LEN_MAX (2 * MESSAGE_MAX + 256)
#define CARD_ARGS_MAX 24
#define WAIT_MS 5000			/* for a connection */
#define MUTE_MS 1500			/* silence this long is "mute" */

struct drive {
	int listen_fd, card_fd;
	const char *control;
	unsigned passed, failed, line_number;
};

static int wait_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms);
}

static bool accept_card(struct drive *drive)
{
	if (drive->card_fd >= 0)
		close(drive->card_fd);
	drive->card_fd = -1;
	if (wait_readable(drive->listen_fd, WAIT_MS) == 1)
		drive->card_fd = accept4(drive->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	return drive->card_fd >= 0;
}

static bool receive_exactly(int fd, uint8_t *buf, size_t len)
{
	return len == 0 || recv(fd, buf, len, MSG_WAITALL) == (ssize_t)len;
}

static bool send_to_card(struct drive *drive, const uint8_t *message, size_t len)
{
	uint8_t header[2] = { (uint8_t)(len >> 8), (uint8_t)len };

	return drive->card_fd >= 0 &&
	       send(drive->card_fd, header, 2, MSG_NOSIGNAL | MSG_MORE) == 2 &&
	       send(drive->card_fd, message, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Sends and prints the answer as hex, "gone" or "mute" to text. */
static void exchange(struct drive *drive, const uint8_t *message, size_t len, char *text)
{
	static uint8_t answer[MESSAGE_MAX];
	uint8_t header[2];
	size_t answer_len;

	strcpy(text, "gone");
	if (!send_to_card(drive, message, len))
		return;
	if (wait_readable(drive->card_fd, MUTE_MS) == 0) {
		strcpy(text, "mute");
		return;
	}
	if (!receive_exactly(drive->card_fd, header, 2)) {
		close(drive->card_fd);
		drive->card_fd = -1;
		return;
	}
	answer_len = (size_t)header[0] << 8 | header[1];
	if (receive_exactly(drive->card_fd, answer, answer_len))
		vc_hex_encode(answer, answer_len, text);
}

/* The usual wildcard match with one place to come back to. */
static bool pattern_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == '.' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static void judge(struct drive *drive, const char *what, const char *pattern, const char *text)
{
	if (pattern_matches(pattern, text)) {
		drive->passed++;
		return;
	}
	drive->failed++;
	printf("line %u: %s => %s, but it was %s\n", drive->line_number, what, pattern, text);
}

static void send_control(struct drive *drive, const char *command, char *reply, size_t cap)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t got = -1;

	strcpy(reply, "no control socket");
	if (drive->control != NULL && strlen(drive->control) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, drive->control);
		if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		    dprintf(fd, "%s\n", command) > 0)
			got = recv(fd, reply, cap - 1, 0);
	}
	close(fd);
	if (got > 0)
		reply[got] = '\0';
	reply[strcspn(reply, "\n")] = '\0';
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	return text + strspn(text, " \t");
}

static void send_power(struct drive *drive, uint8_t code)
{
	if (!send_to_card(drive, &code, 1))
		drive->failed++;
}

static void run_command(struct drive *drive, const char *what, const char *pattern)
{
	static uint8_t message[MESSAGE_MAX];
	static char text[2 * MESSAGE_MAX + 1];
	size_t len = 0;

	if (strcmp(what, "atr") == 0) {
		message[0] = 4;
		len = 1;
	} else if (!vc_hex_decode(what, message, sizeof(message), &len) || len < 2) {
		drive->failed++;
		printf("line %u: not understood: %s\n", drive->line_number, what);
		return;
	}
	exchange(drive, message, len, text);
	if (pattern != NULL)
		judge(drive, what, pattern, text);
	else
		printf("%s\n", text);
}

static void run_line(struct drive *drive, char *line)
{
	char *comment = strchr(line, '#'), *arrow, *what, reply[512];
	bool is_control = *trim(line) == '!';
	long ms;

	if (comment != NULL && !is_control)
		*comment = '\0';
	arrow = strstr(line, "=>");
	if (arrow != NULL) {
		*arrow = '\0';
		arrow = trim(arrow + 2);
	}
	what = trim(line);
	if (*what == '\0')
		return;
	if (is_control) {
		send_control(drive, trim(what + 1), reply, sizeof(reply));
		judge(drive, what, arrow != NULL ? arrow : "ok*", reply);
	} else if (strcmp(what, "on") == 0) {
		send_power(drive, 1);
	} else if (strcmp(what, "off") == 0) {
		send_power(drive, 0);
	} else if (strcmp(what, "reset") == 0) {
		send_power(drive, 2);
	} else if (strcmp(what, "next") == 0) {
		judge(drive, what, "connected", accept_card(drive) ? "connected" : "no card");
	} else if (strncmp(what, "absent ", 7) == 0) {
		judge(drive, what, "absent",
		      vc_parse_long(what + 7, 0, 60000, &ms) &&
				      wait_readable(drive->listen_fd, (int)ms) == 0 ?
			      "absent" :
			      "back already");
	} else {
		run_command(drive, what, arrow);
	}
	fflush(stdout);
}

static int listen_on(const char *port_text, unsigned *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	long port;
	int fd, on = 1;

	if (!vc_parse_long(port_text, 0, 65535, &port))
		return -1;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return -1;
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/* argv: vcard's path and its further arguments; --port is added. Returns the pid or -1. */
static pid_t start_card(unsigned port, char **argv, int argc)
{
	char *args[CARD_ARGS_MAX + 3], port_text[8], port_option[] = "--port";
	pid_t pid;
	int i;

	if (argc < 1 || argc > CARD_ARGS_MAX)
		return -1;
	snprintf(port_text, sizeof(port_text), "%u", port);
	for (i = 0; i < argc; i++)
		args[i] = argv[i];
	args[argc] = port_option;
	args[argc + 1] = port_text;
	args[argc + 2] = NULL;
	pid = fork();
	if (pid == 0) {
		execv(args[0], args);
		_exit(127);
	}
	return pid;
}

int main(int argc, char **argv)
{
	struct drive drive = { .listen_fd = -1, .card_fd = -1 };
	static char line[LINE_LEN_MAX];
	const char *port_text = "0";
	unsigned port = 0;
	pid_t card = -1;
	int i = 1, status = 0;

	for (; i + 1 < argc && strcmp(argv[i], "--exec") != 0; i += 2) {
		if (strcmp(argv[i], "--port") == 0)
			port_text = argv[i + 1];
		else if (strcmp(argv[i], "--control") == 0)
			drive.control = argv[i + 1];
		else
			break;
	}
	if (i < argc && strcmp(argv[i], "--exec") != 0) {
		fputs("usage: vcard-drive [--port N] [--control SOCKET] [--exec VCARD ARGS...]\n", stderr);
		return 2;
	}
	drive.listen_fd = listen_on(port_text, &port);
	if (drive.listen_fd < 0) {
		perror("vcard-drive");
		return 2;
	}
	if (i < argc)
		card = start_card(port, argv + i + 1, argc - i - 1);
	else
		printf("port %u\n", port);
	fflush(stdout);
	if (!accept_card(&drive)) {
		fputs("vcard-drive: no card came\n", stderr);
		drive.failed++;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		drive.line_number++;
		run_line(&drive, line);
	}
	if (card > 0) {
		kill(card, SIGTERM);
		waitpid(card, &status, 0);
		judge(&drive, "end of vcard", "clean", status == 0 ? "clean" : "not clean");
	}
	printf("%u passed, %u failed\n", drive.passed, drive.failed);
	return drive.failed == 0 && drive.passed > 0 ? 0 : 1;
}
