/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cardbridge.h
 * @brief The card's side of ISO/IEC 7816-3:2006 for the reader's bench, over any vpcd card emulator.
 *
 * Written from the standard alone; it shares no code with firmware/card, so that a mistake there can't cancel out here.
 *
 *     reader == card wire, control wire (firmware/board/bench/WIRE.md) ==> cardbridge <== vpcd, TCP == card emulator
 *
 * Rules
 *  1. One thread, one loop. Nothing blocks; what must wait is a timer or an item in the queue of what leaves.
 *  2. Control is read before card: what the reader said first is heard first.
 *  3. A card answers only when it is its turn. While something waits to leave, or the emulator works, characters
 *     from the reader are lost, as they are on a half-duplex line.
 *  4. Inverse convention (7816-3:2006 8.1): the card wire carries a character as a UART in direct convention sees
 *     it (bit order and levels turned, so TS = 3F comes as 03) as long as flag 01 of the last `40` command is not
 *     set, and the decoded character from that command on; both ways. To keep the two wires in step, the card
 *     stops after TS until the flag is set, CB_CONVENTION_MS at most. With a card in direct convention a set flag
 *     turns the characters: a reader that chose wrongly reads rubbish. TS in inverse convention comes without `02`:
 *     its parity can't be judged before the convention is known.
 *  5. CRC (11.4.4, "ISO/IEC 13239"): x16+x12+x5+1, from FFFF, bits reversed, not complemented, high byte first. It is
 *     what libccid, which reckons it itself at TPDU level, puts on the line: 00 C1 01 FE is followed by 54 4E.
 */
#ifndef CARDBRIDGE_H
#define CARDBRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "benchio.h"

#define CB_APDU_MAX 65600u /* what a message of vpcd can hold, and a little */
#define CB_BLOCK_MAX 320u /* the longest burst kept as one item: a T=1 block is 259, a T=0 answer 259 */
#define CB_QUEUE_MAX 256u
#define CB_ATR_MAX 64u /* 33 is the standard's; a bad one is longer */
#define CB_SETTLE_MS 20 /* WIRE.md: before and after an answer on the control wire */
#define CB_CONVENTION_MS 500
#define CB_POLL_MS 400
#define CB_SPEC_FLAG_INVERSE 0x01

/* --- what the command line may choose --- */
enum cb_bad_atr {
	CB_ATR_GOOD,
	CB_ATR_BAD_TCK,
	CB_ATR_BAD_TS,
	CB_ATR_SHORT, /* half of it, then silence */
	CB_ATR_LONG, /* interface bytes without end */
	CB_ATR_MUTE,
};
enum cb_pps { CB_PPS_ACCEPT, CB_PPS_REFUSE, CB_PPS_MUTE, CB_PPS_PARTIAL };
enum cb_offer { CB_OFFER_CARD, CB_OFFER_T0, CB_OFFER_T1, CB_OFFER_BOTH };

struct cb_options {
	const char *card_path, *control_path, *ctl_path, *trace_path, *stats_path;
	uint16_t vpcd_port;
	uint8_t atr[CB_ATR_MAX]; /* --atr */
	size_t atr_len;
	enum cb_offer offer;
	int ta1, ta2, tc1, wi; /* -1: not given */
	uint8_t ifsc, bwi, cwi;
	bool crc, inverse;
	enum cb_pps pps;
	uint8_t ifs_request; /* the card asks for this IFSC before its first response; 0: never */
	bool t0_one_by_one;
	uint32_t t0_nulls;
	uint8_t t0_dir[256]; /* by INS: enum cb_t0_dir, 0 where the table decides */
	uint32_t gap_ms; /* silence that ends an unfinished block */
	uint32_t emulator_ms; /* how long a slow emulator is covered by requests for time */
	uint8_t classes; /* bit n: class n is accepted */
};

