#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# C-INPUT: what is damaged, hostile or missing gives one clear error and a denial; nothing is lost and nothing crashes.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

said() { grep -Eq "$1" "$BENCH_TMP/out.log"; }
try() { "$@" >"$BENCH_TMP/out.log" 2>&1; }
# Starts the daemon, which must refuse; what it says is in out.log.
refuses() { ! timeout 10 setpriv --reuid sekisho --regid sekisho --clear-groups sekishod >"$BENCH_TMP/out.log" 2>&1; }

# The journal is a datagram socket: record what comes.
mkdir -p /run/systemd/journal
python3 - /run/systemd/journal/socket "$BENCH_TMP/journal.log" <<'PY' &
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
with open(sys.argv[2], "ab", buffering=0) as f:
    while True:
        f.write(s.recv(65536) + b"\n\n")
PY
JOURNAL=$!

card_make clerk
site_init
person_make P001 yamada
card_enrol P001 clerk || site_fail 'card enrol'
finger_enrol P001 right-index 1 || site_fail 'finger enrol'
ok 'it works to begin with' login login yamada $PIN_GOOD 1 11
for field in SEKISHO_EVENT=attempt-granted SEKISHO_ACCOUNT=yamada SEKISHO_PERSON=P001 SEKISHO_SERVICE=login SEKISHO_TERMINAL=T-001; do
	ok "the journal has $field" grep -aq "$field" "$BENCH_TMP/journal.log"
done
not_ok 'the journal has no PIN' grep -aq $PIN_GOOD "$BENCH_TMP/journal.log"

# Certificates: renewed over the same key.
vcard-personalise card --ca "$BENCH_TMP/ca" --out "$CARDS/clerk" --renew >"$BENCH_TMP/out.log" 2>&1
vcard_ctl slot0 swap "$CARDS/clerk" >/dev/null
sleep 1.2
ok 'a renewed certificate over the same key logs in' login login yamada $PIN_GOOD 1 12
vcard_ctl slot0 reset-stats >/dev/null
ok 'and is known from then on' login login yamada $PIN_GOOD 1 13
ok 'in five APDUs' test "$(vcard_number slot0 apdus)" -le 5

# Revocation lists.
vcard-personalise ca --out "$BENCH_TMP/evil" --name 'SEKISHO DEMO CA' >/dev/null
vcard-personalise crl --ca "$BENCH_TMP/evil" --out "$BENCH_TMP/evil.crl" --number 9 --revoke "$CARDS/clerk" >/dev/null
not_ok 'CRL of a CA with our CA'"'"'s name and another key' try sekishoctl crl import "$BENCH_TMP/evil.crl"
vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/bad.crl" --number 9 --bad-signature >/dev/null
not_ok 'CRL with a bad signature' try sekishoctl crl import "$BENCH_TMP/bad.crl"
site_crl 5
vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/old.crl" --number 4 >/dev/null
not_ok 'CRL with a number that goes back' try sekishoctl crl import "$BENCH_TMP/old.crl"
head -c 5000 /dev/urandom >"$BENCH_TMP/noise.crl"
not_ok 'noise as a CRL' try sekishoctl crl import "$BENCH_TMP/noise.crl"
: >"$BENCH_TMP/empty.crl"
not_ok 'an empty file as a CRL' try sekishoctl crl import "$BENCH_TMP/empty.crl"
not_ok 'a CRL that is not there' try sekishoctl crl import "$BENCH_TMP/no-such.crl"
ok 'the list in force stayed' login login yamada $PIN_GOOD 1 14

# Messages that are none, on both sockets.
noise() {
	python3 - "$1" <<'PY'
import os, random, socket, sys
random.seed(4711)
for i in range(300):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(sys.argv[1])
    body = bytes(random.randrange(256) for _ in range(random.choice([0, 1, 7, 64, 2048, 60000])))
    try:
        s.send(body if i % 2 else b"\xe1\x83" + len(body).to_bytes(3, "big") + body)
    except OSError:
        pass
    s.close()
PY
}
noise /run/sekisho/auth.sock
noise /run/sekisho/admin.sock
ok 'noise on the sockets: the daemon lives' kill -0 "$SEKISHOD_PID"
ok 'and serves' login login yamada $PIN_GOOD 1 15

