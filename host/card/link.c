/* SPDX-License-Identifier: Apache-2.0 */
/* PC/SC calls around one card; link.h has the rules. */
#include "card/link.h"

#include <string.h>

#include "card/atr.h"
#include "core/wipe.h"

/* A card takes a while to sign; longer than this it hangs. Unit: seconds. */
#define TRANSMIT_LIMIT_S 12u
/* pcscd looks at the contacts every 400 ms: so long may it not know that the card is gone. Unit: ms. */
#define REMOVAL_LOOK_MS 1500u

/* What an error of any call on a card means. */
static enum sk_status status_of(LONG rv)
{
	switch (rv) {
	case SCARD_S_SUCCESS:
		return SK_OK;
	case SCARD_W_REMOVED_CARD:
	case SCARD_W_RESET_CARD:
	case SCARD_W_UNPOWERED_CARD:
	case SCARD_E_NO_SMARTCARD:
	case SCARD_E_READER_UNAVAILABLE:
	case SCARD_E_UNKNOWN_READER:
		return SK_E_GONE;
	case SCARD_E_SHARING_VIOLATION:
		return SK_E_BUSY;
	case SCARD_W_UNRESPONSIVE_CARD:
	case SCARD_W_UNSUPPORTED_CARD:
	case SCARD_E_PROTO_MISMATCH:
		return SK_E_UNSUPPORTED;
	default:
		return SK_E_IO;
	}
}

enum sk_status link_open_service(struct link *l)
{
	if (l->has_context)
		return SK_OK;
	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &l->context) != SCARD_S_SUCCESS)
		return SK_E_IO;
	l->has_context = true;
	return SK_OK;
}

/* Give the card back. The reset is done while nobody else can get in between. */
static void release_card(struct link *l)
{
	bool is_reset = false;

	if (l->transaction)
		is_reset = SCardEndTransaction(l->handle, SCARD_RESET_CARD) == SCARD_S_SUCCESS;
	/* Without a service there is nothing to give back: it resets the cards of lost clients itself. */
	if (l->connected)
		(void)SCardDisconnect(l->handle, is_reset ? SCARD_LEAVE_CARD : SCARD_RESET_CARD);
	l->transaction = false;
	l->connected = false;
	l->extended = false;
}

void link_drop_service(struct link *l)
{
	release_card(l);
	if (l->has_context)
		(void)SCardReleaseContext(l->context);
	l->has_context = false;
}

/* The ATR and the reader's event counter, as of now. */
static enum sk_status look_at_card(struct link *l)
{
	SCARD_READERSTATE state = { .szReader = l->reader, .dwCurrentState = SCARD_STATE_UNAWARE };
	LONG rv = SCardGetStatusChange(l->context, 0, &state, 1);

	if (rv != SCARD_S_SUCCESS)
		return status_of(rv);
	if (!(state.dwEventState & SCARD_STATE_PRESENT))
		return SK_E_GONE;
	if (state.cbAtr > sizeof(state.rgbAtr))
		return SK_E_IO;
	l->seen = state.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	/* T=0 would need ENVELOPE for it (7816-3:2006 12.2.3), which a reader at TPDU level leaves to us. */
	l->extended = l->protocol == SCARD_PROTOCOL_T1 &&
	    atr_has_extended_length((struct sk_span){ state.rgbAtr, state.cbAtr });
	return SK_OK;
}

enum sk_status link_reset(struct link *l)
{
	LONG rv = SCardReconnect(l->handle, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
	    SCARD_RESET_CARD, &l->protocol);

	if (rv != SCARD_S_SUCCESS)
		return status_of(rv);
	if (l->protocol != SCARD_PROTOCOL_T0 && l->protocol != SCARD_PROTOCOL_T1)
		return SK_E_UNSUPPORTED;
	return SK_OK;
}

enum sk_status link_connect(struct link *l, const char *reader)
{
	enum sk_status st;
	size_t len = strnlen(reader, MAX_READERNAME);

