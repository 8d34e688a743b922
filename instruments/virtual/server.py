"""Puts an instrument on a raw TCP socket of a reactor, and lets tests make the line misbehave."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.virtual.reactor import Connection, Listener, Reactor
from instruments.virtual.served import Conversation, ServedInstrument


@dataclass(slots=True)
class Faults:
    """What goes wrong on the line. All off at the start."""

    silent: bool = False
    """Commands are read and never answered nor executed: the instrument hangs."""
    replies_to_drop: int = 0
    """So many of the next replies are lost."""
    replies_to_delay: int = 0
    """So many of the next replies are held back and leave before the reply after them: they come too late."""
    disconnect_on_next_message: bool = False
    """The next octets from a client reset its connection."""
    hangs_on: str = ""
    """A connection on which this is sent is never answered again; the others are."""
    resets_on: str = ""
    """A connection on which this is sent is reset; the others stay."""


class _Client:
    """One connection and its session."""

    def __init__(self, server: ScpiServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._hangs = False
        self._session: Conversation = server.instrument.open_session(self._send)

    def data_received(self, octets: bytes) -> None:
        faults = self._server.faults
        if faults.disconnect_on_next_message:
            faults.disconnect_on_next_message = False
            self._connection.abort()
            return
        if faults.resets_on and faults.resets_on.encode() in octets:
            self._connection.abort()
            return
        self._hangs = self._hangs or bool(faults.hangs_on and faults.hangs_on.encode() in octets)
        if faults.silent or self._hangs:
            return
        self._send(self._session.feed(octets))

    def closed(self) -> None:
        self._session.close()

    def _send(self, octets: bytes) -> None:
        faults = self._server.faults
        if octets and faults.replies_to_drop > 0:
            faults.replies_to_drop -= 1
            return
        if octets and faults.replies_to_delay > 0:
            faults.replies_to_delay -= 1
            self._server.late += octets
            return
        if octets:
            late, self._server.late = self._server.late, b""
            octets = late + octets
        self._connection.send(octets)


class ScpiServer:
    """One SCPI twin on a raw SOCKET port; any number of clients."""

    def __init__(
        self, reactor: Reactor, instrument: ServedInstrument, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.instrument = instrument
        self.faults = Faults()
        self.late = b""
        self._listener: Listener = reactor.listen(
            lambda connection: _Client(self, connection), host=host, port=port
        )

    @property
    def port(self) -> int:
        """The TCP port."""
        return self._listener.port

    @property
    def resource(self) -> str:
        """The VISA resource string that reaches it."""
        return f"TCPIP::{self._listener.host}::{self._listener.port}::SOCKET"

    def close(self) -> None:
        """Stop accepting clients."""
        self._listener.close()
