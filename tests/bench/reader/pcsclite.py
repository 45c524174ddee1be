#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""As much of PC/SC as the tests need, by ctypes: it wants no further package.

usage: pcsclite.py APDU...

Prints the response to each, in hex. Ends in 1 and prints PC/SC's error when there is one.
"""
import ctypes
import sys

LIBRARY = ctypes.CDLL("libpcsclite.so.1")
SCOPE_SYSTEM = 2
SHARE_SHARED = 2
PROTOCOL_T0, PROTOCOL_T1 = 1, 2
LEAVE_CARD, RESET_CARD = 0, 1
RESPONSE_MAX = 65538


class Error(Exception):
    """What a call of PC/SC has returned instead of success."""

    def __init__(self, call, code):
        super().__init__(f"{call}: {code & 0xFFFFFFFF:08X}")
        self.code = code & 0xFFFFFFFF


class IoRequest(ctypes.Structure):
    _fields_ = [("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong)]


def call(name, *args):
    code = getattr(LIBRARY, name)(*args)
    if code != 0:
        raise Error(name, code)


class Card:
    """The card in the first reader of pcscd's list, with whatever protocol it speaks."""

    def __init__(self):
        self.context, self.handle = ctypes.c_long(), ctypes.c_long()
        protocol, length = ctypes.c_ulong(), ctypes.c_ulong(1024)
        names = ctypes.create_string_buffer(1024)
        call("SCardEstablishContext", ctypes.c_ulong(SCOPE_SYSTEM), None, None, ctypes.byref(self.context))
        call("SCardListReaders", self.context, None, names, ctypes.byref(length))
        call("SCardConnect", self.context, ctypes.c_char_p(names.value), ctypes.c_ulong(SHARE_SHARED),
             ctypes.c_ulong(PROTOCOL_T0 | PROTOCOL_T1), ctypes.byref(self.handle), ctypes.byref(protocol))
        self.protocol = protocol.value

    def atr(self):
        atr = ctypes.create_string_buffer(33)
        names = ctypes.create_string_buffer(1024)
        state, protocol = ctypes.c_ulong(), ctypes.c_ulong()
        names_length, atr_length = ctypes.c_ulong(1024), ctypes.c_ulong(33)
        call("SCardStatus", self.handle, names, ctypes.byref(names_length), ctypes.byref(state),
             ctypes.byref(protocol), atr, ctypes.byref(atr_length))
        return atr.raw[:atr_length.value]

    def transmit(self, apdu):
        """The response to bytes, as PC/SC gives it: data and status word in one."""
        response = ctypes.create_string_buffer(RESPONSE_MAX)
        length = ctypes.c_ulong(RESPONSE_MAX)
        request = IoRequest(self.protocol, ctypes.sizeof(IoRequest))
        call("SCardTransmit", self.handle, ctypes.byref(request), apdu, ctypes.c_ulong(len(apdu)), None, response,
             ctypes.byref(length))
        return response.raw[:length.value]

    def close(self, disposition=LEAVE_CARD):
        LIBRARY.SCardDisconnect(self.handle, ctypes.c_ulong(disposition))
        LIBRARY.SCardReleaseContext(self.context)


def main():
    try:
        card = Card()
        for apdu in sys.argv[1:]:
            print(card.transmit(bytes.fromhex(apdu)).hex())
        card.close()
    except Error as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
