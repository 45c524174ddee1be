#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives cardbridge byte by byte, as the reader on both its wires and as the emulator on its vpcd port.

usage: check_cardbridge.py PROGRAM [NAME...]

What is expected is written from ISO/IEC 7816-3:2006 (Annex A's scenarios as far as the card acts in them), not from
the program. Prints "ok NAME" or "FAIL NAME: why" for each scenario and "N passed, N failed" at the end.
"""
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

SCENARIOS = []


def scenario(*options):
    def add(function):
        SCENARIOS.append((function.__name__.replace("_", "-"), options, function))
        return function
    return add


def h(text):
    return bytes.fromhex(text)


def lrc(data):
    out = 0
    for c in data:
        out ^= c
    return bytes([out])


def crc(data):
    """x16+x12+x5+1, bits reversed, from FFFF, as libccid sends it: high byte first."""
    out = 0xFFFF
    for c in data:
        for i in range(8):
            bit = (c >> i ^ out) & 1
            out >>= 1
            if bit:
                out ^= 0x8408
    return bytes([out >> 8, out & 0xFF])


def block(pcb, inf=b"", nad=0, edc=lrc):
    head = bytes([nad, pcb, len(inf)]) + inf
    return head + edc(head)


def i_block(ns, inf, more=False, **kw):
    return block(ns << 6 | more << 5, inf, **kw)


def r_block(nr, error=0, **kw):
    return block(0x80 | nr << 4 | error, **kw)


def spoilt(data):
    return data[:-1] + bytes([data[-1] ^ 1])


class Emulator(threading.Thread):
    """The far end of vpcd: answers APDUs by `answer`, remembers them; controls are remembered as numbers."""

    def __init__(self, port, atr):
        super().__init__(daemon=True)
        self.atr, self.apdus, self.controls = atr, [], []
        self.answer = lambda apdu: h("9000")
        self.slow = 0
        self.sock = None
        for _ in range(100):
            try:
                self.sock = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                time.sleep(0.02)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.start()

    def take(self, n):
        data = b""
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise OSError
            data += part
        return data

    def run(self):
        try:
            while True:
                message = self.take(int.from_bytes(self.take(2), "big"))
                if message == b"\x04":
                    out = self.atr
                elif len(message) == 1:
                    self.controls.append(message[0])
                    continue
                else:
                    self.apdus.append(message)
                    time.sleep(self.slow)
                    out = self.answer(message)
                self.sock.sendall(len(out).to_bytes(2, "big") + out)
        except OSError:
            pass

    def leave(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class Bench:
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
        self.control.sendall(code)
        self.expect_control(answer)

    def timing(self, inverse=False):
        self.control.sendall(h("4001740001") + bytes([inverse]))

    def power(self):
        self.control.sendall(h("500DFB"))
        self.timing()
        self.command(h("1001"), 0x90)
        self.command(h("31"), 0xB1)

    def start(self, atr=None):
        """Power and ATR; the ATR is what the emulator gives unless another is expected."""
        self.power()
        self.expect(atr or self.emulator.atr)

    def ctl(self, *words):
        done = subprocess.run([self.program, "--send", self.paths["ctl"], *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"ctl {words}: {done.stdout}"
        return done.stdout

    def stats(self):
        return {line.split()[0]: int(line.split()[1]) for line in self.ctl("stats").splitlines() if " " in line}

    def apdu(self, apdu):
        assert self.emulator.apdus[-1:] == [apdu], f"emulator got {[a.hex() for a in self.emulator.apdus]}"


SELECT = h("00A4040005A000000308")
HIST = h("8073C021C05753656B6973686F")


def atr_t1(ifsc=0xFE, wi=0x45, more=b"", extra=0):
    body = bytes([0x80 | len(HIST), 0x81, 0x31 | extra, ifsc, wi]) + more + HIST
    return b"\x3B" + body + lrc(body)


def atr_t0():
    return bytes([0x3B, len(HIST)]) + HIST


# --- power, reset, presence ---------------------------------------------------------------------------------------

@scenario()
def atr_is_the_emulators(b):
    b.start()
    assert b.emulator.controls == [1], b.emulator.controls


@scenario()
def warm_reset(b):
    b.start()
    b.command(h("30"), 0xB0)
    b.send(SELECT)
    b.command(h("31"), 0xB1)
    b.expect(b.emulator.atr)
    assert b.emulator.controls == [1, 2], b.emulator.controls


@scenario()
def power_off_and_on(b):
    b.start()
    b.command(h("20"), 0xA0)
    b.send(h("00C000C0"))
    b.silent()
    b.start()
    assert b.emulator.controls == [1, 0, 1], b.emulator.controls


@scenario()
def gaps_around_answers(b):
    b.timing()
    begin = time.monotonic()
    b.command(h("1001"), 0x90)
    assert time.monotonic() - begin >= 0.019
    b.command(h("31"), 0xB1)
    begin = time.monotonic()
    b.expect(b.emulator.atr)
    assert time.monotonic() - begin >= 0.018


@scenario()
def emulator_leaves(b):
    b.start()
    b.emulator.leave()
    b.expect_control(0)
    b.command(h("1001"), 0x91)
    b.emulator = Emulator(b.port, b.emulator.atr)
    b.expect_control(1)
    b.start()


@scenario()
def pull_and_insert(b):
    b.start()
    b.ctl("pull")
    b.expect_control(0)
    b.command(h("1001"), 0x91)
    b.ctl("insert")
    b.expect_control(1)
    b.start()


@scenario("--classes", "B")
def class_refused(b):
    b.command(h("1001"), 0x91)
    b.command(h("1003"), 0x91)
    b.command(h("1002"), 0x90)


@scenario()
def reader_comes_back(b):
    b.start()
    b.control.close()
    b.card.close()
    b.connect()
    b.start()
    assert b.emulator.controls == [1, 0, 1], b.emulator.controls


@scenario()
def empty_atr_is_no_card(b):
    b.emulator.atr = b""
    b.expect_control(0)


# --- ATR ----------------------------------------------------------------------------------------------------------

@scenario("--protocol", "t1", "--ifsc", "32", "--bwi", "2", "--cwi", "3", "--edc", "crc", "--ta1", "95", "--tc1", "FF")
def atr_made_t1(b):
    body = bytes([0xD0 | len(HIST), 0x95, 0xFF, 0x81, 0x71, 32, 0x23, 0x01]) + HIST
    b.start(b"\x3B" + body + lrc(body))


@scenario("--protocol", "t0", "--ta1", "18", "--ta2", "10")
def atr_made_t0_specific(b):
    b.start(bytes([0x3B, 0x90 | len(HIST), 0x18, 0x10, 0x10]) + HIST)
    b.send(h("FF1018F7"))
    b.silent()


@scenario("--protocol", "both")
def atr_made_both(b):
    body = bytes([0x80 | len(HIST), 0x80, 0x31, 0xFE, 0x45]) + HIST
    b.start(b"\x3B" + body + lrc(body))
    b.exchange(SELECT[:5], h("A4"))  # no PPS: the first protocol, T=0


def inverse(data):
    return bytes(int(f"{c:08b}"[::-1], 2) ^ 0xFF for c in data)


@scenario("--protocol", "t0", "--inverse")
def inverse_convention(b):
    b.power()
    b.expect(h("03"))
    b.silent(0.2)
    b.timing(inverse=True)
    b.expect(atr_t0()[1:])
    b.exchange(h("00A4040000"), h("9000"))
    b.apdu(h("00A40400"))


@scenario("--protocol", "t0", "--inverse")
def inverse_convention_flag_never_set(b):
    b.power()
    b.expect(inverse(b"\x3F" + atr_t0()[1:]))
    b.exchange(inverse(h("00A4040000")), inverse(h("9000")))


@scenario("--bad-atr", "tck")
def bad_atr_tck(b):
    atr = b.emulator.atr
    b.power()
    got = b.read(b.card, len(atr), 1)
    assert got[:-1] == atr[:-1] and len(got) == len(atr) and lrc(got[1:]) != b"\0"


@scenario("--bad-atr", "ts")
def bad_atr_ts(b):
    b.power()
    assert b.read(b.card, 1, 1) not in (b"\x3B", b"\x3F", b"\x03", b"")


@scenario("--bad-atr", "short")
def bad_atr_short(b):
    b.power()
    got = b.read(b.card, 99, 0.5)
    assert 2 <= len(got) < len(b.emulator.atr) and b.emulator.atr.startswith(got)


@scenario("--bad-atr", "long")
def bad_atr_long(b):
    b.power()
    assert len(b.read(b.card, 99, 0.5)) > 33


@scenario("--bad-atr", "mute")
def bad_atr_mute(b):
    b.power()
    b.silent(0.6)
    b.ctl("bad-atr", "good")
    b.command(h("20"), 0xA0)
    b.start()


@scenario("--babble", "1")
def babble(b):
    b.power()
    assert len(b.read(b.card, 200, 2)) == 200
    b.command(h("20"), 0xA0)
    b.read(b.card, 4096, 0.1)
    b.silent()


# --- PPS (9) --------------------------------------------------------------------------------------------------------

PPS_T1 = h("FF1195")
PPS_T1 += lrc(PPS_T1)


@scenario("--protocol", "both", "--ta1", "95")
def pps_accepted(b):
    b.power()
    b.read(b.card, 99, 0.3)
    b.exchange(PPS_T1, PPS_T1)
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario("--protocol", "both", "--ta1", "95")
def pps_wrong_check(b):
    b.power()
    b.read(b.card, 99, 0.3)
    b.send(spoilt(PPS_T1))
    b.silent()


@scenario("--protocol", "t1", "--ta1", "95")
def pps_rate_not_offered(b):
    """9.3: what is not accepted is left out."""
    b.power()
    b.read(b.card, 99, 0.3)
    request = h("FF1118")
    b.exchange(request + lrc(request), h("FF01FE"))


@scenario("--protocol", "t1")
def pps_protocol_not_offered(b):
    b.power()
    b.read(b.card, 99, 0.3)
    b.send(h("FF00FF"))
    b.silent()


@scenario("--protocol", "t1", "--ta1", "95", "--pps-partial")
def pps_partial(b):
    b.power()
    b.read(b.card, 99, 0.3)
    b.exchange(PPS_T1, h("FF01FE"))
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario("--protocol", "both", "--ta1", "95", "--pps-refuse")
def pps_refused(b):
    b.power()
    b.read(b.card, 99, 0.3)
    b.send(PPS_T1)
    got = b.read(b.card, 4, 1)
    assert got[0] == 0xFF and got[1] & 0x0F != 1 and lrc(got) == b"\0", got.hex()


@scenario("--protocol", "both", "--pps-mute")
def pps_mute(b):
    b.power()
    b.read(b.card, 99, 0.3)
    b.send(h("FF01FE"))
    b.silent()


# --- T=1: without errors ----------------------------------------------------------------------------------------------

@scenario()
def t1_exchange(b):
    """A.3.1: I-blocks in turn."""
    b.start()
    for n in range(4):
        b.exchange(i_block(n & 1, SELECT + bytes([n])), i_block(n & 1, h("9000")))
        b.apdu(SELECT + bytes([n]))


@scenario("--protocol", "t1", "--ifsc", "16")
def t1_chain_to_the_card(b):
    b.start(atr_t1(16))
    data = bytes(range(40))
    b.exchange(i_block(0, data[:16], True), r_block(1))
    b.exchange(i_block(1, data[16:32], True), r_block(0))
    b.exchange(i_block(0, data[32:]), i_block(0, h("9000")))
    b.apdu(data)


@scenario()
def t1_chain_from_the_card(b):
    """IFSD is 32 until it is told otherwise (11.4.3)."""
    b.start()
    rsp = bytes(range(70)) + h("9000")
    b.emulator.answer = lambda apdu: rsp
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))
    b.exchange(r_block(1), i_block(1, rsp[32:64], True))
    b.exchange(r_block(0), i_block(0, rsp[64:]))
    b.exchange(i_block(1, SELECT), i_block(1, rsp[:32], True))


@scenario()
def t1_ifs_request_from_the_reader(b):
    b.start()
    rsp = bytes(200) + h("9000")
    b.emulator.answer = lambda apdu: rsp
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    b.exchange(i_block(0, SELECT), i_block(0, rsp))


@scenario("--protocol", "t1", "--ifsc", "16", "--ifs-request", "64")
def t1_ifs_request_from_the_card(b):
    b.start(atr_t1(16))
    b.exchange(i_block(0, SELECT), block(0xC1, h("40")))
    b.exchange(block(0xE1, h("40")), i_block(0, h("9000")))
    b.exchange(i_block(1, bytes(64)), i_block(1, h("9000")))


@scenario("--wtx", "1", "--wtx-ms", "200")
def t1_wtx(b):
    b.start()
    b.exchange(i_block(0, SELECT), block(0xC3, h("02")))  # BWI 1: BWT 200 ms
    begin = time.monotonic()
    b.exchange(block(0xE3, h("02")), i_block(0, h("9000")))
    assert time.monotonic() - begin >= 0.19


@scenario("--wtx-forever", "1")
def t1_wtx_for_ever(b):
    b.start()
    b.exchange(i_block(0, SELECT), block(0xC3, h("01")))
    for _ in range(20):
        b.exchange(block(0xE3, h("01")), block(0xC3, h("01")))


@scenario()
def t1_wtx_for_a_slow_emulator(b):
    b.start()
    b.emulator.slow = 0.25  # BWT is 200 ms
    b.send(i_block(0, SELECT))
    asked = 0
    while True:
        got = b.read(b.card, 5, 1)
        if got[:3] != h("00C301"):
            break
        asked += 1
        b.send(block(0xE3, got[3:4]))
    assert asked >= 2 and got + b.read(b.card, 1, 1) == i_block(0, h("9000")), (asked, got.hex())


@scenario()
def t1_nad_is_turned(b):
    """11.3.2.1"""
    b.start()
    b.exchange(i_block(0, SELECT, nad=0x21), i_block(0, h("9000"), nad=0x12))


@scenario("--protocol", "t1", "--edc", "crc")
def t1_crc(b):
    b.start(atr_t1(more=b"\x01", extra=0x40))
    b.exchange(h("00C101FE544E"), h("00E101FE5775"))  # as seen on libccid's wire
    b.exchange(i_block(0, SELECT, edc=crc), i_block(0, h("9000"), edc=crc))
    b.exchange(spoilt(i_block(1, SELECT, edc=crc)), r_block(1, 1, edc=crc))


@scenario()
def t1_long_apdus(b):
    b.start()
    command = h("00DB3FFF001000") + bytes(4096)
    rsp = bytes(i & 0xFF for i in range(5000)) + h("9000")
    b.emulator.answer = lambda apdu: rsp
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    ns = 0
    for at in range(0, len(command), 254):
        more = at + 254 < len(command)
        b.send(i_block(ns, command[at:at + 254], more))
        ns ^= 1
        if more:
            b.expect(r_block(ns))
    got, nr = b"", 0
    while True:
        head = b.read(b.card, 3, 2)
        assert head[1] >> 6 == nr, head.hex()
        got += b.read(b.card, head[2] + 1, 2)[:-1]
        nr ^= 1
        if not head[1] & 0x20:
            break
        b.send(r_block(nr))
    assert got == rsp
    b.apdu(command)


# --- T=1: errors (11.6.3, Annex A) ----------------------------------------------------------------------------------------

@scenario()
def t1_damaged_block_to_the_card(b):
    """The card asks with R and its expected N(S); the reader repeats."""
    b.start()
    b.exchange(spoilt(i_block(0, SELECT)), r_block(0, 1))
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.exchange(spoilt(i_block(1, SELECT)), r_block(1, 1))
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))
    assert len(b.emulator.apdus) == 2


@scenario()
def t1_short_block_to_the_card(b):
    b.start()
    b.send(i_block(0, SELECT)[:-1])
    got = b.read(b.card, 4, 1)
    assert got[:2] in (h("0081"), h("0082")) and lrc(got) == b"\0", got.hex()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario()
def t1_response_not_received(b):
    """The reader's R with the N(S) of our block: that block again; the command is not done twice."""
    b.start()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.exchange(r_block(0, 1), i_block(0, h("9000")))
    b.exchange(r_block(0, 2), i_block(0, h("9000")))
    assert len(b.emulator.apdus) == 1
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))


