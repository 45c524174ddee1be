/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/card_world.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <winscard.h>

#include "card/guard.h"
#include "card/session.h"
#include "fuzz/fuzz_check.h"

#define MESSAGES_MAX 8u
#define KIND_RAW 0x80u
#define KIND_CUT 0xC0u
#define KIND_FAIL 0xE0u

static struct {
	const struct card_world *kind;
	const uint8_t *p;
	size_t left;
	uint8_t flags;
	unsigned transmits, pins, signatures;
	bool transaction, reset_needed;
} world;

bool card_world_granted;

const SCARD_IO_REQUEST g_rgSCardT0Pci = { SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardT1Pci = { SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST) };

static uint8_t next(void)
{
	if (world.left == 0)
		return 0;
	world.left--;
	return *world.p++;
}

static size_t next_bytes(uint8_t *buf, size_t cap, size_t want)
{
	size_t n = want < world.left ? want : world.left;

	if (n > cap)
		n = cap;
	if (n > 0)
		memcpy(buf, world.p, n);
	world.p += n;
	world.left -= n;
	return n;
}

LONG SCardEstablishContext(DWORD scope, LPCVOID r1, LPCVOID r2, LPSCARDCONTEXT context)
{
	(void)scope;
	(void)r1;
	(void)r2;
	*context = 1;
	return SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT context)
{
	(void)context;
	return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len)
{
	static const char usual[] = "Reader A\0";

	(void)context;
	(void)groups;
	if (world.flags & 4) {
		size_t n = next_bytes((uint8_t *)readers, *len, next());

		/* What is told about the length need not be true. */
		*len = next() == 0xFF ? 0xFFFFFFu : (DWORD)n;
		return SCARD_S_SUCCESS;
	}
	memcpy(readers, usual, sizeof(usual));
	*len = sizeof(usual);
	return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD n)
{
	static const uint8_t atr[] = { 0x3B, 0x05, 0x80, 0x73, 0x00, 0x00, 0x40 };

	(void)context;
	(void)timeout;
	for (DWORD i = 0; i < n; i++) {
		states[i].dwEventState = SCARD_STATE_PRESENT | 1u << 16;
		if (i > 0 && !(world.flags & 8))
			states[i].dwEventState = SCARD_STATE_EMPTY;
		memcpy(states[i].rgbAtr, atr, sizeof(atr));
		states[i].cbAtr = sizeof(atr);
		if (world.flags & 2)
			states[i].cbAtr = (DWORD)next_bytes(states[i].rgbAtr, sizeof(states[i].rgbAtr), next());
	}
	return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols, LPSCARDHANDLE card, LPDWORD active)
{
	(void)context;
	(void)reader;
	(void)share;
	(void)protocols;
	*card = 2;
	*active = world.flags & 1 ? SCARD_PROTOCOL_T0 : SCARD_PROTOCOL_T1;
	return SCARD_S_SUCCESS;
}

LONG SCardBeginTransaction(SCARDHANDLE card)
{
	(void)card;
	world.transaction = true;
	return SCARD_S_SUCCESS;
}

LONG SCardReconnect(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD init, LPDWORD active)
{
	(void)card;
	(void)share;
	(void)protocols;
	check(init == SCARD_RESET_CARD);
	*active = world.flags & 1 ? SCARD_PROTOCOL_T0 : SCARD_PROTOCOL_T1;
	world.reset_needed = false;
	return SCARD_S_SUCCESS;
}

LONG SCardEndTransaction(SCARDHANDLE card, DWORD disposition)
{
	(void)card;
	check(world.transaction && disposition == SCARD_RESET_CARD);
	world.transaction = world.reset_needed = false;
	return SCARD_S_SUCCESS;
}

LONG SCardDisconnect(SCARDHANDLE card, DWORD disposition)
{
	(void)card;
	(void)disposition;
	check(!world.transaction);
	return SCARD_S_SUCCESS;
}

size_t card_world_put(uint8_t *rsp, const char *bytes, size_t len)
{
	memcpy(rsp, bytes, len);
	return len;
}

