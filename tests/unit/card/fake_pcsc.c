/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/card/fake_pcsc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fake_pcsc fake;

const SCARD_IO_REQUEST g_rgSCardT0Pci = { SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardT1Pci = { SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST) };

static void note(char c)
{
	size_t n = strlen(fake.trace);

	assert_true(n + 1 < sizeof(fake.trace));
	fake.trace[n] = c;
	fake.trace[n + 1] = '\0';
}

size_t fake_hex(const char *hex, uint8_t *ret_bytes, size_t cap)
{
	size_t n = 0;

	while (*hex != '\0') {
		unsigned v;

		if (*hex == ' ') {
			hex++;
			continue;
		}
		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		assert_true(n < cap && hex[1] != '\0');
		ret_bytes[n++] = (uint8_t)v;
		hex += 2;
	}
	return n;
}

void fake_init(bool extended)
{
	static const char readers[] = "Reader A\0";
	static const char atr[] = "3B8D8131FE158073C021C05753656B6973686F13";

	memset(&fake, 0, sizeof(fake));
	fake.readers = readers;
	fake.readers_len = sizeof(readers);
	fake.names[0] = "Reader A";
	fake.events[0] = SCARD_STATE_PRESENT | 1u << 16;
	fake.protocol = SCARD_PROTOCOL_T1;
	fake.atr_len = (DWORD)fake_hex(atr, fake.atr, sizeof(fake.atr));
	if (!extended)
		fake.atr[10] = 0x80;
}

void fake_script(const struct fake_step *steps, size_t n)
{
	fake.steps = steps;
	fake.steps_n = n;
	fake.at = 0;
}

void fake_done(void)
{
	assert_int_equal(fake.at, fake.steps_n);
}

LONG SCardEstablishContext(DWORD scope, LPCVOID r1, LPCVOID r2, LPSCARDCONTEXT context)
{
	(void)scope;
	(void)r1;
	(void)r2;
	note('E');
	*context = 7;
	return fake.establish_rv;
}

LONG SCardReleaseContext(SCARDCONTEXT context)
{
	assert_int_equal(context, 7);
	note('L');
	return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len)
{
	DWORD n = fake.readers_len;

	(void)context;
	(void)groups;
	if (fake.list_rv != SCARD_S_SUCCESS)
		return fake.list_rv;
	if (!fake.readers)
		return SCARD_E_NO_READERS_AVAILABLE;
	/* A length told beyond the buffer comes with as many bytes as fit. */
	memcpy(readers, fake.readers, n < *len ? n : *len);
	*len = n;
	return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD n)
{
	bool changed = false;

	(void)context;
	(void)timeout;
	fake.looks++;
	if (fake.on_look)
		fake.on_look(fake.looks);
	if (fake.status_rv != SCARD_S_SUCCESS)
		return fake.status_rv;
	for (DWORD i = 0; i < n; i++) {
		DWORD event = states[i].dwCurrentState;

		if (strcmp(states[i].szReader, "\\\\?PnP?\\Notification") != 0)
			event = SCARD_STATE_UNKNOWN;
		for (size_t k = 0; k < FAKE_READERS && fake.names[k]; k++) {
			if (strcmp(fake.names[k], states[i].szReader) == 0)
				event = fake.events[k];
		}
		states[i].dwEventState = event;
		if (event != states[i].dwCurrentState) {
			states[i].dwEventState |= SCARD_STATE_CHANGED;
			changed = true;
		}
		memcpy(states[i].rgbAtr, fake.atr, sizeof(states[i].rgbAtr));
		states[i].cbAtr = fake.atr_len;
	}
	return changed ? SCARD_S_SUCCESS : SCARD_E_TIMEOUT;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols, LPSCARDHANDLE card, LPDWORD active)
{
	(void)context;
	(void)reader;
	assert_int_equal(share, SCARD_SHARE_SHARED);
	assert_int_equal(protocols, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1);
	note('C');
	*card = 9;
	*active = fake.protocol;
	return fake.connect_rv;
}

LONG SCardBeginTransaction(SCARDHANDLE card)
{
	assert_int_equal(card, 9);
	note('B');
	if (fake.on_begin)
		fake.on_begin();
	return fake.begin_rv;
}

LONG SCardReconnect(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD init, LPDWORD active)
{
	(void)card;
	(void)share;
	(void)protocols;
	assert_int_equal(init, SCARD_RESET_CARD);
	note('R');
	*active = fake.protocol;
	return fake.reconnect_rv;
}

LONG SCardEndTransaction(SCARDHANDLE card, DWORD disposition)
{
	(void)card;
	note(disposition == SCARD_RESET_CARD ? 'X' : 'x');
	return fake.end_rv;
}

LONG SCardDisconnect(SCARDHANDLE card, DWORD disposition)
{
	(void)card;
	note(disposition == SCARD_RESET_CARD ? 'D' : 'd');
	return SCARD_S_SUCCESS;
}

static LONG play_step(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	static uint8_t want[FAKE_BYTES_MAX], answer[FAKE_BYTES_MAX];
	const struct fake_step *s;
	size_t n;

	if (fake.at == fake.steps_n)
		fail_msg("command %02X%02X%02X%02X after the script's end", cmd[0], cmd[1], cmd[2], cmd[3]);
	s = &fake.steps[fake.at++];
	if (s->command) {
		n = fake_hex(s->command, want, sizeof(want));
		assert_int_equal(n, len);
		assert_memory_equal(cmd, want, n);
	}
	if (s->rv != SCARD_S_SUCCESS)
		return s->rv;
	n = fake_hex(s->answer, answer, sizeof(answer));
	if (n > *rsp_len)
		return SCARD_E_INSUFFICIENT_BUFFER;
	memcpy(rsp, answer, n);
	*rsp_len = s->claim != 0 ? s->claim : (DWORD)n;
	return SCARD_S_SUCCESS;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *pci, LPCBYTE cmd, DWORD len, SCARD_IO_REQUEST *recv_pci,
    LPBYTE rsp, LPDWORD rsp_len)
{
	(void)card;
	(void)recv_pci;
	note('T');
	fake.transmits++;
	assert_int_equal(pci->dwProtocol, fake.protocol);
	return fake.card ? fake.card(cmd, len, rsp, rsp_len) : play_step(cmd, len, rsp, rsp_len);
}