@scenario()
def t1_both_lost(b):
    """Our response was lost, then the reader's R; our R was lost, then R again."""
    b.start()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.exchange(spoilt(r_block(0, 1)), r_block(1, 1))
    b.exchange(r_block(0, 1), i_block(0, h("9000")))


@scenario()
def t1_our_r_was_lost(b):
    """I damaged, our R damaged: the reader's R asks what it waits for, the card repeats its R (rule 7.2)."""
    b.start()
    b.exchange(spoilt(i_block(0, SELECT)), r_block(0, 1))
    b.exchange(r_block(0, 1), r_block(0, 1))
    b.exchange(spoilt(r_block(0, 1)), r_block(0, 1))
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario()
def t1_next_command_never_came(b):
    """After a good exchange the reader's I-block was lost and it asks R(next): our response must not come again."""
    b.start()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.send(r_block(1))
    got = b.read(b.card, 4, 1)
    assert got[1] & 0xF0 == 0x90 and len(got) == 4, got.hex()
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))


@scenario("--protocol", "t1", "--ifsc", "16")
def t1_errors_in_chain_to_the_card(b):
    b.start(atr_t1(16))
    data = bytes(range(40))
    b.exchange(i_block(0, data[:16], True), r_block(1))
    b.exchange(spoilt(i_block(1, data[16:32], True)), r_block(1))      # rule 7.2: the same R
    b.exchange(i_block(1, data[16:32], True), r_block(0))
    b.exchange(r_block(0, 1), r_block(0))                              # our R was damaged
    b.exchange(i_block(0, data[32:]), i_block(0, h("9000")))
    b.apdu(data)


