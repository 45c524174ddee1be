# SPDX-License-Identifier: Apache-2.0
"""The kiosk's own screen: boot into the prompt, log in at it, and everything that must not open it."""
import os
import time

from machine import Failure
from terminal import PIN

BLUE, WHITE, YELLOW = b'\x0b\x22\x39', b'\xff\xff\xff', b'\xff\xd5\x4a'
ACTIVE = 'cat /sys/class/tty/tty0/active'
# chvt 2, without kbd.
SWITCH = """perl -e 'open(F, "+<", "/dev/tty0") or die; ioctl(F, 0x5606, 2) or die'"""
BOOT_ID = 'cat /proc/sys/kernel/random/boot_id'


def pixels(t):
    """The screen as QEMU's graphics card has it."""
    path = t.path('screen.ppm')
    t.monitor('screendump', filename=os.path.abspath(path))
    with open(path, 'rb') as f:
        head, _, _, data = f.read().split(b'\n', 3)
    if head != b'P6':
        raise Failure('no picture')
    return data


def share(data, rgb):
    return sum(1 for i in range(0, len(data), 3) if data[i:i + 3] == rgb) * 3 / max(1, len(data))


def shows(t, seconds, test):
    """Does the screen come to pass a test? The picture that does, or None."""
    end = time.monotonic() + seconds
    while True:
        data = pixels(t)
        if test(data):
            return data
        if time.monotonic() > end:
            return None
        time.sleep(1)


def within(seconds, test):
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            return False
        time.sleep(1)
    return True


def denials(t):
    """Records of refused attempts."""
    return int(t.run('sekishoctl audit list --last 400 | grep -c attempt-denied')[1])


def is_prompt(data):
    return share(data, BLUE) > 0.5 and 0.003 < share(data, WHITE) < 0.04 and share(data, YELLOW) == 0


def is_field(data):
    return share(data, WHITE) > 0.04


def is_text(data):
    return share(data, b'\0\0\0') > 0.9


def happened(t):
    """For who reads a failure."""
    return t.run('loginctl list-sessions; sekishoctl audit list --last 6; journalctl -b -n 40 --no-pager | grep -v qemu-ga')[1]


def keep(t, name):
    folder = os.environ.get('KIOSK_PICTURES')
    if folder:
        os.makedirs(folder, exist_ok=True)
        t.screenshot(os.path.join(folder, name + '.png'))


def press(t, text):
    for c in text:
        t.keys({'\n': 'ret', ' ': 'spc', '-': 'minus'}.get(c, c))
        time.sleep(0.15)


def chords(t):
    """What a bored or a clever person presses."""
    for chord in (('ctrl', 'alt', 'delete'), ('ctrl', 'alt', 'f2'), ('ctrl', 'alt', 'f7'), ('alt', 'f2'), ('alt', 'left'), ('alt', 'right'),
                  ('alt', 'sysrq', 'k'), ('alt', 'sysrq', 'b'), ('alt', 'esc'), ('ctrl', 'alt', 'backspace'), ('alt', 'f4'), ('alt', 'tab')):
        t.keys(*chord)
        time.sleep(0.4)


def log_in(t, ok):
    t.card_in('yamada')
    asked = shows(t, 40, is_field)
    ok('with the card in, a field for its PIN', asked)
    keep(t, 'pin')
    press(t, PIN + '\n')
    ok('then the sensor is waited for', t.touch('yamada', seconds=40))
    ok('card, PIN and finger open a session of yamada', t.within(40, 'loginctl list-sessions --no-legend | grep -w yamada | grep -w seat0'))
    ok('its class is user', t.run("loginctl show-session $(loginctl list-sessions --no-legend | awk '/yamada/ && /seat0/ { print $1 }') -P Class")[1] == 'user\n')
    ok('the screen has gone', t.within(20, '! pgrep -x sekisho-greet') and shows(t, 20, is_text))


def closed(t, ok, where):
    before = t.run(BOOT_ID)[1], t.run(ACTIVE)[1]
    chords(t)
    t.run(SWITCH)
    time.sleep(2)
    ok(f'{where}: no chord, and no program, leads to another console or a restart', (t.run(BOOT_ID)[1], t.run(ACTIVE)[1]) == before and before[1] == 'tty1\n', (before, t.run(ACTIVE)[1]))


