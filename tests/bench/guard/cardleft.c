/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cardleft: says when pcscd tells its clients that the card has left.
 *
 *     cardleft
 *
 * Watches the first reader; prints "left SECONDS.MICROSECONDS" (since 1970) at each removal, "ready" when it has begun.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <winscard.h>

static void say_left(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	printf("left %lld.%06ld\n", (long long)ts.tv_sec, ts.tv_nsec / 1000);
	(void)fflush(stdout);
}

int main(void)
{
	char readers[2048] = "";
	DWORD len = sizeof(readers);
	SCARDCONTEXT context;
	SCARD_READERSTATE state;

	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
	    SCardListReaders(context, NULL, readers, &len) != SCARD_S_SUCCESS || readers[0] == '\0') {
		(void)fprintf(stderr, "cardleft: no reader\n");
		return 1;
	}
	memset(&state, 0, sizeof(state));
	state.szReader = readers;
	printf("ready\n");
	(void)fflush(stdout);
	while (SCardGetStatusChange(context, INFINITE, &state, 1) == SCARD_S_SUCCESS) {
		if ((state.dwCurrentState & SCARD_STATE_PRESENT) != 0 && (state.dwEventState & SCARD_STATE_PRESENT) == 0)
			say_left();
		state.dwCurrentState = state.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	}
	return 1;
}
