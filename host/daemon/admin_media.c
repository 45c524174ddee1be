/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin_media.c
 * @brief Approved media on the administration socket: records only. Root's sekisho-media decides, and root keeps the list.
 *
 * Rules
 *  1. A record says what happened and when it was seen; it is refused when it does not have the form that sekisho-media gives it.
 *  2. That the list changes is recorded before it does: the tool asks, then writes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/admin_rows.h"
#include "daemon/journal.h"
#include "media/judge.h"
#include "media/mediadev.h"

#define NOT_AN_EVENT "This isn't a record of sekisho-media."

enum sk_status admin_media_event(struct admin_call *call)
{
	char status[33] = "", word[33] = "", port[MEDIADEV_PORT_MAX] = "", device[65] = "", serial[MEDIADEV_CLEAN_MAX] = "";
	char detail[STORE_TEXT_MAX + 1];
	enum mediadev_kind kind;
	char name[MEDIADEV_PORT_MAX];
	bool approved;

	if (ipc_text(call->req, IPC_F_STATUS, status, sizeof(status)) != SK_OK ||
	    ipc_text(call->req, IPC_F_EVENT, word, sizeof(word)) != SK_OK || ipc_text(call->req, IPC_F_PATH, port, sizeof(port)) != SK_OK ||
	    ipc_text(call->req, IPC_F_DEVICE, device, sizeof(device)) != SK_OK ||
	    ipc_text(call->req, IPC_F_NAME, serial, sizeof(serial)) != SK_OK)
		return admin_fail(call, SK_E_ARG, NOT_AN_EVENT);
	approved = strcmp(status, "approved") == 0;
	if ((!approved && strcmp(status, "refused") != 0) || approved != (strcmp(word, "listed") == 0) || !media_word_is_known(word) ||
	    mediadev_name(port, &kind, name) != SK_OK)
		return admin_fail(call, SK_E_ARG, NOT_AN_EVENT);
	/* The serial number comes last: whatever it looks like, it names no other field. */
	(void)snprintf(detail, sizeof(detail), "at=%" PRIu64 " port=%s device=%s serial=%s", ipc_num(call->req, IPC_F_TIME), port, device,
	    serial);
	return journal_record(call->d, &(struct audit_in){ .event = approved ? EV_MEDIA_APPROVED : EV_MEDIA_REFUSED,
					   .actor = call->actor,
					   .reason = word,
					   .detail = detail });
}

enum sk_status admin_media_list(struct admin_call *call)
{
	static const char *const words[] = { "media-import", "media-add", "media-remove" };
	char word[33] = "", number[65] = "", medium[MEDIADEV_CLEAN_MAX] = "", reason[ADMIN_REASON_MAX + 1] = "";
	char detail[STORE_TEXT_MAX + 1], hash[2 * STORE_KEY_LEN + 1];
	bool known = false;

	if (ipc_text(call->req, IPC_F_EVENT, word, sizeof(word)) != SK_OK ||
	    ipc_text(call->req, IPC_F_SERIAL, number, sizeof(number)) != SK_OK ||
	    ipc_text(call->req, IPC_F_NAME, medium, sizeof(medium)) != SK_OK)
		return admin_fail(call, SK_E_ARG, "The command doesn't take one of the values given.");
	if (ipc_text(call->req, IPC_F_DETAIL, reason, sizeof(reason)) != SK_OK)
		return admin_fail(call, SK_E_ARG, "The reason is too long: at most 128 bytes.");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		known = known || strcmp(words[i], word) == 0;
	if (!known)
		return admin_fail(call, SK_E_ARG, "The command doesn't take one of the values given.");
	admin_card_hex(call->req->f[IPC_F_HASH].p, hash);
	(void)snprintf(detail, sizeof(detail), "number=%s entries=%" PRIu64 " sha256=%s reason=%s medium=%s", number,
	    ipc_num(call->req, IPC_F_COUNT), hash, reason, medium);
	return admin_record(call, word, NULL, NULL, NULL, detail);
}
