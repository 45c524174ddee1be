/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crl_rig.h
 * @brief A folder of its own, DER by hand (so that it can be wrong), and lists compiled in one line.
 */
#ifndef TESTS_UNIT_CRL_RIG_H
#define TESTS_UNIT_CRL_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"
#include "crl/crl.h"
#include "crl/index.h"

/** Bytes that grow. Everything fails the running test when there is no memory. */
struct blob {
	uint8_t *p;
	size_t len, cap;
};

void blob_free(struct blob *b);
void blob_add(struct blob *b, const void *p, size_t len);
/** Hex digits, spaces between them. */
void blob_hex(struct blob *b, const char *hex);
/** tag, shortest length, @p len bytes. */
void blob_tlv(struct blob *b, unsigned tag, const void *p, size_t len);
/** The same around what is in @p in, which is freed. */
void blob_wrap(struct blob *b, unsigned tag, struct blob *in);

/** The parts of a list as DER in hex; NULL: a good one, "": left out. */
struct rig_list {
	const char *version, *algorithm, *issuer, *this_update, *next_update;
	const char *entries; /**< Content of revokedCertificates; NULL: one entry with serial 1234. "": no field. */
	const char *extensions; /**< Content of the SEQUENCE in [0]; NULL: CRLNumber 5. "": no field. */
	const char *outer_algorithm, *signature, *behind;
	const struct blob *entries_blob, *extensions_blob; /**< Instead of the hex. */
};

/** Put together; the caller frees. */
struct blob rig_make(const struct rig_list *l);

/** The test's folder, made by rig_begin(). */
extern int rig_dir;
extern char rig_path[64];
int rig_begin(void **state);
int rig_end(void **state);
/** Names in the folder besides . and .. */
unsigned rig_files(void);

/** Compile to "x.idx", which is unlinked before. */
enum sk_status rig_compile(struct sk_span list, struct crl_facts *ret_f, char reterr_what[static CRL_WHAT_MAX]);
void rig_same_facts(const struct crl_facts *a, const struct crl_facts *b);
/** Compile and open; fails the test when it doesn't work. */
struct crl_index *rig_index(struct sk_span list);
/** Refused with this status and a sentence that has @p why in it; no file is left. */
void rig_refused(const struct rig_list *l, enum sk_status want, const char *why);
/** Accepted. */
struct crl_facts rig_accepted(const struct rig_list *l);

/** Repeatable random numbers. */
uint64_t rig_random(void);
void rig_random_seed(uint64_t seed);

#endif /* TESTS_UNIT_CRL_RIG_H */
