/* SPDX-License-Identifier: Apache-2.0 */
/* The turn at the reader; see queue.h. */
#include <stdlib.h>

#include "daemon/attempt.h"
#include "daemon/guarding.h"
#include "daemon/helper.h"
#include "daemon/queue.h"

struct queue {
	struct attempt *holder;
	struct attempt *first; /* waiting, in order of arrival; linked by attempt->next */
	uint32_t waiting;
	bool running; /* queue_run() is on the stack: attempt_start() may end at once and come back here */
};

enum sk_status queue_new(struct queue **ret_q)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return SK_E_NOMEM;
	*ret_q = q;
	return SK_OK;
}

static uint32_t uid_waiting(const struct queue *q, uid_t uid)
{
	uint32_t n = q->holder != NULL && q->holder->uid == uid ? 1 : 0;

	for (const struct attempt *a = q->first; a != NULL; a = a->next)
		n += a->uid == uid ? 1 : 0;
	return n;
}

enum sk_status queue_enter(struct daemon *d, struct attempt *a)
{
	struct queue *q = d->queue;
	struct attempt **at = &q->first;

	if (q->waiting >= QUEUE_MAX || (a->uid != 0 && uid_waiting(q, a->uid) >= QUEUE_UID_MAX))
		return SK_E_BUSY;
	while (*at != NULL && !(a->uid == 0 && (*at)->uid != 0))
		at = &(*at)->next;
	a->next = *at;
	*at = a;
	a->queued = true;
	q->waiting++;
	/* A user who has shown no card yet gives way to a log-in. */
	if (a->uid == 0 && q->holder != NULL && q->holder->uid != 0 && q->holder->state == ATTEMPT_CARD)
		attempt_abandon(q->holder, END_CANCELLED, "gave-way", MSG_WAIT_TURN);
	queue_run(d);
	return SK_OK;
}

void queue_leave(struct daemon *d, struct attempt *a)
{
	struct queue *q = d->queue;

	for (struct attempt **at = &q->first; *at != NULL; at = &(*at)->next) {
		if (*at == a) {
			*at = a->next;
			q->waiting--;
			break;
		}
	}
	a->queued = false;
	if (q->holder == a)
		q->holder = NULL;
	queue_run(d);
}

void queue_run(struct daemon *d)
{
	struct queue *q = d->queue;

	if (q->running)
		return;
	q->running = true;
	while (q->holder == NULL && q->first != NULL && helper_device_n() == 0) {
		struct attempt *a = q->first;

		q->first = a->next;
		a->next = NULL;
		a->queued = false;
		q->waiting--;
		q->holder = a;
		attempt_start(a);
	}
	q->running = false;
	guarding_turn(d);
}

struct attempt *queue_holder(struct daemon *d)
{
	return d->queue->holder;
}

uint32_t queue_waiting(struct daemon *d)
{
	return d->queue->waiting;
}
