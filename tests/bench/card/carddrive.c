/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carddrive: the daemon's part towards sekisho-card and sekisho-watch, by hand or in a script.
 *
 * Starts the helper as sekishod does (socket on 3, /dev/null on 0..2, no environment but
 * PCSCLITE_CSOCK_NAME), sends what the words say, prints each message that comes as one line:
 *
 *     STATE absent Virtual PCD 00 00
 *     HEAD piv 9A 248 308203...
 *     CERT 1187            (--cert FILE keeps it, DER)
 *     TRIES 3
 *     SIGNATURE 256        (--sig FILE keeps it)
 *     ERROR removed
 *     CLOSED apdus=5 bytes=1832
 *     EXIT 0               (or SIGNAL 9)
 *
 * Words: open:WAIT_MS[:READER] more cached key:HEX tries sign:ALG:DIGEST_HEX[:PIN] close
 *        raw:HEX (a datagram as it is)  sleep:MS  term kill (the helper)  hangup (close our end)
 * open, more, key, tries and sign wait for their answer. What comes later is printed at the end. With --watch
 * the helper is sekisho-watch and the words are sleep, term, kill, hangup only. --times puts ms before each line.
 *
 * Exit status: 0 when everything was answered and the helper ended; 1 otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipc/ipc.h"

/* Longest wait for an answer or for the helper's end. */
#define PATIENCE_MS 60000

static int helper_fd = -1;
static pid_t helper_pid = -1;
static bool watch, times;
static const char *cert_file, *sig_file;
static int64_t started_ms;

static const char *const profile_names[] = { "?", "piv", "jpki" };
static const char *const state_names[] = { "?", "no-service", "no-reader", "absent", "present", "mute", "busy", "two" };
static const char *const error_names[] = { "?", "timeout", "removed", "service", "busy", "mute", "unknown", "format",
	"pin-wrong", "pin-blocked", "pin-form", "refused", "two" };
static const char *const watch_names[] = { "?", "service-up", "service-down", "reader-added", "reader-removed",
	"card-inserted", "card-removed" };
#define NAME(names, n) ((n) < sizeof(names) / sizeof((names)[0]) ? (names)[n] : "?")

static int64_t now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void stamp(void)
{
	if (times)
		printf("%6lld ", (long long)(now_ms() - started_ms));
}

static void keep(const char *path, struct sk_span bytes)
{
	FILE *f = path ? fopen(path, "wbe") : NULL;

	if (f) {
		(void)fwrite(bytes.p, 1, bytes.len, f);
		(void)fclose(f);
	}
}

static void print_hex(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		printf("%02X", s.p[i]);
}

static void print_message(const struct ipc_msg *m)
{
	const struct sk_span *bytes = &m->f[IPC_F_BYTES];
	char reader[160] = "";
	uint64_t n;

	if (ipc_text(m, IPC_F_READER, reader, sizeof(reader)) != SK_OK)
		reader[0] = '\0';
	stamp();
	switch ((unsigned)m->type) {
	case IPC_CARD_STATE:
		n = ipc_num(m, IPC_F_STATE);
		printf("STATE %s %s\n", NAME(state_names, n), reader);
		break;
	case IPC_CARD_HEAD:
		printf("HEAD %s %02X %zu ", NAME(profile_names, ipc_num(m, IPC_F_PROFILE)),
		    (unsigned)ipc_num(m, IPC_F_KEY_REF), bytes->len);
		print_hex(*bytes);
		printf("\n");
		break;
	case IPC_CARD_CERT:
		printf("CERT %zu\n", bytes->len);
		keep(cert_file, *bytes);
		break;
	case IPC_CARD_TRIES:
		if (ipc_has(m, IPC_F_TRIES))
			printf("TRIES %u\n", (unsigned)ipc_num(m, IPC_F_TRIES));
		else
			printf("TRIES unknown\n");
		break;
	case IPC_CARD_SIGNATURE:
		printf("SIGNATURE %zu\n", bytes->len);
		keep(sig_file, *bytes);
		break;
	case IPC_CARD_ERROR:
		n = ipc_num(m, IPC_F_REASON);
		printf("ERROR %s", NAME(error_names, n));
		if (ipc_has(m, IPC_F_TRIES))
			printf(" %u", (unsigned)ipc_num(m, IPC_F_TRIES));
		printf("\n");
		break;
	case IPC_CARD_CLOSED:
		printf("CLOSED apdus=%u bytes=%u\n", (unsigned)ipc_num(m, IPC_F_APDU_N),
		    (unsigned)ipc_num(m, IPC_F_BYTES_N));
		break;
	case IPC_WATCH_EVENT:
		n = ipc_num(m, IPC_F_STATE);
		printf("EVENT %s %s\n", NAME(watch_names, n), reader);
		break;
	default:
		printf("MESSAGE %#x\n", (unsigned)m->type);
	}
	(void)fflush(stdout);
}

