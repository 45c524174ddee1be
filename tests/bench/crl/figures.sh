#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Revocation lists of national size, ours beside OpenSSL's X509_CRL (which pam_pkcs11 and others use at each log-in) and beside SSSD's p11_child
# where it is installed, in one run:
#
#   import       a list (DER, RSA-2048, 16-byte serial numbers, a reason on a third) to an index file, beside reading and hashing it
#   look-up      warm: median of 100,000 in one process; cold: index out of the page cache, new process, median of 15
#   memory       peak of the import; what of the index is in memory after one cold look-up (mincore)
#   log-in       median of 24 with a list of one entry and of 24 with this list, in turns; the whole stack, card and PIN (login.sh)
#   p11_child    one verification of a certificate, which reads the list (PEM) each time; the whole process
#
# A missed aim is printed, it is no failure. Exit status 1: something could not be measured; it is said what.
#
#   SIZES='1000 1000000' OPENSSL_MAX=1000000 BENCH_BIN=build/test/bench figures.sh
cd "$(dirname "$0")/../../.." || exit 99
BENCH_BIN=${BENCH_BIN:-build/test/bench}
SIZES=${SIZES:-1000 100000 1000000 5000000}
# At 5 M OpenSSL's route takes some 1.2 GiB.
OPENSSL_MAX=${OPENSSL_MAX:-5000000}
RUNS=15
P11_CHILD=/usr/libexec/sssd/p11_child
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/crl-figures-XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
UNMEASURED=()
MET=0
MISSED=0

# NAME LINE: the value behind NAME in "name value name value".
value() { awk -v want="$1" '{ for (i = 1; i < NF; i += 2) if ($i == want) print $(i + 1) }' <<<"$2"; }
reckon() { awk "BEGIN { printf \"$1\", $2 }"; }
median() { sort -n | awk '{ v[NR] = $1 } END { if (NR > 0) print v[int((NR + 1) / 2)] }'; }

# TEXT FIGURE UNIT [LIMIT]
row() {
	local verdict=''

	if [ -z "$2" ]; then
		UNMEASURED+=("$1")
		printf '  %-56s %12s\n' "$1" 'not measured'
		return
	fi
	if [ -n "${4:-}" ]; then
		if [ "$(reckon %d "$2 <= $4")" = 1 ]; then
			verdict="<= $4  meets"
			MET=$((MET + 1))
		else
			verdict="<= $4  MISSES"
			MISSED=$((MISSED + 1))
		fi
	fi
	printf '  %-56s %12s %-6s %s\n' "$1" "$2" "$3" "$verdict"
}

measure() { "$BENCH_BIN/crlbench" "$@" || echo; }

# A CA and a certificate of it that is on no list.
site() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/ca.key" -subj /CN=Bench -days 30 -out "$dir/ca.pem" \
		-addext keyUsage=critical,keyCertSign,cRLSign &&
		openssl req -newkey rsa:2048 -nodes -keyout "$dir/ee.key" -subj /CN=Card -out "$dir/ee.csr" &&
		openssl x509 -req -in "$dir/ee.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -set_serial 2 -days 30 -out "$dir/ee.pem" \
			-extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n')
}

# SSSD's route: a program of its own at each log-in. It takes PEM only.
sssd() {
	local line

	{
		echo '-----BEGIN X509 CRL-----'
		base64 -w 64 "$dir/list"
		echo '-----END X509 CRL-----'
	} >"$dir/list.pem"
	line=$(measure run $P11_CHILD --verification --logger=stderr --ca_db="$dir/ca.pem" --verify="crl_file=$dir/list.pem,no_ocsp" \
		--certificate="$(openssl x509 -in "$dir/ee.pem" -outform der | base64 -w 0)" 2>/dev/null | grep -a '^seconds')
	rm "$dir/list.pem"
	[ "$(value status "$line")" = 0 ] || line=''
	row "SSSD's p11_child at each log-in" "$(value seconds "$line")" s
	row '  peak memory' "$([ -z "$line" ] || reckon %.1f "$(value peak_kib "$line") / 1024")" MiB
}

