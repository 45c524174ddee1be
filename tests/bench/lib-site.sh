# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A whole site in namespaces of its own: real pcscd, real libfprint, real Linux-PAM, the programs as
# `make install` lays them, a demo CA and virtual cards. Source it first thing in a script, then:
#
#   site_enter "$@"                namespaces, own /etc, /run and /var/lib (copies or empty), test build installed
#   site_init [OPTIONS…]           CA, CRL, configuration, sekishoctl init, user accounts, pcscd, sekishod
#   site_pinonly                   service pinonly (card+pin), person P001 yamada with card clerk
#   site_config_set SECTION KEY VALUE
#   sekishod_start | sekishod_stop | sekishod_kill
#   card_make NAME [OPTIONS…]      a PIV card in $CARDS/NAME
#   card_insert NAME | card_out    slot 0
#   person_make ID ACCOUNT [OPTIONS…]
#   card_enrol ID NAME [PIN]       card NAME is put in, enrolled with its PIN
#   finger_enrol ID FINGER SEED [PIN]
#   login_start SERVICE USER [PIN] [pamdrive options…]   in the background; log in $LOGIN_LOG
#   login_touch SEED IMPRESSION    waits until a touch is asked for, then touches
#   login_wait                     waits for its end; sets LOGIN_RESULT (PAM_…)
#   login SERVICE USER PIN SEED IMPRESSION               all of it
#   audit_has EVENT REASON         in the last 20 records
#   session_enter USER TTY         logs in at service login, and stays until session_leave
#   soon COMMAND…                  waits until it succeeds
#
# ok NAME COMMAND… / not_ok NAME COMMAND… / site_summary count and report.

SITE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SITE_TOP=$(cd "$SITE_DIR/../.." && pwd)
SITE_BUILD=${SITE_BUILD:-$SITE_TOP/build/test}
SITE_PREFIX=/run/sekisho-bench
BENCH_BIN=$SITE_BUILD/bench
export BENCH_BIN
# shellcheck source=tests/bench/lib-pcscd.sh
. "$SITE_DIR/lib-pcscd.sh"
# shellcheck source=tests/bench/lib-ok.sh
. "$SITE_DIR/lib-ok.sh"

SENSOR=/run/sekisho/virtual-sensor.sock
PIN_GOOD=123456
SEKISHOD_PID=
TOUCHES=0

site_fail() {
	printf 'site: %s\n' "$*" >&2
	[ -z "${BENCH_TMP:-}" ] || tail -n 5 "$BENCH_TMP/sekishod.log" >&2
	exit 99
}

