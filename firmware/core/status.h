/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file status.h
 * @brief One list of results for the whole project, and the one bit pattern that means yes.
 *
 * A status says whether a function did its work. It never says that somebody
 * may come in: that is only ever said by enum sk_verdict, whose yes no zeroed,
 * all-ones or half-written memory can hold.
 */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

#include <stdint.h>

/** Results. 0 is success, everything else is negative; start from SK_E_FAULT. */
enum sk_status {
	SK_OK = 0,
	SK_E_FAULT = -1,     /**< Our own bug or an impossible state. */
	SK_E_ARG = -2,       /**< The caller broke the contract. */
	SK_E_FORMAT = -3,    /**< Bytes from outside don't follow their format. */
	SK_E_SPACE = -4,     /**< A buffer or limit is too small for correct data. */
	SK_E_NOENT = -5,     /**< The thing asked for does not exist. */
	SK_E_EXIST = -6,     /**< It exists already. */
	SK_E_CORRUPT = -7,   /**< Stored data is damaged: deny, never treat as fresh. */
	SK_E_IO = -8,        /**< Reading or writing failed. */
	SK_E_DENIED = -9,    /**< Policy or permission says no. */
	SK_E_WAIT = -10,     /**< Too soon: a lockout delay runs. */
	SK_E_LOCKED = -11,   /**< Locked until an administrator acts. */
	SK_E_TIMEOUT = -12,  /**< The deadline passed. */
	SK_E_CANCELLED = -13,/**< The user or the daemon gave up. */
	SK_E_GONE = -14,     /**< Card, reader, sensor, peer went away. */
	SK_E_CRYPTO = -15,   /**< A signature, certificate or seal does not verify. */
	SK_E_UNSUPPORTED = -16, /**< Well formed, but not something we accept. */
	SK_E_BUSY = -17,     /**< Somebody else uses it now. */
	SK_E_STATE = -18,    /**< Right message, wrong moment. */
	SK_E_NOMEM = -19,    /**< Out of memory. */
};

/**
 * The only answer that lets somebody in is SK_GRANTED, compared for equality.
 * Written `if (v == SK_GRANTED)`, never `if (v != SK_DENIED)`.
 */
enum sk_verdict {
	SK_DENIED = 0x35A6C953,
	SK_GRANTED = 0x5C93A66A,
};

#endif /* CORE_STATUS_H */
