#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sekishoctl trust check on certificates and lists made by the openssl command: verdicts, reasons, exit statuses, JSON.
cd "$(dirname "$0")/../.." || exit 99
. tests/bench/lib-ok.sh
CTL=${CTL:-build/test/sekishoctl}
CTL=$(realpath "$CTL") || exit 99
W=$(mktemp -d) || exit 99
trap 'rm -rf "$W"' EXIT
cd "$W" || exit 99
export LC_ALL=C.UTF-8 OPENSSL_CONF=/dev/null
OUT=out
# Nothing of this machine's settings.
printf '[trust]\nrequire_crl = yes\n' >conf
chmod 644 conf

# NAME ISSUER KIND EXTRA-EXT…: key and certificate; ISSUER - is itself.
make_cert() {
	local name=$1 issuer=$2 kind=$3 e
	shift 3

	openssl ecparam -name prime256v1 -genkey -noout -out "$name.key" 2>/dev/null
	openssl req -new -key "$name.key" -subj "/O=Test/CN=$name" -out "$name.csr" 2>/dev/null
	{
		echo 'subjectKeyIdentifier = hash'
		echo 'authorityKeyIdentifier = keyid'
		if [ "$kind" = ca ]; then
			printf 'basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\n'
		else
			printf 'keyUsage = critical,digitalSignature\n'
		fi
		for e; do echo "$e"; done
	} >"$name.ext"
	if [ "$issuer" = - ]; then
		openssl x509 -req -in "$name.csr" -signkey "$name.key" -days 3650 -extfile "$name.ext" -out "$name.pem" 2>/dev/null
	else
		openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -set_serial "0x$(openssl rand -hex 8)" -days "${DAYS:-365}" \
			-extfile "$name.ext" -out "$name.pem" 2>/dev/null
	fi
}

