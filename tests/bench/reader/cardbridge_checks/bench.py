# SPDX-License-Identifier: Apache-2.0
"""The program under check with the emulator behind it, and the reader's side of its wires."""
import os
import select
import socket
import subprocess
import time

from cardbridge_checks.vpcd import Emulator
from cardbridge_checks.wire import h, lrc


class Bench:
    """What a scenario is given: wires "card" and "control" (firmware/board/bench/WIRE.md), emulator, ctl socket."""

    DEFAULT_ATR = h("3B8D8131FE158073C021C05753656B6973686F")

    def __init__(self, program, options, folder, atr=None):
        atr = atr or self.DEFAULT_ATR + lrc(self.DEFAULT_ATR[1:])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.paths = {n: os.path.join(folder, n) for n in ("card", "control", "ctl", "trace", "stats")}
        words = [program, "--vpcd", str(self.port), "--gap-ms", "100"]
        for name, path in self.paths.items():
            words += ["--" + name, path]
        self.program = program
        self.bridge = subprocess.Popen(words + list(options))
        try:
            self.emulator = Emulator(self.port, atr)
            self.connect()
        except Exception:
            self.close()
            raise

    def connect(self):
        """As a reader that starts; it is told that a card is in."""
        self.card, self.control = self.dial("card"), self.dial("control")
        self.expect_control(1, skip_out=True)

    def dial(self, name):
        for _ in range(100):
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(self.paths[name])
                return sock
            except OSError:
                sock.close()
                time.sleep(0.02)
        raise AssertionError("can't reach " + name)

    def close(self):
        self.bridge.terminate()
        self.bridge.wait(5)

    @staticmethod
    def read(sock, n, wait):
        """Up to n bytes, as many as come within wait seconds."""
        data, until = b"", time.monotonic() + wait
        while len(data) < n:
            left = until - time.monotonic()
            if left <= 0 or not select.select([sock], [], [], left)[0]:
                break
            part = sock.recv(n - len(data))
            if not part:
                break
            data += part
        return data

    def expect_control(self, code, skip_out=False, wait=3):
        """The next message on "control" is this; skip_out: behind a "card out", if that comes first."""
        got = self.read(self.control, 1, wait)
        if skip_out and got == b"\0":
            got = self.read(self.control, 1, wait)
        assert got == bytes([code]), f"control: wanted {code:02X}, got {got.hex()}"

    def expect(self, data, wait=2):
        got = self.read(self.card, len(data), wait)
        assert got == data, f"wanted {data.hex()}, got {got.hex()}"

    def silent(self, wait=0.4):
        got = self.read(self.card, 1, wait)
        assert got == b"", f"wanted silence, got {got.hex()}"

    def send(self, data):
        self.card.sendall(data)

    def exchange(self, data, wanted, wait=2):
        self.send(data)
        self.expect(wanted, wait)

    def command(self, code, answer):
        """A message on "control" and what it is met with."""
        self.control.sendall(code)
        self.expect_control(answer)

    def timing(self, inverse=False):
        """F = 372, D = 1."""
        self.control.sendall(h("4001740001") + bytes([inverse]))

    def power(self):
        """3579 kHz, class A, RST high: the ATR is next."""
        self.control.sendall(h("500DFB"))
        self.timing()
        self.command(h("1001"), 0x90)
        self.command(h("31"), 0xB1)

    def start(self, atr=None):
        """Power and ATR; the ATR is what the emulator gives unless another is expected."""
        self.power()
        self.expect(atr or self.emulator.atr)

    def ctl(self, *words):
        """A command on the ctl socket; returns the answer."""
        send = [self.program, "--send", self.paths["ctl"], *words]
        done = subprocess.run(send, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"ctl {words}: {done.stdout}"
        return done.stdout

    def stats(self):
        return {line.split()[0]: int(line.split()[1]) for line in self.ctl("stats").splitlines() if " " in line}

    def apdu(self, apdu):
        """The last that the emulator got is this."""
        assert self.emulator.apdus[-1:] == [apdu], f"emulator got {[a.hex() for a in self.emulator.apdus]}"
