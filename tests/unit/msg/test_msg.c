/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_msg [ja.mo]: every message in both languages, and a formatter that nothing talks into more than text.
 */
#include <libintl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include <cmocka.h>

#include "msg/msg.h"

#define COLUMNS 80
#define LINES 2u

/* 2026-11-23 18:52 in Tokyo */
#define WHEN "1795427520"

static char locale_dir[64];

static const char *japanese(const char *english)
{
	return dgettext(MSG_DOMAIN, english);
}

/* Which of %1$s..%3$s stand in a text, as bits; -1 when anything else follows a %. */
static int placeholders(const char *text)
{
	int bits = 0;

	for (const char *p = strchr(text, '%'); p != NULL; p = strchr(p, '%')) {
		if (p[1] == '%') {
			p += 2;
			continue;
		}
		if (p[1] < '1' || p[1] > '3' || p[2] != '$' || p[3] != 's')
			return -1;
		bits |= 1 << (p[1] - '1');
		p += 4;
	}
	return bits;
}

/* Arguments as long as they usually get. */
static void sample(enum msg_id id, const char *arg[MSG_ARGS_MAX])
{
	const char *kinds = msg_args(id);

	for (size_t i = 0; i < MSG_ARGS_MAX; i++)
		arg[i] = NULL;
	for (size_t i = 0; kinds[i] != '\0'; i++)
		arg[i] = kinds[i] == 'T' ? WHEN : kinds[i] == 'N' ? "10" : "情報政策課 内線2301";
}

static void assert_fits_screen(const char *text)
{
	wchar_t wide[MSG_TEXT_SIZE];
	size_t n = mbstowcs(wide, text, MSG_TEXT_SIZE);
	unsigned lines = 1;
	int columns = 0;

	assert_true(n != (size_t)-1 && n < MSG_TEXT_SIZE);
	for (size_t i = 0; i < n; i++) {
		if (wide[i] == L'\n') {
			lines++;
			columns = 0;
			continue;
		}
		assert_true(wcwidth(wide[i]) > 0);
		columns += wcwidth(wide[i]);
		if (columns > COLUMNS || lines > LINES)
			fail_msg("wider than the screen: %s", text);
	}
}

static void check_row(enum msg_id id)
{
	const char *kinds = msg_args(id), *english = msg_text(id), *ja;
	const char *arg[MSG_ARGS_MAX];
	char text[MSG_TEXT_SIZE];
	int all;

	if (kinds == NULL || english == NULL)
		fail_msg("message %d has no row", (int)id);
	all = (1 << strlen(kinds)) - 1;
	ja = japanese(english);
	assert_true(strlen(kinds) <= MSG_ARGS_MAX && strspn(kinds, "NTS") == strlen(kinds));
	/* every argument is shown, in both languages, and nothing else */
	assert_int_equal(placeholders(english), all);
	if (placeholders(ja) != all)
		fail_msg("placeholders of the translation: %s", ja);
	if (id != MSG_BANNER && strcmp(ja, english) == 0)
		fail_msg("not translated: %s", english);
	sample(id, arg);
	assert_int_equal(msg_format(id, english, MSG_TIME_FORMAT, arg, text), SK_OK);
	assert_fits_screen(text);
	assert_int_equal(msg_format(id, ja, japanese(MSG_TIME_FORMAT), arg, text), SK_OK);
	assert_fits_screen(text);
}

static void test_every_message(void **state)
{
	(void)state;
	for (int id = MSG_NONE + 1; id < MSG_N; id++)
		check_row((enum msg_id)id);
	assert_string_not_equal(japanese(MSG_TIME_FORMAT), MSG_TIME_FORMAT);
	assert_null(msg_text(MSG_NONE));
	assert_null(msg_args(MSG_NONE));
	assert_null(msg_text(MSG_N));
	assert_null(msg_args(MSG_N));
	assert_null(msg_text((enum msg_id)0xFFFF));
	assert_null(msg_args((enum msg_id)0xFFFF));
}

