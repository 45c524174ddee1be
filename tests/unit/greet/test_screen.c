/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on the kiosk's screen in each state; and kiosk.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "greet/screen.h"
#include "greet/settings.h"

static const struct screen_site site = { .name = "Citizens Office", .terminal = "desk-017", .help = "ext. 2345", .bad_line = 7 };
static struct model m;
static struct screen s;

static void at(enum model_event event, const char *text)
{
	(void)!model_step(&m, event, text, 1000);
	screen_make(&m, &site, &s);
}

static void fresh(void)
{
	model_init(&m, 45);
	at(EV_CONNECTED, "");
}

static int english(void **state)
{
	(void)state;
	screen_language("en");
	return 0;
}

static void while_waiting(void **state)
{
	(void)state;
	model_init(&m, 45);
	screen_make(&m, &site, &s);
	assert_true(s.error);
	assert_non_null(strstr(s.headline, "can't reach"));
	assert_string_equal(s.help, "For help, call: ext. 2345");
	at(EV_CONNECTED, "");
	assert_string_equal(s.headline, "Please wait.");
	assert_false(s.error || s.field);
	at(EV_INFO, "Put your card in.");
	assert_string_equal(s.headline, "Put your card in.");
	assert_int_equal(s.before_n, 0);
	at(EV_ERROR, "No reader.");
	assert_true(s.error);
	assert_int_equal(s.before_n, 1);
	assert_string_equal(s.before[0].text, "Put your card in.");
	assert_false(s.before[0].error);
}

static void while_typing(void **state)
{
	(void)state;
	fresh();
	at(EV_ERROR, "Wrong.");
	at(EV_SECRET, "PIN (2 left):");
	assert_string_equal(s.headline, "PIN (2 left)");
	assert_true(s.field && s.masked && !s.error);
	assert_true(s.hint[0] != '\0');
	assert_int_equal(s.before_n, 1);
	assert_true(s.before[0].error);
	at(EV_ENTER, "");
	assert_string_equal(s.headline, "This is being checked. Please wait.");
	assert_false(s.field);
	assert_int_equal(s.before_n, 1);
	assert_string_equal(s.before[0].text, "Wrong.");
	at(EV_VISIBLE, "\u756a\u53f7\uFF1A");
	assert_true(s.field && !s.masked);
	assert_string_equal(s.headline, "\u756a\u53f7");
	/* The question that was answered isn't among the texts. */
	assert_int_equal(s.before_n, 1);
}

static void at_the_end(void **state)
{
	(void)state;
	fresh();
	at(EV_INFO, "Put your card in.");
	at(EV_ERROR, "Locked.");
	at(EV_FAILURE, "");
	assert_string_equal(s.headline, "Locked.");
	assert_true(s.error);
	assert_string_equal(s.hint, "");
	at(EV_SUCCESS, "");
	assert_string_equal(s.headline, "Locked.");
	assert_non_null(strstr(s.hint, "Enter"));
	fresh();
	at(EV_FAILURE, "");
	assert_string_equal(s.headline, "The log-in has ended. Please start again.");
	fresh();
	at(EV_INFO, "Put your card in.");
	at(EV_FAILURE, "");
	assert_string_equal(s.headline, "The log-in has ended. Please start again.");
	fresh();
	at(EV_SECRET, "PIN");
	at(EV_ESCAPE, "");
	assert_string_equal(s.headline, "Cancelled. To log in, start again.");
	assert_int_equal(s.before_n, 0);
	fresh();
	at(EV_SECRET, "PIN");
	at(EV_TIMER, "");
	assert_string_equal(s.headline, "Time is up. Please start again.");
}

static void inside(void **state)
{
	(void)state;
	fresh();
	at(EV_INFO, "Last log-in: yesterday");
	at(EV_INFO, "Failed log-ins: 2");
	at(EV_SUCCESS, "");
	assert_string_equal(s.headline, "You are logged in.");
	assert_int_equal(s.before_n, 2);
	assert_string_equal(s.before[0].text, "Failed log-ins: 2");
	at(EV_TIMER, "");
	assert_non_null(strstr(s.headline, "being opened"));
	assert_int_equal(s.before_n, 2);
	at(EV_FAILURE, "");
	assert_true(s.error);
}

static void not_set_up(void **state)
{
	static const struct screen_site empty, told = { .bad_line = 9, .bad_why = "A semicolon" };

	(void)state;
	model_init(&m, 45);
	model_stop(&m);
	screen_make(&m, &site, &s);
	assert_true(s.error);
	assert_non_null(strstr(s.headline, "\n/etc/sekisho/kiosk.conf:7"));
	assert_null(strstr(s.headline, "semicolon"));
	screen_make(&m, &told, &s);
	assert_non_null(strstr(s.headline, "\n/etc/sekisho/kiosk.conf:9\nA semicolon"));
	screen_make(&m, &empty, &s);
	assert_string_equal(s.help, "");
}

