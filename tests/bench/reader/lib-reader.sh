# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The reader and the programs at the other ends of its wires (firmware/board/bench/WIRE.md). Source it after
# lib-pcscd.sh or lib-site.sh ($BENCH_TMP must exist), then:
#
#   cardbridge_start [OPTION…]     the card's side; a vpcd card emulator connects to it as to pcscd
#   cardbridge_ctl COMMAND…        cardbridge_count NAME: sum of its counters whose names begin so
#   reader_qemu_start              the image in QEMU; READER_IMAGE names it, READER_QEMU adds options
#   reader_linux_start             the same code as a process; READER_PROGRAM names it
#   reader_stop | reader_kill      SIGTERM | SIGKILL; flash stays in $READER_FLASH until reader_flash_erase
#   reader_pcscd tpdu|apdu         pcscd's configuration: our reader alone, at this exchange level
#   reader_log_count REGEX         lines of the side wire's log that fit, since the last reader_stop
#   reader_log_wait REGEX [SECONDS]
#   cardbridge_stop | side_stop
#   vicc_start | vicc_stop         somebody else's card in cardbridge's slot: Debian's vsmartcard-vpicc, type iso7816
#   vicc_check CHECK [--every]     what vicc_cases.py asks of it over pcscd; says why not
#
# After a start READER_TTY is the serial line, READER_PID the process; READER_DIR holds sockets and logs.
# The side wire's program starts with the reader; READER_ENTROPY=good|stuck|none is its noise source.
# READER_WIRES lists which wires are joined ("serial card control usb side"); a wire left out goes nowhere.

READER_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
READER_BIN=${READER_BIN:-${BENCH_BIN:-$READER_TOP/${SITE_BUILD:-build/test}/bench}}
READER_IMAGE=${READER_IMAGE:-$READER_TOP/build/default/firmware/reader.elf}
READER_PROGRAM=${READER_PROGRAM:-$READER_BIN/../reader-linux}
READER_WIRES=${READER_WIRES:-serial card control side}
READER_ENTROPY=${READER_ENTROPY:-good}
READER_TWIN=${READER_TWIN:-/usr/lib/pcsc/drivers/serial/libccidtwin.so}
READER_CCID_PLIST=/usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist
READER_PID='' READER_TTY='' READER_HELD='' SIDE_PID='' CARDBRIDGE_PID='' VICC_PID=''

reader_fail() {
	printf 'reader bench: %s\n' "$*" >&2
	[ ! -s "${READER_DIR:-/nowhere}/reader.log" ] || tail -n 5 "$READER_DIR/reader.log" >&2
	exit 99
}

reader_dir() {
	READER_DIR=$BENCH_TMP/reader
	READER_FLASH=$READER_DIR/flash
	mkdir -p "$READER_DIR"
}

