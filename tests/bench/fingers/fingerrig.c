/* SPDX-License-Identifier: Apache-2.0 */
/* fingerrig.c - see fingerrig.h. */
#include "fingerrig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HELPER_FD 3
#define ENDING_STEPS 300
#define ENDING_STEP_MS 10

static void child_main(int fd, const char *path, char *const envp[])
{
	char name[] = "sekisho-finger";
	char *const argv[] = { name, NULL };
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(fd, HELPER_FD) < 0)
		_exit(127);
	for (int i = 0; i < HELPER_FD; i++)
		if (dup2(null, i) < 0)
			_exit(127);
	if (fcntl(HELPER_FD, F_SETFD, 0) != 0 || close_range(HELPER_FD + 1, ~0U, 0) != 0)
		_exit(127);
	execve(path, argv, envp);
	_exit(127);
}

bool fingerrig_start(struct fingerrig *rig, const char *path, const char *env_name, const char *env_extra)
{
	char variable[160];
	char extra[160];
	char *envp[] = { variable, NULL, NULL };
	int pair[2];

	memset(rig, 0, sizeof(*rig));
	rig->fd = -1;
	strcpy(rig->dir, "/tmp/fingerrig.XXXXXX");
	if (mkdtemp(rig->dir) == NULL)
		return false;
	snprintf(rig->sensor_path, sizeof(rig->sensor_path), "%s/sensor", rig->dir);
	snprintf(variable, sizeof(variable), "%s=%s", env_name, rig->sensor_path);
	if (env_extra != NULL) {
		snprintf(extra, sizeof(extra), "%s", env_extra);
		envp[1] = extra;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	rig->pid = fork();
	if (rig->pid == 0)
		child_main(pair[1], path, envp);
	close(pair[1]);
	rig->fd = pair[0];
	return rig->pid > 0;
}

int fingerrig_stop(struct fingerrig *rig)
{
	const struct timespec step = { .tv_nsec = ENDING_STEP_MS * 1000000L };
	int status = 0;
	pid_t ended = 0;

	close(rig->fd);
	for (int i = 0; i < ENDING_STEPS && ended == 0; i++) {
		ended = waitpid(rig->pid, &status, WNOHANG);
		if (ended == 0)
			nanosleep(&step, NULL);
	}
	if (ended == 0) {
		kill(rig->pid, SIGKILL);
		waitpid(rig->pid, &status, 0);
	}
	unlink(rig->sensor_path);
	rmdir(rig->dir);
	if (ended == 0)
		return -1000;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

bool fingerrig_send_plain(struct fingerrig *rig, enum ipc_type type)
{
	struct ipc_out o;

	ipc_out_init(&o, type, rig->out, sizeof(rig->out));
	return ipc_send(rig->fd, &o) == SK_OK;
}

bool fingerrig_send_open(struct fingerrig *rig, const char *driver)
{
	struct ipc_out o;

	ipc_out_init(&o, IPC_FINGER_OPEN, rig->out, sizeof(rig->out));
	if (driver != NULL)
		ipc_out_text(&o, IPC_F_DRIVER, driver);
	return ipc_send(rig->fd, &o) == SK_OK;
}

bool fingerrig_send_print(struct fingerrig *rig, uint64_t id, const void *bytes, size_t len)
{
	struct ipc_out o;

	ipc_out_init(&o, IPC_FINGER_PRINT, rig->out, sizeof(rig->out));
	ipc_out_num(&o, IPC_F_PRINT_ID, id);
	ipc_out_bytes(&o, IPC_F_BYTES, bytes, len);
	return ipc_send(rig->fd, &o) == SK_OK;
}

static bool send_with_token(struct fingerrig *rig, enum ipc_type type, uint8_t token, bool has_flags,
			    uint32_t flags)
{
	uint8_t bytes[FINGERRIG_TOKEN_LEN];
	struct ipc_out o;

	memset(bytes, token, sizeof(bytes));
	ipc_out_init(&o, type, rig->out, sizeof(rig->out));
	ipc_out_bytes(&o, IPC_F_TOKEN, bytes, sizeof(bytes));
	if (has_flags)
		ipc_out_num(&o, IPC_F_FLAGS, flags);
	return ipc_send(rig->fd, &o) == SK_OK;
}

bool fingerrig_send_scan(struct fingerrig *rig, uint8_t token, uint32_t flags)
{
	return send_with_token(rig, IPC_FINGER_SCAN, token, true, flags);
}

bool fingerrig_send_enroll(struct fingerrig *rig, uint8_t token)
{
	return send_with_token(rig, IPC_FINGER_ENROLL, token, false, 0);
}

enum sk_status fingerrig_receive(struct fingerrig *rig, int wait_ms, struct ipc_msg *ret_msg)
{
	return ipc_recv(rig->fd, IPC_FINGER_UP, wait_ms, rig->in, sizeof(rig->in), ret_msg);
}

bool fingerrig_token_is(const struct ipc_msg *m, uint8_t token)
{
	uint8_t bytes[FINGERRIG_TOKEN_LEN];

	memset(bytes, token, sizeof(bytes));
	return ipc_has(m, IPC_F_TOKEN) && m->f[IPC_F_TOKEN].len == sizeof(bytes) &&
	       memcmp(m->f[IPC_F_TOKEN].p, bytes, sizeof(bytes)) == 0;
}

static void *touch_main(void *arg)
{
	struct fingerrig_touch *t = arg;
	struct synthfinger_image *image;

	if (t->line != NULL) {
		t->taken = virtualsensor_send_line(t->path, t->line, FINGERRIG_WAIT_MS);
		return NULL;
	}
	if (t->has_command) {
		t->taken = virtualsensor_send_command(t->path, t->command, t->value, FINGERRIG_WAIT_MS);
		return NULL;
	}
	image = malloc(sizeof(*image));
	if (image == NULL)
		return NULL;
	if (t->finger != NULL)
		synthfinger_press(t->finger, t->impression, image);
	else
		synthfinger_press_nothing(t->impression, image);
	t->taken = t->held ? virtualsensor_send_held_image(t->path, image, FINGERRIG_WAIT_MS) :
			     virtualsensor_send_image(t->path, image, FINGERRIG_WAIT_MS);
	free(image);
	return NULL;
}

bool fingerrig_touch_start(const struct fingerrig *rig, struct fingerrig_touch *touch)
{
	touch->path = rig->sensor_path;
	touch->taken = false;
	return pthread_create(&touch->thread, NULL, touch_main, touch) == 0;
}

bool fingerrig_touch_end(struct fingerrig_touch *touch)
{
	pthread_join(touch->thread, NULL);
	return touch->taken;
}
