/* SPDX-License-Identifier: Apache-2.0 */
/* Reading PAM configuration; see pamstack.h. */
#include "ctl/pamstack.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX 262144u
#define PATH_LEN 512u

/* Index = return value, as in <security/_pam_types.h> and pam.conf(5). */
static const char *const return_names[PAMSTACK_RETURNS] = {
	"success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied", "auth_err",
	"cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
	"session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err", "authtok_err",
	"authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore", "abort",
	"authtok_expired", "module_unknown", "bad_item", "conv_again", "incomplete",
};

static const struct {
	const char *name;
	enum pam_action action;
} action_names[] = {
	{ "ignore", PAM_ACTION_IGNORE }, { "ok", PAM_ACTION_OK }, { "done", PAM_ACTION_DONE }, { "bad", PAM_ACTION_BAD },
	{ "die", PAM_ACTION_DIE }, { "reset", PAM_ACTION_RESET },
};

/* The four words, spelled out. */
static const struct {
	const char *word;
	int16_t success, new_authtok, ignore, others;
} words[] = {
	{ "required", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_BAD },
	{ "requisite", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_DIE },
	{ "optional", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE },
	{ "sufficient", PAM_ACTION_DONE, PAM_ACTION_DONE, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE },
};

static void set_all(int16_t actions[static PAMSTACK_RETURNS], int16_t action)
{
	for (size_t i = 0; i < PAMSTACK_RETURNS; i++)
		actions[i] = action;
}

static void set_unset(int16_t actions[static PAMSTACK_RETURNS], int16_t action)
{
	for (size_t i = 0; i < PAMSTACK_RETURNS; i++) {
		if (actions[i] == PAM_ACTION_UNSET)
			actions[i] = action;
	}
}

static bool word_is(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(p, word, len) == 0;
}

/* Index of a return value; PAMSTACK_RETURNS: "default"; -1: none of these. */
static int find_return(const char *p, size_t len)
{
	for (unsigned i = 0; i < PAMSTACK_RETURNS; i++) {
		if (word_is(p, len, return_names[i]))
			return (int)i;
	}
	return word_is(p, len, "default") ? (int)PAMSTACK_RETURNS : -1;
}

static bool find_action(const char *p, size_t len, int16_t *ret_action)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(action_names) / sizeof(action_names[0]); i++) {
		if (word_is(p, len, action_names[i].name)) {
			*ret_action = (int16_t)action_names[i].action;
			return true;
		}
	}
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)p[i]) || n > 999)
			return false;
		n = n * 10 + (p[i] - '0');
	}
	*ret_action = (int16_t)n;
	return len > 0;
}

static size_t blanks(const char *p)
{
	return strspn(p, " \t");
}

/* Inside of the brackets: value=action, spaces between and around '='. False: libpam would call it an error. */
static bool parse_brackets(const char *p, int16_t actions[static PAMSTACK_RETURNS])
{
	for (p += blanks(p); *p != '\0' && *p != ']'; p += blanks(p)) {
		size_t len = strcspn(p, " \t=]");
		int value = find_return(p, len);
		int16_t action;

		p += len;
		p += blanks(p);
		if (value < 0 || *p != '=')
			return false;
		p++;
		p += blanks(p);
		len = strcspn(p, " \t=]");
		if (!find_action(p, len, &action))
			return false;
		p += len;
		if (value == (int)PAMSTACK_RETURNS)
			set_unset(actions, action);
		else
			actions[value] = action;
	}
	return true;
}

void pamstack_control(const char *control, int16_t ret_actions[static PAMSTACK_RETURNS])
{
	set_all(ret_actions, PAM_ACTION_UNSET);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(control, words[i].word) == 0) {
			set_all(ret_actions, words[i].others);
			ret_actions[PAMSTACK_SUCCESS] = words[i].success;
			ret_actions[12] = words[i].new_authtok;
			ret_actions[PAMSTACK_IGNORE] = words[i].ignore;
			return;
		}
	}
	if (control[0] != '[' || !parse_brackets(control + 1, ret_actions)) {
		set_all(ret_actions, PAM_ACTION_BAD);
		return;
	}
	/* What isn't named is a failure. */
	set_unset(ret_actions, PAM_ACTION_BAD);
}

/* One file being read. */
struct load {
	const char *dir, *vendor_dir;
	struct pam_stack *stack;
};

