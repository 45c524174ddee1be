/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file url.h
 * @brief Which URLs this project fetches from: a plain, narrow form, judged before any library sees it.
 */
#ifndef URL_URL_H
#define URL_URL_H

#include "core/attr.h"
#include "core/status.h"

#define URL_LEN_MAX 255u /**< Unit: bytes. */

/** Schemes, as bits. */
enum url_scheme { URL_HTTP = 1u << 0, URL_HTTPS = 1u << 1, URL_LDAP = 1u << 2, URL_LDAPS = 1u << 3 };
#define URL_WEB ((unsigned)URL_HTTP | URL_HTTPS)
#define URL_ANY (URL_WEB | URL_LDAP | URL_LDAPS)

/**
 * scheme://host[:port][/...], RFC 3986, and no more: printable ASCII without space, quotes, backslash or fragment; no user name
 * or password; a host.
 *
 * @param schemes     Bits that are allowed.
 * @param ret_scheme  Which it is.
 * @retval SK_OK, SK_E_FORMAT, SK_E_SPACE (longer than URL_LEN_MAX), SK_E_UNSUPPORTED (another scheme)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status url_check(const char *url, unsigned schemes, enum url_scheme *ret_scheme);

#endif /* URL_URL_H */
