"""Puts a SCPI instrument on VXI-11: ONC RPC over TCP, program 0x0607AF, without a portmapper.

The portmapper's port needs root, so the resource names the port (``host,port``, an extension of pyvisa-py).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from instruments.virtual.reactor import Connection, Listener, Reactor
from instruments.virtual.scpi import ScpiInstrument, Session

PROGRAM, PROGRAM_VERSION = 0x0607AF, 1
LAST_FRAGMENT = 0x80000000
RECEIVE_MAX = 1 << 20
PROGRAM_UNAVAILABLE, PROCEDURE_UNAVAILABLE = 1, 3
"""accept_stat of ONC RPC."""
NO_ERROR, INVALID_LINK, TIMED_OUT = 0, 4, 15
REASON_REQUESTED, REASON_END = 1, 4


class _Unpacker:
    """Reads XDR items one after the other."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self._at = octets, 0

    def number(self) -> int:
        (value,) = struct.unpack_from(">I", self._octets, self._at)
        self._at += 4
        return int(value)

    def opaque(self) -> bytes:
        length = self.number()
        octets = self._octets[self._at : self._at + length]
        self._at += length + -length % 4
        return octets


def _opaque(octets: bytes) -> bytes:
    return struct.pack(">I", len(octets)) + octets + b"\0" * (-len(octets) % 4)


class _Link:
    """One client's link: its session, and what it has not read yet."""

    def __init__(self, instrument: ScpiInstrument) -> None:
        self.output = b""
        self.arrived: Callable[[], None] = lambda: None
        self.session: Session = instrument.open_session(self._late)

    def _late(self, octets: bytes) -> None:
        self.output += octets
        self.arrived()


class _Client:
    """One RPC connection."""

    def __init__(self, instrument: ScpiInstrument, connection: Connection) -> None:
        self._instrument = instrument
        self._connection = connection
        self._unread = b""
        self._record = b""
        self._links: dict[int, _Link] = {}
        self._procedures: dict[int, Callable[[_Unpacker, int], bytes | None]] = {
            10: self._create_link,
            11: self._write,
            12: self._read,
            13: self._read_status,
            14: self._plain,  # trigger
            15: self._clear,
            16: self._plain,  # remote
            17: self._plain,  # local
            18: self._plain,  # lock
            19: self._plain,  # unlock
            20: self._plain,  # enable service request
            23: self._destroy_link,
        }

    def data_received(self, octets: bytes) -> None:
        self._unread += octets
        while len(self._unread) >= 4:
            (mark,) = struct.unpack_from(">I", self._unread)
            end = 4 + (mark & ~LAST_FRAGMENT)
            if len(self._unread) < end:
                return
            self._record += self._unread[4:end]
            self._unread = self._unread[end:]
            if mark & LAST_FRAGMENT:
                record, self._record = self._record, b""
                self._call(record)

    def closed(self) -> None:
        for link in self._links.values():
            link.session.close()

    def _call(self, record: bytes) -> None:
        call = _Unpacker(record)
        try:
            transaction, _kind, _rpc, program, version, procedure = (call.number() for _ in range(6))
            for _ in range(2):  # credentials and verifier
                call.number()
                call.opaque()
            if (program, version) != (PROGRAM, PROGRAM_VERSION):
                self._reply(transaction, PROGRAM_UNAVAILABLE, b"")
                return
            handler = self._procedures.get(procedure)
            if handler is None:
                self._reply(transaction, PROCEDURE_UNAVAILABLE, b"")
                return
            result = handler(call, transaction)
        except struct.error:
            self._connection.abort()
            return
        if result is not None:
            self._reply(transaction, 0, result)

    def _reply(self, transaction: int, state: int, result: bytes) -> None:
        body = struct.pack(">6I", transaction, 1, 0, 0, 0, state) + result
        self._connection.send(struct.pack(">I", LAST_FRAGMENT | len(body)) + body)

    def _link(self, call: _Unpacker) -> _Link | None:
        return self._links.get(call.number())

    def _create_link(self, _call: _Unpacker, _transaction: int) -> bytes:
        number = max(self._links, default=0) + 1
        self._links[number] = _Link(self._instrument)
        return struct.pack(">4I", NO_ERROR, number, 0, RECEIVE_MAX)

    def _write(self, call: _Unpacker, _transaction: int) -> bytes:
        link = self._link(call)
        _timeout, _lock_timeout, flags = call.number(), call.number(), call.number()
        octets = call.opaque()
        if link is None:
            return struct.pack(">2I", INVALID_LINK, 0)
        ended = flags & 8 and not octets.endswith(b"\n")
        link.output += link.session.feed(octets + b"\n" if ended else octets)
        return struct.pack(">2I", NO_ERROR, len(octets))

    def _read(self, call: _Unpacker, transaction: int) -> bytes | None:
        link = self._link(call)
        size = call.number()
        if link is None:
            return struct.pack(">2I", INVALID_LINK, 0) + _opaque(b"")
        if link.output or not link.session.waiting:
            return self._taken(link, size)

        def arrived() -> None:
            link.arrived = lambda: None
            self._reply(transaction, 0, self._taken(link, size))

        link.arrived = arrived  # an operation is pending; its reply ends this read
        return None

    @staticmethod
    def _taken(link: _Link, size: int) -> bytes:
        if not link.output:
            return struct.pack(">2I", TIMED_OUT, 0) + _opaque(b"")
        octets, link.output = link.output[:size], link.output[size:]
        reason = REASON_REQUESTED if link.output else REASON_END
        return struct.pack(">2I", NO_ERROR, reason) + _opaque(octets)

    def _read_status(self, call: _Unpacker, _transaction: int) -> bytes:
        link = self._link(call)
        if link is None:
            return struct.pack(">2I", INVALID_LINK, 0)
        return struct.pack(
            ">2I", NO_ERROR, int(link.session.status.byte(message_available=bool(link.output)))
        )

    def _clear(self, call: _Unpacker, _transaction: int) -> bytes:
        link = self._link(call)
        if link is None:
            return struct.pack(">I", INVALID_LINK)
        link.output = b""
        return struct.pack(">I", NO_ERROR)

    def _plain(self, call: _Unpacker, _transaction: int) -> bytes:
        return struct.pack(">I", NO_ERROR if self._link(call) is not None else INVALID_LINK)

    def _destroy_link(self, call: _Unpacker, _transaction: int) -> bytes:
        link = self._links.pop(call.number(), None)
        if link is None:
            return struct.pack(">I", INVALID_LINK)
        link.session.close()
        return struct.pack(">I", NO_ERROR)


class Vxi11Server:
    """One SCPI twin on a VXI-11 core channel; any number of clients."""

    def __init__(
        self, reactor: Reactor, instrument: ScpiInstrument, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.instrument = instrument
        self._listener: Listener = reactor.listen(
            lambda connection: _Client(instrument, connection), host=host, port=port
        )

    @property
    def resource(self) -> str:
        """The VISA resource string that reaches it."""
        return f"TCPIP::{self._listener.host},{self._listener.port}::inst0::INSTR"

    def close(self) -> None:
        """Stop accepting clients."""
        self._listener.close()
