/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file spool.h
 * @brief Records of approvals and refusals on their way to the daemon: at boot there is none yet, and udev waits for nobody.
 *
 * A file a record, in the order of their names; each holds the message that "sekishoctl media flush" sends. The folder is root's.
 *
 * Rules
 *  1. Storage is authorized only after its record is here: no approval goes unrecorded.
 *  2. At most SPOOL_FILES_MAX records. When it is full nothing is approved; a refusal goes on without a record, and one last
 *     record says that some are missing.
 */
#ifndef MEDIA_SPOOL_H
#define MEDIA_SPOOL_H

#include "ipc/ipc.h"
#include "media/mediadev.h"

#define SPOOL_DIR "/run/sekisho-media"
#define SPOOL_FILES_MAX 256u
#define SPOOL_NAME_MAX 64u
/** Longest record. Unit: bytes. */
#define SPOOL_RECORD_MAX 1024u

/** One approval or refusal. */
struct spool_event {
	bool approved;
	char word[33];   /**< A reason of judge.h, or "spool-full". */
	char device[16]; /**< "0951:1666"; "" when the descriptors are bad. */
	char port[MEDIADEV_PORT_MAX];
	char serial[MEDIADEV_CLEAN_MAX]; /**< Cleaned; "": none. */
	int64_t time;    /**< Seconds since 1970. */
};

/**
 * Be the only one who judges what is in this socket; waits for whoever does. The folder is root's: nobody else can hold it up.
 * @param port    From mediadev_name().
 * @param ret_fd  close() ends it.
 * @retval SK_OK, SK_E_DENIED (the folder is somebody else's), SK_E_IO, SK_E_ARG (path too long)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status spool_lock(const char *dir, const char *port, int *ret_fd);

/** Keep one. @retval SK_OK, SK_E_SPACE (rule 2), SK_E_DENIED (the folder is somebody else's), SK_E_IO, SK_E_FORMAT */
SK_MUST_CHECK SK_NONNULL enum sk_status spool_put(const char *dir, const struct spool_event *e);

/**
 * Names of the records there, oldest first.
 * @param ret_names  From malloc(); the caller frees.
 * @retval SK_OK (also when there is no folder), SK_E_IO, SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status spool_names(const char *dir, char (**ret_names)[SPOOL_NAME_MAX], size_t *ret_n);

/** Read one. SK_E_NOENT: it has gone. SK_E_FORMAT: it isn't a record. */
SK_MUST_CHECK SK_NONNULL enum sk_status spool_get(const char *dir, const char *name, struct spool_event *ret_e);

/** It is recorded. SK_OK also when somebody else has dropped it. SK_E_IO. */
SK_MUST_CHECK SK_NONNULL enum sk_status spool_drop(const char *dir, const char *name);

/** The message that asks the daemon to record it. @p buf: SPOOL_RECORD_MAX bytes. */
SK_NONNULL void spool_message(const struct spool_event *e, struct ipc_out *o, uint8_t *buf);

#endif /* MEDIA_SPOOL_H */
