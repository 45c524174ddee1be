/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlbench ACT FILE [N]: one measurement in a process of its own, as one line of words "name value".
 *
 *   hash FILE          read and SHA-256
 *   import FILE        crl_compile() to FILE.idx: seconds, peak RSS
 *   warm FILE.idx N    median of 100,000 look-ups, half of them of numbers in the list
 *   cold FILE.idx N    one look-up, the index opened before, its pages not in memory; faults and pages
 *   evict FILE         out of the page cache
 *   openssl FILE N     d2i_X509_CRL_bio(), first and later X509_CRL_get0_by_serial()
 *   run PROGRAM …      seconds and peak RSS of somebody else's program, and its exit status
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crl/build.h"
#include "crl/index.h"
#include "crl/source.h"
#include "crlmake.h"

#define LOOKUPS 100000u

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long peak_kib(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_SELF, &r);
	return r.ru_maxrss;
}

static void die(const char *what)
{
	fprintf(stderr, "crlbench: %s\n", what);
	exit(1);
}

static int open_or_die(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static void act_hash(const char *path)
{
	static uint8_t buf[65536];
	int fd = open_or_die(path);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	double start = now_us();
	ssize_t n;

	if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		die("SHA-256");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (EVP_DigestUpdate(md, buf, (size_t)n) != 1)
			die("SHA-256");
	printf("seconds %.3f peak_kib %ld\n", (now_us() - start) / 1e6, peak_kib());
	EVP_MD_CTX_free(md);
}

static void act_import(const char *path)
{
	int fd = open_or_die(path), dir;
	struct crl_source src = crl_source_fd(&fd);
	struct crl_limits lim = CRL_LIMITS;
	struct crl_facts f;
	char what[CRL_WHAT_MAX] = "", name[4096], folder[4096];
	char *slash;
	struct stat sb;
	double start;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash)
		die("wants a path with a slash");
	(void)snprintf(name, sizeof(name), "%s.idx", slash + 1);
	*slash = '\0';
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)unlinkat(dir, name, 0);
	start = now_us();
	if (crl_compile(&src, &lim, dir, name, &f, what) != SK_OK)
		die(what);
	if (fstatat(dir, name, &sb, 0) != 0)
		die(name);
	printf("seconds %.3f peak_kib %ld entries %u bytes %lld\n", (now_us() - start) / 1e6, peak_kib(), f.entries,
	    (long long)sb.st_size);
}

static struct crl_index *open_index(const char *path)
{
	struct crl_index *ix = NULL;
	char what[CRL_WHAT_MAX] = "";

	if (crl_index_open(AT_FDCWD, path, &ix, what) != SK_OK)
		die(what);
	return ix;
}

/* Even i: in the list of n; odd: not. */
static void look_up(const struct crl_index *ix, uint32_t i, uint32_t n)
{
	uint8_t serial[16];
	enum crl_reason reason;
	uint32_t r = (uint32_t)((i * UINT64_C(2654435761)) % n);
	enum sk_status st;

	crlmake_serial(i % 2 ? n + r : r, serial);
	st = crl_index_find(ix, (struct sk_span){ NULL, 0 }, (struct sk_span){ serial, sizeof(serial) }, &reason);
	if (st != (i % 2 ? SK_E_NOENT : SK_OK))
		die("a wrong answer");
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void act_warm(const char *path, uint32_t n)
{
	static double took[LOOKUPS];
	struct crl_index *ix = open_index(path);

	for (uint32_t i = 0; i < LOOKUPS; i++)
		look_up(ix, i, n);
	for (uint32_t i = 0; i < LOOKUPS; i++) {
		double start = now_us();

		look_up(ix, i, n);
		took[i] = now_us() - start;
	}
	qsort(took, LOOKUPS, sizeof(took[0]), by_value);
	printf("median_us %.2f p99_us %.2f\n", took[LOOKUPS / 2], took[LOOKUPS * 99 / 100]);
	crl_index_close(&ix);
}

/* KiB of the file that are in the page cache. */
static long resident_kib(const char *path)
{
	int fd = open_or_die(path);
	struct stat sb;
	unsigned char *vec;
	void *map;
	size_t pages;
	long n = 0;

	if (fstat(fd, &sb) != 0)
		die(path);
	pages = ((size_t)sb.st_size + 4095) / 4096;
	map = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_SHARED, fd, 0);
	vec = malloc(pages);
	if (map == MAP_FAILED || !vec || mincore(map, (size_t)sb.st_size, vec) != 0)
		die("mincore");
	for (size_t i = 0; i < pages; i++)
		n += vec[i] & 1;
	free(vec);
	(void)munmap(map, (size_t)sb.st_size);
	(void)close(fd);
	return n * 4;
}

