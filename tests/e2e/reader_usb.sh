#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reader on USB: a Debian guest in QEMU, whose own kernel enumerates it and whose stock pcscd and libccid drive it.
# Once with the Linux process, once with the image (READER="linux qemu" unless said). Needs root.
#
#   guest <- usb-redir -> usbbridge <- wire "usb" -> reader <- wires card, control -> cardbridge <- vpcd -> vcard
# shellcheck source=../bench/lib-pcscd.sh
. "$(dirname "$0")/../bench/lib-pcscd.sh"
BENCH_TOP=$(cd "$(dirname "$0")/../.." && pwd)
BENCH_BIN=${BENCH_BIN:-$BENCH_TOP/${SITE_BUILD:-build/test}/bench}
BENCH_GUEST=${BENCH_GUEST:-$BENCH_TOP/build/guest}
# The mirror is out of reach inside the namespace.
if [ -z "${BENCH_ENTERED:-}" ]; then
	"$BENCH_TOP/tests/bench/reader/guest/mkguest.sh" "$BENCH_GUEST" || { echo '0 passed, 1 failed'; exit 1; }
fi
bench_enter "$@"
# shellcheck source=../bench/reader/lib-reader.sh
. "$BENCH_TOP/tests/bench/reader/lib-reader.sh"
# shellcheck disable=SC2034  # lib-reader.sh reads it
READER_WIRES='card control usb side'
BOOT_SECONDS=420
PASSED=0 FAILED=0
BRIDGE_PID='' GUEST_PID='' HOST_PID=''

bridge_start() {
	reader_dir
	rm -f "$READER_DIR"/{usb,redir,usbctl}
	"$BENCH_BIN/usbbridge" --usb "$READER_DIR/usb" --redir "$READER_DIR/redir" --control "$READER_DIR/usbctl" --verbose \
		2>>"$READER_DIR/usbbridge.log" &
	BRIDGE_PID=$!
	reader_within 5 test -S "$READER_DIR/usbctl" || bench_fail 'usbbridge does not start'
}

bridge_ctl() {
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
s.connect(sys.argv[1])
s.sendall((sys.argv[2] + "\n").encode())
print(s.recv(64).decode().strip())' "$READER_DIR/usbctl" "$1" | grep -q '^ok'
}

# What the guest asks for on its second serial line.
serve_guest() {
	local word

	while read -r word <&8; do
		case $word in
		card-in) vcard_ctl slot0 insert >/dev/null ;;
		card-out) vcard_ctl slot0 pull >/dev/null ;;
		slow) cardbridge_ctl delay-ms 400 && cardbridge_ctl delay-every 1 ;;
		quick) cardbridge_ctl delay-every 0 ;;
		plug | unplug | suspend | resume) bridge_ctl "$word" ;;
		restart)
			READER_PID=$(cat "$READER_DIR/pid")
			reader_kill
			sleep 1
			"reader_${READER_NOW}_start"
			echo "$READER_PID" >"$READER_DIR/pid"
			;;
		*) false ;;
		esac && echo ok >&7 || echo error >&7
	done
}

# Our own programs, for the guest's last checks: a second archive, which its kernel unpacks over the first.
site_make() {
	local site=$BENCH_TMP/site

	mkdir -p "$site/site/bin"
	make -s -C "$BENCH_TOP" ${SITE_MAKE_FLAGS:-} B="${SITE_BUILD:-build/test}" CONFIG_VIRTUAL_SENSOR=y CONFIG_VIRTUAL_CARD=y \
		prefix=/run/sekisho-bench DESTDIR="$site/site" install >"$BENCH_TMP/install.log" 2>&1 || bench_fail 'make install failed'
	cp "$BENCH_BIN/pamdrive" "$site/site/bin/"
	cp "$BENCH_TMP/ca/ca.crt" "$BENCH_TOP/tests/bench/reader/guest/login.sh" "$site/site/"
	"$BENCH_BIN/vcard-personalise" crl --ca "$BENCH_TMP/ca" --out "$site/site/crl.der" --number 1 >"$BENCH_TMP/crl.log" 2>&1 ||
		bench_fail 'no list'
	(cd "$site" && find . -print0 | cpio -0 -o -H newc -R 0:0 2>/dev/null) | cat "$BENCH_GUEST/initrd" - >"$BENCH_TMP/initrd"
}

