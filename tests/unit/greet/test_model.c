/* SPDX-License-Identifier: Apache-2.0 */
/* The kiosk screen's states: every pair of state and event, row by row, against a list written apart from the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "greet/model.h"

#define STATES 10
#define EVENTS 11

/* One character a state: next state, then the action; ".." nothing happens. Columns: CONNECTED LOST SUCCESS FAILURE INFO ERROR SECRET
 * VISIBLE ENTER ESCAPE TIMER. States: D own, B egun, S ecret, V isible, C losing, O ver, W elcome, s T arting, E nd (done), X (stuck).
 * Actions: c onnect, h angup, n ew, a ck, r esponse, k (cancel), s tart, e xit, - none. */
static const char *const want[STATES] = {
	/*            CONN  LOST  SUCC  FAIL  INFO  ERR   SECR  VIS   ENT   ESC   TIM */
	/* DOWN */    "Bn " "D- " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " ".. " ".. " "Dc ",
	/* BEGUN */   ".. " "Dh " "W- " "Ck " "Ba " "Ba " "S- " "V- " ".. " ".. " ".. ",
	/* SECRET */  ".. " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " "Br " "Ck " "Ck ",
	/* VISIBLE */ ".. " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " "Br " "Ck " "Ck ",
	/* CLOSING */ ".. " "Dh " "O- " "O- " "Dh " "Dh " "Dh " "Dh " ".. " ".. " ".. ",
	/* OVER */    ".. " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " "Bn " ".. " "Bn ",
	/* WELCOME */ ".. " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " "Dh " "Ts " ".. " "Ts ",
	/* STARTING */".. " "Dh " "Ee " "Ck " "Dh " "Dh " "Dh " "Dh " ".. " ".. " ".. ",
	/* DONE */    ".. " "E- " ".. " ".. " ".. " ".. " ".. " ".. " ".. " ".. " ".. ",
	/* STUCK */   ".. " ".. " ".. " ".. " ".. " ".. " ".. " ".. " ".. " ".. " ".. ",
};
static const char state_letter[] = "?DBSVCOWTEX";
static const char action_letter[] = "-chnarkse";

static enum model_action step(struct model *m, enum model_event e)
{
	return model_step(m, e, "text", 1000);
}

static void every_pair(void **state)
{
	(void)state;
	for (int s = MODEL_DOWN; s <= MODEL_STUCK; s++) {
		for (int e = EV_CONNECTED; e <= EV_TIMER; e++) {
			const char *cell = want[s - 1] + (e - 1) * 3;
			struct model m;
			enum model_action a;

			model_init(&m, 45);
			m.state = (enum model_state)s;
			a = step(&m, (enum model_event)e);
			if (cell[0] == '.') {
				if (m.state != (enum model_state)s || a != ACT_NONE)
					fail_msg("state %d event %d must do nothing", s, e);
			} else if (state_letter[m.state] != cell[0] || action_letter[a] != cell[1]) {
				fail_msg("state %d event %d: %c%c, not %.2s", s, e, state_letter[m.state], action_letter[a], cell);
			}
		}
	}
}

/* No pair twice: the second row would never be read. */
static void table_is_a_function(void **state)
{
	(void)state;
	for (size_t i = 0; i < model_table_n; i++) {
		for (size_t k = i + 1; k < model_table_n; k++)
			assert_false(model_table[i].state == model_table[k].state && model_table[i].event == model_table[k].event);
	}
}

/* A session is asked for out of one state only, and that is reached by greetd's success only. */
static void one_way_to_a_session(void **state)
{
	unsigned starts = 0;

	(void)state;
	for (size_t i = 0; i < model_table_n; i++) {
		const struct model_row *r = &model_table[i];

		if (r->action == ACT_START) {
			assert_int_equal(r->state, MODEL_WELCOME);
			starts++;
		}
		if (r->next == MODEL_WELCOME) {
			assert_int_equal(r->state, MODEL_BEGUN);
			assert_int_equal(r->event, EV_SUCCESS);
		}
		if (r->action == ACT_EXIT)
			assert_int_equal(r->state, MODEL_STARTING);
	}
	assert_int_equal(starts, 2);
}