@scenario()
def t1_errors_in_chain_from_the_card(b):
    b.start()
    rsp = bytes(range(70)) + h("9000")
    b.emulator.answer = lambda apdu: rsp
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))
    b.exchange(r_block(0, 1), i_block(0, rsp[:32], True))
    b.exchange(r_block(1), i_block(1, rsp[32:64], True))
    b.exchange(spoilt(r_block(0)), r_block(1, 1))
    b.exchange(r_block(0), i_block(0, rsp[64:]))
    assert len(b.emulator.apdus) == 1


@scenario()
def t1_ifs_in_chain(b):
    """S(IFS) may come in place of an acknowledgement; it does not count as one."""
    b.start()
    rsp = bytes(range(70)) + h("9000")
    b.emulator.answer = lambda apdu: rsp
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))
    b.exchange(block(0xC1, h("80")), block(0xE1, h("80")))
    b.exchange(r_block(1), i_block(1, rsp[32:]))


@scenario("--wtx", "1")
def t1_s_request_is_repeated(b):
    """Rule 7.3: what is no S(... response) is met by the request again."""
    b.start()
    b.exchange(i_block(0, SELECT), block(0xC3, h("01")))
    b.exchange(r_block(0, 1), block(0xC3, h("01")))
    b.exchange(spoilt(block(0xE3, h("01"))), block(0xC3, h("01")))
    b.exchange(block(0xE3, h("05")), block(0xC3, h("01")))
    b.exchange(block(0xE3, h("01")), i_block(0, h("9000")))


