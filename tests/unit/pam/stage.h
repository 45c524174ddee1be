/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stage.h
 * @brief The real module in a real PAM stack, between a scripted daemon and a scripted person.
 *
 * The socket's path is a constant of the module, so the whole program gets a mount namespace with its own
 * /run (stage_enter()). That needs root.
 */
#ifndef TEST_PAM_STAGE_H
#define TEST_PAM_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <security/pam_appl.h>
#include <sys/types.h>

#include "ipc/ipc.h"
#include "ipc/msgid.h"
#include "pamdrive.h"

#define STAGE_DIR "/run/sekisho"
#define STAGE_SOCKET STAGE_DIR "/auth.sock"
#define STAGE_PIN "7391546"

/** One connection, seen from the daemon; runs in a child. Leaves by returning; play_fail() says it went wrong. */
typedef void stage_play(int fd);

struct stage {
	struct driver person;
	char *said;          /**< Everything shown, one line each; valid after stage_said(). */
	size_t said_len;
	pam_handle_t *pamh;
	pid_t daemon;        /**< 0: none. */
	const char *service; /**< Stack: "plain" unless changed. */
	const char *user, *tty, *rhost, *ruser;
	int (*conv)(int, const struct pam_message **, struct pam_response **, void *);
};

/** Namespace, /run, folder with stacks. @p module: the .so under test, @p peek: peek_module.so. 0, -1. */
int stage_enter(const char *module, const char *peek, const char *catalogue);
/** Remove what stage_enter() left on disk. */
void stage_leave(void);
const char *stage_module(void);

/** cmocka fixture: *state is a struct stage with a clean /run/sekisho. */
int stage_setup(void **state);
int stage_teardown(void **state);

/** Start a daemon that plays one script for each connection, in turn; NULL ends the list. */
void stage_daemon(struct stage *s, stage_play *const plays[]);
void stage_daemon_one(struct stage *s, stage_play *play);
/** The same, listening as another user on a socket of another type. */
void stage_daemon_as(struct stage *s, stage_play *const plays[], uid_t uid, int type);
/** Wait for the daemon; its scripts must have gone as written. */
void stage_daemon_done(struct stage *s);

/** pam_start_confdir() with the stage's items; ends an older handle. */
void stage_start(struct stage *s);
/** stage_start() and pam_authenticate(). */
int stage_auth(struct stage *s, int flags);
/** A daemon with one script, stage_auth(), daemon done. */
int stage_attempt(struct stage *s, stage_play *play);
/** What has been shown up to now. */
const char *stage_said(struct stage *s);
/** PAM_USER, "" when unset. */
const char *stage_user(const struct stage *s);

/* For scripts. */
_Noreturn void play_fail(int line);
#define PLAY_CHECK(x) do { if (!(x)) play_fail(__LINE__); } while (0)
/** The next message, which must have this type; its bytes stay valid until the next call. */
void play_recv(int fd, enum ipc_type type, struct ipc_msg *ret_msg);
/** The peer must have closed without another word. */
void play_expect_end(int fd);
bool play_field_is(const struct ipc_msg *m, enum ipc_field f, const char *text);
void play_info(int fd, enum msg_id id, const char *arg1, const char *arg2);
void play_prompt(int fd, uint32_t prompt_id, enum msg_id id, const char *arg1);
/** RESULT with attempt id 0x1122334455667788; @p account NULL and @p id MSG_NONE leave the field out. */
void play_result(int fd, uint32_t verdict, const char *account, enum msg_id id, const char *arg1, const char *arg2);
void play_raw(int fd, const void *p, size_t len);
/** The bytes of a granting RESULT for "taro"; returns the length. */
size_t play_granted_bytes(uint8_t *buf, size_t cap);

#endif /* TEST_PAM_STAGE_H */
