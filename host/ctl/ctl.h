/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ctl.h
 * @brief sekishoctl: what its subcommands share.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <libintl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

#define CTL_DOMAIN "sekisho"
/** Translate now / mark for translation. */
#define _(text) dgettext(CTL_DOMAIN, text)
#define N_(text) text

/** Exit statuses: constant, in the manual, for scripts and monitoring. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,        /**< Refused or failed. */
	CTL_USAGE = 2,         /**< Wrong arguments. */
	CTL_DOWN = 3,          /**< The daemon doesn't run. */
	CTL_NOT_FOUND = 4,     /**< No such person, card, finger or file. */
	CTL_NO_PERMISSION = 5, /**< Only root may do this. */
	CTL_PROBLEMS = 6,      /**< A check ran and found problems. */
};

/** Files of one kind on a command line: as many as the daemon takes of anchors and intermediates, and of lists. */
#define CTL_FILES_MAX 256u
#define CTL_ARGS_MAX 32u

/** Everything a command line can hold; texts point into argv. NULL: not given. */
struct ctl_args {
	bool json;
	const char *arg[CTL_ARGS_MAX]; /**< Arguments that aren't options. */
	uint32_t args_n;
	const char *name, *account, *role, *valid_from, *valid_until, *person, *card, *reason;
	const char *terminal_id;
	bool terminal;                 /**< "This terminal". */
	const char *site, *help_desk, *format, *output, *file, *pam_dir;
	const char *anchors[CTL_FILES_MAX], *chain[CTL_FILES_MAX], *crls[CTL_FILES_MAX];
	uint32_t anchors_n, chain_n, crls_n;
	const char *at, *config, *policy, *label;
	bool explicit_policy, inhibit_mapping, inhibit_any;
	uint64_t after;
	bool after_given;
	uint32_t last;
	bool bom;
	bool compact;
	bool temporary;
	const char *from, *until;
	const char *terminals[CTL_FILES_MAX];
	uint32_t terminals_n;
	int pin_fd;                    /**< -1: ask on the terminal. */
};

/** A subcommand; returns an exit status. */
typedef enum ctl_exit ctl_fn(const struct ctl_args *a);

ctl_fn cmd_init, cmd_status, cmd_unlock, cmd_doctor, cmd_policy_check, cmd_pam_check, cmd_pam_enable, cmd_pam_disable;
ctl_fn cmd_person_add, cmd_person_list, cmd_person_show, cmd_person_suspend, cmd_person_reinstate, cmd_person_retire;
ctl_fn cmd_person_dormant;
ctl_fn cmd_card_enrol, cmd_card_relink, cmd_card_list, cmd_card_revoke, cmd_card_return, cmd_card_destroy;
ctl_fn cmd_shared_add, cmd_shared_remove, cmd_shared_list, cmd_shared_who;
ctl_fn cmd_finger_enrol, cmd_finger_list, cmd_finger_delete;
ctl_fn cmd_crl_import, cmd_crl_status, cmd_crl_forget, cmd_trust_check, cmd_clock_accept;
ctl_fn cmd_card_unrevoke, cmd_denylist_make, cmd_denylist_export, cmd_denylist_import, cmd_denylist_status, cmd_denylist_receipt;
ctl_fn cmd_ocsp_import, cmd_ocsp_status, cmd_fetch;
ctl_fn cmd_media_show, cmd_media_list, cmd_media_add, cmd_media_remove, cmd_media_export, cmd_media_import, cmd_media_flush;
ctl_fn cmd_audit_list, cmd_audit_verify, cmd_audit_export, cmd_audit_reanchor;

/** An error for people, on stderr, with the program's name. */
void ctl_error(const char *format, ...) SK_PRINTF(1, 2);

/**
 * A file that was named could not be loaded: says so.
 * @param st         Of safefile_load() or safefile_open(); not SK_OK.
 * @param too_large  What is said when it is larger than the caller takes: a format with one %s for the path, to be translated.
 */
SK_MUST_CHECK SK_NONNULL enum ctl_exit ctl_load_failed(enum sk_status st, const char *path, const char *too_large);

/** Parse a command line and run it: all of sekishoctl behind main(). */
SK_MUST_CHECK SK_NONNULL enum ctl_exit ctl_run(int argc, char **argv);

#endif /* CTL_CTL_H */
