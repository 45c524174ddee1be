#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make install DESTDIR= lays everything below DESTDIR, with no write bit for group or others.
cd "$(dirname "$0")/.." || exit 99
dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT
make -s B=build/default install DESTDIR="$dest" >/dev/null || exit 1
for f in usr/sbin/sekishod usr/sbin/sekishoctl usr/libexec/sekisho/sekisho-card usr/libexec/sekisho/sekisho-finger \
	usr/libexec/sekisho/sekisho-watch usr/libexec/sekisho/sekisho-crl usr/libexec/sekisho/sekisho-fetch usr/libexec/sekisho/sekisho-media \
	usr/lib/udev/rules.d/71-sekisho-media.rules usr/share/man/man8/sekishoctl.8 usr/share/man/man8/sekishod.8 \
	usr/share/man/man8/pam_sekisho.8 usr/share/man/man5/sekisho.conf.5 usr/share/locale/ja/LC_MESSAGES/sekisho.mo \
	usr/lib/systemd/system/sekishod.service usr/lib/systemd/system/sekishod.socket \
	usr/share/polkit-1/rules.d/60-sekisho.rules usr/lib/udev/rules.d/70-sekisho.rules usr/lib/systemd/system/sekisho-fetch.service \
	usr/lib/systemd/system/sekisho-fetch.timer usr/lib/systemd/system/sekisho-media.path \
	usr/lib/systemd/system/sekisho-dormant.service usr/lib/systemd/system/sekisho-dormant.timer \
	usr/lib/systemd/system/sekisho-media.service usr/share/man/man8/sekisho-media.8 usr/lib/systemd/system/pcscd.socket.d/sekisho.conf \
	usr/lib/systemd/system/pcscd.service.d/sekisho.conf usr/lib/sysusers.d/sekisho.conf usr/lib/tmpfiles.d/sekisho.conf \
	usr/share/pam-configs/sekisho usr/libexec/sekisho/ccid-ids.sh usr/share/sekisho/usb_ids.h; do
	[ -f "$dest/$f" ] || { echo "missing: $f"; exit 1; }
done
# The kiosk's profile is not part of it: who installs Sekisho keeps the consoles.
[ -z "$(find "$dest" -name '*kiosk*')" ] || { echo "install lays a kiosk's files:"; find "$dest" -name '*kiosk*'; exit 1; }
make -s B=build/default install-kiosk DESTDIR="$dest" >/dev/null || exit 1
for f in usr/libexec/sekisho/sekisho-greet usr/libexec/sekisho/sekisho-kiosk usr/libexec/sekisho/sekisho-locker \
	usr/lib/systemd/system/sekisho-kiosk.service usr/lib/systemd/system/sekisho-locker.service \
	usr/lib/systemd/system/sekisho-locker-screen.service usr/lib/systemd/system/sekisho-console@.service \
	usr/lib/systemd/system/getty@.service.d/sekisho-kiosk.conf usr/lib/systemd/system/serial-getty@.service.d/sekisho-console.conf \
	usr/lib/sysctl.d/90-sekisho-kiosk.conf etc/pam.d/sekisho-console etc/pam.d/sekisho-lock etc/pam.d/sekisho-greetd \
	etc/sekisho/greetd.toml etc/sekisho/kiosk.conf; do
	[ -f "$dest/$f" ] || { echo "missing: $f"; exit 1; }
done
[ -n "$(find "$dest" -name pam_sekisho.so)" ] || { echo 'missing: pam_sekisho.so'; exit 1; }
bad=$(find "$dest" -mindepth 1 ! -type l -perm /022)
[ -z "$bad" ] || { echo "writable by others: $bad"; exit 1; }