static void act_evict(const char *path)
{
	int fd = open_or_die(path);

	if (fdatasync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		die("posix_fadvise");
	(void)close(fd);
}

/* The whole of what a process that has not seen the index does: open, one look-up. */
static void act_cold(const char *path, uint32_t n, uint32_t which)
{
	long before;
	double start, opened, found;
	struct crl_index *ix;

	/* Code and libcrypto are no part of the question. */
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
	uint8_t hash[32];

	if (!md || EVP_Digest("", 0, hash, NULL, md, NULL) != 1 ||
	    EVP_Digest("", 0, hash, NULL, EVP_sha256(), NULL) != 1)
		die("SHA-256");
	EVP_MD_free(md);
	act_evict(path);
	before = resident_kib(path);
	start = now_us();
	ix = open_index(path);
	opened = now_us();
	look_up(ix, which, n);
	found = now_us();
	printf("open_us %.1f find_us %.1f touched_kib %ld before_kib %ld\n", opened - start, found - opened,
	    resident_kib(path) - before, before);
	crl_index_close(&ix);
}

static void act_openssl(const char *path, uint32_t n)
{
	BIO *bio = BIO_new_file(path, "rb");
	double start = now_us(), parsed, first, later;
	X509_CRL *crl = bio ? d2i_X509_CRL_bio(bio, NULL) : NULL;
	ASN1_INTEGER *num = ASN1_INTEGER_new();
	X509_REVOKED *r = NULL;
	uint8_t serial[16];

	if (!crl || !num)
		die("d2i_X509_CRL_bio");
	parsed = now_us();
	crlmake_serial(n / 2, serial);
	if (ASN1_STRING_set(num, serial, sizeof(serial)) != 1 || X509_CRL_get0_by_serial(crl, &r, num) != 1)
		die("X509_CRL_get0_by_serial");
	first = now_us();
	for (uint32_t i = 0; i < 1000; i++) {
		crlmake_serial((uint32_t)((i * UINT64_C(2654435761)) % n), serial);
		if (ASN1_STRING_set(num, serial, sizeof(serial)) != 1 || X509_CRL_get0_by_serial(crl, &r, num) != 1)
			die("X509_CRL_get0_by_serial");
	}
	later = now_us();
	printf("seconds %.3f peak_kib %ld first_us %.0f later_us %.2f\n", (parsed - start) / 1e6, peak_kib(),
	    first - parsed, (later - first) / 1000);
	ASN1_INTEGER_free(num);
	X509_CRL_free(crl);
	BIO_free(bio);
}

static void act_run(char **argv)
{
	double start = now_us();
	struct rusage r;
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &r) != pid)
		die(argv[0]);
	printf("seconds %.4f peak_kib %ld status %d\n", (now_us() - start) / 1e6, r.ru_maxrss,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
	const char *act = argc > 2 ? argv[1] : "";
	uint32_t n = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;

	if (strcmp(act, "run") == 0)
		act_run(argv + 2);
	else if (strcmp(act, "hash") == 0)
		act_hash(argv[2]);
	else if (strcmp(act, "import") == 0)
		act_import(argv[2]);
	else if (strcmp(act, "warm") == 0 && n > 0)
		act_warm(argv[2], n);
	else if (strcmp(act, "cold") == 0 && n > 0)
		act_cold(argv[2], n, argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0);
	else if (strcmp(act, "evict") == 0)
		act_evict(argv[2]);
	else if (strcmp(act, "openssl") == 0 && n > 0)
		act_openssl(argv[2], n);
	else
		return 2;
	return 0;
}