@scenario()
def t1_s_response_was_lost(b):
    b.start()
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    b.exchange(spoilt(i_block(0, SELECT)), r_block(0, 1))  # rule 7.3: after S(... response) an R


@scenario()
def t1_resynch(b):
    """Rule 6.3: numbers and sizes as after reset; a chain is forgotten."""
    b.start()
    rsp = bytes(70) + h("9000")
    b.emulator.answer = lambda apdu: rsp
    b.exchange(block(0xC1, h("FE")), block(0xE1, h("FE")))
    b.exchange(i_block(0, SELECT), i_block(0, rsp))
    b.exchange(block(0xC0), block(0xE0))
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))
    b.exchange(block(0xC0), block(0xE0))
    b.exchange(i_block(0, SELECT), i_block(0, rsp[:32], True))


@scenario("--protocol", "t1", "--ifsc", "16", "--abort-in", "1")
def t1_card_aborts_chain_to_it(b):
    """Rule 9: S(ABORT request), its response, then R gives the right to send back."""
    b.start(atr_t1(16))
    b.exchange(i_block(0, bytes(16), True), r_block(1))
    b.exchange(i_block(1, bytes(16), True), block(0xC2))
    b.exchange(block(0xE2), r_block(0))
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.apdu(SELECT)


@scenario("--abort-out", "1")
def t1_card_aborts_its_own_chain(b):
    b.start()
    b.emulator.answer = lambda apdu: bytes(100) + h("9000")
    b.exchange(i_block(0, SELECT), i_block(0, bytes(32), True))
    b.exchange(r_block(1), block(0xC2))
    b.exchange(block(0xE2), r_block(1))
    b.emulator.answer = lambda apdu: h("9000")
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))