# CA NUMBER [CERT…]: CA.crl with these revoked; with LIST=FILE elsewhere, with HOURS of life.
make_crl() {
	local ca=$1 number=$2 c
	shift 2

	printf '[ca]\ndefault_ca = d\n[d]\ndatabase = %s.db\ncrlnumber = %s.number\ndefault_md = sha256\ncrl_extensions = e\n[e]\nauthorityKeyIdentifier = keyid\n%s\n' \
		"$ca" "$ca" "${CRL_EXT:-}" >"$ca.cnf"
	: >"$ca.db"
	printf '%02x\n' "$number" >"$ca.number"
	[ $((${#number} % 2)) = 0 ] || true
	for c; do openssl ca -config "$ca.cnf" -cert "$ca.pem" -keyfile "$ca.key" -revoke "$c.pem" >/dev/null 2>&1; done
	openssl ca -config "$ca.cnf" -cert "$ca.pem" -keyfile "$ca.key" -gencrl -crlhours "${HOURS:-24}" -out "${LIST:-$ca.crl}" >/dev/null 2>&1
}

check() { "$CTL" trust check --config conf "$@" >$OUT 2>&1; }
# REASON ARGUMENT…: refused for it, with exit status 1.
refused() {
	local why=$1 rc
	shift

	check "$@"
	rc=$?
	[ $rc -eq 1 ] && grep -q "^refused: .*($why)\$" $OUT
}
ok_explain() { sed 's/^/       /' $OUT; }

make_cert root - ca
make_cert sub root ca 'certificatePolicies = 1.2.3.4'
make_cert good sub leaf 'extendedKeyUsage = clientAuth'
make_cert lost sub leaf
make_cert server sub leaf 'extendedKeyUsage = serverAuth'
make_cert policied sub leaf 'certificatePolicies = 1.2.3.4'
make_cert part sub leaf 'crlDistributionPoints = URI:http://crl.example/1'
make_cert other - ca
make_cert stranger other leaf
DAYS=1 make_cert short sub leaf
make_crl root 1
make_crl sub 5 lost
make_crl other 1
openssl x509 -in good.pem -outform der -out good.der
openssl crl -in sub.crl -outform der -out sub.crl.der
ALL=(--anchor root.pem --chain sub.pem --crl root.crl --crl sub.crl)

ok 'a good certificate' check good.pem "${ALL[@]}"
ok 'it says so' grep -q '^good: The certificate is good\. (good)$' $OUT
ok 'DER as well as PEM' check good.der --anchor root.pem --chain sub.pem --crl root.crl --crl sub.crl.der
ok 'in whatever order' check --crl sub.crl --crl root.crl good.pem --chain sub.pem --anchor root.pem
ok 'a revoked one' refused revoked lost.pem "${ALL[@]}"
ok 'the intermediate revoked' eval 'LIST=root2.crl make_crl root 2 sub; refused revoked good.pem --anchor root.pem --chain sub.pem --crl root2.crl --crl sub.crl'
ok 'no list of the intermediate' refused no-crl good.pem --anchor root.pem --chain sub.pem --crl sub.crl
ok 'no list at all' refused no-crl good.pem --anchor root.pem --chain sub.pem
ok 'no path: the intermediate is missing' refused no-chain good.pem --anchor root.pem --crl root.crl --crl sub.crl
ok 'no path: another anchor' refused no-chain good.pem --anchor other.pem --chain sub.pem --crl root.crl --crl sub.crl
ok 'a root that only comes along is no anchor' refused no-chain stranger.pem --anchor root.pem --chain other.pem --crl other.crl
ok 'the wrong purpose' refused key-usage server.pem "${ALL[@]}"
ok 'a CA is no card' refused key-usage sub.pem "${ALL[@]}"
ok 'expired, at a later time' refused expired short.pem "${ALL[@]}" --at "@$(($(date +%s) + 2 * 86400))"
ok 'not yet, at an earlier time' refused not-yet-valid good.pem "${ALL[@]}" --at 2001-01-01T00:00:00Z
ok 'an outdated list still does for the time of grace' check good.pem "${ALL[@]}" --at "@$(($(date +%s) + 30 * 3600))"
ok 'and that is said' grep -q 'out of date' $OUT
ok 'then no more' refused crl-old good.pem "${ALL[@]}" --at "@$(($(date +%s) + 50 * 3600))"
ok 'a list with an older number is not taken: revoked stays revoked' eval \
	'LIST=sub4.crl make_crl sub 4; refused revoked lost.pem "${ALL[@]}" --crl sub4.crl && grep -q "sub4.crl: .*number" $OUT'
ok 'a list of another signer is not taken' eval \
	'cp other.key sub.key.bak; openssl x509 -in other.pem -out fake.pem; sed s/x/x/ other.crl >fake.crl; refused no-crl good.pem --anchor root.pem --chain sub.pem --crl root.crl --crl fake.crl'
ok 'a list cut short is not taken' eval 'head -c 200 sub.crl.der >cut.crl; refused no-crl good.pem --anchor root.pem --chain sub.pem --crl root.crl --crl cut.crl'
ok 'a partition answers for its own' eval 'CRL_EXT="issuingDistributionPoint = critical,@p
[p]
fullname = URI:http://crl.example/1" LIST=part.crl make_crl sub 6; check part.pem --anchor root.pem --chain sub.pem --crl root.crl --crl part.crl'
ok 'and for no other' refused no-crl good.pem --anchor root.pem --chain sub.pem --crl root.crl --crl part.crl
ok 'no certificate' refused malformed sub.crl.der "${ALL[@]}"
ok 'policies: one that is there' check policied.pem "${ALL[@]}" --policy 1.2.3.4
ok 'policies: none that is there' refused policy good.pem "${ALL[@]}" --policy 1.2.3.4
ok 'a path must have a policy' refused policy good.pem "${ALL[@]}" --explicit-policy
printf '[trust]\nalgorithms = rsa2048 sha256\n' >conf
ok 'C-CRYPTO: algorithms of the site' refused algorithm good.pem "${ALL[@]}"
printf '[trust]\nalgorithms = sha1\n' >conf
not_ok 'an algorithm that does not exist refuses the file' check good.pem "${ALL[@]}"
printf '[trust]\nrequire_crl = no\n' >conf
ok 'without require_crl a list that is there still counts' refused revoked lost.pem "${ALL[@]}"
ok 'and none is needed' check good.pem --anchor root.pem --chain sub.pem
printf '[trust]\nrequire_crl = yes\n' >conf

ok 'JSON' eval '! check --json lost.pem "${ALL[@]}" && python3 -c "import json,sys; d=json.load(open(sys.argv[1])); assert d[\"result\"]==\"refused\" and d[\"reason\"]==\"revoked\" and d[\"subject\"]==\"CN=lost,O=Test\", d" $OUT'
ok 'exit status 4: a file that is not there' eval 'check none.pem "${ALL[@]}"; [ $? -eq 4 ]'
ok 'exit status 2: no time' eval 'check good.pem "${ALL[@]}" --at yesterday; [ $? -eq 2 ]'
ok 'exit status 2: no certificate named' eval 'check "${ALL[@]}"; [ $? -eq 2 ]'
# Others may be at work: what is there now and still is in five seconds was left.
nothing_left() {
	local left

	left=$(ls -d /tmp/sekishoctl-* 2>/dev/null)
	[ -n "$left" ] || return 0
	sleep 5
	for d in $left; do [ ! -e "$d" ] || return 1; done
}
ok 'nothing is left behind' nothing_left
ok_summary
