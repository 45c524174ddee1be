/* SPDX-License-Identifier: Apache-2.0 */
/* One transfer with libcurl; fetch.h has the rules. */
#include "fetch/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fetch/ldif.h"
#include "url/url.h"

#define CONNECT_S 10L
/* Slower than this for so long is no transfer. */
#define TRICKLE_BYTES 100L
#define TRICKLE_S 30L
#define REDIRECTS 3L

/* The transfer that runs. */
struct transfer {
	const struct fetch_ask *q;
	int file;
	uint64_t len; /* written */
	bool ldap;
	struct ldif ldif;
	int64_t modified; /* Last-Modified; 0: unknown */
	enum sk_status st; /* what our own part found wrong */
};

static enum sk_status write_all(void *arg, struct sk_span bytes)
{
	struct transfer *t = arg;

	if (bytes.len > t->q->max - t->len)
		return SK_E_SPACE;
	for (size_t at = 0; at < bytes.len;) {
		ssize_t n = write(t->file, bytes.p + at, bytes.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SK_E_IO;
		at += (size_t)n;
	}
	t->len += bytes.len;
	return SK_OK;
}

/* curl_write_callback: anything but the whole length ends the transfer. */
static size_t on_data(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct sk_span bytes = { (const uint8_t *)p, size * n };

	t->st = t->ldap ? ldif_feed(&t->ldif, bytes, write_all, t) : write_all(t, bytes);
	return t->st == SK_OK ? bytes.len : 0;
}

enum sk_status fetch_get_url(const char *url, struct sk_span request, char ret_url[static 256])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(url);

	if (n > 254)
		return SK_E_SPACE;
	memcpy(ret_url, url, n);
	if (n == 0 || url[n - 1] != '/')
		ret_url[n++] = '/';
	for (size_t i = 0; i < request.len; i += 3) {
		size_t left = request.len - i;
		uint32_t group = (uint32_t)request.p[i] << 16 | (left > 1 ? (uint32_t)request.p[i + 1] << 8 : 0) |
		    (left > 2 ? request.p[i + 2] : 0);

		for (size_t k = 0; k < 4; k++) {
			bool escape;
			char c = '=';

			if (k <= left)
				c = digits[group >> (18 - 6 * k) & 63];
			/* +, / and = have a meaning of their own in a URL. */
			escape = c == '+' || c == '/' || c == '=';
			if (n + (escape ? 3 : 1) > 255)
				return SK_E_SPACE;
			if (escape)
				n += (size_t)snprintf(ret_url + n, 4, "%%%02X", (unsigned)c);
			else
				ret_url[n++] = c;
		}
	}
	ret_url[n] = '\0';
	return SK_OK;
}

static bool set_common(CURL *c, const struct transfer *t, char errors[static CURL_ERROR_SIZE])
{
	return curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,ldap,ldaps") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_MAXREDIRS, REDIRECTS) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, t->q->request.len == 0 ? 1L : 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)t->q->deadline_s) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_S) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, TRICKLE_BYTES) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, TRICKLE_S) == CURLE_OK &&
	    /* LDAP comes in base64 and is counted when it is written. */
	    (t->ldap || curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->q->max) == CURLE_OK) &&
	    /* "" also keeps libcurl from looking for one in the environment. Without a tunnel ldap would be asked for by HTTP. */
	    curl_easy_setopt(c, CURLOPT_PROXY, t->ldap ? "" : t->q->proxy) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOPROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_USERAGENT, "sekisho-fetch") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, errors) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, t) == CURLE_OK;
}

static bool set_request(CURL *c, const struct transfer *t, const char *url, struct curl_slist *headers, bool post)
{
	if (curl_easy_setopt(c, CURLOPT_URL, url) != CURLE_OK || curl_easy_setopt(c, CURLOPT_FILETIME, 1L) != CURLE_OK)
		return false;
	/* The server's own time comes back to it: our clock has no part in this. */
	if (t->q->since > 0 && t->q->request.len == 0 && !t->ldap &&
	    (curl_easy_setopt(c, CURLOPT_TIMECONDITION, (long)CURL_TIMECOND_IFMODSINCE) != CURLE_OK ||
		curl_easy_setopt(c, CURLOPT_TIMEVALUE_LARGE, (curl_off_t)t->q->since) != CURLE_OK))
		return false;
	if (headers && curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) != CURLE_OK)
		return false;
	return !post ||
	    (curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)t->q->request.len) == CURLE_OK &&
		curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, (const char *)t->q->request.p) == CURLE_OK);
}

/* What a good end says besides. SK_E_EXIST: the condition was not met, nothing has come. */
static enum sk_status look_back(CURL *c, struct transfer *t, char reterr_text[static FETCH_TEXT_MAX])
{
	curl_off_t modified = -1;
	long unmet = 0;

