/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_crl_index.c
 * @brief An index file of arbitrary bytes, with its checks made right where the input asks for it, so that what lies behind them is reached.
 *
 * Input: first byte: bit 0, make the header's SHA-256 right; bit 1, the pages' CRC too. Then 21 bytes of serial number, then the file.
 * Checked: no answer but one of the four; a reason is one of the standard; facts come back from bytes as they went in.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crl/facts.h"
#include "crl/index.h"
#include "crl/layout.h"
#include "fuzz/fuzz_check.h"

#define SERIAL_LEN 21u
#define FILE_MAX 65536u

static uint8_t file[FILE_MAX];
static char path[] = "/dev/shm/fuzz-crl-index-XXXXXX";
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

/* As who writes it would: the header's hash, then the pages'. */
static void make_right(size_t len, bool pages_too)
{
	uint32_t header = sk_load_be32(file + 8);
	struct layout l = { 0 };

	if (header < 1 || header > LAYOUT_HEADER_PAGES_MAX || (size_t)header * LAYOUT_PAGE > len)
		return;
	check(EVP_Digest(file, header * LAYOUT_PAGE - 32, file + header * LAYOUT_PAGE - 32, NULL, EVP_sha256(), NULL) ==
	    1);
	/* Behind magic, six numbers and four bytes of flags. */
	memcpy(l.key, file + 36, sizeof(l.key));
	for (uint32_t i = header; pages_too && (size_t)i * LAYOUT_PAGE + LAYOUT_PAGE <= len; i++) {
		uint8_t *page = file + (size_t)i * LAYOUT_PAGE;

		sk_store_be32(page + LAYOUT_PAGE_DATA, layout_page_crc(&l, i, page));
	}
}

static void look_up(const struct crl_index *ix, const uint8_t *serial)
{
	const struct crl_facts *f = crl_index_facts(ix);
	uint8_t bytes[CRL_FACTS_BYTES_MAX];
	struct crl_facts back;
	size_t len = 0;

	for (size_t n = 0; n <= SERIAL_LEN; n++) {
		enum crl_reason reason = 7;
		enum sk_status st = crl_index_find(ix, (struct sk_span){ f->issuer, f->issuer_len },
		    (struct sk_span){ serial, n }, &reason);

		check(st == SK_OK || st == SK_E_NOENT || st == SK_E_CORRUPT || st == SK_E_FORMAT);
		check(st == SK_OK ? reason != 7 && reason <= CRL_AA_COMPROMISE : reason == 7);
		check(n > 0 || st == SK_E_FORMAT);
	}
	(void)!crl_index_check(ix);
	check(crl_facts_put(f, bytes, sizeof(bytes), &len) == SK_OK &&
	    crl_facts_get((struct sk_span){ bytes, len }, &back) == SK_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crl_index *ix = NULL;
	struct crl_facts f;
	char what[CRL_WHAT_MAX] = "";
	enum sk_status st;
	size_t len;
	int fd;

	if (size < 1 + SERIAL_LEN)
		return 0;
	make_folder();
	/* The answer of sekisho-crl is the same codec. */
	st = crl_answer_get((struct sk_span){ data, size }, &f, what);
	check(st == SK_OK || what[0] != '\0' || st != SK_E_FORMAT);
	len = size - 1 - SERIAL_LEN;
	len = len < FILE_MAX ? len : FILE_MAX;
	memcpy(file, data + 1 + SERIAL_LEN, len);
	/* The rest of the last page is zero. */
	memset(file + len, 0, (LAYOUT_PAGE - len % LAYOUT_PAGE) % LAYOUT_PAGE);
	len += (LAYOUT_PAGE - len % LAYOUT_PAGE) % LAYOUT_PAGE;
	if (data[0] & 1)
		make_right(len, data[0] & 2);
	fd = openat(dir, "x.idx", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	check(fd >= 0 && write(fd, file, len) == (ssize_t)len && close(fd) == 0);
	st = crl_index_open(dir, "x.idx", &ix, what);
	check(st == SK_OK || (st == SK_E_CORRUPT && what[0] != '\0'));
	if (st == SK_OK)
		look_up(ix, data + 1);
	crl_index_close(&ix);
	return 0;
}
