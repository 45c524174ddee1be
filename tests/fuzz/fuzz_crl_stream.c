/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_crl_stream.c
 * @brief A list from arbitrary bytes in arbitrary pieces, from a source that may fail, compiled and looked up.
 *
 * Input: first byte: largest piece (0: all at once); second: 0, or after how many pieces the source fails; then the list, DER or PEM.
 * Checked: refused means a sentence, no file and no facts; accepted means that libcrypto reads the same list and finds in it what the
 * index finds; what PEM and DER give is the same.
 */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crl/build.h"
#include "crl/index.h"
#include "fuzz/fuzz_check.h"

struct pieces {
	struct sk_span left;
	size_t most;
	unsigned fails_after; /* 0: never */
};

static enum sk_status read_piece(void *arg, uint8_t *buf, size_t cap, size_t *ret_len)
{
	struct pieces *p = arg;
	size_t n = p->most > 0 && p->most < cap ? p->most : cap;

	if (p->fails_after > 0 && --p->fails_after == 0)
		return SK_E_IO;
	n = n < p->left.len ? n : p->left.len;
	if (n > 0)
		memcpy(buf, p->left.p, n);
	p->left.p += n;
	p->left.len -= n;
	*ret_len = n;
	return SK_OK;
}

/* A folder in memory for the whole run. */
static char path[] = "/dev/shm/fuzz-crl-stream-XXXXXX";
static int dir = -1;

static void remove_folder(void)
{
	(void)unlinkat(dir, "x.idx", 0);
	(void)rmdir(path);
}

static void make_folder(void)
{
	if (dir >= 0)
		return;
	check(mkdtemp(path) != NULL);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(dir >= 0 && atexit(remove_folder) == 0);
}

/* Each entry that libcrypto reads is one that the index finds. Lists of one issuer: indirect ones are the unit tests'. */
static void compare(const struct crl_index *ix, struct sk_span der)
{
	const unsigned char *p = der.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	STACK_OF(X509_REVOKED) * all;

	ERR_clear_error();
	/* libcrypto looks into names and extensions that are nothing to us, and may refuse them. */
	if (!crl || crl_index_facts(ix)->indirect) {
		X509_CRL_free(crl);
		return;
	}
	check(p == der.p + der.len);
	all = X509_CRL_get_REVOKED(crl);
	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		unsigned char *n = NULL;
		int len = i2d_ASN1_INTEGER(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(all, i)), &n);
		enum crl_reason reason;

		check(len > 2 &&
		    crl_index_find(ix, (struct sk_span){ NULL, 0 }, (struct sk_span){ n + 2, (size_t)len - 2 },
			&reason) == SK_OK);
		OPENSSL_free(n);
	}
	X509_CRL_free(crl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pieces p;
	struct crl_source src = { read_piece, &p };
	struct crl_limits lim = { 1 << 20, 10000 };
	struct crl_facts f = { .entries = 4711 };
	struct crl_index *ix = NULL;
	char what[CRL_WHAT_MAX] = "";
	enum sk_status st;

	if (size < 3)
		return 0;
	make_folder();
	p = (struct pieces){ { data + 2, size - 2 }, data[0], data[1] };
	st = crl_compile(&src, &lim, dir, "x.idx", &f, what);
	if (st != SK_OK) {
		check(f.entries == 4711 && what[0] != '\0' && strnlen(what, sizeof(what)) < sizeof(what));
		check(faccessat(dir, "x.idx", F_OK, 0) != 0);
		return 0;
	}
	check(crl_index_open(dir, "x.idx", &ix, what) == SK_OK && crl_index_check(ix) == SK_OK);
	check(crl_index_facts(ix)->entries == f.entries);
	if (data[2] == 0x30)
		compare(ix, (struct sk_span){ data + 2, size - 2 });
	crl_index_close(&ix);
	check(unlinkat(dir, "x.idx", 0) == 0);
	return 0;
}
