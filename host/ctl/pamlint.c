/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pamlint.c
 * @brief Runs a PAM stack over all return values that its modules can give.
 *
 * A run is a walk over states: which entry is next, and what libpam remembers (impression and whether the status is success, also
 * for each substack that is being run). There are few enough states to visit them all, so the answer is exact: a
 * stack is good exactly when no walk ends in success.
 *
 * Which module can succeed is a question of trust: the walk is repeated with more and more of them allowed to, and the
 * first walk that gets through names the mistake.
 */
#include "ctl/pamlint.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How libpam thinks of the run so far. */
enum impression { UNDEF = 0, POSITIVE, NEGATIVE };

struct mind {
	enum impression impression;
	bool success; /* status == PAM_SUCCESS */
};

/* Minds of a run: [0] is unused (always the fresh one), [level] what was so when the substack was entered. */
struct state {
	uint32_t at;
	struct mind now, saved[PAMSTACK_LEVELS];
};

#define MINDS 6u /* 3 impressions, success or not */
#define CODES (MINDS * MINDS * MINDS * MINDS)
_Static_assert(PAMSTACK_LEVELS == 4, "CODES: now and three saved minds");

/* What a module can return. */
enum module_class {
	CLASS_SEKISHO = 1,
	CLASS_DENY,      /* Always fails. */
	CLASS_PERMIT,    /* Always succeeds. */
	CLASS_HARMLESS,  /* Proves nothing: anybody may get its success. */
	CLASS_ROOT,      /* Success: the caller is root already. */
	CLASS_PASSWORD,
	CLASS_OTHER,     /* Whatever else: it may prove something, but not what we ask for. */
};

static const struct {
	const char *module;
	enum module_class class;
} classes[] = {
	{ PAMLINT_MODULE, CLASS_SEKISHO },
	{ "pam_deny.so", CLASS_DENY },
	{ "pam_permit.so", CLASS_PERMIT },
	{ "pam_rootok.so", CLASS_ROOT },
	{ "pam_unix.so", CLASS_PASSWORD },
	{ "pam_sss.so", CLASS_PASSWORD },
	{ "pam_ldap.so", CLASS_PASSWORD },
	{ "pam_krb5.so", CLASS_PASSWORD },
	{ "pam_winbind.so", CLASS_PASSWORD },
	{ "pam_systemd_home.so", CLASS_PASSWORD },
	{ "pam_userdb.so", CLASS_PASSWORD },
	{ "pam_pwdfile.so", CLASS_PASSWORD },
	{ "pam_access.so", CLASS_HARMLESS },
	{ "pam_cap.so", CLASS_HARMLESS },
	{ "pam_debug.so", CLASS_HARMLESS },
	{ "pam_echo.so", CLASS_HARMLESS },
	{ "pam_ecryptfs.so", CLASS_HARMLESS },
	{ "pam_env.so", CLASS_HARMLESS },
	{ "pam_faildelay.so", CLASS_HARMLESS },
	{ "pam_faillock.so", CLASS_HARMLESS },
	{ "pam_ftp.so", CLASS_HARMLESS },
	{ "pam_gnome_keyring.so", CLASS_HARMLESS },
	{ "pam_group.so", CLASS_HARMLESS },
	{ "pam_issue.so", CLASS_HARMLESS },
	{ "pam_keyinit.so", CLASS_HARMLESS },
	{ "pam_kwallet5.so", CLASS_HARMLESS },
	{ "pam_listfile.so", CLASS_HARMLESS },
	{ "pam_localuser.so", CLASS_HARMLESS },
	{ "pam_mount.so", CLASS_HARMLESS },
	{ "pam_nologin.so", CLASS_HARMLESS },
	{ "pam_securetty.so", CLASS_HARMLESS },
	{ "pam_selinux.so", CLASS_HARMLESS },
	{ "pam_shells.so", CLASS_HARMLESS },
	{ "pam_succeed_if.so", CLASS_HARMLESS },
	{ "pam_tally2.so", CLASS_HARMLESS },
	{ "pam_time.so", CLASS_HARMLESS },
	{ "pam_umask.so", CLASS_HARMLESS },
	{ "pam_usertype.so", CLASS_HARMLESS },
	{ "pam_warn.so", CLASS_HARMLESS },
	{ "pam_wheel.so", CLASS_HARMLESS },
};

