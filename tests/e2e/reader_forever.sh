#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A card that asks for more time for ever: S(WTX request) in T=1, null bytes in T=0. The reader gives it 120 s in all
# (CCID_XFR_LIMIT_US), tells the host so long that it is at work, and ends it then. reader_badcard.sh runs it at its side.
#
#   reader_forever.sh t1|t0
# shellcheck source=../bench/lib-pcscd.sh
. "$(dirname "$0")/../bench/lib-pcscd.sh"
# shellcheck source=../bench/lib-ok.sh
. "$(dirname "$0")/../bench/lib-ok.sh"
BENCH_TOP=$(cd "$(dirname "$0")/../.." && pwd)
BENCH_BIN=${BENCH_BIN:-$BENCH_TOP/${SITE_BUILD:-build/test}/bench}
bench_enter "$@"
# shellcheck source=../bench/reader/lib-reader.sh
. "$BENCH_TOP/tests/bench/reader/lib-reader.sh"
READER=${READER:-qemu}
PROTOCOL=${1:?t1 or t0}
LIMIT_S=120

bench_on_exit() {
	reader_stop
	cardbridge_stop
}
ok_explain() { tail -n 3 "$BENCH_TMP/answer" | sed 's/^/     | /'; }

SELECT=00A404000BA000000308000010000100
command() {
	timeout "$1" "$READER_TOP/tests/bench/reader/pcsclite.py" $SELECT >"$BENCH_TMP/answer" 2>&1
}
command_works() { command 10 && grep -qE '(90|61)..$' "$BENCH_TMP/answer"; }

mkdir -p "$BENCH_TMP/cards"
"$BENCH_BIN/vcard-personalise" ca --out "$BENCH_TMP/ca" --name 'SEKISHO DEMO CA' >"$BENCH_TMP/ca.log" 2>&1 &&
	"$BENCH_BIN/vcard-personalise" card --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/cards/p256" --cn 'SEKISHO TEST p256' \
		--serial-label p256 --alg p256 --pin 123456 >"$BENCH_TMP/card.log" 2>&1 || bench_fail 'no card'
BENCH_SLOTS=1
vcard_start slot0 --card "$BENCH_TMP/cards/p256"
cardbridge_start --protocol "$PROTOCOL"
"reader_${READER}_start"
reader_pcscd apdu
pcscd_start
pcscd_wait_card 0 present 15 || bench_fail 'the card does not appear'
ok "$PROTOCOL: a good card" command_works
# Not as fast as it can: after 255 S(WTX request) the reader has had enough (reader_badcard.sh).
cardbridge_ctl wtx-ms 1000 >/dev/null
cardbridge_ctl wtx-forever 1 >/dev/null
start=$SECONDS
# In the background: so the script can be ended while it waits.
command $((LIMIT_S + 30)) &
wait $!
status=$?
took=$((SECONDS - start))
ok "$PROTOCOL, the card asks for time for ever: pcscd has an error" [ $status -eq 1 ]
ok "$PROTOCOL: of PC/SC, not of something else" grep -q '^SCardTransmit: 8010' "$BENCH_TMP/answer"
ok "$PROTOCOL: when its 120 s are over, after $took s" [ $took -ge $((LIMIT_S - 2)) -a $took -le $((LIMIT_S + 10)) ]
ok "$PROTOCOL: it did ask all the time" [ "$(cardbridge_count blocks-out)" -ge 100 ]
cardbridge_ctl wtx-forever 0 >/dev/null
cardbridge_ctl wtx-ms 0 >/dev/null
sleep 1
pcscd_wait_card 0 present 15
ok "$PROTOCOL: and the next command works" command_works
ok "$PROTOCOL: the reader never reset itself" [ "$(reader_log_count 'sekisho-reader')" -eq 1 ]
ok_summary
