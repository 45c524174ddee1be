#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The profile of pam-auth-update, switched on and off as an administrator does, on Debian's own stacks: who gets in with what,
# what is refused, and that a removal which is refused has changed nothing.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
LOGIN_STACK=$(cat /etc/pam.d/login)
DEBCONF_DB=$(mktemp -d)
cp -a /var/cache/debconf/. "$DEBCONF_DB"
site_enter "$@"

PASSWORD=old-password
# pam-auth-update's places: profiles (Debian's own and ours), its memory, debconf's; and the module where the stacks look for it.
lay_over() { # FOLDER: a copy of it in its place
	local copy

	copy=$BENCH_TMP/over$(echo "$1" | tr / -)
	cp -aL "$1" "$copy" && mount --bind "$copy" "$1" || site_fail "can't lay over $1"
}
lay_over /usr/share/pam-configs
find /usr/share/pam-configs -type f ! -name unix -delete
cp "$SITE_TOP/pam_module/sekisho.pam-config" /usr/share/pam-configs/sekisho
mount --bind "$DEBCONF_DB" /var/cache/debconf || site_fail "can't lay over debconf's folder"
security=/usr/lib/$(gcc -print-multiarch)/security
lay_over "$security"
cp "$MODULE" "$security/"
mkdir -p /var/lib/pam
printf '%s\n' "$LOGIN_STACK" >/etc/pam.d/login
export DEBIAN_FRONTEND=noninteractive
pam-auth-update --force --package >"$BENCH_TMP/update.log" 2>&1 || site_fail "pam-auth-update: $(cat "$BENCH_TMP/update.log")"

for c in clerk chief other; do card_make $c; done
site_init
site_config_set timing attempt 20
site_config_set timing pin 15
site_config_set timing finger 6
sekishod_stop
sekishod_start
person_make P001 yamada
card_enrol P001 clerk || site_fail 'card enrol'
finger_enrol P001 right-index 1 || site_fail 'finger enrol'
hash=$(openssl passwd -6 "$PASSWORD")
sed -i -E "s|^(yamada):[^:]*:|\1:$hash:|" /etc/shadow

OUT=$BENCH_TMP/ctl.log
ctl() { # STATUS COMMAND…: sekishoctl with this exit status; what it said is in OUT
	local want=$1 status=0

	shift
	LC_ALL=C sekishoctl "$@" >"$OUT" 2>&1 || status=$?
	[ "$status" -eq "$want" ]
}
is_on() { grep -q pam_sekisho /etc/pam.d/common-auth && grep -q pam_sekisho /etc/pam.d/common-account && grep -q pam_sekisho /etc/pam.d/common-session; }
is_off() { ! grep -q pam_sekisho /etc/pam.d/common-*; }
attempt() { # SECRET: at Debian's own stack of login, account phase and session as well; its result is in LOGIN_LOG
	LOGIN_LOG=$BENCH_TMP/login.log
	timeout 60 pamdrive --confdir /etc/pam.d --service login --user yamada --tty tty2 --acct --session true --pin-fd 9 9<<<"$1" >"$LOGIN_LOG" 2>&1
}
with_all() { # SECRET
	attempt "$1" &
	local pid=$!
	synthfinger --finger 1 --impression 15 --send $SENSOR --wait-ready 15000 2>/dev/null
	wait $pid
}
account() { timeout 30 pamtester "$1" "$2" acct_mgmt >"$BENCH_TMP/account.log" 2>&1; }
open_stack() { printf 'auth sufficient pam_permit.so\n@include common-auth\n@include common-account\n' >/etc/pam.d/open; }

# --- switching on --------------------------------------------------------------------------------------------------
ok 'before: the password opens a session' attempt $PASSWORD
ok 'no switching on while nobody privileged has a card' ctl 6 pam enable
ok 'and that is said' grep -q 'nobody could log in' "$OUT"
ok 'nothing was changed' is_off
person_make P002 suzuki --role privileged
card_enrol P002 chief || site_fail 'card enrol'
finger_enrol P002 right-index 2 || site_fail 'finger enrol'
open_stack
ok 'no switching on beside a stack that something else opens' ctl 6 pam enable
ok 'the stack is named' grep -q 'pam.open' "$OUT"
ok 'and it is taken back' is_off
rm /etc/pam.d/open
sed -i "/pam_deny.so/i auth optional pam_warn.so" /etc/pam.d/common-auth
ok 'stacks changed by hand: pam-auth-update leaves them alone, and that is no success' ctl 6 pam enable
ok 'they stay as they were' is_off
sed -i /pam_warn/d /etc/pam.d/common-auth
ok 'switched on' ctl 0 pam enable
ok 'in auth, account and session' is_on
ok 'pam check: login asks for a card' ctl 0 pam check login

# --- who gets in -----------------------------------------------------------------------------------------------------
card_insert other
not_ok 'the password opens nothing: a card that nobody has registered' attempt $PASSWORD
card_insert clerk
not_ok 'nor as PIN of the right card' attempt $PASSWORD
ok 'card, PIN and finger open a session' with_all $PIN_GOOD
card_out
not_ok 'without a card nobody gets in' attempt $PASSWORD
ok 'root, who is none of ours, keeps account and session (cron)' account cron root
ok 'so does yamada, who is' account cron yamada
# pam_unix ends the account phase when a password has expired.
chage -d 0 yamada
not_ok 'her expired password is said' account cron yamada
ok 'as that' grep -q 'new one required' "$BENCH_TMP/account.log"
quiet sekishoctl person suspend P001 --reason test || site_fail 'person suspend'
not_ok 'suspended, she is refused' account cron yamada
not_ok 'by us, before pam_unix asks for another password' grep -q 'new one required' "$BENCH_TMP/account.log"
quiet sekishoctl person reinstate P001 --reason test || site_fail 'person reinstate'
chage -d 2026-01-01 yamada

# --- on, and something else opens --------------------------------------------------------------------------------------
open_stack
ok 'switched on once more beside an open stack: said' ctl 6 pam enable
ok 'and left on: passwords must not come back by themselves' is_on
rm /etc/pam.d/open

# --- off -----------------------------------------------------------------------------------------------------------------
PRERM=$SITE_TOP/host/debian/libpam-sekisho.prerm
printf 'auth required pam_sekisho.so\n' >/etc/pam.d/swaylock
not_ok 'the package is not removed while a stack written by hand names the module' sh "$PRERM" remove 2>"$OUT"
ok 'the stack is named' grep -q swaylock "$OUT"
ok 'and cards are still asked for' is_on
mv /etc/pam.d/swaylock /etc/pam.d/swaylock.dpkg-old
ok "dpkg's left-overs are none" sh "$PRERM" remove
ok 'with the package the profile goes' is_off
ok 'and the password opens a session again' attempt $PASSWORD
ok 'on again' ctl 0 pam enable
ok 'and off by command' ctl 0 pam disable
ok 'off' is_off
site_summary