def screen(t, ok):
    t.card_out()
    t.must('systemctl enable sekisho-kiosk')
    t.stop()
    t.boot()
    prompt = shows(t, 90, is_prompt)
    keep(t, 'prompt')
    ok('it boots into the prompt', prompt, lambda: happened(t))
    ok('in a session of class greeter that is nobody\'s', t.run("loginctl show-session $(loginctl list-sessions --no-legend | awk '/_greetd/ { print $1 }') -p Class -p Active")[1].split() == ['Class=greeter', 'Active=yes'])
    ok('no getty on a virtual terminal, no greetd beside ours', t.run("systemctl is-active --quiet 'getty@*' greetd || pgrep -x agetty -a | grep -w tty[0-9]")[0] != 0)
    ok('no SysRq from the keyboard', t.run('cat /proc/sys/kernel/sysrq')[1] == '0\n')
    closed(t, ok, 'at the prompt')
    ok('the prompt stands', shows(t, 20, is_prompt))
    # greetd ends only when the attempt that waits for a card has: 60 s at most, with nothing on the terminal.
    for victim in ('sekisho-greet', 'cage', 'greetd'):
        old = t.must('pgrep -o -x sekisho-greet').strip()
        t.must(f'pkill -KILL -o -x {victim}')
        ok(f'{victim} killed: the prompt comes back', t.within(100, f'pgrep -x sekisho-greet | grep -vx {old}') and shows(t, 60, is_prompt))
        ok(f'{victim} killed: and nobody is in', t.run("loginctl list-sessions --no-legend | grep -v _greetd | grep seat0")[0] != 0)
    before = denials(t)
    t.card_in('stranger')
    ok("a stranger's card is refused", within(90, lambda: denials(t) > before))
    ok('in yellow', shows(t, 20, lambda d: share(d, YELLOW) > 0.05))
    keep(t, 'stranger')
    t.card_out()
    ok('and the prompt comes back by itself', shows(t, 90, lambda d: is_prompt(d) and share(d, YELLOW) == 0))
    log_in(t, ok)
    closed(t, ok, 'in a text session')
    ok('yamada is still logged in', t.run('loginctl list-sessions --no-legend | grep -w yamada')[0] == 0)
    # Alt and Esc of before wait in the shell's line editor for their second key, or it asks whether to show all there is (M-Esc).
    t.keys('ctrl', 'c')
    press(t, '\n')
    press(t, 'setsid -f sleep 1000\n')
    ok('the session takes keys', t.within(10, 'pgrep -u yamada -x sleep'), lambda: t.run('ps -u yamada -f')[1])
    t.card_out()
    ok('the card out: locked, on a terminal of its own', t.within(40, f'{ACTIVE} | grep -qx tty2') and shows(t, 60, is_prompt), lambda: happened(t))
    t.card_in('yamada')
    asked = shows(t, 60, is_field)
    press(t, PIN + '\n')
    ok('card, PIN and finger bring it back', asked and t.touch('yamada', seconds=60) and t.within(60, f'{ACTIVE} | grep -qx tty1') and t.run('pgrep -u yamada -x sleep')[0] == 0)
    ok('as text', shows(t, 20, is_text))
    press(t, 'exit\n')
    ok('the log-out ends it, the card still in', t.within(30, "! loginctl list-sessions --no-legend | grep -w yamada"))
    t.card_out()
    back = shows(t, 60, is_prompt)
    keep(t, 'logged-out')
    ok('after the log-out the prompt is back', back, lambda: happened(t))
    ok('and nothing of yamada runs', t.within(30, '! pgrep -u yamada'),
       lambda: t.run('ps -o pid,ppid,lstart,cmd,cgroup -u yamada; loginctl user-status yamada')[1] + happened(t))
    doctor(t, ok)
    t.must('systemctl disable --now sekisho-kiosk')
    ok('switched off, the terminals can be switched again', t.run(SWITCH)[0] == 0 and t.within(5, f"{ACTIVE} | grep -x tty2"))


def doctor(t, ok):
    ok('doctor: nobody is let in unasked', t.run("LC_ALL=C sekishoctl doctor | grep -E '^ok +autologin'")[0] == 0)
    t.must("cp -a /etc/sekisho/greetd.toml /root/; printf '[initial_session]\\ncommand = \"sh\"\\nuser = \"yamada\"\\n' >>/etc/sekisho/greetd.toml")
    ok('doctor: an initial_session of greetd is found', t.run("LC_ALL=C sekishoctl doctor | grep -A 1 -E '^fail +autologin' | grep greetd.toml")[0] == 0)
    t.must('cp -a /root/greetd.toml /etc/sekisho/')
    ok('pam check: the kiosk\'s stack is good', t.run("LC_ALL=C sekishoctl pam check | grep -E '^ok +pam.sekisho-greetd +'")[0] == 0, t.run('LC_ALL=C sekishoctl pam check')[1])