/* --- faults: all numbers, so that one table serves command line and control socket --- */
struct cb_faults {
	uint32_t damage, drop, parity; /* one block in N; 0 never */
	uint32_t delay_ms, delay_every;
	uint32_t wtx, wtx_ms, wtx_forever;
	uint32_t mute_after;
	uint32_t babble; /* 1: instead of the ATR; 2: after it */
	uint32_t abort_in, abort_out; /* give up a chain at its Nth block that is neither first nor last */
	enum cb_bad_atr bad_atr;
	/* running */
	uint64_t random;
	uint32_t n_damage, n_drop, n_parity, n_delay, n_wtx, n_mute;
	bool damage_out, drop_out; /* whose turn it is */
};
/** What happens to one block on its way. */
struct cb_fate {
	bool damaged, dropped;
	int parity_at; /* index of the character with wrong parity, or -1 */
	uint32_t delay_ms;
};

/* Counters, in the order of cb_stat_names. */
enum cb_stat {
	CB_POWER_ONS,
	CB_RESETS,
	CB_PPS_DONE,
	CB_IN,
	CB_OUT,
	CB_APDUS,
	CB_DAMAGED_IN,
	CB_DAMAGED_OUT,
	CB_DROPPED_IN,
	CB_DROPPED_OUT,
	CB_PARITY,
	CB_DELAYED,
	CB_WTX,
	CB_WTX_AUTO,
	CB_NULLS,
	CB_ERRORS_IN,
	CB_R_ERRORS,
	CB_R_IN,
	CB_REPEATS,
	CB_IFS,
	CB_RESYNCS,
	CB_ABORTS,
	CB_IGNORED,
	CB_GET_RESPONSES,
	CB_6C,
	CB_ENVELOPES,
	CB_STATS,
};

/* --- the line --- */
struct cb_item {
	int64_t due;
	bool control;
	uint16_t len;
	uint8_t data[CB_BLOCK_MAX];
};
struct cb_line {
	struct cb_item queue[CB_QUEUE_MAX];
	size_t head, count;
	int64_t tail_due; /* when the last item leaves or left */
};

/* --- what an ATR says --- */
struct cb_atr {
	bool valid, inverse, specific, crc;
	uint8_t first; /* protocol that starts without PPS */
	uint16_t offered; /* bit T */
	uint8_t ta1, ifsc, bwi, cwi, wi;
	size_t history_at, history_len;
};

/* --- T=1 --- */
struct cb_t1 {
	uint8_t ns, nr; /* N(S) of our next I-block; N(S) that we expect */
	uint8_t ifsc, ifsd, nad;
	bool crc;
	uint8_t in[CB_BLOCK_MAX];
	size_t in_len;
	uint8_t last[CB_BLOCK_MAX], last_i[CB_BLOCK_MAX];
	size_t last_len, last_i_len; /* last_i: our I-block that isn't acknowledged; 0: none */
	uint8_t request; /* PCB of our S(... request) without answer; 0: none */
	uint8_t request_inf;
	bool chained_in, ack_due, executing, ready, ifs_done, thinking, abort_due, wtx_fault;
	uint32_t blocks_in_chain, blocks_out_chain;
	uint8_t apdu[CB_APDU_MAX], rsp[CB_APDU_MAX];
	size_t apdu_len, rsp_len, rsp_at;
	uint32_t wtx_left; /* requests still to make before this response */
	int64_t started;
};

/* --- T=0 --- */
enum cb_t0_dir { CB_T0_UNKNOWN, CB_T0_OUT, CB_T0_IN3, CB_T0_IN4 };
enum cb_t0_state { CB_T0_HEADER, CB_T0_DATA, CB_T0_PROBE, CB_T0_EXEC, CB_T0_THINK };
struct cb_t0 {
	enum cb_t0_state state;
	enum cb_t0_dir dir;
	bool probed, le_sent, retried, enveloped;
	uint8_t hdr[5], data[256];
	size_t have, got;
	uint8_t apdu[CB_APDU_MAX], rsp[CB_APDU_MAX], env[CB_APDU_MAX];
	size_t apdu_len, rsp_len, rsp_at, env_len; /* rsp without SW */
	uint16_t sw;
	bool kept; /* data for GET RESPONSE */
	bool cached; /* data for the same header with the length of 6Cxx */
	uint8_t cached_hdr[4];
	uint32_t think_ms;
	int64_t started;
	uint8_t learnt[256];
};

