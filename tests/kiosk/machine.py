# SPDX-License-Identifier: Apache-2.0
"""A virtual terminal in QEMU: power, serial line, screen, and the guest agent (root's hand inside, for looking and for fingers)."""
import base64
import json
import os
import shutil
import socket
import subprocess
import time

import pexpect
import pexpect.fdpexpect


# A child that ends when we do, however we do.
WITH_US = ['setpriv', '--pdeathsig', 'KILL']


class Failure(Exception):
    """A step that did not come out as it must."""


class Wire:
    """One JSON object a line, as QMP and the guest agent speak it."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.rest = b''

    def send(self, message):
        self.sock.sendall(json.dumps(message).encode() + b'\n')

    def receive(self, seconds):
        end = time.monotonic() + seconds
        while b'\n' not in self.rest:
            self.sock.settimeout(max(0.01, end - time.monotonic()))
            try:
                more = self.sock.recv(65536)
            except (TimeoutError, socket.timeout):
                return None
            if not more:
                return None
            self.rest += more
        line, self.rest = self.rest.split(b'\n', 1)
        # The agent answers guest-sync-delimited with a byte that no JSON has.
        return json.loads(line.lstrip(b'\xff'))

    def close(self):
        self.sock.close()


class Machine:
    """FOLDER holds disk.img, vmlinuz, initrd; WORK is for this run's sockets and its overlay of the disk."""
    # Two of them run side by side on two: a second one each would only be waited for.
    processors = 1

    def __init__(self, folder, work, redir=None, extra=()):
        self.folder, self.work, self.redir, self.extra = folder, work, redir, list(extra)
        self.disk = os.path.join(work, 'disk.qcow2')
        self.process = self.serial = self.qmp = self.agent = self.tpm = None
        self.events = []
        self.log = open(os.path.join(work, 'serial.log'), 'ab')

    def path(self, name):
        return os.path.join(self.work, name)

    def new_disk(self, backing=None):
        """An empty overlay: over what another run left, or over the image."""
        backing = backing or os.path.join(self.folder, 'disk.img')
        kind = 'qcow2' if backing.endswith('.qcow2') else 'raw'
        if os.path.exists(self.disk):
            os.unlink(self.disk)
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', os.path.abspath(backing), '-F', kind, self.disk], check=True)

    def start_tpm(self):
        """A TPM 2.0 whose memory stays in WORK/tpm until new_tpm()."""
        os.makedirs(self.path('tpm'), exist_ok=True)
        self.tpm = subprocess.Popen([*WITH_US, 'swtpm', 'socket', '--tpm2', '--tpmstate', 'dir=' + self.path('tpm'),
                                     '--ctrl', 'type=unixio,path=' + self.path('tpm.sock')], stderr=subprocess.DEVNULL)
        for _ in range(100):
            if os.path.exists(self.path('tpm.sock')):
                return
            time.sleep(0.05)
        raise Failure('swtpm does not start')

    def new_tpm(self):
        """As after a change of the mainboard."""
        shutil.rmtree(self.path('tpm'), ignore_errors=True)

    def start(self, append=''):
        self.start_tpm()
        for name in ('serial', 'qga', 'qmp'):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        command = [*WITH_US, 'qemu-system-x86_64', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', str(self.processors), '-M', 'q35', '-m', '1024',
                   '-nodefaults', '-display', 'none', '-no-reboot',
                   '-kernel', os.path.join(self.folder, 'vmlinuz'), '-initrd', os.path.join(self.folder, 'initrd'),
                   '-append', 'root=/dev/vda rw console=tty0 console=ttyS0 quiet ' + append,
                   # What the guest flushed is on the disk; what it did not is lost with the power.
                   '-drive', f'file={self.disk},if=virtio,format=qcow2,cache=writeback',
                   '-chardev', f'socket,id=serial,path={self.path("serial")},server=on,wait=off', '-serial', 'chardev:serial',
                   '-qmp', f'unix:{self.path("qmp")},server=on,wait=off',
                   '-device', 'virtio-serial',
                   '-chardev', f'socket,id=qga,path={self.path("qga")},server=on,wait=off',
                   '-device', 'virtserialport,chardev=qga,name=org.qemu.guest_agent.0',
                   '-chardev', f'socket,id=tpm,path={self.path("tpm.sock")}', '-tpmdev', 'emulator,id=tpm0,chardev=tpm',
                   '-device', 'tpm-tis,tpmdev=tpm0',
                   '-device', 'virtio-vga', '-device', 'qemu-xhci,id=usb', '-device', 'usb-kbd,bus=usb.0']
        if self.redir:
            command += ['-chardev', f'socket,id=redir,path={self.redir}', '-device', 'usb-redir,chardev=redir,bus=usb.0,id=reader']
        self.process = subprocess.Popen(command + self.extra, stdin=subprocess.DEVNULL,
                                        stdout=open(self.path('qemu.log'), 'ab'), stderr=subprocess.STDOUT)
        self.started = time.monotonic()
        for _ in range(200):
            if all(os.path.exists(self.path(n)) for n in ('serial', 'qga', 'qmp')):
                break
            if self.process.poll() is not None:
                raise Failure('QEMU ended: ' + open(self.path('qemu.log')).read()[-500:])
            time.sleep(0.05)
        line = socket.socket(socket.AF_UNIX)
        line.connect(self.path('serial'))
        self.serial_socket = line
        self.serial = pexpect.fdpexpect.fdspawn(line.fileno(), timeout=60, codec_errors='replace', encoding='utf-8')
        self.log_tee = self.serial.logfile_read = Tee(self.log)
        self.qmp = Wire(self.path('qmp'))
        self.qmp.receive(10)
        self.monitor('qmp_capabilities')

    def cut(self):
        """The power goes."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.forget()

    def stop(self, seconds=60):
        """As an administrator shuts down."""
        try:
            self.run('systemctl poweroff', wait=False)
            self.process.wait(seconds)
        except (subprocess.TimeoutExpired, Failure):
            self.process.kill()
            self.process.wait()
        self.forget()

    def forget(self):
        for wire in (self.qmp, self.agent):
            if wire:
                wire.close()
        if self.serial:
            self.serial_socket.close()
        # It ends with QEMU's connection.
        if self.tpm:
            self.tpm.terminate()
            self.tpm.wait()
        self.process = self.serial = self.qmp = self.agent = self.tpm = None

    # --- QEMU's monitor ----------------------------------------------------------------------------------------
    def monitor(self, command, **arguments):
        self.qmp.send({'execute': command, 'arguments': arguments})
        self.events = []
        while True:
            answer = self.qmp.receive(20)
            if answer is None:
                raise Failure(f'{command}: no answer')
            if 'event' in answer:
                self.events.append(answer['event'])
            if 'error' in answer:
                raise Failure(f'{command}: {answer["error"]["desc"]}')
            if 'return' in answer:
                return answer['return']

    def event(self, name, seconds):
        """Waits for QEMU to say it; what it said since the last command counts."""
        end = time.monotonic() + seconds
        while name not in self.events:
            said = self.qmp.receive(max(0.01, end - time.monotonic()))
            if said is None:
                raise Failure(f'QEMU does not say {name}')
            self.events.append(said.get('event'))

    def screenshot(self, path):
        self.monitor('screendump', filename=os.path.abspath(path), format='png')

    def plug_storage(self, name, serial):
        """A stick of 4 MiB on USB."""
        path = self.path(name + '.img')
        with open(path, 'wb') as f:
            f.truncate(4 << 20)
        self.monitor('blockdev-add', **{'node-name': 'd-' + name, 'driver': 'raw', 'file': {'driver': 'file', 'filename': path}})
        self.monitor('device_add', driver='usb-storage', id=name, drive='d-' + name, serial=serial, bus='usb.0')

    def unplug(self, name):
        self.monitor('device_del', id=name)
        self.event('DEVICE_DELETED', 20)
        self.monitor('blockdev-del', **{'node-name': 'd-' + name})

    def keys(self, *names):
        """One chord, e.g. keys('ctrl', 'alt', 'delete')."""
        self.monitor('send-key', keys=[{'type': 'qcode', 'data': n} for n in names])

    # --- the guest agent: root inside ----------------------------------------------------------------------------
    def agent_up(self, seconds=120):
        end = time.monotonic() + seconds
        n = 0
        while time.monotonic() < end:
            if self.agent:
                self.agent.close()
            self.agent = Wire(self.path('qga'))
            # While the guest is frozen questions wait in the line: whose answer it is, the number tells.
            n += 1
            self.agent.send({'execute': 'guest-sync', 'arguments': {'id': n}})
            while (answer := self.agent.receive(3)) is not None:
                if answer.get('return') == n:
                    return
            if self.process.poll() is not None:
                raise Failure('QEMU ended')
        raise Failure('the guest agent does not answer')

    def ask_agent(self, command, seconds=30, **arguments):
        if not self.agent:
            self.agent_up()
        self.agent.send({'execute': command, 'arguments': arguments})
        answer = self.agent.receive(seconds)
        if answer is None:
            # Its answer would be taken for that to the next question.
            self.agent.close()
            self.agent = None
        if answer is None or 'error' in answer:
            raise Failure(f'{command}: {answer}')
        return answer['return']

    def run(self, script, stdin='', seconds=120, wait=True):
        """Status and output of a shell script run by root inside."""
        pid = self.ask_agent('guest-exec', path='/bin/sh', arg=['-c', script], **{'capture-output': wait, 'input-data': base64.b64encode(stdin.encode()).decode()})['pid']
        end = time.monotonic() + seconds
        while wait:
            state = self.ask_agent('guest-exec-status', pid=pid)
            if state['exited']:
                text = b''.join(base64.b64decode(state.get(k, '')) for k in ('out-data', 'err-data'))
                return state.get('exitcode', 255), text.decode(errors='replace')
            if time.monotonic() > end:
                raise Failure(f'not done after {seconds} s: {script}')
            time.sleep(0.1)
        return 0, ''

    def must(self, script, **more):
        status, text = self.run(script, **more)
        if status != 0:
            raise Failure(f'{script}: status {status}: {text[-800:]}')
        return text

    def put(self, path, data, mode='0644'):
        """A file inside."""
        handle = self.ask_agent('guest-file-open', path=path, mode='w')
        self.ask_agent('guest-file-write', handle=handle, **{'buf-b64': base64.b64encode(data).decode()})
        self.ask_agent('guest-file-close', handle=handle)
        self.must(f'chmod {mode} {path}')

    def within(self, seconds, script):
        """Does the script come to succeed?"""
        end = time.monotonic() + seconds
        while True:
            if self.run(script)[0] == 0:
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.3)

    def sleep(self, seconds, meanwhile=lambda: None):
        """Suspended to RAM by the kernel, as far as the firmware's part, which is the kernel's own test of it (pm_test: core) instead: programs frozen,
        devices and all processors but one asleep, clocks stopped. (From the firmware's, QEMU's machine does not always wake.) Was it?"""
        self.must(f'echo {seconds} >/sys/module/suspend/parameters/pm_test_delay; echo core >/sys/power/pm_test; dmesg -C')
        self.run('sleep 1; echo mem >/sys/power/state', wait=False)
        time.sleep(5)
        meanwhile()
        time.sleep(max(0, seconds - 5))
        self.agent_up()
        return self.within(30, 'dmesg | grep -q "PM: suspend exit"') and self.run(f'dmesg | grep -q "Waiting for {seconds} second"')[0] == 0

    # --- the serial console --------------------------------------------------------------------------------------
    def expect(self, pattern, seconds=60):
        try:
            return self.serial.expect(pattern, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            raise Failure(f'{pattern!r} not seen within {seconds} s; last: {self.serial.before[-300:]!r}') from None

    def type(self, text):
        self.serial.send(text)


class Tee:
    """The serial line's log: bytes of what was read."""

    def __init__(self, file):
        self.file, self.tail = file, ''

    def write(self, text):
        self.tail = (self.tail + text)[-4000:]
        self.file.write(text.encode(errors='replace'))

    def flush(self):
        self.file.flush()
