/* SPDX-License-Identifier: Apache-2.0 */
/* One-way steps at the start of a helper; none of them may fail silently. */
#include "card/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

/* libpcsclite takes its socket from the environment; only a bench may send it elsewhere. */
#define BENCH_VARIABLE "PCSCLITE_CSOCK_NAME"
#define BENCH_VALUE_MAX 108u

static enum sk_status empty_environment(void)
{
	char value[BENCH_VALUE_MAX] = "";
	const char *given = CONFIG_VIRTUAL_CARD ? getenv(BENCH_VARIABLE) : NULL;

	if (given != NULL && snprintf(value, sizeof(value), "%s", given) >= (int)sizeof(value))
		return SK_E_ARG;
	if (clearenv() != 0)
		return SK_E_FAULT;
	if (value[0] != '\0' && setenv(BENCH_VARIABLE, value, 1) != 0)
		return SK_E_FAULT;
	return SK_OK;
}

enum sk_status process_lock_in(void)
{
	pid_t parent = getppid();
	int type = 0;
	socklen_t len = sizeof(type);
	enum sk_status st;

	if (getsockopt(PROCESS_FD, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_SEQPACKET)
		return SK_E_ARG;
	if (close_range(PROCESS_FD + 1, ~0u, 0) != 0)
		return SK_E_FAULT;
	st = empty_environment();
	if (st != SK_OK)
		return st;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return SK_E_FAULT;
	/* It may have died before the line above. */
	if (getppid() != parent)
		return SK_E_GONE;
	return sandbox_enter(SANDBOX_CARD);
}
