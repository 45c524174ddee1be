#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The session guard: the card leaves, is swapped, comes back, or can't be seen any more, and the session is locked or ended, or not.
# pcscd, sekisho-watch and the cards' answers are real; logind is python3-dbusmock's (bench/lib-logind.sh): that a screen locks isn't.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"
# shellcheck source=../bench/lib-logind.sh
. "$SITE_DIR/lib-logind.sh"
# shellcheck source=../bench/reader/lib-reader.sh
. "$SITE_DIR/reader/lib-reader.sh"
bench_on_exit() {
	[ -z "${RIVAL:-}" ] || kill "$RIVAL" 2>/dev/null
	site_on_exit
	reader_stop
	cardbridge_stop
}

restart() { sekishod_stop; sekishod_start; }
# [session] as wanted, taken up without a restart. CARD_OUT GRACE IDLE
policy() {
	site_config_set session card_out "$1"
	site_config_set session card_out_grace "$2"
	site_config_set session idle_lock "$3"
	kill -HUP "$SEKISHOD_PID"
	sekishoctl status >/dev/null
}
as() { setpriv --reuid "$1" --regid users --init-groups "${@:2}"; }
locks() { logind_calls LockSession; }
ends() { logind_calls TerminateSession; }
records() { LC_ALL=C sekishoctl audit list --last 60 2>/dev/null | sed 1d; }
# What was until now; the checks below look at what came since.
mark() {
	LOCKS=$(locks) ENDS=$(ends) SEQ=$(records | awk 'END { print $1 + 0 }') LOG_LINES=$(wc -l <"$BENCH_TMP/sekishod.log")
}
locked() { [ "$(locks)" -gt "$LOCKS" ]; }
ended() { [ "$(ends)" -ge $((ENDS + 1)) ]; }
untouched() { [ "$(locks)" -eq "$LOCKS" ] && [ "$(ends)" -eq "$ENDS" ]; }
# The locker has 10 s.
later() { soon "$@" || soon "$@" || soon "$@"; }
said() { tail -n "+$((LOG_LINES + 1))" "$BENCH_TMP/sekishod.log" | grep -Eq "$1"; }
# EVENT REASON
recorded() { records | awk -v seq="$SEQ" '$1 > seq' | grep -Eq " $1 .* $2 "; }
told() { grep -q "$1" "$LOGIN_LOG"; }
watch_pid() { pgrep -P "$SEKISHOD_PID" sekisho-watch; }
watch_anew() { [ -n "$(watch_pid)" ] && [ "$(watch_pid)" != "$WATCH" ]; }
no_helper() { ! pgrep -P "$SEKISHOD_PID" sekisho-card >/dev/null; }
# What the daemon itself has heard of a reader: SLOT card|empty. Only from then on "nothing happens" says something.
sees() { LC_ALL=C sekishoctl status 2>/dev/null | grep -Eq "^Virtual PCD 00 0$1 +$2"; }
# Waited for longer than soon does: SECONDS COMMAND…
eventually() {
	local until=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.2
	done
}
put_in() { vcard_ctl "$1" insert >/dev/null; pcscd_wait_card "${2:-0}" present 10; }
doctor_warns() { LC_ALL=C sekishoctl doctor 2>/dev/null | grep -Eq '^warn +card-out'; }
# A log-in, and the sessions of logind begin with it: USER TTY
enter() { session_enter "$@" && logind_began "${SESSIONS[@]}"; }
# A user's screen locker: USER
unlock() {
	as "$1" pamdrive --confdir "$BENCH_TMP/pam.d" --service xlock --user "$1" --pin-fd 9 9<<<$PIN_GOOD >"$BENCH_TMP/locker.log" 2>&1
}

