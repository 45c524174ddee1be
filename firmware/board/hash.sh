#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# hash.sh check|write FOLDER FILE PREFIX: the released images are what these sources give with this toolchain.
set -eu
what=$1 folder=$2 file=$3 prefix=$4
images='reader.bin reader-crypto.bin'

toolchain() {
	printf '%s; %s; picolibc %s\n' "$("${prefix}gcc" --version | head -n 1)" "$("${prefix}ld" --version | head -n 1)" \
		"$(dpkg-query -W -f '${Version}' picolibc-arm-none-eabi 2>/dev/null || echo unknown)"
}

case $what in
write)
	{
		echo "# toolchain: $(toolchain)"
		# shellcheck disable=SC2086
		(cd "$folder" && sha256sum $images)
	} >"$file"
	cat "$file"
	;;
check)
	[ -f "$file" ] || { echo "no $file: make firmware-hash writes it" >&2; exit 1; }
	wanted=$(sed -n 's/^# toolchain: //p' "$file")
	if [ "$wanted" != "$(toolchain)" ]; then
		echo "Another toolchain than the released images were built with; their hashes say nothing here." >&2
		echo "  released: $wanted" >&2
		echo "  here:     $(toolchain)" >&2
		exit 1
	fi
	grep -v '^#' "$file" >"$folder/released.sha256"
	(cd "$folder" && sha256sum --check --strict released.sha256)
	;;
*)
	echo 'usage: hash.sh check|write FOLDER FILE PREFIX' >&2
	exit 2
	;;
esac