static enum module_class class_of(const char *module)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		/* libpam takes a name without .so as well. */
		if (strcmp(classes[i].module, module) == 0 ||
		    (strlen(module) + 3 == strlen(classes[i].module) && strncmp(classes[i].module, module, strlen(module)) == 0))
			return classes[i].class;
	}
	return CLASS_OTHER;
}

/* Which classes may succeed in a search. */
struct search {
	const struct pam_stack *stack;
	bool sekisho, harmless, root, password, other; /* May succeed. */
	bool ignore;         /* pam_sekisho may return PAM_IGNORE. */
	uint8_t *seen;       /* [at][code] */
	struct step *parent; /* [at][code]: how it was reached first */
	uint32_t *todo, todo_n;
};

struct step {
	uint32_t from;       /* Node before; its own number for the start. */
	bool succeeded;      /* The entry there returned success. */
};

static bool may_succeed(const struct search *s, enum module_class c)
{
	switch (c) {
	case CLASS_SEKISHO:
		return s->sekisho;
	case CLASS_DENY:
		return false;
	case CLASS_PERMIT:
		return true;
	case CLASS_HARMLESS:
		return s->harmless;
	case CLASS_ROOT:
		return s->root;
	case CLASS_PASSWORD:
		return s->password;
	case CLASS_OTHER:
		return s->other;
	}
	return true;
}

static bool may_fail_with(enum module_class c, const struct search *s, unsigned value)
{
	if (value == PAMSTACK_SUCCESS)
		return false;
	if (c == CLASS_PERMIT)
		return false;
	if (c == CLASS_DENY)
		return value == PAMSTACK_AUTH_ERR;
	/* Whoever isn't asked yet says no; that some say "not my user" instead is looked at when they are. */
	if (c != CLASS_SEKISHO)
		return value != PAMSTACK_IGNORE || may_succeed(s, c);
	/* When pam_sekisho is to succeed, it does. */
	return !s->sekisho && (value != PAMSTACK_IGNORE || s->ignore);
}

static unsigned mind_code(struct mind m)
{
	return (unsigned)m.impression * 2 + (m.success ? 1 : 0);
}

static struct mind mind_of(unsigned code)
{
	return (struct mind){ .impression = (enum impression)(code / 2), .success = code % 2 != 0 };
}

static uint32_t node_of(const struct state *st)
{
	unsigned code = mind_code(st->now);

	for (unsigned l = 1; l < PAMSTACK_LEVELS; l++)
		code = code * MINDS + mind_code(st->saved[l]);
	return st->at * CODES + code;
}

static void state_of(uint32_t node, struct state *ret_st)
{
	unsigned code = node % CODES;

	memset(ret_st, 0, sizeof(*ret_st));
	ret_st->at = node / CODES;
	for (unsigned l = PAMSTACK_LEVELS - 1; l > 0; l--) {
		ret_st->saved[l] = mind_of(code % MINDS);
		code /= MINDS;
	}
	ret_st->now = mind_of(code);
}

static uint32_t level_at(const struct pam_stack *k, uint32_t at)
{
	return k->entries[at].level;
}

/* Past the rest of a substack, or of everything. */
static uint32_t after_decision(const struct pam_stack *k, uint32_t at)
{
	uint32_t level = level_at(k, at);

	while (at + 1 < k->n && level_at(k, at + 1) >= level)
		at++;
	return at + 1;
}

/* A substack counts as one entry; a jump past the end of its stack is an error. */
static uint32_t after_jump(const struct pam_stack *k, uint32_t at, int jump, struct mind *now)
{
	uint32_t level = level_at(k, at);

	while (at + 1 < k->n && level_at(k, at + 1) >= level && jump > 0) {
		do {
			at++;
		} while (at + 1 < k->n && level_at(k, at + 1) > level);
		jump--;
	}
	if (jump > 0)
		*now = (struct mind){ NEGATIVE, false };
	return at + 1;
}

