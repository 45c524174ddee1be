/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace: "milliseconds direction hex marks", a line each.
 *   > block, header or data from the reader    < from the card       (marks: [damaged] [dropped] [parity] [delayed] [ignored])
 *   } APDU to the emulator                     { its answer
 *   * something that happened
 * The hex is what the receiver got: a damaged block shows the damage.
 */
#include "cardbridge.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const char *const cb_stat_names[CB_STATS] = {
	[CB_POWER_ONS] = "power-ons",
	[CB_RESETS] = "resets",
	[CB_PPS_DONE] = "pps",
	[CB_IN] = "blocks-in",
	[CB_OUT] = "blocks-out",
	[CB_APDUS] = "apdus",
	[CB_DAMAGED_IN] = "damaged-in",
	[CB_DAMAGED_OUT] = "damaged-out",
	[CB_DROPPED_IN] = "dropped-in",
	[CB_DROPPED_OUT] = "dropped-out",
	[CB_PARITY] = "parity",
	[CB_DELAYED] = "delayed",
	[CB_WTX] = "wtx",
	[CB_WTX_AUTO] = "wtx-auto",
	[CB_NULLS] = "nulls",
	[CB_ERRORS_IN] = "errors-in",
	[CB_R_ERRORS] = "r-errors-out",
	[CB_R_IN] = "r-in",
	[CB_REPEATS] = "repeats",
	[CB_IFS] = "ifs",
	[CB_RESYNCS] = "resyncs",
	[CB_ABORTS] = "aborts",
	[CB_IGNORED] = "ignored",
	[CB_GET_RESPONSES] = "get-responses",
	[CB_6C] = "wrong-le",
	[CB_ENVELOPES] = "envelopes",
};

void cb_trace_open(struct cb *b)
{
	if (b->opt.trace_path == NULL)
		return;
	b->trace = fopen(b->opt.trace_path, "ae");
	if (b->trace == NULL)
		benchio_die("%s: %s", b->opt.trace_path, strerror(errno));
	setvbuf(b->trace, NULL, _IOLBF, 0);
}

void cb_trace_block(struct cb *b, char dir, const uint8_t *p, size_t len, const char *mark)
{
	if (b->trace == NULL)
		return;
	fprintf(b->trace, "%lld %c ", (long long)(benchio_now_ms() - b->start_ms), dir);
	for (size_t i = 0; i < len; i++)
		fprintf(b->trace, "%02X", p[i]);
	fprintf(b->trace, "%s\n", mark);
}

void cb_trace_event(struct cb *b, const char *fmt, ...)
{
	va_list args;

	if (b->trace == NULL)
		return;
	fprintf(b->trace, "%lld * ", (long long)(benchio_now_ms() - b->start_ms));
	va_start(args, fmt);
	vfprintf(b->trace, fmt, args);
	va_end(args);
	fputc('\n', b->trace);
}

void cb_stats_write(const struct cb *b, FILE *out)
{
	for (size_t i = 0; i < CB_STATS; i++)
		fprintf(out, "%s %llu\n", cb_stat_names[i], (unsigned long long)b->stats[i]);
}

void cb_stats_save(const struct cb *b)
{
	FILE *out;

	if (b->opt.stats_path == NULL)
		return;
	out = fopen(b->opt.stats_path, "we");
	if (out == NULL) {
		fprintf(stderr, "cardbridge: %s: %s\n", b->opt.stats_path, strerror(errno));
		return;
	}
	cb_stats_write(b, out);
	fclose(out);
}
