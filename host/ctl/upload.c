/* SPDX-License-Identifier: Apache-2.0 */
/* See upload.h. */
#include "ctl/upload.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* One message carries at most so much (IPC_F_BYTES). */
#define CHUNK 32768u

static void show(const struct upload *u, size_t at)
{
	if (!u->progress)
		return;
	fputc('\r', stderr);
	fprintf(stderr, _("%s: %u of %u MiB"), u->name, (unsigned)(at >> 20), (unsigned)(u->total >> 20));
}

/* The next piece; a medium that was pulled out, or a file that shrinks, ends it. */
static enum ctl_exit next_piece(const struct upload *u, size_t at, uint8_t piece[static CHUNK], size_t *ret_len)
{
	size_t want = u->total - at < CHUNK ? u->total - at : CHUNK, have = 0;

	while (have < want) {
		ssize_t n = pread(u->file, piece + have, want - have, (off_t)(at + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			ctl_error(_("%s can't be read to its end: was the medium taken out? The list in force stays."),
			    u->path);
			return CTL_FAILED;
		}
		have += (size_t)n;
	}
	*ret_len = have;
	return CTL_OK;
}

enum ctl_exit upload_list(int daemon, const struct upload *u, struct answer *ret_answer)
{
	static uint8_t piece[CHUNK];
	static struct request r;
	size_t at = 0;

	while (at < u->total) {
		size_t n = 0;
		enum ctl_exit e = next_piece(u, at, piece, &n);

		if (e != CTL_OK)
			return e;
		request_begin(&r, CMD_CRL_IMPORT);
		request_num(&r, IPC_F_COUNT, at);
		request_num(&r, IPC_F_TOTAL, u->total);
		ipc_out_bytes(&r.o, IPC_F_BYTES, piece, n);
		request_text(&r, IPC_F_PATH, u->name);
		if (u->modified > 0)
			ipc_out_num(&r.o, IPC_F_TIME, (uint64_t)u->modified);
		e = request_ask(daemon, &r, u->a, ROW_CRL, ret_answer);
		if (e != CTL_OK || ret_answer->result != SK_OK)
			return e;
		at += n;
		if (at % (1u << 20) == 0)
			show(u, at);
	}
	return CTL_OK;
}
