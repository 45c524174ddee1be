# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What checks inside a guest use, in the guest as /guest-lib.sh: lines "ok ..." and "FAIL ...", last of all "guest: N passed, N failed".
# On the second serial line the host is asked to move card, cable or stick: a line of words, answered by one.
PASSED=0 FAILED=0
stty -F /dev/ttyS1 raw -echo
exec 3<>/dev/ttyS1

ok() {
	name=$1
	shift
	if "$@" >/tmp/out 2>&1; then
		PASSED=$((PASSED + 1))
		echo "ok   $name"
	else
		FAILED=$((FAILED + 1))
		echo "FAIL $name"
		sed 's/^/     | /' /tmp/out | tail -n 20
	fi
}
no() { ! "$@"; }
host() {
	echo "$*" >&3
	read -r answer <&3
	[ "$answer" = ok ]
}
# SECONDS COMMAND…: true within them.
within() {
	ticks=$(($1 * 5))
	shift
	until "$@"; do
		ticks=$((ticks - 1))
		[ $ticks -gt 0 ] || return 1
		sleep 0.2
	done
}
guest_sum() { echo "guest: $PASSED passed, $FAILED failed"; }
