/* SPDX-License-Identifier: Apache-2.0 */
/* The next denylist; see publish.h. */
#include "ctl/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "denylist/denysign.h"

#define CONFIG_FILE "/etc/sekisho/sekisho.conf"

enum ctl_exit publish_send(int fd, const struct ctl_args *a, enum ipc_command command, const char *from,
    struct sk_span bytes, struct answer *ret_answer)
{
	const char *slash = strrchr(from, '/');
	struct request r;

	for (size_t at = 0; at < bytes.len; at += PUBLISH_CHUNK) {
		size_t n = bytes.len - at < PUBLISH_CHUNK ? bytes.len - at : PUBLISH_CHUNK;
		enum ctl_exit e;

		request_begin(&r, command);
		request_num(&r, IPC_F_COUNT, at);
		request_num(&r, IPC_F_TOTAL, bytes.len);
		ipc_out_bytes(&r.o, IPC_F_BYTES, bytes.p + at, n);
		request_text(&r, IPC_F_PATH, slash != NULL && slash[1] != '\0' ? slash + 1 : from);
		e = request_ask(fd, &r, a, ROW_DENYLIST, ret_answer);
		if (e != CTL_OK || ret_answer->result != SK_OK)
			return e;
	}
	return CTL_OK;
}

/* The chunks of all rows, which must fit together. */
static bool join(const struct rows *rows, uint8_t **ret_bytes, size_t *ret_len)
{
	size_t total = rows->n > 0 ? (size_t)ipc_num(&rows->v[0].m, IPC_F_TOTAL) : 0, at = 0;
	uint8_t *bytes = total > 0 && total <= DENYLIST_LEN_MAX ? malloc(total) : NULL;

	for (size_t i = 0; bytes != NULL && i < rows->n; i++) {
		const struct ipc_msg *m = &rows->v[i].m;
		struct sk_span chunk = m->f[IPC_F_BYTES];

		if (!ipc_has(m, IPC_F_BYTES) || ipc_num(m, IPC_F_COUNT) != at || ipc_num(m, IPC_F_TOTAL) != total ||
		    chunk.len > total - at)
			break;
		memcpy(bytes + at, chunk.p, chunk.len);
		at += chunk.len;
	}
	if (bytes == NULL || at != total) {
		free(bytes);
		return false;
	}
	*ret_bytes = bytes;
	*ret_len = total;
	return true;
}

enum ctl_exit publish_fetch(int fd, struct request *r, const struct ctl_args *a, struct answer *ret_answer,
    uint8_t **ret_bytes, size_t *ret_len)
{
	enum ctl_exit e = request_ask(fd, r, a, ROW_DENYLIST, ret_answer);

	if (e == CTL_OK && ret_answer->result == SK_OK && !join(&ret_answer->rows, ret_bytes, ret_len)) {
		ctl_error("%s", _("The connection to the daemon broke off: see the journal of sekishod."));
		e = CTL_FAILED;
	}
	answer_clear(ret_answer);
	return e;
}

/* false: no key here, or no configuration that says so. */
static bool load_config(struct config *ret_c)
{
	struct config_error err;

	return config_load(CONFIG_FILE, ret_c, &err) == SK_OK && ret_c->deny_key[0] != '\0';
}

bool publish_has_key(void)
{
	static struct config c;

	return load_config(&c);
}

/* The key of this place, and the public one that terminals verify with. SK_OK, or what is wrong in @p reterr_what. */
static enum sk_status open_key(struct deny_authority **ret_authority, struct denysign **ret_key, char reterr_what[static DENY_WHAT_MAX])
{
	static struct config c;
	enum sk_status st;

	if (!load_config(&c)) {
		(void)snprintf(reterr_what, DENY_WHAT_MAX, "%s",
		    N_("No denylist is signed here: [denylist] key isn't set in sekisho.conf."));
		return SK_E_STATE;
	}
	st = deny_authority_load(DENY_AUTHORITY_FILE, ret_authority, reterr_what);
	return st == SK_OK ? denysign_open(c.deny_key, c.deny_key_provider, ret_key, reterr_what) : st;
}

/* Sign in place. */
static enum sk_status sign(uint8_t *bytes, size_t len, char reterr_what[static DENY_WHAT_MAX])
{
	struct deny_authority *authority = NULL;
	struct denysign *key = NULL;
	enum sk_status st = open_key(&authority, &key, reterr_what);

	if (st == SK_OK)
		st = denysign_list(key, authority, bytes, len, reterr_what);
	denysign_free(&key);
	deny_authority_free(&authority);
	return st;
}

enum sk_status publish_sign(const char *domain, struct sk_span statement, uint8_t ret_signature[static DENYLIST_SIG_LEN],
    char reterr_what[static DENY_WHAT_MAX])
{
	struct deny_authority *authority = NULL;
	struct denysign *key = NULL;
	enum sk_status st = open_key(&authority, &key, reterr_what);

	if (st == SK_OK)
		st = denysign_statement(key, authority, domain, statement, ret_signature, reterr_what);
	denysign_free(&key);
	deny_authority_free(&authority);
	return st;
}

enum ctl_exit publish_next(int fd, const struct ctl_args *a, const char *card, uint32_t flags, struct answer *answer)
{
	struct request r;
	struct answer draft;
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum ctl_exit e;

	memset(&draft, 0, sizeof(draft));
	request_begin(&r, CMD_DENYLIST_DRAFT);
	if (flags != 0) {
		request_text(&r, IPC_F_CARD, card);
		request_num(&r, IPC_F_FLAGS, flags);
	}
	request_text(&r, IPC_F_DETAIL, a->reason);
	e = publish_fetch(fd, &r, a, &draft, &bytes, &len);
	if (e != CTL_OK)
		return e;
	if (draft.result == SK_OK && bytes != NULL)
		draft.result = sign(bytes, len, draft.text);
	if (draft.result == SK_OK && bytes != NULL)
		e = publish_send(fd, a, CMD_DENYLIST_IMPORT, "signed here", (struct sk_span){ bytes, len }, answer);
	else {
		answer->result = draft.result;
		memcpy(answer->text, draft.text, sizeof(answer->text));
	}
	free(bytes);
	return e;
}

/* 64 digits name a card that no registry here knows. */
static bool is_whole_number(const char *card)
{
	return card != NULL && strlen(card) == 2 * (size_t)DENYLIST_KEY_LEN;
}

enum ctl_exit publish_revocation(struct request *r, const struct ctl_args *a, enum row_kind kind, const char *card,
    const char *done)
{
	static const char listed[] = N_(
	    "Revoked and on the denylist. Next: sekishoctl denylist export, for the other terminals.");
	struct answer answer;
	bool key = publish_has_key(), here, elsewhere;
	int fd;
	enum ctl_exit e = request_connect(&fd);

	if (e != CTL_OK)
		return e;
	memset(&answer, 0, sizeof(answer));
	e = request_ask(fd, r, a, kind, &answer);
	here = e == CTL_OK && answer.result == SK_OK;
	elsewhere = e == CTL_OK && answer.result == SK_E_NOENT && is_whole_number(card);
	if (key && (here || elsewhere))
		e = publish_next(fd, a, card, elsewhere ? IPC_DRAFT_ADD : 0, &answer);
	(void)close(fd);
	if (e == CTL_OK && here && answer.result != SK_OK && !a->json)
		ctl_error("%s", _("The card is revoked here, but the next denylist could not be made:"));
	if (e == CTL_OK)
		e = request_show(&answer, a, key ? listed : done);
	answer_clear(&answer);
	return e;
}