# Persons that would split a record.
for id in 'P 1' $'P\n1' 'P:1' '../x' "$(printf 'x%.0s' {1..40})"; do
	not_ok "person number ${id@Q}" try sekishoctl person add "$id" --account x1 --name x
done
not_ok 'a name with a line break' try sekishoctl person add P9 --account x1 --name $'a\nb'
not_ok 'an account with a colon' try sekishoctl person add P9 --account 'x:1' --name x

# Configuration: line and key are named.
cp -a /etc/sekisho/sekisho.conf "$BENCH_TMP/good.conf"
sekishod_stop
bad_config() {
	cat "$BENCH_TMP/good.conf" >/etc/sekisho/sekisho.conf
	printf '%s\n' "$2" >>/etc/sekisho/sekisho.conf
	ok "configuration: $1 stops the start" refuses
	ok "configuration: $1 is named with line and reason" said 'sekisho.conf:[0-9]+: .+'
	not_ok "configuration: $1 is found by policy check" try sekishoctl policy check
}
bad_config 'a policy of one kind' $'[service x]\npolicy = pin'
bad_config 'an unknown key' $'[service x]\npolice = card+pin'
bad_config 'an unknown section' $'[sevrice x]\npolicy = card+pin'
bad_config 'a factor that is none' $'[service x]\npolicy = card+face'
cat "$BENCH_TMP/good.conf" >/etc/sekisho/sekisho.conf
chmod 0666 /etc/sekisho/sekisho.conf
ok 'a configuration that anybody may write stops the start' refuses
chmod 0644 /etc/sekisho/sekisho.conf

# State. A log-in without daemon is denied.
login_start login yamada
not_ok 'no daemon: denied' login_wait
cp -a /var/lib/sekisho "$BENCH_TMP/state"
restore() { rm -rf /var/lib/sekisho/* && cp -a "$BENCH_TMP/state/." /var/lib/sekisho/; }
damage() {
	local name=$1
	shift

	"$@"
	ok "$name: the daemon refuses to start" refuses
	ok "$name: and says which" said 'sekisho|registry|key|audit|CRL|anchor'
	restore
}
corrupt() { dd if=/dev/urandom of="/var/lib/sekisho/$1" bs=1 seek=20 count=3000 conv=notrunc status=none; rm -f "/var/lib/sekisho/$1"-*; }
damage 'damaged registry' corrupt registry.db
damage 'damaged counters' corrupt lockout.db
sqlite3 /var/lib/sekisho/registry.db 'PRAGMA user_version = 99'
ok 'registry of a newer version: the daemon refuses to start' refuses
ok 'registry of a newer version: and says so' said 'newer Sekisho'
ok 'registry of a newer version: so does audit reanchor' eval 'LC_ALL=C sekishoctl audit reanchor --reason x 2>&1 | grep -q "newer Sekisho"'
restore
damage 'registry gone' rm -f /var/lib/sekisho/registry.db
damage 'counters gone' rm -f /var/lib/sekisho/lockout.db
damage 'template key gone' rm -f /var/lib/sekisho/template.key
damage 'template key readable by others' chmod 0644 /var/lib/sekisho/template.key
mv /etc/sekisho/anchors "$BENCH_TMP/anchors"
install -d -m 0755 /etc/sekisho/anchors
damage 'anchor gone' true
rmdir /etc/sekisho/anchors
mv "$BENCH_TMP/anchors" /etc/sekisho/anchors

# A counter that can't be read denies its person, and nobody else.
sqlite3 /var/lib/sekisho/lockout.db "UPDATE lockout SET record = zeroblob(48) WHERE id = 'P001'" 2>"$BENCH_TMP/out.log"
sekishod_start
login_start login yamada
not_ok 'unreadable counter: denied' login_wait
ok 'unreadable counter: recorded as a fault' audit_has fault lockout-unreadable
ok 'unreadable counter: an administrator sets it right' quiet sekishoctl unlock --person P001 --reason 'record was damaged'
ok 'and everything works again, nothing lost' login login yamada $PIN_GOOD 1 16
kill $JOURNAL
site_summary
