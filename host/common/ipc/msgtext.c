/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The English text of every message, and what its arguments are. A text says what happened and what to do
 * next, in two lines of 80 columns at most. tests/unit/msg/test_msg.c checks each row against po/ja.po.
 */
#include <stddef.h>

#include "ipc/msgid.h"

/* Marks a text for xgettext; the translation itself happens where the text is shown. */
#define N_(text) text

struct msg_row {
	const char *args;
	const char *text;
};

static const struct msg_row rows[MSG_N] = {
	[MSG_INSERT_CARD] = { "", N_("Put your IC card in the card reader.") },
	[MSG_NO_READER] = { "S", N_("No card reader is found. Check that its cable is plugged in.\n"
		"If that doesn't help, call: %1$s") },
	[MSG_NO_PCSCD] = { "S", N_("The card service of this terminal is not running.\nPlease call: %1$s") },
	[MSG_READER_BUSY] = { "", N_("Another program is using the card. Close that program, or wait a moment.") },
	[MSG_CARD_MUTE] = { "", N_("The card can't be read. Take it out, check which side is up,\n"
		"and put it in again.") },
	[MSG_TWO_CARDS] = { "", N_("There is more than one card. Leave only your own card in a reader.") },
	[MSG_WAIT_TURN] = { "", N_("The card reader is in use by another log-in. Please wait; yours comes next.") },
	[MSG_PIN_PROMPT] = { "N", N_("PIN of your card (tries left: %1$s): ") },
	[MSG_PIN_PROMPT_PLAIN] = { "", N_("PIN of your card: ") },
	[MSG_PIN_WRONG] = { "N", N_("That PIN is wrong. Tries left: %1$s. Type the next one with care.") },
	[MSG_PIN_LAST_KEPT] = { "S", N_("Only one PIN try is left on this card, so it is not used up here.\n"
		"Please call: %1$s") },
	[MSG_PIN_BLOCKED] = { "S", N_("The PIN of this card is blocked after too many wrong PINs.\n"
		"To have it unblocked, call: %1$s") },
	[MSG_PIN_FORM] = { "", N_("That can't be the PIN of this card. Type its digits and nothing else.") },
	[MSG_FINGER_TOUCH] = { "S", N_("Touch the fingerprint sensor (for: %1$s).") },
	[MSG_FINGER_AGAIN] = { "", N_("The finger was not read. Touch the sensor again.") },
	[MSG_FINGER_CENTER] = { "", N_("Put the middle of your fingertip on the sensor.") },
	[MSG_FINGER_LONGER] = { "", N_("Keep your finger on the sensor a little longer.") },
	[MSG_FINGER_LIFT] = { "", N_("Lift your finger, then touch the sensor again.") },
	[MSG_FINGER_NOT_KNOWN] = { "N", N_("The fingerprint doesn't match (tries left: %1$s). Use a registered finger.") },
	[MSG_NO_SENSOR] = { "S", N_("No fingerprint sensor is found. Check that its cable is plugged in.\n"
		"If that doesn't help, call: %1$s") },
	[MSG_REMOVED_EARLY] = { "", N_("The card was taken out too early. Put it in and start again.") },
	[MSG_LOCKED_UNTIL] = { "TS", N_("Locked after too many failures. Try again after %1$s.\n"
		"If you can't wait, call: %2$s") },
	[MSG_LOCKED] = { "S", N_("Locked after too many failures. Only an administrator can unlock it.\n"
		"Please call: %1$s") },
	[MSG_DENIED] = { "SS", N_("Not accepted. Check card, PIN and finger, and start again.\n"
		"If it happens again, call: %1$s (reference %2$s)") },
	[MSG_CARD_EXPIRED] = { "TS", N_("This card expired on %1$s and can't be used.\nFor a new card, call: %2$s") },
	[MSG_CRL_OLD] = { "SS", N_("The list of revoked cards (%1$s) is too old to check cards.\n"
		"Please call: %2$s") },
	[MSG_CRL_OLD_WARN] = { "SS", N_("The list of revoked cards (%1$s) is getting old.\n"
		"Before log-in stops, please call: %2$s") },
	[MSG_REMOTE_REFUSED] = { "", N_("Logging in from another computer is not allowed.\n"
		"Log in at the terminal itself.") },
	[MSG_TIMEOUT] = { "", N_("Time is up. Please start again.") },
	[MSG_CANCELLED] = { "", N_("Cancelled. To log in, start again.") },
	[MSG_FAULT] = { "SS", N_("This terminal has a fault. Wait a little and start again.\n"
		"If it happens again, call: %1$s (reference %2$s)") },
	[MSG_DAEMON_DOWN] = { "", N_("The log-in service of this terminal is not running.\n"
		"Please call your administrator.") },
	[MSG_LAST_LOGIN] = { "TS", N_("Last log-in: %1$s (%2$s)") },
	[MSG_LAST_LOGOUT] = { "T", N_("Last log-out: %1$s") },
	[MSG_FIRST_LOGIN] = { "", N_("This is your first log-in. If it is not, tell your administrator.") },
	[MSG_FAILURES_SINCE] = { "N", N_("Failed log-ins since then: %1$s.\n"
		"If that was not you, tell your administrator.") },
	[MSG_SESSION_LIMIT] = { "N", N_("This session ends by itself after %1$s minutes.\nSave your work before then.") },
	[MSG_ACCOUNT_CLOSED] = { "S", N_("This account can't be used now.\nPlease call: %1$s") },
	[MSG_PASSWORD_REFUSED] = { "", N_("Log-in here is by IC card; there is no password to change.\n"
		"To change the PIN of your card, ask your administrator.") },
	[MSG_CARD_EXPIRES_SOON] = { "TS", N_("Your card expires on %1$s.\nFor a new card, call: %2$s") },
	[MSG_BANNER] = { "S", N_("%1$s") },
	[MSG_ENROL_TOUCH] = { "NN", N_("Touch the sensor with the finger to register (%1$s of %2$s).") },
	[MSG_ENROL_STRAY] = { "", N_("That looks like another finger. Use the same finger every time.") },
	[MSG_ENROL_RESTART] = { "", N_("The touches do not fit together. Start again from the first touch.") },
	[MSG_PIN_PROMPT_JPKI] = { "N", N_("My Number Card: 4-digit PIN for user authentication (tries left: %1$s): ") },
	[MSG_CARD_NEEDS_PIN] = { "S", N_("This card works with its PIN only, and here log-in is without PIN.\n"
		"For another card, call: %1$s") },
	[MSG_CARD_ENROLLED] = { "", N_("This card is enrolled already; sekishoctl card list shows whose it is.\n"
		"Is the new card in the reader?") },
	[MSG_ENROL_CARD_PIN] = { "", N_("PIN of the card to register (typed by its holder): ") },
	[MSG_DENYLIST_BAD] = { "S", N_("This terminal can't read its list of lost cards, so nobody can log in.\n"
		"Please call: %1$s") },
	[MSG_DESK_NOW] = { "ST", N_("At the desk now: %1$s (since %2$s)") },
	[MSG_CARD_LEFT] = { "", N_("Your card is still in the reader. Please take it with you.") },
	[MSG_DORMANT] = { "S", N_("This ID has not been used for a long time, and is closed.\nTo have it opened, call: %1$s") },
};

const char *msg_args(enum msg_id id)
{
	return (unsigned)id < MSG_N ? rows[id].args : NULL;
}

const char *msg_text(enum msg_id id)
{
	return (unsigned)id < MSG_N ? rows[id].text : NULL;
}
