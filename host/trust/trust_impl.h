/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_impl.h
 * @brief What the parts of host/trust share; nobody else includes this.
 *
 * Reasons are collected as a set (one bit per enum trust_reason) and the most useful one is picked at
 * the end: a look at one fault never hides another, and no order of checks can turn a fault into good.
 */
#ifndef TRUST_TRUST_IMPL_H
#define TRUST_TRUST_IMPL_H

#include <dirent.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crl/index.h"
#include "trust/trust.h"

#define TRUST_WHAT_MAX 160u
#define TRUST_CERT_LEN_MAX 65536u              /**< One certificate. Unit: bytes. */
#define TRUST_EXT_N_MAX 64                     /**< Extensions in one certificate or CRL. */
#define TRUST_CAS_MAX 256u                     /**< Anchors and intermediates. */
#define TRUST_LISTS_MAX 256u                   /**< CRLs in force or remembered. */
#define TRUST_ISSUER_DER_MAX 2048u             /**< DER of an issuer's name. Unit: bytes. */
#define TRUST_DEPTH_MAX 5                      /**< Intermediate CAs between leaf and anchor. */
#define TRUST_CLOCK_SKEW_S 300                 /**< A CRL may come from a clock that is ahead by this. */

/** ReasonFlags 1 to 8 (RFC 5280, 4.2.1.13), each at its bit. */
#define TRUST_REASONS_ALL UINT32_C(0x1FE)

/** A CRL in force; or, when @c ix is NULL, one that was in force and is no longer readable: it denies (trust_revoke.c, rule 3). */
struct trust_list {
	char id[TRUST_LIST_ID_LEN + 1]; /**< Hex SHA-256 of issuer name, signer key and scope; the files are "<id>.index" and "<id>.crl". */
	struct crl_index *ix;
	X509 *signer;              /**< NULL exactly when ix is. */
	X509_NAME *issuer;
	BIGNUM *number;
	int64_t this_update, next_update;
	uint8_t scope_hash[32];    /**< SHA-256 of the issuingDistributionPoint's DER; zeros: it has none. */
	bool delta;
	BIGNUM *base;              /**< Delta: BaseCRLNumber. Else NULL. */
	ISSUING_DIST_POINT *idp;   /**< NULL: none, or the list is not readable. Names are whole. */
	bool only_user, only_ca, only_attribute, indirect;
	uint32_t reasons;          /**< Of TRUST_REASONS_ALL. */
	uint8_t signer_key[32];    /**< SHA-256 of the signer's SubjectPublicKeyInfo. */
	uint8_t bytes_hash[32];    /**< SHA-256 of the DER. */
	uint32_t entries;
};

struct trust {
	char *anchors_dir, *crl_dir;
	bool require_crl;
	uint32_t crl_warn_s;
	uint32_t algorithms;          /**< trust_settings_read(). */
	STACK_OF(ASN1_OBJECT) *policies; /**< One of these must hold for the whole path; empty: any. */
	bool explicit_policy, no_policy_mapping, no_any_policy; /**< RFC 5280, 6.1.1 (e) to (g). */
	X509_STORE *anchors;          /**< Self-signed ones only. */
	STACK_OF(X509) *intermediates;
	STACK_OF(X509) *cas;          /**< Both. */
	struct trust_list lists[TRUST_LISTS_MAX];
	size_t lists_n;
	uint32_t anchors_n;
	bool repair;                  /**< A look-up met a damaged index. */
	struct ocsp_cache *ocsp;      /**< trust_ocsp_impl.h; NULL: no responses are kept. */
};

/** What kind of key, as far as it is on the allowed list. */
enum trust_key { TRUST_KEY_OTHER = 0, TRUST_KEY_RSA, TRUST_KEY_P256, TRUST_KEY_P384 };

/** A reason as a member of a set. */
static inline uint32_t trust_bit(enum trust_reason r)
{
	return UINT32_C(1) << (unsigned)r;
}

