#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A desk that two persons share, with real PAM, pcscd and libfprint: log-in, screen lock and take-over, who was there when; and cards
# that are lent for some days. Tests are named after the clause they show.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

said() { grep -Eq "$1" "$LOGIN_LOG"; }
# Of the newest attempt, not of any: REASON
denied_for() {
	sekishoctl --json audit list --last 5 | grep '"event": "attempt-' | tail -n 1 | grep -q "\"event\": \"attempt-denied\".*\"reason\": \"$1\""
}
for c in hanako taro other lent away; do card_make $c; done
site_init
# The log-in asks for card and PIN; the locker (service xlock) for all three, as everything that isn't named.
site_config_set 'service counter' policy card+pin
site_config_set 'role staff' session_max 4h
site_config_set timing finger 6
sekishod_stop
sekishod_start
pam_service counter
pam_service xlock
chmod 0755 "$BENCH_TMP" "$BENCH_TMP/pam.d"
person_make P001 yamada
person_make P002 suzuki
person_make P003 sato
os_account window
card_enrol P001 hanako || site_fail 'card enrol'
finger_enrol P001 right-index 1 || site_fail 'finger enrol'
card_enrol P002 taro || site_fail 'card enrol'
finger_enrol P002 right-index 2 || site_fail 'finger enrol'
card_enrol P003 other || site_fail 'card enrol'

# A card that is lent until the next minute but one; its end comes while the rest is tried.
lent_end=$(date -d '+2 minutes' '+%Y-%m-%d %H:%M')
lend() { # NUMBER CARD OPTIONS…
	local number=$1

	card_insert "$2"
	shift 2
	quiet sekishoctl card enrol "$number" --temporary "$@" --pin-fd 9 9<<<"$PIN_GOOD"
}
not_ok 'C-TEMP: no temporary card without a last day' lend P003 lent
not_ok 'C-TEMP: nor for more than 31 days' lend P003 lent --until "$(date -d '+33 days' +%F)"
not_ok 'C-TEMP: nor one that is over' lend P003 lent --until "$(date -d '-1 day' +%F)"
not_ok 'a last day makes no card a temporary one by itself' quiet sekishoctl card enrol P003 --until "$(date -d '+3 days' +%F)" --pin-fd 9 9<<<"$PIN_GOOD"
ok 'C-TEMP: a temporary card is enrolled' lend P003 lent --until "$lent_end"
ok 'C-TEMP: that is a record of its own' audit_has admin card-enrol-temporary
ok 'C-TEMP: card list shows its end and its terminal' grep -q '"temporary_until": "2.*"terminals": "T-001"' <(sekishoctl --json card list --person P003)

counter() { # USER CARD [OPTIONS…]: log-in with card and PIN
	local user=$1

	card_insert "$2"
	shift 2
	login_start counter "$user" "$PIN_GOOD" "$@"
	login_wait
}
ok 'C-TEMP: and it logs in, with PIN' counter sato lent --acct
ok 'C-TEMP: its end is told' said 'expires on'
ok 'C-TEMP: the grant is marked' grep -q 'temporary card' <(sekishoctl --json audit list --last 5)

# --- the list ---
not_ok 'C-SHARED-ID: without a list nobody opens the account' counter window hanako
ok 'C-SHARED-ID: two persons share an account' quiet sekishoctl shared add window P001 P002 --reason reception
not_ok 'C-SHARED-ID: a person'"'"'s own account is no shared one' quiet sekishoctl shared add yamada P002 --reason x
not_ok 'C-SHARED-ID: and a shared one is nobody'"'"'s own' quiet sekishoctl person add P009 --account window --name x
ok 'C-SHARED-ID: each change is a record with its reason' grep -q '"shared-add".*reception' <(sekishoctl --json audit list --last 5)
ok 'the list is shown' test "$(sekishoctl --json shared list window | grep -c '"kind": "shared"')" -eq 2

ok 'C-SHARED-ID: the first opens it with her own card' counter window hanako --acct
ok 'C-SHARED-ID: it is the shared account' said '^result=PAM_SUCCESS user=window'
ok 'C-SHARED-ID: the record has person and account' grep -q '"attempt-granted".*"person": "P001", "account": "window"' <(sekishoctl --json audit list --last 3)
not_ok 'C-SHARED-ID: who isn'"'"'t on the list is refused' counter window other
not_ok 'C-SHARED-ID: before a PIN is asked' said '^prompt'
ok 'C-SHARED-ID: with its reason in the log' denied_for not-on-list
refusal=$(grep -v reference "$LOGIN_LOG")
not_ok 'her card doesn'"'"'t open a colleague'"'"'s account' counter suzuki other
ok 'and both refusals look the same' test "$(grep -v reference "$LOGIN_LOG" | sed 's/suzuki/window/')" = "$refusal"
ok 'account check: a shared account that somebody can open is open' quiet pamtester counter window acct_mgmt
not_ok 'account check: the shared account of nobody is closed' quiet pamtester counter nobody-here acct_mgmt