/* Print what comes until a message of one of two types did, or the time is up. */
static bool read_until(enum ipc_type a, enum ipc_type b, int wait_ms)
{
	static uint8_t buf[IPC_MSG_MAX];
	int64_t end = now_ms() + wait_ms;
	struct ipc_msg m;

	while (helper_fd >= 0) {
		int64_t left = end - now_ms();
		enum sk_status st = ipc_recv(helper_fd, watch ? IPC_WATCH_UP : IPC_CARD_UP, left > 0 ? (int)left : 0, buf,
		    sizeof(buf), &m);

		if (st == SK_E_TIMEOUT)
			return false;
		if (st != SK_OK) {
			if (st != SK_E_GONE)
				printf("BAD MESSAGE\n");
			(void)close(helper_fd);
			helper_fd = -1;
			return false;
		}
		print_message(&m);
		if (m.type == a || m.type == b)
			return true;
	}
	return false;
}

static bool start(const char *path)
{
	char variable[160], name[] = "helper";
	char *argv[] = { name, NULL }, *envp[] = { NULL, NULL };
	const char *given = getenv("PCSCLITE_CSOCK_NAME");
	posix_spawn_file_actions_t fa;
	int sv[2], high;

	if (given && snprintf(variable, sizeof(variable), "PCSCLITE_CSOCK_NAME=%s", given) < (int)sizeof(variable))
		envp[0] = variable;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0)
		return false;
	high = fcntl(sv[1], F_DUPFD_CLOEXEC, 10);
	(void)close(sv[1]);
	if (high < 0 || posix_spawn_file_actions_init(&fa) != 0)
		return false;
	helper_fd = sv[0];
	if (posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDWR, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_RDWR, 0) != 0 ||
	    (getenv("CARDDRIVE_STDERR") == NULL && posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_RDWR, 0) != 0) ||
	    posix_spawn_file_actions_adddup2(&fa, high, 3) != 0 ||
	    posix_spawn(&helper_pid, path, &fa, NULL, argv, envp) != 0)
		helper_pid = -1;
	(void)posix_spawn_file_actions_destroy(&fa);
	(void)close(high);
	return helper_pid > 0;
}

static size_t from_hex(const char *hex, size_t hex_len, uint8_t *buf, size_t cap)
{
	size_t n = 0;

	for (; n < cap && 2 * n + 1 < hex_len; n++) {
		unsigned v;

		if (sscanf(hex + 2 * n, "%2x", &v) != 1)
			break;
		buf[n] = (uint8_t)v;
	}
	return n;
}

static bool send_plain(enum ipc_type type, enum ipc_type answer)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, type, buf, sizeof(buf));
	if (ipc_send(helper_fd, &o) != SK_OK)
		return false;
	return answer == 0 || read_until(answer, IPC_CARD_ERROR, PATIENCE_MS);
}

/* After an ERROR the helper may have closed by itself. */
static bool send_close(void)
{
	(void)send_plain(IPC_CARD_CLOSE, 0);
	return read_until(IPC_CARD_CLOSED, IPC_CARD_CLOSED, PATIENCE_MS);
}

static bool send_open(const char *args)
{
	const char *reader = strchr(args, ':');
	uint8_t buf[256];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_OPEN, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_WAIT_MS, strtoul(args, NULL, 10));
	if (reader)
		ipc_out_text(&o, IPC_F_READER, reader + 1);
	return ipc_send(helper_fd, &o) == SK_OK && read_until(IPC_CARD_HEAD, IPC_CARD_ERROR, 400000);
}

static bool send_key(const char *args)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_KEY, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_KEY_REF, strtoul(args, NULL, 16));
	return ipc_send(helper_fd, &o) == SK_OK && read_until(IPC_CARD_HEAD, IPC_CARD_ERROR, PATIENCE_MS);
}

