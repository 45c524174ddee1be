/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two tables that say what a message may hold. Adding a field or a message
 * means adding a row here; nothing else decides about form.
 */
#include "ipc/ipc.h"

#define B(f) (UINT64_C(1) << IPC_F_##f)
#define ARGS (B(ARG1) | B(ARG2) | B(ARG3))

static const struct ipc_field_info fields[IPC_F_N] = {
	[IPC_F_SERVICE] = { "service", IPC_K_NAME, 1, 32 },
	[IPC_F_ACCOUNT] = { "account", IPC_K_NAME, 1, 32 },
	[IPC_F_TTY] = { "tty", IPC_K_TEXT, 1, 64 },
	[IPC_F_RHOST] = { "rhost", IPC_K_TEXT, 1, 255 },
	[IPC_F_RUSER] = { "ruser", IPC_K_TEXT, 1, 64 },
	[IPC_F_PROMPT_ID] = { "prompt_id", IPC_K_NUM, 4, 4 },
	[IPC_F_SECRET] = { "secret", IPC_K_SECRET, 1, 64 },
	[IPC_F_MSG] = { "message", IPC_K_NUM, 2, 2 },
	[IPC_F_ARG1] = { "arg1", IPC_K_TEXT, 0, 160 },
	[IPC_F_ARG2] = { "arg2", IPC_K_TEXT, 0, 160 },
	[IPC_F_ARG3] = { "arg3", IPC_K_TEXT, 0, 160 },
	[IPC_F_VERDICT] = { "verdict", IPC_K_NUM, 4, 4 },
	[IPC_F_ATTEMPT] = { "attempt", IPC_K_NUM, 8, 8 },
	[IPC_F_SESSION] = { "session", IPC_K_NUM, 8, 8 },
	[IPC_F_MAX_S] = { "max_s", IPC_K_NUM, 4, 4 },
	[IPC_F_READER] = { "reader", IPC_K_TEXT, 1, 128 },
	[IPC_F_WAIT_MS] = { "wait_ms", IPC_K_NUM, 4, 4 },
	[IPC_F_STATE] = { "state", IPC_K_NUM, 1, 1 },
	[IPC_F_PROFILE] = { "profile", IPC_K_NUM, 1, 1 },
	[IPC_F_KEY_REF] = { "key_ref", IPC_K_NUM, 1, 1 },
	[IPC_F_BYTES] = { "bytes", IPC_K_BYTES, 1, 32768 },
	[IPC_F_TRIES] = { "tries", IPC_K_NUM, 1, 1 },
	[IPC_F_ALG] = { "alg", IPC_K_NUM, 1, 1 },
	[IPC_F_DIGEST] = { "digest", IPC_K_BYTES, 32, 48 },
	[IPC_F_REASON] = { "reason", IPC_K_NUM, 1, 1 },
	[IPC_F_APDU_N] = { "apdu_n", IPC_K_NUM, 4, 4 },
	[IPC_F_BYTES_N] = { "bytes_n", IPC_K_NUM, 4, 4 },
	[IPC_F_DRIVER] = { "driver", IPC_K_NAME, 1, 32 },
	[IPC_F_DEVICE] = { "device", IPC_K_TEXT, 1, 64 },
	[IPC_F_NAME] = { "name", IPC_K_TEXT, 1, 128 },
	[IPC_F_FLAGS] = { "flags", IPC_K_NUM, 4, 4 },
	[IPC_F_PRINT_ID] = { "print_id", IPC_K_NUM, 8, 8 },
	[IPC_F_TOKEN] = { "token", IPC_K_BYTES, 16, 16 },
	[IPC_F_COUNT] = { "count", IPC_K_NUM, 4, 4 },
	[IPC_F_TOTAL] = { "total", IPC_K_NUM, 4, 4 },
	[IPC_F_COMMAND] = { "command", IPC_K_NUM, 2, 2 },
	[IPC_F_RESULT] = { "result", IPC_K_NUM, 4, 4 },
	[IPC_F_TEXT] = { "text", IPC_K_TEXT, 0, 1024 },
	[IPC_F_PERSON] = { "person", IPC_K_NAME, 1, 32 },
	[IPC_F_ROLE] = { "role", IPC_K_NAME, 1, 16 },
	[IPC_F_STATUS] = { "status", IPC_K_NAME, 1, 32 },
	[IPC_F_CARD] = { "card", IPC_K_NAME, 1, 64 },
	[IPC_F_FINGER] = { "finger", IPC_K_NAME, 1, 16 },
	[IPC_F_SUBJECT] = { "subject", IPC_K_TEXT, 0, 256 },
	[IPC_F_ISSUER] = { "issuer", IPC_K_TEXT, 0, 256 },
	[IPC_F_SERIAL] = { "serial", IPC_K_TEXT, 0, 64 },
	[IPC_F_VALID_FROM] = { "valid_from", IPC_K_TIME, 8, 8 },
	[IPC_F_VALID_UNTIL] = { "valid_until", IPC_K_TIME, 8, 8 },
	[IPC_F_CREATED] = { "created", IPC_K_TIME, 8, 8 },
	[IPC_F_CHANGED] = { "changed", IPC_K_TIME, 8, 8 },
	[IPC_F_SEQ] = { "seq", IPC_K_NUM, 8, 8 },
	[IPC_F_TIME] = { "time", IPC_K_TIME, 8, 8 },
	[IPC_F_EVENT] = { "event", IPC_K_NAME, 1, 32 },
	[IPC_F_DETAIL] = { "detail", IPC_K_TEXT, 0, 1024 },
	[IPC_F_FAILURES] = { "failures", IPC_K_NUM, 4, 4 },
	[IPC_F_LEFT] = { "left", IPC_K_NUM, 4, 4 },
	[IPC_F_HASH] = { "hash", IPC_K_BYTES, 32, 32 },
	[IPC_F_PATH] = { "path", IPC_K_TEXT, 1, 255 },
	[IPC_F_LIMIT] = { "limit", IPC_K_NUM, 4, 4 },
	[IPC_F_FACTORS] = { "factors", IPC_K_TEXT, 1, 32 },
};

