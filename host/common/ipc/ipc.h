/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ipc.h
 * @brief Messages between module, tool, daemon and helpers: one codec, two constant tables.
 *
 * One message is one SOCK_SEQPACKET datagram holding one BER-TLV (DER lengths):
 *
 *     E1 len { 80 01 version   81 02 type   [field tag] len value ... }
 *
 * Rules (checked by ipc_parse() for every message, whoever sent it):
 *  1. version MUST be IPC_VERSION, type MUST be in the table and MUST belong to the channel.
 *  2. A field MUST be allowed for the type, MUST NOT come twice, MUST have a length inside its range;
 *     every required field MUST be there.
 *  3. Text MUST be UTF-8 without control characters; names MUST match [A-Za-z0-9._@-], so that no
 *     log line or record can be split by a user name.
 *  4. Nothing may be left over.
 *
 * Sources: firmware/core/PROTOCOL.md "IPC messages".
 */
#ifndef IPC_IPC_H
#define IPC_IPC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/status.h"

#define IPC_VERSION 1u
/** Longest message on any channel. Unit: bytes. */
#define IPC_MSG_MAX 65536u
/** Longest message that the PAM module ever sends or takes. Unit: bytes. */
#define IPC_AUTH_MSG_MAX 2048u

/** Who talks to whom: a message type belongs to exactly one channel and direction. */
enum ipc_channel {
	IPC_AUTH_UP = 1,  /**< module -> daemon */
	IPC_AUTH_DOWN,    /**< daemon -> module */
	IPC_CARD_DOWN,    /**< daemon -> sekisho-card */
	IPC_CARD_UP,      /**< sekisho-card -> daemon */
	IPC_FINGER_DOWN,  /**< daemon -> sekisho-finger */
	IPC_FINGER_UP,    /**< sekisho-finger -> daemon */
	IPC_WATCH_UP,     /**< sekisho-watch -> daemon */
	IPC_ADMIN_UP,     /**< sekishoctl -> daemon */
	IPC_ADMIN_DOWN,   /**< daemon -> sekishoctl */
	IPC_FETCH_DOWN,   /**< sekishoctl -> sekisho-fetch */
	IPC_FETCH_UP,     /**< sekisho-fetch -> sekishoctl */
};

/** Message types. Required and optional fields: the table in ipc_schema.c. */
enum ipc_type {
	/* module <-> daemon */
	IPC_AUTH_BEGIN = 0x0101,   /**< Start an attempt: service, [account], [tty], [rhost], [ruser], [flags: IPC_BEGIN_UNLOCK]. */
	IPC_AUTH_ANSWER = 0x0102,  /**< Answer to a prompt: prompt id, secret. */
	IPC_AUTH_CANCEL = 0x0103,  /**< The user gave up. */
	IPC_ACCT_CHECK = 0x0104,   /**< May this account be used now? account, service, [attempt]. */
	IPC_SESSION_OPEN = 0x0105, /**< account, service, [tty], [attempt]. Root only. */
	IPC_SESSION_CLOSE = 0x0106,/**< session. Root only. */
	IPC_AUTH_INFO = 0x0181,    /**< Something to show: message id (MSG_NONE: nothing; the daemon has taken the attempt), [args]. */
	IPC_AUTH_PROMPT = 0x0182,  /**< Something to ask without echo: prompt id, message id, [args]. */
	IPC_AUTH_RESULT = 0x0183,  /**< The end of an attempt: verdict, attempt, [account], [message id, args]. */
	IPC_ACCT_RESULT = 0x0184,  /**< verdict, [message id, args]. */
	IPC_SESSION_OPENED = 0x0185, /**< verdict, [session], [max_s], [message id, args]. */
	IPC_SESSION_CLOSED = 0x0186, /**< verdict, [msg]: what to tell whoever leaves. */

