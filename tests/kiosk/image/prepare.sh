#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# prepare.sh TREE BENCH: from a Debian tree to the terminal of the tests: accounts, our packages by apt (those in TREE/srv/packages, if there are any),
# and what makes a virtual machine drivable from outside. BENCH: the folder with the programs of the test bench. Run by mkimage.sh.
set -eu
tree=$1 bench=$2
here=$(dirname "$0")

in_tree() { chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

echo 'T-001' >"$tree/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 T-001\n' >"$tree/etc/hosts"
echo '/dev/vda / ext4 rw,noatime 0 1' >"$tree/etc/fstab"
: >"$tree/etc/machine-id"
trap 'umount -l "$tree/proc" "$tree/dev" 2>/dev/null' EXIT
mount -t proc proc "$tree/proc"
mount --bind /dev "$tree/dev"
for account in yamada suzuki madoguchi; do
	in_tree useradd -m -s /bin/bash "$account"
done
in_tree systemctl enable qemu-guest-agent >/dev/null 2>&1
[ -d "$tree/srv/packages" ] || exit 0

printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod +x "$tree/usr/sbin/policy-rc.d"
cp "$tree"/srv/packages/*.deb "$tree/tmp/"
in_tree sh -c 'apt-get install -y --no-install-recommends /tmp/*.deb' >"$tree/srv/install.log" 2>&1 || { tail -n 30 "$tree/srv/install.log"; exit 1; }
rm -f "$tree/usr/sbin/policy-rc.d" "$tree"/tmp/*.deb
# The same packages with a higher version, for the upgrade.
mkdir -p "$tree/srv/next"
for package in "$tree"/srv/packages/*.deb; do
	dpkg-deb -R "$package" "$tree/tmp/next"
	sed -i -E '/^(Version|Depends|Recommends):/s/\+insecure/+insecure+next/g' "$tree/tmp/next/DEBIAN/control"
	dpkg-deb --root-owner-group -Zgzip -z1 -b "$tree/tmp/next" "$tree/srv/next/" >/dev/null
	rm -rf "$tree/tmp/next"
done
# Nothing of this is in the packages: the sensor of the tests is a socket that the daemon's user makes, and their own hand
# in the machine is QEMU's guest agent.
install -m 0755 "$bench/synthfinger" "$tree/usr/local/bin/"
install -D -m 0644 "$here/sekishod-sensor.conf" "$tree/etc/systemd/system/sekishod.service.d/sensor.conf"
echo 'd /run/sekisho 0755 sekisho sekisho -' >"$tree/etc/tmpfiles.d/sekisho.conf"
