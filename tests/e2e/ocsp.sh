#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Revocation from the network, ahead of time: a terminal that has OCSP and nothing else, as JPKI's on LGWAN; lists by HTTP and LDAP;
# a watched folder. The responder is OpenSSL's.
# shellcheck source=../bench/lib-site.sh
. "$(dirname "$0")/../bench/lib-site.sh"
site_enter "$@"

PORT=18080
URL=http://127.0.0.1:$PORT/
OUT=$BENCH_TMP/out.log
RESPONDER=
SERVER=
ok_explain() {
	sed 's/^/     > /' "$OUT" 2>/dev/null
	[ -z "${LOGIN_LOG:-}" ] || sed 's/^/     | /' "$LOGIN_LOG"
}
try() { "$@" >"$OUT" 2>&1; }
said() { grep -Eq -- "$1" "$OUT"; }
exits() { local want=$1; shift; try "$@"; [ $? -eq "$want" ]; }
# STATUS: what the doctor says of the responses.
doctor_says() { sekishoctl --json doctor 2>/dev/null | tr -d '\n' | grep -Eq "\"status\": *\"$1\", *\"check\": *\"ocsp\""; }
restart() { sekishod_stop; sekishod_start; }
login_quiet() { login_start login yamada; login_wait 30; }
denied() { ! login_quiet && audit_has attempt-denied "$1"; }
serial_of() { openssl x509 -in "$1" -noout -serial | sed 's/serial=//'; }
cert_expiry() { date -u -d "$(openssl x509 -in "$1" -noout -enddate | sed 's/notAfter=//')" +%y%m%d%H%M%SZ; }

# CERT STATE…: V, or R and a time; into the responder's index.
index_put() {
	local serial
	serial=$(serial_of "$1")
	printf '%s\t%s\t%s\t%s\tunknown\t/CN=%s\n' "$2" "$(cert_expiry "$1")" "${3:-}" "$serial" "$serial" >>"$BENCH_TMP/index.txt"
}
# Until somebody listens.
wait_port() {
	local ticks=100

	until ss -ltn | grep -q ":$PORT "; do
		[ "$ticks" -gt 0 ] || site_fail "nobody listens: $(cat "$BENCH_TMP/responder.log")"
		ticks=$((ticks - 1))
		sleep 0.05
	done
}
# OPTIONS…: answers from index.txt until it is stopped.
responder_start() {
	openssl ocsp -port $PORT -index "$BENCH_TMP/index.txt" -CA "$BENCH_TMP/ca/ca.crt" "$@" >"$BENCH_TMP/responder.log" 2>&1 &
	RESPONDER=$!
	wait_port
}
responder_stop() {
	[ -n "$RESPONDER" ] || return 0
	kill $RESPONDER 2>/dev/null
	wait $RESPONDER 2>/dev/null
	RESPONDER=
}
# NAME EXTENSIONS CA: a key and a certificate of the CA in the folder CA.
make_signer() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$BENCH_TMP/$1.key" 2>/dev/null
	openssl req -new -key "$BENCH_TMP/$1.key" -subj "/CN=$1" -out "$BENCH_TMP/$1.csr" 2>/dev/null
	openssl x509 -req -in "$BENCH_TMP/$1.csr" -CA "$3/ca.crt" -CAkey "$3/ca.key" -set_serial "0x$(openssl rand -hex 8)" -days 30 \
		-extfile <(printf '%b' "$2") -out "$BENCH_TMP/$1.crt" 2>/dev/null || site_fail "no certificate $1"
}
# OUTFILE CERT OPTIONS…: one response about CERT, made without a server.
response() {
	local out=$1 cert=$2
	shift 2

	openssl ocsp -issuer "$BENCH_TMP/ca/ca.crt" -cert "$cert" -reqout "$BENCH_TMP/one.req" >/dev/null 2>&1
	openssl ocsp -index "$BENCH_TMP/index.txt" -CA "$BENCH_TMP/ca/ca.crt" -reqin "$BENCH_TMP/one.req" -respout "$out" "$@" \
		>/dev/null 2>&1 || site_fail "no response $out"
}
web_stop() {
	[ -n "$SERVER" ] || return 0
	kill $SERVER 2>/dev/null
	wait $SERVER 2>/dev/null
	SERVER=
}
bench_on_exit() {
	responder_stop
	web_stop
	[ ! -f "$BENCH_TMP/slapd.pid" ] || kill "$(cat "$BENCH_TMP/slapd.pid")" 2>/dev/null
	sekishod_stop
}

