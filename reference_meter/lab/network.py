"""The network port of a meter: the wrapper over TCP and over UDP, without line time.

Both look like a `Line` to the lab port. What a client sends reaches the meter as soon as simulated time moves;
what the meter sends leaves at once.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial

from instruments.virtual.reactor import Reactor
from reference_meter.lab.line import Line, LineEnd
from reference_meter.lab.world import World

_NETWORK_BAUD = 1_000_000_000
_CHUNK_OCTETS = 65536
_HOST = "127.0.0.1"


class TcpLine(Line):
    """A TCP connection to the meter itself: one client at a time, a second one is refused."""

    def __init__(
        self,
        world: World,
        reactor: Reactor,
        *,
        name: str,
        end: LineEnd,
        burst_ended: Callable[[Line], None],
    ) -> None:
        super().__init__(world, reactor, name=name, baud=_NETWORK_BAUD, end=end, burst_ended=burst_ended)
        self._fifo_octets = _CHUNK_OCTETS


class UdpLine:
    """A UDP socket of the meter: each datagram is handed over whole; answers go to whoever sent last.

    The counts begin anew with each new client address.
    """

    def __init__(
        self,
        world: World,
        reactor: Reactor,
        *,
        name: str,
        end: LineEnd,
        burst_ended: Callable[[UdpLine], None],
    ) -> None:
        self.name = name
        self.n_sent = 0
        self.n_received = 0
        self.n_told = 0
        self.n_bursts = 0
        self.connected = True
        self.sending = False
        self._world = world
        self._reactor = reactor
        self._end = end
        self._burst_ended = burst_ended
        self._client: tuple[str, int] | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((_HOST, 0))
        self._socket.setblocking(False)
        self.tcp_port: int = self._socket.getsockname()[1]
        reactor.watch(self._socket.fileno(), self._readable)

    def send(self, octets: bytes) -> None:
        """Send one datagram of the meter to the last client."""
        if self._client is None or not octets:
            return
        self.n_received += len(octets)
        try:
            self._socket.sendto(octets, self._client)
        except OSError:
            return  # the client closed its socket, or its buffer is full: a datagram may be lost
        self.n_bursts += 1
        self._burst_ended(self)

    def power_lost(self) -> None:
        """Lose nothing: a datagram that has left is gone."""

    def hang_up(self) -> None:
        """Do nothing: there is no connection to close."""

    def set_rate(self, baud: int, *, seven_bits: bool = False) -> None:
        """Do nothing: a network has no baud rate."""

    def flush(self) -> None:
        """Do nothing: every datagram has left already."""

    def close(self) -> None:
        """Close the socket."""
        self._reactor.unwatch(self._socket.fileno())
        self._socket.close()

    def _readable(self) -> None:
        while True:
            try:
                octets, address = self._socket.recvfrom(_CHUNK_OCTETS)
            except (BlockingIOError, InterruptedError, ConnectionRefusedError):
                return
            if address != self._client:
                self._client = address
                self.n_sent = self.n_received = self.n_told = 0
                # another peer: what an earlier one had agreed with the meter is not for it
                self._world.at(self._world.now(), self._end.line_closed)
                self._world.at(self._world.now(), self._end.line_opened)
            self.n_sent += len(octets)
            self._world.at(self._world.now(), partial(self._end.line_octets, octets))
