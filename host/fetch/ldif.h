/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ldif.h
 * @brief The one revocation list out of what libcurl writes about an LDAP entry.
 *
 * libcurl (lib/openldap.c) writes each entry as lines, after the manner of RFC 2849 but with a tab before each attribute:
 *
 *     DN: cn=ca,o=jp LF
 *     TAB certificateRevocationList;binary:: BASE64 LF
 *     LF
 *
 * The text comes in pieces of any size. Exactly one value of an attribute ending in "RevocationList" (RFC 4523, 2.4 and others)
 * is wanted; none, or two, is an error.
 */
#ifndef FETCH_LDIF_H
#define FETCH_LDIF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/status.h"

#define LDIF_NAME_MAX 64u /**< Longest attribute description looked at. */

/** Takes decoded bytes. */
typedef enum sk_status ldif_sink_fn(void *arg, struct sk_span bytes);

/** Where in the text we are. All zero is the start. */
struct ldif {
	enum { LDIF_LINE = 0, LDIF_NAME, LDIF_COLON, LDIF_BLANK, LDIF_VALUE, LDIF_SKIP } state;
	char name[LDIF_NAME_MAX];
	uint32_t name_len;
	uint32_t values; /**< Lists seen. */
	uint32_t bits, bits_n; /**< Base64 not given out yet. */
	uint32_t pads;
};

/** SK_E_FORMAT: not base64, or a second list; SK_E_UNSUPPORTED: the list's value isn't in base64; or what @p sink returned. */
SK_MUST_CHECK SK_NONNULL enum sk_status ldif_feed(struct ldif *l, struct sk_span text, ldif_sink_fn *sink, void *arg);
/** The text is over. SK_E_NOENT: no list was in it; SK_E_FORMAT: it broke off inside. */
SK_MUST_CHECK SK_NONNULL enum sk_status ldif_end(const struct ldif *l);

#endif /* FETCH_LDIF_H */
