#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make install DESTDIR= lays everything below DESTDIR, with no write bit for group or others.
cd "$(dirname "$0")/.." || exit 99
dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT
make -s B=build/default install DESTDIR="$dest" >/dev/null || exit 1
for f in usr/sbin/sekishod usr/sbin/sekishoctl usr/libexec/sekisho/sekisho-card usr/libexec/sekisho/sekisho-finger \
	usr/libexec/sekisho/sekisho-watch usr/libexec/sekisho/sekisho-crl usr/libexec/sekisho/sekisho-fetch usr/share/man/man8/sekishoctl.8 usr/share/man/man8/sekishod.8 \
	usr/share/man/man8/pam_sekisho.8 usr/share/man/man5/sekisho.conf.5 usr/share/locale/ja/LC_MESSAGES/sekisho.mo \
	usr/lib/systemd/system/sekishod.service usr/lib/systemd/system/sekishod.socket \
	usr/share/polkit-1/rules.d/60-sekisho.rules usr/lib/systemd/system/sekisho-fetch.service \
	usr/lib/systemd/system/sekisho-fetch.timer; do
	[ -f "$dest/$f" ] || { echo "missing: $f"; exit 1; }
done
[ -n "$(find "$dest" -name pam_sekisho.so)" ] || { echo 'missing: pam_sekisho.so'; exit 1; }
bad=$(find "$dest" -mindepth 1 ! -type l -perm /022)
[ -z "$bad" ] || { echo "writable by others: $bad"; exit 1; }
