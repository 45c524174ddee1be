#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A whole terminal: a Debian on which apt installed our packages, booted in QEMU, with the reader's firmware on its USB and a virtual
# card and finger; driven over serial line and screen. `make test-kiosk`: the steps of steps.py, on two terminals; KIOSK="login upgrade" names some
# of them, for one.
# `tests/kiosk/run.sh figures.py`: what `make bench` prints of it.
#
#   guest <- usb-redir -> usbbridge <- wire "usb" -> reader <- wires card, control -> cardbridge <- vpcd -> vcard
# shellcheck source=../bench/lib-pcscd.sh
. "$(dirname "$0")/../bench/lib-pcscd.sh"
BENCH_TOP=$(cd "$(dirname "$0")/../.." && pwd)
BENCH_BIN=${BENCH_BIN:-$BENCH_TOP/${SITE_BUILD:-build/test}/bench}
KIOSK_IMAGE=${KIOSK_IMAGE:-$BENCH_TOP/build/kiosk}
export KIOSK_IMAGE
# Before the namespace, in which no mirror can be reached.
if [ -z "${BENCH_ENTERED:-}" ] && [ -z "${KIOSK_KEEP_IMAGE:-}" ]; then
	make -s -C "$BENCH_TOP" deb-test >"$BENCH_TOP/build/kiosk-deb.log" 2>&1 && BENCH_BIN=$BENCH_BIN "$BENCH_TOP/tests/kiosk/mkimage.sh" "$KIOSK_IMAGE" &&
		{ [ "${1:-}" != figures.py ] || "$BENCH_TOP/tests/kiosk/mkimage.sh" "$KIOSK_IMAGE" plain; } ||
		{ tail -n 20 "$BENCH_TOP/build/kiosk-deb.log"; echo '0 passed, 1 failed'; exit 1; }
fi
# The whole of it: two terminals side by side, each with its share of the steps.
if [ -z "${BENCH_ENTERED:-}" ] && [ -z "${KIOSK:-}" ] && [ $# -eq 0 ]; then
	mapfile -t lanes < <("$BENCH_TOP/tests/kiosk/scenarios.py" --lanes)
	logs=$(mktemp -d)
	trap 'rm -rf "$logs"' EXIT
	trap 'kill $(jobs -p); exit 143' INT TERM
	for i in "${!lanes[@]}"; do
		KIOSK_KEEP_IMAGE=1 KIOSK=${lanes[i]} "$0" >"$logs/$i" 2>&1 &
	done
	wait
	# One that broke off before its counts has failed.
	cat "$logs"/*
	awk '/^[0-9]+ passed, [0-9]+ failed$/ { n++; p += $1; f += $3 }
		END { if (n < lanes) f += lanes - n; printf "%d passed, %d failed\n", p, f; exit (f > 0 || p == 0) }' lanes=${#lanes[@]} "$logs"/*
	exit
fi
bench_enter "$@"
# shellcheck source=../bench/reader/lib-reader.sh
. "$BENCH_TOP/tests/bench/reader/lib-reader.sh"
# shellcheck disable=SC2034  # lib-reader.sh reads it
READER_WIRES='card control usb side'
BRIDGE_PID=''

bench_on_exit() {
	reader_stop
	cardbridge_stop
	[ -z "$BRIDGE_PID" ] || kill "$BRIDGE_PID" 2>/dev/null
	return 0
}

# Two clerks, an administrator and a stranger, all of one CA.
cards() {
	local name

	"$BENCH_BIN/vcard-personalise" ca --out "$BENCH_TMP/ca" --name 'SEKISHO DEMO CA' || return 1
	for name in yamada suzuki sato stranger; do
		"$BENCH_BIN/vcard-personalise" card --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/cards/$name" --cn "SEKISHO TEST $name" \
			--serial-label "$name" --alg p256 --pin 123456 || return 1
	done
	"$BENCH_BIN/vcard-personalise" crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/ca/crl.der" --number 1
}

mkdir -p "$BENCH_TMP/cards"
cards >"$BENCH_TMP/cards.log" 2>&1 || bench_fail "no cards: $(tail -n 3 "$BENCH_TMP/cards.log")"
vcard_start slot0 --card "$BENCH_TMP/cards/yamada"
vcard_ctl slot0 pull >/dev/null
cardbridge_start
reader_dir
"$BENCH_BIN/usbbridge" --usb "$READER_DIR/usb" --redir "$READER_DIR/redir" --control "$READER_DIR/usbctl" 2>>"$READER_DIR/usbbridge.log" &
BRIDGE_PID=$!
reader_within 5 test -S "$READER_DIR/usbctl" || bench_fail 'usbbridge does not start'
reader_linux_start
export READER_DIR BENCH_BIN
"$BENCH_TOP/tests/kiosk/${1:-scenarios.py}"
