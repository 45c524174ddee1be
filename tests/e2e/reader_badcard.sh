#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cards and hosts that misbehave, at the reader's image: seen from stock pcscd each card ends in an error within its time,
# and the next command works; after each host the next one is served.
#
#   READER=linux reader_badcard.sh    the same with the Linux process instead of the image
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
# shellcheck source=../bench/reader/lib-reader.sh
. "$(dirname "$0")/../bench/reader/lib-reader.sh"
site_enter "$@"
READER=${READER:-qemu}

FOREVER=()

bench_on_exit() {
	[ ${#FOREVER[@]} -eq 0 ] || kill "${FOREVER[@]}" 2>/dev/null
	reader_stop
	cardbridge_stop
}

# Cards that ask for time for ever take their two minutes, in namespaces of their own, while this script goes on.
forever_start() {
	local protocol

	for protocol in t1 t0; do
		READER=$READER "$SITE_TOP/tests/e2e/reader_forever.sh" $protocol >"$BENCH_TMP/forever-$protocol.log" 2>&1 &
		FOREVER+=($!)
	done
}

# Their lines become ours; a script that did not get to its sum is a failure.
forever_wait() {
	local protocol log sum

	wait "${FOREVER[@]}"
	FOREVER=()
	for protocol in t1 t0; do
		log=$BENCH_TMP/forever-$protocol.log
		grep -E '^(ok  |FAIL|     \|)' "$log"
		sum=$(grep -oE '^[0-9]+ passed, [0-9]+ failed$' "$log")
		if [ -z "$sum" ]; then
			printf 'FAIL %s: the card that asks for time for ever: no end\n' $protocol
			tail -n 5 "$log"
			sum='0 passed, 1 failed'
		fi
		PASSED=$((PASSED + $(cut -d' ' -f1 <<<"$sum")))
		FAILED=$((FAILED + $(cut -d' ' -f3 <<<"$sum")))
	done
}

SELECT=00:A4:04:00:0B:A0:00:00:03:08:00:00:10:00:01:00
# One APDU: its status word 90 00 or 61 XX within 10 s. The card driver is named, or OpenSC would ask more.
command_works() {
	timeout 10 opensc-tool -c default -r 0 -s "${1:-$SELECT}" >"$BENCH_TMP/opensc.log" 2>&1 &&
		grep -qE 'Received \(SW1=0x(90|61)' "$BENCH_TMP/opensc.log"
}
# SECONDS: the command ends by itself in that time, and in an error.
command_fails_within() {
	timeout "$1" opensc-tool -c default -r 0 -s $SELECT >"$BENCH_TMP/opensc.log" 2>&1
	case $? in
	0) ! grep -qE 'Received \(SW1=0x(90|61)' "$BENCH_TMP/opensc.log" ;;
	124) return 1 ;;
	*) return 0 ;;
	esac
}
# SECONDS: well or not, but an end.
ends_within() {
	timeout "$1" opensc-tool -c default -r 0 -s $SELECT >"$BENCH_TMP/opensc.log" 2>&1
	[ $? -ne 124 ]
}
# A reader that starts more often than it was started has reset itself.
RESETS=0
reader_off() {
	pcscd_stop
	[ -z "$READER_PID" ] || RESETS=$((RESETS + $(reader_log_count 'sekisho-reader .*start ') - 1))
	reader_stop
	cardbridge_stop
}
# LEVEL tpdu|apdu, then options of cardbridge.
reader_site() {
	local level=$1
	shift

	reader_off
	cardbridge_start "$@"
	"reader_${READER}_start"
	reader_pcscd "$level"
	pcscd_start
	pcscd_wait_card 0 present 15 || site_fail 'the card does not appear'
}
fault() { cardbridge_ctl "$@" >/dev/null; }
# Out and in again: pcscd looks every 200 ms, and powers the card on its own.
again() {
	fault pull
	pcscd_wait_card 0 absent 10 || return 1
	fault insert
	pcscd_wait_card 0 present 15
}

# A host on the serial line that is not pcscd: CHECK [SEED] of uart_host.py.
host() {
	timeout 60 "$SITE_TOP/tests/bench/reader/uart_host.py" "$READER_TTY" "$@" >"$BENCH_TMP/uart.log" 2>&1 && return 0
	sed 's/^/     | /' "$BENCH_TMP/uart.log"
	return 1
}