/* The kinds are a contract with the daemon: the comments of msgid.h. */
static void test_kinds(void **state)
{
	(void)state;
	assert_string_equal(msg_args(MSG_INSERT_CARD), "");
	assert_string_equal(msg_args(MSG_NO_READER), "S");
	assert_string_equal(msg_args(MSG_NO_PCSCD), "S");
	assert_string_equal(msg_args(MSG_PIN_PROMPT), "N");
	assert_string_equal(msg_args(MSG_PIN_PROMPT_JPKI), "N");
	assert_string_equal(msg_args(MSG_CARD_NEEDS_PIN), "S");
	assert_string_equal(msg_args(MSG_CARD_ENROLLED), "");
	assert_string_equal(msg_args(MSG_PIN_PROMPT_PLAIN), "");
	assert_string_equal(msg_args(MSG_PIN_WRONG), "N");
	assert_string_equal(msg_args(MSG_PIN_LAST_KEPT), "S");
	assert_string_equal(msg_args(MSG_PIN_BLOCKED), "S");
	assert_string_equal(msg_args(MSG_FINGER_TOUCH), "S");
	assert_string_equal(msg_args(MSG_FINGER_NOT_KNOWN), "N");
	assert_string_equal(msg_args(MSG_NO_SENSOR), "S");
	assert_string_equal(msg_args(MSG_LOCKED_UNTIL), "TS");
	assert_string_equal(msg_args(MSG_LOCKED), "S");
	assert_string_equal(msg_args(MSG_DENIED), "SS");
	assert_string_equal(msg_args(MSG_CARD_EXPIRED), "TS");
	assert_string_equal(msg_args(MSG_DORMANT), "S");
	assert_string_equal(msg_args(MSG_CRL_OLD), "SS");
	assert_string_equal(msg_args(MSG_CRL_OLD_WARN), "SS");
	assert_string_equal(msg_args(MSG_FAULT), "SS");
	assert_string_equal(msg_args(MSG_LAST_LOGIN), "TS");
	assert_string_equal(msg_args(MSG_LAST_LOGOUT), "T");
	assert_string_equal(msg_args(MSG_FAILURES_SINCE), "N");
	assert_string_equal(msg_args(MSG_SESSION_LIMIT), "N");
	assert_string_equal(msg_args(MSG_ACCOUNT_CLOSED), "S");
	assert_string_equal(msg_args(MSG_CARD_EXPIRES_SOON), "TS");
	assert_string_equal(msg_args(MSG_BANNER), "S");
	assert_string_equal(msg_args(MSG_ENROL_TOUCH), "NN");
}

static enum sk_status format(enum msg_id id, const char *f, const char *a, const char *b, char ret[MSG_TEXT_SIZE])
{
	const char *const arg[MSG_ARGS_MAX] = { a, b, NULL };

	memset(ret, '#', MSG_TEXT_SIZE);
	return msg_format(id, f, MSG_TIME_FORMAT, arg, ret);
}

static void test_substitution(void **state)
{
	char text[MSG_TEXT_SIZE];

	(void)state;
	assert_int_equal(format(MSG_DENIED, "%2$s, 100%%, %1$s %1$s", "a", "b", text), SK_OK);
	assert_string_equal(text, "b, 100%, a a");
	assert_int_equal(format(MSG_LAST_LOGIN, "%1$s|%2$s", WHEN, "", text), SK_OK);
	assert_string_equal(text, "2026-11-23 18:52|-");
	assert_int_equal(format(MSG_LAST_LOGIN, "%1$s|%2$s", "0", NULL, text), SK_OK);
	assert_string_equal(text, "1970-01-01 09:00|-");
	/* an argument is not a format */
	assert_int_equal(format(MSG_BANNER, "%1$s", "%n%1$s%s", NULL, text), SK_OK);
	assert_string_equal(text, "%n%1$s%s");
}

static void test_hostile_formats(void **state)
{
	static const char *const bad[] = { "%n", "%s", "%d", "%", "%1", "%1$", "%1$n", "%1$d", "%2$s", "%0$s", "%4$s",
		"%9$s", "%-1$s", "%1$ s", "%*s", "% %", "%11$s" };
	char text[MSG_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(format(MSG_BANNER, bad[i], "x", "y", text), SK_E_UNSUPPORTED);
		assert_int_equal(text[0], '#'); /* untouched */
	}
	assert_int_equal(format(MSG_N, "x", NULL, NULL, text), SK_E_ARG);
	assert_int_equal(format(MSG_NONE, "x", NULL, NULL, text), SK_E_ARG);
}

static void test_arguments_of_their_kind(void **state)
{
	static const char *const bad[] = { "", "x", "-1", "+1", " 1", "1 ", "1x", "0x10", "1.5",
		"1234567890123456789", NULL };
	char text[MSG_TEXT_SIZE], over[MSG_ARG_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(format(MSG_PIN_WRONG, "%1$s", bad[i], NULL, text), SK_E_FORMAT);
		assert_int_equal(format(MSG_LAST_LOGOUT, "%1$s", bad[i], NULL, text), SK_E_FORMAT);
	}
	assert_int_equal(format(MSG_LAST_LOGOUT, "%1$s", "253402300800", NULL, text), SK_E_FORMAT);
	assert_int_equal(format(MSG_PIN_WRONG, "%1$s", "123456789012345678", NULL, text), SK_OK);
	memset(over, 'a', sizeof(over) - 1);
	over[sizeof(over) - 1] = '\0';
	assert_int_equal(format(MSG_BANNER, "%1$s", over, NULL, text), SK_E_FORMAT);
	assert_int_equal(format(MSG_BANNER, "%1$s", over + 1, NULL, text), SK_OK);
	assert_int_equal(strlen(text), MSG_ARG_SIZE - 1);
}

