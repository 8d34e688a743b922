"""A meter port as a serial line behind a TCP socket: octets take their line time in simulated time.

Ten bits an octet (8N1) at the declared baud rate, each way. The TCP side is a plain serial server: one
client at a time, no negotiation. Octets of the bench travel from the moment they are read; octets of the
meter reach the socket when the last bit of each has passed the line, never before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Protocol

from instruments.virtual.reactor import Handler, Reactor
from reference_meter.lab.world import Event, World

BITS_PER_OCTET = 10
_FIFO_OCTETS_MAX = 16
_FIFO_TIME_S = 0.010


class LineEnd(Protocol):
    """What hangs on the meter's end of the line. Without power it hears nothing."""

    def line_opened(self) -> None: ...
    def line_octets(self, octets: bytes) -> None: ...
    def line_closed(self) -> None: ...


class Channel(Protocol):
    """How octets reach a client: a TCP connection, or the other end of a pseudo-terminal."""

    def send(self, octets: bytes) -> None: ...
    def close(self) -> None: ...


class _Mark(Enum):
    """Where in the stream towards the meter a client came or went."""

    OPENED = "opened"
    CLOSED = "closed"


class Line:
    """The line of one meter port. ``n_sent``, ``n_received``: as the bench counts, per connection."""

    def __init__(
        self,
        world: World,
        reactor: Reactor,
        *,
        name: str,
        baud: int,
        end: LineEnd,
        burst_ended: Callable[[Line], None],
    ) -> None:
        self.name = name
        self.n_sent = 0
        self.n_received = 0
        self.n_told = 0
        """How many of ``n_received`` the bench has been told about."""
        self.echoes = False
        """Whether the client hears itself, as it does behind many optical heads."""
        self.client_baud: int | None = None
        """The rate of the client's UART; None: that of the meter. At another rate nothing gets through."""
        self.n_bursts = 0
        """How many bursts of the meter have ended since the laboratory started."""
        self._world = world
        self._reactor = reactor
        self._end = end
        self._burst_ended = burst_ended
        self.set_rate(baud)
        self._client: _Client | None = None
        self._waiting: _Client | None = None
        self._rx: deque[bytearray | _Mark] = deque()
        self._rx_start_s = 0.0
        self._rx_event: Event | None = None
        self._tx = bytearray()
        self._tx_start_s = 0.0
        self._tx_taken = 0
        self._tx_event: Event | None = None
        self.tcp_port = reactor.listen(self.accept).port

    @property
    def connected(self) -> bool:
        """Whether a client holds the line."""
        return self._client is not None

    @property
    def sending(self) -> bool:
        """Whether a burst of the meter is on the line."""
        return self._tx_event is not None

    # the meter's side

    def set_rate(self, baud: int, *, seven_bits: bool = False) -> None:
        """Set the meter's UART, 8N1 or 7E1. Octets in both directions take their time at this rate."""
        self.baud = baud
        self.seven_bits = seven_bits
        self._octet_s = BITS_PER_OCTET / baud
        # a UART gives its firmware what it has at least every few milliseconds, not octet by octet
        self._fifo_octets = max(1, min(_FIFO_OCTETS_MAX, int(_FIFO_TIME_S / self._octet_s)))

    def hang_up(self) -> None:
        """Close the connection from the meter's side; a network port can, a UART cannot."""
        if self._client is not None:
            self._client.connection.close()

    def send(self, octets: bytes) -> None:
        """Send octets of the meter, behind those still on their way."""
        if not octets:
            return
        if self._tx_event is None:
            self._tx_start_s = self._world.now()
        else:
            self._tx_event.cancel()
        self._tx += octets
        self._tx_event = self._world.at(self._tx_end_s(), self._end_burst)

    def power_lost(self) -> None:
        """Stop sending in the middle of an octet: the octets that have not passed the line never will."""
        self.flush()
        if self._tx_event is not None:
            self._tx_event.cancel()
            self._finish_burst()

    def flush(self) -> None:
        """Hand the client every octet that has passed the line by now."""
        if self._tx_event is not None:
            passed = int((self._world.now() - self._tx_start_s) / self._octet_s)
            self._hand_over(min(passed, len(self._tx)))

    def _tx_end_s(self) -> float:
        return self._tx_start_s + len(self._tx) * self._octet_s

    def _end_burst(self) -> None:
        self._hand_over(len(self._tx))
        self._finish_burst()
        self.n_bursts += 1
        self._burst_ended(self)

    def _finish_burst(self) -> None:
        self._tx_event = None
        self._tx.clear()
        self._tx_taken = 0

    def _hand_over(self, passed: int) -> None:
        octets = bytes(self._tx[self._tx_taken : passed])
        self._tx_taken = max(passed, self._tx_taken)
        if octets and self._client is not None and self.client_baud in (None, self.baud):
            self.n_received += len(octets)
            self._client.connection.send(octets)

    # the client's side

    def settle(self) -> None:
        """Refuse a second client, once everything that has arrived was served: the first may have left."""
        if self._waiting is not None:
            self._reactor.drain()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.connection.close()

    def accept(self, connection: Channel) -> Handler:
        """Take a client, or turn it away while another one holds the line; return what takes its octets."""
        client = _Client(self, connection)
        if self._client is None:
            self._adopt(client)
        elif self._waiting is None:
            self._waiting = client  # the first client's end may lie unread in the kernel
            self._reactor.once_settled(self.settle)
        else:
            connection.close()
        return client

    def _adopt(self, client: _Client) -> None:
        self._client = client
        self.n_sent = self.n_received = self.n_told = 0
        self.client_baud = None
        self._queue(_Mark.OPENED)
        self._plan()
        early, client.early = bytes(client.early), bytearray()
        self.take(client, early)

    def take(self, client: _Client, octets: bytes) -> None:
        """Take octets that a client's socket gave."""
        if client is self._waiting:
            client.early += octets
        elif client is self._client and octets:
            self.n_sent += len(octets)
            if self.echoes:
                self.n_received += len(octets)
                client.connection.send(octets)
            if self.client_baud in (None, self.baud):
                self._queue(octets)
                self._plan()

    def gone(self, client: _Client) -> None:
        """Take note that a client closed its socket."""
        if client is self._waiting:
            self._waiting = None
        if client is not self._client:
            return
        self._client = None
        self._queue(_Mark.CLOSED)
        self._plan()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._adopt(waiting)

    # towards the meter

    def _queue(self, item: bytes | _Mark) -> None:
        last = self._rx[-1] if self._rx else None
        if isinstance(item, _Mark):
            self._rx.append(item)
        elif isinstance(last, bytearray):
            last += item
        else:
            if last is None:
                self._rx_start_s = self._world.now()
            self._rx.append(bytearray(item))

    def _plan(self) -> None:
        """Tell the meter what lies at the head of the queue, or plan the end of its next octets."""
        if self._rx_event is not None:
            self._rx_event.cancel()
            self._rx_event = None
        while self._rx:
            head = self._rx[0]
            if isinstance(head, bytearray):
                n = min(self._fifo_octets, len(head))
                end_s = self._rx_start_s + n * self._octet_s
                self._rx_event = self._world.at(end_s, partial(self._deliver, head, n))
                return
            self._rx.popleft()
            if head is _Mark.OPENED:
                self._end.line_opened()
            else:
                self._end.line_closed()

    def _deliver(self, head: bytearray, n: int) -> None:
        self._rx_event = None
        octets = bytes(head[:n])
        del head[:n]
        if not head:
            self._rx.popleft()
        self._rx_start_s = self._world.now()
        self._end.line_octets(octets)
        self._plan()


class _Client:
    """One TCP connection to the line."""

    def __init__(self, line: Line, connection: Channel) -> None:
        self.connection = connection
        self.early = bytearray()
        self._line = line

    def data_received(self, octets: bytes) -> None:
        self._line.take(self, octets)

    def closed(self) -> None:
        self._line.gone(self)
