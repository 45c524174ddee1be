#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Sekisho's figures beside those of libpam-pkcs11 and libpam-p11 (both with OpenSC, as Debian ships them), on the same
# virtual card behind the same pcscd, with the aims. One run, one table:
#
#   what a log-in says to the card     APDUs and bytes, certificate known and not known yet, two keys, two kinds of card
#   how long pam_authenticate() takes  PIN answered at once; in rounds of one log-in each, so that all three meet the
#                                      same noise, and the ratio is taken round by round
#   what a module loads into login     shared libraries and KiB, when opened and at the PIN prompt
#   how good synthetic fingers are told apart
#
# A missed aim is printed, it is no failure. Exit status 1: something could not be measured; it is said what.
#
#   RUNS=15 DELAY_MS=20 figures.sh
. "$(dirname "$0")/lib-site.sh"
# Asked before the site has a /var/lib of its own.
VERSIONS=$(dpkg-query -W -f '${Package} ${Version}  ' libpam-pkcs11 libpam-p11 opensc-pkcs11 2>/dev/null)
site_enter "$@"
# The card keeps its counters without waiting for a disk: that would be the bench's time, not theirs.
CARDS=/run/figures-cards
mkdir -p $CARDS
# Ours are children of ours; nothing else needs ending.
bench_on_exit() { sekishod_stop; }

RUNS=${RUNS:-15}
DELAY_MS=${DELAY_MS:-20}
OPENSC=/usr/lib/$(gcc -print-multiarch)/opensc-pkcs11.so
MODULES='sekisho pkcs11 p11'
KEYS='p256 rsa2048'
declare -A USER_OF=([p256]=yamada [rsa2048]=suzuki) SO=() GOT=()
UNMEASURED=()

unmeasured() { UNMEASURED+=("$*"); }

# --- the three of them on one card ----------------------------------------------------------------------------------

figures_account() {
	local home=$BENCH_TMP/home/$1

	echo "$1:x:$2:100:$1:$home:/bin/sh" >>/etc/passwd
	echo "$1:*:19000:0:99999:7:::" >>/etc/shadow
	install -d -m 0755 "$BENCH_TMP/home"
	install -d -o "$2" -m 0755 "$home" "$home/.eid"
}

# As its README says: certificates of the user's own choice, no chain, no CRL.
pam_p11_setup() {
	local key

	for key in $KEYS; do
		cp "$CARDS/$key/9a.crt" "$BENCH_TMP/home/${USER_OF[$key]}/.eid/authorized_certificates"
	done
	echo "auth required pam_p11.so $OPENSC" >"$BENCH_TMP/pam.d/p11"
}

# Chain and signature, as near to what Sekisho checks as it goes; the name in the certificate is the user.
pam_pkcs11_setup() {
	local dir=/etc/pam_pkcs11 key

	mkdir -p $dir/cacerts $dir/crls
	cat >$dir/pam_pkcs11.conf <<-CONF
		pam_pkcs11 {
		  nullok = false;
		  debug = false;
		  card_only = false;
		  use_pkcs11_module = opensc;
		  pkcs11_module opensc {
		    module = $OPENSC;
		    description = "OpenSC";
		    slot_description = "none";
		    support_threads = false;
		    ca_dir = $dir/cacerts;
		    crl_dir = $dir/crls;
		    cert_policy = ca,signature;
		    token_type = "Smart card";
		  }
		  use_mappers = cn;
		  mapper cn {
		    debug = false;
		    module = internal;
		    ignorecase = false;
		    mapfile = file://$dir/cn_map;
		  }
		}
	CONF
	for key in $KEYS; do echo "SEKISHO TEST $key -> ${USER_OF[$key]}"; done >$dir/cn_map
	cp "$BENCH_TMP/ca/ca.crt" $dir/cacerts/ca.pem
	pkcs11_make_hash_link $dir/cacerts >/dev/null
	echo 'auth required pam_pkcs11.so' >"$BENCH_TMP/pam.d/pkcs11"
}

module_file() {
	local file

	case $1 in
	sekisho) echo "$MODULE" ;;
	*) for file in {/usr,}/lib/"$(gcc -print-multiarch)"/security/pam_"$1".so; do
		[ ! -f "$file" ] || { echo "$file"; return; }
	done ;;
	esac
}

