# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A certification authority in the shape of JPKI's, and its virtual My Number Cards: made by the openssl command alone,
# synthetic through and through. Source it, then:
#
#   jpki_ca DIR [NAME]                       self-signed; DIR/ca.crt, DIR/ca.key
#   jpki_card CADIR CARDDIR CODE [PIN]       a card with its certificate for CODE; PIN 1234 unless given. Options from the
#                                            environment: JPKI_DAYS (365), JPKI_KU, JPKI_EKU, JPKI_ALG (rsa:2048)
#   jpki_renew CADIR CARDDIR CODE            a new key and certificate for the same card, as a renewal at the counter does
#   jpki_crl CADIR FILE NUMBER [CARDDIR]...  DER list that revokes the cards named
#
# All return the status of openssl; its words are in DIR/openssl.log.

JPKI_OU='OU=Japan Agency for Local Authority Information Systems'

jpki_ca() {
	local dir=$1 name=${2:-JPKI for user authentication}

	mkdir -p "$dir" && : >"$dir/index.txt" && echo 01 >"$dir/serial" || return 1
	cat >"$dir/openssl.cnf" <<-CONF
		[req]
		distinguished_name = none
		[none]
		[ca_ext]
		basicConstraints = critical,CA:TRUE
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
		[card_ext]
		keyUsage = \${ENV::JPKI_KU}
		extendedKeyUsage = \${ENV::JPKI_EKU}
		certificatePolicies = 1.2.392.200149.8.5.1.3.30
		authorityKeyIdentifier = keyid
		[ca]
		default_ca = list
		[list]
		database = $dir/index.txt
		crlnumber = $dir/crlnumber
		default_md = sha256
		default_crl_days = 7
		crl_extensions = crl_ext
		[crl_ext]
		authorityKeyIdentifier = keyid
	CONF
	JPKI_KU=none JPKI_EKU=none openssl req -x509 -new -newkey rsa:2048 -noenc -sha256 -days 3650 -config "$dir/openssl.cnf" \
		-extensions ca_ext -subj "/C=JP/O=JPKI/OU=$name/$JPKI_OU" -keyout "$dir/ca.key" -out "$dir/ca.crt" \
		>"$dir/openssl.log" 2>&1
}

# Key and certificate: CADIR DIR CODE NAME
jpki_issue() {
	local ca=$1 dir=$2 code=$3 name=$4

	local -x JPKI_KU=${JPKI_KU:-critical,digitalSignature} JPKI_EKU=${JPKI_EKU:-clientAuth}

	openssl req -new -newkey "${JPKI_ALG:-rsa:2048}" -noenc -sha256 -config "$ca/openssl.cnf" -subj "/C=JP/CN=$code" \
		-keyout "$dir/$name.key" -out "$dir/$name.csr" >>"$ca/openssl.log" 2>&1 &&
		openssl x509 -req -in "$dir/$name.csr" -CA "$ca/ca.crt" -CAkey "$ca/ca.key" -days "${JPKI_DAYS:-365}" -sha256 \
			-extfile "$ca/openssl.cnf" -extensions card_ext -set_serial "0x$(openssl rand -hex 8 | sed 's/^./1/')" \
			-out "$dir/$name.crt" >>"$ca/openssl.log" 2>&1
}

jpki_card() {
	local ca=$1 dir=$2 code=$3 pin=${4:-1234}

	mkdir -p "$dir" && cp "$ca/ca.crt" "$dir/jpki-ca.crt" && cp "$ca/ca.crt" "$dir/sign-ca.crt" &&
		jpki_issue "$ca" "$dir" "$code" jpki && jpki_issue "$ca" "$dir" "$code-S" sign || return 1
	# The signature key is nowhere: nothing may ever want it.
	rm -f "$dir/sign.key" "$dir"/*.csr
	{
		printf 'jpki-pin = %sFFFFFFFF\n' "$(printf %s "$pin" | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F)"
		printf 'jpki-tries = 3\njpki-pin-left = 3\njpki-sign-tries = 5\njpki-sign-left = 5\n'
	} >"$dir/card.conf"
}

jpki_renew() {
	jpki_issue "$1" "$2" "$3" jpki && rm -f "$2"/*.csr
}

jpki_crl() {
	local ca=$1 file=$2 number=$3 dir
	local -x JPKI_KU=none JPKI_EKU=none
	shift 3

	printf '%04X\n' "$number" >"$ca/crlnumber"
	for dir; do
		openssl ca -config "$ca/openssl.cnf" -cert "$ca/ca.crt" -keyfile "$ca/ca.key" -revoke "$dir/jpki.crt" \
			>>"$ca/openssl.log" 2>&1 || return 1
	done
	openssl ca -config "$ca/openssl.cnf" -cert "$ca/ca.crt" -keyfile "$ca/ca.key" -gencrl -out "$ca/list.pem" \
		>>"$ca/openssl.log" 2>&1 && openssl crl -in "$ca/list.pem" -outform DER -out "$file"
}
