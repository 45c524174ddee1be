/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on the screen; see screen.h. */
#include "greet/screen.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "greet/settings.h"
#include "msg/msg.h"

#define _(text) dgettext(MSG_DOMAIN, text)

void screen_language(const char *language)
{
	/* gettext takes the catalogue from LANGUAGE in any locale but "C"; C.UTF-8 is always there, ja_JP.UTF-8 only where somebody
	 * has had it generated. */
	(void)setenv("LANGUAGE", language, 1);
	(void)setlocale(LC_ALL, "C.UTF-8");
	(void)bindtextdomain(MSG_DOMAIN, LOCALEDIR);
	(void)bind_textdomain_codeset(MSG_DOMAIN, "UTF-8");
}

static void headline(struct screen *s, bool error, const char *text)
{
	s->error = error;
	(void)snprintf(s->headline, sizeof(s->headline), "%s", text);
}

static bool is_prompt(const struct model_line *l)
{
	return l->kind == WIRE_SECRET || l->kind == WIRE_VISIBLE;
}

/* The texts under the headline: the newest first @p n of the model, without questions answered. */
static void before(const struct model *m, size_t n, struct screen *s)
{
	for (size_t i = n; i > 0; i--) {
		const struct model_line *l = &m->line[i - 1];

		if (!is_prompt(l))
			s->before[s->before_n++] = (struct screen_line){ l->kind == WIRE_ERROR, l->text };
	}
}

static void show_newest(const struct model *m, struct screen *s)
{
	const struct model_line *l = &m->line[m->lines_n - 1];

	headline(s, l->kind == WIRE_ERROR, l->text);
	before(m, m->lines_n - 1, s);
}

static void show_begun(const struct model *m, struct screen *s)
{
	if (m->lines_n > 0 && !is_prompt(&m->line[m->lines_n - 1])) {
		show_newest(m, s);
		return;
	}
	headline(s, false, m->lines_n == 0 ? _("Please wait.") : _("This is being checked. Please wait."));
	before(m, m->lines_n, s);
}

/* Large and above a field, a question needs no colon. */
static void drop_colon(char *text)
{
	static const char *const colons[] = { ":", "\uFF1A" };
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(colons) / sizeof(colons[0]); i++) {
		size_t n = strlen(colons[i]);

		if (len > n && strcmp(text + len - n, colons[i]) == 0) {
			text[len - n] = '\0';
			return;
		}
	}
}

static void show_prompt(const struct model *m, struct screen *s)
{
	if (m->lines_n > 0)
		show_newest(m, s);
	drop_colon(s->headline);
	s->field = true;
	s->masked = m->state != MODEL_VISIBLE;
	(void)snprintf(s->hint, sizeof(s->hint), "%s", _("Type it and press Enter. Esc stops."));
}

/* What PAM called an error is the reason; where it gave none, ours. */
static void show_over(const struct model *m, struct screen *s)
{
	const struct model_line *l = m->lines_n > 0 ? &m->line[m->lines_n - 1] : NULL;

	if (l != NULL && l->kind == WIRE_ERROR) {
		show_newest(m, s);
	} else {
		if (m->timed_out)
			headline(s, true, _("Time is up. Please start again."));
		else if (l != NULL && is_prompt(l))
			headline(s, true, _("Cancelled. To log in, start again."));
		else
			headline(s, true, _("The log-in has ended. Please start again."));
		before(m, m->lines_n, s);
	}
	if (m->state == MODEL_OVER)
		(void)snprintf(s->hint, sizeof(s->hint), "%s", _("The next log-in starts by itself. Enter starts it now."));
}

static void show_stuck(const struct screen_site *site, struct screen *s)
{
	const bool told = site->bad_why != NULL && site->bad_why[0] != '\0';
	char text[WIRE_TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%s\n%s:%u%s%s", _("This terminal is not set up correctly, so nobody can log in."), SETTINGS_PATH,
	    (unsigned)site->bad_line, told ? "\n" : "", told ? _(site->bad_why) : "");
	headline(s, true, text);
}

void screen_make(const struct model *m, const struct screen_site *site, struct screen *ret_s)
{
	memset(ret_s, 0, sizeof(*ret_s));
	if (site->help[0] != '\0')
		(void)snprintf(ret_s->help, sizeof(ret_s->help), "%s%s", _("For help, call: "), site->help);
	switch (m->state) {
	case MODEL_DOWN:
		headline(ret_s, true, _("This screen can't reach the log-in service of this terminal.\nIt tries again by itself."));
		break;
	case MODEL_BEGUN:
		show_begun(m, ret_s);
		break;
	case MODEL_SECRET:
	case MODEL_VISIBLE:
		show_prompt(m, ret_s);
		break;
	case MODEL_CLOSING:
	case MODEL_OVER:
		show_over(m, ret_s);
		break;
	case MODEL_WELCOME:
		headline(ret_s, false, _("You are logged in."));
		before(m, m->lines_n, ret_s);
		(void)snprintf(ret_s->hint, sizeof(ret_s->hint), "%s", _("Enter goes on at once."));
		break;
	case MODEL_STARTING:
	case MODEL_DONE:
		headline(ret_s, false, _("Your work place is being opened. Please wait."));
		before(m, m->lines_n, ret_s);
		break;
	case MODEL_STUCK:
		show_stuck(site, ret_s);
		break;
	}
}