figures_setup() {
	local key id=1 uid=64201

	for key in $KEYS; do
		card_make "$key" --alg "$key"
		cp -r "$CARDS/$key" "$CARDS/$key-renewed"
		card_make "$key-renewed" --renew --cn "SEKISHO TEST $key" --alg "$key"
		figures_account "${USER_OF[$key]}" $uid
		uid=$((uid + 1))
	done
	site_init
	site_config_set 'service sekisho' policy card+pin
	sekishod_stop
	sekishod_start
	pam_service sekisho
	echo 'auth required pam_permit.so' >"$BENCH_TMP/pam.d/nothing"
	pam_p11_setup
	pam_pkcs11_setup
	for key in $KEYS; do
		person_make "P00$id" "${USER_OF[$key]}"
		card_enrol "P00$id" "$key" || site_fail "card enrol: $(cat "$BENCH_TMP/enrol.log")"
		id=$((id + 1))
	done
	vcard_stop slot0
}

# Puts card NAME in, of the kind "extended" or "short".
card_of_kind() {
	local -a kind=()

	[ "$2" = extended ] || kind=(--short-only)
	vcard_stop slot0
	pcscd_wait_card 0 absent 10 || site_fail 'the card does not leave'
	# shellcheck disable=SC2034  # card_insert's memory of which card is in
	CARD_IN=
	card_insert "$1" "${kind[@]}"
}

# The attempt's helper resets the card after the answer: the next one must not meet it.
calm() {
	local ticks=250

	while pgrep -P "$SEKISHOD_PID" sekisho-card >/dev/null && [ $ticks -gt 0 ]; do
		ticks=$((ticks - 1))
		sleep 0.02
	done
}

# MODULE USER: one log-in; sets TOOK_US. Fails when nobody got in.
log_in() {
	local log=$BENCH_TMP/login.log

	timeout 60 pamdrive --confdir "$BENCH_TMP/pam.d" --service "$1" --user "$2" --time --pin-fd 9 \
		9<<<"$PIN_GOOD" >"$log" 2>&1
	calm
	TOOK_US=$(sed -n 's/^time-us=//p' "$log")
	grep -q '^result=PAM_SUCCESS' "$log" && [ -n "$TOOK_US" ]
}

# --- 1: what is said to the card ------------------------------------------------------------------------------------

# NAME MODULE USER: SO[NAME apdus], SO[NAME bytes]
count_login() {
	vcard_ctl slot0 reset-stats >/dev/null
	if ! log_in "$2" "$3"; then
		unmeasured "$1: no log-in by $2: $(tail -n 2 "$BENCH_TMP/login.log" | tr '\n' ' ')"
		return
	fi
	SO["$1 apdus"]=$(vcard_number slot0 apdus)
	SO["$1 bytes"]=$(($(vcard_number slot0 cmd) + $(vcard_number slot0 rsp)))
}

measure_traffic() {
	local key kind module

	for key in $KEYS; do
		for kind in extended short; do
			card_of_kind "$key" $kind
			# The daemon keeps a renewed certificate; this one was the renewed one's forerunner in the round before.
			log_in sekisho "${USER_OF[$key]}"
			for module in $MODULES; do
				count_login "$key $kind $module" "$module" "${USER_OF[$key]}"
			done
			card_of_kind "$key-renewed" $kind
			count_login "$key $kind first" sekisho "${USER_OF[$key]}"
		done
	done
}