static void lines_are_kept_and_bounded(void **state)
{
	struct model m;
	char text[16];

	(void)state;
	model_init(&m, 45);
	assert_int_equal(step(&m, EV_CONNECTED), ACT_CREATE);
	assert_int_equal(m.lines_n, 0);
	for (unsigned i = 0; i < MODEL_LINES + 3; i++) {
		(void)snprintf(text, sizeof(text), "line %u", i);
		assert_int_equal(model_step(&m, i % 2 ? EV_ERROR : EV_INFO, text, 0), ACT_ACK);
	}
	assert_int_equal(m.lines_n, MODEL_LINES);
	assert_string_equal(m.line[0].text, "line 3");
	assert_string_equal(m.line[MODEL_LINES - 1].text, "line 8");
	assert_int_equal(m.line[0].kind, WIRE_ERROR);
	/* An empty text takes no line. */
	assert_int_equal(model_step(&m, EV_INFO, "", 0), ACT_ACK);
	assert_string_equal(m.line[MODEL_LINES - 1].text, "line 8");
	/* They stay through the attempt's end, and go with the next one. */
	assert_int_equal(step(&m, EV_FAILURE), ACT_CANCEL);
	assert_int_equal(step(&m, EV_SUCCESS), ACT_NONE);
	assert_int_equal(m.lines_n, MODEL_LINES);
	assert_int_equal(step(&m, EV_TIMER), ACT_CREATE);
	assert_int_equal(m.lines_n, 0);
}

static void longest_text(void **state)
{
	struct model m;
	char text[2 * WIRE_TEXT_SIZE];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	model_init(&m, 45);
	(void)!step(&m, EV_CONNECTED);
	(void)!model_step(&m, EV_INFO, text, 0);
	assert_int_equal(strlen(m.line[0].text), WIRE_TEXT_SIZE - 1);
}

/* One attempt that is refused after ms, unanswered or not; returns the pause behind it. */
static uint32_t refused(struct model *m, int64_t *now, int64_t ms, bool answered)
{
	if (answered) {
		(void)!model_step(m, EV_SECRET, "PIN", *now);
		assert_int_equal(model_step(m, EV_ENTER, "", *now), ACT_ANSWER);
	}
	*now += ms;
	assert_int_equal(model_step(m, EV_FAILURE, "", *now), ACT_CANCEL);
	assert_int_equal(model_step(m, EV_SUCCESS, "", *now), ACT_NONE);
	assert_int_equal(m->state, MODEL_OVER);
	*now += 1000 * (int64_t)model_wait_s(m);
	return model_wait_s(m);
}

static void pauses(void **state)
{
	int64_t now = 5000;
	struct model m;

	(void)state;
	model_init(&m, 45);
	(void)!model_step(&m, EV_CONNECTED, "", now);
	assert_int_equal(refused(&m, &now, 2000, false), 2 * MODEL_PAUSE_S);
	for (unsigned i = 0; i < 6; i++) {
		uint32_t before = m.pause_s;

		assert_int_equal(model_step(&m, EV_TIMER, "", now), ACT_CREATE);
		assert_int_equal(refused(&m, &now, 2000, false), before * 2 < MODEL_PAUSE_MAX_S ? before * 2 : MODEL_PAUSE_MAX_S);
	}
	/* Somebody who types is not a card left behind, nor is an attempt that lasted. */
	(void)!model_step(&m, EV_TIMER, "", now);
	assert_int_equal(refused(&m, &now, 2000, true), MODEL_PAUSE_S);
	(void)!model_step(&m, EV_TIMER, "", now);
	assert_int_equal(refused(&m, &now, 2000, false), 2 * MODEL_PAUSE_S);
	(void)!model_step(&m, EV_TIMER, "", now);
	assert_int_equal(refused(&m, &now, MODEL_QUICK_S * 1000, false), MODEL_PAUSE_S);
}

static void waits(void **state)
{
	struct model m;

	(void)state;
	model_init(&m, 45);
	assert_int_equal(model_wait_s(&m), MODEL_RETRY_S);
	m.state = MODEL_BEGUN;
	assert_int_equal(model_wait_s(&m), 0);
	m.state = MODEL_SECRET;
	assert_int_equal(model_wait_s(&m), 45);
	m.state = MODEL_VISIBLE;
	assert_int_equal(model_wait_s(&m), 45);
	m.state = MODEL_OVER;
	assert_int_equal(model_wait_s(&m), MODEL_PAUSE_S);
	m.state = MODEL_WELCOME;
	assert_int_equal(model_wait_s(&m), MODEL_WELCOME_S);
	model_stop(&m);
	assert_int_equal(m.state, MODEL_STUCK);
	assert_int_equal(model_wait_s(&m), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair),
		cmocka_unit_test(table_is_a_function),
		cmocka_unit_test(one_way_to_a_session),
		cmocka_unit_test(lines_are_kept_and_bounded),
		cmocka_unit_test(longest_text),
		cmocka_unit_test(pauses),
		cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
