#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Scenes at the kiosk's screen, in both languages; one line a check, last line: N passed, M failed. scenes.py FOLDER-FOR-PICTURES"""
import gettext
import os
import signal
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from seat import Failure, Greetd, NOBODY, Seat, share  # noqa: E402

PIN = '90871265'
PIN_SECONDS = 45
SITE = '''[site]
name = {name}
help = {help}
[terminal]
id = desk-017
[timing]
pin = {pin}s
'''
SITES = {'ja': {'name': '市民課 窓口', 'help': '情報政策課 内線 2345'}, 'en': {'name': 'Citizens Office', 'help': 'IT desk, ext. 2345'}}
YELLOW, WHITE, BLUE = (0xff, 0xd5, 0x4a), (0xff, 0xff, 0xff), (0x0b, 0x22, 0x39)
# Messages of PAM as pam_sekisho says them (host/common/ipc/msgtext.c), with arguments filled in.
INSERT = 'Put your IC card in the card reader.'
ASK_PIN = ('PIN of your card (tries left: %1$s): ', '3')
WRONG = ('That PIN is wrong. Tries left: %1$s. Type the next one with care.', '2')
TOUCH = ('Touch the fingerprint sensor (for: %1$s).', 'yamada')
LAST = ('Last log-in: %1$s (%2$s)', '2026-11-25 08:31', 'desk-017')
FAILED = ('Failed log-ins since then: %1$s.\nIf that was not you, tell your administrator.', '2')
LOCKED = ("Locked after too many failures. Try again after %1$s.\nIf you can't wait, call: %2$s", '2026-11-26 09:14', None)
DENIED = ('Not accepted. Check card, PIN and finger, and start again.\nIf it happens again, call: %1$s (reference %2$s)', None, '4711')
OLD = ('The list of revoked cards (%1$s) is too old to check cards.\nPlease call: %2$s', 'Demo City CA', None)
NO_DAEMON = 'The log-in service of this terminal is not running.\nPlease call your administrator.'


class Stage:
    def __init__(self, folder):
        self.folder, self.tmp = folder, os.environ['BENCH_TMP']
        self.passed = self.failed = 0
        self.seat = Seat(self.tmp)
        self.path = os.path.join(self.tmp, 'greetd.sock')
        self.lang, self.greetd, self.pin = 'ja', None, PIN_SECONDS

    def ok(self, name, condition, why=''):
        good = bool(condition)
        print(f"{'ok  ' if good else 'FAIL'} {self.lang}: {name}" + ('' if good else f' | {why}'), flush=True)
        self.passed += good
        self.failed += not good

    def text(self, message):
        """As the module translates it."""
        message = (message,) if isinstance(message, str) else message
        catalogue = gettext.GNUTranslations(open('/run/sekisho-bench/share/locale/ja/LC_MESSAGES/sekisho.mo', 'rb'))
        if message[0] not in catalogue._catalog:  # noqa: SLF001  the scenes must not test texts that the module no longer has
            raise Failure(f'no such text any more: {message[0]!r}')
        said = catalogue.gettext(message[0]) if self.lang == 'ja' else message[0]
        for i, argument in enumerate(message[1:], 1):
            said = said.replace(f'%{i}$s', argument or SITES[self.lang]['help'])
        return said

    def configure(self, kiosk):
        for name, text in (('sekisho.conf', SITE.format(pin=self.pin, **SITES[self.lang])), ('kiosk.conf', kiosk)):
            with open(f'/etc/sekisho/{name}', 'w', encoding='utf-8') as f:
                f.write(text)
            os.chmod(f'/etc/sekisho/{name}', 0o644)

    def open(self, kiosk=None, uid=0):
        self.configure(kiosk if kiosk is not None else f'[kiosk]\nlanguage = {self.lang}\nsession = /usr/bin/foot "--title=a b"\n')
        self.greetd = Greetd(self.path, uid)
        self.seat.start(self.path)

    def begin(self):
        self.open()
        self.greetd.accept()
        self.greetd.expect('create_session', username='')

    def end(self):
        self.seat.stop()
        if self.greetd:
            self.greetd.close()
        self.greetd = None

    def picture(self, name):
        return self.seat.picture(os.path.join(self.folder, f'{name}-{self.lang}.png'))

    def gets(self, name, kind, seconds=10, **fields):
        """A check that greetd is asked for just this."""
        got = self.greetd.receive(seconds)
        self.ok(name, got == dict(fields, type=kind), got)

    def speak(self, kind, message):
        self.greetd.say(kind, self.text(message))


