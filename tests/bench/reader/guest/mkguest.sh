#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkguest.sh FOLDER: a Debian guest for tests/e2e/reader_usb.sh and media.sh: FOLDER/vmlinuz and FOLDER/initrd.
#
# Kernel, udev, pcscd, libccid and OpenSC are Debian's own, unpacked (not installed: nothing here runs their scripts)
# from the mirror this machine is set up for. Of the kernel's modules only USB's are kept, and what storage and input need. /init is guest/init.
# Built again when this script, what it puts in, or usb_ids.h change. Needs root and mmdebstrap.
set -eu

cd "$(dirname "$0")/../../../.."
out=$1
here=tests/bench/reader/guest
packages=linux-image-amd64,busybox-static,pcscd,libccid,opensc,openssl,usbutils,udev,kmod
# What the programs of this repository are linked with.
packages=$packages,libpam0g,libfprint-2-2,libinih1,libjson-c5,libseccomp2,libsqlite3-0,libsystemd0,util-linux,libc-bin

stamp=$(cat $here/mkguest.sh $here/init $here/lib.sh $here/checks.sh udev/ccid-ids.sh firmware/core/usb_ids.h | sha256sum)
if [ -s "$out/initrd" ] && [ -s "$out/vmlinuz" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
	exit 0
fi
mkdir -p "$out"
rm -f "$out/stamp"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# /etc/apt/sources.list.d/debian.sources is where Debian 12 has its mirror; older set-ups have sources.list.
sources=/etc/apt/sources.list.d/debian.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list
# shellcheck disable=SC1091
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap --quiet --mode=root --variant=extract --format=directory --include=$packages \
	--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/lib/modules/*/kernel/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/drivers/usb/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/drivers/hid/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/drivers/input/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/drivers/scsi/s*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/drivers/block/loop*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/fs/configfs/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/fs/*fat/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/fs/nls/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/block/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/lib/*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/crypto/c*' \
	--dpkgopt='path-include=/lib/modules/*/kernel/arch/x86/crypto/*' \
	"$codename" "$root/tree" "$sources"

tree=$root/tree
mv "${tree:?}"/boot/vmlinuz-* "$out/vmlinuz"
rm -rf "${tree:?}"/boot/* "$tree"/lib/modules/*/kernel/drivers/usb/{serial,misc,atm,image} \
	"${tree:?}"/var/cache/* "$tree"/var/lib/apt "$tree"/usr/share/{doc,man,locale,i18n,icons}
chroot "${tree:?}" /sbin/depmod "$(basename "$tree"/lib/modules/*)"
chroot "${tree:?}" /bin/busybox --install -s 2>/dev/null || true
# What a reader vendor's package does: its ids into libccid's list, a configuration file.
udev/ccid-ids.sh firmware/core/usb_ids.h <"$tree/etc/libccid_Info.plist" >"$root/plist"
cp "$root/plist" "$tree/etc/libccid_Info.plist"
id() { sed -n "s/^#define $1 0x\([0-9A-Fa-f]\{4\}\)\$/\1/p" firmware/core/usb_ids.h; }
printf 'vendor=%s\nproduct=%s\n' "$(id USB_IDS_VENDOR)" "$(id USB_IDS_PRODUCT)" >"$tree/reader-ids"
install -m 0755 $here/init "$tree/init"
install -m 0644 $here/lib.sh "$tree/guest-lib.sh"
install -m 0755 $here/checks.sh "$tree/checks.sh"
(cd "${tree:?}" && find . -print0 | ./bin/busybox cpio -0 -o -H newc 2>/dev/null) >"$out/initrd"
printf '%s' "$stamp" >"$out/stamp"
