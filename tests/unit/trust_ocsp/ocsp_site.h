/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ocsp_site.h
 * @brief A site with two roots and two cards that keeps OCSP responses: what the tests of this folder start from.
 */
#ifndef TESTS_UNIT_TRUST_OCSP_OCSP_SITE_H
#define TESTS_UNIT_TRUST_OCSP_OCSP_SITE_H

#include "mint_ocsp.h"
#include "trust/trust_ocsp_impl.h"

#define WARN_S 3600

extern struct mint_site site;
extern char ocsp_dir[96];
extern struct mint_cert root, other, card, second; /**< Cards are of root. */
extern struct trust *trust;

int set_up(void **state);
int tear_down(void **state);
/** (Again) what lies in the folders. */
void open_trust(bool require_crl);
/** What the spec leaves open: about the card, of root. */
struct mint_ocsp about(struct mint_ocsp s);
/** A response about the card, of root where the spec doesn't say. */
enum sk_status take(struct mint_ocsp s, struct trust_ocsp *ret_o, char what[static 160]);
/** ... that must be taken. */
struct trust_ocsp taken(struct mint_ocsp s);
/** ... that must not, with this status and a sentence that has @p why in it. What was kept before is kept after. */
void refused(struct mint_ocsp s, enum sk_status want, const char *why);
/** What a log-in of the card is told. */
enum trust_ocsp_verdict answer_at(int64_t now);

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif /* TESTS_UNIT_TRUST_OCSP_OCSP_SITE_H */
