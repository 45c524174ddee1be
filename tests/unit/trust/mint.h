/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mint.h
 * @brief Makes keys, certificates, CRLs and folders for the tests of host/trust: nothing secret lies in the repository.
 *
 * A field left zero in a specification means the ordinary, good thing, so that each test names only what it spoils.
 * Everything fails the running test when OpenSSL fails. Objects live until mint_end().
 */
#ifndef TESTS_UNIT_TRUST_MINT_H
#define TESTS_UNIT_TRUST_MINT_H

#include <openssl/x509.h>

#include "trust/trust.h"

/** 2026-07-01 00:00:00 UTC: the tests' "now". */
#define MINT_NOW INT64_C(1782864000)
#define MINT_DAY INT64_C(86400)

enum mint_key {
	MINT_P256 = 0, MINT_P384, MINT_RSA2048, MINT_RSA3072, MINT_RSA1024, MINT_RSA4104, MINT_RSA2048_E3, MINT_P521,
	MINT_P256_EXPLICIT, MINT_P256_COMPRESSED, MINT_ED25519,
};

/** An extension by hand. */
struct mint_ext {
	const char *oid;   /**< NULL: none. */
	bool critical;
	const char *value; /**< As in openssl.cnf, "DER:0500" for bytes. */
};

struct mint_spec {
	const char *name;        /**< CN; NULL: no name at all. */
	X509_NAME *subject;      /**< Instead of name. */
	EVP_PKEY *key;           /**< NULL: a new one of kind. */
	enum mint_key kind;
	const char *md;          /**< NULL: SHA256. */
	int64_t from, until;     /**< Relative to MINT_NOW; 0, 0: a year ago to a year ahead. */
	const char *serial;      /**< Hex, "-" in front for negative; NULL: counted. */
	const char *basic;       /**< basicConstraints; NULL: as fits a CA or leaf; "": none. */
	const char *usage;       /**< keyUsage; the same. */
	const char *eku;         /**< NULL: none. */
	struct mint_ext ext[2];
	bool v1, no_aki;
	bool rsa_without_null;   /**< The RSA key's algorithm lacks its NULL (RFC 3279, 2.3.1). */
	bool break_signature;    /**< Flip a bit in it. */
};

/** A certificate with its key. */
struct mint_cert {
	X509 *x;
	EVP_PKEY *key;
	uint8_t *der;
	size_t len;
};

struct mint_crl {
	const struct mint_cert *issuer;
	X509_NAME *issuer_name;  /**< NULL: the issuer's. */
	EVP_PKEY *key;           /**< NULL: the issuer's. */
	const char *md;
	int64_t from, until;     /**< Relative to MINT_NOW; 0, 0: an hour ago to a day ahead. */
	bool no_next;
	const char *number;      /**< Hex; NULL: "1"; "": none. */
	const char *serials[4];  /**< Revoked ones, hex; besides cert. */
	const struct mint_cert *revoked;
	unsigned filler_n;       /**< So many other entries. */
	int reason;              /**< reasonCode of the entries; 0: none. */
	struct mint_ext ext[2], entry_ext;
	bool v1, no_aki;
	bool break_signature;
};

/** A folder with anchors/ and crl/. */
struct mint_site {
	char dir[64], anchors[80], crls[80];
};

EVP_PKEY *mint_key(enum mint_key kind);
/** A CA: issuer NULL means self-signed. */
struct mint_cert mint_ca(const struct mint_cert *issuer, struct mint_spec spec);
struct mint_cert mint_leaf(const struct mint_cert *issuer, struct mint_spec spec);
/** DER; lives until mint_end(). */
struct sk_span mint_crl(struct mint_crl spec);
struct sk_span mint_span(const struct mint_cert *c);
/** The same bytes in PEM. */
struct sk_span mint_pem(const char *label, struct sk_span der);
/** Memory until mint_end(). */
void *mint_alloc(size_t len);
/** A name from RDNs "CN", "O" ... with a value in an ASN.1 type. */
X509_NAME *mint_name(const char *field, int type, const void *value, size_t len);

void mint_site_begin(struct mint_site *s);
void mint_site_put(const char *dir, const char *name, struct sk_span bytes);
/** Anchor or intermediate into anchors/, in DER. */
void mint_site_add(struct mint_site *s, const char *name, const struct mint_cert *c);
/** Names of files in crl/ that end in @p suffix: how many, and the last one's path. */
unsigned mint_site_find(const struct mint_site *s, const char *suffix, char *ret_path, size_t cap);
void mint_site_end(struct mint_site *s);
/** Put a list's index into crl/ by hand, over what is there; nothing is verified. @p path: of the index. */
void mint_site_index(const struct mint_site *s, const char *path, struct sk_span crl);
/** trust_open() that must work. */
struct trust *mint_site_open(const struct mint_site *s, bool require_crl, uint32_t warn_s);
/** Import that must work. */
void mint_import(struct trust *t, struct sk_span crl);
/** trust_cert_check() at MINT_NOW: the reason, after checking that status and reason agree. */
enum trust_reason mint_check(struct trust *t, const struct mint_cert *c);
enum trust_reason mint_check_at(struct trust *t, struct sk_span der, int64_t now, bool *ret_warn);

/** Frees everything made since the last call. */
void mint_end(void);

#endif /* TESTS_UNIT_TRUST_MINT_H */
