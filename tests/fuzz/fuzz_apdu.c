/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_apdu.c
 * @brief core/apdu.h on arbitrary bytes, read once as a command and once as a response.
 *
 * Checked: the same case, data and Ne as the standard's table (unit/core/apdu_model.h);
 * decode and encode give the same bytes; one byte of buffer less is refused.
 */
#include <string.h>

#include "core/apdu.h"
#include "core/sw.h"
#include "fuzz/fuzz_check.h"
#include "unit/core/apdu_model.h"

static void check_command(struct sk_span in)
{
	static uint8_t out[APDU_EXTENDED_MAX];
	struct apdu_model m = apdu_model(in.p, in.len);
	struct apdu_cmd cmd;
	enum apdu_case which;
	struct sk_writer w;
	size_t len = 0;

	if (apdu_cmd_decode(in, &cmd, &which) != SK_OK) {
		check(m.which == 0);
		return;
	}
	check((int)which == m.which && cmd.ne == m.ne && cmd.data.len == m.nc);
	check(m.nc == 0 || cmd.data.p == in.p + m.nc_at);
	check(cmd.extended == (which >= APDU_CASE_2E));
	sk_writer_init(&w, out, sizeof(out));
	check(apdu_cmd_encode(&cmd, &w) == SK_OK && sk_writer_done(&w, &len) == SK_OK);
	check(len == in.len && memcmp(out, in.p, len) == 0);
	sk_writer_init(&w, out, len - 1);
	check(apdu_cmd_encode(&cmd, &w) == SK_E_SPACE);
}

static void check_response(struct sk_span in)
{
	struct apdu_rsp rsp;
	uint32_t n = 0;
	uint8_t tries = 0;

	if (apdu_rsp_decode(in, &rsp) != SK_OK)
		return;
	check(in.len >= 2 && rsp.data.len == in.len - 2);
	check(rsp.data.p == in.p);
	check(rsp.sw == in.p[in.len - 2] * 256 + in.p[in.len - 1]);
	check(rsp.sw >= 0x6100 && rsp.sw <= 0x9FFF);
	check((sw_status(rsp.sw) == SK_OK) == (rsp.sw == 0x9000));
	check(sw_status(rsp.sw) != SK_E_FORMAT);
	check(!sw_more(rsp.sw, &n) || (n >= 1 && n <= 256));
	check(!sw_wrong_le(rsp.sw, &n) || (n >= 1 && n <= 256));
	check(!sw_tries(rsp.sw, &tries) || tries <= 15);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span in = { data, size };

	check_command(in);
	check_response(in);
	return 0;
}
