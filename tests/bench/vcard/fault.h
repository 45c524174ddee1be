/* SPDX-License-Identifier: Apache-2.0 */
/* Faults that a test orders over the control socket: which command they strike, what they do. */
#ifndef VCARD_FAULT_H
#define VCARD_FAULT_H

#include "apdu.h"

#define VC_FAULTS_MAX 64
#define VC_FAULT_RAW_MAX 4096

enum vc_fault_action {
	VC_FAULT_SW,			/* not executed, answers this status word */
	VC_FAULT_RAW,			/* not executed, answers exactly these bytes */
	VC_FAULT_LIE_SIG,		/* executed, the signature is over something else */
	VC_FAULT_TEAR,			/* power lost between charging a try and judging it */
	VC_FAULT_TRUNCATE,		/* executed, last bytes of the answer missing */
	VC_FAULT_OVERSIZE,		/* executed, random bytes before the status word */
	VC_FAULT_FLIP,			/* executed, one bit of the answer flipped */
	VC_FAULT_DELAY,			/* executed, answered late */
	VC_FAULT_MUTE,			/* executed, never answered */
	VC_FAULT_PULL,			/* executed, card gone before the answer */
	VC_FAULT_PULL_AFTER,		/* answered, then the card is gone */
	VC_FAULT_CLOSE,			/* connection lost before the answer, card comes back */
};

struct vc_fault {
	bool by_ins;			/* counts commands with this INS only */
	bool sticky;			/* strikes every time until cleared */
	uint8_t ins;
	long countdown;			/* strikes when it reaches 0 */
	enum vc_fault_action action;
	long arg;			/* ms, status word, bytes or bit index */
	size_t raw_len;
	uint8_t *raw;			/* owned; VC_FAULT_RAW only */
};

struct vc_fault_list {
	size_t n;
	struct vc_fault fault[VC_FAULTS_MAX];
};

/* Everything that strikes one command, merged. */
struct vc_fault_plan {
	bool replace;			/* answer replace_bytes instead of executing */
	bool lie_sig, tear, mute, pull, pull_after, close_link, flip;
	long delay_ms, truncate_n, oversize_n, flip_bit;
	size_t replace_len;
	uint8_t replace_bytes[VC_FAULT_RAW_MAX];
};

/*
 * Adds a rule from its words: WHEN ACTION [ARGUMENT] as the control socket's "fault" command has
 * them (see control.c). Returns NULL, or a constant text that says what is wrong.
 */
const char *vc_fault_add(struct vc_fault_list *list, const char *when, const char *action,
			 const char *argument);

void vc_fault_clear(struct vc_fault_list *list);

/* Counts this command in every rule, takes out the used-up ones, and merges those that strike. */
void vc_fault_match(struct vc_fault_list *list, uint8_t ins, struct vc_fault_plan *ret_plan);

/* Truncate, oversize, flip on an answer of len bytes; returns the new length, at most cap. */
size_t vc_fault_bend(const struct vc_fault_plan *plan, uint8_t *rsp, size_t len, size_t cap);

#endif
