# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# systemd-logind can't run where systemd isn't process 1: python3-dbusmock's logind stands in for it on a bus of the test's own.
# Source it behind lib-site.sh, then:
#
#   logind_start                              before sekishod_start: the daemon finds the bus by DBUS_SYSTEM_BUS_ADDRESS
#   logind_session ID ACCOUNT TYPE TTY [START]  a session that logind knows; TYPE tty, x11, wayland; START in seconds since 1970
#   logind_saw METHOD ID [TICKS]              waits until logind was asked for it
#   logind_calls METHOD                       how often
#   logind_stop

logind_start() {
	local ticks=100

	LOGIND_LOG=$BENCH_TMP/logind.log
	: >"$LOGIND_LOG"
	cat >"$BENCH_TMP/bus.conf" <<-XML
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig><type>system</type><listen>unix:path=/run/bench-bus</listen><auth>EXTERNAL</auth>
		<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
	XML
	dbus-daemon --config-file="$BENCH_TMP/bus.conf" --nofork >"$BENCH_TMP/bus.log" 2>&1 &
	LOGIND_BUS_PID=$!
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bench-bus
	until [ -S /run/bench-bus ]; do
		[ "$ticks" -gt 0 ] || site_fail 'no bus'
		ticks=$((ticks - 1))
		sleep 0.05
	done
	chmod 0666 /run/bench-bus
	/usr/bin/python3 -m dbusmock --system --template logind --logfile "$LOGIND_LOG" >"$BENCH_TMP/dbusmock.log" 2>&1 &
	LOGIND_PID=$!
	until busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager ListSessions >/dev/null 2>&1; do
		[ "$ticks" -gt 0 ] || site_fail "no logind: $(cat "$BENCH_TMP/dbusmock.log")"
		ticks=$((ticks - 1))
		sleep 0.1
	done
}

logind_call() { busctl --address="$DBUS_SYSTEM_BUS_ADDRESS" call org.freedesktop.login1 "$@" >/dev/null; }

logind_session() {
	local uid path=/org/freedesktop/login1/session/$1

	uid=$(id -u "$2")
	logind_call /org/freedesktop/login1 org.freedesktop.DBus.Mock AddSession ssusb "$1" seat0 "$uid" "$2" true
	logind_call "$path" org.freedesktop.DBus.Mock UpdateProperties 'sa{sv}' org.freedesktop.login1.Session 3 Type s "$3" TTY s "$4" \
		Timestamp t $((${5:-42} * 1000000))
}

logind_calls() { grep -cE " $1( |\$)" "$LOGIND_LOG"; }

logind_saw() {
	local ticks=${3:-100}

	until grep -qE " $1 \"$2\"" "$LOGIND_LOG"; do
		[ "$ticks" -gt 0 ] || return 1
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

logind_stop() {
	kill "$LOGIND_PID" "$LOGIND_BUS_PID" 2>/dev/null
	wait "$LOGIND_PID" "$LOGIND_BUS_PID" 2>/dev/null
	rm -f /run/bench-bus
}
