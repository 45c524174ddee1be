/* SPDX-License-Identifier: Apache-2.0 */
/* Command line: which subcommand, its options, its help. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/commands.h"

#define OPTIONS_MAX 32u

/* A subcommand being parsed. */
struct parse {
	const struct command *cmd;
	struct ctl_args *args;
	uint64_t given; /* Bits of options. */
};

static uint64_t read_number(const char *text, uint64_t max, struct argp_state *state)
{
	uint64_t n = 0;

	if (text[0] == '\0' || strlen(text) > 18)
		argp_error(state, _("%s isn't a number"), text);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			argp_error(state, _("%s isn't a number"), text);
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (n > max)
		argp_error(state, _("%s is too large"), text);
	return n;
}

static uint64_t option_bit(int key)
{
	size_t n;
	const struct option_row *rows = commands_options(&n);

	for (size_t i = 0; i < n; i++) {
		if (rows[i].option.key == key)
			return rows[i].bit;
	}
	return 0;
}

/* Where the text of an option goes; NULL: it isn't a text. */
static const char **text_of(struct ctl_args *a, uint64_t bit)
{
	switch (bit) {
	case OPT_NAME: return &a->name;
	case OPT_ACCOUNT: return &a->account;
	case OPT_ROLE: return &a->role;
	case OPT_VALID_FROM: return &a->valid_from;
	case OPT_VALID_UNTIL: return &a->valid_until;
	case OPT_PERSON: return &a->person;
	case OPT_CARD: return &a->card;
	case OPT_TERMINAL_ID: return &a->terminal_id;
	case OPT_REASON: return &a->reason;
	case OPT_FORMAT: return &a->format;
	case OPT_OUTPUT: return &a->output;
	case OPT_FILE: return &a->file;
	case OPT_SITE: return &a->site;
	case OPT_HELP_DESK: return &a->help_desk;
	case OPT_PAM_DIR: return &a->pam_dir;
	case OPT_AT: return &a->at;
	case OPT_CONFIG: return &a->config;
	case OPT_POLICY: return &a->policy;
	case OPT_FROM: return &a->from;
	case OPT_UNTIL: return &a->until;
	case OPT_LABEL: return &a->label;
	default: return NULL;
	}
}

/* An option that may come several times. */
static void add_file(const char **files, uint32_t *n, const char *arg, struct argp_state *state)
{
	if (*n == CTL_FILES_MAX)
		argp_error(state, _("more than %u files of one kind"), CTL_FILES_MAX);
	files[(*n)++] = arg;
}

static void set_other(struct ctl_args *a, uint64_t bit, const char *arg, struct argp_state *state)
{
	switch (bit) {
	case OPT_JSON:
		a->json = true;
		break;
	case OPT_BOM:
		a->bom = true;
		break;
	case OPT_COMPACT:
		a->compact = true;
		break;
	case OPT_TEMPORARY:
		a->temporary = true;
		break;
	case OPT_CARD_TERMINAL:
		add_file(a->terminals, &a->terminals_n, arg, state);
		break;
	case OPT_PIN_FD:
		a->pin_fd = (int)read_number(arg, 1023, state);
		break;
	case OPT_AFTER:
		a->after = read_number(arg, INT64_MAX, state);
		a->after_given = true;
		break;
	case OPT_TERMINAL:
		a->terminal = true;
		break;
	case OPT_LAST:
		a->last = (uint32_t)read_number(arg, 1000000, state);
		break;
	case OPT_ANCHOR:
		add_file(a->anchors, &a->anchors_n, arg, state);
		break;
	case OPT_CHAIN:
		add_file(a->chain, &a->chain_n, arg, state);
		break;
	case OPT_CRL:
		add_file(a->crls, &a->crls_n, arg, state);
		break;
	case OPT_EXPLICIT_POLICY:
		a->explicit_policy = true;
		break;
	case OPT_INHIBIT_MAPPING:
		a->inhibit_mapping = true;
		break;
	case OPT_INHIBIT_ANY:
		a->inhibit_any = true;
		break;
	default:
		argp_error(state, "%s", _("unknown option"));
	}
}

/* The names of options that must be there and aren't. */
static void check_required(const struct parse *p, struct argp_state *state)
{
	size_t n;
	const struct option_row *rows = commands_options(&n);

	for (size_t i = 0; i < n; i++) {
		if ((p->cmd->required & rows[i].bit) != 0 && (p->given & rows[i].bit) == 0)
			argp_error(state, _("--%s is needed"), rows[i].option.name);
	}
	if (p->args->args_n < p->cmd->args_min)
		argp_error(state, _("%s is needed"), _(p->cmd->args_doc));
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;
	uint64_t bit;
	const char **text;

	if (key == ARGP_KEY_ARG) {
		if (p->args->args_n >= p->cmd->args_max || p->args->args_n >= CTL_ARGS_MAX)
			argp_error(state, _("unexpected argument %s"), arg);
		p->args->arg[p->args->args_n++] = arg;
		return 0;
	}
	if (key == ARGP_KEY_END) {
		check_required(p, state);
		return 0;
	}
	bit = option_bit(key);
	if (bit == 0)
		return ARGP_ERR_UNKNOWN;
	if ((p->given & bit & ~(OPT_ANCHOR | OPT_CHAIN | OPT_CRL | OPT_CARD_TERMINAL)) != 0)
		argp_error(state, "%s", _("an option is given twice"));
	p->given |= bit;
	text = text_of(p->args, bit);
	if (text != NULL)
		*text = arg;
	else
		set_other(p->args, bit, arg, state);
	return 0;
}

