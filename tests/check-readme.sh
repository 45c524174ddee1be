#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Keeps the documents true: the state table, folders, make targets, commands and options, files and tests that they name, the
# configuration example and the PAM lines.
#
# Usage: check-readme.sh [SEKISHOCTL]   (default: build/test/sekishoctl, else build/default/sekishoctl)
cd "$(dirname "$0")/.." || exit 99
CTL=${1:-build/test/sekishoctl}
[ -n "${1:-}" ] || [ -x "$CTL" ] || CTL=build/default/sekishoctl
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
status=0
wrong() {
	printf '%s\n' "$*" >&2
	status=1
}
# Every part must have found something to look at.
seen() { [ "$2" -ge "$3" ] || wrong "only $2 $1 found in the documents; has their form changed?"; }

# What stands between ``` lines, and `in backticks`.
code() {
	awk '/^ *```/ { inside = !inside; next } inside || /^    / { print }' "$@"
	sed '/^ *```/,/^ *```/d' "$@" | grep -oE '`[^`]+`' | tr -d '`'
}

# The code block behind <!-- NAME -->. FILE NAME
block() { awk -v mark="<!-- $2" 'index($0, mark) == 1 { want = 1; next } want && /^```/ { if (inside) exit; inside = 1; next } inside { print }' "$1"; }

# --- the state table --------------------------------------------------------------------------------------------
sed -nE 's/^\t\{ (ATTEMPT_[A-Z_]+), +(IPC_[A-Z_]+), +(attempt_[a-z_]+) \},$/\1 \2 \3/p' host/daemon/attempt_table.c >"$tmp/code"
awk -F'|' '/^<!-- attempt table/ { on = 1; next } /^<!-- end of attempt table/ { on = 0 }
	on && /IPC_/ { gsub(/[` ]/, ""); if ($2 != "") state = $2; print state, $3, $4 }' host/README.md >"$tmp/doc"
seen 'rows of the state table' "$(wc -l <"$tmp/code")" 20
grep -c 'IPC_' host/daemon/attempt_table.c | grep -qx "$(wc -l <"$tmp/code")" || wrong 'host/daemon/attempt_table.c: a row has another form than this script knows'
diff "$tmp/code" "$tmp/doc" >"$tmp/diff" || { wrong 'host/README.md: the state table differs from host/daemon/attempt_table.c (< code, > README):'; cat "$tmp/diff" >&2; }
for name in $(sed -nE 's/.*case ATTEMPT_[A-Z_]+: return "([a-z-]+)";/\1/p' host/daemon/attempt_table.c); do
	grep -q "^| $name |" host/README.md || wrong "host/README.md does not explain the state $name"
done

# --- the session guard's table -------------------------------------------------------------------------------------
sed -nE 's/^\t\{ (GUARD_[A-Z_]+), (GUARD_[A-Z_]+), (GUARD_[A-Z_]+), (GUARD_DO_[A-Z_]+) \},$/\1 \2 \3 \4/p' host/guard/guard.c >"$tmp/code"
awk -F'|' '/^<!-- guard table/ { on = 1; next } /^<!-- end of guard table/ { on = 0 }
	on && /GUARD_/ { gsub(/[` ]/, ""); if ($2 != "") state = $2; print state, $3, $4, $5 }' host/guard/README.md >"$tmp/doc"
seen "rows of the guard's table" "$(wc -l <"$tmp/code")" 30
grep -c '^	{ GUARD_' host/guard/guard.c | grep -qx "$(wc -l <"$tmp/code")" || wrong 'host/guard/guard.c: a row has another form than this script knows'
diff "$tmp/code" "$tmp/doc" >"$tmp/diff" || { wrong 'host/guard/README.md: the table differs from host/guard/guard.c (< code, > README):'; cat "$tmp/diff" >&2; }
for name in $(sed -nE '/guard_state_word/,$ s/.*return "([a-z-]+)";/\1/p' host/guard/guard.c | grep -vx unknown); do
	grep -q "^| $name |" host/guard/README.md || wrong "host/guard/README.md does not explain the state $name"