/* trust_text.c */
/** Name as RFC 2253 UTF-8 text; control, invisible and direction-changing characters as \XX; cut at a character's end. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_text_name(const X509_NAME *name, char ret_text[static TRUST_NAME_MAX + 1]);
/** Integer of up to 20 octets in hex, "-" in front of a negative one; SK_E_FORMAT when longer. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_text_integer(const ASN1_INTEGER *n, char ret_text[static TRUST_SERIAL_MAX]);
SK_MUST_CHECK SK_NONNULL enum sk_status trust_text_number(const BIGNUM *n, char ret_text[static TRUST_SERIAL_MAX]);
/** UTCTime or GeneralizedTime in the form of RFC 5280, 4.1.2.5, as seconds since 1970. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_text_time(const ASN1_TIME *t, int64_t *ret_s);
/** 2 * len lower-case digits and a NUL. */
SK_NONNULL void trust_text_hex(const uint8_t *p, size_t len, char *ret_text);
/** Fill @p reterr_what with "file: sentence"; characters of the name that would disturb a log become '?'. */
SK_NONNULL void trust_text_what(char reterr_what[static TRUST_WHAT_MAX], const char *file, const char *sentence);
/** A sentence without a file. */
SK_NONNULL void trust_text_say(char reterr_what[static TRUST_WHAT_MAX], const char *sentence);

/* trust_cert.c */
/** One DER certificate, nothing after it, canonical outside, no extension twice, serial in range. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_x509_parse(struct sk_span der, X509 **ret_x);
SK_MUST_CHECK SK_NONNULL enum trust_key trust_x509_key(const X509 *x, int *ret_bits);
SK_MUST_CHECK SK_NONNULL enum sk_status trust_x509_key_hash(const X509 *x, uint8_t ret_hash[static 32]);
/** The leaf's algorithm; SK_E_UNSUPPORTED when its key is not on the list. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_x509_alg(const X509 *x, enum ipc_alg *ret_alg);
SK_MUST_CHECK bool trust_sig_allowed(int signature_nid);
/** Reasons against @p x as a card's certificate, as a CA; 0: none. */
SK_MUST_CHECK SK_NONNULL uint32_t trust_leaf_faults(X509 *x);
SK_MUST_CHECK SK_NONNULL uint32_t trust_ca_faults(X509 *x);

/* trust_settings.c */
/** Both texts may be NULL or "". *ret_mask: opaque set, all when nothing is named. The caller frees the stack. */
SK_MUST_CHECK enum sk_status trust_settings_read(const char *algorithms, const char *policies, uint32_t *ret_mask,
    STACK_OF(ASN1_OBJECT) **ret_policies, char reterr_what[static TRUST_WHAT_MAX]);
/** Is a signature's algorithm in the site's set? */
SK_MUST_CHECK bool trust_settings_signature(uint32_t mask, int signature_nid);
/** Reasons against key and signature of a certificate by the site's set. */
SK_MUST_CHECK SK_NONNULL uint32_t trust_settings_faults(uint32_t mask, const X509 *x);

/* trust_chain.c */
/** Whose path: policies of the site are asked of cards, not of those who sign lists (RFC 5280, 6.3.3 (f)). */
enum trust_path { TRUST_PATH_CARD = 1, TRUST_PATH_SIGNER };
/**
 * Build and check the path of @p x at @p now, without revocation and without the rules for leaves.
 * @param ret_chain  @p x first, anchor last; NULL when the path was not completed. The caller frees it with its members.
 * @return Set of reasons; 0: the path is good.
 */
SK_MUST_CHECK SK_NONNULL uint32_t trust_path_check(const struct trust *t, enum trust_path kind, X509 *x, int64_t now, STACK_OF(X509) **ret_chain);

/* trust_revoke.c */
/** Look at everything in @p chain below the anchor. @return Set of reasons. *ret_warn is set, never cleared. */
SK_MUST_CHECK SK_NONNULL uint32_t trust_revoke_check(const struct trust *t, STACK_OF(X509) *chain, int64_t now, bool *ret_warn);

/* trust_scope.c */
/** Is it @p x's issuer, or one whose lists @p x names by cRLIssuer? Does not look at scopes. */
SK_MUST_CHECK SK_NONNULL bool trust_scope_issuer(const X509_NAME *issuer, X509 *x);
/** For which reasons the list's scope has @p x in it; 0: none. Does not look at keys. */
SK_MUST_CHECK SK_NONNULL uint32_t trust_scope_reasons(const struct trust_list *l, X509 *x);

