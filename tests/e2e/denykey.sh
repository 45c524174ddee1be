#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where the denylist key may be: a PKCS#11 token (SoftHSM, through libp11's engine: Debian 12 has no PKCS#11 provider) and a TPM
# (swtpm, through tpm2-openssl's provider). The list made with each comes into force; what is missing or wrong is said.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

list_number() { sekishoctl --json denylist status | sed -n 's/.*"number": *"\([0-9]*\)".*/\1/p'; }
refused_with() { ! sekishoctl denylist make >"$BENCH_TMP/refused.log" 2>&1 && grep -q "$1" "$BENCH_TMP/refused.log"; }
# KEY PROVIDER
use_key() {
	site_config_set denylist key "$1"
	site_config_set denylist key_provider "$2"
	sekishod_stop
	sekishod_start
}
authority() { install -m 0644 "$1" /etc/sekisho/denylist-authority.pem; }

TPM_PID=
bench_on_exit() {
	sekishod_stop
	[ -z "$TPM_PID" ] || kill "$TPM_PID" 2>/dev/null
	return 0
}

site_init

# A token.
export SOFTHSM2_CONF=$BENCH_TMP/softhsm2.conf
mkdir -p "$BENCH_TMP/tokens"
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$BENCH_TMP/tokens" >"$SOFTHSM2_CONF"
module=$(find /usr/lib -name libsofthsm2.so | head -n 1)
softhsm2-util --init-token --free --label site --pin 1234 --so-pin 12345678 >/dev/null || site_fail 'no token'
pkcs11-tool --module "$module" --login --pin 1234 --keypairgen --key-type EC:prime256v1 --label denylist --id 01 >/dev/null 2>&1 || site_fail 'no key'
pkcs11-tool --module "$module" --read-object --type pubkey --label denylist -o "$BENCH_TMP/token.der" >/dev/null 2>&1
openssl pkey -pubin -inform DER -in "$BENCH_TMP/token.der" -out "$BENCH_TMP/token.pem" 2>/dev/null || site_fail 'no public key'
export PKCS11_MODULE_PATH=$module
printf 1234 >"$BENCH_TMP/pin"
uri="pkcs11:token=site;object=denylist;type=private?pin-source=$BENCH_TMP/pin"
authority "$BENCH_TMP/token.pem"
use_key "$uri" engine:pkcs11
ok 'a key on a PKCS#11 token signs a list' quiet sekishoctl denylist make
ok 'and it is in force' test "$(list_number)" = 1
printf 9999 >"$BENCH_TMP/pin"
ok 'a wrong PIN: no list' refused_with 'token or TPM\|sign'
use_key "${uri%%\?*}" engine:pkcs11
# On a terminal of its own, where an engine could ask.
timeout 20 script -qec 'sekishoctl denylist make' /dev/null </dev/null >"$BENCH_TMP/refused.log" 2>&1
ok 'without a PIN: no list, and nobody is asked' test $? -eq 1 -a -z "$(grep "Enter.*PIN" "$BENCH_TMP/refused.log")"
use_key "${uri/denylist/other}" engine:pkcs11
ok 'no such key on the token: no list' refused_with 'token or TPM'
use_key "$uri" engine:none
ok 'no such engine: no list' refused_with 'token or TPM'
ok 'number 1 stays in force' test "$(list_number)" = 1

# A TPM.
mkdir -p "$BENCH_TMP/tpm"
swtpm socket --tpm2 --tpmstate dir="$BENCH_TMP/tpm" --server type=unixio,path=/run/bench-tpm --ctrl type=unixio,path=/run/bench-tpm.ctrl --flags not-need-init,startup-clear \
	>"$BENCH_TMP/swtpm.log" 2>&1 &
TPM_PID=$!
for _ in $(seq 100); do [ -S /run/bench-tpm ] && break; sleep 0.05; done
export TPM2TOOLS_TCTI=swtpm:path=/run/bench-tpm TPM2OPENSSL_TCTI=swtpm:path=/run/bench-tpm TCTI=swtpm:path=/run/bench-tpm
tpm() { "$@" >>"$BENCH_TMP/tpm.log" 2>&1 || site_fail "$*: $(tail -n 5 "$BENCH_TMP/tpm.log")"; }
tpm tpm2_createprimary -C o -g sha256 -G ecc -c "$BENCH_TMP/primary.ctx"
tpm tpm2_create -C "$BENCH_TMP/primary.ctx" -g sha256 -G ecc256:ecdsa-sha256:null -u "$BENCH_TMP/k.pub" -r "$BENCH_TMP/k.priv" \
	-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|sign'
tpm tpm2_flushcontext -t
tpm tpm2_load -C "$BENCH_TMP/primary.ctx" -u "$BENCH_TMP/k.pub" -r "$BENCH_TMP/k.priv" -c "$BENCH_TMP/k.ctx"
tpm tpm2_evictcontrol -C o -c "$BENCH_TMP/k.ctx" 0x81000001
tpm tpm2_flushcontext -t
tpm tpm2_readpublic -c 0x81000001 -f pem -o "$BENCH_TMP/tpm.pem"
# Keys change: both count, so that the list in force stays verifiable.
cat "$BENCH_TMP/token.pem" "$BENCH_TMP/tpm.pem" >"$BENCH_TMP/both.pem"
authority "$BENCH_TMP/both.pem"
use_key handle:0x81000001 tpm2
ok 'a key in a TPM signs the next list' quiet sekishoctl denylist make
ok 'and it is in force' test "$(list_number)" = 2
authority "$BENCH_TMP/token.pem"
ok 'a key that is not the authority'"'"'s: no list' refused_with 'isn.t the key of'
authority "$BENCH_TMP/both.pem"
use_key handle:0x81000009 tpm2
ok 'no such handle: no list' refused_with 'token or TPM'
use_key handle:0x81000001 no-such-provider
ok 'no such provider: no list' refused_with 'provider'
kill "$TPM_PID" 2>/dev/null
wait "$TPM_PID" 2>/dev/null
TPM_PID=
use_key handle:0x81000001 tpm2
ok 'the TPM is gone: no list' refused_with 'token or TPM\|provider'
ok 'number 2 stays in force' test "$(list_number)" = 2
site_summary
