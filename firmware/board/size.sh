#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# size.sh MAP FLASH RAM: what each module takes of flash and RAM, from the linker's map; fails above the budgets (bytes).
set -eu
awk -v flash_max="$2" -v ram_max="$3" -v map="$1" '
function hex(s,  i, n) {
	n = 0
	for (i = 3; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}
function module(path) {
	if (path ~ /libbearssl/) return "bearssl"
	if (path ~ /lib(c|gcc)\.a/) return "libc, libgcc"
	if (path ~ /firmware\/(main|reader)\.o/) return "reader"
	if (match(path, /firmware\/(board\/)?[a-z0-9]+\//)) return substr(path, RSTART + 9, RLENGTH - 10)
	return "linker"
}
function kind(section) {
	if (section ~ /^\.(text|vectors)/) return "text"
	if (section ~ /^\.rodata/) return "rodata"
	if (section ~ /^\.data/) return "data"
	if (section ~ /^\.(bss|noinit)|^COMMON/) return "bss"
	return ""
}
/^Linker script and memory map/ { on = 1 }
/^\.debug|^\.comment|^\/DISCARD/ { on = 0 }
!on { next }
# An output section: its size counts, padding included. A long name has its numbers on the next line.
/^\.[a-z]+ +0x/ { out[$1] = hex($3) }
/^\.[a-z]+$/ { whole = $1; next }
whole != "" && /^ +0x/ { out[whole] = hex($2); whole = "" }
/^ [.A-Z][^ ]*$/ { name = $1; next }
/^ [.A-Z][^ ]* +0x/ { name = $1; size = $3; path = $4 }
/^ +0x[0-9a-f]+ +0x[0-9a-f]+ [^ ]/ { if (name == "") next; size = $2; path = $3 }
/^ .*0x[0-9a-f]+ +0x[0-9a-f]+ [^ ]/ {
	k = kind(name)
	if (k != "" && path ~ /\.[oa]/) {
		m = module(path)
		use[m, k] += hex(size)
		modules[m] = 1
	}
	name = ""
}
END {
	printf "%s\n  %-14s %7s %7s %7s %7s\n", map, "module", "text", "rodata", "data", "bss"
	sort = "sort"
	for (m in modules)
		printf "  %-14s %7d %7d %7d %7d\n", m, use[m, "text"], use[m, "rodata"], use[m, "data"], use[m, "bss"] | sort
	close(sort)
	flash = out[".text"] + out[".data"]
	ram = out[".stack"] + out[".noinit"] + out[".data"] + out[".bss"]
	printf "  flash %d of %d, RAM %d of %d (stack %d in it)\n", flash, flash_max, ram, ram_max, out[".stack"]
	if (flash == 0 || ram == 0) { print "  the map was not understood"; exit 1 }
	if (flash > flash_max || ram > ram_max) { print "  above the budget"; exit 1 }
}' "$1"
