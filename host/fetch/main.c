/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-fetch: brings one file from the network. Started by `sekishoctl fetch`, already as FETCH_USER, with its socket as
 * descriptor 3 and the file as descriptor 4; nobody else has a use for it.
 */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/fetch.h"
#include "ipc/ipc.h"
#include "sandbox/sandbox.h"

#define ASK_MS 5000

static bool limit(int what, rlim_t value)
{
	const struct rlimit r = { value, value };

	return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

/* One-way steps; none of them may fail silently. */
static enum sk_status lock_in(void)
{
	pid_t parent = getppid();
	socklen_t len = sizeof(int);
	int type = 0;
	struct stat s;

	if (getsockopt(FETCH_SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_SEQPACKET ||
	    fstat(FETCH_FILE_FD, &s) != 0 || !S_ISREG(s.st_mode))
		return SK_E_ARG;
	if (getuid() == 0 || geteuid() == 0)
		return SK_E_DENIED;
	if (close_range(FETCH_FILE_FD + 1, ~0u, 0) != 0 || clearenv() != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || !limit(RLIMIT_NOFILE, 64))
		return SK_E_FAULT;
	if (getppid() != parent)
		return SK_E_GONE;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return SK_E_FAULT;
	return sandbox_enter(SANDBOX_FETCH);
}

static enum sk_status take(const struct ipc_msg *m, int64_t *ret_modified, char reterr_text[static FETCH_TEXT_MAX])
{
	char url[256], proxy[256];
	struct fetch_ask q = { .url = url,
		.proxy = proxy,
		.max = ipc_num(m, IPC_F_TOTAL),
		.deadline_s = (uint32_t)ipc_num(m, IPC_F_MAX_S),
		.since = ipc_has(m, IPC_F_TIME) ? (int64_t)ipc_num(m, IPC_F_TIME) : 0 };

	if (ipc_text(m, IPC_F_PATH, url, sizeof(url)) != SK_OK || ipc_text(m, IPC_F_NAME, proxy, sizeof(proxy)) != SK_OK ||
	    q.deadline_s == 0)
		return SK_E_ARG;
	if (ipc_has(m, IPC_F_BYTES))
		q.request = m->f[IPC_F_BYTES];
	if (q.request.len > FETCH_REQUEST_MAX)
		return SK_E_ARG;
	return fetch_run(&q, FETCH_FILE_FD, ret_modified, reterr_text);
}

/* What libcurl says may hold what a server says: nothing that a message can't carry. */
static void clean(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7E)
			*text = '?';
}

int main(void)
{
	static uint8_t buf[4096];
	char text[FETCH_TEXT_MAX] = "";
	struct ipc_msg m;
	struct ipc_out o;
	int64_t modified = 0;
	enum sk_status st = lock_in();

	if (st == SK_OK)
		st = ipc_recv(FETCH_SOCKET_FD, IPC_FETCH_DOWN, ASK_MS, buf, sizeof(buf), &m);
	if (st != SK_OK)
		return EXIT_FAILURE;
	st = take(&m, &modified, text);
	clean(text);
	ipc_out_init(&o, IPC_FETCH_DONE, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_RESULT, (uint32_t)st);
	if (st == SK_OK && modified > 0)
		ipc_out_num(&o, IPC_F_TIME, (uint64_t)modified);
	if (st != SK_OK && text[0] != '\0')
		ipc_out_text(&o, IPC_F_TEXT, text);
	return ipc_send(FETCH_SOCKET_FD, &o) == SK_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