/* --- vpcd --- */
enum cb_ask { CB_ASK_POLL, CB_ASK_ATR, CB_ASK_APDU };
struct cb_vpcd {
	int listener, fd;
	struct {
		enum cb_ask what;
		uint32_t epoch;
	} asked[32];
	size_t n_asked;
	uint8_t in[CB_APDU_MAX];
	size_t in_len;
	bool answered; /* an ATR came: there is a card */
};

/* --- the card's contacts --- */
enum cb_phase {
	CB_OFF, /* no VCC */
	CB_RST, /* VCC, RST low */
	CB_ATR, /* RST high, ATR under way */
	CB_FIRST, /* ATR sent: PPS or the first protocol */
	CB_PPS, /* inside a PPS request */
	CB_T0,
	CB_T1,
	CB_DEAD, /* says nothing until reset */
};
enum cb_timer {
	CB_TIMER_GAP,
	CB_TIMER_BUSY,
	CB_TIMER_THINK,
	CB_TIMER_POLL,
	CB_TIMER_CONVENTION,
	CB_TIMER_PROBE,
	CB_TIMER_BABBLE,
	CB_TIMERS
};

struct cb {
	struct cb_options opt;
	struct cb_faults faults;
	uint64_t stats[CB_STATS];
	FILE *trace;
	int64_t start_ms;
	int64_t timer[CB_TIMERS]; /* due; 0 off */
	int card_listener, card_fd, control_listener, control_fd, ctl_listener, ctl_fd;
	char ctl_in[256];
	size_t ctl_len;
	uint8_t control_in[16];
	size_t control_len;
	struct cb_line line;
	struct cb_vpcd vpcd;
	bool inserted; /* by hand: pull, insert */
	bool told; /* what the reader was told last */
	bool warm; /* the next RST high is a warm reset */
	bool flag_inverse;
	uint32_t clock_khz;
	uint32_t epoch; /* changes with each power or RST command: answers of before are stale */
	enum cb_phase phase;
	struct cb_atr atr;
	uint8_t atr_bytes[CB_ATR_MAX], atr_len, atr_rest_at;
	uint8_t pps[6];
	size_t pps_len;
	struct cb_t1 t1;
	struct cb_t0 t0;
};

/* cb_options.c */
void cb_options_parse(struct cb *b, int argc, char **argv);
size_t cb_hex(const char *text, uint8_t *ret_p, size_t max);
/** Set fault @p name; false: unknown or not understood. */
bool cb_fault_set(struct cb *b, const char *name, const char *value);

/* cb_ctl.c */
void cb_ctl_readable(struct cb *b);
int cb_ctl_client(const char *path, int argc, char **argv);

