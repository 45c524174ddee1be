/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCardGetStatusChange() in a loop. It blocks until something changes, a second
 * at most, so that a daemon that closed its socket is noticed.
 */
#include "watch/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "ipc/ipc.h"

/* Longest wait for an event. Unit: ms. */
#define SLICE_MS 1000
/* Between two tries to find pcscd. Unit: ms. */
#define RETRY_MS 500

enum service { SERVICE_UNTOLD, SERVICE_DOWN, SERVICE_UP };

struct watcher {
	int fd;
	SCARDCONTEXT context;
	bool has_context;
	enum service told;
	struct reader_list list;                       /* what was reported */
	SCARD_READERSTATE states[READER_LIST_MAX + 1]; /* beside list; the last is PnP */
};

static enum sk_status tell(const struct watcher *w, enum ipc_watch_event event, const char *reader)
{
	char label[MAX_READERNAME];
	uint8_t buf[256];
	struct ipc_out o;
	enum sk_status st;

	reader_label(reader, label);
	ipc_out_init(&o, IPC_WATCH_EVENT, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_STATE, event);
	if (label[0] != '\0')
		ipc_out_text(&o, IPC_F_READER, label);
	st = ipc_send(w->fd, &o);
	return st == SK_OK || st == SK_E_GONE ? st : SK_E_IO;
}

/* Wait, unless the daemon is gone. It has nothing to say to us: a message is as bad as a hang-up. */
static enum sk_status rest(const struct watcher *w, int wait_ms)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	int n = poll(&p, 1, wait_ms);

	if (n == 0 || (n < 0 && errno == EINTR))
		return SK_OK;
	return SK_E_GONE;
}

/* pcscd is gone: all that was known through it is worth nothing. */
static enum sk_status lose_service(struct watcher *w)
{
	if (w->has_context)
		(void)SCardReleaseContext(w->context);
	w->has_context = false;
	w->list.n = 0;
	memset(w->states, 0, sizeof(w->states));
	if (w->told == SERVICE_DOWN)
		return SK_OK;
	w->told = SERVICE_DOWN;
	return tell(w, WATCH_SERVICE_DOWN, "");
}

static bool has_card(DWORD state)
{
	return (state & SCARD_STATE_PRESENT) != 0;
}

/* How often a card came or went (pcsc-lite: upper 16 bits of the event state). */
static uint16_t count_of(DWORD state)
{
	return (uint16_t)(state >> 16);
}

/* Nothing is known of the reader's contacts, its counter included. */
static bool is_blind(DWORD state)
{
	return state == SCARD_STATE_UNAWARE ||
	       (state & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE | SCARD_STATE_IGNORE)) != 0;
}

/* What happened to the card of a reader between two looks. */
static enum sk_status tell_card(const struct watcher *w, const char *reader, DWORD before, DWORD now)
{
	bool was = has_card(before), is = has_card(now);
	bool moved = !is_blind(before) && !is_blind(now) && count_of(before) != count_of(now);
	enum sk_status st = SK_OK;

	if (was && (!is || moved))
		st = tell(w, WATCH_CARD_REMOVED, reader);
	if (st == SK_OK && !was && !is && moved) {
		st = tell(w, WATCH_CARD_INSERTED, reader);
		if (st == SK_OK)
			st = tell(w, WATCH_CARD_REMOVED, reader);
	}
	if (st == SK_OK && is && (!was || moved))
		st = tell(w, WATCH_CARD_INSERTED, reader);
	return st;
}

static bool find_reader(const struct reader_list *list, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->names[i], name) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* Report the difference between the readers known and those that pcscd lists now; the latter become the known ones. */
static enum sk_status take_list(struct watcher *w, const struct reader_list *now)
{
	SCARD_READERSTATE states[READER_LIST_MAX + 1] = { { 0 } };
	DWORD pnp = w->states[w->list.n].dwCurrentState;
	enum sk_status st = SK_OK;
	size_t k = 0;

	for (size_t i = 0; i < w->list.n && st == SK_OK; i++) {
		if (!find_reader(now, w->list.names[i], &k))
			st = tell(w, WATCH_READER_REMOVED, w->list.names[i]);
	}
	for (size_t i = 0; i < now->n && st == SK_OK; i++) {
		if (find_reader(&w->list, now->names[i], &k))
			states[i].dwCurrentState = w->states[k].dwCurrentState;
		else
			st = tell(w, WATCH_READER_ADDED, now->names[i]);
	}
	w->list = *now;
	memcpy(w->states, states, sizeof(states));
	for (size_t i = 0; i < w->list.n; i++)
		w->states[i].szReader = w->list.names[i];
	w->states[w->list.n].szReader = READER_PNP;
	w->states[w->list.n].dwCurrentState = pnp;
	return st;
}

static enum sk_status take_states(struct watcher *w)
{
	enum sk_status st = SK_OK;

	for (size_t i = 0; i < w->list.n && st == SK_OK; i++) {
		SCARD_READERSTATE *s = &w->states[i];
		DWORD now = s->dwEventState & ~(DWORD)SCARD_STATE_CHANGED;

		st = tell_card(w, s->szReader, s->dwCurrentState, now);
		s->dwCurrentState = now;
	}
	w->states[w->list.n].dwCurrentState = w->states[w->list.n].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	return st;
}

/* One look. SK_E_NOENT: no service. */
static enum sk_status look(struct watcher *w)
{
	struct reader_list now;
	enum sk_status st;
	LONG rv;

	if (!w->has_context) {
		if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &w->context) != SCARD_S_SUCCESS)
			return SK_E_NOENT;
		w->has_context = true;
	}
	if (reader_list_get(w->context, &now) != SK_OK)
		return SK_E_NOENT;
	if (w->told != SERVICE_UP) {
		w->told = SERVICE_UP;
		st = tell(w, WATCH_SERVICE_UP, "");
		if (st != SK_OK)
			return st;
	}
	st = take_list(w, &now);
	if (st != SK_OK)
		return st;
	rv = SCardGetStatusChange(w->context, SLICE_MS, w->states, (DWORD)(w->list.n + 1));
	if (rv == SCARD_E_TIMEOUT || rv == SCARD_E_UNKNOWN_READER || rv == SCARD_E_READER_UNAVAILABLE)
		return SK_OK;
	return rv == SCARD_S_SUCCESS ? take_states(w) : SK_E_NOENT;
}

enum sk_status watch_run(int fd)
{
	struct watcher w = { .fd = fd, .told = SERVICE_UNTOLD };
	enum sk_status st = SK_OK;

	while (st == SK_OK) {
		st = look(&w);
		if (st == SK_E_NOENT) {
			st = lose_service(&w);
			if (st == SK_OK)
				st = rest(&w, RETRY_MS);
		} else if (st == SK_OK) {
			st = rest(&w, 0);
		}
	}
	if (w.has_context)
		(void)SCardReleaseContext(w.context);
	return st;
}
