/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file helper.h
 * @brief How sekisho-crl is started and what it leaves: a parser of hostile bytes in a process that can do nothing else.
 *
 * The starter gives four things and reads the answer (crl_answer_get()) from the pipe until its end; an exit without an answer is
 * a refusal. One run at a time in a folder. The answer says nothing about the signature: whoever started it verifies.
 */
#ifndef CRL_HELPER_H
#define CRL_HELPER_H

#define CRL_HELPER_IN_FD 3 /**< The list, read only, at its beginning: a file or a pipe. */
#define CRL_HELPER_DIR_FD 4 /**< The folder, ours and 0700. */
#define CRL_HELPER_ANSWER_FD 5 /**< A pipe, write end. */

/** The index that it makes in the folder; one that an earlier run left is taken away. */
#define CRL_HELPER_INDEX "staged.idx"

/** Its exit status. */
enum crl_helper_exit {
	CRL_HELPER_MADE = 0, /**< The index is there and durable, the answer is facts. */
	CRL_HELPER_REFUSED = 1, /**< The answer says why. */
	CRL_HELPER_PROTOCOL = 64, /**< Not started as above, or not able to lock itself in: no answer. */
};

#endif /* CRL_HELPER_H */