# --- one desktop, two persons ---
# Opens the desk and stays there until desk_leave.
desk_open() { # CARD
	rm -f "$BENCH_TMP/leave"
	card_insert "$1"
	DESK_LOG=$BENCH_TMP/desk.log
	: >"$DESK_LOG"
	pamdrive --confdir "$BENCH_TMP/pam.d" --service counter --user window --tty :0 --pin-fd 9 --acct \
		--session "while [ -e $BENCH_TMP ] && [ ! -e $BENCH_TMP/leave ]; do sleep 0.1; done" 9<<<"$PIN_GOOD" >"$DESK_LOG" 2>&1 &
	DESK_PID=$!
	for _ in $(seq 100); do
		grep -q '^open_session=' "$DESK_LOG" && break
		sleep 0.1
	done
	grep -q '^open_session=PAM_SUCCESS' "$DESK_LOG"
}
desk_leave() {
	touch "$BENCH_TMP/leave"
	bench_reap "$DESK_PID" 10
	grep -q '^close_session=PAM_SUCCESS' "$DESK_LOG"
}
# The screen locker runs as the shared account: CARD FINGER IMPRESSION [USER]
unlock() {
	card_insert "$1"
	LOGIN_LOG=$BENCH_TMP/locker.log
	: >"$LOGIN_LOG"
	setpriv --reuid window --regid users --init-groups pamdrive --confdir "$BENCH_TMP/pam.d" --service xlock --user "${4:-window}" \
		--pin-fd 9 --acct 9<<<"$PIN_GOOD" >"$LOGIN_LOG" 2>&1 &
	LOGIN_PID=$!
	login_touch "$2" "$3"
	login_wait
}
# Persons at the desk, as the tool says: [OPTIONS…]
at_desk() { sekishoctl --json shared who window "$@" | sed -n 's/.*"person": "\([A-Z0-9]*\)".*/\1/p' | xargs; }

ok 'C-SHARED-ID: nobody is at the desk yet' test -z "$(at_desk)"
before=$(date +%s)
ok 'C-SHARED-ID: the first sits down' desk_open hanako
ok 'C-SHARED-ID: the screen says whose turn it is' grep -q 'At the desk now: Test P001' "$DESK_LOG"
ok 'C-PRIV: the session has the time limit of her role' grep -q '240 minutes' "$DESK_LOG"
ok 'C-SHARED-ID: she is at the desk' test "$(at_desk)" = P001
sleep 1.1
at_first=$(date +%s)
sleep 1.1
ok 'C-SHARED-ID: the next unlocks the same screen with card, PIN and finger' unlock taro 2 11
ok 'C-SHARED-ID: and is told that it is his turn' said 'At the desk now: Test P002'
ok 'C-SHARED-ID: the take-over is an event: who before, who now' grep -q '"desk-taken".*"person": "P002", "account": "window".*from P001 to P002' <(sekishoctl --json audit list --last 3)
ok 'C-SHARED-ID: he is at the desk' test "$(at_desk)" = P002
ok 'C-SHARED-ID: the session is the same one' kill -0 "$DESK_PID"
ok 'the account check is about him' said '^acct=PAM_SUCCESS'
not_ok 'C-SHARED-ID: with somebody else'"'"'s finger: refused' unlock taro 1 12
not_ok 'C-SHARED-ID: not on the list: refused' unlock other 1 12
not_ok 'C-SHARED-ID: no PIN was asked' said '^prompt'
not_ok 'a locker asks about its own account only' unlock hanako 1 13 yamada
ok 'C-SHARED-ID: and he is still the one' test "$(at_desk)" = P002
sleep 1.1
at_second=$(date +%s)
sleep 1.1
ok 'C-SHARED-ID: she comes back' unlock hanako 1 14
ok 'C-SHARED-ID: who was there at the first time' test "$(at_desk --at "@$at_first")" = P001
ok 'C-SHARED-ID: and at the second' test "$(at_desk --at "@$at_second")" = P002
ok 'C-SHARED-ID: and now' test "$(at_desk)" = P001
ok 'C-SHARED-ID: a minute is asked about as a whole' grep -q P001 <(at_desk --at "$(date -d "@$at_first" '+%F %H:%M')")
ok 'C-SHARED-ID: and a day' test "$(at_desk --at "$(date -d "@$at_first" +%F)")" = 'P001 P002 P001'
not_ok 'a time that is none is refused' quiet sekishoctl shared who window --at yesterday
not_ok 'and so are two ways to say when' quiet sekishoctl shared who window --at "@$at_first" --from "$(date +%F)"
ok 'C-SHARED-ID: nobody before' test -z "$(at_desk --at "@$((before - 60))")"
ok 'C-SHARED-ID: over the whole day, three times' test "$(at_desk --from "$(date -d '-1 day' +%F)" --until "$(date -d '+1 day' +%F)")" = 'P001 P002 P001'
ok 'the table for people has the name' grep -q 'P001.*Test P001' <(sekishoctl shared who window)

