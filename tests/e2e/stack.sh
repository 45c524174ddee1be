#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The programs that people meet: login, su, sudo, pamtester and an unprivileged screen locker, with the real stacks.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

card_make clerk
card_make chief
card_make other
site_init
# Whoever touches once with a wrong finger and gives up is waited for no longer than needed.
site_config_set timing finger 6
sekishod_stop
sekishod_start
person_make P001 yamada
person_make P002 suzuki --role privileged
person_make P003 sato
card_enrol P001 clerk || site_fail 'card enrol'
finger_enrol P001 right-index 1 || site_fail 'finger enrol'
card_insert chief
card_enrol P002 chief || site_fail 'card enrol'
finger_enrol P002 right-index 2 || site_fail 'finger enrol'
for s in su sudo login xlock; do pam_service $s; done
printf 'yamada ALL=(ALL) ALL\n' >>/etc/sudoers
CMD_LOG=$BENCH_TMP/command.log
chmod 0755 "$BENCH_TMP" "$BENCH_TMP/pam.d"

# PIN SEED [as USER] COMMAND: on a terminal of its own; types the PIN, touches once when asked to. Output in CMD_LOG.
with_person() {
	local pin=$1 seed=$2 pid ticks=300
	local -a who=()
	shift 2
	if [ "$1" = as ]; then
		who=(setpriv --reuid "$2" --regid users --init-groups)
		shift 2
	fi

	: >"$CMD_LOG"
	chmod 0666 "$CMD_LOG"
	(
		until grep -q PIN "$CMD_LOG" || [ "$ticks" -eq 0 ]; do sleep 0.05; ticks=$((ticks - 1)); done
		echo "$pin"
		exec sleep 12
	) | "${who[@]}" script -qfec "$*" "$CMD_LOG" >/dev/null 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ $ticks -gt 0 ]; do
		if grep -q sensor "$CMD_LOG"; then
			synthfinger --finger "$seed" --impression $((RANDOM % 20 + 10)) --send $SENSOR --wait-ready 3000 2>/dev/null
			break
		fi
		ticks=$((ticks - 1))
		sleep 0.05
	done
	wait $pid
}
as() { setpriv --reuid "$1" --regid users --init-groups "${@:2}"; }

card_insert chief
ok 'su: the target person'"'"'s card, PIN and finger' with_person $PIN_GOOD 2 as yamada su suzuki -c id\\ -un
ok 'su: the command ran as her' grep -q '^suzuki' "$CMD_LOG"
not_ok 'su: with somebody else'"'"'s finger' with_person $PIN_GOOD 1 as yamada su suzuki -c id\\ -un
card_insert clerk
not_ok 'su: with somebody else'"'"'s card' with_person $PIN_GOOD 1 as yamada su suzuki -c id\\ -un
ok 'sudo: the caller'"'"'s own card, PIN and finger' with_person $PIN_GOOD 1 as yamada sudo -k id -un
ok 'sudo: the command ran as root' grep -q '^root' "$CMD_LOG"
not_ok 'sudo: wrong PIN' with_person 999999 1 as yamada sudo -k id -un
ok 'login: whole log-in on a terminal' with_person $PIN_GOOD 1 login -p yamada
ok 'login: a session was opened' audit_has session-open ''
LOGIN_LOG=$CMD_LOG
cp "$BENCH_TMP/pam.d/login" /etc/pam.d/pamtest
ok 'pamtester: authenticate and account' with_person $PIN_GOOD 1 pamtester login yamada authenticate acct_mgmt
not_ok 'account: a person without a card is closed' pamtester login sato acct_mgmt
not_ok 'account: an unknown user is closed' pamtester login daemon acct_mgmt
not_ok 'password: refused politely' quiet pamtester login yamada chauthtok

# A screen locker runs as its user and may ask about nobody else.
locker() {
	LOGIN_LOG=$BENCH_TMP/locker.log
	TOUCHES=0
	as yamada pamdrive --confdir "$BENCH_TMP/pam.d" --service xlock --user "$1" --pin-fd 9 9<<<$PIN_GOOD >"$LOGIN_LOG" 2>&1 &
	LOGIN_PID=$!
}
locker yamada
login_touch 1 15
ok 'locker: an unprivileged process unlocks for its own user' login_wait
locker suzuki
not_ok 'locker: and for nobody else' login_wait
not_ok 'locker: nobody else'"'"'s card is even asked for' grep -q prompt "$LOGIN_LOG"

# The messages in Japanese, when the log-in speaks it.
PAM_ARGS=lang=C.UTF-8 pam_service japanese
LANGUAGE=ja LC_ALL=C.UTF-8 login japanese yamada $PIN_GOOD 1 16
ok 'messages come in Japanese' grep -q 'センサー' "$LOGIN_LOG"
cat "$LOGIN_LOG"
not_ok 'no socket of ours is writable by a stranger: admin' as yamada sekishoctl status
site_summary
