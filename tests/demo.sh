#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The story of a card at a city office, played on real pcscd, libfprint, Linux-PAM, OpenSSL and SQLite; only the card's
# chip, the finger and the sensor are virtual. Everything happens in namespaces of its own: nothing of it stays.
. "$(dirname "$0")/bench/lib-site.sh"
[ "$(id -u)" -eq 0 ] || { echo 'The demo needs root for its namespaces: sudo make demo' >&2; exit 1; }
site_enter "$@"
# Names are Japanese: columns need a locale that knows their width.
[ "$(locale charmap)" = UTF-8 ] || export LC_ALL=C.UTF-8

STEP=0
tell() {
	STEP=$((STEP + 1))
	printf '\n\033[1m%2d. %s\033[0m\n' $STEP "$1"
	shift
	[ $# -eq 0 ] || printf '    %s\n' "$@"
}
run() {
	printf '    $ %s\n' "$*"
	"$@" 2>&1 | sed 's/^/      /'
	return "${PIPESTATUS[0]}"
}
show_login() { sed -n 's/^\(info\|error\|prompt\): */      | /p' "$LOGIN_LOG" | sed 's/\\n/\n      | /g'; }
expect() {
	local wanted=$1

	login_wait
	show_login
	printf '      -> %s\n' "$LOGIN_RESULT"
	if [ "$wanted" = in ] && [ "$LOGIN_RESULT" != PAM_SUCCESS ] || [ "$wanted" = out ] && [ "$LOGIN_RESULT" = PAM_SUCCESS ]; then
		echo 'This should not have happened. The demo stops here; please report it.' >&2
		tail -n 5 "$BENCH_TMP/sekishod.log" >&2
		exit 1
	fi
}
must() { "$@" || { echo 'This should have worked. The demo stops here; please report it.' >&2; exit 1; }; }

printf 'Sekisho: card, PIN and finger at one checkpoint. A demo on this machine, in a room of its own.\n'

tell 'A city sets up a terminal' 'A demo CA issues two PIV cards; the terminal trusts that CA and gets its revocation list.'
card_make yamada
card_make suzuki
site_init
sed 's/^/      /' "$BENCH_TMP/init.log"

tell 'Two members of staff are registered'
os_account yamada
os_account suzuki
must run sekishoctl person add P001 --account yamada --name '山田 花子'
must run sekishoctl person add P002 --account suzuki --name '鈴木 一郎'

tell 'Their cards are enrolled' 'Each card proves its key with its PIN before it is believed.'
card_insert yamada
printf '    $ sekishoctl card enrol P001\n'
must card_enrol P001 yamada
sed 's/^/      /' "$BENCH_TMP/enrol.log"
printf '    $ sekishoctl card enrol P002\n'
must card_enrol P002 suzuki
sed 's/^/      /' "$BENCH_TMP/enrol.log"
card_insert yamada

tell 'A finger is enrolled: five touches that must match each other' 'The holder'"'"'s card and PIN come first: nobody adds a finger to somebody else.'
printf '    $ sekishoctl finger enrol P001 right-index\n'
must finger_enrol P001 right-index 1
sed 's/^/      /' "$BENCH_TMP/finger.log"

tell '山田さん logs in: card, PIN, finger' 'PAM asks, Sekisho decides.'
login_start login yamada $PIN_GOOD --session true
login_touch 1 11
expect in

tell 'A stranger'"'"'s finger on her card' 'The card is right, the PIN is right; three touches that are not hers.'
login_start login yamada
for i in 1 2 3; do
	login_touch 2 $((20 + i))
	login_saw "tries left|not recogni|known" $((i + 1)) 6
done
expect out

tell 'A wrong PIN'
login_start login yamada 999999
expect out

tell 'Somebody else'"'"'s card' 'Whose card it is is settled before any PIN is asked.'
card_insert suzuki
login_start login yamada
expect out
card_insert yamada

tell 'Too many wrong fingers: locked' 'Two more, and five are counted: each was charged before it was judged.'
login_start login yamada
for i in 1 2; do
	login_touch 2 $((40 + i))
	login_saw "tries left|known|Locked|locked" $((i + 1)) 6
done
expect out
login_start login yamada
expect out
tell 'The help desk checks who she is, and unlocks'
must run sekishoctl unlock --person P001 --reason 'identity checked at the desk'
login_start login yamada $PIN_GOOD --session true
login_touch 1 12
expect in

tell 'She reports her card lost: one command' 'It stops working at the next try, before any PIN is asked.'
must run sekishoctl card revoke --person P001 --reason lost
login_start login yamada
expect out

tell 'Everything above is in the audit log, and the log is whole'
run sekishoctl audit list --last 8
must run sekishoctl audit verify

cat <<'END'

That was the whole way, on real parts. What to type next:
  make help                 what else this Makefile can do
  sudo make test            every test, the fault matrix and 300 power cuts included
  mandoc -a host/man/sekishoctl.8
                            the administrator's tool
  README.md                 installing on a real terminal, the PAM lines, recovery; 日本語の手引きもあります
END
