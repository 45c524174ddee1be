#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Do the manuals and the programs say the same? Every subcommand, option, exit status and configuration key of the sources stands
# in its manual, and every one of the manual is real. Usage: tests/check-docs.sh
cd "$(dirname "$0")/.." || exit 99
CTL=host/man/sekishoctl.8
CONF=host/man/sekisho.conf.5
bad=0

# WHAT: two lists on files, each sorted; every difference is a mistake.
compare() {
	local only

	only=$(comm -23 "$2" "$3")
	[ -z "$only" ] || { printf '%s: not in the manual:\n%s\n' "$1" "$only"; bad=1; }
	only=$(comm -13 "$2" "$3")
	[ -z "$only" ] || { printf '%s: only in the manual:\n%s\n' "$1" "$only"; bad=1; }
	[ -s "$2" ] || { printf '%s: nothing found in the sources\n' "$1"; bad=1; }
}

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C.UTF-8

# Subcommands: { "person", "add", ... and { "init", NULL, ...; in the manual .It Ic person add ...
sed -nE 's/^\t\{ "([a-z]+)", NULL, [0-9].*/\1/p; s/^\t\{ "([a-z]+)", "([a-z]+)", [0-9].*/\1 \2/p' host/ctl/commands.c | sort -u >"$tmp/a"
sed -nE 's/^\.It Ic ([a-z ]+[a-z])( .*)?$/\1/p' "$CTL" | sort -u >"$tmp/b"
compare 'subcommands' "$tmp/a" "$tmp/b"

# Options, from their table; in the manual Fl -long anywhere, and the letters in the list of options.
sed -nE 's/^\t\{ OPT_[A-Z_]+, \{ "([a-z-]+)".*/\1/p' host/ctl/commands.c | sort -u >"$tmp/a"
grep -oE 'Fl -[a-z][a-z-]+' "$CTL" | sed 's/Fl -//' | grep -vx 'help' | sort -u >"$tmp/b"
compare 'options' "$tmp/a" "$tmp/b"
sed -nE "s/^\t\{ OPT_[A-Z_]+, \{ \"([a-z-]+)\", '(.)'.*/\2 \1/p" host/ctl/commands.c | sort -u >"$tmp/a"
sed -nE 's/^\.It Fl ([A-Za-z]) , -([a-z-]+)( .*)?$/\1 \2/p' "$CTL" | sort -u >"$tmp/b"
compare 'letters of options' "$tmp/a" "$tmp/b"

