/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config_value.h
 * @brief The kinds of values that a key of sekisho.conf can have; nobody outside of host/config/ includes it.
 *
 * None of them writes anything before its value is known to be good.
 */
#ifndef CONFIG_CONFIG_VALUE_H
#define CONFIG_CONFIG_VALUE_H

#include <stddef.h>

#include "config/config.h"

/** A sentence that says why not, with its NUL. Unit: bytes. */
#define CONFIG_WHY_LEN 160u
/** Unit: seconds. */
#define CONFIG_DAY_S 86400u

struct config_key;
/** Sets the value. SK_E_FORMAT: reterr_why has a sentence. */
typedef enum sk_status config_set_fn(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN]);

/** A row of the table of keys. */
struct config_key {
	const char *section, *key;
	config_set_fn *set;
	size_t at;         /**< Place in struct config. */
	size_t flag_at;    /**< Place of a bool that says "was given"; 0: none. */
	uint32_t min, max; /**< Numbers: range. Texts: length in bytes. */
};

/** Texts: of min to max bytes; a name (of a service, a device: A-Z a-z 0-9 . _ -); a full path. */
config_set_fn config_value_text, config_value_name, config_value_path;
/** What is asked over a network; a list of revocation lists' URLs grows by one each time. */
config_set_fn config_value_crl_url, config_value_ocsp_url, config_value_proxy;
/** yes or no; a number; a time with its unit, s when it has none; the same, or 0 for never. */
config_set_fn config_value_bool, config_value_count, config_value_seconds, config_value_seconds_or_never;
config_set_fn config_value_policy;
/** The denylist's signing key, a file or a URI, and the OpenSSL provider or engine that has it. */
config_set_fn config_value_key, config_value_provider;
/** One word of a few. */
config_set_fn config_value_sessions, config_value_card_out;
/** For keys without a row. */
SK_MUST_CHECK SK_NONNULL bool config_is_name(const char *text, size_t max);
SK_MUST_CHECK SK_NONNULL
enum sk_status config_read_bool(const char *value, bool *ret_b, char reterr_why[static CONFIG_WHY_LEN]);
SK_MUST_CHECK SK_NONNULL
enum sk_status config_read_policy(const char *value, struct policy *ret_p, char reterr_why[static CONFIG_WHY_LEN]);

#endif /* CONFIG_CONFIG_VALUE_H */
