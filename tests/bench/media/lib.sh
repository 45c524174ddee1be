# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What the checks of both boots use.
# shellcheck source=../reader/guest/lib.sh
. /guest-lib.sh
SITE=/run/sekisho-bench
PATH=$SITE/sbin:$PATH

# COMMAND…: true now, and still when udev has come to rest and a second has passed.
stays() {
	"$@" || return 1
	udevadm settle
	sleep 1
	"$@"
}
# SERIAL: its folder in sysfs.
device_of() {
	for attribute in /sys/bus/usb/devices/*/serial; do
		[ "$(cat "$attribute" 2>/dev/null)" != "$1" ] || dirname "$attribute"
	done
}
there() { [ -n "$(device_of "$1")" ]; }
gone() { ! there "$1"; }
is_authorized() { d=$(device_of "$1") && [ -n "$d" ] && [ "$(cat "$d/authorized")" = 1 ]; }
# There, not authorized, and no interface of it.
is_refused() {
	d=$(device_of "$1") && [ -n "$d" ] && ls -d "$d" "$d"/* && [ "$(cat "$d/authorized")" = 0 ] && ! ls -d "$d"/*:* 2>/dev/null
}
# The block device that hangs on it.
disk_of() {
	for block in /sys/block/sd*; do
		case $(readlink -f "$block") in "$(readlink -f "$(device_of "$1")")"/*) basename "$block" ;; esac
	done
}
has_disk() { d=$(disk_of "$1") && [ -n "$d" ] && [ -b "/dev/$d" ]; }
no_disk() { [ -z "$(disk_of "$1")" ]; }
refused() { stays is_refused "$1" && no_disk "$1"; }
works() { is_authorized "$1" && has_disk "$1"; }
# WORD TEXT: the newest record whose detail has this text has this reason. A record is a line.
record_has() {
	udevadm settle
	sekishoctl media flush && sekishoctl --json audit list --last 400 >/tmp/audit
	grep -F "$2" /tmp/audit | tail -n 1
	grep -F "$2" /tmp/audit | tail -n 1 | grep -q "\"reason\": *\"$1\""
}
recorded() { record_has "$1" "serial=$2\""; }
input_device() { grep -q "Name=\".*$1" /proc/bus/input/devices; }
no_input_device() { ! input_device "$1"; }
finish() {
	if [ $FAILED -ne 0 ]; then
		dmesg | grep -iE 'usb|scsi' | tail -n 25 | sed 's/^/     | /'
		tail -n 5 /tmp/sekishod.log 2>/dev/null | sed 's/^/     | /'
	fi
	guest_sum
}
