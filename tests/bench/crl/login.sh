#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a revocation list costs a log-in: the same card, PIN and PAM stack with a list of one entry and with one of N, in turns (one, N, N,
# one, …), each block after a restart of the daemon. One line of words "name value"; figures.sh prints it.
#
#   login.sh N
# shellcheck source=../lib-site.sh
. "$(dirname "$0")/../lib-site.sh"
site_enter "$@"
N=$1
BLOCKS=4 EACH=12

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR > 0) print v[int((NR + 1) / 2)] }'; }
# WHICH: the state folder with that list becomes the daemon's.
use() {
	sekishod_stop
	mount --bind "$BENCH_TMP/state-$1" /var/lib/sekisho || site_fail 'mount'
	sekishod_start
}
leave() {
	sekishod_stop
	umount /var/lib/sekisho
}
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$SEKISHOD_PID/status"; }
# FILE: EACH log-ins, their milliseconds appended.
block() {
	local i start

	# Not counted: the first one after a start.
	login_start pinonly yamada "$PIN_GOOD"
	login_wait 60 || site_fail "log-in: $(tail -n 3 "$LOGIN_LOG")"
	for ((i = 0; i < EACH; i++)); do
		start=$EPOCHREALTIME
		login_start pinonly yamada "$PIN_GOOD"
		login_wait 60 || site_fail "log-in: $(tail -n 3 "$LOGIN_LOG")"
		awk "BEGIN { printf \"%.2f\\n\", ($EPOCHREALTIME - $start) * 1000 }" >>"$1"
	done
}

card_make clerk
site_init
site_pinonly
card_insert clerk
sekishod_stop
cp -a /var/lib/sekisho "$BENCH_TMP/state-one"
sekishod_start
crlmake "$N" "$BENCH_TMP/list" "$BENCH_TMP/ca/ca.crt" "$BENCH_TMP/ca/ca.key" 1 || site_fail 'crlmake'
start=$EPOCHREALTIME
sekishoctl crl import "$BENCH_TMP/list" >"$BENCH_TMP/import.log" 2>&1 || site_fail "import: $(cat "$BENCH_TMP/import.log")"
import_s=$(awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $start }")
rm "$BENCH_TMP/list"
sekishod_stop
cp -a /var/lib/sekisho "$BENCH_TMP/state-full"
sekishod_start

for ((b = 0; b < BLOCKS; b++)); do
	# one, full, full, one
	which=one
	[ $((b % 4)) -eq 1 ] || [ $((b % 4)) -eq 2 ] && which=full
	use $which
	block "$BENCH_TMP/ms-$which"
	printf -v "rss_$which" %s "$(rss)"
	leave
done
printf 'one_ms %s full_ms %s one_kib %s full_kib %s import_s %s\n' "$(median <"$BENCH_TMP/ms-one")" "$(median <"$BENCH_TMP/ms-full")" \
	"${rss_one:-}" "${rss_full:-}" "$import_s"