# COMMAND…: true within SECONDS, or false.
reader_within() {
	local ticks=$(($1 * 20))
	shift

	until "$@"; do
		[ "$ticks" -gt 0 ] || return 1
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

reader_has_wire() {
	[[ " $READER_WIRES " == *" $1 "* ]]
}

# An erased flash. QEMU maps 16 MB of the file; the reader uses the first 64 KiB.
reader_flash_erase() {
	reader_dir
	head -c 65536 /dev/zero | tr '\0' '\377' >"$READER_FLASH"
	truncate -s 16M "$READER_FLASH"
}

side_start() {
	reader_dir
	[ -z "$SIDE_PID" ] || return 0
	: >"$READER_DIR/side.log"
	"$READER_BIN/sidebridge" --side "$READER_DIR/side" --entropy "$READER_ENTROPY" --log "$READER_DIR/side.log" 2>>"$READER_DIR/reader.log" &
	SIDE_PID=$!
	reader_within 5 test -S "$READER_DIR/side" || reader_fail 'sidebridge does not start'
}

side_stop() {
	[ -n "$SIDE_PID" ] || return 0
	kill -TERM "$SIDE_PID" 2>/dev/null
	bench_reap "$SIDE_PID" 5
	SIDE_PID=
}

cardbridge_start() {
	reader_dir
	[ -z "$CARDBRIDGE_PID" ] || reader_fail 'cardbridge runs already'
	rm -f "$READER_DIR/card" "$READER_DIR/control"
	"$READER_BIN/cardbridge" --card "$READER_DIR/card" --control "$READER_DIR/control" --ctl "$READER_DIR/cardctl" \
		--trace "$READER_DIR/card.trace" --stats "$READER_DIR/card.stats" "$@" 2>>"$READER_DIR/cardbridge.log" &
	CARDBRIDGE_PID=$!
	reader_within 5 test -S "$READER_DIR/control" || reader_fail "cardbridge does not start: $(tail -n 3 "$READER_DIR/cardbridge.log")"
}

cardbridge_ctl() {
	"$READER_BIN/cardbridge" --send "$READER_DIR/cardctl" "$@"
}

cardbridge_count() {
	cardbridge_ctl stats | tr '=' ' ' | awk -v name="$1" 'index($1, name) == 1 { n += $2 } END { print n + 0 }'
}

cardbridge_stop() {
	[ -n "$CARDBRIDGE_PID" ] || return 0
	kill -TERM "$CARDBRIDGE_PID" 2>/dev/null
	bench_reap "$CARDBRIDGE_PID" 5
	CARDBRIDGE_PID=
}

# Debian 12's packages do not fit together: python3-virtualsmartcard lies where python3 does not look, and wants the name
# Crypto for what python3-pycryptodome calls Cryptodome.
vicc_python() {
	mkdir -p "$READER_DIR/python"
	ln -sfn /usr/lib/python3/dist-packages/Cryptodome "$READER_DIR/python/Crypto"
	PYTHONPATH=$READER_DIR/python:/usr/lib/python3/site-packages/virtualsmartcard "$@"
}

vicc_start() {
	[ -z "$VICC_PID" ] || reader_fail 'vicc runs already'
	vicc_python vicc --type iso7816 --hostname 127.0.0.1 >>"$READER_DIR/vicc.log" 2>&1 &
	VICC_PID=$!
}

vicc_stop() {
	[ -n "$VICC_PID" ] || return 0
	kill -TERM "$VICC_PID" 2>/dev/null
	bench_reap "$VICC_PID" 5
	VICC_PID=
}

vicc_check() {
	vicc_python timeout 300 /usr/bin/python3 -B "$READER_TOP/tests/bench/reader/vicc_cases.py" "$@" >"$READER_DIR/vicc-check.log" 2>&1 && return 0
	tail -n 2 "$READER_DIR/vicc-check.log" | sed 's/^/     | /'
	return 1
}

reader_log_count() {
	grep -cE -- "$1" "$READER_DIR/side.log" 2>/dev/null || true
}

reader_log_has() {
	grep -qE -- "$1" "$READER_DIR/side.log" 2>/dev/null
}

reader_log_wait() {
	reader_within "${2:-10}" reader_log_has "$1"
}

# The start's log line is the sign of life; with no side wire, the process alone.
reader_wait_alive() {
	local before=$1

	reader_log_more() { [ "$(reader_log_count 'log sekisho-reader')" -gt "$before" ]; }
	if reader_has_wire side; then
		reader_within 10 reader_log_more || reader_fail 'the reader does not start'
	fi
	kill -0 "$READER_PID" 2>/dev/null || reader_fail 'the reader has ended'
}

reader_qemu_start() {
	local wire before
	local -a serial=()

	reader_dir
	[ -z "$READER_PID" ] || reader_fail 'a reader runs already'
	[ -f "$READER_FLASH" ] || reader_flash_erase
	[ -f "$READER_IMAGE" ] || reader_fail "no image $READER_IMAGE: make firmware"
	! reader_has_wire side || side_start
	before=$(reader_log_count 'log sekisho-reader')
	for wire in serial card control usb side; do
		if ! reader_has_wire "$wire"; then
			serial+=(-serial null)
		elif [ "$wire" = serial ]; then
			serial+=(-serial pty)
		else
			serial+=(-chardev "socket,id=$wire,path=$READER_DIR/$wire" -serial "chardev:$wire")
		fi
	done
	: >"$READER_DIR/qemu.out"
	# shellcheck disable=SC2086
	qemu-system-arm -M mps2-an386,memory-backend=psram \
		-object "memory-backend-file,id=psram,size=16M,mem-path=$READER_FLASH,share=on" \
		-kernel "$READER_IMAGE" -nographic -display none -monitor none "${serial[@]}" ${READER_QEMU:-} \
		</dev/null >"$READER_DIR/qemu.out" 2>>"$READER_DIR/reader.log" &
	READER_PID=$!
	if reader_has_wire serial; then
		reader_within 10 grep -q '/dev/pts/' "$READER_DIR/qemu.out" || reader_fail 'QEMU shows no pty'
		READER_TTY=$(sed -n 's/^char device redirected to \([^ ]*\) (label serial0).*/\1/p' "$READER_DIR/qemu.out")
		# Held open, as a line is there whoever listens: else QEMU takes a second to see a new host, and hands it meanwhile what
		# the reader says to nobody.
		exec {READER_HELD}<>"$READER_TTY"
	fi
	reader_wait_alive "$before"
}

reader_linux_start() {
	local wire before
	local -a options=()

	reader_dir
	[ -z "$READER_PID" ] || reader_fail 'a reader runs already'
	[ -f "$READER_FLASH" ] || reader_flash_erase
	! reader_has_wire side || side_start
	before=$(reader_log_count 'log sekisho-reader')
	rm -f "$READER_DIR/tty"
	for wire in card control usb side; do
		! reader_has_wire "$wire" || options+=("--$wire" "$READER_DIR/$wire")
	done
	! reader_has_wire serial || options+=(--serial "$READER_DIR/tty")
	"$READER_PROGRAM" "${options[@]}" --flash "$READER_FLASH" 2>>"$READER_DIR/reader.log" &
	READER_PID=$!
	if reader_has_wire serial; then
		reader_within 10 test -L "$READER_DIR/tty" || reader_fail 'the reader makes no pty'
		READER_TTY=$(readlink "$READER_DIR/tty")
	fi
	reader_wait_alive "$before"
}

reader_stop() {
	if [ -n "$READER_PID" ]; then
		kill -TERM "$READER_PID" 2>/dev/null
		bench_reap "$READER_PID" 5
	fi
	READER_PID=
	reader_let_go
	side_stop
}

reader_let_go() {
	[ -z "$READER_HELD" ] || exec {READER_HELD}>&-
	READER_HELD=
}

# The reader alone: side wire and card go on, as when only its plug is pulled.
reader_kill() {
	[ -n "$READER_PID" ] || return 0
	kill -KILL "$READER_PID" 2>/dev/null
	wait "$READER_PID" 2>/dev/null
	READER_PID=
	reader_let_go
}

# Seconds of processor that the reader's process has used, with two decimals.
reader_cpu() {
	awk -v hz="$(getconf CLK_TCK)" '{ printf "%.2f\n", ($14 + $15) / hz }' "/proc/$READER_PID/stat"
}

# libccid asks for the short APDU level when its option 0x0002 is set; 0x0001 alone leaves TPDU level.
reader_pcscd() {
	local options

	case $1 in
	tpdu) options=0x0001 ;;
	apdu) options=0x0003 ;;
	*) reader_fail "reader_pcscd: tpdu or apdu, not '$1'" ;;
	esac
	mkdir -p "$READER_DIR/drop/ifd-ccid.bundle/Contents" "$BENCH_TMP/reader.conf.d"
	sed "/ifdDriverOptions/{n;s/0x[0-9A-Fa-f]*/$options/}" "$READER_CCID_PLIST" >"$READER_DIR/drop/ifd-ccid.bundle/Contents/Info.plist"
	grep -q "<string>$options</string>" "$READER_DIR/drop/ifd-ccid.bundle/Contents/Info.plist" || reader_fail "no ifdDriverOptions in $READER_CCID_PLIST"
	export PCSCLITE_HP_DROPDIR=$READER_DIR/drop
	rm -f "$BENCH_TMP"/reader.conf.d/*
	cat >"$BENCH_TMP/reader.conf.d/sekisho" <<-CONF
		FRIENDLYNAME "Sekisho Reader"
		DEVICENAME   $READER_TTY:GemPCTwin
		LIBPATH      $READER_TWIN
		CHANNELID    0
	CONF
	BENCH_SLOTS=1
}
