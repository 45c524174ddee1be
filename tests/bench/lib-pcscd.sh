# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# pcscd and virtual cards for end-to-end tests, in namespaces of their own. Source it, then:
#
#   bench_enter "$@"            first command of the script: runs it again inside its own mount and
#                               network namespace (loopback up, own /run/pcscd, own $BENCH_TMP)
#   pcscd_start | pcscd_stop | pcscd_kill | pcscd_restart
#   pcscd_wait_reader           BENCH_SLOTS slots are listed (vpcd's two, unless a script says otherwise)
#   pcscd_wait_card SLOT present|absent [SECONDS]
#   vcard_start NAME ARGS...    e.g. vcard_start a --card DIR [--short-only]; slot 0 unless --port
#   vcard_ctl NAME COMMAND...   control socket, e.g. vcard_ctl a pull; prints the reply
#   vcard_stop NAME | vcard_stop_all
#
# BENCH_BIN names the folder with vcard, vcard-personalise and vcard-drive.
# Everything started here ends with the script; logs are in $BENCH_TMP until then: pcscd.log,
# vcard/NAME.log, vcard/NAME.trace. BENCH_KEEP=1 keeps them.
#
# Times: the reader driver looks for its card every 400 ms, so removal is seen 0 to 0.4 s after "pull",
# and a card that comes back (insert, swap, fault close) does so at least 0.6 s after it left.

VPCD_PORT_0=35963
# shellcheck disable=SC2034  # for the scripts that source this
VPCD_PORT_1=35964
BENCH_VPCD_DRIVER=${BENCH_VPCD_DRIVER:-/usr/lib/pcsc/drivers/serial/libifdvpcd.so}
BENCH_PCSCD=${BENCH_PCSCD:-/usr/sbin/pcscd}
BENCH_SLOTS=2
BENCH_PCSCD_PID=

bench_fail() {
	printf 'bench: %s\n' "$*" >&2
	exit 99
}

# Anyone but root needs a user namespace for the other two.
bench_enter() {
	local -a user=()

	if [ -z "${BENCH_ENTERED:-}" ]; then
		[ "$(id -u)" -eq 0 ] || user=(-r)
		BENCH_ENTERED=1 exec unshare "${user[@]}" -mn --propagation private -- bash "$0" "$@"
	fi
	unset BENCH_ENTERED
	ip link set lo up || bench_fail "no loopback"
	mkdir -p /run/pcscd || bench_fail "no /run/pcscd"
	mount -t tmpfs -o mode=0755 bench /run/pcscd || bench_fail "can't mount over /run/pcscd"
	BENCH_TMP=$(mktemp -d) || bench_fail "no temporary folder"
	export BENCH_TMP
	trap bench_leave EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir "$BENCH_TMP/reader.conf.d" "$BENCH_TMP/vcard"
	cat >"$BENCH_TMP/reader.conf.d/vpcd" <<-CONF
		FRIENDLYNAME "Virtual PCD"
		DEVICENAME   /dev/null:$(printf '0x%X' $VPCD_PORT_0)
		LIBPATH      $BENCH_VPCD_DRIVER
		CHANNELID    $(printf '0x%X' $VPCD_PORT_0)
	CONF
}

# A script that has more to clean up defines bench_on_exit; it runs first.
bench_leave() {
	! declare -F bench_on_exit >/dev/null || bench_on_exit
	vcard_stop_all
	pcscd_stop
	[ -n "${BENCH_KEEP:-}" ] || rm -rf "$BENCH_TMP"
}

