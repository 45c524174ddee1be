/* SPDX-License-Identifier: Apache-2.0 */
/* How attempts end that get no grant: what comes too late, and which of them leave a record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "attempt_rig.h"

/* Something that came in while the machine slept, like a signature: had the attempt ended when it was heard? */
static int on_late(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	bool *ended_before = userdata;
	char byte;

	(void)s;
	(void)revents;
	assert_int_equal(read(fd, &byte, 1), 1);
	*ended_before = w.ended;
	return 0;
}

static void what_came_while_asleep_comes_too_late(void **state)
{
	sd_event_source *late = NULL;
	bool ended_before = false;
	int fds[2];

	(void)state;
	world();
	assert_int_equal(pipe(fds), 0);
	assert_true(sd_event_add_io(w.d.event, &late, fds[0], EPOLLIN, on_late, &ended_before) >= 0);
	(void)begin();
	/* Both are due when the loop looks next. */
	assert_true(sd_event_source_set_time(w.a->deadline, 0) >= 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	for (int i = 0; i < 3; i++)
		assert_true(sd_event_run(w.d.event, 0) >= 0);
	assert_true(w.ended);
	assert_false(w.granted);
	assert_true(ended_before);
	sd_event_source_disable_unref(late);
	(void)close(fds[0]);
	(void)close(fds[1]);
	world_end();
}

/* An attempt that names nobody, ended by @end behind what @before says. */
enum before { NOTHING, ABSENT, NO_READER, NO_SERVICE, PRESENT, MUTE, BUSY, TWO, INSERTED, REMOVED, HEAD };
enum end { DEADLINE, WAIT_OVER, CANCEL, GONE, PCSCD, HELPER_DEAD, FLOODED };

static void say_state(enum ipc_card_state s)
{
	uint8_t buf[64];
	struct ipc_out o;
	struct sk_span span;
	struct ipc_msg m;

	ipc_out_init(&o, IPC_CARD_STATE, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_STATE, s);
	assert_int_equal(ipc_out_finish(&o, &span), SK_OK);
	assert_int_equal(ipc_parse(span, IPC_CARD_UP, &m), SK_OK);
	attempt_dispatch(w.a, &m);
}

static void say(enum ipc_type t, enum ipc_card_error why)
{
	static uint8_t buf[4096];
	struct ipc_out o;
	struct sk_span span;
	struct ipc_msg m;

	if (why == 0) {
		build(&o, t, buf, sizeof(buf), true);
	} else {
		ipc_out_init(&o, t, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_REASON, why);
	}
	assert_int_equal(ipc_out_finish(&o, &span), SK_OK);
	assert_int_equal(ipc_parse(span, ipc_type_info(t)->channel, &m), SK_OK);
	attempt_dispatch(w.a, &m);
}

static void come(enum before b)
{
	static const enum ipc_card_state states[] = { [ABSENT] = CARD_ABSENT, [NO_READER] = CARD_NO_READER,
		[NO_SERVICE] = CARD_NO_SERVICE, [PRESENT] = CARD_PRESENT, [MUTE] = CARD_MUTE, [BUSY] = CARD_BUSY, [TWO] = CARD_TWO };

	if (b == INSERTED || b == REMOVED)
		attempt_watch(w.a, b == INSERTED ? WATCH_CARD_INSERTED : WATCH_CARD_REMOVED, "reader");
	else if (b == HEAD)
		say(IPC_CARD_HEAD, 0);
	else if (b != NOTHING)
		say_state(states[b]);
}

static void end_by(enum end e)
{
	if (e == DEADLINE) {
		assert_true(sd_event_source_set_time(w.a->deadline, 0) >= 0);
		assert_true(sd_event_run(w.d.event, 0) >= 0);
	} else if (e == WAIT_OVER || e == PCSCD) {
		say(IPC_CARD_ERROR, e == PCSCD ? CARD_ERR_SERVICE : CARD_ERR_TIMEOUT);
	} else if (e == CANCEL) {
		say(IPC_AUTH_CANCEL, 0);
	} else if (e == HELPER_DEAD) {
		helper_dies(&w.card);
	} else if (e == FLOODED) {
		attempt_end(w.a, END_CANCELLED, "too-many-attempts", MSG_WAIT_TURN, NULL, NULL);
	} else {
		peer_goes(w.a);
	}
	assert_true(w.ended);
	assert_false(w.granted);
}

/* How many records it left, whatever else holds. */
static uint64_t left(const char *account, enum before b, enum end e)
{
	struct attempt *a = begin();

	a->account_given = account[0] != '\0';
	(void)snprintf(a->account, sizeof(a->account), "%s", account);
	come(b);
	if (!w.ended)
		end_by(e);
	return records() - w.records;
}

static void nobody_there_leaves_no_record(void **state)
{
	static const enum end quiet[] = { DEADLINE, WAIT_OVER, CANCEL, GONE };
	static const enum before somebody[] = { PRESENT, MUTE, BUSY, TWO, INSERTED, REMOVED, HEAD };
	uint64_t n = 0;

	(void)state;
	world();
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		assert_int_equal(left("", NOTHING, quiet[i]), 0);
		assert_int_equal(left("", ABSENT, quiet[i]), 0);
		n += 2;
		assert_int_equal(w.d.nobody_n, n);
		/* Somebody typed her name, or a card was there. */
		assert_int_equal(left("yamada", ABSENT, quiet[i]), 1);
		for (size_t k = 0; k < sizeof(somebody) / sizeof(somebody[0]); k++)
			assert_int_equal(left("", somebody[k], quiet[i]), 1);
	}
	/* A fault, or a crowd, is told whoever was there. */
	assert_int_equal(left("", ABSENT, PCSCD), 1);
	assert_int_equal(left("", ABSENT, HELPER_DEAD), 1);
	assert_int_equal(left("", ABSENT, FLOODED), 1);
	assert_int_equal(w.d.nobody_n, n);
	world_end();
}

static void a_reader_that_is_gone_is_recorded_once(void **state)
{
	(void)state;
	world();
	assert_int_equal(left("", NO_READER, DEADLINE), 1);
	assert_int_equal(left("", NO_READER, DEADLINE), 0);
	assert_int_equal(left("", NO_READER, CANCEL), 0);
	assert_int_equal(left("", NO_SERVICE, DEADLINE), 1); /* another lack */
	assert_int_equal(left("", NO_SERVICE, DEADLINE), 0);
	assert_int_equal(left("", ABSENT, DEADLINE), 0);     /* there again */
	assert_int_equal(left("", NO_READER, DEADLINE), 1);
	world_end();
}

static void one_that_waits_for_its_turn_is_nobody(void **state)
{
	struct attempt *first, *second;
	struct conn *c;

	(void)state;
	world();
	w.d.nobody_lacks = CARD_NO_READER;
	first = begin();
	c = w.conn;
	second = begin();
	second->account_given = false;
	assert_int_equal(second->state, ATTEMPT_QUEUED);
	end_by(CANCEL);
	assert_int_equal(records() - w.records, 0);
	assert_int_equal(w.d.nobody_lacks, CARD_NO_READER); /* it has looked at no reader */
	w.a = first;
	w.conn = c;
	w.ended = false;
	end_by(CANCEL);
	assert_int_equal(records() - w.records, 1);
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_while_asleep_comes_too_late),
		cmocka_unit_test(nobody_there_leaves_no_record),
		cmocka_unit_test(a_reader_that_is_gone_is_recorded_once),
		cmocka_unit_test(one_that_waits_for_its_turn_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
