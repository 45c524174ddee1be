# SPDX-License-Identifier: Apache-2.0
"""The card emulator on cardbridge's vpcd port."""
import socket
import threading
import time


class Emulator(threading.Thread):
    """The far end of vpcd: answers APDUs by `answer`, remembers them; controls are remembered as numbers."""

    def __init__(self, port, atr):
        super().__init__(daemon=True)
        self.atr, self.apdus, self.controls = atr, [], []
        self.always(bytes.fromhex("9000"))
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

    def always(self, response):
        """Answers every APDU by this one."""
        self.answer = lambda apdu: response

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