# Everything that a script changes is in its own copies: nothing outside its namespace is touched.
site_enter() {
	bench_enter "$@"
	local multiarch module

	cp -a /etc "$BENCH_TMP/etc"
	mount --bind "$BENCH_TMP/etc" /etc || site_fail "can't lay over /etc"
	mount -t tmpfs -o mode=0755 run /run || site_fail "can't lay over /run"
	mkdir -p /run/pcscd /run/lock
	mkdir -p "$BENCH_TMP/lib"
	chmod 0755 "$BENCH_TMP" "$BENCH_TMP/lib"
	mount --bind "$BENCH_TMP/lib" /var/lib || site_fail "can't lay over /var/lib"
	make -s -C "$SITE_TOP" ${SITE_MAKE_FLAGS:-} B="${SITE_BUILD#"$SITE_TOP"/}" CONFIG_VIRTUAL_SENSOR=y CONFIG_VIRTUAL_CARD=y \
		prefix=$SITE_PREFIX install >"$BENCH_TMP/install.log" 2>&1 || {
		cat "$BENCH_TMP/install.log" >&2
		site_fail "make install failed"
	}
	if [ -n "${SITE_SANITIZED:-}" ]; then
		# The module, its driver and the daemon under ASan and UBSan; the helpers stay (seccomp knows no sanitizer).
		cp "$SITE_TOP/$SITE_SANITIZED/sekishod" $SITE_PREFIX/sbin/
		cp "$SITE_TOP/$SITE_SANITIZED/pam_sekisho.so" "$(find $SITE_PREFIX -name pam_sekisho.so)"
		mkdir -p "$BENCH_TMP/sanitized"
		cp "$SITE_TOP/$SITE_SANITIZED/bench/pamdrive" "$BENCH_TMP/sanitized/"
		export ASAN_OPTIONS=detect_leaks=0
	fi
	multiarch=$(gcc -print-multiarch)
	module=$SITE_PREFIX/lib/$multiarch/security/pam_sekisho.so
	PATH=$BENCH_TMP/sanitized:$SITE_PREFIX/sbin:$SITE_BUILD/bench:$PATH
	CARDS=$BENCH_TMP/cards
	mkdir -p "$CARDS" "$BENCH_TMP/pam.d"
	export PATH CARDS MODULE=$module
	getent group sekisho >/dev/null || echo 'sekisho:x:64017:' >>/etc/group
	getent passwd sekisho >/dev/null ||
		echo 'sekisho:x:64017:64017:Sekisho:/nonexistent:/usr/sbin/nologin' >>/etc/passwd
	install -d -o sekisho -g sekisho -m 0755 /run/sekisho
	pam_service login
}

# A stack in which Sekisho alone decides: SERVICE
pam_service() {
	cat >"$BENCH_TMP/pam.d/$1" <<-PAM
		auth     required $MODULE ${PAM_ARGS:-}
		account  required $MODULE
		session  required $MODULE
		password required $MODULE
	PAM
	cp "$BENCH_TMP/pam.d/$1" "/etc/pam.d/$1"
}

os_account() {
	local uid=$((64100 + $(wc -l </etc/passwd)))

	getent passwd "$1" >/dev/null && return 0
	echo "$1:x:$uid:100:$1:/tmp:/bin/sh" >>/etc/passwd
	echo "$1:*:19000:0:99999:7:::" >>/etc/shadow
}

site_ca() {
	[ -d "$BENCH_TMP/ca" ] || vcard-personalise ca --out "$BENCH_TMP/ca" --name 'SEKISHO DEMO CA' >"$BENCH_TMP/ca.log" 2>&1 ||
		site_fail "no CA: $(cat "$BENCH_TMP/ca.log")"
}

site_init() {
	site_ca
	sekishoctl init --anchor "$BENCH_TMP/ca/ca.crt" --terminal T-001 --site 'Demo City' --help-desk 'IT desk 1234' "$@" \
		>"$BENCH_TMP/init.log" 2>&1 || site_fail "init: $(cat "$BENCH_TMP/init.log")"
	pcscd_start
	sekishod_start
	site_crl 1
}

# The service pinonly asks for card and PIN; clerk is the card of P001, yamada. After site_init, with card clerk made.
site_pinonly() {
	site_config_set 'service pinonly' policy card+pin
	sekishod_stop
	sekishod_start
	pam_service pinonly
	person_make P001 yamada
	card_enrol P001 clerk || site_fail 'card enrol'
}

# A new list of the demo CA: NUMBER [--revoke CARDDIR]…
site_crl() {
	local number=$1
	shift

	vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/ca/crl-$number.der" --number "$number" "$@" \
		>"$BENCH_TMP/crl.log" 2>&1 || site_fail "crl: $(cat "$BENCH_TMP/crl.log")"
	sekishoctl crl import "$BENCH_TMP/ca/crl-$number.der" >"$BENCH_TMP/crl.log" 2>&1 ||
		site_fail "crl import: $(cat "$BENCH_TMP/crl.log")"
}

