/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file request.h
 * @brief One question to the daemon and its answer, shown to people or programs.
 */
#ifndef CTL_REQUEST_H
#define CTL_REQUEST_H

#include "ctl/ctl.h"
#include "ctl/rows.h"
#include "ipc/ipc.h"

/** A request under construction. */
struct request {
	struct ipc_out o;
	uint8_t buf[36864]; /**< Holds a chunk of a revocation list. */
};

/** How the daemon answered. Free with answer_clear(). */
struct answer {
	enum sk_status result;  /**< Of the command; SK_E_FAULT when there was no end. */
	char text[1025];        /**< What is wrong and what to do, English (a key of the catalogue); may be empty. */
	struct rows rows;
};

SK_NONNULL void request_begin(struct request *r, enum ipc_command command);
/** Nothing when @p text is NULL. */
void request_text(struct request *r, enum ipc_field f, const char *text);
SK_NONNULL void request_num(struct request *r, enum ipc_field f, uint64_t v);

/** Words with one space between two; false: they don't fit, or one has a space of its own or is empty. */
SK_MUST_CHECK bool request_join(const char *const *words, uint32_t n, char *ret_text, size_t cap);

/** What every row of an answer is; 0: told apart by its fields (person show, status). */
#define REQUEST_MIXED ((enum row_kind)0)

/** Connect; says on stderr what is wrong. */
SK_MUST_CHECK SK_NONNULL enum ctl_exit request_connect(int *ret_fd);

/**
 * Ask, show progress and prompts of an enrolment on the way, and gather the rows.
 *
 * @param ret_answer  Zeroed by the caller before its first use; rows of several requests may be gathered.
 * @retval CTL_OK  There is an answer, good or bad: see ret_answer->result. Otherwise it was said on stderr.
 */
SK_MUST_CHECK SK_NONNULL
enum ctl_exit request_ask(int fd, struct request *r, const struct ctl_args *a, enum row_kind kind,
    struct answer *ret_answer);

/** Exit status for a result. */
SK_MUST_CHECK enum ctl_exit request_exit(enum sk_status result);

/** Show an answer: @p done (to be translated, may be NULL) when it is good, the daemon's sentence when not. */
SK_MUST_CHECK enum ctl_exit request_show(const struct answer *answer, const struct ctl_args *a, const char *done);

/** All of it: connect, ask, show, clean up. */
SK_MUST_CHECK enum ctl_exit request_run(struct request *r, const struct ctl_args *a, enum row_kind kind, const char *done);

/** Is what a row tells in order? */
typedef bool request_in_order_fn(const struct row *row);
/** As request_run(), of a command that has no arguments: CTL_PROBLEMS when a row is not in order. */
SK_MUST_CHECK SK_NONNULL enum ctl_exit request_judge(enum ipc_command command, enum row_kind kind, const struct ctl_args *a,
    request_in_order_fn *in_order);

/** Wipes nothing: answers hold no secrets. */
SK_NONNULL void answer_clear(struct answer *answer);

/** "ok", "not-found", ... for JSON. */
SK_MUST_CHECK const char *request_word(enum sk_status result);

#endif /* CTL_REQUEST_H */