echo 'sekisho-fetch:x:64018:64018:Sekisho:/nonexistent:/usr/sbin/nologin' >>/etc/passwd
echo 'sekisho-fetch:x:64018:' >>/etc/group
card_make clerk --no-9e
card_make other --no-9e
CERT=$CARDS/clerk/9a.crt
SIGNING='keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n'
make_signer responder "$SIGNING" "$BENCH_TMP/ca"
make_signer no-eku 'keyUsage=critical,digitalSignature\n' "$BENCH_TMP/ca"
vcard-personalise ca --out "$BENCH_TMP/evil" --name 'SEKISHO DEMO CA' >/dev/null
make_signer evil-responder "$SIGNING" "$BENCH_TMP/evil"
GOOD=(-rsigner "$BENCH_TMP/responder.crt" -rkey "$BENCH_TMP/responder.key")

# No list at all: what is known comes from the responder.
sekishoctl init --anchor "$BENCH_TMP/ca/ca.crt" --terminal T-001 --site 'Demo City' --help-desk 'IT desk 1234' >"$BENCH_TMP/init.log" 2>&1 ||
	site_fail "init: $(cat "$BENCH_TMP/init.log")"
site_config_set 'service login' policy card+pin
site_config_set ocsp url $URL
pcscd_start
sekishod_start
person_make P001 yamada
ok 'a card is enrolled where only a responder knows about it' card_enrol P001 clerk
ok 'but opens nothing before the responder was asked' denied no-crl
ok 'ocsp status: none, exit status 6' exits 6 sekishoctl ocsp status
ok 'doctor: a card without a response' doctor_says fail
CARD=$(sekishoctl --json card list | sed -n 's/.*"card": *"\([0-9a-f]*\)".*/\1/p' | head -n 1)

