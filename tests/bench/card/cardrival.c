/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cardrival: another program at the same card, polite or not.
 *
 *     cardrival [--hold MS] [--exclusive] [HEX...]
 *
 * Connects to the first reader with a card, begins a transaction, sends each HEX as a command and prints the
 * answer, prints "holding", keeps the transaction for MS, and leaves the card as it is. It never resets the
 * card: what it sees is what its predecessor left, what it leaves is what its successor would find.
 *
 * While another program has the card, it waits, for 4 s. What failed is said on standard error, exit status 1.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winscard.h>

#define AGAIN_US (50u * 1000)
#define GIVE_UP_S 4

/* pcscd lets whoever connects wait for the end of another's transaction: only a signal ends that. */
static void on_alarm(int sig)
{
	static const char text[] = "cardrival: another program still has the card\n";

	(void)sig;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

static bool said(const char *what, LONG rv)
{
	if (rv != SCARD_S_SUCCESS)
		fprintf(stderr, "cardrival: %s: %s\n", what, pcsc_stringify_error(rv));
	return rv == SCARD_S_SUCCESS;
}

/* The answer of the reader that came nearest: an empty one is the least of reasons. */
static LONG connect_once(SCARDCONTEXT context, DWORD share, SCARDHANDLE *ret_card, DWORD *ret_protocol)
{
	char readers[2048] = "";
	DWORD len = sizeof(readers);
	LONG rv = SCardListReaders(context, NULL, readers, &len), worst = SCARD_E_NO_SMARTCARD;

	if (rv != SCARD_S_SUCCESS)
		return rv;
	for (const char *name = readers; *name != '\0'; name += strlen(name) + 1) {
		rv = SCardConnect(context, name, share, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, ret_card, ret_protocol);
		if (rv == SCARD_S_SUCCESS)
			return rv;
		if (rv != SCARD_E_NO_SMARTCARD && rv != SCARD_W_REMOVED_CARD)
			worst = rv;
	}
	return worst;
}

static bool connect_card(SCARDCONTEXT context, DWORD share, SCARDHANDLE *ret_card, DWORD *ret_protocol)
{
	LONG rv;

	while ((rv = connect_once(context, share, ret_card, ret_protocol)) == SCARD_E_SHARING_VIOLATION)
		(void)usleep(AGAIN_US);
	return said("connect", rv);
}

static bool send_hex(SCARDHANDLE card, DWORD protocol, const char *hex)
{
	uint8_t tx[300], rx[258];
	DWORD tx_len = 0, rx_len = sizeof(rx);
	unsigned v;

	for (; hex[0] != '\0' && hex[1] != '\0' && tx_len < sizeof(tx); hex += 2) {
		if (sscanf(hex, "%2x", &v) != 1)
			return false;
		tx[tx_len++] = (uint8_t)v;
	}
	if (!said("transmit", SCardTransmit(card, protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1, tx, tx_len, NULL,
	        rx, &rx_len)))
		return false;
	for (DWORD i = 0; i < rx_len; i++)
		printf("%02X", rx[i]);
	printf("\n");
	return true;
}

int main(int argc, char **argv)
{
	SCARDCONTEXT context;
	SCARDHANDLE card;
	DWORD protocol = 0, share = SCARD_SHARE_SHARED;
	unsigned long hold_ms = 0;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--hold") == 0 && i + 1 < argc)
			hold_ms = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--exclusive") == 0)
			share = SCARD_SHARE_EXCLUSIVE;
		else
			return 2;
	}
	(void)signal(SIGALRM, on_alarm);
	(void)alarm(GIVE_UP_S);
	if (!said("context", SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context)) ||
	    !connect_card(context, share, &card, &protocol) || !said("transaction", SCardBeginTransaction(card)))
		return 1;
	(void)alarm(0);
	for (; i < argc; i++) {
		if (!send_hex(card, protocol, argv[i]))
			return 1;
	}
	printf("holding\n");
	(void)fflush(stdout);
	(void)usleep((useconds_t)(hold_ms * 1000));
	(void)SCardEndTransaction(card, SCARD_LEAVE_CARD);
	(void)SCardDisconnect(card, SCARD_LEAVE_CARD);
	(void)SCardReleaseContext(context);
	return 0;
}