static LONG failure(uint8_t kind)
{
	static const LONG rows[] = { SCARD_W_REMOVED_CARD, SCARD_W_RESET_CARD, SCARD_E_NOT_TRANSACTED, SCARD_F_COMM_ERROR,
		SCARD_E_NO_SERVICE, SCARD_E_INSUFFICIENT_BUFFER, SCARD_E_INVALID_HANDLE, SCARD_E_READER_UNAVAILABLE };

	return rows[kind & 7];
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *pci, LPCBYTE cmd, DWORD len, SCARD_IO_REQUEST *recv_pci,
    LPBYTE rsp, LPDWORD rsp_len)
{
	uint8_t kind = next();
	size_t n;

	(void)card;
	(void)pci;
	(void)recv_pci;
	check(world.transaction && len >= 4 && ++world.transmits <= world.kind->transmits_max);
	world.reset_needed = true;
	if (cmd[1] == 0x20 && len > 5)
		world.pins++;
	n = world.kind->good_answer(cmd, len, rsp);
	card_world_granted = false;
	if (kind >= KIND_FAIL)
		return failure(kind);
	if (kind >= KIND_CUT) {
		n -= (kind & 0x1Fu) < n ? kind & 0x1Fu : n;
	} else if (kind >= KIND_RAW) {
		size_t want = (size_t)next() << 8;

		want |= next();
		n = next_bytes(rsp, *rsp_len, want);
	}
	if (cmd[1] == world.kind->sign_ins && n > 2)
		world.signatures++;
	card_world_granted = n == 2 && rsp[0] == 0x90 && rsp[1] == 0x00;
	*rsp_len = (DWORD)n;
	return SCARD_S_SUCCESS;
}

static void say(int fd, char word)
{
	static const uint8_t digest[48] = { 1 };
	uint8_t buf[256];
	struct ipc_out o;

	switch (word) {
	case 'o':
		ipc_out_init(&o, IPC_CARD_OPEN, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_WAIT_MS, 0);
		break;
	case 'm':
		ipc_out_init(&o, IPC_CARD_MORE, buf, sizeof(buf));
		break;
	case 'c':
		ipc_out_init(&o, IPC_CARD_CACHED, buf, sizeof(buf));
		break;
	case 't':
		ipc_out_init(&o, IPC_CARD_TRIES_ASK, buf, sizeof(buf));
		break;
	case 'k':
		ipc_out_init(&o, IPC_CARD_KEY, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_KEY_REF, 0x9E);
		break;
	case 's':
		ipc_out_init(&o, IPC_CARD_SIGN, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_ALG, world.kind->plain_alg);
		ipc_out_bytes(&o, IPC_F_DIGEST, digest, 32);
		break;
	default:
		ipc_out_init(&o, IPC_CARD_SIGN, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_ALG, (uint64_t)(word - '0'));
		ipc_out_bytes(&o, IPC_F_DIGEST, digest, word == '3' ? 48 : 32);
		ipc_out_bytes(&o, IPC_F_SECRET, world.kind->pin, strlen(world.kind->pin));
	}
	check(ipc_send(fd, &o) == SK_OK);
}

static unsigned hear_all(int fd)
{
	static uint8_t buf[IPC_MSG_MAX];
	unsigned signatures = 0, n = 0;
	struct ipc_msg m;

	while (ipc_recv(fd, IPC_CARD_UP, 0, buf, sizeof(buf), &m) == SK_OK) {
		check(++n < 4 * MESSAGES_MAX);
		if (m.type == IPC_CARD_SIGNATURE)
			signatures++;
	}
	return signatures;
}

int card_world_run(const struct card_world *kind, const uint8_t *data, size_t size)
{
	const char *words;
	unsigned signs = 0;
	enum session_end end;
	int sv[2];

	if (size < 2)
		return 0;
	memset(&world, 0, sizeof(world));
	world.kind = kind;
	if (kind->begin != NULL)
		kind->begin();
	world.flags = data[0];
	words = kind->conversations[data[1] % kind->conversations_n];
	world.p = data + 2;
	world.left = size - 2;
	check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == 0 && guard_init(sv[1]) == SK_OK);
	for (const char *w = words; *w != '\0'; w++) {
		say(sv[0], *w);
		if (*w >= '1' && *w <= '3')
			signs++;
	}
	(void)shutdown(sv[0], SHUT_WR);
	end = session_run(sv[1]);
	check(end == SESSION_CLOSED || end == SESSION_ERROR || end == SESSION_PROTOCOL);
	check(!world.transaction && !world.reset_needed);
	check(world.pins <= signs);
	check(hear_all(sv[0]) <= world.signatures);
	(void)close(sv[0]);
	(void)close(sv[1]);
	return 0;
}
