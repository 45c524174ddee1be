/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table with a processor as quick as one likes: every round of the main loop costs the same. What the real one costs
 * icount/icount.c finds out; here the same exchanges run under sanitizers, and with 0 they tell what is lost but for the
 * processor.
 */
#include <stdio.h>
#include <stdlib.h>

#include "linefigures.h"

static uint32_t round_instructions;

void count_pause(void)
{
}

void count_go(void)
{
}

uint32_t round_cost(void)
{
	return round_instructions;
}

_Noreturn void sim_halt(void)
{
	fputs("linefigures: the reader has stopped itself\n", stderr);
	exit(1);
}

void put(const char *text)
{
	fputs(text, stdout);
}

void put_number(const char *name, uint64_t v)
{
	printf("%s%llu", name, (unsigned long long)v);
}

static bool number(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || v > 1000000)
		return false;
	*ret = (uint32_t)v;
	return true;
}

int main(int argc, char **argv)
{
	/* 25 MHz, one instruction a cycle. */
	struct cost cost = { .call = 0, .picoseconds = 40000 };

	if (argc < 2 || argc > 3 || !number(argv[1], &round_instructions) ||
	    (argc == 3 && !number(argv[2], &cost.call))) {
		fputs("usage: linefigures INSTRUCTIONS-PER-ROUND [INSTRUCTIONS-PER-HAL-CALL]\n", stderr);
		return 2;
	}
	return table_shares(&cost) ? 0 : 1;
}
