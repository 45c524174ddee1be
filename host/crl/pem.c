/* SPDX-License-Identifier: Apache-2.0 */
/* One PEM block as a stream, see pem.h. EVP_DecodeUpdate() does base64 and line ends; the two lines around are ours. */
#include "crl/pem.h"

#include <string.h>

#define BEGIN_LINE "-----BEGIN X509 CRL-----"
#define END_LINE "-----END X509 CRL-----"
/* Text before the block. */
#define LEAD_MAX 4096u
/* EVP_DecodeUpdate() holds back less than this many characters from call to call. */
#define HELD_BACK 80u

/* More bytes behind those that are there; *ret_len 0: the end. */
static enum sk_status raw_fill(struct crl_pem *m, size_t *ret_len)
{
	enum sk_status st;
	size_t n = 0;

	if (m->pos > 0) {
		memmove(m->raw, m->raw + m->pos, m->len - m->pos);
		m->len -= m->pos;
		m->pos = 0;
	}
	st = m->src->read(m->src->arg, m->raw + m->len, sizeof(m->raw) - m->len, &n);
	if (st != SK_OK)
		return st;
	if (n > sizeof(m->raw) - m->len)
		return SK_E_FAULT;
	if (n > m->raw_left)
		return SK_E_SPACE;
	m->raw_left -= n;
	m->len += n;
	*ret_len = n;
	return SK_OK;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Move behind the line BEGIN, which starts a line. */
static enum sk_status skip_begin(struct crl_pem *m)
{
	/* However much of it is here already, so that the answer doesn't depend on how it comes in. */
	size_t n = m->len < LEAD_MAX + sizeof(BEGIN_LINE) - 1 ? m->len : LEAD_MAX + sizeof(BEGIN_LINE) - 1;
	const uint8_t *at = memmem(m->raw, n, BEGIN_LINE, sizeof(BEGIN_LINE) - 1);

	if (!at || (at != m->raw && at[-1] != '\n'))
		return SK_E_FORMAT;
	m->pos = (size_t)(at - m->raw) + sizeof(BEGIN_LINE) - 1;
	while (m->pos < m->len && (m->raw[m->pos] == ' ' || m->raw[m->pos] == '\r'))
		m->pos++;
	return m->pos < m->len && m->raw[m->pos] == '\n' ? SK_OK : SK_E_FORMAT;
}

enum sk_status crl_pem_open(struct crl_pem *m, const struct crl_source *src, uint64_t raw_max)
{
	size_t n = 1;

	*m = (struct crl_pem){ .src = src, .raw_left = raw_max };
	/* A pipe may give the first line in pieces. */
	while (n > 0 && m->len < LEAD_MAX + CRL_PEM_CAP_MIN && (m->len == 0 || m->raw[0] != 0x30)) {
		enum sk_status st = raw_fill(m, &n);

		if (st != SK_OK)
			return st;
	}
	if (m->len == 0)
		return SK_E_FORMAT;
	/* SEQUENCE; and no text that matters begins with the digit 0. */
	if (m->raw[0] == 0x30)
		return SK_OK;
	m->base64 = EVP_ENCODE_CTX_new();
	if (!m->base64)
		return SK_E_NOMEM;
	EVP_DecodeInit(m->base64);
	return skip_begin(m);
}

void crl_pem_close(struct crl_pem *m)
{
	EVP_ENCODE_CTX_free(m->base64);
	m->base64 = NULL;
}

static enum sk_status read_der(struct crl_pem *m, uint8_t *buf, size_t cap, size_t *ret_len)
{
	size_t n = m->len - m->pos;
	enum sk_status st;

	if (n > 0) {
		n = n < cap ? n : cap;
		memcpy(buf, m->raw + m->pos, n);
		m->pos += n;
		*ret_len = n;
		return SK_OK;
	}
	st = m->src->read(m->src->arg, buf, cap, &n);
	if (st != SK_OK)
		return st;
	if (n > cap)
		return SK_E_FAULT;
	if (n > m->raw_left)
		return SK_E_SPACE;
	m->raw_left -= n;
	*ret_len = n;
	return SK_OK;
}

/* At the first '-': the line END, then white space and nothing else. */
static enum sk_status take_end(struct crl_pem *m, uint8_t *buf, size_t *ret_len)
{
	size_t n = 1;
	int out = 0;

	while (n > 0 && m->len - m->pos < sizeof(END_LINE) - 1) {
		enum sk_status st = raw_fill(m, &n);

		if (st != SK_OK)
			return st;
	}
	if (m->len - m->pos < sizeof(END_LINE) - 1 || memcmp(m->raw + m->pos, END_LINE, sizeof(END_LINE) - 1) != 0 ||
	    EVP_DecodeFinal(m->base64, buf, &out) != 1 || out < 0)
		return SK_E_FORMAT;
	m->pos += sizeof(END_LINE) - 1;
	do {
		enum sk_status st;

		for (; m->pos < m->len; m->pos++)
			if (!is_space(m->raw[m->pos]))
				return SK_E_FORMAT;
		st = raw_fill(m, &n);
		if (st != SK_OK)
			return st;
	} while (n > 0);
	m->ended = true;
	*ret_len = (size_t)out;
	return SK_OK;
}

static enum sk_status read_pem(struct crl_pem *m, uint8_t *buf, size_t cap, size_t *ret_len)
{
	while (!m->ended) {
		const uint8_t *from, *dash;
		size_t n;
		int out = 0;

		if (m->pos == m->len) {
			enum sk_status st = raw_fill(m, &n);

			if (st != SK_OK)
				return st;
			if (n == 0)
				return SK_E_FORMAT;
		}
		from = m->raw + m->pos;
		n = m->len - m->pos;
		dash = memchr(from, '-', n);
		if (dash == from)
			return take_end(m, buf, ret_len);
		if (dash)
			n = (size_t)(dash - from);
		if (n > cap - HELD_BACK)
			n = cap - HELD_BACK;
		if (EVP_DecodeUpdate(m->base64, buf, &out, from, (int)n) < 0 || out < 0)
			return SK_E_FORMAT;
		m->pos += n;
		if (out > 0) {
			*ret_len = (size_t)out;
			return SK_OK;
		}
	}
	*ret_len = 0;
	return SK_OK;
}

enum sk_status crl_pem_read(struct crl_pem *m, uint8_t *buf, size_t cap, size_t *ret_len)
{
	if (cap < CRL_PEM_CAP_MIN)
		return SK_E_ARG;
	return m->base64 ? read_pem(m, buf, cap, ret_len) : read_der(m, buf, cap, ret_len);
}
