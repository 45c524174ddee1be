/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. What is a fault has the same name on the control socket. */
#include "cardbridge.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text
    [] = "usage: cardbridge --card SOCKET --control SOCKET [OPTION...]\n"
	 "       cardbridge --send CTLSOCKET COMMAND...\n"
	 "\n"
	 "  --vpcd PORT         where the card emulator connects (35963, on 127.0.0.1)\n"
	 "  --ctl SOCKET        commands, a line each: FAULT VALUE, pull, insert, mute, stats, reset-stats\n"
	 "  --trace FILE        every block, TPDU and APDU; --stats FILE: counters at SIGUSR1 and at the end\n"
	 "\n"
	 "The card (without these: as the emulator's ATR says)\n"
	 "  --atr HEX           this ATR, as it is\n"
	 "  --protocol t0|t1|both   make an ATR, with the emulator's historical bytes and\n"
	 "     --ifsc N --bwi N --cwi N --edc lrc|crc --ta1 HEX --tc1 HEX --ta2 HEX --wi N\n"
	 "  --inverse           inverse convention\n"
	 "  --classes ABC       classes of operating conditions that are accepted\n"
	 "  --pps-refuse, --pps-mute, --pps-partial   answer to PPS: another protocol, nothing, without PPS1\n"
	 "  --ifs-request N     asks by S(IFS request) before its first response\n"
	 "  --t0-one-by-one     procedure byte is the complement of INS; --nulls N: so many null bytes first\n"
	 "  --t0-in HEX, --t0-out HEX   INS bytes of commands with data to, from the card\n"
	 "  --gap-ms MS         silence that ends an unfinished block (250)\n"
	 "  --emulator-ms MS    how long the card asks for time while its emulator works (30000)\n"
	 "\n"
	 "Faults (0 is never), the same for the same --seed N and traffic\n"
	 "  --damage N          T=1: a bit of one block in N, to and from the card in turn\n"
	 "  --drop N            a character of one block in N, likewise\n"
	 "  --parity N          wrong parity in one block in N from the card\n"
	 "  --delay-ms MS --delay-every N   every Nth block from the card comes late\n"
	 "  --wtx N --wtx-ms MS every Nth response is preceded by S(WTX request) or null bytes and takes so long\n"
	 "  --wtx-forever 0|1   and is never sent\n"
	 "  --mute-after N      says nothing after N more blocks, until the next reset\n"
	 "  --abort-in N, --abort-out N   S(ABORT request) in a chain to, from the card at its Nth middle block\n"
	 "  --babble 0|1|2      endless random characters instead of the ATR (1), after it (2)\n"
	 "  --bad-atr tck|ts|short|long|mute|good\n";

static const char *const bad_atr_names[] = {
	[CB_ATR_GOOD] = "good",
	[CB_ATR_BAD_TCK] = "tck",
	[CB_ATR_BAD_TS] = "ts",
	[CB_ATR_SHORT] = "short",
	[CB_ATR_LONG] = "long",
	[CB_ATR_MUTE] = "mute",
};

/* clang-format off */
static const struct { const char *name; size_t at; } fault_names[] = {
	{ "damage", offsetof(struct cb_faults, damage) },
	{ "drop", offsetof(struct cb_faults, drop) },
	{ "parity", offsetof(struct cb_faults, parity) },
	{ "delay-ms", offsetof(struct cb_faults, delay_ms) },
	{ "delay-every", offsetof(struct cb_faults, delay_every) },
	{ "wtx", offsetof(struct cb_faults, wtx) },
	{ "wtx-ms", offsetof(struct cb_faults, wtx_ms) },
	{ "wtx-forever", offsetof(struct cb_faults, wtx_forever) },
	{ "mute-after", offsetof(struct cb_faults, mute_after) },
	{ "abort-in", offsetof(struct cb_faults, abort_in) },
	{ "abort-out", offsetof(struct cb_faults, abort_out) },
	{ "babble", offsetof(struct cb_faults, babble) },
};
/* clang-format on */

enum {
	OPT_FAULT = 256,
	OPT_CARD,
	OPT_CONTROL,
	OPT_VPCD,
	OPT_CTL,
	OPT_TRACE,
	OPT_STATS,
	OPT_ATR,
	OPT_PROTOCOL,
	OPT_IFSC,
	OPT_BWI,
	OPT_CWI,
	OPT_EDC,
	OPT_TA1,
	OPT_TC1,
	OPT_TA2,
	OPT_WI,
	OPT_INVERSE,
	OPT_CLASSES,
	OPT_PPS_REFUSE,
	OPT_PPS_MUTE,
	OPT_PPS_PARTIAL,
	OPT_IFS_REQUEST,
	OPT_ONE_BY_ONE,
	OPT_NULLS,
	OPT_T0_IN,
	OPT_T0_OUT,
	OPT_GAP,
	OPT_EMULATOR,
	OPT_SEND,
	OPT_HELP,
};