done
# --- the table of media -------------------------------------------------------------------------------------------
awk 'BEGIN { split("READ STORAGE INPUT SERIAL SERIAL_GOOD LIST LIST_GOOD LISTED", fact, " ") }
	function bits(text, set,   part, i, n) {
		gsub(/NAMED/, "STORAGE | MEDIA_SERIAL | MEDIA_SERIAL_GOOD", text)
		gsub(/(^|[ |])STORAGE/, " MEDIA_READ | MEDIA_STORAGE", text)
		n = split(text, part, "|")
		for (i = 1; i <= n; i++) { gsub(/ |MEDIA_/, "", part[i]); if (part[i] != "0") set[part[i]] = 1 }
	}
	/^static const struct media_rule rules/ { on = 1; next } on && /^};/ { on = 0 }
	on { row = row $0; if (row ~ /\},$/) {
		gsub(/[{}\t"]/, " ", row); split(row, f, ",")
		split("", mask); split("", want); bits(f[1], mask); bits(f[2], want)
		line = ""
		for (i = 1; i <= 8; i++) line = line (fact[i] in mask ? (fact[i] in want ? "yes" : "no") : "–") " "
		verdict = f[3]; gsub(/ |MEDIA_/, "", verdict); word = f[4]; gsub(/ /, "", word)
		print line verdict " " word; row = "" } }' host/media/judge.c >"$tmp/code"
awk -F'|' '/^<!-- media table/ { on = 1; next } /^<!-- end of media table/ { on = 0 }
	on && /REFUSED|ALLOWED|APPROVED/ { line = ""; for (i = 2; i <= 11; i++) { gsub(/ /, "", $i); line = line (i > 2 ? " " : "") $i } print line }' \
	host/media/README.md >"$tmp/doc"
seen 'rows of the table of media' "$(wc -l <"$tmp/code")" 10
diff "$tmp/code" "$tmp/doc" >"$tmp/diff" || { wrong 'host/media/README.md: the table differs from host/media/judge.c (< code, > README):'; cat "$tmp/diff" >&2; }

# --- the table of the kiosk's locker --------------------------------------------------------------------------------
sed -nE 's/^\t\{ (LOCK_STATE_[A-Z]+), (LOCK_[A-Z]+), (LOCK_STATE_[A-Z]+), (LOCK_[A-Z]+) \},$/\1 \2 \3 \4/p' host/greet/lock.c >"$tmp/code"
awk -F'|' '/^<!-- lock table/ { on = 1; next } /^<!-- end of lock table/ { on = 0 }
	on && /LOCK_/ { gsub(/[` ]/, ""); if ($2 != "") state = $2; print state, $3, $4, $5 }' host/greet/README.md >"$tmp/doc"
seen 'rows of the locker' "$(wc -l <"$tmp/code")" 20
grep -cE '^.\{ LOCK_' host/greet/lock.c | grep -qx "$(wc -l <"$tmp/code")" || wrong 'host/greet/lock.c: a row has another form than this script knows'
diff "$tmp/code" "$tmp/doc" >"$tmp/diff" || { wrong 'host/greet/README.md: the state table differs from host/greet/lock.c (< code, > README):'; cat "$tmp/diff" >&2; }

# --- the table of the kiosk's screen --------------------------------------------------------------------------------
sed -nE 's/^\t\{ (MODEL_[A-Z]+), (EV_[A-Z]+), (MODEL_[A-Z]+), (ACT_[A-Z]+) \},$/\1 \2 \3 \4/p' host/greet/model.c >"$tmp/code"
awk -F'|' '/^<!-- greet table/ { on = 1; next } /^<!-- end of greet table/ { on = 0 }
	on && /EV_/ { gsub(/[` ]/, ""); if ($2 != "") state = $2; print state, $3, $4, $5 }' host/greet/README.md >"$tmp/doc"
seen 'rows of the screen' "$(wc -l <"$tmp/code")" 20
grep -cE '^.\{ MODEL_' host/greet/model.c | grep -qx "$(wc -l <"$tmp/code")" || wrong 'host/greet/model.c: a row has another form than this script knows'
diff "$tmp/code" "$tmp/doc" >"$tmp/diff" || { wrong 'host/greet/README.md: the state table differs from host/greet/model.c (< code, > README):'; cat "$tmp/diff" >&2; }

# --- the map, both ways -----------------------------------------------------------------------------------------
n=0
while read -r folder; do
	n=$((n + 1))
	[ -d "$folder" ] || wrong "README.md: the folder $folder of the map is not there"
done < <(block README.md map | grep -oE '^[a-z_/]+/')
seen 'folders of the map' $n 10
for folder in firmware/*/ host/*/ pam_module/ tests/ udev/; do
	block README.md map | grep -q "^$folder " || wrong "README.md: the map lacks $folder"
done

# --- make targets -----------------------------------------------------------------------------------------------
n=0
cat Makefile ./*/objects.mk firmware/board/objects.mk host/deb.mk >"$tmp/makefiles"
while read -r line; do
	set -f
	for word in $line; do
		case $word in
		*=*) continue ;; # a variable
		[a-z]*) ;;
		*) break ;;
		esac
		word=${word%%[,;:]*}
		[[ $word =~ ^[a-z-]+$ ]] || break
		n=$((n + 1))
		grep -qE "^([a-z -]+ )?$word( [a-z -]+)?:" "$tmp/makefiles" || wrong "the target make $word is not there"
	done
	set +f
done < <(code README.md tests/README.md SECURITY.md host/README.md CHANGELOG.md | sed -nE 's/^.*\bmake ([^#|&`]*).*/\1/p')
seen 'make targets' $n 5

# --- sekishoctl: commands and options ------------------------------------------------------------------------------
n=0
while read -r a b rest; do
	[[ $a =~ ^[a-z]+$ ]] || continue
	n=$((n + 1))
	if ! grep -qE "^	\{ \"$a\", (NULL|\"$b\")," host/ctl/commands.c; then
		wrong "there is no command sekishoctl $a $b"
		continue
	fi
	for option in $(grep -oE -- '--[a-z-]+' <<<"$b $rest"); do
		grep -qF "{ \"${option#--}\"," host/ctl/commands.c || wrong "sekishoctl $a: there is no option $option"
	done
done < <(code README.md SECURITY.md | sed -nE 's/^.*sekishoctl ([^#|;]*).*/\1/p')
seen 'commands' $n 20

# --- files and tests ----------------------------------------------------------------------------------------------
n=0
while read -r path name; do
	case $path in
	*:)
		path=${path%:}
		n=$((n + 1))
		[ ! -f "$path" ] || grep -qF -- "$name" "$path" || wrong "SECURITY.md: $path has no test '$name'"
		;;
	esac
	[ -f "$path" ] || wrong "SECURITY.md: there is no $path"
