/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file linefigures.h
 * @brief The reader's portable code between two exact lines: a host at 115,200 baud and a card, in virtual time.
 *
 * The reader runs as it is; its hal is linefigures_hal.c and linefigures_absent.c. Host and card lose no time: each character begins at the
 * earliest moment its line allows. So whatever time is lost is the reader's own.
 *
 * Two programs are made of this: icount runs on a Cortex-M4 in QEMU, counts instructions and lets each round of the main
 * loop take as long as it did; linefigures runs here, where all rounds cost the same.
 */
#ifndef LINEFIGURES_H
#define LINEFIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest frame: 03 06, CCID header, 261 bytes, LRC. Unit: bytes. */
#define FRAME_MAX 274u
/** What a board's UART rings hold, those of mps2-an386. Unit: characters. */
#define FIFO 512u

/** One direction of a line. What the step under way sends is staged: it begins when the step has ended. */
struct wire {
	uint8_t fifo[FIFO];
	uint16_t at, n, staged;
	bool busy; /**< The first of the fifo is on its way. */
	uint64_t edge_ns, free_ns; /**< Its leading edge; the earliest leading edge of the next one. */
};

/** Of one line: what was used and what would have been enough. */
struct meter {
	uint32_t n;
	bool last_tx;
	uint64_t first_ns, last_ns; /**< Leading edges. */
	uint64_t least_ns; /**< First leading edge to last, had each character come at the earliest moment. */
};

struct card_kind {
	uint8_t t; /**< 0, 1 */
	uint8_t ta1;
	uint16_t f, d; /**< What ta1 says. */
};

/** One exchange: a command with @p nc bytes of data, answered with @p ne bytes; bytes counted by case. */
struct exchange {
	uint16_t nc, ne;
};

/** What the processor needs. */
struct cost {
	uint32_t call; /**< A board's part of taking a character, or of a send. Unit: instructions. */
	uint32_t picoseconds; /**< An instruction. */
};

/** Sums over exchanges. */
struct shares {
	uint64_t card_least_ns, card_ns;
	uint64_t host_least_ns, host_ns;
	uint64_t whole_least_ns, whole_ns;
	uint32_t steps, moved; /**< Rounds of the main loop; characters that they took or gave. */
	uint64_t instructions; /**< All that round_cost() said. */
};

/* --- linefigures_hal.c: clock, lines, the reader ------------------------------------------------------------- */
/** A new reader with a card of this kind in its slot. */
void sim_start(const struct card_kind *kind, const struct cost *cost);
/** Rounds of the main loop until the host has its answer. False: none came in a virtual minute. */
bool sim_run(void);
/** A round when there is nothing to do. */
void sim_idle_round(void);
uint64_t sim_now_ns(void);
uint64_t sim_etu_ns(uint64_t etu);
uint64_t sim_char_ns(void); /**< Host line, 10 bits. */
void wire_put(struct wire *w, uint8_t c);
void wire_start(struct wire *w, uint64_t at_ns);
void meter_edge(struct meter *m, bool tx, uint64_t edge_ns, uint64_t same_ns, uint64_t turn_ns);
struct sim_lines {
	struct wire host_tx, host_rx; /**< As the reader sees them. */
	struct wire card_tx, card_rx;
	struct meter card;
	uint32_t steps, moved, calls; /**< Rounds; characters; hal calls that brought or took any. */
	uint64_t instructions;
	bool too_early; /**< The reader spoke before the card's guard time was over. */
};
extern struct sim_lines lines;
/** Around what is not the reader's: linefigures counts nothing, icount its instructions. */
void count_pause(void);
void count_go(void);
/** Instructions of the round that has just ended. */
uint32_t round_cost(void);
/** The reader has stopped itself. */
_Noreturn void sim_halt(void);
/** A hal call that only answers: all of it is left out of the count. */
#define NOT_COUNTED(what) \
	do { \
		count_pause(); \
		what; \
		count_go(); \
	} while (0)

/* --- linefigures_card.c -------------------------------------------------------------------------------------- */
void card_model_start(const struct card_kind *kind);
/** RST went high: answer to reset. */
void card_model_reset(void);
/** A character came whole. */
void card_model_char(uint8_t c);

/* --- linefigures_host.c -------------------------------------------------------------------------------------- */
void host_start(void);
/** The first character of what the reader sends is the echo's; whole answers are put together here. */
void host_char(uint8_t c, uint64_t edge_ns);
bool host_answered(void);
/** As libccid opens a GemPC Twin at short APDU level and powers its card on. NULL, or what went wrong. */
const char *host_open(const struct card_kind *kind);
/** One exchange, its times added to @p shares. NULL, or what went wrong. */
const char *host_exchange(const struct exchange *x, struct shares *shares);

/* --- linefigures_table.c ------------------------------------------------------------------------------------- */
/** The program's own way to print. */
void put(const char *text);
void put_number(const char *name, uint64_t v);
/** Shares of the lines, one line of output for each protocol, rate and load. False: an exchange failed. */
bool table_shares(const struct cost *cost);
/** One exchange after a first one; its counts. */
bool table_exchange(const struct card_kind *kind, const struct exchange *x, const struct cost *cost);

#endif /* LINEFIGURES_H */
