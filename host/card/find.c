/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The waiting loop. One look at all readers gives one overall state; each change
 * of it is told. Between looks pcscd is waited for in slices, so that a
 * daemon that closes its end is noticed soon.
 */
#include "card/find.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

/* Longest wait between two looks at the daemon's socket. Unit: ms. */
#define SLICE_MS 250u
/* A card that another program holds is reported so late. Unit: seconds. */
#define BUSY_NOTICE_S 5u
/* Connecting takes this long without anything being wrong (power on, ATR, reset). Unit: seconds. */
#define CONNECT_MIN_S 8u

/* The loop's memory. */
struct finder {
	const struct find_request *req;
	struct link *l;
	int64_t end_ms;
	enum ipc_card_state told;       /* 0: nothing yet */
	char told_reader[MAX_READERNAME];
	struct reader_list list;
	SCARD_READERSTATE states[READER_LIST_MAX + 1]; /* the last is PnP */
	size_t states_n;
};

static int64_t now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static uint32_t left_ms(const struct finder *f)
{
	int64_t left = f->end_ms - now_ms();

	return left > 0 ? (uint32_t)left : 0;
}

/* Tell a state unless it was the last thing told. */
static enum sk_status tell(struct finder *f, enum ipc_card_state state, const char *reader)
{
	char label[MAX_READERNAME];
	uint8_t buf[320];
	struct ipc_out o;

	reader_label(reader, label);
	if (f->told == state && strcmp(f->told_reader, label) == 0)
		return SK_OK;
	ipc_out_init(&o, IPC_CARD_STATE, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_STATE, state);
	if (label[0] != '\0')
		ipc_out_text(&o, IPC_F_READER, label);
	f->told = state;
	memcpy(f->told_reader, label, sizeof(label));
	return ipc_send(f->req->fd, &o);
}

/* While waiting the daemon may only close. Waits up to wait_ms for that. */
static enum sk_status hear(const struct finder *f, uint32_t wait_ms)
{
	struct pollfd p = { .fd = f->req->fd, .events = POLLIN };
	uint8_t buf[IPC_AUTH_MSG_MAX];
	struct ipc_msg m;
	enum sk_status st;
	int n;

	n = poll(&p, 1, (int)wait_ms);
	if (guard_terminated())
		return SK_E_CANCELLED;
	if (n == 0 || (n < 0 && errno == EINTR))
		return SK_OK;
	st = ipc_recv(f->req->fd, IPC_CARD_DOWN, 0, buf, sizeof(buf), &m);
	if (st == SK_OK)
		return m.type == IPC_CARD_CLOSE ? SK_E_CANCELLED : SK_E_FORMAT;
	return st == SK_E_TIMEOUT ? SK_OK : st == SK_E_FORMAT ? SK_E_FORMAT : SK_E_GONE;
}

/* The readers that count, with what is known of them so far. */
static void take_list(struct finder *f, const struct reader_list *all)
{
	struct reader_list list = { .n = 0 };
	SCARD_READERSTATE states[READER_LIST_MAX + 1] = { { 0 } };

	for (size_t i = 0; i < all->n; i++) {
		if (strstr(all->names[i], f->req->reader) != NULL)
			memcpy(list.names[list.n++], all->names[i], MAX_READERNAME);
	}
	for (size_t i = 0; i < list.n; i++) {
		for (size_t k = 0; k < f->list.n; k++) {
			if (strcmp(list.names[i], f->list.names[k]) == 0)
				states[i].dwCurrentState = f->states[k].dwCurrentState;
		}
	}
	states[list.n].dwCurrentState = f->states_n > 0 ? f->states[f->states_n - 1].dwCurrentState : 0;
	f->list = list;
	f->states_n = list.n + 1;
	memcpy(f->states, states, sizeof(states));
	for (size_t i = 0; i < list.n; i++)
		f->states[i].szReader = f->list.names[i];
	f->states[list.n].szReader = READER_PNP;
}

/* The overall state of all readers that count; *ret_index is the card's reader, if there is one. */
static enum ipc_card_state judge(const struct finder *f, size_t *ret_index)
{
	size_t cards = 0;
	bool mute = false;

	if (f->list.n == 0)
		return CARD_NO_READER;
	for (size_t i = 0; i < f->list.n; i++) {
		if (!(f->states[i].dwCurrentState & SCARD_STATE_PRESENT))
			continue;
		*ret_index = i;
		cards++;
		mute = (f->states[i].dwCurrentState & SCARD_STATE_MUTE) != 0;
	}
	if (cards == 0)
		return CARD_ABSENT;
	if (cards > 1)
		return CARD_TWO;
	return mute ? CARD_MUTE : CARD_PRESENT;
}

/* One look at everything, waiting up to wait_ms for a change. SK_E_IO: no service. */
static enum sk_status look(struct finder *f, uint32_t wait_ms)
{
	struct guard_plan plan = { .end_s = wait_ms / 1000 + CONNECT_MIN_S, .reason = CARD_ERR_SERVICE, .reader = "",
		.apdu_n = f->l->apdu_n, .bytes_n = f->l->bytes_n, .die_on_term = true };
	struct reader_list all;
	enum sk_status st;
	LONG rv;