/* One entry returns @p value: what libpam makes of it. */
static void run_entry(const struct pam_stack *k, struct state *st, unsigned value)
{
	const struct pam_entry *e = &k->entries[st->at];
	bool success = value == PAMSTACK_SUCCESS;
	int action = e->actions[value];

	switch (action) {
	case PAM_ACTION_RESET:
		st->now = e->level == 0 ? (struct mind){ UNDEF, false } : st->saved[e->level];
		st->at++;
		return;
	case PAM_ACTION_OK:
	case PAM_ACTION_DONE:
		if (st->now.impression == UNDEF || (st->now.impression == POSITIVE && st->now.success))
			st->now = (struct mind){ POSITIVE, success };
		if (st->now.impression == POSITIVE && action == PAM_ACTION_DONE)
			st->at = after_decision(k, st->at);
		else
			st->at++;
		return;
	case PAM_ACTION_BAD:
	case PAM_ACTION_DIE:
		if (st->now.impression != NEGATIVE)
			st->now = (struct mind){ NEGATIVE, success };
		st->at = action == PAM_ACTION_DIE ? after_decision(k, st->at) : st->at + 1;
		return;
	case PAM_ACTION_IGNORE:
		st->at++;
		return;
	default:
		if (action > 0) {
			st->at = after_jump(k, st->at, action, &st->now);
		} else {
			st->now = (struct mind){ NEGATIVE, false };
			st->at++;
		}
		return;
	}
}

static void push(struct search *s, const struct state *st, uint32_t from, bool succeeded)
{
	uint32_t node = node_of(st);

	if (s->seen[node])
		return;
	s->seen[node] = 1;
	s->parent[node] = (struct step){ from, succeeded };
	s->todo[s->todo_n++] = node;
}

static void expand(struct search *s, uint32_t node)
{
	const struct pam_stack *k = s->stack;
	const struct pam_entry *e;
	enum module_class class;
	struct state st;

	state_of(node, &st);
	e = &k->entries[st.at];
	/* Entering a substack: what was so before is remembered, for reset. */
	if (st.at > 0 && level_at(k, st.at - 1) < e->level)
		st.saved[e->level] = st.now;
	if (e->kind == PAM_ENTRY_SUBSTACK) {
		st.at++;
		push(s, &st, node, false);
		return;
	}
	if (e->kind == PAM_ENTRY_MUST_FAIL) {
		run_entry(k, &st, PAMSTACK_PERM_DENIED);
		push(s, &st, node, false);
		return;
	}
	class = class_of(e->module);
	for (unsigned value = 0; value < PAMSTACK_RETURNS - 1; value++) {
		struct state next = st;

		if (!(value == PAMSTACK_SUCCESS ? may_succeed(s, class) : may_fail_with(class, s, value)))
			continue;
		run_entry(k, &next, value);
		push(s, &next, node, value == PAMSTACK_SUCCESS);
	}
}

/* Walk all states; the node that ends in success, or UINT32_MAX. */
static uint32_t walk(struct search *s)
{
	const struct state start = { .at = 0, .now = { UNDEF, false } };

	memset(s->seen, 0, (size_t)(s->stack->n + 1) * CODES);
	s->todo_n = 0;
	push(s, &start, node_of(&start), false);
	for (uint32_t i = 0; i < s->todo_n; i++) {
		struct state st;

		state_of(s->todo[i], &st);
		if (st.at < s->stack->n)
			expand(s, s->todo[i]);
		else if (st.now.impression == POSITIVE && st.now.success)
			return s->todo[i];
	}
	return UINT32_MAX;
}

