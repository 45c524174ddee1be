#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the image in QEMU at random moments, on a flash that stays; what is left is judged.

usage: kill9.py store IMAGE DIR RUNS SEED              the store, driven by commands (main_store.c)
       kill9.py starts IMAGE DIR RUNS SEED STORE-IMAGE the product's image, killed while it starts

The judge is a model of its own: the list of states that the commands sent so far lead through. Commands are sent
ahead, so that the image always has one to work on. After a kill the flash must hold exactly one of the states from
"all that was answered" to "all that was sent"; a charge that was answered is in all of them, unless a clear came after.
DIR holds flash and sockets; one DIR for each of several that run side by side. Prints "name count" lines and "bad: …"
lines, and ends with 1 when there was a bad one.
"""
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

FLASH = 65536           # the store's; the word behind it is the command under way
COUNTERS, RECORDS = 32, 64
USED_COUNTERS = (0, 5, 17, 31)
USED_RECORDS = (0, 1, 2, 33, 34, 50, 62, 63)
AHEAD = 200              # commands under way at most
NOENT = 5
DEADLINE = 30


PATTERN = bytes((i * 167 + (i >> 8) * 29) & 0xFF for i in range(1024))
SEEDED = [bytes(b ^ seed for b in range(256)) for seed in range(256)]


def contents(length, seed):
    """As fill() in main_store.c."""
    return PATTERN[:length].translate(SEEDED[seed])


class Gone(Exception):
    """QEMU has ended."""


class Qemu:
    """The image with one of its wires on a socket; the others go nowhere."""

    def __init__(self, image, folder, wire):
        path = os.path.join(folder, "wire")
        if os.path.exists(path):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            listener.settimeout(DEADLINE)
            serials = []
            for n in range(5):
                serials += ["-serial", "chardev:wire" if n == wire else "null"]
            self.process = subprocess.Popen(
                ["qemu-system-arm", "-M", "mps2-an386,memory-backend=psram", "-object",
                 "memory-backend-file,id=psram,size=16M,share=on,mem-path=" + os.path.join(folder, "flash"),
                 "-kernel", image, "-nographic", "-display", "none", "-monitor", "none",
                 "-chardev", "socket,id=wire,path=" + path] + serials,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            self.wire, _ = listener.accept()
            self.started = time.monotonic()
            self.got = b""

    def kill_in(self, seconds):
        """From now on QEMU dies at that moment, whatever this program does just then."""
        pid = self.process.pid
        signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))

    def read(self, length):
        while len(self.got) < length:
            if not select.select([self.wire], [], [], DEADLINE)[0]:
                raise TimeoutError("the image does not answer")
            try:
                more = self.wire.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                raise Gone
            self.got += more
        head, self.got = self.got[:length], self.got[length:]
        return head

    def send(self, data):
        try:
            self.wire.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # what was answered is still to be read

    def end(self):
        """Not before it is dead may the flash be read. An alarm that still comes would hit a stranger: switched off first."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.process.kill()
        self.process.wait()
        self.wire.close()


class State:
    def __init__(self, counters, records):
        self.counters, self.records = counters, records

    def after(self, command):
        op, ident, length, seed = command
        counters, records = dict(self.counters), dict(self.records)
        if op == "C":
            counters[ident] = counters.get(ident, 0) + 1
        elif op == "Z":
            counters.pop(ident, None)
        elif op == "P":
            records[ident] = contents(length, seed)
        elif op == "D":
            records.pop(ident, None)
        return State(counters, records)

    def __eq__(self, other):
        return self.counters == other.counters and self.records == other.records

    def differs(self, found):
        """In words, for people: found is what the flash held, self what it should have held at least."""
        words = []
        for i in range(COUNTERS):
            was, now = self.counters.get(i, 0), found.counters.get(i, 0)
            if was != now:
                words.append("counter %d is %d, answered %d" % (i, now, was))
        for i in range(RECORDS):
            was, now = self.records.get(i), found.records.get(i)
            if was != now:
                words.append("record %d has %s bytes, answered %s" % (i, now and len(now), was and len(was)))
        return ", ".join(words)