forever_start
card_make p256
BENCH_SLOTS=1
vcard_start slot0 --card "$CARDS/p256"
for protocol in t1 t0; do
	for level in apdu tpdu; do
		reader_site $level --protocol $protocol
		ok "$protocol, $level level: a good card" command_works
		fault mute
		ok "$protocol, $level level: falls silent: an error in time" command_fails_within 25
		# The reader has switched the card off; pcscd takes that for another card when it looks next, every 400 ms.
		sleep 1
		pcscd_wait_card 0 present 15
		ok "$protocol, $level level: and the next command works" command_works
		fault babble 2
		again
		ok "$protocol, $level level: babbles after its ATR: an end in time" ends_within 25
		fault babble 0
		again
		ok "$protocol, $level level: and the next command works" command_works
		fault delay-ms 1200
		fault delay-every 1
		ok "$protocol, $level level: every block 1.2 s late: an end in time" ends_within 25
		fault delay-every 0
		fault delay-ms 0
		again
		ok "$protocol, $level level: and the next command works" command_works
	done
done
for kind in tck ts short long mute; do
	fault bad-atr $kind
	fault pull
	pcscd_wait_card 0 absent 10
	fault insert
	sleep 1
	ok "an ATR with the fault \"$kind\": refused in time" command_fails_within 25
	fault bad-atr good
	again
	ok 'and the next card works' command_works
done
fault babble 1
again
ok 'random characters instead of an ATR: refused in time' command_fails_within 25
fault babble 0
again
ok 'and the next card works' command_works
# A parity error that the character repetition of T=0 did not mend (7816-3:2006 7.3, the board's business) ends the command.
for level in apdu tpdu; do
	reader_site $level --protocol t0
	fault parity 1
	ok "t0, $level level: characters stay wrong: an error in time" command_fails_within 25
	fault parity 0
	again
	ok "t0, $level level: and the next command works" command_works
done
reader_site apdu --protocol t1
fault wtx-forever 1
ok 't1: a flood of S(WTX request): an error in time' command_fails_within 25
fault wtx-forever 0
again
ok 'and the next command works' command_works

pcscd_stop
# Held open: else QEMU needs a second to see that somebody is there.
exec 7<>"$READER_TTY"
ok 'a host of our own: the card answers to reset' host works
ok 'frames with a wrong LRC: NAK, and it works on' host lrc
ok 'NAK from the host: the frame again, three times' host nak
ok 'dwLength of more than comes: silence, and it works on' host length_short
ok 'dwLength that the command does not have: bError 1' host length_wrong
ok 'dwLength of more than any message has: refused, and it works on' host length_long
ok 'another slot: bError 5' host slot
ok 'no such command: not supported' host unknown
ok 'XfrBlock to a card without power: ICC_MUTE' host inactive
ok '4 KiB of noise: it works on' host noise
ok 'five seconds of commands at random: each has one answer' host random 1
fault delay-ms 1000
fault delay-every 1
ok 'a second command while one runs: CMD_SLOT_BUSY, and the first is answered' host busy
ok 'another host opens the line while a command runs: its answer alone, at once' host opens
(reader_within 10 grep -q begins "$BENCH_TMP/uart.log"; sleep 0.4; fault pull) &
ok 'the card leaves while a command runs: ICC_MUTE at once' host pulled
fault delay-every 0
ok 'no card: each command says so' reader_within 5 host absent
fault insert
ok 'and the card is back' reader_within 5 host works
ok 'what was said to another before is no answer to a host that opens the line' host stale
exec 7>&-
for at in sync header data; do
	ok "a host that leaves, $at: done" host leave_$at
	pcscd_start
	pcscd_wait_card 0 present 15
	ok 'and pcscd works at the same line' command_works
	pcscd_stop
done
# The card is still at work for it when the next host comes. Held open, its first frame comes while the command runs; else QEMU hands
# it the answer and looks for what it says only then, up to a second later.
for held in yes no; do
	for ms in 400 1200; do
		[ $held = no ] || exec 7<>"$READER_TTY"
		fault delay-ms $ms
		fault delay-every 1
		ok "a host that leaves while the card takes $ms ms, line held open: $held: done" host leave_answer
		fault delay-every 0
		pcscd_start
		pcscd_wait_card 0 present 15
		ok 'and pcscd works at the same line' command_works
		pcscd_stop
		[ $held = no ] || exec 7>&-
	done
done
reader_off
ok 'the reader never reset itself' [ $RESETS -eq 0 ]
forever_wait
site_summary