	/* daemon <-> sekisho-card */
	IPC_CARD_OPEN = 0x0201,    /**< Find a card: [reader filter], wait_ms (0: don't wait). */
	IPC_CARD_MORE = 0x0202,    /**< Certificate not known: read all of it. */
	IPC_CARD_CACHED = 0x0203,  /**< Certificate known by its first bytes. */
	IPC_CARD_TRIES_ASK = 0x0204, /**< Read the PIN tries left. */
	IPC_CARD_SIGN = 0x0205,    /**< alg, digest, [secret = PIN as typed]. */
	IPC_CARD_CLOSE = 0x0206,   /**< Reset the card, let it go, exit. */
	IPC_CARD_KEY = 0x0207,     /**< Use this key from now on: key_ref (enum ipc_key); answered by CARD_HEAD. */
	IPC_CARD_STATE = 0x0281,   /**< state (enum ipc_card_state), [reader]. While waiting, on each change. */
	IPC_CARD_HEAD = 0x0282,    /**< profile, key_ref, bytes = first part of the certificate (DER), [reader]. */
	IPC_CARD_CERT = 0x0283,    /**< bytes = the whole certificate (DER). */
	IPC_CARD_TRIES = 0x0284,   /**< [tries]; absent: the card doesn't say. */
	IPC_CARD_SIGNATURE = 0x0285, /**< bytes. */
	IPC_CARD_ERROR = 0x0286,   /**< reason (enum ipc_card_error), [tries]. */
	IPC_CARD_CLOSED = 0x0287,  /**< apdu_n, bytes_n: traffic of the whole attempt. */

	/* daemon <-> sekisho-finger */
	IPC_FINGER_OPEN = 0x0301,  /**< [driver filter]. */
	IPC_FINGER_PRINT = 0x0302, /**< print_id, bytes = serialized FpPrint. No answer unless damaged. */
	IPC_FINGER_SCAN = 0x0303,  /**< token, flags (IPC_SCAN_WANT). Arms the sensor. */
	IPC_FINGER_GO = 0x0304,    /**< The try is charged: judge. */
	IPC_FINGER_CANCEL = 0x0305,
	IPC_FINGER_ENROLL = 0x0306,/**< token. Match-on-chip sensors only. */
	IPC_FINGER_READY = 0x0381, /**< driver, device, name, flags (IPC_SENSOR_*). */
	IPC_FINGER_TOUCHED = 0x0382, /**< A finger is on the sensor; nothing judged yet; waits for GO. */
	IPC_FINGER_VERDICT = 0x0383, /**< token, flags (IPC_VERDICT_MATCH or 0), [print_id when match], [bytes = scan]. */
	IPC_FINGER_RETRY = 0x0384, /**< reason (enum ipc_retry). Not judged. */
	IPC_FINGER_ERROR = 0x0385, /**< reason (enum ipc_finger_error). Not judged. */
	IPC_FINGER_PROGRESS = 0x0386, /**< count, total. */
	IPC_FINGER_ENROLLED = 0x0387, /**< token, bytes. */

	/* sekisho-watch -> daemon */
	IPC_WATCH_EVENT = 0x0481,  /**< state (enum ipc_watch_event), [reader]. */

	/* sekishoctl <-> sekisho-fetch */
	IPC_FETCH_GET = 0x0601,    /**< path = URL, total = longest file taken, max_s = deadline, [bytes = OCSP request], [name = proxy, http://host:port], [time = only if changed since]. */
	IPC_FETCH_DONE = 0x0681,   /**< result (as in ADMIN_END), [text = what happened], [time = Last-Modified]. The file is behind descriptor 4. */

