/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekishoctl media with others at work beside it: the list is read under its lock, and a record that somebody else has handed over
 * is nobody's failure. List and spool are replaced at link time; tests/unit/media has the real ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/media.h"
#include "media/spool.h"

static char done[64]; /* What was called, a letter each. */
static int lock_fd, opened_locked;
static enum sk_status lock_answer, get_answer;
static enum mediakeep_state list_state;
static bool rules_there, hubs_closed;

/* The test needs not be root. */
uid_t geteuid(void)
{
	return 0;
}

static void call(const char *letter)
{
	(void)strncat(done, letter, sizeof(done) - strlen(done) - 1);
}

/* --- the list ------------------------------------------------------------------------------------------------------- */

enum sk_status mediakeep_lock(const char *dir, int *ret_fd)
{
	(void)dir;
	call("l");
	if (lock_answer == SK_OK) {
		lock_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		*ret_fd = lock_fd;
	}
	return lock_answer;
}

enum sk_status mediakeep_open(const char *authority, const char *dir, struct mediakeep **ret_k)
{
	(void)authority;
	(void)dir;
	call("o");
	opened_locked = lock_fd >= 0 && fcntl(lock_fd, F_GETFD) >= 0;
	*ret_k = malloc(1);
	return *ret_k != NULL ? SK_OK : SK_E_NOMEM;
}

void mediakeep_free(struct mediakeep **k)
{
	if (*k != NULL)
		call("f");
	free(*k);
	*k = NULL;
}

void mediakeep_facts(const struct mediakeep *k, struct mediakeep_facts *ret_f)
{
	(void)k;
	memset(ret_f, 0, sizeof(*ret_f));
	ret_f->state = list_state;
}

const struct medialist *mediakeep_list(const struct mediakeep *k)
{
	(void)k;
	return NULL;
}

struct sk_span mediakeep_bytes(const struct mediakeep *k)
{
	(void)k;
	return (struct sk_span){ NULL, 0 };
}

enum sk_status mediakeep_check(const struct mediakeep *k, struct sk_span bytes, const char *site, int64_t now, struct medialist *ret_l,
    char reterr_what[static DENY_WHAT_MAX])
{
	(void)k;
	(void)bytes;
	(void)site;
	(void)now;
	(void)ret_l;
	reterr_what[0] = '\0';
	call("c");
	return SK_E_FORMAT;
}

enum sk_status mediakeep_import(struct mediakeep *k, struct sk_span bytes, const char *site, int64_t now,
    char reterr_what[static DENY_WHAT_MAX])
{
	(void)k;
	(void)bytes;
	(void)site;
	(void)now;
	reterr_what[0] = '\0';
	call("i");
	return SK_E_FORMAT;
}

/* --- the spool ------------------------------------------------------------------------------------------------------ */

enum sk_status spool_lock(const char *dir, const char *port, int *ret_fd)
{
	(void)dir;
	(void)port;
	(void)ret_fd;
	return SK_E_IO;
}

enum sk_status spool_put(const char *dir, const struct spool_event *e)
{
	(void)dir;
	(void)e;
	return SK_E_IO;
}

enum sk_status spool_names(const char *dir, char (**ret_names)[SPOOL_NAME_MAX], size_t *ret_n)
{
	(void)dir;
	*ret_names = calloc(2, sizeof(**ret_names));
	assert_non_null(*ret_names);
	strcpy((*ret_names)[0], "1");
	strcpy((*ret_names)[1], "2");
	*ret_n = 2;
	return SK_OK;
}

enum sk_status spool_get(const char *dir, const char *name, struct spool_event *ret_e)
{
	(void)dir;
	(void)ret_e;
	call(name);
	return get_answer;
}

enum sk_status spool_drop(const char *dir, const char *name)
{
	(void)dir;
	(void)name;
	call("d");
	return SK_OK;
}

void spool_message(const struct spool_event *e, struct ipc_out *o, uint8_t *buf)
{
	(void)e;
	(void)o;
	(void)buf;
}

/* --- devices and rules ---------------------------------------------------------------------------------------------- */

enum sk_status mediadev_name(const char *name, enum mediadev_kind *ret_kind, char ret_port[static MEDIADEV_PORT_MAX])
{
	(void)name;
	(void)ret_kind;
	(void)ret_port;
	return SK_E_ARG;
}

enum sk_status mediadev_open(const char *root, const char *port, struct mediadev *ret_d)
{
	(void)root;
	(void)port;
	(void)ret_d;
	return SK_E_NOENT;
}

void mediadev_close(struct mediadev *d)
{
	(void)d;
}

enum sk_status mediadev_authorize(struct mediadev *d, bool yes)
{
	(void)d;
	(void)yes;
	return SK_E_IO;
}

