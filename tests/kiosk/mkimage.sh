#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage.sh FOLDER [plain]: a terminal for tests/kiosk/run.sh: FOLDER/disk.img, FOLDER/vmlinuz, FOLDER/initrd; or, to measure beside it, the same
# without our packages: FOLDER/plain.img.
#
# A Debian of its own packages (mmdebstrap, from the mirror this machine is set up for), on which apt installs ours as an administrator
# would. Debian's part is kept in FOLDER/base.tar and made again when this script changes. The packages are those of
# `make deb-test`: they take the virtual sensor. Needs root.
set -eu

cd "$(dirname "$0")/../.."
out=$1 disk=${2:-disk}.img
base=linux-image-amd64,systemd-sysv,udev,dbus,libpam-systemd,polkitd,initramfs-tools,kmod,zstd,apt,pcscd,libccid,qemu-guest-agent
base=$base,login,passwd,sudo,util-linux,usbutils,locales,procps,openssl,debconf,cron
# What our packages depend on, so that installing them needs no mirror.
# systemd looks for these by name where there is a TPM.
base=$base,libtss2-esys-3.0.2-0,libtss2-rc0,libtss2-mu0,libtss2-tcti-device0
base=$base,libfprint-2-2,libinih1,libjson-c5,libseccomp2,libsqlite3-0,libcurl4,libpam-runtime,greetd,ucf,cage,fonts-noto-cjk,libgtk-3-0

mkdir -p "$out"
work=$(mktemp -d "$out/work.XXXXXX")
# What is mounted in it is the host's: never across.
trap '[ -n "${KEEP:-}" ] || rm -rf --one-file-system "$work"' EXIT
sources=/etc/apt/sources.list.d/debian.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list
# shellcheck disable=SC1091
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")

stamp=$(sed "/^tree=/q" "$0" | sha256sum)
if [ "$(cat "$out/base.stamp" 2>/dev/null)" != "$stamp" ]; then
	rm -f "$out/base.stamp"
	mmdebstrap --quiet --mode=root --variant=minbase --include="$base" \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-include=/usr/share/locale/ja/*' \
		--essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"; echo MODULES=list >"$1/etc/initramfs-tools/conf.d/test"
			echo COMPRESS=lz4 >>"$1/etc/initramfs-tools/conf.d/test"; printf "%s\n" virtio_pci virtio_blk ext4 xhci_pci >"$1/etc/initramfs-tools/modules"' \
		--customize-hook='echo "ja_JP.UTF-8 UTF-8" >"$1/etc/locale.gen"; chroot "$1" locale-gen >/dev/null' \
		"$codename" "$out/base.tar" "$sources"
	echo "$stamp" >"$out/base.stamp"
fi

tree=$work/tree
mkdir "$tree"
tar -xf "$out/base.tar" -C "$tree"
if [ "$disk" = disk.img ]; then
	# Drawn here: QEMU would take ten seconds for each. FINGER-IMPRESSION.pgm, the fingers of terminal.py.
	mkdir -p "$tree/srv/packages" "$tree/srv/fingers"
	for finger in 11 22 33 99; do
		for k in $(seq 0 14); do echo "--finger $finger --impression $k --out $tree/srv/fingers/$finger-$k.pgm"; done
	done | xargs -P 2 -L 1 "${BENCH_BIN:-build/test/bench}/synthfinger"
	cp build/deb-test/*_amd64.deb "$tree/srv/packages/"
	rm -f "$tree"/srv/packages/*dbgsym*
fi
unshare -m --propagation private tests/kiosk/image/prepare.sh "$tree" "${BENCH_BIN:-build/test/bench}"
cp "$tree"/boot/vmlinuz-* "$out/vmlinuz"
cp "$tree"/boot/initrd.img-* "$out/initrd"
rm -f "$out/$disk"
truncate -s 2400M "$out/$disk"
mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1 -L root -d "$tree" "$out/$disk"
