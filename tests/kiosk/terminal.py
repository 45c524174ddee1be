# SPDX-License-Identifier: Apache-2.0
"""The terminal under test: the machine with its reader, cards and fingers, and what people do at it."""
import os
import re
import socket
import subprocess
import time

import pexpect

from machine import Failure, Machine

PIN = '123456'
# Who has which card, account and finger (a seed of the generator).
PEOPLE = {
    'yamada': {'number': 'P001', 'finger': 11},
    'suzuki': {'number': 'P002', 'finger': 22},
    'sato': {'number': 'P003', 'finger': 33},
}
SENSOR = '/run/sekisho/virtual-sensor.sock'
SHELL = r'[a-z]+@T-001:~\$ '
# Or getty's banner: login has ended, and its last words may be lost with the line.
DENIED = r'Login incorrect|Login timed out|Debian GNU/Linux [0-9]+ T-001'
PIN_PROMPT = r'PIN of your card \(tries left: [0-9]\): '


class Terminal(Machine):
    def __init__(self, extra=()):
        self.tmp = os.environ['BENCH_TMP']
        self.bin = os.environ['BENCH_BIN']
        self.reader = os.environ['READER_DIR']
        work = os.path.join(self.tmp, 'machine')
        os.makedirs(work, exist_ok=True)
        super().__init__(os.environ['KIOSK_IMAGE'], work, redir=os.path.join(self.reader, 'redir'), extra=extra)
        self.in_slot = None
        self.emulated = 'yamada'

    # --- card and reader -----------------------------------------------------------------------------------------
    def card_command(self, *words):
        subprocess.run([os.path.join(self.bin, 'vcard'), '--ctl', os.path.join(self.tmp, 'vcard/slot0.sock'), *words],
                       check=True, stdout=subprocess.DEVNULL)

    def card_in(self, name):
        if self.in_slot == name:
            return
        if self.emulated != name:
            self.card_command('swap', os.path.join(self.tmp, 'cards', name))
        else:
            self.card_command('insert')
        self.emulated = self.in_slot = name

    def card_out(self):
        if self.in_slot:
            self.card_command('pull')
        self.in_slot = None

    def reader_plug(self, word):
        """plug, unplug, suspend, resume."""
        wire = socket.socket(socket.AF_UNIX)
        wire.settimeout(5)
        wire.connect(os.path.join(self.reader, 'usbctl'))
        wire.sendall(word.encode() + b'\n')
        if not wire.recv(64).startswith(b'ok'):
            raise Failure(f'the reader does not {word}')

    def plug_back(self):
        """The reader in its place, whether or not it was."""
        try:
            self.reader_plug('plug')
        except Failure:
            pass

    # --- finger --------------------------------------------------------------------------------------------------
    def touch(self, name, impression=1, seconds=15):
        finger = PEOPLE[name]['finger'] if name in PEOPLE else 99
        return self.run(f'synthfinger --image /srv/fingers/{finger}-{impression}.pgm --send {SENSOR} --wait-ready {seconds * 1000}')[0] == 0

    # --- an administrator's work -------------------------------------------------------------------------------------
    def boot(self, append=''):
        self.start(append)
        self.expect('login: ', 150)
        self.booted = time.monotonic() - self.started
        self.agent_up()

    def enrol(self, name, role='staff'):
        one = PEOPLE[name]
        self.must(f"sekishoctl person add {one['number']} --account {name} --name 'Test {name}' --role {role}")
        self.card_in(name)
        self.must(f"sekishoctl card enrol {one['number']} --pin-fd 0", stdin=PIN + '\n')
        script = f"""sekishoctl finger enrol {one['number']} right-index --pin-fd 9 9</run/pin >/run/enrol.log 2>&1 & pid=$!
            k=0; while kill -0 $pid 2>/dev/null && [ $k -lt 15 ]; do
            synthfinger --image /srv/fingers/{one['finger']}-$k.pgm --send {SENSOR} --wait-ready 3000 2>/dev/null && k=$((k+1)); sleep 0.1; done
            wait $pid || {{ cat /run/enrol.log; exit 1; }}"""
        self.put('/run/pin', PIN.encode() + b'\n', '0600')
        self.must(script, seconds=400)
        self.must('rm -f /run/pin')

    def sign_here(self):
        """The terminal on which the site's lists are signed."""
        if self.run('test -e /etc/sekisho/denylist.key')[0] == 0:
            return
        self.must('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /etc/sekisho/denylist.key && chmod 600 /etc/sekisho/denylist.key && '
                  'openssl pkey -in /etc/sekisho/denylist.key -pubout -out /etc/sekisho/denylist-authority.pem')
        self.must("sed -i 's|^# key = /etc/sekisho/denylist.key|key = /etc/sekisho/denylist.key|' /etc/sekisho/sekisho.conf && grep -q '^key = /etc/sekisho/denylist.key' /etc/sekisho/sekisho.conf && "
                  'sekishoctl policy check >/dev/null && systemctl restart sekishod')

    def audit(self, pattern, last=20):
        return re.search(pattern, self.run(f'sekishoctl audit list --last {last}')[1]) is not None

    # --- an employee's work --------------------------------------------------------------------------------------------
    def drain(self):
        """What is still to come of before must not be taken for an answer."""
        while self.serial.expect([r'.+', pexpect.TIMEOUT], timeout=0.5) == 0:
            pass

    def user(self, name):
        """The account, at a prompt that nobody has typed at: an empty name would be an attempt of its own."""
        end = time.monotonic() + 120
        # The kernel may have said something behind the prompt.
        while not re.search(r'login: (\[ *[0-9]+\.[0-9]+\] [^\r\n]*\r\n)*$', self.log_tee.tail):
            if time.monotonic() > end:
                raise Failure(f'no prompt: {self.log_tee.tail[-300:]!r}')
            self.drain()
        self.type(name + '\r')
        self.expect(name + r'\s*\r')

    def log_in(self, name, pin=PIN, finger=None, card=None):
        """Card, PIN, finger, in the order asked; 'shell' or 'denied'. Card 'none': the slot stays as it is."""
        if card != 'none':
            self.card_in(card or name)
        self.user(name)
        while True:
            what = self.serial.expect([PIN_PROMPT, r'[Ss]ensor[^\r\n]*\r', SHELL, DENIED, pexpect.TIMEOUT], timeout=100)
            if what == 0:
                self.type(pin + '\r')
            elif what == 1:
                self.touch(finger or name)
            elif what == 4:
                raise Failure(f'neither in nor out: {self.last()}')
            else:
                return 'shell' if what == 2 else 'denied'

    def outcome(self, seconds=100):
        """How the attempt ends that runs."""
        return ('shell', 'denied')[self.expect([SHELL, DENIED], seconds)]

    def log_out(self):
        self.drain()
        self.type('exit\r')
        self.expect('login: ')

    def sees(self, pattern, seconds=20):
        return self.serial.expect([pattern, pexpect.TIMEOUT], timeout=seconds) == 0

    def last(self):
        return repr((self.serial.before or '')[-400:])

    def ready_before_prompt(self):
        """Was the daemon up when consoles and greeters were let go? Monotonic times of this boot, in microseconds."""
        times = self.must('for u in sekishod systemd-user-sessions; do systemctl show -P ActiveEnterTimestampMonotonic $u.service; done').split()
        return len(times) == 2 and 0 < int(times[0]) < int(times[1])
