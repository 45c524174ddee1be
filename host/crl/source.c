/* SPDX-License-Identifier: Apache-2.0 */
#include "crl/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static enum sk_status read_fd(void *arg, uint8_t *buf, size_t cap, size_t *ret_len)
{
	const int *fd = arg;
	ssize_t n;

	do {
		n = read(*fd, buf, cap);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return SK_E_IO;
	*ret_len = (size_t)n;
	return SK_OK;
}

static enum sk_status read_span(void *arg, uint8_t *buf, size_t cap, size_t *ret_len)
{
	struct sk_span *left = arg;
	size_t n = left->len < cap ? left->len : cap;

	if (n > 0) {
		memcpy(buf, left->p, n);
		left->p += n;
		left->len -= n;
	}
	*ret_len = n;
	return SK_OK;
}

struct crl_source crl_source_fd(int *fd)
{
	return (struct crl_source){ read_fd, fd };
}

struct crl_source crl_source_span(struct sk_span *bytes)
{
	return (struct crl_source){ read_span, bytes };
}