def insert(s):
    s.begin()
    start = s.picture('wait')
    s.speak('info', INSERT)
    shown = s.picture('insert')
    s.ok('the screen is full: dark ground, white letters, nothing black', share(shown, BLUE) > 0.5 and share(shown, WHITE) > 0.005 and share(shown, (0, 0, 0)) == 0)
    s.ok('the card is asked for', shown[2] != start[2])


def pin(s):
    s.begin()
    s.speak('info', INSERT)
    s.seat.keys('7', '7', 'Return')
    s.ok('keys before the question are no answer', s.greetd.receive(1) is None)
    s.speak('secret', ASK_PIN)
    empty = s.picture('pin')
    s.ok('a white field', share(empty, WHITE) > 0.04)
    s.seat.keys('Return')
    s.ok('Enter on nothing is no answer', s.greetd.receive(1) is None)
    s.seat.keys(*PIN[:4])
    typed = s.picture('pin-typed')
    s.ok('dots in it', typed[2] != empty[2])
    s.seat.keys('BackSpace', 'BackSpace', 'BackSpace', 'BackSpace', 'BackSpace', *PIN)
    s.ok('what is typed is in the memory while it is typed (the scan finds it)', s.seat.holds(PIN.encode()) >= 1)
    s.seat.keys('Return')
    s.greetd.expect('post_auth_message_response', response=PIN)
    s.picture('checking')
    s.ok('C-PIN: and nowhere once it has been sent', s.seat.holds(PIN.encode()) == 0, s.seat.holds(PIN.encode()))
    s.speak('error', WRONG)
    s.speak('secret', (ASK_PIN[0], '2'))
    wrong = s.picture('pin-wrong')
    s.ok('what was wrong stands below the next question, in yellow', share(wrong, YELLOW) > 0.02)
    s.seat.keys('KP_End', 'quotedbl', 'backslash', 'space', 'Return')
    s.gets('keypad without Num Lock, quotes and blanks arrive as typed', 'post_auth_message_response', response='1"\\ ')
    s.speak('info', TOUCH)
    s.picture('touch')


def welcome(s):
    s.begin()
    s.speak('info', LAST)
    s.speak('info', FAILED)
    s.greetd.success()
    began = time.monotonic()
    s.picture('welcome')
    s.greetd.expect('start_session', cmd=['/usr/bin/foot "--title=a b"'], env=[])
    s.ok('the last texts can be read before the session starts', 2 < time.monotonic() - began < 5, time.monotonic() - began)
    s.picture('starting')
    s.ok('the greeter waits until greetd agrees', s.seat.ended(1) is None)
    s.greetd.success()
    s.ok('then it ends, and cage with it', s.seat.ended() == 0)


def refused(s):
    for name, message in (('locked', LOCKED), ('lists-old', OLD), ('daemon-down', NO_DAEMON), ('denied', DENIED)):
        s.begin()
        s.speak('error', message)
        s.greetd.refuse()
        s.greetd.expect('cancel_session')
        s.greetd.success()
        began = time.monotonic()
        s.ok(f'{name}: yellow, for all to see', share(s.picture(name), YELLOW) > 0.1)
        if name == 'denied':
            s.greetd.expect('create_session', username='', seconds=20)
            s.ok('the next attempt comes by itself, after a pause in which the reason can be read', 5 < time.monotonic() - began, time.monotonic() - began)
            s.greetd.refuse()
            s.greetd.expect('cancel_session')
            s.greetd.success()
            s.ok('and not in a loop: the pause grows', s.greetd.receive(9) is None)
            s.seat.keys('Return')
            s.gets('Enter begins at once', 'create_session', 2, username='')
        s.end()


