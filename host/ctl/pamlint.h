/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pamlint.h
 * @brief Can a PAM stack that holds pam_sekisho.so be passed without it?
 *
 * The stack is run as libpam runs it (Linux-PAM 1.5.2, libpam/pam_dispatch.c), not guessed from its words: every
 * combination of return values that its modules can give is tried, with pam_sekisho returning anything but
 * success, also when it is missing (PAM_IGNORE, which the module promises never to return, is looked at apart).
 * This is the class of mistake of CVE-2025-24531 and CVE-2020-27780.
 */
#ifndef CTL_PAMLINT_H
#define CTL_PAMLINT_H

#include "ctl/pamstack.h"

#define PAMLINT_MODULE "pam_sekisho.so"

/** What was found, worst last. */
enum pamlint_verdict {
	PAMLINT_ABSENT = 1, /**< The stack doesn't hold pam_sekisho.so. */
	PAMLINT_GOOD,       /**< Nothing but success of pam_sekisho opens it. */
	PAMLINT_IGNORE,     /**< Good as long as pam_sekisho never returns PAM_IGNORE, as it never does; `required` skips that value. */
	PAMLINT_ROOT,       /**< Only somebody who is root already gets past (pam_rootok: su). */
	PAMLINT_NOBODY,     /**< Not even success of pam_sekisho opens it. */
	PAMLINT_OTHER,      /**< Another module's success alone opens it; see via. */
	PAMLINT_PASSWORD,   /**< A password alone opens it. */
	PAMLINT_OPEN,       /**< It opens without any proof. */
	PAMLINT_UNREADABLE, /**< It can't be read or judged: treat as open. */
};

struct pamlint_report {
	enum pamlint_verdict verdict;
	char via[160];      /**< Modules whose success opens the stack, "pam_unix.so (common-auth:17)"; "" none needed. */
};

/** Judge a stack. */
SK_NONNULL void pamlint_judge(const struct pam_stack *stack, struct pamlint_report *ret_report);

/** Read and judge a service. */
SK_NONNULL void pamlint_service(const char *dir, const char *vendor_dir, const char *service,
    struct pamlint_report *ret_report);

#endif /* CTL_PAMLINT_H */