index_put "$CERT" V
responder_start "${GOOD[@]}" -nmin 10
ok 'fetch: the response comes' exits 0 sekishoctl fetch
ok 'fetch says how many are good' said '1 of 1'
ok 'ocsp status: good, exit status 0' exits 0 sekishoctl --json ocsp status
ok 'with its dates' said '"status": "good".*"next_update"'
ok 'doctor: responses are up to date' doctor_says ok
ok 'the responder was asked by GET' grep -q 'GET /' "$BENCH_TMP/responder.log"
START=$(date +%s%N)
ok 'good: the card logs in' login_quiet
UP_MS=$((($(date +%s%N) - START) / 1000000))
ok 'it is recorded that something is known now' audit_has crl-import ocsp-changed
cp /var/lib/sekisho/ocsp/*.der "$BENCH_TMP/first.der"
ok 'again: nothing changes' exits 0 sekishoctl fetch
restart
ok 'kept over a restart' login_quiet

# The responder is down, or takes connections and never answers.
responder_stop
ok 'responder down: exit status 6' exits 6 sekishoctl fetch
ok 'and it says why' said 'fail.*ocsp.*(connect|refused)'
START=$(date +%s%N)
ok 'responder down: the card logs in' login_quiet
DOWN_MS=$((($(date +%s%N) - START) / 1000000))
ok "as fast as before: $UP_MS ms, $DOWN_MS ms" test $DOWN_MS -lt $((UP_MS + 500))
python3 -c '
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", '$PORT')); s.listen(5); time.sleep(60)' &
SERVER=$!
wait_port
sekishoctl fetch >"$BENCH_TMP/slow.log" 2>&1 &
FETCH=$!
sleep 0.5
ok 'sekisho-fetch runs as its own user' test "$(ps -o user:20= -C sekisho-fetch | head -n 1 | tr -d ' ')" = sekisho-fetch
ok 'with no right of root' grep -q '^CapEff:.*0000000000000000' "/proc/$(pgrep -o -x sekisho-fetch)/status"
ok 'and under seccomp' grep -q '^Seccomp:.*2' "/proc/$(pgrep -o -x sekisho-fetch)/status"
ok 'its command line names no address' bash -c "! tr '\\0' ' ' </proc/$(pgrep -o -x sekisho-fetch)/cmdline | grep -q 127.0.0.1"
START=$(date +%s%N)
ok 'a responder that hangs: the card logs in meanwhile' login_quiet
HANG_MS=$((($(date +%s%N) - START) / 1000000))
ok "as fast as before: $HANG_MS ms" test $HANG_MS -lt $((UP_MS + 500))
ok 'sekishod has no socket of the network' bash -c "! ss -Htunap | grep -q 'pid=$SEKISHOD_PID,'"
wait $FETCH
ok 'the fetch ends by itself, exit status 6' test $? -eq 6
web_stop

# What isn't about this card, or isn't from its responder.
index_put "$CARDS/other/9a.crt" V
response "$BENCH_TMP/other.der" "$CARDS/other/9a.crt" "${GOOD[@]}" -nmin 10
ok 'a response for another certificate' exits 4 sekishoctl ocsp import "$CARD" "$BENCH_TMP/other.der"
ok 'is refused for that' said 'another certificate'
response "$BENCH_TMP/evil.der" "$CERT" -rsigner "$BENCH_TMP/evil-responder.crt" -rkey "$BENCH_TMP/evil-responder.key" -nmin 10
ok "a responder of a namesake CA" exits 1 sekishoctl ocsp import "$CARD" "$BENCH_TMP/evil.der"
ok 'is refused for that' said "isn't from the issuer"
response "$BENCH_TMP/no-eku.der" "$CERT" -rsigner "$BENCH_TMP/no-eku.crt" -rkey "$BENCH_TMP/no-eku.key" -nmin 10
ok 'a signer without OCSPSigning' exits 1 sekishoctl ocsp import "$CARD" "$BENCH_TMP/no-eku.der"
ok 'is refused for that' said 'OCSPSigning'
ok 'refusals are recorded' audit_has crl-refused ocsp-refused
response "$BENCH_TMP/no-next.der" "$CERT" "${GOOD[@]}"
ok 'a response without nextUpdate' exits 1 sekishoctl ocsp import "$CARD" "$BENCH_TMP/no-next.der"
ok 'is refused for that' said 'nextUpdate'
(cat "$BENCH_TMP/first.der"; echo) >"$BENCH_TMP/more.der"
ok 'a byte too much' exits 1 sekishoctl ocsp import "$CARD" "$BENCH_TMP/more.der"
head -c 40000 /dev/zero >"$BENCH_TMP/large.der"
ok 'a file that is too large' exits 1 sekishoctl ocsp import "$CARD" "$BENCH_TMP/large.der"
ok 'after all that the kept one counts' login_quiet

# Revoked at the responder.
sleep 1
: >"$BENCH_TMP/index.txt"
index_put "$CERT" R "$(date -u +%y%m%d%H%M%SZ),keyCompromise"
responder_start "${GOOD[@]}" -nmin 10
ok 'revoked at the responder: fetched' exits 0 sekishoctl fetch
ok 'and told' said 'revoked'
ok 'the card is refused' denied revoked
ok 'trust check says the same' exits 1 sekishoctl trust check "$CERT"
ok 'with the reason' said '\(revoked\)'
ok 'the earlier response does not come back' exits 1 sekishoctl ocsp import "$CARD" "$BENCH_TMP/first.der"
ok 'and why' said 'older than the one kept'
restart
ok 'revoked after a restart' denied revoked
responder_stop
# At the same second "revoked" stays.
sleep 1.1

# A server that doesn't know GET; and age: a minute is the shortest that OpenSSL's responder gives.
: >"$BENCH_TMP/index.txt"
index_put "$CERT" V
cat >"$BENCH_TMP/post.py" <<'PY'
import http.server, subprocess, sys
args = sys.argv[2:]
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(405)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open("one.req", "wb").write(body)
        subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        out = open("one.der", "rb").read()
        self.send_response(200)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
PY
(cd "$BENCH_TMP" && exec python3 post.py $PORT openssl ocsp -index index.txt -CA ca/ca.crt -reqin one.req -respout one.der "${GOOD[@]}" -nmin 1 \
	>/dev/null 2>&1) &
SERVER=$!
wait_port
ok 'a hold has ended: good again, by POST' exits 0 sekishoctl fetch
OLD=$(($(date +%s) + 62))
ok 'and logs in' login_quiet
web_stop

# Lists: HTTP, and what a hostile server tries.
mkdir -p "$BENCH_TMP/web" "$BENCH_TMP/media"
vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/web/ca.crl" --number 2 >/dev/null
cat >"$BENCH_TMP/web.py" <<'PY'
import http.server, sys
class H(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        to = {"/to-file": "file:///etc/passwd", "/to-list": "/ca.crl", "/round": "/round"}.get(self.path)
        if to:
            self.send_response(302); self.send_header("Location", to); self.end_headers()
        elif self.path == "/large":
            self.send_response(200); self.send_header("Content-Length", "9000000000"); self.end_headers()
        elif self.path.startswith("/endless"):
            self.send_response(200); self.send_header("Content-Type", "application/ocsp-response"); self.end_headers()
            try:
                while True: self.wfile.write(b"\0" * 1048576)
            except OSError: pass
        else:
            super().do_GET()
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
PY
(cd "$BENCH_TMP/web" && exec python3 ../web.py $PORT) &
SERVER=$!
wait_port
# LINES…: of a new section [crl].
lists() {
	sed -i '/^\[crl\]/,$d' /etc/sekisho/sekisho.conf
	printf '%s\n' '[crl]' "$@" >>/etc/sekisho/sekisho.conf
	restart
}
sed -i '/^\[ocsp\]/,/^$/d' /etc/sekisho/sekisho.conf
lists "url = ${URL}to-file" "url = ${URL}round" "url = ${URL}none.crl" "url = ${URL}large"
ok 'four lists that are none: exit status 6' exits 6 sekishoctl --json fetch
ok 'a redirect to a file is not followed' said '/to-file".*"detail": "Protocol .*file.* not supported'
ok 'nor one in a circle' said '/round".*"detail": ".*redirects'
ok 'a list that is not there' said '/none.crl".*"detail": "HTTP status 404"'
ok 'a list that is too large' said '/large".*"detail": ".*exceeded'
lists
site_config_set ocsp url "${URL}endless"
restart
ok 'a response without end: exit status 6' exits 6 sekishoctl --json fetch
ok 'is cut off' said '/endless".*"detail": ".*larger'
sed -i '/^\[ocsp\]/,$d' /etc/sekisho/sekisho.conf
web_stop

# Old, step by step. Nothing but the response speaks for the card yet.
while [ "$(date +%s)" -le $OLD ]; do sleep 1; done
ok 'a response past its nextUpdate: the card still logs in' login_quiet
ok 'doctor warns of it' doctor_says warn
ok 'and its holder is told' grep -q 'list of revoked cards' "$LOGIN_LOG"
ok 'ocsp status: old, exit status 6' exits 6 sekishoctl ocsp status
ok 'the word for it' said ' old '
site_config_set trust crl_grace 1s
restart
ok 'past the grace as well: denied' denied crl-old
ok 'ocsp status: too old' exits 6 sekishoctl ocsp status
ok 'the word for that' said ' too-old '

# Good lists: by HTTP, from a folder, by LDAP.
(cd "$BENCH_TMP/web" && exec python3 ../web.py $PORT) &
SERVER=$!
wait_port
lists "url = ${URL}to-list"
ok 'a list by HTTP, with a redirect' exits 0 sekishoctl fetch
ok 'and it is in force' exits 0 sekishoctl crl status
ok 'the card logs in: the freshest source decides' login_quiet
# Again: only when it has changed, for as long as the list that came from there is in force.
touch -d '1 hour ago' "$BENCH_TMP/web/ca.crl"
lists "url = ${URL}ca.crl"
ok 'a list by HTTP, once' exits 0 sekishoctl fetch
ok 'is put in force' said 'is in force\.'
not_ok 'whole' said 'not changed'
ok 'once more' exits 0 sekishoctl fetch
ok 'nothing was carried over' said 'not changed'
vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/web/ca.crl" --number 3 >/dev/null
ok 'a new list there' exits 0 sekishoctl --json fetch
not_ok 'is fetched' said 'not changed'
ok 'and in force' sh -c "sekishoctl --json crl status | grep -q '\"number\": *\"03\"'"
ok 'unchanged again' exits 0 sekishoctl fetch
ok 'nothing was carried over again' said 'not changed'
for id in $(sekishoctl --json crl status | grep -oE '"list": *"[0-9a-f]{64}"' | grep -oE '[0-9a-f]{64}'); do
	sekishoctl crl forget "$id" --reason test >/dev/null 2>&1
done
ok 'forgotten here: it is fetched, though it has not changed there' exits 0 sekishoctl fetch
not_ok 'whole again' said 'not changed'
ok 'and in force again' exits 0 sekishoctl crl status
restart
ok 'after a restart it is fetched once' exits 0 sekishoctl fetch
not_ok 'whole then too' said 'not changed'

touch -d '1 hour' "$BENCH_TMP/web/ca.crl"
ok 'a server that claims a date ahead of us' exits 0 sekishoctl fetch
ok 'gains nothing by it' exits 0 sekishoctl fetch
not_ok 'the list is fetched whole each time' said 'not changed'

# A proxy that is the only one who knows the host.
cat >"$BENCH_TMP/proxy.py" <<'PY'
import http.server, sys, urllib.request
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(sys.argv[2], "a").write(self.path + "\n")
        body = open("ca.crl", "rb").read() if self.path == "http://crl.invalid/ca.crl" else b""
        self.send_response(200 if body else 404); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
PY
(cd "$BENCH_TMP/web" && exec python3 ../proxy.py 18081 "$BENCH_TMP/proxy.log") &
PROXY=$!
sleep 1
lists 'url = http://crl.invalid/ca.crl'
ok 'a host that is not reached directly: exit status 6' exits 6 env http_proxy=http://127.0.0.1:18081 sekishoctl fetch
not_ok 'the environment names no proxy for us' test -e "$BENCH_TMP/proxy.log"
lists 'url = http://crl.invalid/ca.crl' '[fetch]' 'proxy = http://127.0.0.1:18081'
ok 'through the proxy: the list is in force' exits 0 sekishoctl fetch
ok 'it was asked' grep -qx 'http://crl.invalid/ca.crl' "$BENCH_TMP/proxy.log"
lists 'url = http://crl.invalid/ca.crl' '[fetch]' 'proxy = http://127.0.0.1:18082'
ok 'a proxy that is down: exit status 6, nobody goes round it' exits 6 sekishoctl fetch
kill $PROXY
lists "watch = $BENCH_TMP/media"
ok 'an empty folder is no fault' exits 0 sekishoctl fetch
vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/media/a.crl" --number 4 >/dev/null
vcard-personalise crl --ca "$BENCH_TMP/evil" --out "$BENCH_TMP/media/b.crl" --number 9 --revoke "$CARDS/clerk" >/dev/null
: >"$BENCH_TMP/media/c.crl"
cp "$BENCH_TMP/media/a.crl" "$BENCH_TMP/media/list.txt"
cp "$BENCH_TMP/media/a.crl" "$BENCH_TMP/media/"$'\e]0;evil\a.crl'
ok 'a folder with a good list and two others: exit status 6' exits 6 sekishoctl --json fetch
ok 'the good one is in force' said '"status": "ok".*/a.crl'
ok 'the wrong one is named' said '"status": "fail".*/b.crl'
ok 'the empty one is named' said '"status": "fail".*/c.crl.*empty'
ok 'a name that would speak to the terminal is told without it' said '"status": "fail".*media".*characters'
not_ok 'nothing of it comes out' grep -q $'\e\\|evil' "$OUT"
not_ok 'other names are left alone' said 'list.txt'
ok 'the card still logs in' login_quiet
lists "watch = $BENCH_TMP/no-such-folder"
ok 'media that are not in: no fault' exits 0 sekishoctl fetch
if command -v slapd >/dev/null 2>&1; then
	vcard-personalise crl --ca "$BENCH_TMP/ca" --out "$BENCH_TMP/ldap.crl" --number 5 --revoke "$CARDS/clerk" --der >/dev/null
	mkdir -p "$BENCH_TMP/ldap"
	cat >"$BENCH_TMP/slapd.conf" <<-CONF
		include /etc/ldap/schema/core.schema
		modulepath /usr/lib/ldap
		moduleload back_mdb
		pidfile $BENCH_TMP/slapd.pid
		database mdb
		suffix "o=jp"
		directory $BENCH_TMP/ldap
	CONF
	slapadd -f "$BENCH_TMP/slapd.conf" >"$BENCH_TMP/slapd.log" 2>&1 <<-LDIF || site_fail "slapadd: $(cat "$BENCH_TMP/slapd.log")"
		dn: o=jp
		objectClass: organization
		o: jp

		dn: cn=ca,o=jp
		objectClass: cRLDistributionPoint
		cn: ca
		certificateRevocationList;binary:: $(base64 -w0 "$BENCH_TMP/ldap.crl")

		dn: cn=empty,o=jp
		objectClass: cRLDistributionPoint
		cn: empty
	LDIF
	slapd -f "$BENCH_TMP/slapd.conf" -h ldap://127.0.0.1:18389/ >>"$BENCH_TMP/slapd.log" 2>&1
	sleep 1
	lists 'url = ldap://127.0.0.1:18389/cn=empty,o=jp?certificateRevocationList;binary'
	ok 'LDAP: an entry without a list' exits 6 sekishoctl fetch
	ok 'is told' said 'has no list'
	lists 'url = ldap://127.0.0.1:18389/cn=ca,o=jp?certificateRevocationList;binary'
	ok 'LDAP: a list' exits 0 sekishoctl fetch
	ok 'is in force: the card on it is refused' denied revoked
fi
not_ok 'no PIN in anything' grep -raq "$PIN_GOOD" "$OUT" "$BENCH_TMP/responder.log"
site_summary