# SECTION KEY VALUE: takes effect at the next start.
site_config_set() {
	local file=/etc/sekisho/sekisho.conf

	awk -v section="[$1]" -v key="$2" -v value="$3" '
		function put() { if (!done) { print key " = " value; done = 1 } }
		/^\[/ { if (inside) put(); inside = ($0 == section) }
		inside && $0 ~ "^#? ?" key " *=" { put(); next }
		{ print }
		END { if (inside) put(); else if (!done) { print section; put() } }
	' $file >"$BENCH_TMP/conf.new" && cat "$BENCH_TMP/conf.new" >$file
}

sekishod_start() {
	local ticks=100

	setpriv --reuid sekisho --regid sekisho --clear-groups "$SITE_PREFIX/sbin/sekishod" >>"$BENCH_TMP/sekishod.log" 2>&1 &
	SEKISHOD_PID=$!
	until [ -S /run/sekisho/admin.sock ] && sekishoctl status >/dev/null 2>&1; do
		kill -0 "$SEKISHOD_PID" 2>/dev/null || site_fail "sekishod ended"
		[ "$ticks" -gt 0 ] || site_fail "sekishod does not answer"
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

sekishod_stop() {
	[ -n "$SEKISHOD_PID" ] || return 0
	kill -TERM "$SEKISHOD_PID" 2>/dev/null
	bench_reap "$SEKISHOD_PID" 5
	SEKISHOD_PID=
}

sekishod_kill() {
	[ -n "$SEKISHOD_PID" ] || return 0
	kill -KILL "$SEKISHOD_PID" 2>/dev/null
	wait "$SEKISHOD_PID" 2>/dev/null
	SEKISHOD_PID=
}

# What the library itself has started; a script with a bench_on_exit of its own calls it from there.
site_on_exit() {
	sekishod_stop
	! declare -F logind_stop >/dev/null || logind_stop
	[ -z "${SITE_LOG:-}" ] || cp "$BENCH_TMP/sekishod.log" "$SITE_LOG" 2>/dev/null
	return 0
}
bench_on_exit() { site_on_exit; }

card_make() {
	local name=$1
	shift

	site_ca
	vcard-personalise card --ca "$BENCH_TMP/ca" --out "$CARDS/$name" --cn "SEKISHO TEST $name" --serial-label "$name" \
		--alg p256 --pin $PIN_GOOD "$@" >"$BENCH_TMP/card.log" 2>&1 || site_fail "card: $(cat "$BENCH_TMP/card.log")"
}

# One emulator for the slot; a card is swapped in.
card_insert() {
	local name=$1
	shift

	if [ ! -f "$BENCH_TMP/vcard/slot0.pid" ]; then
		vcard_start slot0 --card "$CARDS/$name" "$@"
	elif [ "${CARD_IN:-}" != "$name" ]; then
		vcard_ctl slot0 swap "$CARDS/$name" >/dev/null
		sleep 1.1
	else
		vcard_ctl slot0 insert >/dev/null
	fi
	CARD_IN=$name
	pcscd_wait_card 0 present 10 || site_fail "card $name does not appear"
}

card_out() {
	vcard_ctl slot0 pull >/dev/null
	pcscd_wait_card 0 absent 10 || site_fail "the card does not leave"
}

person_make() {
	local id=$1 account=$2
	shift 2

	os_account "$account"
	sekishoctl person add "$id" --account "$account" --name "Test $id" "$@" >"$BENCH_TMP/person.log" 2>&1 ||
		site_fail "person add: $(cat "$BENCH_TMP/person.log")"
}

card_enrol() {
	card_insert "$2"
	sekishoctl card enrol "$1" --pin-fd 9 9<<<"${3:-$PIN_GOOD}" >"$BENCH_TMP/enrol.log" 2>&1
}

# Touches with impressions 0.. of the finger as often as asked.
finger_enrol() {
	local id=$1 finger=$2 seed=$3 pin=${4:-$PIN_GOOD} pid k=0

	sekishoctl finger enrol "$id" "$finger" --pin-fd 9 9<<<"$pin" >"$BENCH_TMP/finger.log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null && [ $k -lt 25 ]; do
		synthfinger --finger "$seed" --impression $k --send $SENSOR --wait-ready 3000 2>/dev/null && k=$((k + 1))
		sleep 0.1
	done
	wait "$pid"
}

login_start() {
	local service=$1 user=$2 pin=${3-$PIN_GOOD}
	shift 3 2>/dev/null || shift $#

	LOGIN_LOG=$BENCH_TMP/login.log
	: >"$LOGIN_LOG"
	TOUCHES=0
	pamdrive --confdir "$BENCH_TMP/pam.d" --service "$service" --user "$user" --pin-fd 9 "$@" 9<<<"$pin" \
		>"$LOGIN_LOG" 2>&1 &
	LOGIN_PID=$!
}

# Waits until the log of the log-in has PATTERN for the Nth time.
login_saw() {
	local pattern=$1 n=${2:-1} ticks=$((${3:-20} * 20))

	until [ "$(grep -cE "$pattern" "$LOGIN_LOG")" -ge "$n" ]; do
		kill -0 "$LOGIN_PID" 2>/dev/null || return 1
		[ "$ticks" -gt 0 ] || return 1
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

login_touch() {
	login_saw 'info: .*(sensor|センサー)' 1 || return 1
	TOUCHES=$((TOUCHES + 1))
	synthfinger --finger "$1" --impression "$2" --send $SENSOR --wait-ready 5000 2>/dev/null
}

login_wait() {
	bench_reap "$LOGIN_PID" "${1:-70}"
	LOGIN_RESULT=$(sed -n 's/^result=\([A-Z_]*\).*/\1/p' "$LOGIN_LOG")
	[ "$LOGIN_RESULT" = PAM_SUCCESS ]
}

login() {
	login_start "$1" "$2" "$3"
	login_touch "$4" "$5"
	login_wait
}

audit_has() {
	sekishoctl --json audit list --last 20 2>/dev/null | grep -q "\"event\": *\"$1\".*\"reason\": *\"$2\"" ||
		sekishoctl audit list --last 20 2>/dev/null | grep "$1" | grep -q "$2"
}

# A session that stays open until session_leave. USER TTY
session_enter() {
	rm -f "$BENCH_TMP/in" "$BENCH_TMP/leave"
	# It ends with the script, too: then its folder goes away.
	login_start login "$1" "$PIN_GOOD" --tty "$2" --session "touch $BENCH_TMP/in; while [ -e $BENCH_TMP/in ] && [ ! -e $BENCH_TMP/leave ]; do sleep 0.05; done"
	SESSION_PID=$LOGIN_PID
	local ticks=200
	until [ -e "$BENCH_TMP/in" ]; do
		kill -0 "$SESSION_PID" 2>/dev/null && [ "$ticks" -gt 0 ] || return 1
		ticks=$((ticks - 1))
		sleep 0.05
	done
}
session_leave() {
	touch "$BENCH_TMP/leave"
	bench_reap "$SESSION_PID" 20
}

# A waited-for condition. COMMAND…
soon() {
	local ticks=100

	until "$@"; do
		[ "$ticks" -gt 0 ] || return 1
		ticks=$((ticks - 1))
		sleep 0.05
	done
}

# Runs a command without its output.
quiet() { "$@" >/dev/null 2>&1; }

# Highest failure count among a person's counters.
failures() {
	sekishoctl --json person show "$1" | tr ',{' '\n\n' | sed -n 's/.*"failures": *\([0-9]*\).*/\1/p' | sort -rn | head -n 1
}

ok_explain() {
	[ -z "${LOGIN_LOG:-}" ] || sed 's/^/     | /' "$LOGIN_LOG"
	tail -n 3 "$BENCH_TMP/sekishod.log" 2>/dev/null | sed 's/^/     # /'
}

site_summary() { ok_summary; }