static enum ctl_exit run_command(const struct command *cmd, bool json, int argc, char **argv)
{
	struct argp_option options[OPTIONS_MAX];
	struct ctl_args args = { .pin_fd = -1, .json = json };
	struct parse p = { .cmd = cmd, .args = &args };
	char name[64], doc[2048];
	struct argp argp = { .options = options, .parser = take, .args_doc = cmd->args_doc[0] != '\0' ? _(cmd->args_doc) : "",
		.doc = doc, .argp_domain = CTL_DOMAIN };
	size_t rows_n, n = 0;
	const struct option_row *rows = commands_options(&rows_n);

	memset(options, 0, sizeof(options));
	for (size_t i = 0; i < rows_n && n < OPTIONS_MAX - 1; i++) {
		if ((cmd->options & rows[i].bit) != 0)
			options[n++] = rows[i].option;
	}
	snprintf(name, sizeof(name), "sekishoctl %s%s%s", cmd->group, cmd->verb != NULL ? " " : "",
	    cmd->verb != NULL ? cmd->verb : "");
	snprintf(doc, sizeof(doc), "%s\v%s\n%s", _(cmd->doc), _("Examples:"), cmd->examples);
	argv[0] = name;
	if (argp_parse(&argp, argc, argv, 0, NULL, &p) != 0)
		return CTL_USAGE;
	return cmd->fn(&args);
}

/* What stands in front of the subcommand. */
struct first {
	int at; /* Of the subcommand in argv; 0: none. */
	bool json;
};

/* The first word stops the parser: what follows belongs to the subcommand. */
static error_t take_first(int key, char *arg, struct argp_state *state)
{
	struct first *f = state->input;

	(void)arg;
	if (key == 'j') {
		f->json = true;
		return 0;
	}
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	f->at = state->next - 1;
	state->next = state->argc;
	return 0;
}

/* All commands with their first sentence. */
static char *command_list(void)
{
	char *text = NULL;
	size_t len = 0, n;
	const struct command *all = commands_all(&n);
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	fprintf(out, "%s\v%s\n", _("Administer Sekisho: persons, cards, fingers, revocation, audit."), _("Commands:"));
	for (size_t i = 0; i < n; i++)
		fprintf(out, "  %s%s%s %s\n      %s\n", all[i].group, all[i].verb != NULL ? " " : "",
		    all[i].verb != NULL ? all[i].verb : "", all[i].args_doc[0] != '\0' ? _(all[i].args_doc) : "", _(all[i].doc));
	fprintf(out, "\n%s\n", _("Exit status: 0 done, 1 refused or failed, 2 wrong arguments, 3 the daemon doesn't run, "
	    "4 not found, 5 no permission, 6 a check found problems."));
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* 0: no group of this name; otherwise *ret_cmd may still be NULL (no such verb). */
static bool find_command(const char *group, const char *verb, const struct command **ret_cmd)
{
	size_t n;
	const struct command *all = commands_all(&n);
	bool group_known = false;

	*ret_cmd = NULL;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].group, group) != 0)
			continue;
		group_known = true;
		if (all[i].verb == NULL || (verb != NULL && strcmp(all[i].verb, verb) == 0))
			*ret_cmd = &all[i];
	}
	return group_known;
}

enum ctl_exit ctl_run(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", 'j', NULL, 0, N_("Answer for programs: one JSON object on standard output"), 0 },
		{ 0 },
	};
	char *doc = command_list();
	struct first f = { .at = 0 };
	struct argp argp = { .options = options, .parser = take_first, .args_doc = _("COMMAND [ARGUMENT...]"), .doc = doc,
		.argp_domain = CTL_DOMAIN };
	const struct command *cmd;
	int used;

	argp_err_exit_status = CTL_USAGE;
	/* In order: an option behind the command is the command's. */
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &f) != 0 || f.at == 0) {
		free(doc);
		ctl_error("%s", _("Say what to do: sekishoctl --help lists the commands."));
		return CTL_USAGE;
	}
	free(doc);
	if (!find_command(argv[f.at], f.at + 1 < argc ? argv[f.at + 1] : NULL, &cmd)) {
		ctl_error(_("There is no command %s: sekishoctl --help lists them."), argv[f.at]);
		return CTL_USAGE;
	}
	if (cmd == NULL) {
		ctl_error(_("%s needs a word more: sekishoctl --help lists the commands."), argv[f.at]);
		return CTL_USAGE;
	}
	used = f.at + (cmd->verb != NULL ? 1 : 0);
	return run_command(cmd, f.json, argc - used, argv + used);
}