# A user's program at the card: [OPTIONS…]. $! is itself, and not a shell around it that would die alone.
rival_start() {
	: >"$BENCH_TMP/rival.log"
	setpriv --reuid yamada --regid users --init-groups cardrival --hold 60000 "$@" >"$BENCH_TMP/rival.log" 2>&1 &
	RIVAL=$!
}
rival_holds() {
	soon test -s "$BENCH_TMP/rival.log"
	grep -q holding "$BENCH_TMP/rival.log" || { sed 's/^/     | /' "$BENCH_TMP/rival.log"; return 1; }
}

card_make clerk
card_make other
card_make third --no-9e
# What a copied certificate is worth: all of clerk but the keys.
cp -r "$CARDS/clerk" "$CARDS/copy"
cp "$CARDS/other/9e.key" "$CARDS/copy/9e.key"
logind_start
site_init
for s in login xlock; do site_config_set "service $s" policy card+pin; pam_service $s; done
site_config_set timing attempt 10
site_config_set timing pin 10
site_config_set timing finger 10
restart
chmod 0755 "$BENCH_TMP/pam.d"
person_make P001 yamada
person_make P002 suzuki
person_make P003 sato
card_enrol P001 clerk || site_fail 'card enrol'
card_enrol P002 other || site_fail 'card enrol'
card_enrol P003 third || site_fail 'card enrol'
logind_session c1 yamada x11 tty2
logind_session c2 yamada tty tty3
logind_session c3 suzuki x11 tty4
logind_session c4 sato x11 tty5
SESSIONS=(c1 c2 c3 c4)

# --- the card leaves ---------------------------------------------------------------------------------------------
card_insert clerk
ok 'the card logs in' enter yamada tty2
mark
card_out
ok 'pulled: the session is locked' soon locked
ok 'that one' logind_saw LockSession c1
ok 'with a record that says why' soon recorded guard-stop card-out
ok 'and none but that one' test "$(locks)" -eq $((LOCKS + 1)) -a "$(ends)" -eq "$ENDS"
not_ok 'without the card nobody unlocks' unlock yamada
put_in slot0
soon sees 0 card
sleep 1
ok 'that the card is back alone does nothing to a locked session' test "$(locks)" -eq $((LOCKS + 1))
ok 'the locker unlocks with card and PIN' unlock yamada
ok 'the session is held anew, with a record' soon recorded session-hold unlocked
mark
card_out
ok 'pulled again: locked again' soon locked
session_leave
not_ok 'logged out without a card in: no word about it' told 'still in the reader'

# --- where the kiosk's locker stands: its mark is believed, not logind's answer ------------------------------------------
install -d -m 0755 /run/sekisho-locker
: >/run/sekisho-locker/screen.sock
card_insert clerk
enter yamada tty2
mark
card_out
ok 'a locker that locks nothing: it is asked' logind_saw LockSession c1
ok 'and the session is ended' later ended
ok 'which the record says' soon recorded guard-stop 'card-out .*session-ended'
session_leave
card_insert clerk
enter yamada tty2
mark
printf c1 >/run/sekisho-locker/locked
card_out
ok 'one that has locked it, by its mark: locked' soon locked
ok 'which the record says' soon recorded guard-stop 'card-out .*session-locked'
sleep 1
ok 'and it is not ended' test "$(ends)" -eq "$ENDS"
session_leave
card_insert clerk
enter yamada tty2
mark
printf c3 >/run/sekisho-locker/locked
card_out
ok "somebody else's mark is none: ended" later ended
session_leave
card_insert clerk
enter yamada tty3
mark
printf c2 >/run/sekisho-locker/locked
card_out
ok 'a text console there: locked too' logind_saw LockSession c2
ok 'by its mark' soon locked
session_leave
card_insert clerk
enter yamada tty3
mark
rm /run/sekisho-locker/locked
card_out
ok 'a text console there that is not locked: ended' later ended
session_leave
rm -r /run/sekisho-locker

