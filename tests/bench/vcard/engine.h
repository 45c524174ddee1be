/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card's own side: what one command does to one card, without any transport.
 *
 * ISO/IEC 7816-4 (chaining, GET RESPONSE, extended length) around the PIV card application of
 * SP 800-73-4 part 2 or the JPKI application of the My Number Card, whichever the card has. A further,
 * empty application (a card manager) exists so that "another application is selected" can be tested.
 */
#ifndef VCARD_ENGINE_H
#define VCARD_ENGINE_H

#include "apdu.h"
#include "bytes.h"
#include "carddir.h"

#define VC_APDU_MAX 65535		/* what vpcd's 2-byte length can carry */
#define VC_CHAIN_MAX 8192

enum vc_app {
	VC_APP_MANAGER = 0,		/* implicitly selected after a reset */
	VC_APP_PIV,
	VC_APP_JPKI,
};

struct vc_engine {
	struct vc_card *card;		/* not owned */
	bool short_only;		/* refuse extended length with 6700 */
	bool lie_sig;			/* sign something else than the challenge */
	bool tear;			/* lose power between charging a try and judging it */

	enum vc_app app;
	bool pin_verified;		/* the selected application's */
	uint16_t file;			/* JPKI: selected EF; 0: none */
	bool torn;			/* set when tear struck: nothing is to be answered */
	bool chaining;
	uint8_t chain_ins, chain_p1, chain_p2;
	size_t chain_len, pending_len, pending_off;
	uint8_t chain[VC_CHAIN_MAX];
	uint8_t pending[VC_OBJECT_MAX + 16];
};

/* What power on, power off, reset and removal do: no application, no security status, no chain. */
void vc_engine_reset(struct vc_engine *engine);

/*
 * Executes one command. Writes response data and status word to ret_rsp (cap at least
 * VC_APDU_MAX) and returns their length; 0 only when engine->torn was set.
 */
size_t vc_engine_transmit(struct vc_engine *engine, const uint8_t *cmd, size_t cmd_len,
			  uint8_t *ret_rsp, size_t cap);

/*
 * The PIV application (piv.c): executes one complete command with all its chained data.
 * Response data goes to out. Returns the status word.
 */
uint16_t vc_piv_execute(struct vc_engine *engine, const struct vc_apdu *apdu, struct vc_out *out);

/* Answer to SELECT of the PIV application: application property template. */
void vc_piv_property_template(struct vc_out *out);

/*
 * Charges a try and judges: VC_SW_OK, 63CX, 6581, or 0 when power was lost in between. The caller
 * has made sure that a try is left. MUST: the try is durable before anything is compared.
 */
uint16_t vc_judge_secret(struct vc_engine *engine, struct vc_secret *secret,
			 const uint8_t candidate[static VC_PIN_LEN]);

/* The JPKI application (jpki.c), class bytes 00 and, for signing, 80. As vc_piv_execute(). */
uint16_t vc_jpki_execute(struct vc_engine *engine, const struct vc_apdu *apdu, struct vc_out *out);

#endif