	/* sekishoctl <-> daemon */
	IPC_ADMIN_REQUEST = 0x0501,/**< command (enum ipc_command) and whatever fields it takes. */
	IPC_ADMIN_ANSWER = 0x0502, /**< prompt id, secret. */
	IPC_ADMIN_CANCEL = 0x0503,
	IPC_ADMIN_ROW = 0x0581,    /**< One row of an answer: any admin fields. */
	IPC_ADMIN_INFO = 0x0582,   /**< Progress: message id, args. */
	IPC_ADMIN_PROMPT = 0x0583, /**< prompt id, message id, args. */
	IPC_ADMIN_END = 0x0584,    /**< result (enum sk_status as two's complement u32), [text = what is wrong and what to do]. */
};

/** Fields: one number space for all messages; names (for --json) and ranges in ipc_schema.c. */
enum ipc_field {
	IPC_F_SERVICE, IPC_F_ACCOUNT, IPC_F_TTY, IPC_F_RHOST, IPC_F_RUSER, IPC_F_PROMPT_ID, IPC_F_SECRET,
	IPC_F_MSG, IPC_F_ARG1, IPC_F_ARG2, IPC_F_ARG3, IPC_F_VERDICT, IPC_F_ATTEMPT, IPC_F_SESSION, IPC_F_MAX_S,
	IPC_F_READER, IPC_F_WAIT_MS, IPC_F_STATE, IPC_F_PROFILE, IPC_F_KEY_REF, IPC_F_BYTES, IPC_F_TRIES, IPC_F_ALG,
	IPC_F_DIGEST, IPC_F_REASON, IPC_F_APDU_N, IPC_F_BYTES_N, IPC_F_DRIVER, IPC_F_DEVICE, IPC_F_NAME, IPC_F_FLAGS,
	IPC_F_PRINT_ID, IPC_F_TOKEN, IPC_F_COUNT, IPC_F_TOTAL,
	/* administration */
	IPC_F_COMMAND, IPC_F_RESULT, IPC_F_TEXT, IPC_F_PERSON, IPC_F_ROLE, IPC_F_STATUS, IPC_F_CARD, IPC_F_FINGER,
	IPC_F_SUBJECT, IPC_F_ISSUER, IPC_F_SERIAL, IPC_F_VALID_FROM, IPC_F_VALID_UNTIL, IPC_F_CREATED, IPC_F_CHANGED,
	IPC_F_SEQ, IPC_F_TIME, IPC_F_EVENT, IPC_F_DETAIL, IPC_F_FAILURES, IPC_F_LEFT, IPC_F_HASH, IPC_F_PATH,
	IPC_F_LIMIT, IPC_F_FACTORS,
	IPC_F_N /**< How many; not a field. Must stay <= 64. */
};

#define IPC_BEGIN_UNLOCK 0x01u   /**< AUTH_BEGIN: a screen locker's; account's open sessions are held anew by whoever is granted. */
#define IPC_SCAN_WANT 0x01u      /**< FINGER_SCAN: send the scan's template with the verdict. */
#define IPC_VERDICT_MATCH 0xA5C35A3Cu /**< FINGER_VERDICT flags: the one pattern that means match. */
#define IPC_SENSOR_WEAK 0x01u    /**< Driver accepts below the library's threshold of 40. */
#define IPC_SENSOR_MOC 0x02u     /**< Match on chip. */
#define IPC_SENSOR_VIRTUAL 0x04u