card_insert clerk
enter yamada tty3
mark
card_out
ok 'a text console can'"'"'t be locked: ended' logind_saw TerminateSession c2
session_leave
logind_pretend c2 Type x11
card_insert clerk
enter yamada tty3
mark
card_out
ok 'one that calls itself graphical since it began: ended all the same' soon ended
session_leave
logind_pretend c2 Display :0
card_insert clerk
enter yamada :0
mark
card_out
ok 'a display that another session claims: both are meant' soon locked
ok 'and no one alone' soon ended
session_leave
policy end 0s 0
card_insert clerk
enter yamada tty2
mark
card_out
ok 'card_out = end: a graphical session is ended' soon ended
session_leave
policy nothing 0s 0
card_insert clerk
enter yamada tty2
mark
card_out
soon sees 0 empty
sleep 1
ok 'card_out = nothing: nothing' untouched
ok 'which doctor warns about' doctor_warns
policy lock 0s 0
ok 'made lock while the card is out: locked' soon locked
session_leave

# --- grace, and who comes back -------------------------------------------------------------------------------------
policy lock 4s 0
card_insert clerk
enter yamada tty2
mark
card_out
soon said 'held -> grace'
sleep 1
ok 'within the grace nothing is locked' untouched
put_in slot0
ok 'the same card is back and proves itself' soon said 'session [0-9]+ of yamada: its card is back'
sleep 4
ok 'and nothing is locked at the end of the grace' untouched
mark
card_out
ok 'pulled and not back: locked when the grace is over' soon locked
session_leave

card_insert clerk
enter yamada tty2
mark
card_insert other
ok 'swapped for somebody else'"'"'s card: locked at once' soon locked
ok 'with its own reason' soon recorded guard-stop card-swapped
session_leave
card_insert clerk
enter yamada tty2
mark
card_insert copy
ok 'swapped for a copy with the same certificates: locked' soon locked
ok 'as swapped' soon recorded guard-stop card-swapped
session_leave
card_insert third
enter sato tty5
mark
card_out
soon said 'held -> grace'
put_in slot0
ok 'a card that can'"'"'t sign without PIN proves nothing' soon said 'of sato: the card in its reader proved nothing'
ok 'and is not believed before' untouched
ok 'locked at the end of the grace' soon locked
ok 'its PIN unlocks' unlock sato
session_leave

# --- what else takes the card out of sight ---------------------------------------------------------------------------
policy lock 0s 0
card_insert clerk
enter yamada tty2
mark
pcscd_kill
ok 'pcscd killed: locked' soon locked
ok 'with its own reason' soon recorded guard-stop service-down
rm -f /run/pcscd/pcscd.comm /run/pcscd/pcscd.pid
pcscd_start
pcscd_wait_card 0 present 10
soon sees 0 card
ok 'and unlocked when it is back' unlock yamada
mark
WATCH=$(watch_pid)
ok 'the watch runs' kill -0 "$WATCH"
not_ok 'a user can'"'"'t stop it' as yamada kill -KILL "$WATCH"
not_ok 'nor the daemon' as yamada kill -KILL "$SEKISHOD_PID"
kill -KILL "$WATCH"
ok 'the watch killed by root: locked' soon locked
ok 'with its own reason' soon recorded guard-stop watch-gone
ok 'it is started again' soon watch_anew
soon sees 0 card
ok 'and unlocked when it is back' unlock yamada
for how in transaction exclusive; do
	mark
	soon no_helper
	if [ $how = transaction ]; then rival_start; else rival_start --exclusive; fi
	ok "a user holds the card in a transaction ($how)" rival_holds
	card_out
	ok "pulled all the same ($how): locked" soon locked
	ok "and still held ($how)" kill $RIVAL
	wait $RIVAL 2>/dev/null
	RIVAL=''
	put_in slot0
	soon no_helper
	ok "and unlocked again ($how)" unlock yamada
done
session_leave