/* trust_list.c */
/** What a list says of a certificate. */
enum trust_found { TRUST_FOUND_NOT = 1, TRUST_FOUND_LISTED, TRUST_FOUND_REMOVED, TRUST_FOUND_DAMAGED };
/** Look up serial and, in indirect lists, issuer. */
SK_MUST_CHECK SK_NONNULL enum trust_found trust_list_find(const struct trust_list *l, X509 *x);
SK_MUST_CHECK SK_NONNULL static inline bool trust_list_readable(const struct trust_list *l)
{
	return l->ix != NULL;
}
/** Same issuer, signer's key and scope; one may be a delta upon the other. */
SK_MUST_CHECK SK_NONNULL bool trust_list_same_scope(const struct trust_list *a, const struct trust_list *b);

/* trust_facts.c */
/** Is this a list that can be in force? Takes *ix over on SK_OK; signer and id are not set yet. SK_E_FORMAT, SK_E_UNSUPPORTED. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_list_take(struct crl_index **ix, struct trust_list *ret_l,
    char reterr_what[static TRUST_WHAT_MAX]);
/** Find who signed it; sets signer, signer_key and id. @p now NULL: dates and path of the signer are not looked at.
 *  SK_E_NOENT: no certificate of that name at all. SK_E_CRYPTO: there is one, but the signature is not good. */
SK_MUST_CHECK enum sk_status trust_list_judge(const struct trust *t, struct trust_list *l, const int64_t *now,
    char reterr_what[static TRUST_WHAT_MAX]);
SK_NONNULL void trust_list_clear(struct trust_list *l);
/** The same scope, and both deltas or both complete: the number of one binds the other. */
SK_MUST_CHECK SK_NONNULL bool trust_list_same(const struct trust_list *a, const struct trust_list *b);

/* trust.c */
typedef int trust_file_filter(const char *name);
/** Names in @p dir that @p filter takes, sorted. The folder must be root's or ours and not writable by others.
 *  @param ret_names  scandir(3)'s; see trust_names_free(). SK_E_NOENT no folder, SK_E_CORRUPT the others may write, SK_E_IO */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_dir_scan(const char *dir, trust_file_filter *filter, struct dirent ***ret_names,
    int *ret_n, char reterr_what[static TRUST_WHAT_MAX]);
void trust_names_free(struct dirent **names, int n);
/** "dir/name"; the caller frees; NULL: no memory. */
SK_MUST_CHECK SK_NONNULL char *trust_path_join(const char *dir, const char *name);
/** What to say about a file that safefile refuses. */
SK_MUST_CHECK const char *trust_file_fault(enum sk_status st);

/* trust_crldir.c */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_crldir_load(struct trust *t, char reterr_what[static TRUST_WHAT_MAX]);
/** Make the numbers durable. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_crldir_remember(const struct trust *t);
/** "<id>.index" or "<id>.crl". */
#define TRUST_INDEX_SUFFIX ".index"
#define TRUST_LIST_SUFFIX ".crl"
/** Where an index is built again: not where sekisho-crl may be writing one just now. */
#define TRUST_REPAIR_INDEX "repair.idx"
/** What is in force, under a second name while a newer one is put in its place. One that a cut left is taken away at the next start. */
#define TRUST_OLD_LIST "old.crl"
#define TRUST_OLD_INDEX "old.idx"
#define TRUST_ID_NAME_MAX 80u
SK_NONNULL void trust_crldir_name(const char *id, const char *suffix, char ret_name[static TRUST_ID_NAME_MAX]);
/** Open the folder; -1. The caller closes. */
SK_MUST_CHECK SK_NONNULL int trust_crldir_open(const struct trust *t);
/** The list known by @p id; NULL. */
SK_MUST_CHECK SK_NONNULL struct trust_list *trust_crldir_find(struct trust *t, const char *id);

/* trust_crl.c */
/** Read "<from>" in the folder and write its index as @p to, which must not be there. @p ret_der_hash: SHA-256 of the list's DER. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_crl_compile(int dir_fd, const char *from, const char *to, uint8_t ret_der_hash[static 32],
    char reterr_what[static TRUST_WHAT_MAX]);

#endif /* TRUST_TRUST_IMPL_H */
