/* SPDX-License-Identifier: Apache-2.0 */
/* The demo PKI of the test bench: keys, certificates and CRLs as files. Synthetic names only. */
#ifndef VCARD_PKI_H
#define VCARD_PKI_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a certificate shall say. Extension texts are OpenSSL's; NULL leaves the extension out. */
struct pki_profile {
	const char *cn;
	const char *serial_number;	/* attribute of the subject; NULL: none */
	const char *basic_constraints;
	const char *key_usage;
	const char *ext_key_usage;
	long not_before_days;		/* from now, may be negative */
	long not_after_days;
	size_t pad_n;			/* bytes of a private extension, 0: none */
};

struct pki_crl {
	uint64_t number;
	long this_update_s;		/* from now, may be negative */
	long next_update_s;
	size_t fill_n;			/* further random serial numbers */
	bool bad_signature;
	bool der;
};

/* A new key: "rsa2048", "p256" or "p384". NULL for another name. */
EVP_PKEY *pki_key_new(const char *alg);

/* PEM files. Reading says what is wrong on stderr and returns NULL. */
EVP_PKEY *pki_key_read(const char *dir, const char *name);
X509 *pki_cert_read(const char *dir, const char *name);
bool pki_key_write(const char *dir, const char *name, EVP_PKEY *key);
bool pki_cert_write(const char *dir, const char *name, X509 *cert);

/* Path of a file in a folder; exits when it is too long. Valid until the next call. */
const char *pki_path(const char *dir, const char *name);

/*
 * Certificate for key. issuer and issuer_key NULL: self-signed. NULL on failure (message printed).
 */
X509 *pki_cert_new(const struct pki_profile *profile, EVP_PKEY *key, X509 *issuer,
		   EVP_PKEY *issuer_key);

/* CRL over the given certificates (entries may be NULL), written to path. */
bool pki_crl_write(const char *path, const struct pki_crl *crl, X509 *issuer, EVP_PKEY *issuer_key,
		   X509 *const *revoked, size_t revoked_n);

/* SHA-256 over the DER SubjectPublicKeyInfo. */
bool pki_key_hash(EVP_PKEY *key, uint8_t ret_hash[static 32]);

#endif