static const struct option options[] = {
	{ "card", 1, NULL, OPT_CARD },
	{ "control", 1, NULL, OPT_CONTROL },
	{ "vpcd", 1, NULL, OPT_VPCD },
	{ "ctl", 1, NULL, OPT_CTL },
	{ "trace", 1, NULL, OPT_TRACE },
	{ "stats", 1, NULL, OPT_STATS },
	{ "atr", 1, NULL, OPT_ATR },
	{ "protocol", 1, NULL, OPT_PROTOCOL },
	{ "ifsc", 1, NULL, OPT_IFSC },
	{ "bwi", 1, NULL, OPT_BWI },
	{ "cwi", 1, NULL, OPT_CWI },
	{ "edc", 1, NULL, OPT_EDC },
	{ "ta1", 1, NULL, OPT_TA1 },
	{ "tc1", 1, NULL, OPT_TC1 },
	{ "ta2", 1, NULL, OPT_TA2 },
	{ "wi", 1, NULL, OPT_WI },
	{ "inverse", 0, NULL, OPT_INVERSE },
	{ "classes", 1, NULL, OPT_CLASSES },
	{ "pps-refuse", 0, NULL, OPT_PPS_REFUSE },
	{ "pps-mute", 0, NULL, OPT_PPS_MUTE },
	{ "pps-partial", 0, NULL, OPT_PPS_PARTIAL },
	{ "ifs-request", 1, NULL, OPT_IFS_REQUEST },
	{ "t0-one-by-one", 0, NULL, OPT_ONE_BY_ONE },
	{ "nulls", 1, NULL, OPT_NULLS },
	{ "t0-in", 1, NULL, OPT_T0_IN },
	{ "t0-out", 1, NULL, OPT_T0_OUT },
	{ "gap-ms", 1, NULL, OPT_GAP },
	{ "emulator-ms", 1, NULL, OPT_EMULATOR },
	{ "seed", 1, NULL, OPT_FAULT },
	{ "damage", 1, NULL, OPT_FAULT },
	{ "drop", 1, NULL, OPT_FAULT },
	{ "parity", 1, NULL, OPT_FAULT },
	{ "delay-ms", 1, NULL, OPT_FAULT },
	{ "delay-every", 1, NULL, OPT_FAULT },
	{ "wtx", 1, NULL, OPT_FAULT },
	{ "wtx-ms", 1, NULL, OPT_FAULT },
	{ "wtx-forever", 1, NULL, OPT_FAULT },
	{ "mute-after", 1, NULL, OPT_FAULT },
	{ "abort-in", 1, NULL, OPT_FAULT },
	{ "abort-out", 1, NULL, OPT_FAULT },
	{ "babble", 1, NULL, OPT_FAULT },
	{ "bad-atr", 1, NULL, OPT_FAULT },
	{ "send", 1, NULL, OPT_SEND },
	{ "help", 0, NULL, OPT_HELP },
	{ 0 },
};

static _Noreturn void usage(int status)
{
	fputs(usage_text, status == 0 ? stdout : stderr);
	exit(status);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0 when it is no hex, too long or empty. */
size_t cb_hex(const char *text, uint8_t *ret_p, size_t max)
{
	size_t n = 0;

	for (; text[0] != '\0'; text += 2) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || n == max)
			return 0;
		ret_p[n++] = (uint8_t)(high << 4 | low);
	}
	return n;
}

static uint8_t hex_byte(const char *what, const char *text)
{
	uint8_t byte;

	if (cb_hex(text, &byte, 1) != 1)
		benchio_die("--%s wants one byte in hex, not '%s'", what, text);
	return byte;
}

static bool set_bad_atr(struct cb *b, const char *value)
{
	for (size_t i = 0; i < sizeof(bad_atr_names) / sizeof(bad_atr_names[0]); i++) {
		if (strcmp(value, bad_atr_names[i]) == 0) {
			b->faults.bad_atr = (enum cb_bad_atr)i;
			return true;
		}
	}
	return false;
}

bool cb_fault_set(struct cb *b, const char *name, const char *value)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (strcmp(name, "bad-atr") == 0)
		return set_bad_atr(b, value);
	if (*value < '0' || *value > '9' || *end != '\0' || number > UINT32_MAX)
		return false;
	if (strcmp(name, "seed") == 0) {
		cb_faults_seed(&b->faults, number);
		return true;
	}
	for (size_t i = 0; i < sizeof(fault_names) / sizeof(fault_names[0]); i++) {
		if (strcmp(name, fault_names[i].name) == 0) {
			*(uint32_t *)((char *)&b->faults + fault_names[i].at) = (uint32_t)number;
			return true;
		}
	}
	return false;
}

static enum cb_offer parse_protocol(const char *word)
{
	if (strcmp(word, "t0") == 0)
		return CB_OFFER_T0;
	if (strcmp(word, "t1") == 0)
		return CB_OFFER_T1;
	if (strcmp(word, "both") == 0)
		return CB_OFFER_BOTH;
	usage(2);
}

static void set_direction(struct cb_options *opt, const char *text, enum cb_t0_dir dir)
{
	uint8_t list[256];
	size_t n = cb_hex(text, list, sizeof(list));

	if (n == 0)
		benchio_die("a list of INS bytes in hex is wanted, not '%s'", text);
	for (size_t i = 0; i < n; i++)
		opt->t0_dir[list[i]] = (uint8_t)dir;
}