guest_run() {
	rm -f "$READER_DIR"/cmd.{in,out}
	mkfifo "$READER_DIR/cmd.in" "$READER_DIR/cmd.out"
	exec 7<>"$READER_DIR/cmd.in" 8<>"$READER_DIR/cmd.out"
	serve_guest 2>>"$READER_DIR/serve.log" &
	HOST_PID=$!
	timeout $BOOT_SECONDS qemu-system-x86_64 -accel tcg,thread=multi -cpu max -M q35 -m 768 -display none -nodefaults -no-reboot \
		-kernel "$BENCH_GUEST/vmlinuz" -initrd "$BENCH_TMP/initrd" -append 'console=ttyS0 quiet loglevel=3 panic=-1' \
		-serial "file:$READER_DIR/console" -chardev "pipe,id=cmd,path=$READER_DIR/cmd" -serial chardev:cmd \
		-device qemu-xhci -chardev "socket,id=redir,path=$READER_DIR/redir" -device usb-redir,chardev=redir \
		>>"$READER_DIR/guest.log" 2>&1 &
	GUEST_PID=$!
	wait $GUEST_PID
	GUEST_PID=''
	kill $HOST_PID 2>/dev/null
	wait $HOST_PID 2>/dev/null
	HOST_PID=''
	exec 7>&- 8>&-
}

bench_on_exit() {
	[ -z "$GUEST_PID" ] || kill "$GUEST_PID" 2>/dev/null
	[ -z "$HOST_PID" ] || kill "$HOST_PID" 2>/dev/null
	READER_PID=$(cat "$READER_DIR/pid" 2>/dev/null)
	reader_stop
	cardbridge_stop
	[ -z "$BRIDGE_PID" ] || kill "$BRIDGE_PID" 2>/dev/null
	return 0
}

# The guest's lines become ours; a guest that did not get to its sum is a failure.
relay() {
	local console=$READER_DIR/console sum

	tr -d '\r' <"$console" | grep -aE '^(ok  |FAIL|     \|)' | sed "s/^\(ok  \|FAIL\) /\1 $READER_NOW: /"
	sum=$(tr -d '\r' <"$console" | grep -aoE '^guest: [0-9]+ passed, [0-9]+ failed')
	if [ -z "$sum" ]; then
		printf 'FAIL %s: the guest did not come to its end\n' "$READER_NOW"
		tail -n 20 "$console"
		FAILED=$((FAILED + 1))
		return
	fi
	PASSED=$((PASSED + $(cut -d' ' -f2 <<<"$sum")))
	FAILED=$((FAILED + $(cut -d' ' -f4 <<<"$sum")))
}

for READER_NOW in ${READER:-linux qemu}; do
	CARDS=$BENCH_TMP/cards
	if [ ! -d "$CARDS/p256" ]; then
		mkdir -p "$CARDS"
		"$BENCH_BIN/vcard-personalise" ca --out "$BENCH_TMP/ca" --name 'SEKISHO DEMO CA' >"$BENCH_TMP/ca.log" 2>&1 || bench_fail 'no CA'
		"$BENCH_BIN/vcard-personalise" card --ca "$BENCH_TMP/ca" --out "$CARDS/p256" --cn 'SEKISHO TEST p256' --serial-label p256 \
			--alg p256 --pin 123456 >"$BENCH_TMP/card.log" 2>&1 || bench_fail 'no card'
		vcard_start slot0 --card "$CARDS/p256"
		site_make
	fi
	cardbridge_start
	bridge_start
	"reader_${READER_NOW}_start"
	echo "$READER_PID" >"$READER_DIR/pid"
	guest_run
	relay
	READER_PID=$(cat "$READER_DIR/pid")
	reader_kill
	reader_stop
	cardbridge_stop
	kill "$BRIDGE_PID"
	wait "$BRIDGE_PID" 2>/dev/null
	BRIDGE_PID=''
done
printf '%d passed, %d failed\n' $PASSED $FAILED
[ $FAILED -eq 0 ]
