/* SPDX-License-Identifier: Apache-2.0 */
/* See upload.h. */
#include "ctl/upload.h"

#include <errno.h>
#include <unistd.h>

/* One message carries at most so much (IPC_F_BYTES). */
#define CHUNK 32768u

/* All n bytes, or nothing. */
static bool read_at(int file, uint8_t *ret_bytes, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t got = pread(file, ret_bytes, n, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		ret_bytes += got;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

enum ctl_exit upload_list(int fd, int file, uint32_t len, const char *name, const struct ctl_args *a, struct answer *ret_answer)
{
	static uint8_t chunk[CHUNK];
	static struct request r;

	for (uint32_t at = 0; at < len; at += CHUNK) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;
		enum ctl_exit e;

		/* Media pulled, file cut: the daemon forgets what it has of it. */
		if (!read_at(file, chunk, n, (off_t)at)) {
			ctl_error(_("%s can't be read to its end."), name);
			return CTL_FAILED;
		}
		request_begin(&r, CMD_CRL_IMPORT);
		request_num(&r, IPC_F_COUNT, at);
		request_num(&r, IPC_F_TOTAL, len);
		ipc_out_bytes(&r.o, IPC_F_BYTES, chunk, n);
		request_text(&r, IPC_F_PATH, name);
		e = request_ask(fd, &r, a, ROW_CRL, ret_answer);
		if (e != CTL_OK || ret_answer->result != SK_OK)
			return e;
	}
	return CTL_OK;
}