# Which options a subcommand takes: the table's bits against the synopses.
sed -nE 's/^\t\{ (OPT_[A-Z_]+), \{ "([a-z-]+)".*/\1 \2/p' host/ctl/commands.c >"$tmp/names"
awk -v names="$tmp/names" '
	BEGIN { while ((getline line < names) > 0) { split(line, f, " "); name[f[1]] = f[2] } }
	/^\t\{ "[a-z]+", (NULL|"[a-z]+"), [0-9]/ { row = $0; collecting = 1 }
	collecting && !/^\t\{ "[a-z]+", (NULL|"[a-z]+"), [0-9]/ { row = row $0 }
	collecting && row ~ /cmd_/ {
		collecting = 0
		split(row, q, "\""); cmd = q[2]
		if (row !~ /^\t\{ "[a-z]+", NULL/) cmd = cmd " " q[4]
		sub(/cmd_.*/, "", row)
		while (match(row, /OPT_[A-Z_]+/)) {
			o = substr(row, RSTART, RLENGTH)
			if (o != "OPT_JSON") print cmd " --" name[o]
			row = substr(row, RSTART + RLENGTH)
		}
	}' host/ctl/commands.c | sort -u >"$tmp/a"
sed -nE '/^\.It Ic /{s/^\.It Ic ([a-z ]+[a-z])( .*)?$/\1\t\2/p}' "$CTL" | while IFS=$'\t' read -r cmd rest; do
	grep -oE 'Fl -[a-z-]+' <<<"$rest" | sed "s/Fl -/$cmd --/"
done | sort -u >"$tmp/b"
compare 'options of subcommands' "$tmp/a" "$tmp/b"

# Exit statuses.
sed -nE 's/^\tCTL_[A-Z_]+ = ([0-9]+),.*/\1/p' host/ctl/ctl.h | sort >"$tmp/a"
sed -n '/^\.Sh EXIT STATUS/,/^\.El/p' "$CTL" | sed -nE 's/^\.It ([0-9]+)$/\1/p' | sort >"$tmp/b"
compare 'exit statuses' "$tmp/a" "$tmp/b"

# Configuration keys with their sections; `remote` and `policy` of [service NAME] have no row in the table.
{
	sed -nE 's/^\t\{ "([a-z]+)[^"]*", "([a-z_]+)", config_value_.*/\1 \2/p' host/config/config_keys.c
	grep -oE 'strcmp\(key, "[a-z_]+"\)' host/config/config_keys.c | sed -E 's/.*"([a-z_]+)".*/service \1/'
} | sort -u >"$tmp/a"
awk '/^\.Ss Section/ { section = $3 } /^\.Sh/ { section = "" }
	section != "" && /^\.It Ic / { sub(/^\.It Ic /, ""); gsub(/ , /, " "); n = split($0, k, " "); for (i = 1; i <= n; i++) print section " " k[i] }' \
	"$CONF" | sort -u >"$tmp/b"
compare 'configuration keys' "$tmp/a" "$tmp/b"

# The kiosk's keys, and the file that the package lays.
grep -oE 'strcmp\(key, "[a-z_]+"\)' host/greet/settings.c | sed -E 's/.*"([a-z_]+)".*/\1/' | sort -u >"$tmp/a"
sed -nE 's/^\.It Ic ([a-z_]+)$/\1/p' host/man/kiosk.conf.5 | sort -u >"$tmp/b"
compare 'keys of kiosk.conf' "$tmp/a" "$tmp/b"
sed -nE 's/^(# )?([a-z_]+) = .*/\2/p' host/units/kiosk/kiosk.conf | sort -u >"$tmp/b"
compare 'keys of kiosk.conf (the template)' "$tmp/a" "$tmp/b"

# Section names, literally, and the template that init writes.
for s in '\[site\]' '\[terminal\]' '\[trust\]' '\[denylist\]' '\[session\]' '\[lockout\]' '\[timing\]' '\[role staff\]' '\[role privileged\]' '\[role auditor\]' '\[service \*\]'; do
	grep -q "$s" host/config/config.c || { echo "config_template() lacks $s"; bad=1; }
done
sed -nE 's/^\t\{ "([a-z ]+\*?)", "([a-z_]+)", config_value_.*/\2/p' host/config/config_keys.c | sort -u | while read -r key; do
	grep -qE "\"(# )?$key =" host/config/config.c || echo "config_template() lacks $key"
done >"$tmp/lacks"
[ ! -s "$tmp/lacks" ] || { cat "$tmp/lacks"; bad=1; }

# Fields of administration requests: the daemon's table against host/ctl/README.md.
sed -nE 's/^\t\{ CMD_([A-Z_]+), RUN_[A-Z]+, (.*), [a-z_]+ \},.*/\1 \2/p' host/daemon/admin.c |
	sed -E 's/B\(([A-Z_]+)\)/\L\1/g; s/ \| / /g; s/, 0/,/g; s/ 0,/ ,/; s/[ ,]+/ /g; s/ $//' | sort -u >"$tmp/a"
sed -nE 's/^\| ([A-Z_]+) \| (.*) \| (.*) \| (.*) \| .* \|$/\1 \2 \3 \4/p' host/ctl/README.md | sed -E 's/–//g; s/[ ,]+/ /g; s/ $//' |
	sort -u >"$tmp/b"
compare 'administration requests' "$tmp/a" "$tmp/b"

# Arguments of the PAM module.
grep -hoE '"[a-z]+="' pam_module/*.c | tr -d '"=' | sort -u >"$tmp/a"
sed -nE 's/^\.It Cm ([a-z]+)= Ns.*/\1/p' host/man/pam_sekisho.8 | sort -u >"$tmp/b"
compare 'arguments of the module' "$tmp/a" "$tmp/b"

exit $bad