# --- 2: time --------------------------------------------------------------------------------------------------------

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# KEY MS: RUNS rounds, the card waits MS before each answer.
measure_time() {
	local key=$1 delay_ms=$2 name="$1 $2" run module

	card_of_kind "$key" extended
	log_in sekisho "${USER_OF[$key]}"
	[ "$delay_ms" -eq 0 ] || vcard_ctl slot0 fault '*' delay "$delay_ms" >/dev/null
	for module in $MODULES; do
		# What the first one finds cold is not measured.
		log_in "$module" "${USER_OF[$key]}" || { unmeasured "time of $module, $key"; return; }
		: >"$BENCH_TMP/took.$module"
		: >"$BENCH_TMP/ratio.$module"
	done
	for run in $(seq "$RUNS"); do
		for module in $MODULES; do
			log_in "$module" "${USER_OF[$key]}" || { unmeasured "time of $module, $key, run $run"; return; }
			echo "$TOOK_US" >>"$BENCH_TMP/took.$module"
			GOT[$module]=$TOOK_US
		done
		for module in $MODULES; do
			awk -v a="${GOT[sekisho]}" -v b="${GOT[$module]}" 'BEGIN { print a / b }' >>"$BENCH_TMP/ratio.$module"
		done
	done
	for module in $MODULES; do
		SO["$name $module us"]=$(median <"$BENCH_TMP/took.$module")
		SO["$name $module ratio"]=$(median <"$BENCH_TMP/ratio.$module")
	done
}

# --- 3: weight ------------------------------------------------------------------------------------------------------

