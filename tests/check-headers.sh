#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every header of the product compiles alone, with the include paths of its folder.
cd "$(dirname "$0")/.." || exit 99
status=0
seen=0
cflags=$(pkg-config --cflags libsystemd libpcsclite libfprint-2 json-c)
while read -r h; do
	case $h in
	firmware/*) inc=-Ifirmware ;;
	host/common/*) inc='-Ifirmware -Ihost/common' ;;
	host/*) inc="-Ifirmware -Ihost/common -Ihost $cflags" ;;
	pam_module/*) inc='-Ifirmware -Ihost/common -Ipam_module' ;;
	*) continue ;;
	esac
	# shellcheck disable=SC2086
	gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -x c $inc "$h" || { echo "$h does not compile alone"; status=1; }
	seen=$((seen + 1))
done < <(find firmware host pam_module -name '*.h')
[ "$seen" -gt 20 ] || { echo "only $seen headers found"; exit 1; }
exit $status
