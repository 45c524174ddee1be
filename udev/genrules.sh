#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# genrules.sh USB_IDS_H DEVICES >70-sekisho.rules: rules for our reader and for the sensors of the table.
#
# A line that can't be understood stops it (status 1); what was written until then is no rules file.
set -eu

[ $# -eq 2 ] || { echo "usage: genrules.sh USB_IDS_H DEVICES" >&2; exit 2; }
number() { sed -n "s/^#define $1 0x\([0-9A-Fa-f]\{4\}\)\$/\1/p" "$ids" | tr A-F a-f; }
ids=$1
vendor=$(number USB_IDS_VENDOR)
product=$(number USB_IDS_PRODUCT)
[ -n "$vendor" ] && [ -n "$product" ] || { echo "genrules.sh: no ids in $1" >&2; exit 1; }

cat <<RULES
# SPDX-License-Identifier: Apache-2.0
# Made by udev/genrules.sh from udev/devices and firmware/core/usb_ids.h. Changes belong there.
#
# Names stay the same as long as a device stays in its socket: /dev/sekisho/reader-by-path-*, reader-serial-by-path-*,
# sensor-by-path-*. Two of a kind have two names. Nothing here is for everybody: no MODE above 0660, no uaccess.

ACTION=="remove", GOTO="sekisho_end"

# Our reader. pcscd opens it as root: no group, no mode. One that stands behind a serial line of its own (CDC-ACM) has a name
# for DEVICENAME in reader.conf.
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ATTR{idVendor}=="$vendor", ATTR{idProduct}=="$product", GOTO="sekisho_reader"
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ATTRS{idVendor}=="$vendor", ATTRS{idProduct}=="$product", GOTO="sekisho_reader_serial"
SUBSYSTEM!="usb", GOTO="sekisho_end"
ENV{DEVTYPE}!="usb_device", GOTO="sekisho_end"

# Sensors.
RULES

awk -v ours="$vendor:$product" '
	/^#/ || /^$/ { next }
	NF != 3 || $1 !~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]:[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/ || $2 !~ /^[a-z0-9_]+$/ ||
	    $3 !~ /^(chip|host|weak)$/ || $1 == ours {
		print "genrules.sh: " FILENAME ": line " NR ": " $0 >"/dev/stderr"
		bad = 1
		exit 1
	}
	{
		split($1, id, ":")
		# One line a vendor: udev compares with alternatives.
		if (id[1] != last) {
			if (last != "") print "\", GOTO=\"sekisho_sensor\""
			printf "ATTR{idVendor}==\"%s\", ATTR{idProduct}==\"%s", id[1], id[2]
			last = id[1]
		} else {
			printf "|%s", id[2]
		}
		n++
	}
	END {
		if (bad) exit 1
		if (n == 0) { print "genrules.sh: " FILENAME ": no sensors" >"/dev/stderr"; exit 1 }
		print "\", GOTO=\"sekisho_sensor\""
	}' "$2"

cat <<'RULES'
GOTO="sekisho_end"

LABEL="sekisho_reader"
ENV{ID_PATH}=="", IMPORT{builtin}="path_id"
ENV{SEKISHO_DEVICE}="reader"
ENV{ID_PATH}=="?*", SYMLINK+="sekisho/reader-by-path-$env{ID_PATH}"
GOTO="sekisho_end"

LABEL="sekisho_reader_serial"
ENV{ID_PATH}=="", IMPORT{builtin}="path_id"
ENV{SEKISHO_DEVICE}="reader"
ENV{ID_PATH}=="?*", SYMLINK+="sekisho/reader-serial-by-path-$env{ID_PATH}"
GOTO="sekisho_end"

# The daemon's user opens the sensor; whoever sits at the terminal does not. Sleep as libfprint's own rules want it: a sensor
# that nobody uses may sleep; after a suspend it is enumerated anew, and not taken for the one that was there before.
LABEL="sekisho_sensor"
ENV{ID_PATH}=="", IMPORT{builtin}="path_id"
ENV{SEKISHO_DEVICE}="sensor"
GROUP="sekisho", MODE="0660", TAG-="uaccess"
ENV{ID_PATH}=="?*", SYMLINK+="sekisho/sensor-by-path-$env{ID_PATH}"
ACTION=="add", TEST=="power/control", ATTR{power/control}="auto"
ACTION=="add", TEST=="power/persist", ATTR{power/persist}="0"

LABEL="sekisho_end"
RULES