@scenario()
def t1_bwt_of_the_reader_passed(b):
    """Nothing came at all: the reader's R(0) at the start is met by R(0), and the block is sent again."""
    b.start()
    b.send(r_block(0, 2))
    got = b.read(b.card, 4, 1)
    assert len(got) == 4 and got[1] & 0xF0 == 0x80 and lrc(got) == b"\0", got.hex()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))


@scenario()
def t1_reader_aborts_chain_from_the_card(b):
    b.start()
    b.emulator.answer = lambda apdu: bytes(70) + h("9000")
    b.exchange(i_block(0, SELECT), i_block(0, bytes(32), True))
    b.exchange(block(0xC2), block(0xE2))
    b.emulator.answer = lambda apdu: h("9000")
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))


@scenario()
def t1_blocks_that_make_no_sense(b):
    """Other errors are answered by R with 2 (11.3.2.2); nothing reaches the emulator."""
    for bad in (i_block(1, SELECT), block(0x01, SELECT), block(0xC5), block(0xC1, h("00")), block(0xC3, h("01")),
                block(0xC0, h("00")), block(0x00, SELECT, nad=0x11), block(0xE1, h("FE"))):
        b.start()
        b.exchange(bad, r_block(0, 2))
        b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
        b.command(h("20"), 0xA0)
    assert len(b.emulator.apdus) == 8