/* The modules of this class or higher that had to succeed on the way. */
static void name_modules(const struct search *s, uint32_t node, enum module_class least, char ret_via[static 160])
{
	size_t n = 0;

	ret_via[0] = '\0';
	while (s->parent[node].from != node) {
		const struct step *step = &s->parent[node];
		const struct pam_entry *e = &s->stack->entries[step->from / CODES];

		if (step->succeeded && class_of(e->module) >= least && n < 160)
			n += (size_t)snprintf(ret_via + n, 160 - n, "%s%s (%s:%u)", n > 0 ? ", " : "", e->module, e->file,
			    (unsigned)e->line);
		node = step->from;
	}
}

/* Searches, worst first: who may succeed, what it means when the stack opens then. */
static const struct {
	bool harmless, root, password, other;
	enum pamlint_verdict verdict;
	enum module_class least;
} searches[] = {
	{ true, false, false, false, PAMLINT_OPEN, CLASS_PERMIT },
	{ true, false, true, false, PAMLINT_PASSWORD, CLASS_PASSWORD },
	{ true, false, true, true, PAMLINT_OTHER, CLASS_OTHER },
};

static bool has_module(const struct pam_stack *k)
{
	for (uint32_t i = 0; i < k->n; i++) {
		if (k->entries[i].kind == PAM_ENTRY_MODULE && class_of(k->entries[i].module) == CLASS_SEKISHO)
			return true;
	}
	return false;
}

/* Does some walk get through without pam_sekisho? The first, and so worst, search that does decides. */
static bool opens(struct search *s, enum pamlint_verdict *ret_verdict, char ret_via[static 160])
{
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		uint32_t node;

		s->harmless = searches[i].harmless;
		s->root = searches[i].root;
		s->password = searches[i].password;
		s->other = searches[i].other;
		node = walk(s);
		if (node != UINT32_MAX) {
			*ret_verdict = searches[i].verdict;
			name_modules(s, node, searches[i].least, ret_via);
			return true;
		}
	}
	return false;
}

static void judge(struct search *s, struct pamlint_report *r)
{
	enum pamlint_verdict verdict;
	uint32_t node;

	if (opens(s, &r->verdict, r->via))
		return;
	s->sekisho = s->harmless = s->password = s->other = true;
	s->root = false;
	if (walk(s) == UINT32_MAX) {
		r->verdict = PAMLINT_NOBODY;
		return;
	}
	s->sekisho = false;
	s->ignore = true;
	if (opens(s, &verdict, r->via)) {
		r->verdict = PAMLINT_IGNORE;
		return;
	}
	s->ignore = s->password = s->other = false;
	s->root = true;
	node = walk(s);
	r->verdict = node != UINT32_MAX ? PAMLINT_ROOT : PAMLINT_GOOD;
	if (node != UINT32_MAX)
		name_modules(s, node, CLASS_ROOT, r->via);
}

void pamlint_judge(const struct pam_stack *stack, struct pamlint_report *ret_report)
{
	size_t nodes = (size_t)(stack->n + 1) * CODES;
	struct search s = { .stack = stack };

	memset(ret_report, 0, sizeof(*ret_report));
	ret_report->verdict = PAMLINT_ABSENT;
	if (!has_module(stack))
		return;
	ret_report->verdict = PAMLINT_UNREADABLE;
	s.seen = malloc(nodes);
	s.parent = calloc(nodes, sizeof(*s.parent));
	s.todo = calloc(nodes, sizeof(*s.todo));
	if (s.seen != NULL && s.parent != NULL && s.todo != NULL)
		judge(&s, ret_report);
	free(s.seen);
	free(s.parent);
	free(s.todo);
}

void pamlint_service(const char *dir, const char *vendor_dir, const char *service,
    struct pamlint_report *ret_report)
{
	struct pam_stack *stack = malloc(sizeof(*stack));
	enum sk_status st = SK_E_NOMEM;

	memset(ret_report, 0, sizeof(*ret_report));
	ret_report->verdict = PAMLINT_UNREADABLE;
	if (stack != NULL)
		st = pamstack_load(dir, vendor_dir, service, stack);
	if (st == SK_OK)
		pamlint_judge(stack, ret_report);
	else if (st == SK_E_NOENT)
		ret_report->verdict = PAMLINT_ABSENT;
	free(stack);
}