/* ALG:DIGEST[:PIN]; ALG is a number of enum ipc_alg. */
static bool send_sign(const char *args)
{
	const char *digest = strchr(args, ':'), *pin = digest ? strchr(digest + 1, ':') : NULL;
	uint8_t buf[320], bytes[48];
	size_t n;
	struct ipc_out o;

	if (!digest)
		return false;
	digest++;
	n = from_hex(digest, pin ? (size_t)(pin - digest) : strlen(digest), bytes, sizeof(bytes));
	ipc_out_init(&o, IPC_CARD_SIGN, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_ALG, strtoul(args, NULL, 10));
	ipc_out_bytes(&o, IPC_F_DIGEST, bytes, n);
	if (pin)
		ipc_out_bytes(&o, IPC_F_SECRET, pin + 1, strlen(pin + 1));
	return ipc_send(helper_fd, &o) == SK_OK && read_until(IPC_CARD_SIGNATURE, IPC_CARD_ERROR, PATIENCE_MS);
}

static bool send_raw(const char *hex)
{
	uint8_t buf[4096];
	size_t n = from_hex(hex, strlen(hex), buf, sizeof(buf));

	return send(helper_fd, buf, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static const char *argument(const char *word, const char *verb)
{
	size_t n = strlen(verb);

	return strncmp(word, verb, n) == 0 && word[n] == ':' ? word + n + 1 : NULL;
}

static bool run_common(const char *word, bool *ret_ok)
{
	const char *arg = argument(word, "sleep");

	*ret_ok = true;
	if (arg)
		(void)read_until(0, 0, atoi(arg));
	else if (strcmp(word, "term") == 0)
		*ret_ok = kill(helper_pid, SIGTERM) == 0;
	else if (strcmp(word, "kill") == 0)
		*ret_ok = kill(helper_pid, SIGKILL) == 0;
	else if (strcmp(word, "hangup") == 0) {
		if (helper_fd >= 0)
			(void)close(helper_fd);
		helper_fd = -1;
	} else
		return false;
	return true;
}

static bool run_word(const char *word)
{
	const char *arg;
	bool ok;

	if (run_common(word, &ok))
		return ok;
	if (watch || helper_fd < 0)
		return false;
	if ((arg = argument(word, "open")) != NULL)
		return send_open(arg);
	if ((arg = argument(word, "key")) != NULL)
		return send_key(arg);
	if ((arg = argument(word, "sign")) != NULL)
		return send_sign(arg);
	if ((arg = argument(word, "raw")) != NULL)
		return send_raw(arg);
	if (strcmp(word, "more") == 0)
		return send_plain(IPC_CARD_MORE, IPC_CARD_CERT);
	if (strcmp(word, "cached") == 0)
		return send_plain(IPC_CARD_CACHED, 0);
	if (strcmp(word, "tries") == 0)
		return send_plain(IPC_CARD_TRIES_ASK, IPC_CARD_TRIES);
	if (strcmp(word, "close") == 0)
		return send_close();
	fprintf(stderr, "carddrive: unknown word %s\n", word);
	return false;
}

/* Wait for the helper's end; kill it when it doesn't come. */
static bool bury(void)
{
	int64_t end = now_ms() + 10000;
	int status;

	(void)read_until(0, 0, 10000);
	while (waitpid(helper_pid, &status, WNOHANG) == 0) {
		if (now_ms() > end) {
			stamp();
			printf("HANGS\n");
			(void)kill(helper_pid, SIGKILL);
			(void)waitpid(helper_pid, &status, 0);
			return false;
		}
		(void)poll(NULL, 0, 10);
	}
	stamp();
	if (WIFSIGNALED(status))
		printf("SIGNAL %d\n", WTERMSIG(status));
	else
		printf("EXIT %d\n", WEXITSTATUS(status));
	return true;
}

int main(int argc, char **argv)
{
	bool ok = true;
	int i = 1;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--watch") == 0)
			watch = true;
		else if (strcmp(argv[i], "--times") == 0)
			times = true;
		else if (strcmp(argv[i], "--cert") == 0 && i + 1 < argc)
			cert_file = argv[++i];
		else if (strcmp(argv[i], "--sig") == 0 && i + 1 < argc)
			sig_file = argv[++i];
		else
			break;
	}
	if (i + 1 >= argc || strncmp(argv[i], "--", 2) == 0) {
		fprintf(stderr, "usage: carddrive [--watch] [--times] [--cert FILE] [--sig FILE] HELPER WORD...\n");
		return 2;
	}
	started_ms = now_ms();
	if (!start(argv[i])) {
		fprintf(stderr, "carddrive: %s: %s\n", argv[i], strerror(errno));
		return 2;
	}
	for (i++; i < argc && ok; i++)
		ok = run_word(argv[i]);
	if (!ok)
		printf("NO ANSWER\n");
	return bury() && ok ? 0 : 1;
}
