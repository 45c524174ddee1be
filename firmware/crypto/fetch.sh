#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fetch.sh DIR: BearSSL's source, as Debian's source package has it, into DIR/src. Nothing of it is in the repository.
#
# apt-get source runs with its own configuration and lists below DIR: /etc need not have deb-src, nor be writable. What
# counts is the hash below: the archive's name and Debian's signature do not decide what is compiled.
set -eu
VERSION=0.6+dfsg.1-3
ORIG=bearssl_0.6+dfsg.1.orig.tar.xz
SHA256=102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004
MIRROR=${BEARSSL_MIRROR:-http://deb.debian.org/debian}

dir=$1
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

good() { echo "$SHA256  $dir/$ORIG" | sha256sum --check --status 2>/dev/null; }
fail() {
	printf 'make firmware: %s\n' "$*" >&2
	echo "  The image with crypto needs BearSSL from Debian's source package bearssl $VERSION." >&2
	echo "  Either give this machine a way to $MIRROR (or BEARSSL_MIRROR=URL)," >&2
	echo "  or put $ORIG (sha256 $SHA256) into $dir, and run make firmware again." >&2
	exit 1
}

fetch() {
	mkdir -p "$dir/apt/etc/parts" "$dir/apt/etc/sources" "$dir/apt/etc/preferences" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR bookworm main" >"$dir/apt/etc/sources.list"
	cat >"$dir/apt/apt.conf" <<-CONF
		Dir::Etc "$dir/apt/etc";
		Dir::Etc::parts "parts";
		Dir::Etc::sourceparts "sources";
		Dir::Etc::preferencesparts "preferences";
		Dir::State "$dir/apt";
		Dir::State::Lists "$dir/apt/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$dir/apt/cache";
		Acquire::Languages "none";
		APT::Sandbox::User "";
	CONF
	(cd "$dir" && export APT_CONFIG="$dir/apt/apt.conf" && apt-get -qq update && apt-get -qq --download-only source "bearssl=$VERSION") >"$dir/apt/log" 2>&1 ||
		fail "can't fetch it: $(tail -n 1 "$dir/apt/log")"
}

[ -f "$dir/$ORIG" ] || fetch
[ -f "$dir/$ORIG" ] || fail "$ORIG did not come"
good || fail "$dir/$ORIG has not the hash it must have; remove it"
rm -rf "$dir/src.new" "$dir/src"
mkdir "$dir/src.new"
tar -xJf "$dir/$ORIG" -C "$dir/src.new" --strip-components=1
mv "$dir/src.new" "$dir/src"
