"""A meter port behind a serial server that speaks RFC 2217: the client sets rate, data bits and parity over TCP.

Both ends' character formats count: the seven bits with even parity of a sign-on come through as garbage, or not at
all, where the other end expects eight bits without parity. Ten bits make a character either way.
"""

from __future__ import annotations

from instruments.virtual.reactor import Connection, Handler
from reference_meter.lab.line import Line

SE, SB, WILL, WONT, DO, DONT, IAC = 240, 250, 251, 252, 253, 254, 255
BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT = 0, 1, 3, 44
_OPTIONS = (BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT)
_AGREES = {DO: WILL, WILL: DO}
_REFUSES = {DO: WONT, WILL: DONT}
SET_BAUD_RATE, SET_DATA_SIZE, SET_PARITY = 1, 2, 3
_ANSWERED = range(1, 13)
_SERVERS = 100
"""What the number of a server's answer has more than that of the client's command."""
NO_PARITY, EVEN_PARITY = 1, 3
_LONGEST_COMMAND = 64


def with_parity(octet: int) -> int:
    """Return seven bits with their even parity in the eighth, as they pass the line."""
    seven = octet & 0x7F
    return seven | (seven.bit_count() & 1) << 7


class SerialServer:
    """The front end of one line; ``accept`` is the factory of a listener."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def accept(self, connection: Connection) -> Handler:
        """Take a client."""
        return _Session(self._line, connection)


class _Session:
    """One client: its negotiation, its character format, its octets."""

    def __init__(self, line: Line, connection: Connection) -> None:
        self._line, self._connection = line, connection
        self._data_size, self._parity = 8, NO_PARITY
        self._agreed: set[tuple[int, int]] = set()
        self._command = bytearray()
        self._client = line.accept(self)

    # --- from the client --------------------------------------------------------------------------

    def data_received(self, octets: bytes) -> None:
        """Take what the socket gave: data, and commands between them."""
        data = bytearray()
        for octet in octets:
            if self._command:
                self._command.append(octet)
                data += self._finished_command()
            elif octet == IAC:
                self._command.append(octet)
            else:
                data.append(octet)
        heard = self.at_the_meter(bytes(data))
        if heard:
            self._client.data_received(heard)

    def closed(self) -> None:
        """Tell the line that the client is gone."""
        self._client.closed()

    def _finished_command(self) -> bytes:
        """Act on the command collected so far, if it is whole; return the data it stands for."""
        command = self._command
        kind = command[1]
        if kind == SB:
            if len(command) > _LONGEST_COMMAND or _ends(command):
                body = bytes(command[2:-2]).replace(bytes([IAC, IAC]), bytes([IAC]))
                command.clear()
                self._suboption(body)
            return b""
        if kind in (WILL, WONT, DO, DONT) and len(command) < 3:
            return b""
        whole = bytes(command)
        command.clear()
        if kind in _AGREES:
            self._negotiate(kind, whole[2])
        return bytes([IAC]) if kind == IAC else b""

    def _negotiate(self, kind: int, option: int) -> None:
        answers = _AGREES if option in _OPTIONS else _REFUSES
        if (kind, option) not in self._agreed:
            self._agreed.add((kind, option))
            self._connection.send(bytes([IAC, answers[kind], option]))

    def _suboption(self, body: bytes) -> None:
        if len(body) < 2 or body[0] != COM_PORT or body[1] not in _ANSWERED:
            return
        command, value = body[1], body[2:]
        number = int.from_bytes(value)
        if command == SET_BAUD_RATE and number:
            self._line.client_baud = number
        elif command == SET_DATA_SIZE and number:
            self._data_size = number
        elif command == SET_PARITY and number:
            self._parity = number
        answer = bytes([COM_PORT, command + _SERVERS]) + value.replace(bytes([IAC]), bytes([IAC, IAC]))
        self._connection.send(bytes([IAC, SB]) + answer + bytes([IAC, SE]))

    # --- to the client ----------------------------------------------------------------------------

    def send(self, octets: bytes) -> None:
        """Give the client what it hears of the meter's octets."""
        heard = self.at_the_client(octets)
        self._connection.send(heard.replace(bytes([IAC]), bytes([IAC, IAC])))

    def close(self) -> None:
        """Turn the client away."""
        self._connection.close()

    # --- characters -------------------------------------------------------------------------------

    def at_the_meter(self, octets: bytes) -> bytes:
        """Return what the meter hears; a character with wrong parity is dropped."""
        return _heard(self._on_the_line(octets), seven_bits=self._line.seven_bits)

    def at_the_client(self, octets: bytes) -> bytes:
        """Return what the client hears of the meter."""
        passed = bytes(map(with_parity, octets)) if self._line.seven_bits else octets
        if not self._fits():
            return b""
        return _heard(passed, seven_bits=self._data_size == 7)

    def _on_the_line(self, octets: bytes) -> bytes:
        if not self._fits():
            return b""
        return bytes(map(with_parity, octets)) if self._data_size == 7 else octets

    def _fits(self) -> bool:
        """Tell whether the client's characters have ten bits: any other number is noise to the meter."""
        return (self._data_size, self._parity) in {(7, EVEN_PARITY), (8, NO_PARITY)}


def _ends(command: bytearray) -> bool:
    """Tell whether a sub-negotiation ends here: IAC SE, the IAC not being the second of a doubled one."""
    before = command[2:-1]
    marks = len(before) - len(before.rstrip(bytes([IAC])))
    return command[-1] == SE and marks % 2 == 1


def _heard(passed: bytes, *, seven_bits: bool) -> bytes:
    if not seven_bits:
        return passed
    return bytes(octet & 0x7F for octet in passed if not octet.bit_count() & 1)
