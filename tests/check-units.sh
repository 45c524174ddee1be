#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The units as they are installed: systemd takes each without a word, and the daemon's sandbox leaves an exposure of at most 1.5.
cd "$(dirname "$0")/.." || exit 99
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
{ make -s B=build/default install DESTDIR="$root" && make -s B=build/default install-kiosk DESTDIR="$root"; } >/dev/null || exit 1
# Programs of other packages that the units name; only that they are there is looked at.
for program in bin/kill bin/sh sbin/agetty usr/bin/cage usr/bin/systemctl usr/sbin/greetd usr/sbin/pcscd; do
	install -D -m 0755 /dev/null "$root/$program"
done
status=0 n=0
for unit in "$root"/usr/lib/systemd/system/*.{service,socket,timer,path}; do
	n=$((n + 1))
	# A template is looked at as one of its units.
	name=$(basename "$unit" | sed 's/@\./@tty1./')
	said=$(systemd-analyze verify --root="$root" --man=no --recursive-errors=no "$name" 2>&1)
	[ -z "$said" ] || { printf '%s\n' "$said"; status=1; }
done
[ $n -ge 10 ] || { echo "only $n units found"; status=1; }
systemd-analyze security --offline=true --threshold=15 "$root/usr/lib/systemd/system/sekishod.service" >"$root/security" 2>&1 ||
	{ tail -n 3 "$root/security"; status=1; }
exit $status
