#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The image: two builds in different folders are the same bytes, it is within its budgets, its frames within theirs, and
# nothing of a heap or of this machine is in it. Needs no root; takes two builds of the image.
cd "$(dirname "$0")/.." || exit 99
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0
fail() {
	echo "$*"
	status=1
}

mkdir "$tmp/elsewhere"
cp -r Makefile Kconfig firmware host pam_module udev tests "$tmp/elsewhere/" || exit 99
make -s B=build/default firmware >"$tmp/size" || exit 1
mkdir -p "$tmp/elsewhere/build" && cp -r build/bearssl "$tmp/elsewhere/build/"
make -s -C "$tmp/elsewhere" B=build/other firmware >/dev/null || exit 1
for image in reader reader-crypto; do
	cmp "build/default/firmware/$image.bin" "$tmp/elsewhere/build/other/firmware/$image.bin" || fail "$image.bin is not reproducible"
	! grep -aqF -e "$PWD" -e "$tmp" "build/default/firmware/$image.bin" || fail "$image.bin has a path of this machine"
	! arm-none-eabi-nm "build/default/firmware/$image.elf" | grep -E ' [TtWw] _?(malloc|free|calloc|realloc|sbrk|printf)$' || fail "$image.elf has a heap or stdio"
done
for image in reader reader-crypto; do tests/bench/reader/callgraph.py "build/default/firmware/$image.elf" || status=1; done
cat "$tmp/size"
grep -c 'flash .* RAM' "$tmp/size" | grep -qx 2 || fail 'no size report'
# gcc writes each function's frame; -Wstack-usage has refused larger ones already, this shows the largest and finds unbounded ones.
find build/default/arm/firmware -name '*.su' -exec cat {} + | sort -u >"$tmp/su"
[ "$(wc -l <"$tmp/su")" -gt 100 ] || fail 'no stack figures'
! awk '$3 !~ /^static$/' "$tmp/su" | grep . || fail 'a frame whose size is not constant'
echo 'largest frames:'
sort -t"$(printf '\t')" -k2 -n -r "$tmp/su" | head -n 5
make -s B=build/default firmware-check || status=1
exit $status