# --- two readers ---------------------------------------------------------------------------------------------------
vcard_ctl slot0 pull >/dev/null
pcscd_wait_card 0 absent 10
vcard_start slot1 --card "$CARDS/clerk" --port $VPCD_PORT_1
pcscd_wait_card 1 present 10
enter yamada tty2
card_insert other
soon sees 0 card
login_start login suzuki "$PIN_GOOD"
not_ok 'two cards in two readers: no log-in' login_wait
ok 'and the person is told' told 'more than one card'
mark
vcard_ctl slot0 pull >/dev/null
soon sees 0 empty
sleep 0.5
ok 'the card in the other reader leaves: nothing' untouched
vcard_ctl slot1 pull >/dev/null
ok 'the session'"'"'s own leaves: locked' soon locked
vcard_stop slot1
session_leave

# --- the daemon ends and starts again ----------------------------------------------------------------------------------
card_insert clerk
enter yamada tty2
mark
sekishod_kill
sekishod_start
ok 'killed and started: the card proves itself' soon said 'of yamada: its card is back'
sleep 15
ok 'and nothing is locked' untouched
mark
sekishod_kill
card_out
sekishod_start
ok 'pulled while no daemon ran: locked after the start' eventually 30 locked
ok 'with its own reason' soon recorded guard-stop restarted
session_leave
put_in slot0
enter yamada tty2
mark
sekishod_stop
head -c 16 /dev/urandom >"$BENCH_TMP/boot" && cat "$BENCH_TMP/boot" >/var/lib/sekisho/boot.mark
sekishod_start
ok 'as if the power had gone: the session of before is closed, with a record' soon recorded session-lost before-boot
card_out
soon sees 0 empty
sleep 1
ok 'and guarded no more' untouched
session_leave

# --- logind away, and a session that it doesn't know yet -----------------------------------------------------------------
put_in slot0
enter yamada tty2
logind_stop
mark
card_out
ok 'logind is gone: that is recorded' soon said 'card-out, and it could not be locked'
logind_start
LOCKS=$(locks)
logind_session c1 yamada x11 tty2
ok 'and made up for when it is back' soon locked
session_leave
put_in slot0
logind_stop
logind_start
SESSIONS=()
enter yamada tty2
mark
card_out
ok 'pulled before logind knew the session: asked for in vain' soon said 'stopping -> failed'
logind_session c1 yamada x11 tty2
ok 'locked as soon as it does' soon locked
session_leave
put_in slot0
logind_stop
logind_start
logind_session c2 yamada x11 tty7 42
enter yamada tty2
mark
card_out
ok 'the same while the account has an older session: that one is locked' logind_saw LockSession c2
ok 'and is not taken for it' soon said 'stopping -> failed'
ok 'which the record says' soon recorded guard-stop 'card-out .*not-there-yet'
logind_session c1 yamada x11 tty2
ok 'locked as soon as logind knows it' logind_saw LockSession c1
session_leave

# --- whose session it is: the process that opened it ----------------------------------------------------------------------
SESSIONS=()
put_in slot0
logind_stop
logind_start
enter yamada tty2
logind_session c1 yamada x11 tty2
logind_leader c1 "$SESSION_PID"
sleep 1.1
# The next log-in at the same terminal, as after a text session that was ended.
logind_session c2 yamada x11 tty2
logind_leader c2 1
mark
card_out
ok 'of two sessions at one terminal the one of its opener is locked' logind_saw LockSession c1
soon recorded guard-stop card-out
ok 'and not that of another one that came later' test "$(locks)" -eq $((LOCKS + 1)) -a "$(ends)" -eq "$ENDS"
logind_ended c1
put_in slot0
soon sees 0 card
ok 'unlocked' unlock yamada
mark
card_out
ok 'it has ended, and its opener has not: asked for in vain' soon said 'stopping -> failed'
sleep 1
ok 'the later one is left alone' untouched
logind_session c1 yamada x11 tty2
logind_leader c1 "$SESSION_PID"
mark
kill -KILL "$SESSION_PID"
bench_reap "$SESSION_PID" 5
sleep 3
ok 'its opener has died, logind still has it: it stays open' test -z "$(records | awk -v seq="$SEQ" '$1 > seq' | grep session-lost)"
logind_ended c1
ok 'logind has it no more: it is closed, with a record' eventually 15 recorded session-lost opener-gone
rm -f "$BENCH_TMP/in"
put_in slot0
enter yamada tty2
mark
kill -KILL "$SESSION_PID"
bench_reap "$SESSION_PID" 5
ok 'an opener that dies with its session: closed soon' soon recorded session-lost opener-gone
rm -f "$BENCH_TMP/in"
logind_knows_none LockSession
put_in slot0
enter yamada tty2
logind_session c1 yamada x11 tty2
logind_leader c1 "$SESSION_PID"
mark
card_out
ok 'one that ends while it is being locked' soon said 'stopping -> failed'
not_ok 'is no failure of logind' said 'could not be locked'
session_leave
logind_stop
logind_start
logind_session c1 yamada x11 tty2
SESSIONS=(c1)

