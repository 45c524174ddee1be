#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cards that misbehave behind the reader's image, seen from stock pcscd: each ends in an error within its time, and the next
# command works.
#
#   READER=linux reader_badcard.sh    the same with the Linux process instead of the image
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
# shellcheck source=../bench/reader/lib-reader.sh
. "$(dirname "$0")/../bench/reader/lib-reader.sh"
site_enter "$@"
READER=${READER:-qemu}

bench_on_exit() {
	reader_stop
	cardbridge_stop
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
fault() { cardbridge_ctl "$@" >/dev/null; }
# Out and in again: pcscd looks every 200 ms, and powers the card on its own.
again() {
	fault pull
	pcscd_wait_card 0 absent 10 || return 1
	fault insert
	pcscd_wait_card 0 present 15
}

card_make p256
BENCH_SLOTS=1
vcard_start slot0 --card "$CARDS/p256"
for protocol in t1 t0; do
	for level in apdu tpdu; do
		pcscd_stop
		reader_stop
		cardbridge_stop
		cardbridge_start --protocol $protocol
		"reader_${READER}_start"
		reader_pcscd $level
		pcscd_start
		pcscd_wait_card 0 present 15 || site_fail 'the card does not appear'
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
ok 'the reader never reset itself' [ "$(reader_log_count 'sekisho-reader')" -eq 1 ]
site_summary
