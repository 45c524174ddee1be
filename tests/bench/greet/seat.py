# SPDX-License-Identifier: Apache-2.0
"""A seat for sekisho-greet: a virtual display with keyboard and screenshots, and a stand-in for greetd that answers as a scene says."""
import json
import os
import select
import socket
import struct
import subprocess
import time

NOBODY = 65534
# What runs behind it ends when this process does, however that happens.
WITH_US = ['setpriv', '--pdeathsig', 'TERM']


class Failure(Exception):
    """A scene that did not come out as it must."""


class Greetd:
    """greetd-ipc(7), one connection. `uid`: whose process listens."""

    def __init__(self, path, uid=0):
        self.path, self.conn = path, None
        if os.path.exists(path):
            os.unlink(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        # SO_PEERCRED gives the client the ids of whoever called listen().
        if uid:
            os.seteuid(uid)
        self.listener.listen(1)
        if uid:
            os.seteuid(0)

    def accept(self, seconds=30):
        self.listener.settimeout(seconds)
        self.conn, _ = self.listener.accept()
        self.conn.settimeout(seconds)

    def receive(self, seconds=10):
        """One request, or None when none comes; b'' when the peer has gone."""
        self.conn.settimeout(seconds)
        try:
            head = self.conn.recv(4, socket.MSG_WAITALL)
        except (TimeoutError, socket.timeout):
            return None
        if len(head) < 4:
            return b''
        return json.loads(self.conn.recv(struct.unpack('=I', head)[0], socket.MSG_WAITALL))

    def expect(self, kind, seconds=10, **fields):
        got = self.receive(seconds)
        want = dict(fields, type=kind)
        if got != want:
            raise Failure(f'{want} expected, {got} came')
        return got

    def raw(self, data):
        self.conn.sendall(data)

    def send(self, **fields):
        data = json.dumps(fields).encode()
        self.raw(struct.pack('=I', len(data)) + data)

    def say(self, kind, text):
        """A message of PAM; the greeter acknowledges one that asks for nothing at once."""
        self.send(type='auth_message', auth_message_type=kind, auth_message=text)
        if kind in ('info', 'error'):
            self.expect('post_auth_message_response')

    def success(self):
        self.send(type='success')

    def refuse(self):
        self.send(type='error', error_type='auth_error', description='pam_authenticate: AUTH_ERR')

    def hang_up(self):
        if self.conn:
            self.conn.close()
        self.conn = None

    def close(self):
        self.hang_up()
        self.listener.close()


class Seat:
    """Xvfb, cage as nobody, the greeter in it."""

    def __init__(self, tmp, size='1280x720'):
        self.tmp, self.cage = tmp, None
        self.run_dir = os.path.join(tmp, 'run')
        os.makedirs(self.run_dir, mode=0o700, exist_ok=True)
        os.chown(self.run_dir, NOBODY, NOBODY)
        self.log = open(os.path.join(tmp, 'greet.log'), 'ab')
        # It takes a free display, and writes its number when it can be used.
        ready, number = os.pipe()
        self.xvfb = subprocess.Popen(WITH_US + ['Xvfb', '-displayfd', str(number), '-screen', '0', size + 'x24', '-nolisten', 'tcp'], pass_fds=(number,),
                                     stderr=self.log, stdout=self.log)
        os.close(number)
        with os.fdopen(ready) as answer:
            line = answer.readline().strip() if select.select([answer], [], [], 10)[0] else ''
        if not line:
            self.xvfb.kill()
            raise Failure('Xvfb does not start')
        self.display = ':' + line

    def start(self, greetd):
        env = {'PATH': '/usr/bin:/bin', 'DISPLAY': self.display, 'XDG_RUNTIME_DIR': self.run_dir, 'WLR_BACKENDS': 'x11', 'WLR_RENDERER': 'pixman', 'WLR_XWAYLAND': '/bin/false',
               'GREETD_SOCK': greetd, 'GTK_MODULES': 'gail', 'GTK_DEBUG': 'interactive', 'LANGUAGE': 'de'}
        self.cage = subprocess.Popen(WITH_US + [f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', 'cage', '--', os.path.join(self.tmp, 'sekisho-greet')],
                                     env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def ended(self, seconds=5):
        """cage's exit status, or None."""
        try:
            return self.cage.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        if self.cage and self.cage.poll() is None:
            self.cage.terminate()
            if self.ended() is None:
                self.cage.kill()
                self.cage.wait()
        self.cage = None

    def close(self):
        self.stop()
        self.xvfb.terminate()
        self.xvfb.wait()

    def greeter(self):
        """The greeter's process id."""
        out = subprocess.run(['pgrep', '-P', str(self.cage.pid), 'sekisho-greet'], capture_output=True, text=True).stdout.split()
        if not out:
            raise Failure('no greeter under cage')
        return int(out[0])

    def keys(self, *names):
        subprocess.run(['xdotool', 'key', '--delay', '40', *names], env=dict(os.environ, DISPLAY=self.display), check=True)

    def picture(self, path=None):
        """The pixels as (width, height, bytes of RGB); a PNG to PATH as well."""
        env = {'PATH': '/usr/bin:/bin', 'XDG_RUNTIME_DIR': self.run_dir, 'WAYLAND_DISPLAY': 'wayland-0'}
        time.sleep(0.5)
        for kind, where in (('png', path), ('ppm', os.path.join(self.tmp, 'now.ppm'))):
            if where:
                data = subprocess.run(['grim', '-t', kind, '-'], env=env, capture_output=True, check=True).stdout
                open(where, 'wb').write(data)
        head, size, _, pixels = open(os.path.join(self.tmp, 'now.ppm'), 'rb').read().split(b'\n', 3)
        if head != b'P6':
            raise Failure('no picture')
        width, height = map(int, size.split())
        return width, height, pixels

    def holds(self, needle):
        """How often the greeter's memory has these bytes."""
        pid, n = self.greeter(), 0
        with open(f'/proc/{pid}/maps') as maps, open(f'/proc/{pid}/mem', 'rb') as mem:
            for line in maps:
                span, mode = line.split()[:2]
                if not mode.startswith('rw'):
                    continue
                low, high = (int(x, 16) for x in span.split('-'))
                try:
                    mem.seek(low)
                    n += mem.read(high - low).count(needle)
                except (OSError, ValueError):
                    continue
        return n


def share(picture, rgb):
    """How much of the picture has exactly this colour."""
    width, height, pixels = picture
    want = bytes(rgb)
    return sum(1 for i in range(0, len(pixels), 3) if pixels[i:i + 3] == want) / (width * height)