# --- log-out with the card in ------------------------------------------------------------------------------------------
put_in slot0
enter yamada tty2
mark
session_leave
ok 'logged out with the card in: the person is told' told 'still in the reader'
ok 'after 30 s it is recorded' eventually 40 recorded card-left left-in-reader
enter yamada tty2
mark
session_leave
card_out
sleep 31
not_ok 'taken along: no record' recorded card-left left-in-reader

# --- nobody works -------------------------------------------------------------------------------------------------------
policy lock 0s 1m
put_in slot0
enter yamada tty2
mark
sleep 11
ok 'not idle: nothing' untouched
logind_call /org/freedesktop/login1/session/c1 org.freedesktop.DBus.Mock UpdateProperties 'sa{sv}' org.freedesktop.login1.Session 2 \
	IdleHint b true IdleSinceHintMonotonic t 1
# Idle since long ago, but whoever comes to a session works: the minute counts from the log-in.
ok 'idle for longer than idle_lock: locked' eventually 80 locked
ok 'with its own reason' soon recorded guard-stop idle
sleep 11
ok 'once' test "$(locks)" -eq $((LOCKS + 1))
session_leave

# --- asleep in mid-attempt -------------------------------------------------------------------------------------------------
policy lock 0s 0
put_in slot0
login_start login yamada "$PIN_GOOD" --answer-delay-ms 2000
ok 'the PIN is asked' soon told '^prompt'
kill -STOP "$SEKISHOD_PID"
card_out
sleep 3
kill -CONT "$SEKISHOD_PID"
not_ok 'stopped in mid-attempt, the card pulled meanwhile: denied' login_wait
ok 'and the person is told' told 'taken out too early'
put_in slot0
login_start login yamada "$PIN_GOOD" --answer-delay-ms 4000
ok 'the PIN is asked' soon told '^prompt'
kill -STOP "$SEKISHOD_PID"
sleep 11
kill -CONT "$SEKISHOD_PID"
not_ok 'stopped until its time was up, the PIN typed meanwhile: denied' login_wait
ok 'and the person is told' told 'Time is up'
ok 'and nothing is counted against anybody' test "$(failures P001)" -eq 0

# --- our own reader, as a process, behind libccid ---------------------------------------------------------------------------
vcard_stop slot0
pcscd_stop
BENCH_SLOTS=1
cardbridge_start
vcard_start slot0 --card "$CARDS/clerk"
reader_linux_start
reader_pcscd apdu
pcscd_start
pcscd_wait_card 0 present 15
enter yamada tty2
mark
# A session that opens while the watch has not seen pcscd yet is proven within three seconds.
sleep 4
ok 'opened right after pcscd came back: nothing' untouched
vcard_ctl slot0 pull >/dev/null
ok 'pulled from our own reader: locked' soon locked
session_leave
ok 'C-TAMPER: the audit chain verifies' quiet sekishoctl audit verify
logind_stop
site_summary
