#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# RUNS times kill -9 of the image in QEMU at a random moment while its store is at work, and then of the product's image while
# it starts. tests/bench/reader/storebench/kill9.py judges what is left on the flash. Needs no root.
#
#   RUNS=300 SEED=4711 READER_FW=build/default/firmware tests/e2e/reader_kill9.sh     (after make firmware firmware-bad)
BENCH_TMP=$(mktemp -d) || exit 99
# shellcheck source=../bench/lib-ok.sh
. "$(dirname "$0")/../bench/lib-ok.sh"
# shellcheck source=../bench/reader/lib-reader.sh
. "$(dirname "$0")/../bench/reader/lib-reader.sh"
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$BENCH_TMP"' EXIT
FW=$(cd "${READER_FW:-$READER_TOP/build/default/firmware}" && pwd) || exit 99
RUNS=${RUNS:-300}
SEED=${SEED:-4711}
SIDES=2
for image in reader reader-store reader-store-late; do
	[ -f "$FW/$image.elf" ] || reader_fail "no $FW/$image.elf: make firmware firmware-bad"
done

ok_explain() {
	sed -n 's/^bad: /     /p' "$BENCH_TMP"/*.out | head -n 8
}
kill9() {
	timeout 300 python3 "$READER_TOP/tests/bench/reader/storebench/kill9.py" "$@"
}
# NAME: its sum over all that ran side by side.
sum() {
	cat "$BENCH_TMP"/*.out | awk -v name="$1" '$1 == name { n += $2 } END { print n + 0 }'
}
# KIND IMAGE RUNS [ARGUMENT]: SIDES of them at once, each with its own flash. False when one of them found something bad.
side_by_side() {
	local side share status=0
	local -a pids=()

	rm -f "$BENCH_TMP"/*.out
	for side in $(seq "$SIDES"); do
		share=$(($3 / SIDES + (side <= $3 % SIDES)))
		kill9 "$1" "$FW/$2.elf" "$BENCH_TMP/$side" "$share" $((SEED * 10 + side)) "${@:4}" >"$BENCH_TMP/$side.out" &
		pids+=($!)
	done
	for side in "${pids[@]}"; do
		wait "$side" || status=1
	done
	return $status
}
found_lost_charge() {
	grep -q '^bad: run [0-9]*: counter [0-9]* is [0-9]*, answered' "$BENCH_TMP"/*.out
}

echo "seed $SEED"
ok "$RUNS kills of the store: nothing that was answered is lost, nothing else has changed" side_by_side store reader-store "$RUNS"
ok "all of them were made ($(sum runs)), with $(sum answered) commands answered between" test "$(sum runs)" -eq "$RUNS"
middle=$(sum middle)
ok "$middle hit in the middle of a call (at least $((RUNS / 20)))" test "$middle" -ge $((RUNS / 20))
printf '     charge %s, clear %s, put %s, delete %s, mount %s\n' "$(sum in-C)" "$(sum in-Z)" "$(sum in-P)" "$(sum in-D)" "$(sum in-M)"
repaired=$(sum repaired)
ok "$repaired left something that the next mount had to repair (at least $((RUNS / 50)))" test "$repaired" -ge $((RUNS / 50))
printf '     %s times something was done that had not been answered\n' "$(sum unanswered-done)"

starts=$((RUNS / 3))
ok 'the product killed while it starts: the store is good, a start counts at most once and is never taken back' \
	side_by_side starts reader "$starts" "$FW/reader-store.elf"
early=$(sum killed-before-it-said)
ok "$early of $(sum starts) starts were killed before the log told (at least $((starts / 10)))" test "$early" -ge $((starts / 10))
printf '     %s of them had been charged\n' "$(sum charged-untold)"

not() { ! "$@"; }
ok 'a store that charges too late is found' not side_by_side store reader-store-late 20
ok 'and what is found is a lost charge' found_lost_charge

# A flash that nobody can tell the meaning of: said, and left alone.
READER_WIRES=side
bench_reap() { kill -KILL "$1" 2>/dev/null; wait "$1" 2>/dev/null; }
reader_flash_erase
printf '\125\252' | dd of="$READER_FLASH" bs=1 seek=8192 conv=notrunc status=none
before=$(sha256sum <"$READER_FLASH")
reader_qemu_start
ok 'a damaged store: the log says so' reader_log_wait 'log store damaged'
ok 'the reader goes on' reader_log_wait 'log entropy good'
reader_stop
ok 'and the flash is left as it was' [ "$(sha256sum <"$READER_FLASH")" = "$before" ]
ok_summary
