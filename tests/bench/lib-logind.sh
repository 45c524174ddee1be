# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# systemd-logind can't run where systemd isn't process 1: python3-dbusmock's logind stands in for it on a bus of the test's own.
# Source it behind lib-site.sh, then:
#
#   logind_start                              before sekishod_start: the daemon finds the bus by DBUS_SYSTEM_BUS_ADDRESS
#   logind_session ID ACCOUNT TYPE TTY [START]  a session begins; TYPE tty, x11, wayland; START in seconds since 1970, or now
#   logind_began ID…                          they began now, not before: what pam_systemd would have made at a log-in
#   logind_pretend ID PROPERTY TEXT           what its user makes it say later
#   logind_leader ID PID                      the process that opened it; 0, and without this call: not known
#   logind_ended ID                           it has ended
#   logind_knows_none METHOD                  a call of it finds that the session has just ended
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
	local uid now path=/org/freedesktop/login1/session/$1 session=org.freedesktop.login1.Session

	uid=$(id -u "$2")
	now=$(/usr/bin/python3 -c 'import time; print(time.monotonic_ns() // 1000)')
	# All of it at once, then the signal: as logind does, which nobody finds half made.
	logind_call /org/freedesktop/login1 org.freedesktop.DBus.Mock AddObject 'ssa{sv}a(ssss)' "$path" $session 13 Id s "$1" Name s "$2" \
		User '(uo)' "$uid" "/org/freedesktop/login1/user/$uid" Seat '(so)' seat0 /org/freedesktop/login1/seat/seat0 \
		Leader u 0 Type s "$3" Class s user TTY s "$4" Display s '' Timestamp t $((${5:-$(date +%s)} * 1000000)) TimestampMonotonic t "$now" \
		IdleHint b false IdleSinceHintMonotonic t 0 0
	logind_call /org/freedesktop/login1 org.freedesktop.DBus.Mock EmitSignal sssav org.freedesktop.login1.Manager SessionNew so \
		2 s "$1" o "$path"
}

# A session says something else about itself than when it began, as SetType and SetDisplay let its user: ID PROPERTY TEXT
logind_pretend() {
	logind_call "/org/freedesktop/login1/session/$1" org.freedesktop.DBus.Mock UpdateProperties 'sa{sv}' org.freedesktop.login1.Session 1 \
		"$2" s "$3"
}

logind_leader() {
	logind_call "/org/freedesktop/login1/session/$1" org.freedesktop.DBus.Mock UpdateProperties 'sa{sv}' org.freedesktop.login1.Session 1 \
		Leader u "$2"
}

logind_ended() {
	logind_call /org/freedesktop/login1 org.freedesktop.DBus.Mock RemoveObject s "/org/freedesktop/login1/session/$1"
}

logind_knows_none() {
	logind_call /org/freedesktop/login1 org.freedesktop.DBus.Mock AddMethod sssss org.freedesktop.login1.Manager "$1" s '' \
		"raise dbus.exceptions.DBusException('gone', name='org.freedesktop.login1.NoSuchSession')"
}

logind_began() {
	local id

	for id in "$@"; do
		logind_call "/org/freedesktop/login1/session/$id" org.freedesktop.DBus.Mock UpdateProperties 'sa{sv}' \
			org.freedesktop.login1.Session 1 Timestamp t "$(date +%s)000000"
	done
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
	local pid

	for pid in ${LOGIND_PID:-} ${LOGIND_BUS_PID:-}; do
		kill "$pid" 2>/dev/null
		bench_reap "$pid" 5
	done
	LOGIND_PID='' LOGIND_BUS_PID=''
	rm -f /run/bench-bus
}