enum sk_status mediadev_set_hub(const char *root, const char *port, bool open_it)
{
	(void)root;
	(void)port;
	(void)open_it;
	return SK_E_IO;
}

bool mediadev_hubs_are_closed(const char *root)
{
	(void)root;
	return hubs_closed;
}

bool mediadev_rules_in_force(const char *prefix)
{
	(void)prefix;
	return rules_there;
}

void mediadev_text(const struct mediadev *d, const char *attribute, char ret_text[static MEDIADEV_CLEAN_MAX])
{
	(void)d;
	(void)attribute;
	ret_text[0] = '\0';
}

void media_clean(struct sk_span in, char ret_text[static MEDIADEV_CLEAN_MAX])
{
	(void)in;
	ret_text[0] = '\0';
}

/* --- the tests ------------------------------------------------------------------------------------------------------ */

static int begin(void **state)
{
	(void)state;
	done[0] = '\0';
	lock_fd = -1;
	opened_locked = 0;
	lock_answer = SK_OK;
	get_answer = SK_E_NOENT;
	list_state = MEDIAKEEP_NONE;
	rules_there = hubs_closed = true;
	return 0;
}

/* Each command that changes the list ends early here: no such file, no such medium. */
static void changes_are_locked(void **state)
{
	static const struct ctl_args import = { .arg = { "/nonexistent/list" }, .args_n = 1 };
	static const struct ctl_args medium = { .arg = { "1-250.250" }, .args_n = 1, .label = "x", .reason = "x" };
	static const struct {
		ctl_fn *fn;
		const struct ctl_args *a;
	} changes[] = { { cmd_media_import, &import }, { cmd_media_add, &medium }, { cmd_media_remove, &medium } };

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		assert_int_equal(begin(state), 0);
		assert_int_equal(changes[i].fn(changes[i].a), CTL_NOT_FOUND);
		assert_string_equal(done, "lof");
		assert_true(opened_locked);
		/* And let go. */
		assert_int_equal(fcntl(lock_fd, F_GETFD), -1);
		assert_int_equal(begin(state), 0);
		lock_answer = SK_E_IO;
		assert_int_equal(changes[i].fn(changes[i].a), CTL_FAILED);
		assert_string_equal(done, "l");
	}
}

static void handed_over_by_others(void **state)
{
	static const struct ctl_args a = { 0 };
	struct answer answer = { 0 };

	(void)state;
	assert_int_equal(media_send_spool(-1, &a, &answer), CTL_OK);
	assert_string_equal(done, "12");
	assert_int_equal(answer.result, SK_OK);
	get_answer = SK_E_FORMAT;
	assert_int_equal(media_send_spool(-1, &a, &answer), CTL_OK);
	assert_string_equal(done, "1212");
	assert_int_equal(answer.result, SK_E_FORMAT);
}

/* What doctor says, and what mends it. */
static void doctor(void **state)
{
	static const struct {
		enum mediakeep_state list;
		bool rules, closed;
		const char *status, *mend; /* Part of it. */
	} cases[] = {
		{ MEDIAKEEP_NONE, true, true, "ok", "" },
		{ MEDIAKEEP_GOOD, true, true, "ok", "" },
		{ MEDIAKEEP_DAMAGED, true, true, "fail", "media import" },
		{ MEDIAKEEP_DAMAGED, false, false, "fail", "media import" },
		{ MEDIAKEEP_GOOD, true, false, "warn", "sekisho-media --all" },
		{ MEDIAKEEP_NONE, true, false, "warn", "sekisho-media --all" },
		/* Without the rules --all closes nothing, and there is nothing to close. */
		{ MEDIAKEEP_NONE, false, false, "ok", "" },
		{ MEDIAKEEP_GOOD, false, false, "warn", "sekisho-kiosk" },
		{ MEDIAKEEP_NONE, false, true, "warn", "sekisho-media --open" },
		{ MEDIAKEEP_GOOD, false, true, "warn", "sekisho-media --open" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rows r = { 0 };
		char text[513];

		list_state = cases[i].list;
		rules_there = cases[i].rules;
		hubs_closed = cases[i].closed;
		assert_int_equal(media_check(&r), SK_OK);
		assert_int_equal(r.n, 1);
		assert_int_equal(ipc_text(&r.v[0].m, IPC_F_STATUS, text, sizeof(text)), SK_OK);
		assert_string_equal(text, cases[i].status);
		assert_int_equal(ipc_text(&r.v[0].m, IPC_F_TEXT, text, sizeof(text)), SK_OK);
		assert_non_null(strstr(text, cases[i].mend));
		assert_int_equal(text[0] == '\0', cases[i].mend[0] == '\0');
		rows_clear(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(changes_are_locked, begin),
		cmocka_unit_test_setup(handed_over_by_others, begin),
		cmocka_unit_test_setup(doctor, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