	if (curl_easy_getinfo(c, CURLINFO_CONDITION_UNMET, &unmet) == CURLE_OK && unmet != 0) {
		(void)snprintf(reterr_text, FETCH_TEXT_MAX, "it has not changed");
		return SK_E_EXIST;
	}
	t->modified = curl_easy_getinfo(c, CURLINFO_FILETIME_T, &modified) == CURLE_OK && modified > 0 ? modified : 0;
	return SK_OK;
}

static enum sk_status status_of(CURLcode rc, long http)
{
	switch (rc) {
	case CURLE_OK:
		return SK_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return SK_E_TIMEOUT;
	case CURLE_FILESIZE_EXCEEDED:
		return SK_E_SPACE;
	case CURLE_HTTP_RETURNED_ERROR:
		return http == 404 || http == 410 ? SK_E_NOENT : SK_E_GONE;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return SK_E_ARG;
	case CURLE_OUT_OF_MEMORY:
		return SK_E_NOMEM;
	default:
		return SK_E_GONE;
	}
}

static const char *own_fault(enum sk_status st)
{
	switch (st) {
	case SK_E_SPACE:
		return "it is larger than what is taken";
	case SK_E_FORMAT:
		return "the directory's answer is malformed, or has more than one list";
	case SK_E_UNSUPPORTED:
		return "the directory's list isn't binary";
	case SK_E_NOENT:
		return "the directory has no list there";
	default:
		return "it can't be written";
	}
}

/* Is the answer one of a responder at all? A server that doesn't know GET says all kinds of things. */
static bool is_response(CURL *c)
{
	static const char want[] = "application/ocsp-response";
	const char *type = NULL;

	return curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type != NULL &&
	    strncasecmp(type, want, sizeof(want) - 1) == 0;
}

/* One request. @p post and @p url belong together. */
static enum sk_status perform(struct transfer *t, const char *url, bool post, char reterr_text[static FETCH_TEXT_MAX])
{
	char errors[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;
	CURL *c = curl_easy_init();
	CURLcode rc = CURLE_OUT_OF_MEMORY;
	long http = 0;
	enum sk_status st;

	t->len = 0;
	t->st = SK_OK;
	if (ftruncate(t->file, 0) != 0 || lseek(t->file, 0, SEEK_SET) != 0)
		t->st = SK_E_IO;
	if (post) /* and no "Expect: 100-continue" */
		headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/ocsp-request"),
		    "Expect:");
	if (t->st == SK_OK && c && (!post || headers) && set_common(c, t, errors) &&
	    set_request(c, t, url, headers, post)) {
		rc = curl_easy_perform(c);
		(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &http);
	}
	st = status_of(rc, http);
	if (t->st != SK_OK) {
		st = t->st;
		(void)snprintf(reterr_text, FETCH_TEXT_MAX, "%s", own_fault(st));
	} else if (rc == CURLE_HTTP_RETURNED_ERROR) {
		(void)snprintf(reterr_text, FETCH_TEXT_MAX, "HTTP status %ld", http);
	} else if (rc != CURLE_OK) {
		(void)snprintf(reterr_text, FETCH_TEXT_MAX, "%.*s", (int)FETCH_TEXT_MAX - 1,
		    errors[0] ? errors : curl_easy_strerror(rc));
	} else if (t->q->request.len > 0 && !is_response(c)) {
		(void)snprintf(reterr_text, FETCH_TEXT_MAX, "the server's answer isn't an OCSP response");
		st = SK_E_FORMAT;
	} else {
		st = look_back(c, t, reterr_text);
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return st;
}

enum sk_status fetch_run(const struct fetch_ask *q, int file, int64_t *ret_modified, char reterr_text[static FETCH_TEXT_MAX])
{
	struct transfer t = { .q = q, .file = file };
	enum url_scheme scheme = URL_HTTP;
	char url[256];
	enum sk_status st;

	if (url_check(q->url, q->request.len > 0 ? URL_WEB : URL_ANY, &scheme) != SK_OK) {
		(void)snprintf(reterr_text, FETCH_TEXT_MAX, "not a URL that is fetched from");
		return SK_E_ARG;
	}
	t.ldap = scheme == URL_LDAP || scheme == URL_LDAPS;
	if (q->request.len == 0) {
		st = perform(&t, q->url, false, reterr_text);
		if (st == SK_OK && t.ldap)
			st = ldif_end(&t.ldif);
		*ret_modified = t.modified;
		if (st != SK_OK && t.ldap && t.st == SK_OK && reterr_text[0] == '\0')
			(void)snprintf(reterr_text, FETCH_TEXT_MAX, "%s", own_fault(st));
		return st;
	}
	*ret_modified = 0;
	/* RFC 5019, 5: GET when it is short, so that caches can answer. Who doesn't know it knows POST (RFC 6960, A.1). */
	if (fetch_get_url(q->url, q->request, url) == SK_OK) {
		st = perform(&t, url, false, reterr_text);
		if (st != SK_E_NOENT && st != SK_E_FORMAT && !(st == SK_E_GONE && strncmp(reterr_text, "HTTP", 4) == 0))
			return st;
	}
	return perform(&t, q->url, true, reterr_text);
}
