#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ccid-ids.sh USB_IDS_H <Info.plist >Info.plist: puts the reader's ids in front of libccid's list of readers.
#
# pcscd and libccid drive any CCID reader, but only those that /etc/libccid_Info.plist (a configuration file) lists. The
# ids come from firmware/core/usb_ids.h. A list that has them already is passed on as it is; one that isn't libccid's is
# refused (status 1, nothing written).
set -eu

[ $# -eq 1 ] || { echo "usage: ccid-ids.sh USB_IDS_H <Info.plist" >&2; exit 2; }
number() { sed -n "s/^#define $2 \(0x[0-9A-Fa-f]\{4\}\)\$/\1/p" "$1"; }
text() { sed -n "s/^#define $2 \"\(.*\)\"\$/\1/p" "$1"; }
vendor=$(number "$1" USB_IDS_VENDOR)
product=$(number "$1" USB_IDS_PRODUCT)
name=$(text "$1" USB_IDS_PRODUCT_NAME)
[ -n "$vendor" ] && [ -n "$product" ] && [ -n "$name" ] || { echo "ccid-ids.sh: no ids in $1" >&2; exit 1; }

list=$(cat)
for key in ifdVendorID ifdProductID ifdFriendlyName; do
	if [ "$(printf '%s\n' "$list" | grep -c "<key>$key</key>")" -ne 1 ]; then
		echo "ccid-ids.sh: not libccid's Info.plist: no list $key" >&2
		exit 1
	fi
done
if printf '%s\n' "$list" | grep -q "<string>$name</string>"; then
	printf '%s\n' "$list"
	exit 0
fi
printf '%s\n' "$list" | awk -v vendor="$vendor" -v product="$product" -v name="$name" '
	{ print }
	/<key>/ { entry = ""; }
	/<key>ifdVendorID<\/key>/ { entry = vendor }
	/<key>ifdProductID<\/key>/ { entry = product }
	/<key>ifdFriendlyName<\/key>/ { entry = name }
	/<array>/ && entry != "" { print "\t\t<string>" entry "</string>"; entry = "" }'