def cancel(s):
    s.pin = 5
    s.begin()
    s.speak('secret', ASK_PIN)
    s.seat.keys(*PIN, 'Escape')
    s.greetd.expect('cancel_session')
    s.greetd.success()
    s.picture('cancelled')
    s.ok('Escape ends the attempt, and what was typed is gone', s.seat.holds(PIN.encode()) == 0)
    s.seat.keys('Return')
    s.greetd.expect('create_session', username='')
    s.speak('secret', ASK_PIN)
    s.seat.keys('1', '2')
    s.gets('a prompt that nobody answers ends by itself', 'cancel_session', 9)
    s.greetd.success()
    s.picture('timeout')


def keys(s):
    s.begin()
    s.speak('secret', ASK_PIN)
    for chord in ('alt+F4', 'ctrl+alt+F2', 'ctrl+alt+Delete', 'ctrl+shift+i', 'ctrl+shift+d', 'ctrl+c', 'ctrl+q', 'alt+Tab', 'alt+Escape', 'Menu', 'F1', 'F10', 'ctrl+v', 'ctrl+alt+BackSpace'):
        s.seat.keys(chord)
    s.ok('no chord closes the screen or opens another', s.seat.ended(1) is None and share(s.picture('keys'), WHITE) > 0.04)
    s.seat.keys('5', 'Return')
    got = s.greetd.receive()
    s.ok('and no chord is taken for a digit', got in ({'type': 'post_auth_message_response', 'response': '5'},), got)


def faults(s):
    s.begin()
    s.greetd.raw(b'\xff\xff\xff\xff' + b'{' * 64)
    s.ok('nonsense ends the connection, not the program', s.greetd.receive() == b'')
    s.picture('no-greetd')
    s.greetd.hang_up()
    s.greetd.accept()
    s.greetd.expect('create_session', username='')
    s.greetd.raw(b'\x10\x00\x00\x00{"type":"success"')
    s.ok('bytes behind an answer as well', s.greetd.receive() == b'')
    s.greetd.hang_up()
    s.greetd.accept()
    s.gets('and it comes back each time', 'create_session', username='')
    os.kill(s.seat.greeter(), signal.SIGKILL)
    s.ok('a greeter that dies leaves no compositor, and no success', s.seat.ended() not in (None,), s.seat.ended(0))
    s.end()
    s.open(uid=NOBODY)
    s.greetd.accept()
    s.ok("a greetd that isn't root's is told nothing", s.greetd.receive(2) == b'')
    s.end()
    s.open(kiosk='[kiosk]\nsesion = /usr/bin/menu\n')
    try:
        s.greetd.accept(4)
        asked = True
    except (TimeoutError, OSError):
        asked = False
    s.ok('a wrong kiosk.conf: no log-in, and the screen says so', not asked and share(s.picture('not-set-up'), YELLOW) > 0.1)


SCENES = {'insert': insert, 'pin': pin, 'welcome': welcome, 'refused': refused, 'cancel': cancel, 'keys': keys, 'faults': faults}


def main():
    s = Stage(sys.argv[1])
    wanted = (os.environ.get('GREET') or '').split() or list(SCENES)
    try:
        for name in wanted:
            for s.lang in ('ja', 'en'):
                s.pin = PIN_SECONDS
                print(f'-- {name}', flush=True)
                try:
                    SCENES[name](s)
                except Exception:  # noqa: BLE001  whatever goes wrong in a scene is a failed check
                    s.ok(f'{name}: comes to its end', False, traceback.format_exc())
                s.end()
    finally:
        s.seat.close()
    if s.failed:
        print(open(os.path.join(s.tmp, 'greet.log'), errors='replace').read()[-1500:])
    print(f'{s.passed} passed, {s.failed} failed')
    return 1 if s.failed else 0


if __name__ == '__main__':
    sys.exit(main())
