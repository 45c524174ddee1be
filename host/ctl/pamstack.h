/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pamstack.h
 * @brief A service's auth stack as Linux-PAM builds it from /etc/pam.d: includes and substacks resolved, controls as actions.
 *
 * Sources: pam.conf(5); Linux-PAM 1.5.2 libpam/pam_handlers.c, with Debian's `@include`. Where the file is wrong,
 * libpam installs an entry that always fails; so do we.
 */
#ifndef CTL_PAMSTACK_H
#define CTL_PAMSTACK_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/** Return values of a module: PAM_SUCCESS (0) .. 31. */
#define PAMSTACK_RETURNS 32u
#define PAMSTACK_SUCCESS 0u
#define PAMSTACK_AUTH_ERR 7u
#define PAMSTACK_PERM_DENIED 6u
#define PAMSTACK_IGNORE 25u
/** Most entries of one stack, and deepest substack, that are judged. */
#define PAMSTACK_MAX 256u
#define PAMSTACK_LEVELS 4u
/** libpam's PAM_SUBSTACK_MAX_LEVEL: deepest include. */
#define PAMSTACK_INCLUDES 16u

/** What happens on a return value; a positive number jumps over so many entries. */
enum pam_action {
	PAM_ACTION_IGNORE = 0, PAM_ACTION_OK = -1, PAM_ACTION_DONE = -2, PAM_ACTION_BAD = -3, PAM_ACTION_DIE = -4,
	PAM_ACTION_RESET = -5, PAM_ACTION_UNSET = -6,
};

enum pam_entry_kind { PAM_ENTRY_MODULE = 1, PAM_ENTRY_SUBSTACK, PAM_ENTRY_MUST_FAIL };

struct pam_entry {
	enum pam_entry_kind kind;
	uint32_t level;                  /**< Of substacks; 0: outermost. */
	int16_t actions[PAMSTACK_RETURNS];
	char module[48];                 /**< Without path: "pam_unix.so". */
	char file[48];                   /**< Where it stands, for people. */
	uint32_t line;
};

struct pam_stack {
	struct pam_entry entries[PAMSTACK_MAX];
	uint32_t n;
};

/**
 * Read the auth stack of @p service from @p dir, or from @p vendor_dir when it isn't there.
 *
 * @param vendor_dir  "" for none.
 * @retval SK_OK        Perhaps empty.
 * @retval SK_E_NOENT   No such service.
 * @retval SK_E_SPACE   More entries or deeper substacks than are judged.
 * @retval SK_E_FORMAT, SK_E_IO, SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status pamstack_load(const char *dir, const char *vendor_dir, const char *service, struct pam_stack *ret_stack);

/** Actions of a control field ("required", "[success=1 default=bad]"). A wrong one: every value is bad. */
SK_NONNULL void pamstack_control(const char *control, int16_t ret_actions[static PAMSTACK_RETURNS]);

#endif /* CTL_PAMSTACK_H */