static uint8_t parse_classes(const char *text)
{
	uint8_t classes = 0;

	for (; *text != '\0'; text++) {
		if (*text < 'A' || *text > 'C')
			usage(2);
		classes |= (uint8_t)(2u << (*text - 'A'));
	}
	return classes;
}

/* Options about the card itself; false: not one of them. */
static bool card_option(struct cb_options *opt, int c, const char *value)
{
	switch (c) {
	case OPT_ATR:
		opt->atr_len = cb_hex(value, opt->atr, sizeof(opt->atr));
		if (opt->atr_len == 0)
			benchio_die("--atr wants up to %u bytes in hex", CB_ATR_MAX);
		return true;
	case OPT_PROTOCOL:
		opt->offer = parse_protocol(value);
		return true;
	case OPT_IFSC:
		opt->ifsc = (uint8_t)benchio_number("--ifsc", value, 254);
		return true;
	case OPT_BWI:
		opt->bwi = (uint8_t)benchio_number("--bwi", value, 9);
		return true;
	case OPT_CWI:
		opt->cwi = (uint8_t)benchio_number("--cwi", value, 15);
		return true;
	case OPT_EDC:
		if (strcmp(value, "crc") != 0 && strcmp(value, "lrc") != 0)
			usage(2);
		opt->crc = value[0] == 'c';
		return true;
	case OPT_TA1:
		opt->ta1 = hex_byte("ta1", value);
		return true;
	case OPT_TC1:
		opt->tc1 = hex_byte("tc1", value);
		return true;
	case OPT_TA2:
		opt->ta2 = hex_byte("ta2", value);
		return true;
	case OPT_WI:
		opt->wi = (int)benchio_number("--wi", value, 255);
		return true;
	case OPT_INVERSE:
		opt->inverse = true;
		return true;
	case OPT_CLASSES:
		opt->classes = parse_classes(value);
		return true;
	default:
		return false;
	}
}

/* Options about how it behaves; false: not one of them. */
static bool manner_option(struct cb_options *opt, int c, const char *value)
{
	switch (c) {
	case OPT_PPS_REFUSE:
		opt->pps = CB_PPS_REFUSE;
		return true;
	case OPT_PPS_MUTE:
		opt->pps = CB_PPS_MUTE;
		return true;
	case OPT_PPS_PARTIAL:
		opt->pps = CB_PPS_PARTIAL;
		return true;
	case OPT_IFS_REQUEST:
		opt->ifs_request = (uint8_t)benchio_number("--ifs-request", value, 254);
		return true;
	case OPT_ONE_BY_ONE:
		opt->t0_one_by_one = true;
		return true;
	case OPT_NULLS:
		opt->t0_nulls = benchio_number("--nulls", value, CB_BLOCK_MAX);
		return true;
	case OPT_T0_IN:
		set_direction(opt, value, CB_T0_IN4);
		return true;
	case OPT_T0_OUT:
		set_direction(opt, value, CB_T0_OUT);
		return true;
	case OPT_GAP:
		opt->gap_ms = benchio_number("--gap-ms", value, 60000);
		return true;
	case OPT_EMULATOR:
		opt->emulator_ms = benchio_number("--emulator-ms", value, 3600000);
		return true;
	default:
		return false;
	}
}

static void wire_option(struct cb *b, int c, int index, char **argv, int argc)
{
	switch (c) {
	case OPT_CARD:
		b->opt.card_path = optarg;
		break;
	case OPT_CONTROL:
		b->opt.control_path = optarg;
		break;
	case OPT_VPCD:
		b->opt.vpcd_port = (uint16_t)benchio_number("--vpcd", optarg, 65535);
		break;
	case OPT_CTL:
		b->opt.ctl_path = optarg;
		break;
	case OPT_TRACE:
		b->opt.trace_path = optarg;
		break;
	case OPT_STATS:
		b->opt.stats_path = optarg;
		break;
	case OPT_FAULT:
		if (!cb_fault_set(b, options[index].name, optarg))
			benchio_die("--%s does not take '%s'", options[index].name, optarg);
		break;
	case OPT_SEND:
		exit(cb_ctl_client(optarg, argc - optind, argv + optind));
	default:
		usage(c == OPT_HELP ? 0 : 2);
	}
}

void cb_options_parse(struct cb *b, int argc, char **argv)
{
	int c, index = 0;

	b->opt = (struct cb_options){ .vpcd_port = 35963,
		.ta1 = -1,
		.ta2 = -1,
		.tc1 = -1,
		.wi = -1,
		.ifsc = 254,
		.bwi = 4,
		.cwi = 5,
		.gap_ms = 250,
		.emulator_ms = 30000,
		.classes = 0x0E };
	cb_faults_seed(&b->faults, 1);
	while ((c = getopt_long(argc, argv, "+", options, &index)) != -1)
		if (!card_option(&b->opt, c, optarg) && !manner_option(&b->opt, c, optarg))
			wire_option(b, c, index, argv, argc);
	if (optind != argc || b->opt.card_path == NULL || b->opt.control_path == NULL)
		usage(2);
}