enum ipc_card_state { CARD_NO_SERVICE = 1, CARD_NO_READER, CARD_ABSENT, CARD_PRESENT, CARD_MUTE, CARD_BUSY, CARD_TWO };
enum ipc_card_error {
	CARD_ERR_TIMEOUT = 1, /**< Nothing came within wait_ms. */
	CARD_ERR_REMOVED,     /**< Card or reader went away. */
	CARD_ERR_SERVICE,     /**< pcscd went away or refuses. */
	CARD_ERR_BUSY,        /**< Another program holds the card. */
	CARD_ERR_MUTE,        /**< No answer to reset. */
	CARD_ERR_UNKNOWN,     /**< No profile fits the card, or it has no such certificate. */
	CARD_ERR_FORMAT,      /**< The card's answer doesn't follow its standard. */
	CARD_ERR_PIN_WRONG,   /**< [tries] */
	CARD_ERR_PIN_BLOCKED,
	CARD_ERR_PIN_FORM,    /**< The PIN can't be this card's (length, characters); nothing was sent. */
	CARD_ERR_REFUSED,     /**< The card refuses the operation (status word). */
	CARD_ERR_TWO,         /**< Cards in two readers. */
};
enum ipc_retry { RETRY_GENERAL = 1, RETRY_TOO_SHORT, RETRY_CENTER, RETRY_REMOVE };
enum ipc_finger_error { FINGER_ERR_NO_SENSOR = 1, FINGER_ERR_UNPLUGGED, FINGER_ERR_BUSY, FINGER_ERR_TIMEOUT,
	FINGER_ERR_CANCELLED, FINGER_ERR_GENERAL, FINGER_ERR_TEMPLATE, FINGER_ERR_VIRTUAL, FINGER_ERR_STATE };
enum ipc_watch_event { WATCH_SERVICE_UP = 1, WATCH_SERVICE_DOWN, WATCH_READER_ADDED, WATCH_READER_REMOVED,
	WATCH_CARD_INSERTED, WATCH_CARD_REMOVED };
/** Signature algorithms, by the key and digest they use. */
enum ipc_alg { ALG_RSA2048_SHA256 = 1, ALG_P256_SHA256, ALG_P384_SHA384 };
enum ipc_profile { PROFILE_PIV = 1, PROFILE_JPKI };
/** Which key of a card: PIV's key references (SP 800-73-4 part 1, table 4b); for JPKI the last byte of the key's EF. */
enum ipc_key {
	KEY_JPKI_AUTH = 0x17, /**< User authentication (利用者証明用); signs with PIN. */
	KEY_PIV_AUTH = 0x9A,  /**< Signs with PIN. */
	KEY_PIV_CARD = 0x9E,  /**< Signs without. */
};

/** What sekishoctl can ask the running daemon for. */
enum ipc_command {
	CMD_STATUS = 1, CMD_PERSON_ADD, CMD_PERSON_LIST, CMD_PERSON_SHOW, CMD_PERSON_SUSPEND, CMD_PERSON_REINSTATE,
	CMD_PERSON_RETIRE, CMD_CARD_ENROL, CMD_CARD_LIST, CMD_CARD_REVOKE, CMD_CARD_RETURN, CMD_CARD_DESTROY,
	CMD_FINGER_ENROL, CMD_FINGER_LIST, CMD_FINGER_DELETE, CMD_CRL_IMPORT, CMD_CRL_STATUS, CMD_UNLOCK,
	CMD_AUDIT_LIST, CMD_AUDIT_VERIFY, CMD_AUDIT_EXPORT, CMD_DOCTOR,
	CMD_CLOCK_ACCEPT, CMD_CARD_RELINK,
	CMD_DENYLIST_IMPORT, CMD_DENYLIST_EXPORT, CMD_DENYLIST_DRAFT, CMD_DENYLIST_STATUS, CMD_DENYLIST_RECEIPT, CMD_CARD_UNREVOKE,
	CMD_OCSP_IMPORT, CMD_OCSP_STATUS, CMD_FETCH_LIST, CMD_CRL_FORGET,
	CMD_SHARED_ADD = 0x0041, CMD_SHARED_REMOVE, CMD_SHARED_LIST, CMD_SHARED_WHO,
	CMD_MEDIA_EVENT, CMD_MEDIA_LIST,
	CMD_PERSON_DORMANT,
};

#define IPC_DRAFT_ADD 0x01u   /**< CMD_DENYLIST_DRAFT flags: the card named comes onto the list. */
#define IPC_DRAFT_LEAVE 0x02u /**< ... leaves it. */

/** A parsed message; spans point into the input. */
struct ipc_msg {
	enum ipc_type type;
	uint64_t set; /**< Bit IPC_F_x: the field is there. */
	struct sk_span f[IPC_F_N];
};