measure_weight() {
	local module file line

	card_of_kind p256 extended
	for module in $MODULES; do
		file=$(module_file "$module")
		if ! timeout 60 pamweight "$file" "$BENCH_TMP/pam.d" "$module" "${USER_OF[p256]}" 9<<<"$PIN_GOOD" \
			>"$BENCH_TMP/weight" 2>"$BENCH_TMP/weight.err"; then
			unmeasured "weight of $module: $(tail -n 1 "$BENCH_TMP/weight.err")"
		fi
		calm
		while read -r line; do
			for word in ${line#* }; do
				SO["$module ${line%% *} ${word%=*}"]=${word#*=}
			done
		done <"$BENCH_TMP/weight"
	done
}

# --- 4: fingers -----------------------------------------------------------------------------------------------------

measure_fingers() {
	if timeout 300 fingerlab 12 4 1 >"$BENCH_TMP/fingers" 2>"$BENCH_TMP/fingers.err"; then
		SO[frr]=$(sed -n 's/^FRR //p' "$BENCH_TMP/fingers")
		SO[far]=$(sed -n 's/^FAR \([0-9]* of [0-9]*\).*/\1/p' "$BENCH_TMP/fingers")
	else
		unmeasured "fingers: $(tail -n 1 "$BENCH_TMP/fingers.err")"
	fi
}

# --- the table ------------------------------------------------------------------------------------------------------

MET=0
MISSED=0

heading() {
	printf '\n%s\n' "$1"
	printf '  %-44s %12s %12s %12s  %-18s %s\n' '' Sekisho pam_pkcs11 pam_p11 aim verdict
}

# FIGURE SEKISHO PKCS11 P11 [AIM-TEXT NUMBER LIMIT]: meets when NUMBER <= LIMIT.
row() {
	local verdict=

	if [ -n "${6:-}" ]; then
		verdict=$(awk -v a="$6" -v b="$7" 'BEGIN { print a <= b ? "meets" : "MISSES" }')
	elif [ -n "${5:-}" ]; then
		verdict='not measured'
	fi
	[ "$verdict" != meets ] || MET=$((MET + 1))
	[ "$verdict" != MISSES ] || MISSED=$((MISSED + 1))
	printf '  %-44s %12s %12s %12s  %-18s %s\n' "$1" "${2:--}" "${3:--}" "${4:--}" "${5:-}" "$verdict"
}

ms() { [ -z "$1" ] || awk -v us="$1" 'BEGIN { printf "%.1f ms", us / 1000 }'; }
times() { [ -z "$1" ] || awk -v r="$1" 'BEGIN { printf "%.2f", r }'; }

print_traffic() {
	local key kind n

	heading 'Said to the card in one log-in with card and PIN'
	for key in $KEYS; do
		for kind in extended short; do
			n="$key $kind"
			row "$key, $kind length: APDUs, card known" "${SO[$n sekisho apdus]:-}" "${SO[$n pkcs11 apdus]:-}" \
				"${SO[$n p11 apdus]:-}" '<= 5' "${SO[$n sekisho apdus]:-}" 5
			row '   APDUs, new certificate' "${SO[$n first apdus]:-}" same same '<= 9' "${SO[$n first apdus]:-}" 9
			row '   bytes, card known' "${SO[$n sekisho bytes]:-}" "${SO[$n pkcs11 bytes]:-}" "${SO[$n p11 bytes]:-}"
			row '   bytes, new certificate' "${SO[$n first bytes]:-}" same same
		done
	done
	cat <<-NOTE
		  New certificate: a renewed one over the same key, read whole; the others read theirs whole each time.
		  Over short APDUs an RSA-2048 signature alone takes three commands (two chained, one for the rest): 7 is the least there.
	NOTE
}

# A / B of two counted figures, two digits.
quotient() { awk -v a="${SO[$1]:-0}" -v b="${SO[$2]:-0}" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'; }

print_time() {
	local key delay_ms n

	heading "pam_authenticate(), median of $RUNS, PIN answered at once"
	for delay_ms in 0 "$DELAY_MS"; do
		for key in $KEYS; do
			n="$key $delay_ms"
			row "$key, card takes $delay_ms ms an APDU" "$(ms "${SO[$n sekisho us]:-}")" \
				"$(ms "${SO[$n pkcs11 us]:-}")" "$(ms "${SO[$n p11 us]:-}")"
			row '   Sekisho / the other, of each round' '' "$(times "${SO[$n pkcs11 ratio]:-}")" \
				"$(times "${SO[$n p11 ratio]:-}")" '<= 0.10 of both' \
				"$(printf '%s\n' "${SO[$n pkcs11 ratio]:-}" "${SO[$n p11 ratio]:-}" | sort -g | tail -n 1)" 0.10
		done
	done
	for key in $KEYS; do
		n="$key extended"
		row "$key: by APDUs alone (a slower and slower card)" '' "$(quotient "$n sekisho apdus" "$n pkcs11 apdus")" \
			"$(quotient "$n sekisho apdus" "$n p11 apdus")"
	done
	cat <<-NOTE
		  The reader driver of the virtual card waits 43 ms a message for TCP (Nagle) with other emulators; this one avoids it for
		  all three, so that the others are far faster here than in published figures. $DELAY_MS ms an APDU stand for a real card.
		  Sekisho's times hold a reset of the card, the CRL check, lockout counters on disk and an audit record; the others do none.
	NOTE
}

print_weight() {
	local when

	heading 'Brought into the login process'
	for when in loaded prompt; do
		row "$when: shared libraries" "${SO[sekisho $when libraries]:-}" "${SO[pkcs11 $when libraries]:-}" \
			"${SO[p11 $when libraries]:-}" '<= 1' "${SO[sekisho $when libraries]:-}" 1
		row "$when: KiB resident" "${SO[sekisho $when rss-kib]:-}" "${SO[pkcs11 $when rss-kib]:-}" \
			"${SO[p11 $when rss-kib]:-}" '<= 60' "${SO[sekisho $when rss-kib]:-}" 60
		row "$when: KiB private" "${SO[sekisho $when private-kib]:-}" "${SO[pkcs11 $when private-kib]:-}" \
			"${SO[p11 $when private-kib]:-}"
	done
}

print_fingers() {
	printf '\nFingers (synthetic: for the test bench only; says nothing about people)\n'
	printf '  %-44s %s\n' 'own finger refused, a touch' "${SO[frr]:--}" 'other finger accepted, finger pairs' "${SO[far]:--}"
}

for need in "$OPENSC" "$(module_file pkcs11)" "$(module_file p11)"; do
	[ -f "$need" ] || { echo 'figures: the others are missing: make deps-test' >&2; exit 1; }
done
figures_setup
measure_traffic
for delay_ms in 0 "$DELAY_MS"; do
	for key in $KEYS; do measure_time "$key" "$delay_ms"; done
done
measure_weight
measure_fingers

printf 'Sekisho beside %son one virtual PIV card, %s, load %s\n' "$VERSIONS" "$(date -u +%F)" "$(cut -d' ' -f1 /proc/loadavg)"
print_traffic
print_time
print_weight
print_fingers
printf '\n%d aims met, %d missed\n' $MET $MISSED
[ ${#UNMEASURED[@]} -eq 0 ] || printf 'not measured: %s\n' "${UNMEASURED[@]}" >&2
[ ${#UNMEASURED[@]} -eq 0 ]
