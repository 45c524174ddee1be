/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_atr.c
 * @brief core/atr.h and core/pps.h on arbitrary bytes; the input is taken as an ATR, as a PPS, and in two halves as a PPS exchange.
 *
 * Checked: a length told character by character never shrinks, is never passed, and is the one that the parser wants; every value is
 * in its range; an accepted PPS is one that can be built again, and brings only rates of tables 7 and 8.
 */
#include <string.h>

#include "core/atr.h"
#include "core/pps.h"
#include "fuzz/fuzz_check.h"

static void check_values(const struct atr *a, struct sk_span in)
{
	check(a->protocols != 0 && (a->protocols & 0x8000) == 0 && a->first_t < 15 &&
	    (a->protocols >> a->first_t & 1) == 1);
	check(a->wi >= 1 && a->ifsc >= 1 && a->ifsc <= 254 && a->bwi <= 9 && a->cwi <= 15);
	check(a->clock_stop <= 3 && a->classes >= 1 && a->classes <= 7);
	check(a->hist.len <= ATR_HIST_MAX && a->hist.p + a->hist.len + (a->has_tck ? 1 : 0) == in.p + in.len);
	check(a->has_tck || a->protocols == 1);
	check(!a->specific || a->specific_implicit || (a->fi >= 372 && a->di >= 1));
}

static void check_atr(struct sk_span in)
{
	size_t before = 0, now = 2;
	struct atr a;
	enum sk_status status = atr_parse(in, &a);

	for (size_t len = 0; len <= in.len; len++) {
		now = atr_length(in.p, len);
		check(now == 0 || (now >= before && now <= ATR_MAX));
		if (now == 0 || now <= len)
			break;
		before = now;
	}
	if (status == SK_OK) {
		check(now == in.len);
		check_values(&a, in);
	}
	check(status != SK_E_CRYPTO && (status == SK_E_FORMAT || now == in.len));
}

static void check_pps(struct sk_span in)
{
	struct pps pps;
	uint8_t again[PPS_MAX];
	size_t n;

	if (pps_parse(in, &pps) != SK_OK)
		return;
	check(pps_length(in.p, in.len) == in.len && pps.t < 15);
	if (pps.has_pps2 || pps.has_pps3)
		return;
	n = pps_build(pps.t, pps.has_pps1, pps.pps1, again);
	check(n == in.len && memcmp(again, in.p, n) == 0);
}

static void check_exchange(struct sk_span in)
{
	struct sk_span q = { in.p, in.len / 2 }, a = { in.p + in.len / 2, in.len - in.len / 2 };
	uint16_t f = 0, d = 0;
	enum pps_result r = pps_check(q, a, &f, &d);

	check((r == PPS_INVALID) == (f == 0) && (f == 0) == (d == 0));
	check(r != PPS_DEFAULT || (f == 372 && d == 1));
	check(f <= 2048 && d <= 64);
	/* An echo is always good. */
	r = pps_check(q, q, &f, &d);
	check((r != PPS_INVALID) == (pps_parse(q, &(struct pps){ 0 }) == SK_OK));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span in = { data, size };

	check_atr(in);
	check_pps(in);
	check_exchange(in);
	return 0;
}
