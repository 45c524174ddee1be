/* SPDX-License-Identifier: Apache-2.0 */
/* States of the screen; see model.h. */
#include "greet/model.h"

#include <string.h>

#define MS_PER_S 1000

const struct model_row model_table[] = {
	{ MODEL_DOWN, EV_TIMER, MODEL_DOWN, ACT_CONNECT },
	{ MODEL_DOWN, EV_CONNECTED, MODEL_BEGUN, ACT_CREATE },
	{ MODEL_DOWN, EV_LOST, MODEL_DOWN, ACT_NONE },

	{ MODEL_BEGUN, EV_INFO, MODEL_BEGUN, ACT_ACK },
	{ MODEL_BEGUN, EV_ERROR, MODEL_BEGUN, ACT_ACK },
	{ MODEL_BEGUN, EV_SECRET, MODEL_SECRET, ACT_NONE },
	{ MODEL_BEGUN, EV_VISIBLE, MODEL_VISIBLE, ACT_NONE },
	{ MODEL_BEGUN, EV_SUCCESS, MODEL_WELCOME, ACT_NONE },
	{ MODEL_BEGUN, EV_FAILURE, MODEL_CLOSING, ACT_CANCEL },
	{ MODEL_BEGUN, EV_LOST, MODEL_DOWN, ACT_HANGUP },

	{ MODEL_SECRET, EV_ENTER, MODEL_BEGUN, ACT_ANSWER },
	{ MODEL_SECRET, EV_ESCAPE, MODEL_CLOSING, ACT_CANCEL },
	{ MODEL_SECRET, EV_TIMER, MODEL_CLOSING, ACT_CANCEL },
	{ MODEL_SECRET, EV_LOST, MODEL_DOWN, ACT_HANGUP },

	{ MODEL_VISIBLE, EV_ENTER, MODEL_BEGUN, ACT_ANSWER },
	{ MODEL_VISIBLE, EV_ESCAPE, MODEL_CLOSING, ACT_CANCEL },
	{ MODEL_VISIBLE, EV_TIMER, MODEL_CLOSING, ACT_CANCEL },
	{ MODEL_VISIBLE, EV_LOST, MODEL_DOWN, ACT_HANGUP },

	{ MODEL_CLOSING, EV_SUCCESS, MODEL_OVER, ACT_NONE },
	{ MODEL_CLOSING, EV_FAILURE, MODEL_OVER, ACT_NONE },
	{ MODEL_CLOSING, EV_LOST, MODEL_DOWN, ACT_HANGUP },

	{ MODEL_OVER, EV_TIMER, MODEL_BEGUN, ACT_CREATE },
	{ MODEL_OVER, EV_ENTER, MODEL_BEGUN, ACT_CREATE },
	{ MODEL_OVER, EV_LOST, MODEL_DOWN, ACT_HANGUP },

	{ MODEL_WELCOME, EV_TIMER, MODEL_STARTING, ACT_START },
	{ MODEL_WELCOME, EV_ENTER, MODEL_STARTING, ACT_START },
	{ MODEL_WELCOME, EV_LOST, MODEL_DOWN, ACT_HANGUP },

	{ MODEL_STARTING, EV_SUCCESS, MODEL_DONE, ACT_EXIT },
	{ MODEL_STARTING, EV_FAILURE, MODEL_CLOSING, ACT_CANCEL },
	{ MODEL_STARTING, EV_LOST, MODEL_DOWN, ACT_HANGUP },

	{ MODEL_DONE, EV_LOST, MODEL_DONE, ACT_NONE },
};
const size_t model_table_n = sizeof(model_table) / sizeof(model_table[0]);

/* Rule 1: what an answer of greetd without a row leads to. Not from MODEL_STUCK, which has no connection. */
static const struct model_row broken = { MODEL_BEGUN, EV_SUCCESS, MODEL_DOWN, ACT_HANGUP };

static bool is_answer(enum model_event event)
{
	return event >= EV_SUCCESS && event <= EV_VISIBLE;
}

static const struct model_row *find(enum model_state state, enum model_event event)
{
	for (size_t i = 0; i < model_table_n; i++) {
		if (model_table[i].state == state && model_table[i].event == event)
			return &model_table[i];
	}
	return is_answer(event) && state != MODEL_STUCK && state != MODEL_DONE ? &broken : NULL;
}

void model_init(struct model *ret_m, uint32_t prompt_s)
{
	memset(ret_m, 0, sizeof(*ret_m));
	ret_m->state = MODEL_DOWN;
	ret_m->pause_s = MODEL_PAUSE_S;
	ret_m->prompt_s = prompt_s;
}

void model_stop(struct model *m)
{
	m->state = MODEL_STUCK;
	m->lines_n = 0;
}

static void add_line(struct model *m, enum wire_kind kind, const char *text)
{
	struct model_line *l;

	if (text[0] == '\0')
		return;
	if (m->lines_n == MODEL_LINES) {
		memmove(m->line, m->line + 1, sizeof(m->line) - sizeof(m->line[0]));
		m->lines_n--;
	}
	l = &m->line[m->lines_n++];
	l->kind = kind;
	strncpy(l->text, text, sizeof(l->text) - 1);
	l->text[sizeof(l->text) - 1] = '\0';
}

static void begin(struct model *m, int64_t now_ms)
{
	m->lines_n = 0;
	m->used = false;
	m->timed_out = false;
	m->begun_ms = now_ms;
}

/* Rule 3. Somebody who types, or an attempt that lasted, is not a card left behind. */
static void reckon_pause(struct model *m, int64_t now_ms)
{
	bool quick = !m->used && now_ms - m->begun_ms < (int64_t)MODEL_QUICK_S * MS_PER_S;

	if (!quick)
		m->pause_s = MODEL_PAUSE_S;
	else if (m->pause_s < MODEL_PAUSE_MAX_S)
		m->pause_s *= 2;
}

enum model_action model_step(struct model *m, enum model_event event, const char *text, int64_t now_ms)
{
	const struct model_row *row = find(m->state, event);

	if (row == NULL)
		return ACT_NONE;
	if (event == EV_INFO)
		add_line(m, WIRE_INFO, text);
	if (event == EV_ERROR)
		add_line(m, WIRE_ERROR, text);
	if (row->next == MODEL_SECRET)
		add_line(m, WIRE_SECRET, text);
	if (row->next == MODEL_VISIBLE)
		add_line(m, WIRE_VISIBLE, text);
	if (row->action == ACT_ANSWER)
		m->used = true;
	if (event == EV_TIMER && row->next == MODEL_CLOSING)
		m->timed_out = true;
	if (row->action == ACT_CREATE)
		begin(m, now_ms);
	if (row->next == MODEL_CLOSING)
		reckon_pause(m, now_ms);
	m->state = row->next;
	return row->action;
}

uint32_t model_wait_s(const struct model *m)
{
	switch (m->state) {
	case MODEL_DOWN: return MODEL_RETRY_S;
	case MODEL_SECRET:
	case MODEL_VISIBLE: return m->prompt_s;
	case MODEL_OVER: return m->pause_s;
	case MODEL_WELCOME: return MODEL_WELCOME_S;
	case MODEL_BEGUN:
	case MODEL_CLOSING:
	case MODEL_STARTING:
	case MODEL_DONE:
	case MODEL_STUCK: return 0;
	}
	return 0;
}