# Waits for a process of ours; kills it when it does not end by itself. PID SECONDS
bench_reap() {
	local pid=$1 ticks=$(($2 * 20))

	while kill -0 "$pid" 2>/dev/null && [ "$ticks" -gt 0 ]; do
		sleep 0.05
		ticks=$((ticks - 1))
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

pcscd_start() {
	[ -z "$BENCH_PCSCD_PID" ] || bench_fail "pcscd runs already"
	"$BENCH_PCSCD" -f -c "$BENCH_TMP/reader.conf.d" >>"$BENCH_TMP/pcscd.log" 2>&1 &
	BENCH_PCSCD_PID=$!
	pcscd_wait_reader
}

pcscd_stop() {
	[ -n "$BENCH_PCSCD_PID" ] || return 0
	kill -TERM "$BENCH_PCSCD_PID" 2>/dev/null
	bench_reap "$BENCH_PCSCD_PID" 5
	BENCH_PCSCD_PID=
	rm -f /run/pcscd/pcscd.comm /run/pcscd/pcscd.pid
}

# The hard way: clients see a dead socket, the files stay behind as after a crash.
pcscd_kill() {
	[ -n "$BENCH_PCSCD_PID" ] || return 0
	kill -KILL "$BENCH_PCSCD_PID" 2>/dev/null
	wait "$BENCH_PCSCD_PID" 2>/dev/null
	BENCH_PCSCD_PID=
}

pcscd_restart() {
	pcscd_stop
	pcscd_start
}

# One line per reader: SLOT present|absent. Fails when pcscd does not answer.
pcscd_list() {
	local out

	out=$(timeout 10 opensc-tool -l 2>/dev/null |
		sed -n 's/^\([0-9][0-9]*\) *Yes .*/\1 present/p; s/^\([0-9][0-9]*\) *No .*/\1 absent/p')
	[ -n "$out" ] && printf '%s\n' "$out"
}

pcscd_wait_reader() {
	local ticks=100

	while [ "$(pcscd_list | wc -l)" -lt "$BENCH_SLOTS" ]; do
		kill -0 "$BENCH_PCSCD_PID" 2>/dev/null || bench_fail "pcscd ended: $(tail -3 "$BENCH_TMP/pcscd.log")"
		[ "$ticks" -gt 0 ] || bench_fail "pcscd shows no reader"
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

pcscd_wait_card() {
	local slot=$1 state=$2 ticks=$((${3:-10} * 10))

	until pcscd_list | grep -qx "$slot $state"; do
		[ "$ticks" -gt 0 ] || return 1
		ticks=$((ticks - 1))
		sleep 0.1
	done
}

vcard_start() {
	local name=$1 ticks=100 pid
	shift

	"$BENCH_BIN/vcard" --wait --control "$BENCH_TMP/vcard/$name.sock" \
		--trace "$BENCH_TMP/vcard/$name.trace" "$@" 2>>"$BENCH_TMP/vcard/$name.log" &
	pid=$!
	echo "$pid" >"$BENCH_TMP/vcard/$name.pid"
	until [ -S "$BENCH_TMP/vcard/$name.sock" ]; do
		kill -0 "$pid" 2>/dev/null || bench_fail "vcard: $(cat "$BENCH_TMP/vcard/$name.log")"
		[ "$ticks" -gt 0 ] || bench_fail "vcard $name does not start"
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

vcard_ctl() {
	local name=$1
	shift
	"$BENCH_BIN/vcard" --ctl "$BENCH_TMP/vcard/$name.sock" "$@"
}

# Prints one number of "stats" or "status": NAME FIELD
vcard_number() {
	{ vcard_ctl "$1" stats; vcard_ctl "$1" status; } | tr ' ' '\n' | sed -n "s/^$2=//p"
}

vcard_stop() {
	local file=$BENCH_TMP/vcard/$1.pid pid

	[ -f "$file" ] || return 0
	pid=$(cat "$file")
	rm -f "$file"
	kill -TERM "$pid" 2>/dev/null
	bench_reap "$pid" 5
}

vcard_stop_all() {
	local file

	for file in "$BENCH_TMP"/vcard/*.pid; do
		[ -f "$file" ] && vcard_stop "$(basename "$file" .pid)"
	done
	return 0
}