static void test_nothing_for_the_terminal(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "a\x1b[2Jb", "a?[2Jb" }, { "a\nb\r\tc\x7f", "a?b??c?" }, { "\xC2\x9B" "2J", "?2J" },
		{ "\xE2\x80\xAE" "dcba", "?dcba" }, { "\xE2\x81\xA7x\xE2\x81\xA9", "?x?" }, { "\xE2\x80\x8Bx", "?x" },
		{ "\xEF\xBB\xBFx", "?x" }, { "\xFF\xC3(\xE3\x81", "?\?(?\?" }, { "窓口 1「甲」", "窓口 1「甲」" },
		{ "\xF0\xA0\xAE\xB7田", "\xF0\xA0\xAE\xB7田" },
	};
	char text[MSG_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(format(MSG_BANNER, "%1$s", cases[i].in, NULL, text), SK_OK);
		assert_string_equal(text, cases[i].out);
	}
}

/* Longest arguments and a long translation: cut, but never inside a character. */
static void test_bounded(void **state)
{
	char arg[MSG_ARG_SIZE] = "", text[MSG_TEXT_SIZE], big[2 * MSG_TEXT_SIZE];
	wchar_t wide[MSG_TEXT_SIZE];

	(void)state;
	while (strlen(arg) + 3 < sizeof(arg))
		(void)strcat(arg, "課");
	for (size_t lead = 0; lead < 3; lead++) {
		static const char *const formats[] = { "%1$s%2$s%1$s%2$s", "x%1$s%2$s%1$s%2$s", "xx%1$s%2$s%1$s%2$s" };

		assert_int_equal(format(MSG_DENIED, formats[lead], arg, arg, text), SK_OK);
		assert_in_range(strlen(text), MSG_TEXT_SIZE - 4, MSG_TEXT_SIZE - 1);
		assert_true(mbstowcs(wide, text, MSG_TEXT_SIZE) != (size_t)-1);
	}
	memset(big, 'y', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(format(MSG_BANNER, big, "x", NULL, text), SK_OK);
	assert_int_equal(strlen(text), MSG_TEXT_SIZE - 1);
}

/* A translated time format is a format too: too long an outcome falls back, and nothing is overrun. */
static void test_time_format(void **state)
{
	const char *const arg[MSG_ARGS_MAX] = { WHEN, NULL, NULL };
	char text[MSG_TEXT_SIZE];

	(void)state;
	assert_int_equal(msg_format(MSG_LAST_LOGOUT, "%1$s", "%c%c%c%c%c%c%c%c", arg, text), SK_OK);
	assert_string_equal(text, "2026-11-23 18:52");
	assert_int_equal(msg_format(MSG_LAST_LOGOUT, "%1$s", "", arg, text), SK_OK);
	assert_string_equal(text, "2026-11-23 18:52");
}

static int catalogue_install(const char *mo)
{
	char command[512];

	(void)strcpy(locale_dir, "/tmp/sekisho-msg-XXXXXX");
	if (mkdtemp(locale_dir) == NULL)
		return -1;
	(void)snprintf(command, sizeof(command), "mkdir -p %s/ja/LC_MESSAGES && cp '%s' %s/ja/LC_MESSAGES/sekisho.mo",
	    locale_dir, mo, locale_dir);
	return system(command);
}

static void catalogue_remove(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/ja/LC_MESSAGES/sekisho.mo", locale_dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/ja/LC_MESSAGES", locale_dir);
	(void)rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/ja", locale_dir);
	(void)rmdir(path);
	(void)rmdir(locale_dir);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_substitution),
		cmocka_unit_test(test_hostile_formats),
		cmocka_unit_test(test_arguments_of_their_kind),
		cmocka_unit_test(test_nothing_for_the_terminal),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_time_format),
	};
	int failed;

	(void)setenv("TZ", "Asia/Tokyo", 1);
	(void)setenv("LANGUAGE", "ja", 1);
	if (setlocale(LC_ALL, "C.UTF-8") == NULL || catalogue_install(argc > 1 ? argv[1] : SITE_BUILD "/po/ja.mo") != 0 ||
	    bindtextdomain(MSG_DOMAIN, locale_dir) == NULL)
		return 1;
	failed = cmocka_run_group_tests_name("msg", tests, NULL, NULL);
	catalogue_remove();
	return failed;
}