class Judge:
    def __init__(self, image, folder, seed):
        self.image, self.folder = image, folder
        self.random = random.Random(seed)
        self.states = [State({}, {})]  # states[0]: all that was answered
        self.count = dict.fromkeys(("runs", "answered", "middle", "in-C", "in-Z", "in-P", "in-D", "in-M", "unanswered-done",
                                    "repaired"), 0)
        self.bad = []
        self.start_s = 0.05

    def flash(self):
        with open(os.path.join(self.folder, "flash"), "rb") as f:
            f.seek(0)
            return f.read(FLASH), struct.unpack("<I", f.read(4))[0]

    def ask(self, qemu, op, ident):
        qemu.send(struct.pack(">BBHB", ord(op), ident, 0, 0))
        return self.answer(qemu)

    @staticmethod
    def answer(qemu):
        op, status, value = struct.unpack(">BBI", qemu.read(6))
        return chr(op), status, value

    def mounted(self, qemu):
        op, status, _ = self.answer(qemu)
        if (op, status) != ("M", 0):
            raise ValueError("after the start: %s, status -%d" % (op, status))
        self.start_s += (time.monotonic() - qemu.started - self.start_s) / 4

    def look(self, qemu):
        """Everything that the store holds, used ids or not."""
        found = State({}, {})
        for i in range(COUNTERS):
            _, status, value = self.ask(qemu, "R", i)
            if status != 0:
                raise ValueError("counter %d: status -%d" % (i, status))
            if value:
                found.counters[i] = value
        for i in range(RECORDS):
            _, status, length = self.ask(qemu, "G", i)
            if status not in (0, NOENT):
                raise ValueError("record %d: status -%d" % (i, status))
            if status == 0:
                found.records[i] = qemu.read(length)
        return found

    def judge(self, found):
        for n, state in enumerate(self.states):
            if state == found:
                self.count["unanswered-done"] += n > 0
                break
        else:
            self.bad.append("run %d: %s" % (self.count["runs"], self.states[0].differs(found)))
        self.states = [found]

    def command(self):
        r = self.random
        op = r.choices("CZPD", (45, 7, 40, 8))[0]
        if op in "CZ":
            return op, r.choice(USED_COUNTERS), 0, 0
        return op, r.choice(USED_RECORDS), r.choice((0, 12, 64, r.randrange(1025), r.randrange(1025), 1024)) if op == "P" else 0, r.randrange(256)

    def stream(self, qemu):
        """Commands until QEMU is gone; states[0] follows the answers."""
        sent = []
        while True:
            if len(sent) <= AHEAD // 2:
                more = [self.command() for _ in range(AHEAD - len(sent))]
                for command in more:
                    self.states.append(self.states[-1].after(command))
                sent += more
                qemu.send(b"".join(struct.pack(">BBHB", ord(op), ident, length, seed) for op, ident, length, seed in more))
            op, status, value = self.answer(qemu)
            want = sent.pop(0)
            before = self.states.pop(0)
            self.count["answered"] += 1
            good = NOENT if want[0] == "D" and want[1] not in before.records else 0
            right = self.states[0].counters.get(want[1], 0) if want[0] == "C" else 0
            if (op, status, value) != (want[0], good, right):
                self.bad.append("run %d: %s answered %s, status -%d, %d; right was -%d, %d"
                                % (self.count["runs"], want[:2], op, status, value, good, right))

    def run(self, last=False):
        """One start: what the kill before has left is judged, then comes the next kill."""
        before, _ = self.flash()
        qemu = Qemu(self.image, self.folder, 0)
        try:
            if not last and self.random.randrange(6) == 0:
                qemu.kill_in(self.random.random() * self.start_s * 1.1)
            self.mounted(qemu)
            self.count["repaired"] += self.flash()[0] != before
            self.judge(self.look(qemu))
            if last:
                return
            qemu.kill_in(0.001 + self.random.random() * 0.06)
            self.stream(qemu)
        except Gone:
            pass
        except (ValueError, TimeoutError) as why:
            self.bad.append("run %d: %s" % (self.count["runs"], why))
        finally:
            qemu.end()
        if not last:
            self.count["runs"] += 1
            _, busy = self.flash()
            if chr(busy & 0xFF) in "CZPDM":
                self.count["middle"] += 1
                self.count["in-" + chr(busy & 0xFF)] += 1


