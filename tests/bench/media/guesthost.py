#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""guesthost.py QMP IN OUT DEVICES: the hand at the guest's sockets.

A line from the guest on OUT is `plug NAME` or `unplug NAME`; it is answered on IN with ok or error. DEVICES is a JSON file that says
what NAME is: a list of arguments, in order: for QMP's qom-set when they have a path, else for device_add.
"""
import json
import socket
import sys


class Qmp:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(path)
        self.file = self.sock.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer:
                return True
            if "error" in answer:
                print(command, arguments, answer["error"], file=sys.stderr, flush=True)
                return False


def act(qmp, devices, line):
    verb, _, name = line.partition(" ")
    parts = devices.get(name, [])
    if verb == "plug":
        return bool(parts) and all(qmp.ask("qom-set" if "path" in part else "device_add", **part) for part in parts)
    if verb == "unplug":
        return bool(parts) and qmp.ask("device_del", id=parts[0]["id"])
    return False


def main():
    qmp = Qmp(sys.argv[1])
    with open(sys.argv[4], encoding="utf-8") as f:
        devices = json.load(f)
    with open(sys.argv[2], "r+b", buffering=0) as to_guest, open(sys.argv[3], "r+b", buffering=0) as from_guest:
        line = b""
        while True:
            byte = from_guest.read(1)
            if not byte:
                return
            if byte != b"\n":
                line += byte
                continue
            good = act(qmp, devices, line.decode(errors="replace").strip())
            line = b""
            to_guest.write(b"ok\n" if good else b"error\n")


main()