# --- T=1: faults on order -----------------------------------------------------------------------------------------------

def talk(b, rounds):
    """A patient reader: repeats and asks as 11.6.3 tells it. Returns how often something had to be repeated."""
    repeats, sent, received = 0, 0, 0
    for _ in range(rounds):
        out = i_block(sent, SELECT)
        for attempt in range(6):
            b.send(out)
            got = b.read(b.card, 6, 0.35)
            if attempt > 0:
                repeats += 1
            good = len(got) >= 4 and lrc(got) == b"\0" and len(got) == 4 + got[2]
            if good and got[1] == received << 6:
                break
            b.read(b.card, 99, 0.02)
            # A good R that wants our I-block: again. Anything else: ask for theirs.
            wants = good and got[1] & 0xC0 == 0x80 and got[1] >> 4 & 1 == sent
            out = i_block(sent, SELECT) if wants else r_block(received, 1)
        else:
            raise AssertionError("gave up")
        sent, received = sent ^ 1, received ^ 1
    return repeats


@scenario("--damage", "7", "--seed", "3")
def fault_damage(b):
    b.start()
    repeats = talk(b, 40)
    stats = b.stats()
    assert repeats > 0 and stats["damaged-in"] > 2 and stats["damaged-out"] > 2, stats
    assert abs(stats["damaged-in"] - stats["damaged-out"]) <= 1, stats
    assert stats["apdus"] == 40, stats
    b.ctl("damage", "0")
    b.ctl("reset-stats")
    assert talk(b, 10) == 0


@scenario("--drop", "9", "--seed", "5")
def fault_drop(b):
    b.start()
    talk(b, 20)
    stats = b.stats()
    assert stats["dropped-in"] > 0 and stats["dropped-out"] > 0 and stats["apdus"] == 20, stats


@scenario("--parity", "3")
def fault_parity(b):
    b.start()
    for n in range(2):
        b.exchange(i_block(n, SELECT), i_block(n, h("9000")))
    assert not select.select([b.control], [], [], 0)[0]
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    b.expect_control(2)


@scenario("--delay-ms", "300", "--delay-every", "2")
def fault_delay(b):
    b.start()
    b.exchange(i_block(0, SELECT), i_block(0, h("9000")))
    begin = time.monotonic()
    b.exchange(i_block(1, SELECT), i_block(1, h("9000")))
    assert time.monotonic() - begin >= 0.29


