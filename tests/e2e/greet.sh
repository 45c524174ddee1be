#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kiosk's screen, sekisho-greet, in the compositor cage, with a stand-in for greetd (bench/greet/): what it sends, what it shows in
# Japanese and English, what it keeps. Screens are left in build/greet-screens. GREET="pin denied" names scenes. Needs root.
#
# cage runs as an ordinary user in an Xvfb of its own, from which xdotool types; grim takes the pictures.
set -eu
cd "$(dirname "$0")/../.."
if [ -z "${GREET_ENTERED:-}" ]; then
	GREET_ENTERED=1 exec unshare -mn --propagation private -- bash "tests/e2e/$(basename "$0")" "$@"
fi
unset GREET_ENTERED
ip link set lo up
BENCH_TMP=$(mktemp -d)
export BENCH_TMP
chmod 0755 "$BENCH_TMP"
trap 'rm -rf "$BENCH_TMP"' EXIT
# /etc is a copy, /run is empty, and the programs lie where the greeter's user can run them.
cp -a /etc "$BENCH_TMP/etc"
mount --bind "$BENCH_TMP/etc" /etc
mount -t tmpfs -o mode=0755 bench /run
mkdir -p /run/sekisho-bench/share/locale/ja/LC_MESSAGES "$BENCH_TMP/etc/sekisho"
chmod 0755 "$BENCH_TMP/etc/sekisho"
cp build/test/po/ja.mo /run/sekisho-bench/share/locale/ja/LC_MESSAGES/sekisho.mo
install -m 0755 "${SITE_BUILD:-build/test}/sekisho-greet" "$BENCH_TMP/sekisho-greet"
mkdir -p build/greet-screens
tests/bench/greet/scenes.py build/greet-screens