static enum sk_status read_all(int fd, char **ret_text)
{
	char *text = malloc(FILE_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (text == NULL)
		return SK_E_NOMEM;
	while (n != 0 && len < FILE_MAX) {
		n = read(fd, text + len, FILE_MAX - len);
		if (n < 0 && errno != EINTR) {
			free(text);
			return SK_E_IO;
		}
		len += n > 0 ? (size_t)n : 0;
	}
	if (len == FILE_MAX) {
		free(text);
		return SK_E_SPACE;
	}
	text[len] = '\0';
	*ret_text = text;
	return SK_OK;
}

static enum sk_status load_text(const char *dir, const char *name, char **ret_text)
{
	char path[PATH_LEN];
	struct stat st;
	enum sk_status result;
	int fd, n = name[0] == '/' ? snprintf(path, sizeof(path), "%s", name) : snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (n <= 0 || (size_t)n >= sizeof(path))
		return SK_E_NOENT;
	/* Links are usual here (authselect); a pipe must not hold us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? SK_E_NOENT : SK_E_IO;
	result = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read_all(fd, ret_text) : SK_E_NOENT;
	(void)close(fd);
	return result;
}

static enum sk_status add(struct load *l, enum pam_entry_kind kind, uint32_t level, const int16_t *actions,
    const char *module, const char *file, uint32_t line)
{
	const char *slash = strrchr(module, '/');
	struct pam_entry *e;

	if (l->stack->n == PAMSTACK_MAX || level >= PAMSTACK_LEVELS)
		return SK_E_SPACE;
	e = &l->stack->entries[l->stack->n++];
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->level = level;
	e->line = line;
	memcpy(e->actions, actions, sizeof(e->actions));
	snprintf(e->module, sizeof(e->module), "%.47s", slash != NULL ? slash + 1 : module);
	snprintf(e->file, sizeof(e->file), "%.47s", file);
	return SK_OK;
}

static enum sk_status add_must_fail(struct load *l, uint32_t level, const int16_t *actions, const char *file, uint32_t line)
{
	return add(l, PAM_ENTRY_MUST_FAIL, level, actions, "", file, line);
}

static enum sk_status load_file(struct load *l, const char *name, uint32_t includes, uint32_t level);

/* Next word of a line; brackets keep theirs together. Cuts it out of the line; NULL: none. */
static char *next_word(char **at)
{
	char *p = *at + blanks(*at), *end;

	if (*p == '\0')
		return NULL;
	end = p[0] == '[' ? strchr(p, ']') : NULL;
	end = end != NULL ? end + 1 : p + strcspn(p, " \t");
	*at = end;
	if (*end != '\0') {
		*end = '\0';
		*at = end + 1;
	}
	return p;
}

/* include, substack, @include: what can't be read is an entry that fails (libpam does the same). */
static enum sk_status take_include(struct load *l, const char *target, bool substack, uint32_t includes, uint32_t level,
    const char *file, uint32_t line)
{
	int16_t bad[PAMSTACK_RETURNS];
	enum sk_status st = SK_E_NOENT;

	set_all(bad, PAM_ACTION_BAD);
	if (substack) {
		st = add(l, PAM_ENTRY_SUBSTACK, level, bad, target != NULL ? target : "", file, line);
		if (st != SK_OK)
			return st;
		st = SK_E_NOENT;
	}
	if (target != NULL && includes + 1 < PAMSTACK_INCLUDES)
		st = load_file(l, target, includes + 1, level + (substack ? 1u : 0u));
	return st == SK_E_NOENT || st == SK_E_IO ? add_must_fail(l, level, bad, file, line) : st;
}

static bool other_type(const char *type)
{
	return strcasecmp(type, "account") == 0 || strcasecmp(type, "session") == 0 || strcasecmp(type, "password") == 0;
}

static enum sk_status take_line(struct load *l, char *text, const char *file, uint32_t line, uint32_t includes,
    uint32_t level)
{
	int16_t actions[PAMSTACK_RETURNS];
	char *type = next_word(&text), *control, *module;
	bool known;

	if (type == NULL)
		return SK_OK;
	if (strcasecmp(type, "@include") == 0)
		return take_include(l, next_word(&text), false, includes, level, file, line);
	if (type[0] == '-')
		type++;
	if (other_type(type))
		return SK_OK;
	/* An unknown type counts as auth and always fails. */
	known = strcasecmp(type, "auth") == 0;
	control = next_word(&text);
	module = next_word(&text);
	if (control != NULL && (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0))
		return take_include(l, module, strcasecmp(control, "substack") == 0, includes, level, file, line);
	set_all(actions, PAM_ACTION_BAD);
	if (control != NULL)
		pamstack_control(control, actions);
	if (!known || control == NULL || module == NULL)
		return add_must_fail(l, level, actions, file, line);
	return add(l, PAM_ENTRY_MODULE, level, actions, module, file, line);
}

/* Lines: '#' starts a comment, a backslash at the end joins the next one. */
static enum sk_status take_lines(struct load *l, char *text, const char *file, uint32_t includes, uint32_t level)
{
	uint32_t line = 0, first = 0;
	char *joined = text, *out = text;
	enum sk_status st = SK_OK;

	while (*text != '\0' && st == SK_OK) {
		size_t len = strcspn(text, "\n"), keep = strcspn(text, "#\n");
		bool last = text[len] == '\0', more;

		line++;
		first = out == joined ? line : first;
		while (keep > 0 && (text[keep - 1] == ' ' || text[keep - 1] == '\t' || text[keep - 1] == '\r'))
			keep--;
		more = keep > 0 && text[keep - 1] == '\\' && !last;
		/* Joined in place: the result is never longer than what was read. */
		memmove(out, text, keep);
		out += keep;
		text += last ? len : len + 1;
		if (more) {
			out[-1] = ' ';
			continue;
		}
		*out = '\0';
		st = take_line(l, joined, file, first, includes, level);
		joined = out = text;
	}
	return st;
}

static enum sk_status load_file(struct load *l, const char *name, uint32_t includes, uint32_t level)
{
	char *text = NULL;
	enum sk_status st = load_text(l->dir, name, &text);

	if (st == SK_E_NOENT && l->vendor_dir[0] != '\0')
		st = load_text(l->vendor_dir, name, &text);
	if (st != SK_OK)
		return st;
	st = take_lines(l, text, name, includes, level);
	free(text);
	return st;
}

enum sk_status pamstack_load(const char *dir, const char *vendor_dir, const char *service, struct pam_stack *ret_stack)
{
	struct load l = { .dir = dir, .vendor_dir = vendor_dir, .stack = ret_stack };

	ret_stack->n = 0;
	return load_file(&l, service, 0, 0);
}
