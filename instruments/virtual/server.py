"""Puts a SCPI instrument on a raw TCP socket of a reactor, and lets tests make the line misbehave."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.virtual.reactor import Connection, Listener, Reactor
from instruments.virtual.scpi import ScpiInstrument, Session


@dataclass(slots=True)
class Faults:
    """What goes wrong on the line. All off at the start."""

    silent: bool = False
    """Commands are read and never answered nor executed: the instrument hangs."""
    replies_to_drop: int = 0
    """So many of the next replies are lost."""
    disconnect_on_next_message: bool = False
    """The next octets from a client reset its connection."""


class _Client:
    """One connection and its session."""

    def __init__(self, server: ScpiServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._session: Session = server.instrument.open_session(self._send)

    def data_received(self, octets: bytes) -> None:
        faults = self._server.faults
        if faults.disconnect_on_next_message:
            faults.disconnect_on_next_message = False
            self._connection.abort()
            return
        if faults.silent:
            return
        self._send(self._session.feed(octets))

    def closed(self) -> None:
        self._session.close()

    def _send(self, octets: bytes) -> None:
        faults = self._server.faults
        if octets and faults.replies_to_drop > 0:
            faults.replies_to_drop -= 1
            return
        self._connection.send(octets)


class ScpiServer:
    """One SCPI twin on a raw SOCKET port; any number of clients."""

    def __init__(
        self, reactor: Reactor, instrument: ScpiInstrument, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.instrument = instrument
        self.faults = Faults()
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
