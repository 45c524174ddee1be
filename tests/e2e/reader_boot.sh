#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The image boots in QEMU and behaves when things are wrong: noise source, kill -9, hang, assert, stack, null pointer.
#
#   READER_FW=build/default/firmware BENCH_BIN=build/test/bench tests/e2e/reader_boot.sh   (after make firmware firmware-bad)
# shellcheck source=../bench/lib-pcscd.sh
. "$(dirname "$0")/../bench/lib-pcscd.sh"
# shellcheck source=../bench/lib-ok.sh
. "$(dirname "$0")/../bench/lib-ok.sh"
# shellcheck source=../bench/reader/lib-reader.sh
. "$(dirname "$0")/../bench/reader/lib-reader.sh"
bench_enter "$@"
FW=$(cd "${READER_FW:-$READER_TOP/build/default/firmware}" && pwd) || exit 99
READER_IMAGE=$FW/reader.elf
READER_WIRES='serial side'

bench_on_exit() { reader_stop; }
ok_explain() {
	tail -n 8 "$READER_DIR/side.log" 2>/dev/null | sed 's/^/     /'
}
not() { ! "$@"; }
bad() {
	reader_stop
	READER_IMAGE=$FW/bad_$1.elf reader_qemu_start
}
# REGEX: the place that the last fault line names, as a function of image $1.
fault_place() {
	arm-none-eabi-addr2line -f -e "$FW/bad_$1.elf" "0x$(sed -n 's/.*last fault [0-9]* at //p' "$READER_DIR/side.log" | head -n 1)" | head -n 1
}

reader_qemu_start
ok 'boots and says its version' reader_log_has 'log sekisho-reader [0-9.]+, start power'
ok 'the noise source passes its tests' reader_log_wait 'log entropy good'
ok 'the stack is measured' reader_log_wait 'log stack [0-9]+ of [0-9]+'
before=$(reader_cpu)
sleep 5
after=$(reader_cpu)
printf 'idle: %s s of processor in 5 s\n' "$(awk -v a="$before" -v b="$after" 'BEGIN { printf "%.2f", b - a }')"
ok 'an idle reader sleeps: under 10 % of a processor' awk -v a="$before" -v b="$after" 'BEGIN { exit !(b - a < 0.5) }'

printf '\125\252' | dd of="$READER_FLASH" bs=1 seek=8192 conv=notrunc status=none
reader_kill
reader_qemu_start
ok 'after kill -9 it starts again' [ "$(reader_log_count 'log sekisho-reader')" -eq 2 ]
ok 'and flash is what it was' [ "$(od -An -tx1 -j8192 -N3 "$READER_FLASH")" = ' 55 aa ff' ]

for source in stuck none; do
	reader_stop
	READER_ENTROPY=$source
	reader_qemu_start
	ok "noise source $source: found and told" reader_log_wait 'log entropy failed'
	ok "noise source $source: never called good" not reader_log_has 'log entropy good'
done
READER_ENTROPY=good

bad hang
ok 'a main loop that stands still: the watchdog resets' reader_log_wait 'start watchdog' 15
ok 'the record names the fault' reader_log_wait 'last fault 9 at [0-9A-F]{8}'
ok 'and the place' [ "$(fault_place hang)" = reader_step ]

for case in assert:1 stack:6 null:3; do
	bad "${case%:*}"
	ok "${case%:*}: the light shows the fault" reader_log_wait 'led 3'
	ok "${case%:*}: halted" reader_log_wait 'log halted'
	sleep 5
	ok "${case%:*}: and no watchdog brings it back" [ "$(reader_log_count 'log sekisho-reader')" -eq 1 ]
	reader_stop
	READER_QEMU="-qmp unix:$READER_DIR/qmp,server=on,wait=off" bad "${case%:*}"
	reader_log_wait 'log halted'
	printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"system_reset"}' | timeout 2 socat - "UNIX-CONNECT:$READER_DIR/qmp" >/dev/null
	ok "${case%:*}: after a reset the record says fault ${case#*:}" reader_log_wait "last fault ${case#*:} at [0-9A-F]{8}"
done

reader_stop
if [ -f "$FW/reader-crypto.elf" ]; then
	READER_IMAGE=$FW/reader-crypto.elf reader_qemu_start
	ok 'the image with crypto passes its known answers' reader_log_has 'log crypto good'
	ok 'its stack has room' reader_log_wait 'log stack [0-9]+ of [0-9]+'
	grep -h 'log stack' "$READER_DIR/side.log" | tail -n 1
	reader_stop
fi
READER_PROGRAM=${READER_PROGRAM:-$READER_BIN/../reader-linux}
reader_linux_start
ok 'the Linux process says its version' reader_log_has 'log sekisho-reader [0-9.]+, start power'
ok 'and has entropy' reader_log_wait 'log entropy good'
reader_stop
ok_summary
