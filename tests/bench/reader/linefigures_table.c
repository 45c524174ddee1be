/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What share of each line's theoretical throughput the reader leaves to an exchange, in thousandths:
 *
 *   card   least time for the characters and turn-rounds that the protocol needs, by the standard's own least times
 *          (T=0: 12 etu a character, T=1: 11; turn-round 12 etu, at D = 64 16, T=1 22)
 *          / time from the first character to the last on the card's line
 *   host   10 bits for each character of command, answer, and the echo of the command's last
 *          / time from first to last of command with echo, and of the answer
 *   whole  least time of command + card's line + answer (a frame has its check at the end: it can't be passed on before)
 *          / time from the command's first character to the answer's last
 */
#include "linefigures.h"

static const struct card_kind kinds[] = {
	{ 0, 0x11, 372, 1 },
	{ 0, 0x18, 372, 12 },
	{ 0, 0x96, 512, 32 },
	{ 0, 0x97, 512, 64 },
	{ 1, 0x11, 372, 1 },
	{ 1, 0x18, 372, 12 },
	{ 1, 0x96, 512, 32 },
	{ 1, 0x97, 512, 64 },
};

#define MIX_MAX 8u
static const struct {
	const char *name;
	struct exchange mix[MIX_MAX];
	unsigned int n;
} loads[] = {
	{ "large", { { 255, 256 } }, 1 },
	/* About what a log-in with a PIV card says. */
	{ "mix", { { 11, 64 }, { 8, 0 }, { 5, 256 }, { 0, 256 }, { 0, 200 }, { 255, 0 }, { 16, 256 }, { 0, 0 } }, 8 },
};

static uint64_t thousandths(uint64_t least_ns, uint64_t ns)
{
	return ns == 0 ? 0 : least_ns * 1000u / ns;
}

static bool good(const char *bad)
{
	if (bad == NULL)
		return true;
	put("bad: ");
	put(bad);
	put("\n");
	return false;
}

/* The first exchange over T=1 brings S(IFS): once a session, not once an exchange. */
static const char *open_and_warm(const struct card_kind *kind, const struct cost *cost)
{
	static const struct exchange warm = { 0, 1 };
	struct shares ignored = { 0 };
	const char *bad;

	sim_start(kind, cost);
	bad = host_open(kind);
	return bad == NULL ? host_exchange(&warm, &ignored) : bad;
}

static bool share(const struct card_kind *kind, unsigned int load, const struct cost *cost)
{
	struct shares s = { 0 };
	const char *bad = open_and_warm(kind, cost);

	for (unsigned int i = 0; bad == NULL && i < loads[load].n; i++)
		bad = host_exchange(&loads[load].mix[i], &s);
	put_number("share t=", kind->t);
	put_number(" f=", kind->f);
	put_number(" d=", kind->d);
	put(" load=");
	put(loads[load].name);
	put(" ");
	if (!good(bad))
		return false;
	put_number("card=", thousandths(s.card_least_ns, s.card_ns));
	put_number(" host=", thousandths(s.host_least_ns, s.host_ns));
	put_number(" whole=", thousandths(s.whole_least_ns, s.whole_ns));
	put_number(" card-us=", s.card_ns / 1000u);
	put_number(" card-lost-us=", (s.card_ns - s.card_least_ns) / 1000u);
	put_number(" host-us=", s.host_ns / 1000u);
	put_number(" host-lost-us=", (s.host_ns - s.host_least_ns) / 1000u);
	put_number(" whole-us=", s.whole_ns / 1000u);
	put_number(" whole-lost-us=", (s.whole_ns - s.whole_least_ns) / 1000u);
	put("\n");
	return true;
}

bool table_shares(const struct cost *cost)
{
	bool all = true;

	for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (unsigned int load = 0; load < sizeof(loads) / sizeof(loads[0]); load++)
			all = share(&kinds[k], load, cost) && all;
	return all;
}

bool table_exchange(const struct card_kind *kind, const struct exchange *x, const struct cost *cost)
{
	struct shares s = { 0 };
	const char *bad = open_and_warm(kind, cost);

	if (bad == NULL)
		bad = host_exchange(x, &s);
	put_number("exchange t=", kind->t);
	put_number(" nc=", x->nc);
	put_number(" ne=", x->ne);
	put(" ");
	if (!good(bad))
		return false;
	put_number("instructions=", s.instructions);
	put_number(" rounds=", s.steps);
	put_number(" characters=", s.moved);
	lines.instructions = 0;
	sim_idle_round();
	put_number(" idle-round=", lines.instructions);
	put("\n");
	return true;
}
