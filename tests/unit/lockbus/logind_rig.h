/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file logind_rig.h
 * @brief A bus of the test's own (dbus-daemon, with a system bus's rules), logind and systemd on it in a process of theirs, and a
 *        stranger: whoever else may speak on the system bus.
 */
#ifndef LOGIND_RIG_H
#define LOGIND_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/* A loaded machine. Unit: seconds. */
#define RIG_PATIENCE_S 60u
#define RIG_SESSIONS 40u

struct rig_session {
	char id[80], account[80], seat[80], class[80];
	uint32_t vt;
};

/** What logind says, and what it was asked; the test and its process both see it. */
struct rig {
	uint32_t n;
	struct rig_session s[RIG_SESSIONS];
	char fails[32];      /**< This method or property is answered with an error, */
	char fails_too[32];
	char odd[32];        /**< this with other types than logind's, */
	char odder[32];      /**< this with what isn't even a property. */
	char asked[1024];    /**< Methods but ListSessions and Get, with their arguments, a line each. */
	char locker[64];     /**< Who asked last: its name on the bus. */
};

/** Zeroed by rig_start(). */
extern struct rig *rig;
/** Anybody's connection. */
extern sd_bus *rig_stranger;

/** cmocka's setup and teardown: everything anew. */
int rig_start(void **state);
int rig_stop(void **state);

void rig_add(const char *id, const char *account, const char *seat, const char *class, uint32_t vt);
/** The object of a session. */
const char *rig_path(const char *id);

/** From logind: a signal; SessionRemoved has @p id in it, others come from @p path. */
void rig_emit(const char *interface, const char *member, const char *path, const char *id);
/** logind says nothing any more, but is there; speaks again; is not there; nor is the bus. */
void rig_mute(void);
void rig_speak(void);
void rig_no_logind(void);
void rig_no_bus(void);

#endif /* LOGIND_RIG_H */
