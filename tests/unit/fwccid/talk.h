/* SPDX-License-Identifier: Apache-2.0 */
/** @file talk.h @brief The host's side of ccid.h in tests: what it says and what it must hear. */
#ifndef TESTS_UNIT_FWCCID_TALK_H
#define TESTS_UNIT_FWCCID_TALK_H

#include "ccid/ccid.h"

extern struct ccid ccid;
extern uint8_t seq; /**< Of the command said last. */
extern const struct ccid_config serial_config, usb_config;

/** A CCID of @p config upon a card in @p state. */
void start(const struct ccid_config *config, enum card_state state);
/** The host sends a message: three bytes of parameters and abData in hex. */
void say_at(uint8_t slot, uint8_t type, const char *params, const char *data);
/** The same to slot 0. */
void say(uint8_t type, const char *params, const char *data);
/** The next message to the host is exactly this one, with bSeq @p of. */
void hear_seq(uint8_t type, uint8_t of, uint8_t status, uint8_t error, uint8_t last, const char *data);
/** The same, for the command said last. */
void hear(uint8_t type, uint8_t status, uint8_t error, uint8_t last, const char *data);
/** Nothing is to be sent. */
void silence(void);
/** The running operation of the card ends. */
void card_ends(enum card_what what, enum card_error error, const char *data);
/** The next message answers the command said last; a failed one has no abData; nothing follows. */
void check_status(uint8_t response, uint8_t slot, uint8_t status, int error);
/** Time passes. */
void pass_us(uint64_t us);

#endif /* TESTS_UNIT_FWCCID_TALK_H */
