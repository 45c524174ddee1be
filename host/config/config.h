/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config.h
 * @brief /etc/sekisho/sekisho.conf: read whole, checked whole, or not used at all.
 *
 * Unknown section, unknown key, a value out of range, a key given twice or a policy with factors of one kind: the
 * file is refused with its line, key and reason, and the daemon keeps no half of it.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/lockout.h"
#include "core/policy.h"
#include "core/status.h"

#define CONFIG_SERVICES_MAX 32u
#define CONFIG_TEXT_MAX 128u
#define CONFIG_URLS_MAX 16u
#define CONFIG_URL_MAX 190u  /**< What a line holds. Unit: bytes. */
#define CONFIG_PROXY_MAX 128u

struct config_service {
	char name[33];           /**< PAM service, [A-Za-z0-9._-]. */
	struct policy policy;
	bool remote;             /**< true only when the site says so; a remote user can't touch the sensor. */
};

/** When the card of an open session leaves. What is neither of the other two is LOCK. */
enum card_out_act { CARD_OUT_LOCK = 0, CARD_OUT_END, CARD_OUT_NOTHING };

struct config {
	/* [site] */
	char site[CONFIG_TEXT_MAX + 1];      /**< name */
	char help[CONFIG_TEXT_MAX + 1];      /**< whom to call */
	char banner[CONFIG_TEXT_MAX + 1];    /**< shown before an attempt; may be empty */
	/* [terminal] */
	char terminal[65];                   /**< id; default: host name */
	char reader[65];                     /**< part of a reader's name; empty: any */
	char sensor[33];                     /**< libfprint driver; empty: any */
	char account[33];                    /**< shared account of this desk, opened where none is named; empty: the person's own */
	/* [trust] */
	char anchors_dir[256];               /**< default /etc/sekisho/anchors */
	bool require_crl;                    /**< default yes */
	uint32_t crl_warn_s;                 /**< crl_grace, default 24h */
	char policies[512];                  /**< certificate policies, OIDs; empty: any */
	char algorithms[128];                /**< words of trust_settings.c; empty: all that we can */
	/* [denylist] */
	char deny_key[191];                  /**< signs lists here: a file, or a URI of OSSL_STORE; empty: not here */
	char deny_key_provider[65];          /**< OpenSSL provider for the URI, or engine:NAME */
	bool deny_end_sessions;              /**< sessions = end; default lock */
	/* [session] */
	enum card_out_act card_out;          /**< What follows when a session's card leaves. */
	uint32_t card_out_grace_s;           /**< So long after it; 0..60, default 0. */
	uint32_t idle_lock_s;                /**< Lock after so long without work; 0: never, else 60..3600. */
	/* [crl], [ocsp], [fetch]: what `sekishoctl fetch` brings; nothing of it is touched at a log-in */
	char crl_urls[CONFIG_URLS_MAX][CONFIG_URL_MAX + 1]; /**< url, may come several times; or the word "cdp" */
	uint32_t crl_urls_n;
	char crl_watch[256];                 /**< watch: folder whose *.crl are imported; empty: none */
	char ocsp_url[CONFIG_URL_MAX + 1];   /**< url: the responder, or the word "aia"; empty: none is asked */
	char fetch_proxy[CONFIG_PROXY_MAX + 1]; /**< [fetch] proxy: http://host:port for http and https; empty: none */
	/* [lockout] */
	struct lockout_policy lock_pin, lock_finger, lock_terminal;
	/* [timing] */
	uint32_t attempt_deadline_s;         /**< 10..300, default 60 */
	uint32_t pin_deadline_s;             /**< 5..attempt, default 45 */
	uint32_t finger_deadline_s;          /**< 5..attempt, default 20 */
	/* [policy] */
	uint32_t dormant_s;                  /**< dormant: refused when not used for so long; 0: never, else 30d..1100d */
	/* [role staff], [role privileged], [role auditor] */
	struct policy role_policy[4];        /**< index: enum person_role; none given: the service's alone */
	bool role_policy_set[4];
	uint32_t role_session_max_s[4];      /**< 0: no limit; privileged default 3600 */
	/* [service NAME] and [service *] (the default for services not named; itself default card+pin+finger) */
	struct config_service services[CONFIG_SERVICES_MAX];
	uint32_t services_n;
	struct policy default_policy;
};

/** Where and why a file is refused. */
struct config_error {
	uint32_t line;      /**< 0: the file as a whole. */
	char key[64];       /**< "section.key" */
	char reason[160];   /**< English sentence with what would be right. */
};

/** The values that hold without any file line. Services: sshd is denied, everything remote is denied. */
SK_NONNULL void config_defaults(struct config *ret_c);

/**
 * Read a file: regular, owned by root or us, not writable by group or others, at most 64 KiB, checked on the open descriptor.
 * @retval SK_OK, SK_E_NOENT, SK_E_DENIED (owner, mode), SK_E_FORMAT (see reterr), SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status config_load(const char *path, struct config *ret_c, struct config_error *reterr);

/** The policy for a service; the default one when not named. */
SK_MUST_CHECK SK_NONNULL const struct policy *config_policy(const struct config *c, const char *service);
/** May a remote user (PAM_RHOST set) try this service? Only when its section says remote = yes. */
SK_MUST_CHECK SK_NONNULL bool config_remote_allowed(const struct config *c, const char *service);

/** A commented file with the defaults, for `sekishoctl init` and the manual. */
SK_MUST_CHECK const char *config_template(void);

#endif /* CONFIG_CONFIG_H */