/* As many texts as the model keeps, all as long as they can be: nothing is written behind anything. */
static void full(void **state)
{
	char text[WIRE_TEXT_SIZE];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	fresh();
	for (unsigned i = 0; i < MODEL_LINES; i++)
		at(EV_INFO, text);
	assert_int_equal(s.before_n, MODEL_LINES - 1);
	assert_int_equal(strlen(s.headline), WIRE_TEXT_SIZE - 1);
	at(EV_SUCCESS, "");
	assert_int_equal(s.before_n, MODEL_LINES);
}

/* --- kiosk.conf ------------------------------------------------------------------------------------------------- */
static const char *why;

static enum sk_status load(const char *text, size_t len, mode_t mode, struct settings *ret_s, uint32_t *ret_line)
{
	char path[] = "/tmp/sekisho-kiosk-XXXXXX";
	int fd = mkstemp(path);
	enum sk_status st;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
	memset(ret_s, 0, sizeof(*ret_s));
	st = settings_load(path, ret_s, ret_line, &why);
	assert_int_equal(unlink(path), 0);
	return st;
}

static void settings_taken(void **state)
{
	static const char text[] = "# kiosk\n\n[kiosk]\nlanguage = en\nsession = cage -- /usr/bin/menu --a=b;c\n";
	struct settings k;
	uint32_t line;

	(void)state;
	assert_int_equal(load(text, strlen(text), 0644, &k, &line), SK_OK);
	assert_string_equal(k.language, "en");
	assert_string_equal(k.session, "cage -- /usr/bin/menu --a=b;c");
	assert_int_equal(load("", 0, 0644, &k, &line), SK_OK);
	assert_string_equal(k.language, "ja");
	assert_string_equal(k.session, SETTINGS_SESSION_DEFAULT);
	memset(&k, 0, sizeof(k));
	assert_int_equal(settings_load("/nonexistent/kiosk.conf", &k, &line, &why), SK_OK);
	assert_string_equal(k.session, SETTINGS_SESSION_DEFAULT);
	assert_int_equal(load(text, strlen(text), 0666, &k, &line), SK_E_DENIED);
	assert_int_equal(line, 0);
}

static void settings_refused(void **state)
{
	static const struct {
		const char *text;
		uint32_t line;
	} bad[] = {
		{ "[kiosk]\nsesion = menu\n", 2 }, { "[kiosk]\nlanguage = de\n", 2 }, { "[kiosk]\nlanguage = en\nlanguage = ja\n", 3 },
		{ "[kiosk]\nsession = a\n\nsession = b\n", 4 }, { "[kiosk]\nsession =\n", 2 }, { "[Kiosk]\n", 1 }, { "[kiosk] x\n", 1 },
		{ "session = menu\n", 1 }, { "[kiosk]\n session = menu\n", 2 }, { "[kiosk]\nsession = a\n  b\n", 3 }, { "[kiosk]\nsession: menu\n", 2 },
		{ "[kiosk]\nsession = a ; b\n", 2 }, { "[kiosk]\nsession = a; b ;c\n", 2 }, { "[kiosk]\nsession = sh -c 'a ; b'\n", 2 },
		{ "[kiosk]\nlanguage = en ; ja\n", 2 }, { "[kiosk]\nsession = ;a\n", 2 }, { "[kiosk]\nsession = a\r\n", 2 }, { "[kiosk]\nsession = \xff\n", 2 }, { "\xef\xbb\xbf[kiosk]\n", 1 },
		{ "[kiosk]\nsession\n", 2 }, { "[kiosk]\n[other]\n", 2 },
	};
	char text[400] = "[kiosk]\nsession = ";
	struct settings k;
	uint32_t line;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (load(bad[i].text, strlen(bad[i].text), 0644, &k, &line) != SK_E_FORMAT || line != bad[i].line)
			fail_msg("line %u: %s", line, bad[i].text);
		assert_int_equal(strstr(why, "semicolon") != NULL, strstr(bad[i].text, " ;") != NULL);
		assert_int_equal(k.session[0], 0);
	}
	memset(text + strlen(text), 'x', 190);
	assert_int_equal(load(text, strlen(text), 0644, &k, &line), SK_E_FORMAT);
	assert_int_equal(load("[kiosk]\n\0session = a\n", 21, 0644, &k, &line), SK_E_FORMAT);
}

/* A semicolon that libinih doesn't take for a comment stays in the value. */
static void semicolons(void **state)
{
	static const char *const values[] = { "a; b; c", "sh -c 'a;b; c'", "a\\;b", "a;;b", "a=b;c" };
	struct settings k;
	uint32_t line;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[100];

		snprintf(text, sizeof(text), "# a ; b\n; a ; b\n[kiosk]\nsession = %s\n", values[i]);
		assert_int_equal(load(text, strlen(text), 0644, &k, &line), SK_OK);
		assert_string_equal(k.session, values[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_waiting),
		cmocka_unit_test(while_typing),
		cmocka_unit_test(at_the_end),
		cmocka_unit_test(inside),
		cmocka_unit_test(not_set_up),
		cmocka_unit_test(full),
		cmocka_unit_test(settings_taken),
		cmocka_unit_test(settings_refused),
		cmocka_unit_test(semicolons),
	};

	return cmocka_run_group_tests(tests, english, NULL);
}
