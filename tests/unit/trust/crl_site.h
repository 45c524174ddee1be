/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crl_site.h
 * @brief A site with one root and two cards, of which one is going to be lost: what the tests of lists start from.
 */
#ifndef TESTS_UNIT_TRUST_CRL_SITE_H
#define TESTS_UNIT_TRUST_CRL_SITE_H

#include "mint.h"

extern struct mint_site site;
extern struct mint_cert root, lost, kept;
extern struct trust *trust; /**< Lists are required, an hour of grace. */

int set_up(void **state);
int tear_down(void **state);
/** Trust anew, of what lies in the folders. */
void reopen(void);
/** This list is refused with this status and a sentence that has @p why in it. */
void refused(struct sk_span crl, enum sk_status want, const char *why);
/** For trust_crl_each(): the last one goes to @p arg. */
enum sk_status note_list(void *arg, const struct trust_crl *c);

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif /* TESTS_UNIT_TRUST_CRL_SITE_H */
