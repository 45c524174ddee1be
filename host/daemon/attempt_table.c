/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be asked now. A message that has no row for the state of its attempt
 * ends the attempt as denied; there is no other dispatch.
 */
#include "daemon/attempt.h"

static const struct attempt_row rows[] = {
	/* state                message               handler */
	{ ATTEMPT_QUEUED,    IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_QUEUED,    IPC_ADMIN_CANCEL,    attempt_on_cancel },

	{ ATTEMPT_CARD,      IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_CARD,      IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_CARD,      IPC_CARD_STATE,      attempt_on_card_state },
	{ ATTEMPT_CARD,      IPC_CARD_HEAD,       attempt_on_head },
	{ ATTEMPT_CARD,      IPC_CARD_ERROR,      attempt_on_card_error },
	{ ATTEMPT_CARD,      IPC_FINGER_READY,    attempt_on_ready },
	{ ATTEMPT_CARD,      IPC_FINGER_ERROR,    attempt_on_finger_error },

	{ ATTEMPT_CERT,      IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_CERT,      IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_CERT,      IPC_CARD_CERT,       attempt_on_cert },
	{ ATTEMPT_CERT,      IPC_CARD_ERROR,      attempt_on_card_error },
	{ ATTEMPT_CERT,      IPC_FINGER_READY,    attempt_on_ready },
	{ ATTEMPT_CERT,      IPC_FINGER_ERROR,    attempt_on_finger_error },

	{ ATTEMPT_SENSOR,    IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_SENSOR,    IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_SENSOR,    IPC_CARD_ERROR,      attempt_on_card_error },
	{ ATTEMPT_SENSOR,    IPC_FINGER_READY,    attempt_on_ready },
	{ ATTEMPT_SENSOR,    IPC_FINGER_ERROR,    attempt_on_finger_error },

	{ ATTEMPT_CARD_KEY,  IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_CARD_KEY,  IPC_CARD_HEAD,       attempt_on_card_key_head },
	{ ATTEMPT_CARD_KEY,  IPC_CARD_ERROR,      attempt_on_card_error },
	{ ATTEMPT_CARD_KEY,  IPC_FINGER_ERROR,    attempt_on_finger_error },

	{ ATTEMPT_TRIES,     IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_TRIES,     IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_TRIES,     IPC_CARD_TRIES,      attempt_on_tries },
	{ ATTEMPT_TRIES,     IPC_CARD_ERROR,      attempt_on_card_error },
	{ ATTEMPT_TRIES,     IPC_FINGER_READY,    attempt_on_ready },
	{ ATTEMPT_TRIES,     IPC_FINGER_ERROR,    attempt_on_finger_error },

	{ ATTEMPT_PIN,       IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_PIN,       IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_PIN,       IPC_AUTH_ANSWER,     attempt_on_answer },
	{ ATTEMPT_PIN,       IPC_ADMIN_ANSWER,    attempt_on_answer },
	{ ATTEMPT_PIN,       IPC_CARD_ERROR,      attempt_on_card_error },
	{ ATTEMPT_PIN,       IPC_FINGER_READY,    attempt_on_ready },
	{ ATTEMPT_PIN,       IPC_FINGER_ERROR,    attempt_on_finger_error },

	{ ATTEMPT_SIGN,      IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_SIGN,      IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_SIGN,      IPC_CARD_SIGNATURE,  attempt_on_signature },
	{ ATTEMPT_SIGN,      IPC_CARD_ERROR,      attempt_on_card_error },
	{ ATTEMPT_SIGN,      IPC_FINGER_READY,    attempt_on_ready },
	{ ATTEMPT_SIGN,      IPC_FINGER_ERROR,    attempt_on_finger_error },

	{ ATTEMPT_TOUCH,     IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_TOUCH,     IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_TOUCH,     IPC_FINGER_TOUCHED,  attempt_on_touched },
	{ ATTEMPT_TOUCH,     IPC_FINGER_RETRY,    attempt_on_retry },
	{ ATTEMPT_TOUCH,     IPC_FINGER_ERROR,    attempt_on_finger_error },
	{ ATTEMPT_TOUCH,     IPC_CARD_ERROR,      attempt_on_card_error },

	{ ATTEMPT_JUDGE,     IPC_AUTH_CANCEL,     attempt_on_cancel },
	{ ATTEMPT_JUDGE,     IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_JUDGE,     IPC_FINGER_VERDICT,  attempt_on_verdict },
	{ ATTEMPT_JUDGE,     IPC_FINGER_RETRY,    attempt_on_retry },
	{ ATTEMPT_JUDGE,     IPC_FINGER_ERROR,    attempt_on_finger_error },
	{ ATTEMPT_JUDGE,     IPC_CARD_ERROR,      attempt_on_card_error },

	/* enrolment of a card: after the proof, its second certificate */
	{ ATTEMPT_CARD_CERT, IPC_ADMIN_CANCEL,    attempt_on_cancel },
	{ ATTEMPT_CARD_CERT, IPC_CARD_HEAD,       attempt_on_card_cert_head },
	{ ATTEMPT_CARD_CERT, IPC_CARD_CERT,       attempt_on_card_cert },
	{ ATTEMPT_CARD_CERT, IPC_CARD_ERROR,      attempt_on_card_error },
};

attempt_fn *attempt_row_find(enum attempt_state state, enum ipc_type type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].state == state && rows[i].type == type)
			return rows[i].fn;
	}
	return NULL;
}

const char *attempt_state_name(enum attempt_state state)
{
	switch (state) {
	case ATTEMPT_QUEUED: return "queued";
	case ATTEMPT_CARD: return "card";
	case ATTEMPT_CERT: return "certificate";
	case ATTEMPT_SENSOR: return "sensor";
	case ATTEMPT_CARD_KEY: return "card-key";
	case ATTEMPT_TRIES: return "tries";
	case ATTEMPT_PIN: return "pin";
	case ATTEMPT_SIGN: return "sign";
	case ATTEMPT_TOUCH: return "touch";
	case ATTEMPT_JUDGE: return "judge";
	case ATTEMPT_CARD_CERT: return "card-certificate";
	}
	return "?";
}
