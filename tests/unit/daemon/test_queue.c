/* SPDX-License-Identifier: Apache-2.0 */
/* One reader: who has the turn, who waits, and that nobody keeps it from others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/attempt.h"
#include "daemon/guarding.h"
#include "daemon/queue.h"

/* The callees, replaced at link time. */
void guarding_turn(struct daemon *d)
{
	(void)d;
}

static struct attempt *started[16];
static uint32_t started_n, device_n;
static bool end_at_once;

void attempt_start(struct attempt *a)
{
	assert_true(started_n < 16);
	started[started_n++] = a;
	if (end_at_once)
		queue_leave(a->d, a);
}

static struct attempt *abandoned;

void attempt_abandon(struct attempt *a, enum attempt_end how, const char *reason, enum msg_id id)
{
	(void)how;
	(void)reason;
	(void)id;
	abandoned = a;
	queue_leave(a->d, a);
}

uint32_t helper_device_n(void)
{
	return device_n;
}

static int setup(void **state)
{
	struct daemon *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	assert_int_equal(queue_new(&d->queue), SK_OK);
	started_n = device_n = 0;
	end_at_once = false;
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct daemon *d = *state;

	free(d->queue);
	free(d);
	return 0;
}

static struct attempt make(struct daemon *d, uid_t uid)
{
	return (struct attempt){ .d = d, .uid = uid };
}

static void one_after_the_other(void **state)
{
	struct daemon *d = *state;
	struct attempt a = make(d, 0), b = make(d, 0);

	assert_int_equal(queue_enter(d, &a), SK_OK);
	assert_ptr_equal(queue_holder(d), &a);
	assert_int_equal(queue_enter(d, &b), SK_OK);
	assert_int_equal(started_n, 1);
	assert_int_equal(queue_waiting(d), 1);
	queue_leave(d, &a);
	assert_ptr_equal(queue_holder(d), &b);
	assert_int_equal(queue_waiting(d), 0);
	queue_leave(d, &b);
	assert_null(queue_holder(d));
}

static void the_devices_must_be_free_first(void **state)
{
	struct daemon *d = *state;
	struct attempt a = make(d, 0);

	device_n = 1; /* a helper of the attempt before still resets its card */
	assert_int_equal(queue_enter(d, &a), SK_OK);
	assert_null(queue_holder(d));
	device_n = 0;
	queue_run(d);
	assert_ptr_equal(queue_holder(d), &a);
}

static void root_goes_before_users_and_in_order(void **state)
{
	struct daemon *d = *state;
	struct attempt first = make(d, 0), user = make(d, 1000), root1 = make(d, 0), root2 = make(d, 0);

	assert_int_equal(queue_enter(d, &first), SK_OK);
	assert_int_equal(queue_enter(d, &user), SK_OK);
	assert_int_equal(queue_enter(d, &root1), SK_OK);
	assert_int_equal(queue_enter(d, &root2), SK_OK);
	queue_leave(d, &first);
	queue_leave(d, &root1);
	queue_leave(d, &root2);
	assert_int_equal(started_n, 4);
	assert_ptr_equal(started[1], &root1);
	assert_ptr_equal(started[2], &root2);
	assert_ptr_equal(started[3], &user);
}

static void a_user_without_card_gives_way_to_root(void **state)
{
	struct daemon *d = *state;
	struct attempt user = make(d, 1000), root = make(d, 0);

	abandoned = NULL;
	user.state = ATTEMPT_CARD;
	assert_int_equal(queue_enter(d, &user), SK_OK);
	assert_int_equal(queue_enter(d, &root), SK_OK);
	assert_ptr_equal(abandoned, &user);
	assert_ptr_equal(queue_holder(d), &root);
	queue_leave(d, &root);
	/* One that is further goes on. */
	abandoned = NULL;
	user.state = ATTEMPT_PIN;
	assert_int_equal(queue_enter(d, &user), SK_OK);
	assert_int_equal(queue_enter(d, &root), SK_OK);
	assert_null(abandoned);
	assert_ptr_equal(queue_holder(d), &user);
}

static void a_user_can_not_fill_the_queue(void **state)
{
	struct daemon *d = *state;
	struct attempt first = make(d, 0), u[QUEUE_UID_MAX + 1];

	assert_int_equal(queue_enter(d, &first), SK_OK);
	for (uint32_t i = 0; i < QUEUE_UID_MAX; i++) {
		u[i] = make(d, 1000);
		assert_int_equal(queue_enter(d, &u[i]), SK_OK);
	}
	u[QUEUE_UID_MAX] = make(d, 1000);
	assert_int_equal(queue_enter(d, &u[QUEUE_UID_MAX]), SK_E_BUSY);
	u[QUEUE_UID_MAX] = make(d, 1001);
	assert_int_equal(queue_enter(d, &u[QUEUE_UID_MAX]), SK_OK);
}

static void leaving_while_waiting_gives_nobody_the_turn(void **state)
{
	struct daemon *d = *state;
	struct attempt a = make(d, 0), b = make(d, 0), c = make(d, 0);

	assert_int_equal(queue_enter(d, &a), SK_OK);
	assert_int_equal(queue_enter(d, &b), SK_OK);
	assert_int_equal(queue_enter(d, &c), SK_OK);
	queue_leave(d, &b);
	assert_ptr_equal(queue_holder(d), &a);
	assert_int_equal(queue_waiting(d), 1);
	queue_leave(d, &a);
	assert_ptr_equal(queue_holder(d), &c);
}

static void attempts_that_end_inside_their_start_don_t_stop_the_rest(void **state)
{
	struct daemon *d = *state;
	struct attempt a[4];

	device_n = 1;
	for (size_t i = 0; i < 4; i++) {
		a[i] = make(d, 0);
		assert_int_equal(queue_enter(d, &a[i]), SK_OK);
	}
	end_at_once = true;
	device_n = 0;
	queue_run(d);
	assert_int_equal(started_n, 4);
	assert_null(queue_holder(d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_after_the_other, setup, teardown),
		cmocka_unit_test_setup_teardown(the_devices_must_be_free_first, setup, teardown),
		cmocka_unit_test_setup_teardown(root_goes_before_users_and_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_user_without_card_gives_way_to_root, setup, teardown),
		cmocka_unit_test_setup_teardown(a_user_can_not_fill_the_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(leaving_while_waiting_gives_nobody_the_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(attempts_that_end_inside_their_start_don_t_stop_the_rest, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
