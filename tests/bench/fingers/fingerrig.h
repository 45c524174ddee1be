/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fingerrig.h - play the daemon to a real sekisho-finger, and the person at its
 * virtual sensor.
 *
 * Each run has its own folder and sensor socket under /tmp, so that runs side
 * by side don't meet. A touch is sent from a thread of its own, because the
 * helper stops between TOUCHED and GO with the touch half taken.
 */
#ifndef TESTS_BENCH_FINGERS_FINGERRIG_H
#define TESTS_BENCH_FINGERS_FINGERRIG_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "ipc/ipc.h"
#include "synthfinger.h"
#include "virtualsensor.h"

#define FINGERRIG_WAIT_MS 10000
#define FINGERRIG_TOKEN_LEN 16

/* What a touching thread sends; exactly one of finger, line, command. */
struct fingerrig_touch {
	pthread_t thread;
	const char *path;
	const struct synthfinger *finger; /* NULL with no line and no command: nothing touches */
	uint32_t impression;
	bool held; /* the finger stays; VIRTUALSENSOR_FINGER 0 lifts it */
	const char *line;
	bool has_command;
	enum virtualsensor_command command;
	int32_t value;
	bool taken;
};

struct fingerrig {
	int fd;
	pid_t pid;
	char dir[64];
	char sensor_path[96];
	uint8_t in[IPC_MSG_MAX];
	uint8_t out[IPC_MSG_MAX];
};

/*
 * Start the program at `path` as the daemon does. `env_name` is the variable
 * that names the sensor socket (FP_VIRTUAL_IMAGE...); `env_extra`, "NAME=value",
 * or NULL.
 */
bool fingerrig_start(struct fingerrig *rig, const char *path, const char *env_name, const char *env_extra);
/* Close the socket, collect the process: its exit code, or -signal, or -1000 when it had to be killed. */
int fingerrig_stop(struct fingerrig *rig);

bool fingerrig_send_plain(struct fingerrig *rig, enum ipc_type type);
bool fingerrig_send_open(struct fingerrig *rig, const char *driver);
bool fingerrig_send_print(struct fingerrig *rig, uint64_t id, const void *bytes, size_t len);
bool fingerrig_send_scan(struct fingerrig *rig, uint8_t token, uint32_t flags);
bool fingerrig_send_enroll(struct fingerrig *rig, uint8_t token);
/* SK_OK, SK_E_TIMEOUT, SK_E_GONE... */
enum sk_status fingerrig_receive(struct fingerrig *rig, int wait_ms, struct ipc_msg *ret_msg);
/* The token field of a message consists of this byte. */
bool fingerrig_token_is(const struct ipc_msg *m, uint8_t token);

bool fingerrig_touch_start(const struct fingerrig *rig, struct fingerrig_touch *touch);
/* True when the sensor took it. */
bool fingerrig_touch_end(struct fingerrig_touch *touch);

#endif