/** A message under construction in the caller's buffer. */
struct ipc_out {
	struct sk_writer body;
	uint8_t *buf;
};

/**
 * Parse one datagram.
 *
 * @param channel  Where it came from; a type of another channel is refused.
 * @retval SK_OK, SK_E_FORMAT (rules above)
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status ipc_parse(struct sk_span in, enum ipc_channel channel, struct ipc_msg *ret_msg);

SK_MUST_CHECK SK_NONNULL bool ipc_has(const struct ipc_msg *m, enum ipc_field f);
/** Number in a field (1..8 bytes big-endian, fixed by the field's kind); 0 when absent. */
SK_MUST_CHECK SK_NONNULL uint64_t ipc_num(const struct ipc_msg *m, enum ipc_field f);
/** Copy a text field NUL-terminated; "" when absent. SK_E_SPACE when @p cap is too small. */
SK_MUST_CHECK SK_NONNULL
enum sk_status ipc_text(const struct ipc_msg *m, enum ipc_field f, char *ret_text, size_t cap);

/** Start a message in @p buf; at least 64 bytes. */
SK_NONNULL void ipc_out_init(struct ipc_out *o, enum ipc_type type, uint8_t *buf, size_t cap);
SK_NONNULL void ipc_out_num(struct ipc_out *o, enum ipc_field f, uint64_t v);
/** NUL-terminated text. */
SK_NONNULL void ipc_out_text(struct ipc_out *o, enum ipc_field f, const char *text);
void ipc_out_bytes(struct ipc_out *o, enum ipc_field f, const void *p, size_t len);
/** The finished datagram (inside the caller's buffer). The message is parsed back before it is
 *  given out, so that nobody can send what nobody would take: SK_E_SPACE, SK_E_FORMAT (our bug). */
SK_MUST_CHECK SK_NONNULL
enum sk_status ipc_out_finish(struct ipc_out *o, struct sk_span *ret_msg);

/** Finish and send; never raises SIGPIPE. @retval SK_OK, SK_E_GONE (peer closed), SK_E_BUSY (would block), SK_E_IO, SK_E_SPACE, SK_E_FORMAT */
SK_MUST_CHECK SK_NONNULL enum sk_status ipc_send(int fd, struct ipc_out *o);

/**
 * Receive one datagram into @p buf and parse it. A message with descriptors is refused; none is ever taken.
 *
 * @param timeout_ms  -1: for ever; 0: don't wait.
 * @retval SK_OK
 * @retval SK_E_GONE     The peer closed.
 * @retval SK_E_TIMEOUT  Nothing came.
 * @retval SK_E_FORMAT   Malformed or longer than @p cap.
 * @retval SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status ipc_recv(int fd, enum ipc_channel channel, int timeout_ms, uint8_t *buf, size_t cap,
    struct ipc_msg *ret_msg);

/** Kinds of values. */
enum ipc_kind { IPC_K_NUM, IPC_K_TIME, IPC_K_TEXT, IPC_K_NAME, IPC_K_BYTES, IPC_K_SECRET };

/** One row of the field table. */
struct ipc_field_info {
	const char *name; /**< JSON key and column name. */
	enum ipc_kind kind;
	uint32_t min, max; /**< Length in bytes; for NUM and TIME min = max = width. */
};

/** The field's row; never NULL for f < IPC_F_N. */
SK_MUST_CHECK const struct ipc_field_info *ipc_field_info(enum ipc_field f);

/** One row of the message table. */
struct ipc_type_info {
	enum ipc_type type;
	enum ipc_channel channel;
	uint64_t required, optional; /**< Bits of fields. */
};

/** NULL when there is no such type. */
SK_MUST_CHECK const struct ipc_type_info *ipc_type_info(enum ipc_type type);

#endif /* IPC_IPC_H */