# --- each with counters of her own ---
login_wrong() { # CARD
	card_insert "$1"
	login_start counter window 999999
	login_wait
}
not_ok 'a wrong PIN is denied' login_wrong taro
ok 'C-SHARED-ID: it counts for him' test "$(failures P002)" -ge 1
ok 'C-SHARED-ID: and not for her' test "$(failures P001)" = 0

# --- suspended, retired, off the list ---
ok 'C-SUSPEND: suspend' quiet sekishoctl person suspend P002 --reason leave
not_ok 'C-SUSPEND: he unlocks no shared desk' unlock taro 2 15
ok 'C-SUSPEND: with its reason in the log' denied_for person-suspended
ok 'C-SUSPEND: reinstate' quiet sekishoctl person reinstate P002 --reason back
ok 'C-SHARED-ID: off the list' quiet sekishoctl shared remove window P001 --reason moved
not_ok 'C-SHARED-ID: she opens it no more' unlock hanako 1 16
ok 'her own account is as ever' counter yamada hanako
ok 'he goes on' unlock taro 2 16
ok 'the session ends' desk_leave
ok 'its end is recorded for who sat there last' grep -q '"session-close".*"person": "P002"' <(sekishoctl --json audit list --last 2)
ok 'C-SHARED-ID: nobody is at the desk' test -z "$(at_desk)"
ok 'he alone is left to open it' quiet pamtester counter window acct_mgmt
ok 'C-RETIRE: retire' quiet sekishoctl person retire P002 --reason moved
not_ok 'C-RETIRE: a retired person opens no shared account' counter window taro
not_ok 'C-RETIRE: nobody is left to open it' quiet pamtester counter window acct_mgmt

# --- a session into a shared account comes with an attempt ---
quiet sekishoctl shared add window P001 --reason back
printf 'auth required pam_permit.so\naccount required %s\nsession required %s\n' "$MODULE" "$MODULE" >"$BENCH_TMP/pam.d/permit"
login_start permit window x --acct --session true
not_ok 'C-SHARED-ID: another module'"'"'s yes opens no session' login_wait
ok 'it is the session that is refused' said '^open_session=PAM_SESSION_ERR'

# --- the terminal of a desk ---
site_config_set terminal account window
sekishod_stop
sekishod_start
ok 'C-SHARED-ID: without a name the desk'"'"'s account opens' counter '' hanako
ok 'C-SHARED-ID: it is the shared one' said '^result=PAM_SUCCESS user=window'
ok 'doctor looks at the account of the desk' grep -q '"status": "ok", "check": "desk"' <(sekishoctl --json doctor)
not_ok 'C-SHARED-ID: and for nobody else' counter '' other
ok 'with its reason' denied_for not-on-list
ok 'whoever names her own account gets it' counter sato other

# --- temporary cards ---
until [ "$(date +%s)" -gt "$(date -d "$lent_end" +%s)" ]; do sleep 1; done
not_ok 'C-TEMP: past its end it is refused' counter sato lent
not_ok 'C-TEMP: before a PIN is asked' said '^prompt'
ok 'C-TEMP: with its reason in the log' denied_for temporary-card-ended
ok 'C-TEMP: card list says so' grep -q '"status": "ended"' <(sekishoctl --json card list --person P003)
lent=$(sekishoctl --json card list --person P003 | sed -n 's/.*"card": "\([0-9a-f]*\)".*"temporary_until": "2.*/\1/p')
ok 'C-CARD-LIFE: it is handed back' quiet sekishoctl card return "$lent" --reason 'end of the week'
ok 'C-CARD-LIFE: and destroyed' quiet sekishoctl card destroy "$lent" --reason shredded
ok 'C-TEMP: a card for another terminal' lend P003 away --until "$(date -d '+1 day' +%F)" --terminal T-008 --terminal T-009
not_ok 'C-TEMP: counts there, and not here' counter sato away
not_ok 'C-TEMP: no PIN is asked' said '^prompt'
ok 'C-TEMP: with its reason' denied_for temporary-card-elsewhere

# A time that was seen once counts as passed, whatever the clock says now.
card_make clock
ok 'C-TEMP: a card until tomorrow' lend P003 clock --until "$(date -d '+1 day' +%F)"
ok 'C-TEMP: good today' counter sato clock
sekishod_stop
printf 'sekisho-clock 1 %d\n' $(($(date +%s) + 3 * 86400)) >/var/lib/sekisho/clock.mark
chown sekisho:sekisho /var/lib/sekisho/clock.mark
sekishod_start
not_ok 'C-TEMP: a clock that goes back makes it no fresher' counter sato clock
ok 'C-TEMP: it has ended' denied_for temporary-card-ended
ok 'C-TAMPER: the audit chain verifies' quiet sekishoctl audit verify
site_summary