@scenario("--mute-after", "2")
def fault_mute_after(b):
    b.start()
    for n in range(2):
        b.exchange(i_block(n, SELECT), i_block(n, h("9000")))
    b.send(i_block(0, SELECT))
    b.silent()
    b.command(h("20"), 0xA0)
    b.start()
    for n in range(4):
        b.exchange(i_block(n & 1, SELECT), i_block(n & 1, h("9000")))


@scenario()
def fault_same_seed_same_damage(b):
    marks = []
    for _ in range(2):
        b.ctl("seed", "11")
        b.ctl("damage", "1")
        b.start()
        b.send(i_block(0, SELECT))
        got = b.read(b.card, 4, 1)
        marks.append(got)
        b.ctl("damage", "0")
        b.command(h("20"), 0xA0)
        with open(b.paths["trace"], encoding="ascii") as trace:
            lines = [line.split()[2] for line in trace if "[damaged]" in line]
    assert len(lines) >= 2 and lines[0] != i_block(0, SELECT).hex().upper(), lines
    assert marks[0] == marks[1] and lines[:len(lines) // 2] == lines[len(lines) // 2:], (marks, lines)


# --- T=0 (10.3, 12.2) -------------------------------------------------------------------------------------------------

T0 = ("--protocol", "t0")


@scenario(*T0)
def t0_case_1(b):
    b.start(atr_t0())
    b.exchange(h("0020008000"), h("9000"))
    b.apdu(h("00200080"))


@scenario(*T0)
def t0_case_2(b):
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: bytes(range(apdu[4])) + h("9000")
    b.exchange(h("00B0000010"), h("B0") + bytes(range(16)) + h("9000"))
    b.apdu(h("00B0000010"))


@scenario(*T0)
def t0_case_2_256(b):
    b.start(atr_t0())
    rsp = bytes(range(256)) + h("6103")
    b.emulator.answer = lambda apdu: rsp
    b.exchange(h("00B0000000"), h("B0") + rsp)


@scenario(*T0)
def t0_case_2_wrong_le(b):
    """12.2.3: 6Cxx, then the same header with xx. The emulator is asked once: its data may be gone."""
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("0102039000")
    b.exchange(h("00B0000000"), h("6C03"))
    b.exchange(h("00B0000003"), h("B00102039000"))
    assert len(b.emulator.apdus) == 1


@scenario(*T0)
def t0_case_2_error(b):
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("6A82")
    b.exchange(h("00B0000000"), h("6A82"))


@scenario(*T0)
def t0_case_3(b):
    b.start(atr_t0())
    b.exchange(h("0020008004"), h("20"))
    b.exchange(h("31323334"), h("9000"))
    b.apdu(h("002000800431323334"))


@scenario(*T0)
def t0_case_4(b):
    """12.2.5: 61xx, GET RESPONSE; the emulator sees Le = 00."""
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("6F0284009000")
    b.exchange(SELECT[:5], h("A4"))
    b.exchange(SELECT[5:], h("6104"))
    b.apdu(SELECT + h("00"))
    b.exchange(h("00C0000004"), h("C06F0284009000"))


@scenario(*T0)
def t0_get_response_in_pieces(b):
    b.start(atr_t0())
    data = bytes(i & 0xFF for i in range(300))
    b.emulator.answer = lambda apdu: data + h("6282")
    b.exchange(h("00CB3FFF03"), h("CB"))
    b.exchange(h("5C0100"), h("6100"))
    b.exchange(h("00C0000000"), h("C0") + data[:256] + h("612C"))
    b.exchange(h("00C0000030"), h("6C2C"))
    b.exchange(h("00C0000004"), h("C0") + data[256:260] + h("6128"))
    b.exchange(h("00C0000028"), h("C0") + data[260:] + h("6282"))


@scenario(*T0)
def t0_response_is_lost_by_another_command(b):
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("6F029000") if apdu[1] == 0xA4 else h("6985")
    b.exchange(SELECT[:5], h("A4"))
    b.exchange(SELECT[5:], h("6102"))
    b.exchange(h("0020008000"), h("6985"))
    b.exchange(h("00C0000002"), h("6985"))
    b.apdu(h("00C0000002"))


@scenario(*T0, "--t0-one-by-one")
def t0_one_by_one(b):
    """10.3.3: the complement of INS asks for one byte."""
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("AABB9000") if apdu[1] == 0xB0 else h("9000")
    b.exchange(h("0020008003"), h("DF"))
    b.exchange(h("31"), h("DF"))
    b.exchange(h("32"), h("DF"))
    b.exchange(h("33"), h("9000"))
    b.apdu(h("0020008003313233"))
    b.exchange(h("00B0000002"), h("4FAA4FBB9000"))


@scenario(*T0, "--nulls", "3")
def t0_nulls(b):
    b.start(atr_t0())
    b.exchange(h("0020008004"), h("60606020"))
    b.exchange(h("31323334"), h("9000"))


@scenario(*T0, "--wtx", "1", "--wtx-ms", "500")
def t0_waiting(b):
    b.start(atr_t0())
    begin = time.monotonic()
    b.send(h("0020008000"))
    got = b""
    while not got.endswith(h("9000")):
        part = b.read(b.card, 1, 1)
        assert part, got.hex()
        got += part
    assert time.monotonic() - begin >= 0.49 and len(got) >= 4 and set(got[:-2]) == {0x60}, got.hex()


@scenario(*T0)
def t0_slow_emulator(b):
    b.start(atr_t0())
    b.emulator.slow = 1.2
    b.send(h("0020008000"))
    got = b.read(b.card, 4, 2)
    assert got == h("60609000"), got.hex()


@scenario(*T0)
def t0_envelope(b):
    """12.2: an APDU of case 4 extended comes in ENVELOPEs; its response by GET RESPONSE."""
    b.start(atr_t0())
    apdu = h("00DB3FFF00012C") + bytes(300) + h("0000")
    b.emulator.answer = lambda a: bytes(5) + h("9000")
    b.exchange(h("00C20000FF"), h("C2"))
    b.exchange(apdu[:255], h("9000"))
    assert b.emulator.apdus == []
    b.exchange(h("00C20000") + bytes([len(apdu) - 255]), h("C2"))
    b.exchange(apdu[255:], h("6105"))
    b.apdu(apdu)
    b.exchange(h("00C0000005"), h("C00000000000") + h("9000"))


@scenario(*T0)
def t0_no_ins(b):
    b.start(atr_t0())
    b.exchange(h("0060000000"), h("6D00"))
    b.exchange(h("0090000000"), h("6D00"))
    assert b.emulator.apdus == []


@scenario(*T0)
def t0_unknown_ins(b):
    """Which way the data go is found out from the reader."""
    b.start(atr_t0())
    b.exchange(h("8036000003"), h("36"))
    b.exchange(h("010203"), h("9000"))
    b.apdu(h("803600000301020300"))
    b.emulator.answer = lambda apdu: bytes(apdu[4]) + h("9000")
    b.exchange(h("8034000003"), h("340000009000"))
    b.apdu(h("8034000003"))


@scenario(*T0, "--t0-out", "34", "--t0-in", "36")
def t0_told_directions(b):
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("01029000")
    b.exchange(h("8034000000"), h("6C02"))
    b.exchange(h("8034000002"), h("3401029000"))


@scenario(*T0)
def t0_case_3_where_le_is_wrong(b):
    """A command without response data that dislikes Le is tried without."""
    b.start(atr_t0())
    b.emulator.answer = lambda apdu: h("9000") if len(apdu) == 8 else h("6700")
    b.exchange(h("8050000003"), h("50"))
    b.exchange(h("010203"), h("9000"))


def main():
    program, names = sys.argv[1], sys.argv[2:]
    passed = failed = 0
    for name, options, function in SCENARIOS:
        if names and name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            bench = None
            try:
                bench = Bench(program, options, folder)
                function(bench)
                assert bench.bridge.poll() is None, "the bridge ended"
                print("ok", name)
                passed += 1
            except (AssertionError, OSError, IndexError) as error:
                print(f"FAIL {name}: {error!r}")
                failed += 1
            finally:
                if bench is not None:
                    bench.close()
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
