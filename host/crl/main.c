/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-crl: compiles one revocation list, see helper.h. Started by sekishod; nobody else has a use for it.
 *
 * Rules
 *  1. Not a byte of the list MUST be read before the sandbox is entered.
 *  2. Memory and processor time have limits of the kernel's, besides those of the code.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crl/build.h"
#include "crl/facts.h"
#include "crl/helper.h"
#include "crl/source.h"
#include "sandbox/sandbox.h"

_Static_assert(CRL_HELPER_DIR_FD == SANDBOX_CRL_DIR_FD, "the sandbox lets it touch files in this folder only");

#define MEMORY_MAX ((rlim_t)128 << 20)
/* A list of 2 GiB takes some 20 s. */
#define CPU_MAX_S 300

static bool fd_is(int fd, mode_t kind, mode_t other_kind, int access)
{
	struct stat sb;
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) == access && fstat(fd, &sb) == 0 &&
	    ((sb.st_mode & S_IFMT) == kind || (sb.st_mode & S_IFMT) == other_kind);
}

static bool started_well(void)
{
	return fd_is(CRL_HELPER_IN_FD, S_IFREG, S_IFIFO, O_RDONLY) &&
	    fd_is(CRL_HELPER_DIR_FD, S_IFDIR, S_IFDIR, O_RDONLY) &&
	    fd_is(CRL_HELPER_ANSWER_FD, S_IFIFO, S_IFIFO, O_WRONLY);
}

/* libcrypto opens its configuration and looks for its digests at first use: that is now, without a configuration. */
static bool crypto_ready(void)
{
	static const struct {
		const EVP_MD *(*md)(void);
	} used[] = { { EVP_sha256 }, { EVP_sha384 }, { EVP_sha512 } };
	uint8_t hash[EVP_MAX_MD_SIZE];

	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		if (EVP_Digest("", 0, hash, NULL, used[i].md(), NULL) != 1)
			return false;
	return true;
}

static bool limit(int what, rlim_t most)
{
	const struct rlimit r = { most, most };

	return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

static bool lock_in(void)
{
	pid_t parent = getppid();

	if (!started_well() || close_range(CRL_HELPER_ANSWER_FD + 1, ~0u, 0) != 0 || clearenv() != 0)
		return false;
	/* The parent may have died before the call. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
		return false;
	if (unlinkat(CRL_HELPER_DIR_FD, CRL_HELPER_INDEX, 0) != 0 && errno != ENOENT)
		return false;
	return crypto_ready() && limit(RLIMIT_AS, MEMORY_MAX) && limit(RLIMIT_CPU, CPU_MAX_S) &&
	    sandbox_enter(SANDBOX_CRL) == SK_OK;
}

static bool answer(const uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(CRL_HELPER_ANSWER_FD, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

int main(void)
{
	static struct crl_facts facts;
	static uint8_t buf[CRL_FACTS_BYTES_MAX];
	int in = CRL_HELPER_IN_FD;
	struct crl_source src = crl_source_fd(&in);
	struct crl_limits lim = CRL_LIMITS;
	char what[CRL_WHAT_MAX] = "";
	enum sk_status st;
	size_t len = 0;

	if (!lock_in())
		return CRL_HELPER_PROTOCOL;
	st = crl_compile(&src, &lim, CRL_HELPER_DIR_FD, CRL_HELPER_INDEX, &facts, what);
	if (st == SK_OK && crl_facts_put(&facts, buf, sizeof(buf), &len) == SK_OK && answer(buf, len))
		return CRL_HELPER_MADE;
	/* Nobody would know what the index is: it doesn't stay. */
	if (st == SK_OK)
		(void)unlinkat(CRL_HELPER_DIR_FD, CRL_HELPER_INDEX, 0);
	if (crl_refusal_put(st == SK_OK ? SK_E_FAULT : st, what, buf, sizeof(buf), &len) == SK_OK)
		(void)answer(buf, len);
	return CRL_HELPER_REFUSED;
}