/* cb_trace.c */
void cb_trace_open(struct cb *b);
void cb_trace_block(struct cb *b, char dir, const uint8_t *p, size_t len, const char *mark);
void cb_trace_event(struct cb *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cb_stats_write(const struct cb *b, FILE *out);
void cb_stats_save(const struct cb *b);

/* cb_faults.c */
void cb_faults_seed(struct cb_faults *f, uint64_t seed);
uint32_t cb_random(struct cb_faults *f);
/** A whole block from the reader: may damage or shorten it. */
struct cb_fate cb_faults_in(struct cb *b, uint8_t *p, size_t *len, bool damageable);
/** A whole block towards the reader. */
struct cb_fate cb_faults_out(struct cb *b, uint8_t *p, size_t *len, bool damageable);
/** Is it this response's turn to ask for time? */
bool cb_faults_wtx(struct cb *b);
const char *cb_fate_text(const struct cb_fate *fate);

/* cb_line.c */
void cb_line_clear(struct cb *b);
void cb_line_put(struct cb *b, bool control, const uint8_t *p, size_t len, uint32_t gap_ms);
/** Send one block, TPDU part or character string of the card, with the faults that are due. */
void cb_line_send(struct cb *b, const uint8_t *p, size_t len, bool damageable);
void cb_line_run(struct cb *b);
uint8_t cb_turn(uint8_t c);

/* cb_card.c */
void cb_card_presence(struct cb *b);
void cb_card_power_off(struct cb *b);
void cb_card_control(struct cb *b, const uint8_t *p, size_t len);
void cb_card_char(struct cb *b, uint8_t c);
void cb_card_atr(struct cb *b, const uint8_t *p, size_t len);
void cb_card_answer(struct cb *b, const uint8_t *p, size_t len);
void cb_card_timer(struct cb *b, enum cb_timer timer);
void cb_card_protocol(struct cb *b, uint8_t protocol);
bool cb_card_present(const struct cb *b);
void cb_timer_set(struct cb *b, enum cb_timer timer, int64_t in_ms);

/* cb_pps.c */
void cb_pps_char(struct cb *b, uint8_t c);

/* cb_atr.c */
void cb_atr_parse(const uint8_t *p, size_t len, struct cb_atr *ret_atr);
/** What this card sends after reset, from what the emulator gave. */
size_t cb_atr_make(const struct cb *b, const uint8_t *p, size_t len, uint8_t out[static CB_ATR_MAX]);
size_t cb_atr_spoil(enum cb_bad_atr kind, uint8_t atr[static CB_ATR_MAX], size_t len);

/* cb_vpcd.c */
void cb_vpcd_accept(struct cb *b);
void cb_vpcd_readable(struct cb *b);
void cb_vpcd_drop(struct cb *b);
void cb_vpcd_control(struct cb *b, uint8_t code);
void cb_vpcd_apdu(struct cb *b, const uint8_t *p, size_t len);
void cb_vpcd_poll(struct cb *b);
#define CB_VPCD_OFF 0
#define CB_VPCD_ON 1
#define CB_VPCD_RESET 2
#define CB_VPCD_ATR 4

/* cb_t1.c */
void cb_t1_start(struct cb *b);
void cb_t1_char(struct cb *b, uint8_t c);
void cb_t1_gap(struct cb *b);
void cb_t1_answer(struct cb *b, const uint8_t *p, size_t len);
void cb_t1_busy(struct cb *b);
void cb_t1_thought(struct cb *b);

/* cb_t1_block.c */
#define CB_R_EDC 1
#define CB_R_OTHER 2
/** Length of the block that starts with @p p, as far as it can be told; 0: not yet, or only silence will tell. */
size_t cb_block_length(const struct cb_t1 *t1, const uint8_t *p, size_t have);
/** 0 or the error code of 11.3.2.2. */
uint8_t cb_block_check(const struct cb_t1 *t1, const uint8_t *p, size_t len);
size_t cb_block_make(const struct cb_t1 *t1, uint8_t pcb, const uint8_t *inf, size_t len,
    uint8_t out[static CB_BLOCK_MAX]);

/* cb_t0.c */
void cb_t0_start(struct cb *b);
void cb_t0_char(struct cb *b, uint8_t c);
void cb_t0_gap(struct cb *b);
void cb_t0_answer(struct cb *b, const uint8_t *p, size_t len);
void cb_t0_busy(struct cb *b);
void cb_t0_thought(struct cb *b);
void cb_t0_probe(struct cb *b);

/* cb_t0_apdu.c */
enum cb_t0_dir cb_t0_direction(const struct cb *b, const uint8_t hdr[static 5]);
/** How much of the APDU that ENVELOPE carries is there: 1 all, 0 more to come, -1 it can't be one. */
int cb_t0_complete(const uint8_t *p, size_t len, size_t segment);

#endif /* CARDBRIDGE_H */