done < <(grep -oE '`(firmware|host|pam_module|tests|udev)/[^`]+`' SECURITY.md | tr -d '`')
seen 'tests in SECURITY.md' $n 40
for path in $(code README.md tests/README.md host/README.md | grep -oE '\b(tests|host|e2e|unit|bench|fuzz|daemon|common|store|firmware)/[A-Za-z0-9_./-]+' | sort -u); do
	[ -e "$path" ] || [ -e "tests/$path" ] || [ -e "host/$path" ] || [[ $path == */test_audit ]] || wrong "the documents name $path, which is not there"
done
for link in $(grep -ohE '\]\([^)#]+\)' README.md SECURITY.md host/README.md tests/README.md | tr -d '])('); do
	[ -e "$link" ] || wrong "a link leads to $link, which is not there"
done
for suite in $(sed -nE 's/^\| ([a-z0-9-]+) \|.*/\1/p' tests/README.md | grep -vx suite); do
	{ [ "$suite" = kiosk ] && grep -q "^	kiosk) " tests/run; } || grep -qE "^ALL='(.*[ +-])?${suite}[ '+]" tests/run || wrong "tests/README.md: tests/run knows no suite $suite"
done

# --- the configuration example and the PAM lines, by the tool itself -----------------------------------------------
if [ -x "$CTL" ]; then
	block README.md config >"$tmp/sekisho.conf"
	[ -s "$tmp/sekisho.conf" ] || wrong 'README.md: no configuration example'
	"$CTL" policy check "$tmp/sekisho.conf" >"$tmp/out" 2>&1 || { wrong 'README.md: the configuration example does not load:'; cat "$tmp/out" >&2; }
	mkdir "$tmp/pam.d"
	for service in login sudo su swaylock; do
		block README.md "pam: $service" >"$tmp/pam.d/$service"
		[ -s "$tmp/pam.d/$service" ] || wrong "README.md: no PAM lines for $service"
	done
	for service in sekisho-console sekisho-greetd sekisho-greetd-greeter sekisho-lock; do cp "host/units/kiosk/$service.pam" "$tmp/pam.d/$service"; done
	# The exit status is about the daemon too, which need not run here.
	LC_ALL=C "$CTL" doctor --pam-dir "$tmp/pam.d" >"$tmp/out" 2>&1
	for service in login sudo su swaylock sekisho-console sekisho-greetd sekisho-greetd-greeter sekisho-lock; do
		grep -qE "^ok +pam\.$service +Only pam_sekisho opens this stack" "$tmp/out" || { wrong "the PAM lines for $service (README.md, host/units/kiosk) are not good:"; grep "pam.$service" "$tmp/out" >&2; }
	done
else
	wrong "$CTL is not built; run make test-build first"
fi
[ $status -eq 0 ] && echo 'README, SECURITY and host/README name what there is'
exit $status
