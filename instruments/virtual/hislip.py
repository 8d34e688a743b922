"""Puts a SCPI instrument on HiSLIP (IVI-6.1): two TCP connections a client, messages with a 16-octet header."""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import IntEnum

from instruments.virtual.reactor import Connection, Listener, Reactor
from instruments.virtual.scpi import ScpiInstrument, Session

HEADER = struct.Struct(">2sBBIQ")
PROLOGUE = b"HS"
VERSION = 0x0100
VENDOR = 0x4D42
MESSAGE_MAX = 1 << 20
UNRECOGNISED = 1
"""Error code of IVI-6.1 for a message type the server does not know."""


class Type(IntEnum):
    """Message types."""

    INITIALIZE = 0
    INITIALIZE_RESPONSE = 1
    ERROR = 3
    ASYNC_LOCK = 4
    ASYNC_LOCK_RESPONSE = 5
    DATA = 6
    DATA_END = 7
    DEVICE_CLEAR_COMPLETE = 8
    DEVICE_CLEAR_ACKNOWLEDGE = 9
    ASYNC_REMOTE_LOCAL = 10
    ASYNC_REMOTE_LOCAL_RESPONSE = 11
    TRIGGER = 12
    ASYNC_MAXIMUM_SIZE = 15
    ASYNC_MAXIMUM_SIZE_RESPONSE = 16
    ASYNC_INITIALIZE = 17
    ASYNC_INITIALIZE_RESPONSE = 18
    ASYNC_DEVICE_CLEAR = 19
    ASYNC_STATUS_QUERY = 21
    ASYNC_STATUS_RESPONSE = 22
    ASYNC_DEVICE_CLEAR_ACKNOWLEDGE = 23


class _Client:
    """One TCP connection; which of the two it is shows in its first message."""

    def __init__(self, server: HislipServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._unread = b""
        self._message = b""
        self._message_id = 0
        self._session: Session | None = None
        self._session_id = 0
        self._handlers: dict[int, Callable[[int, bytes], None]] = {
            Type.INITIALIZE: self._initialize,
            Type.DATA: self._data,
            Type.DATA_END: self._data_end,
            Type.DEVICE_CLEAR_COMPLETE: lambda _p, _b: self._send(Type.DEVICE_CLEAR_ACKNOWLEDGE),
            Type.TRIGGER: lambda _p, _b: None,
            Type.ASYNC_INITIALIZE: self._async_initialize,
            Type.ASYNC_MAXIMUM_SIZE: lambda _p, _b: self._send(
                Type.ASYNC_MAXIMUM_SIZE_RESPONSE, payload=struct.pack(">Q", MESSAGE_MAX)
            ),
            Type.ASYNC_STATUS_QUERY: lambda _p, _b: self._send(
                Type.ASYNC_STATUS_RESPONSE, control=self._status_byte()
            ),
            Type.ASYNC_DEVICE_CLEAR: self._async_clear,
            Type.ASYNC_LOCK: lambda _p, _b: self._send(Type.ASYNC_LOCK_RESPONSE, control=1),
            Type.ASYNC_REMOTE_LOCAL: lambda _p, _b: self._send(Type.ASYNC_REMOTE_LOCAL_RESPONSE),
        }

    def data_received(self, octets: bytes) -> None:
        self._unread += octets
        while len(self._unread) >= HEADER.size:
            prologue, kind, _control, parameter, length = HEADER.unpack_from(self._unread)
            if prologue != PROLOGUE or length > MESSAGE_MAX:
                self._connection.abort()
                return
            end = HEADER.size + length
            if len(self._unread) < end:
                return
            payload, self._unread = self._unread[HEADER.size : end], self._unread[end:]
            handler = self._handlers.get(kind)
            if handler is None:
                self._send(Type.ERROR, control=UNRECOGNISED, payload=b"unrecognised message type")
            else:
                handler(parameter, payload)

    def closed(self) -> None:
        if self._session is not None:
            self._session.close()
            self._server.sessions.pop(self._session_id, None)

    def _initialize(self, _parameter: int, _payload: bytes) -> None:
        self._session = self._server.instrument.open_session(self._answer)
        self._session_id = self._server.enlist(self._session)
        self._send(Type.INITIALIZE_RESPONSE, parameter=VERSION << 16 | self._session_id)

    def _async_initialize(self, parameter: int, _payload: bytes) -> None:
        self._session_id = parameter
        self._send(Type.ASYNC_INITIALIZE_RESPONSE, parameter=VENDOR)

    def _data(self, _parameter: int, payload: bytes) -> None:
        self._message += payload

    def _data_end(self, parameter: int, payload: bytes) -> None:
        message, self._message = self._message + payload, b""
        self._message_id = parameter
        if self._session is not None:
            self._answer(self._session.feed(message if message.endswith(b"\n") else message + b"\n"))

    def _async_clear(self, _parameter: int, _payload: bytes) -> None:
        self._message = b""
        self._send(Type.ASYNC_DEVICE_CLEAR_ACKNOWLEDGE)

    def _status_byte(self) -> int:
        session = self._server.sessions.get(self._session_id)
        return 0 if session is None else int(session.status.byte(message_available=False))

    def _answer(self, octets: bytes) -> None:
        if octets:
            self._send(Type.DATA_END, parameter=self._message_id, payload=octets)

    def _send(self, kind: Type, *, control: int = 0, parameter: int = 0, payload: bytes = b"") -> None:
        self._connection.send(HEADER.pack(PROLOGUE, kind, control, parameter, len(payload)) + payload)


class HislipServer:
    """One SCPI twin on a HiSLIP port; any number of clients."""

    def __init__(
        self, reactor: Reactor, instrument: ScpiInstrument, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.instrument = instrument
        self.sessions: dict[int, Session] = {}
        self._last_id = 0
        self._listener: Listener = reactor.listen(
            lambda connection: _Client(self, connection), host=host, port=port
        )

    def enlist(self, session: Session) -> int:
        """Give a new session its number."""
        self._last_id = self._last_id % 0xFFFF + 1
        self.sessions[self._last_id] = session
        return self._last_id

    @property
    def resource(self) -> str:
        """The VISA resource string that reaches it."""
        return f"TCPIP::{self._listener.host}::hislip0,{self._listener.port}::INSTR"

    def close(self) -> None:
        """Stop accepting clients."""
        self._listener.close()