class Starts:
    """The product's image: its log on the side wire (WIRE.md, "side") says how often it has started."""

    def __init__(self, image, folder, seed):
        self.image, self.folder, self.random = image, folder, random.Random(seed)
        self.count = dict.fromkeys(("starts", "killed-before-it-said", "charged-untold", "told"), 0)
        self.bad = []
        self.least = self.most = 0  # what the counter may be
        self.start_s = 0.05

    def line(self, qemu):
        while True:
            kind = qemu.read(1)[0]
            if kind == 2:
                return qemu.read(qemu.read(1)[0]).decode("ascii", "replace")
            qemu.read({1: 1, 3: 1, 4: 2}.get(kind, 0))

    def store_line(self, qemu):
        while True:
            line = self.line(qemu)
            if line.startswith("store "):
                self.start_s += (time.monotonic() - qemu.started - self.start_s) / 4
                return line

    def run(self, kill):
        qemu = Qemu(self.image, self.folder, 4)
        self.most += 1
        self.count["starts"] += 1
        try:
            if kill:
                # Half of them about the time when the store is at work.
                qemu.kill_in(self.start_s * self.random.uniform(*self.random.choice(((0, 1.2), (0.7, 1.05)))))
            line = self.store_line(qemu)
            told = line.split(",")[:2]
            if told[0] != "store good" or not told[1].startswith(" starts "):
                raise ValueError("the log says: " + line)
            starts = int(told[1].split()[1])
            if not self.least < starts <= self.most:
                raise ValueError("starts %d, may be %d to %d" % (starts, self.least + 1, self.most))
            self.count["told"] += 1
            # Every kill since the last line that raised the counter was between the charge and the line.
            self.count["charged-untold"] += starts - self.least - 1
            self.least = self.most = starts
        except Gone:
            self.count["killed-before-it-said"] += 1
        except (ValueError, TimeoutError) as why:
            self.bad.append("start %d: %s" % (self.count["starts"], why))
        finally:
            qemu.end()


def erase(folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "flash"), "wb") as f:
        f.write(b"\xff" * FLASH)
        f.truncate(16 << 20)


def store(image, folder, runs, seed):
    judge = Judge(image, folder, seed)
    erase(folder)
    while judge.count["runs"] < runs and len(judge.bad) < 5:
        judge.run()
    if not judge.bad:
        judge.run(last=True)
    return judge.count, judge.bad


def starts(image, folder, runs, seed, store_image):
    """On a store that is in use; afterwards all else in it is what it was."""
    other = Judge(store_image, folder, seed)
    erase(folder)
    other.run()
    qemu = Qemu(store_image, folder, 0)
    other.mounted(qemu)
    before = other.look(qemu)
    qemu.end()
    product = Starts(image, folder, seed)
    product.least = product.most = before.counters.get(0, 0)
    for n in range(runs):
        product.run(kill=n % 4 != 3)
    product.run(kill=False)
    before.counters[0] = product.least
    other.states = [before]
    other.run(last=True)
    return product.count, product.bad + other.bad


def main():
    what, image, folder, runs, seed = sys.argv[1:6]
    count, bad = {"store": store, "starts": starts}[what](image, folder, int(runs), int(seed), *sys.argv[6:])
    for name, n in count.items():
        print(name, n)
    for why in bad:
        print("bad:", why)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
