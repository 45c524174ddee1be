#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every sentence in the sources has a Japanese one: extracted afresh, so that a new sentence without translation is found.
cd "$(dirname "$0")/.." || exit 99
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
xgettext --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=MSG_N_ -o "$tmp/all.pot" -f host/po/POTFILES || exit 1
msgmerge -q --no-fuzzy-matching host/po/ja.po "$tmp/all.pot" -o "$tmp/ja.po" || exit 1
missing=$(msgattrib --untranslated --no-obsolete "$tmp/ja.po")
fuzzy=$(msgattrib --only-fuzzy --no-obsolete host/po/ja.po)
[ -z "$missing$fuzzy" ] || { printf '%s\n' "$missing" "$fuzzy"; exit 1; }
# Files that speak must be listed.
while read -r f; do
	grep -qxF "$f" host/po/POTFILES || { echo "$f has sentences and isn't in host/po/POTFILES"; exit 1; }
	seen=$((${seen:-0} + 1))
done < <(grep -rlE --include='*.[ch]' '(^|[^A-Za-z_])(_|N_|MSG_N_)\("' host pam_module)
[ "${seen:-0}" -gt 5 ] || { echo 'no sources found'; exit 1; }