	if (guard_start(&plan) != SK_OK)
		return SK_E_FAULT;
	st = link_open_service(f->l);
	if (st == SK_OK)
		st = reader_list_get(f->l->context, &all);
	if (st != SK_OK) {
		(void)guard_stop();
		return SK_E_IO;
	}
	take_list(f, &all);
	rv = SCardGetStatusChange(f->l->context, wait_ms, f->states, (DWORD)f->states_n);
	(void)guard_stop();
	if (rv == SCARD_E_TIMEOUT || rv == SCARD_E_UNKNOWN_READER || rv == SCARD_E_READER_UNAVAILABLE)
		return SK_OK;
	if (rv != SCARD_S_SUCCESS)
		return SK_E_IO;
	for (size_t i = 0; i < f->states_n; i++)
		f->states[i].dwCurrentState = f->states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	return SK_OK;
}

/* Make the one card ours. On failure *ret_state is what to tell instead of "present". */
static enum sk_status take_card(struct finder *f, size_t index, enum ipc_card_state *reterr_state)
{
	uint32_t left_s = left_ms(f) / 1000;
	struct guard_plan plan = { .busy_s = BUSY_NOTICE_S, .end_s = left_s > CONNECT_MIN_S ? left_s : CONNECT_MIN_S,
		.reason = CARD_ERR_BUSY, .apdu_n = f->l->apdu_n, .bytes_n = f->l->bytes_n, .die_on_term = true };
	char label[MAX_READERNAME];
	enum sk_status st;

	reader_label(f->list.names[index], label);
	plan.reader = label;
	if (guard_start(&plan) != SK_OK)
		return SK_E_FAULT;
	st = link_connect(f->l, f->list.names[index]);
	if (guard_stop())
		f->told = CARD_BUSY;
	if (st == SK_E_BUSY)
		*reterr_state = CARD_BUSY;
	else if (st == SK_E_UNSUPPORTED)
		*reterr_state = CARD_MUTE;
	else if (st == SK_E_IO)
		*reterr_state = CARD_NO_SERVICE;
	else
		*reterr_state = CARD_ABSENT;
	return st;
}

static enum ipc_card_error why_not(enum ipc_card_state state)
{
	switch (state) {
	case CARD_NO_SERVICE:
		return CARD_ERR_SERVICE;
	case CARD_MUTE:
		return CARD_ERR_MUTE;
	case CARD_BUSY:
		return CARD_ERR_BUSY;
	case CARD_TWO:
		return CARD_ERR_TWO;
	case CARD_NO_READER:
	case CARD_ABSENT:
	case CARD_PRESENT:
		break;
	}
	return CARD_ERR_TIMEOUT;
}

/* One turn: look, tell, take the card if there is one. SK_E_BUSY: not yet. */
static enum sk_status turn(struct finder *f, bool first, enum ipc_card_state *ret_state)
{
	uint32_t wait_ms = first || *ret_state == CARD_BUSY || *ret_state == CARD_MUTE ? 0 : SLICE_MS;
	size_t index = 0;
	enum sk_status st;

	if (wait_ms > left_ms(f))
		wait_ms = left_ms(f);
	st = look(f, wait_ms);
	if (st == SK_E_FAULT)
		return st;
	if (st == SK_OK)
		*ret_state = judge(f, &index);
	else
		*ret_state = CARD_NO_SERVICE;
	/* "Present" right after "busy" or "mute" is no news: it is the same card being tried again. */
	if (*ret_state == CARD_PRESENT) {
		if (f->told != CARD_BUSY && f->told != CARD_MUTE) {
			st = tell(f, CARD_PRESENT, f->list.names[index]);
			if (st != SK_OK)
				return SK_E_GONE;
		}
		st = take_card(f, index, ret_state);
		if (st == SK_OK || st == SK_E_FAULT)
			return st;
	}
	if (*ret_state == CARD_NO_SERVICE)
		link_drop_service(f->l);
	return tell(f, *ret_state, f->list.n > 0 && *ret_state != CARD_NO_SERVICE && *ret_state != CARD_TWO ?
	    f->list.names[index] : "") == SK_OK ? SK_E_BUSY : SK_E_GONE;
}

enum sk_status find_card(const struct find_request *req, struct link *l, enum ipc_card_error *reterr_why)
{
	struct finder f = { .req = req, .l = l, .end_ms = now_ms() + req->wait_ms };
	enum ipc_card_state state = CARD_NO_SERVICE;
	bool first = true;

	for (;;) {
		bool nap;
		enum sk_status st = turn(&f, first, &state);

		if (st != SK_E_BUSY)
			return st;
		if (left_ms(&f) == 0) {
			*reterr_why = why_not(state);
			return SK_E_TIMEOUT;
		}
		/* Where pcscd can't be asked to wait, we do. */
		nap = state == CARD_NO_SERVICE || state == CARD_BUSY || state == CARD_MUTE;
		st = hear(&f, nap ? (left_ms(&f) < SLICE_MS ? left_ms(&f) : SLICE_MS) : 0);
		if (st != SK_OK)
			return st;
		first = false;
	}
}