_Static_assert(IPC_F_N <= 64, "fields are bits of one uint64_t");

/* Administration is open in its fields: the command table in admin.c says which a command takes. */
#define ADMIN_ANY (B(PERSON) | B(ROLE) | B(STATUS) | B(CARD) | B(FINGER) | B(SUBJECT) | B(ISSUER) | B(SERIAL) | \
	B(VALID_FROM) | B(VALID_UNTIL) | B(CREATED) | B(CHANGED) | B(SEQ) | B(TIME) | B(EVENT) | B(DETAIL) | \
	B(FAILURES) | B(LEFT) | B(HASH) | B(PATH) | B(LIMIT) | B(FACTORS) | B(NAME) | B(ACCOUNT) | B(SERVICE) | \
	B(TTY) | B(ATTEMPT) | B(SESSION) | B(READER) | B(DRIVER) | B(DEVICE) | B(COUNT) | B(TOTAL) | B(TEXT) | \
	B(RUSER) | B(RHOST) | B(REASON) | B(STATE) | B(PROFILE) | B(PRINT_ID) | B(MAX_S) | B(TRIES) | B(FLAGS) | B(BYTES))

static const struct ipc_type_info types[] = {
	{ IPC_AUTH_BEGIN, IPC_AUTH_UP, B(SERVICE), B(ACCOUNT) | B(TTY) | B(RHOST) | B(RUSER) | B(FLAGS) },
	{ IPC_AUTH_ANSWER, IPC_AUTH_UP, B(PROMPT_ID) | B(SECRET), 0 },
	{ IPC_AUTH_CANCEL, IPC_AUTH_UP, 0, 0 },
	{ IPC_ACCT_CHECK, IPC_AUTH_UP, B(ACCOUNT) | B(SERVICE), B(ATTEMPT) },
	{ IPC_SESSION_OPEN, IPC_AUTH_UP, B(ACCOUNT) | B(SERVICE), B(TTY) | B(ATTEMPT) | B(RHOST) },
	{ IPC_SESSION_CLOSE, IPC_AUTH_UP, B(SESSION), 0 },
	{ IPC_AUTH_INFO, IPC_AUTH_DOWN, B(MSG), ARGS },
	{ IPC_AUTH_PROMPT, IPC_AUTH_DOWN, B(PROMPT_ID) | B(MSG), ARGS },
	{ IPC_AUTH_RESULT, IPC_AUTH_DOWN, B(VERDICT) | B(ATTEMPT), B(ACCOUNT) | B(MSG) | ARGS },
	{ IPC_ACCT_RESULT, IPC_AUTH_DOWN, B(VERDICT), B(MSG) | ARGS },
	{ IPC_SESSION_OPENED, IPC_AUTH_DOWN, B(VERDICT), B(SESSION) | B(MAX_S) | B(MSG) | ARGS },
	{ IPC_SESSION_CLOSED, IPC_AUTH_DOWN, B(VERDICT), B(MSG) | ARGS },

	{ IPC_CARD_OPEN, IPC_CARD_DOWN, B(WAIT_MS), B(READER) },
	{ IPC_CARD_MORE, IPC_CARD_DOWN, 0, 0 },
	{ IPC_CARD_CACHED, IPC_CARD_DOWN, 0, 0 },
	{ IPC_CARD_KEY, IPC_CARD_DOWN, B(KEY_REF), 0 },
	{ IPC_CARD_TRIES_ASK, IPC_CARD_DOWN, 0, 0 },
	{ IPC_CARD_SIGN, IPC_CARD_DOWN, B(ALG) | B(DIGEST), B(SECRET) },
	{ IPC_CARD_CLOSE, IPC_CARD_DOWN, 0, 0 },
	{ IPC_CARD_STATE, IPC_CARD_UP, B(STATE), B(READER) },
	{ IPC_CARD_HEAD, IPC_CARD_UP, B(PROFILE) | B(KEY_REF) | B(BYTES), B(READER) },
	{ IPC_CARD_CERT, IPC_CARD_UP, B(BYTES), 0 },
	{ IPC_CARD_TRIES, IPC_CARD_UP, 0, B(TRIES) },
	{ IPC_CARD_SIGNATURE, IPC_CARD_UP, B(BYTES), 0 },
	{ IPC_CARD_ERROR, IPC_CARD_UP, B(REASON), B(TRIES) },
	{ IPC_CARD_CLOSED, IPC_CARD_UP, B(APDU_N) | B(BYTES_N), 0 },

	{ IPC_FINGER_OPEN, IPC_FINGER_DOWN, 0, B(DRIVER) },
	{ IPC_FINGER_PRINT, IPC_FINGER_DOWN, B(PRINT_ID) | B(BYTES), 0 },
	{ IPC_FINGER_SCAN, IPC_FINGER_DOWN, B(TOKEN) | B(FLAGS), 0 },
	{ IPC_FINGER_GO, IPC_FINGER_DOWN, 0, 0 },
	{ IPC_FINGER_CANCEL, IPC_FINGER_DOWN, 0, 0 },
	{ IPC_FINGER_ENROLL, IPC_FINGER_DOWN, B(TOKEN), 0 },
	{ IPC_FINGER_READY, IPC_FINGER_UP, B(DRIVER) | B(DEVICE) | B(NAME) | B(FLAGS), 0 },
	{ IPC_FINGER_TOUCHED, IPC_FINGER_UP, 0, 0 },
	{ IPC_FINGER_VERDICT, IPC_FINGER_UP, B(TOKEN) | B(FLAGS), B(PRINT_ID) | B(BYTES) },
	{ IPC_FINGER_RETRY, IPC_FINGER_UP, B(REASON), 0 },
	{ IPC_FINGER_ERROR, IPC_FINGER_UP, B(REASON), 0 },
	{ IPC_FINGER_PROGRESS, IPC_FINGER_UP, B(COUNT) | B(TOTAL), 0 },
	{ IPC_FINGER_ENROLLED, IPC_FINGER_UP, B(TOKEN) | B(BYTES), 0 },

	{ IPC_WATCH_EVENT, IPC_WATCH_UP, B(STATE), B(READER) },

	{ IPC_FETCH_GET, IPC_FETCH_DOWN, B(PATH) | B(TOTAL) | B(MAX_S), B(BYTES) | B(NAME) | B(TIME) },
	{ IPC_FETCH_DONE, IPC_FETCH_UP, B(RESULT), B(TEXT) | B(TIME) },

	{ IPC_ADMIN_REQUEST, IPC_ADMIN_UP, B(COMMAND), ADMIN_ANY },
	{ IPC_ADMIN_ANSWER, IPC_ADMIN_UP, B(PROMPT_ID) | B(SECRET), 0 },
	{ IPC_ADMIN_CANCEL, IPC_ADMIN_UP, 0, 0 },
	{ IPC_ADMIN_ROW, IPC_ADMIN_DOWN, 0, ADMIN_ANY },
	{ IPC_ADMIN_INFO, IPC_ADMIN_DOWN, B(MSG), ARGS },
	{ IPC_ADMIN_PROMPT, IPC_ADMIN_DOWN, B(PROMPT_ID) | B(MSG), ARGS },
	{ IPC_ADMIN_END, IPC_ADMIN_DOWN, B(RESULT), B(TEXT) },
};

const struct ipc_field_info *ipc_field_info(enum ipc_field f)
{
	return &fields[(unsigned)f < IPC_F_N ? f : 0];
}

const struct ipc_type_info *ipc_type_info(enum ipc_type type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type)
			return &types[i];
	}
	return NULL;
}