	if (!l->has_context || l->connected || len >= MAX_READERNAME)
		return SK_E_IO;
	memcpy(l->reader, reader, len + 1);
	reader_label(l->reader, l->label);
	st = status_of(SCardConnect(l->context, l->reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
	    &l->handle, &l->protocol));
	if (st != SK_OK)
		return st;
	l->connected = true;
	st = status_of(SCardBeginTransaction(l->handle));
	/* Whoever held the card before us may have reset it: harmless, as we do the same. */
	if (st == SK_E_GONE)
		st = link_reset(l) == SK_OK ? status_of(SCardBeginTransaction(l->handle)) : SK_E_GONE;
	if (st == SK_OK) {
		l->transaction = true;
		st = link_reset(l);
	}
	if (st == SK_OK)
		st = look_at_card(l);
	if (st != SK_OK)
		release_card(l);
	return st;
}

/* A command failed without saying why: is the card still the one that we began with? */
static enum sk_status find_reason(struct link *l)
{
	SCARD_READERSTATE state = { .szReader = l->reader, .dwCurrentState = l->seen };
	LONG rv = SCardGetStatusChange(l->context, REMOVAL_LOOK_MS, &state, 1);
	const DWORD away = SCARD_STATE_EMPTY | SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE;

	if (rv == SCARD_E_UNKNOWN_READER || rv == SCARD_E_READER_UNAVAILABLE)
		return SK_E_GONE;
	if (rv != SCARD_S_SUCCESS)
		return SK_E_IO;
	/* The upper 16 bits count insertions and removals. */
	if ((state.dwEventState & away) != 0 || state.dwEventState >> 16 != l->seen >> 16)
		return SK_E_GONE;
	return SK_E_IO;
}

static LONG transmit_guarded(struct link *l, size_t tx_len, DWORD *ret_rx_len)
{
	const SCARD_IO_REQUEST *pci = l->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	struct guard_plan plan = { .end_s = TRANSMIT_LIMIT_S, .reason = CARD_ERR_SERVICE, .reader = l->label,
		.apdu_n = l->apdu_n, .bytes_n = l->bytes_n };
	DWORD rx_len = sizeof(l->rx);
	LONG rv;

	if (guard_start(&plan) != SK_OK)
		return SCARD_F_INTERNAL_ERROR;
	rv = SCardTransmit(l->handle, pci, l->tx, (DWORD)tx_len, NULL, l->rx, &rx_len);
	(void)guard_stop();
	*ret_rx_len = rx_len;
	return rv;
}

/* A T=0 TPDU has data or Le, never both: the card tells by 61XX what it has (7816-3:2006 12.2.1, case 4S). */
static struct apdu_cmd as_carried(const struct link *l, const struct apdu_cmd *cmd)
{
	struct apdu_cmd carried = *cmd;

	if (l->protocol == SCARD_PROTOCOL_T0 && cmd->data.len > 0)
		carried.ne = 0;
	return carried;
}

enum sk_status link_transmit(struct link *l, const struct apdu_cmd *cmd, struct apdu_rsp *ret_rsp)
{
	const struct apdu_cmd carried = as_carried(l, cmd);
	struct sk_writer w;
	enum sk_status st;
	size_t tx_len = 0;
	DWORD rx_len = 0;
	LONG rv;

	if (!l->transaction)
		return SK_E_ARG;
	sk_writer_init(&w, l->tx, sizeof(l->tx));
	if (apdu_cmd_encode(&carried, &w) != SK_OK || sk_writer_done(&w, &tx_len) != SK_OK) {
		SK_WIPE_ARRAY(l->tx);
		return SK_E_ARG;
	}
	l->apdu_n++;
	l->bytes_n += (uint32_t)tx_len;
	rv = transmit_guarded(l, tx_len, &rx_len);
	SK_WIPE_ARRAY(l->tx);
	if (rv == SCARD_S_SUCCESS) {
		if (rx_len > sizeof(l->rx))
			return SK_E_FORMAT;
		l->bytes_n += (uint32_t)rx_len;
		/* Some drivers report a card that left as success without a byte. */
		if (rx_len < 2 && find_reason(l) == SK_E_GONE)
			return SK_E_GONE;
		return apdu_rsp_decode((struct sk_span){ l->rx, rx_len }, ret_rsp);
	}
	st = status_of(rv);
	if (st == SK_E_GONE)
		return st;
	/* The reader or its driver may not carry extended length whatever the card says. */
	return cmd->extended ? SK_E_UNSUPPORTED : find_reason(l);
}

void link_close(struct link *l)
{
	link_drop_service(l);
	SK_WIPE_ARRAY(l->tx);
	SK_WIPE_ARRAY(l->rx);
}