# N
login() {
	local line

	line=$(BENCH_BIN=$(realpath "$BENCH_BIN") tests/bench/crl/login.sh "$1")
	row 'log-in with a list of one entry, whole stack' "$(value one_ms "$line")" ms
	row 'log-in with this list' "$(value full_ms "$line")" ms
	row '  times' "$([ -z "$line" ] || reckon %.3f "$(value full_ms "$line") / $(value one_ms "$line")")" x 1.05
	row "  sekishod, resident; with the list of one entry $(value one_kib "$line") KiB" "$(value full_kib "$line")" KiB
	row '  import, sekishoctl to list in force' "$(value import_s "$line")" s
}

# N: RUNS cold look-ups; lines "open find touched".
cold() {
	local i line

	for ((i = 0; i < RUNS; i++)); do
		line=$(measure cold "$dir/list.idx" "$1" "$i")
		[ -z "$line" ] || echo "$(value open_us "$line") $(value find_us "$line") $(value touched_kib "$line") $(value before_kib "$line")"
	done
}

# N
list() {
	local n=$1 hash import warm colds peer bytes seconds

	printf '\nA list of %s entries' "$n"
	"$BENCH_BIN/crlmake" "$n" "$dir/list" "$dir/ca.pem" "$dir/ca.key" 1 || { UNMEASURED+=("a list of $n entries"); return; }
	bytes=$(stat -c %s "$dir/list")
	printf ', %s bytes\n' "$bytes"
	# Once for the page cache.
	measure hash "$dir/list" >/dev/null
	hash=$(measure hash "$dir/list")
	import=$(measure import "$dir/list")
	warm=$(measure warm "$dir/list.idx" "$n")
	colds=$(cold "$n")
	seconds=$(value seconds "$import")
	row 'reading and SHA-256' "$(value seconds "$hash")" s
	row 'import' "$seconds" s
	row '  times reading and SHA-256' "$([ -z "$seconds" ] || reckon %.1f "$seconds / ($(value seconds "$hash") + 0.0005)")" x
	row '  peak memory' "$([ -z "$import" ] || reckon %.1f "$(value peak_kib "$import") / 1024")" MiB 64
	row 'index, bytes an entry' "$([ -z "$import" ] || reckon %.2f "$(value bytes "$import") / $n")" B
	row 'look-up, warm' "$(value median_us "$warm")" us 10
	row '  99 % of them within' "$(value p99_us "$warm")" us
	row 'look-up, cold: open the index and ask' "$(awk '{ print $1 + $2 }' <<<"$colds" | median)" us 1000
	row '  memory touched, the header with it' "$(awk '{ print $3 }' <<<"$colds" | median)" KiB 256
	awk '{ s += $4 } END { exit s > 0 }' <<<"$colds" || UNMEASURED+=("the cold look-ups at $n: the index would not leave the page cache")
	login "$n"
	[ "$n" -le "$OPENSSL_MAX" ] || return
	peer=$(measure openssl "$dir/list" "$n")
	row 'OpenSSL: d2i_X509_CRL_bio() at each log-in' "$(value seconds "$peer")" s
	row '  first look-up (sorts)' "$([ -z "$peer" ] || reckon %.3f "$(value first_us "$peer") / 1e6")" s
	row '  later look-ups' "$(value later_us "$peer")" us
	row '  peak memory' "$([ -z "$peer" ] || reckon %.1f "$(value peak_kib "$peer") / 1024")" MiB
	[ ! -x $P11_CHILD ] || sssd
}

site >/dev/null 2>&1 || { echo 'crl/figures.sh: no CA' >&2; exit 1; }
printf 'Revocation lists: %s, SSSD %s\n' "$(openssl version)" \
	"$(dpkg-query -W -f '${Version}' sssd-common 2>/dev/null || echo 'not installed: no rows of it')"
for n in $SIZES; do list "$n"; done
printf '\n%d aims met, %d missed\n' $MET $MISSED
if [ ${#UNMEASURED[@]} -gt 0 ]; then
	printf 'not measured: %s\n' "${UNMEASURED[@]}"
	exit 1
fi
