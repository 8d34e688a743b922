"""The link to the meter: octets out, octets in, always with a deadline, every octet recorded.

Three transports: a serial line or a serial server (pyserial URLs), and a laboratory port, which is a TCP
connection whose waiting is done by the laboratory's clock. None of them knows what the octets mean.
"""

from __future__ import annotations

import select
import socket
import struct
import warnings
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from bench.clock import Clock, LabClock
from bench.errors import LinkError
from bench.interruption import INTERRUPTION
from bench.meter.line_echo import Echo, EchoWatch, WithoutEcho
from bench.meter.url import MeterUrl
from bench.record.port_holder import port_users

#: Wall-clock patience for octets that the laboratory says it has already sent.
LABORATORY_PATIENCE_S = 5.0
#: A meter with room for one connection needs a moment to see that the last one has ended.
REOPENING_S = 0.05
_CLOSED_S: dict[str, float] = {}
#: A socket that takes no octets for so long is held up by its peer.
SENDING_PATIENCE_S = 1.0
#: A socket may wait so much longer than it is asked to, rather than be told anew for each answer.
PATIENCE_SLACK_S = 0.02
#: A serial line that takes no octets for so long is held up by its flow control.
WRITE_TIME_OUT_S = 5.0
#: Octets of one frame that come further apart than this are not waited for.
PIECE_GAP_S = 0.15
FLAG_OCTET = b"\x7e"
SHORTEST_FRAME = 9
#: Flags, format and 2047 octets more (HDLC length field: 11 bits).
LONGEST_FRAME = 2051
#: Where Linux has its pseudo-terminals.
PSEUDO_TERMINALS = "/dev/pts/"


class Tap(Protocol):
    """Records every octet with its time. ``direction`` is "sent" or "received"."""

    def __call__(self, direction: str, octets: bytes) -> None: ...


class Transport(Protocol):
    """Moves octets. ``receive`` returns b"" at the deadline; it raises LinkError when the peer is gone."""

    def send(self, octets: bytes) -> None: ...
    def receive(self, deadline_s: float) -> bytes: ...
    def set_rate(self, baud: int, *, seven_bits: bool) -> None: ...
    def close(self) -> None: ...


class LaboratoryTransport:
    """A meter port of a virtual laboratory."""

    def __init__(self, address: str, port: str, clock: LabClock) -> None:
        self._clock, self._port = clock, port
        self._socket = _connect(address)
        self._n_sent = 0
        self._n_received = 0

    def send(self, octets: bytes) -> None:
        try:
            self._socket.sendall(octets)
        except OSError as error:
            raise LinkError(f"The meter port {self._port} closed while sending.") from error
        self._n_sent += len(octets)

    def receive(self, deadline_s: float) -> bytes:
        arrival = self._clock.exchange(self._port, self._n_sent, deadline_s)
        wanted = arrival.n_received - self._n_received
        octets = b""
        while len(octets) < wanted:
            try:
                chunk = self._socket.recv(wanted - len(octets))
            except TimeoutError:
                chunk = b""
            except OSError as error:
                raise LinkError(f"The meter port {self._port} broke.", last_octets=octets) from error
            if not chunk:
                raise LinkError(
                    f"The laboratory announced {wanted} octets on {self._port}, {len(octets)} came.",
                    last_octets=octets,
                )
            octets += chunk
        self._n_received = arrival.n_received
        if not octets and arrival.closed:
            raise LinkError(f"The meter closed port {self._port}.")
        return octets

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        del seven_bits  # the characters of this line carry no parity bit
        self._clock.set_rate(self._port, baud)

    def close(self) -> None:
        self._socket.close()


def whole_frame(
    read: Callable[[float], bytes], deadline_s: float, now: Callable[[], float], octets: bytes
) -> bytes:
    """Return what was read and what ``read`` gives, an HDLC frame in one piece where one has begun.

    A line in real time hands a frame over a few octets at a time. Whoever records it must see it whole: a secret in
    it is masked where it stands, and not where it stands in two halves.
    """
    while octets[:1] == FLAG_OCTET and (len(octets) < SHORTEST_FRAME or octets[-1:] != FLAG_OCTET):
        try:
            more = read(min(deadline_s, now() + PIECE_GAP_S))
        except LinkError:  # said again to whoever reads on: what came before it counts
            return octets
        octets += more
        if not more or len(octets) > LONGEST_FRAME:
            return octets
    return octets


class SocketTransport:
    """HDLC over a TCP serial server (``socket://host:port``) on the wall clock.

    On a laboratory's clock it serves beside the port's own connection: time passes, then what came is taken.
    """

    def __init__(self, address: str, clock: Clock) -> None:
        self._address, self._clock = address, clock
        self._beside_laboratory = isinstance(clock, LabClock)
        if not self._beside_laboratory and address in _CLOSED_S:
            left_s = _CLOSED_S[address] + REOPENING_S - clock.now()
            clock.sleep(min(max(0.0, left_s), REOPENING_S))  # another clock may have another origin
        self._socket = _connect(address)
        self._patience_s = LABORATORY_PATIENCE_S

    def send(self, octets: bytes) -> None:
        try:
            if self._patience_s < SENDING_PATIENCE_S:
                self._be_patient(LABORATORY_PATIENCE_S)
            self._socket.sendall(octets)
        except OSError as error:
            raise LinkError(f"{self._address} closed while sending.") from error

    def _be_patient(self, patience_s: float) -> None:
        """Set how long the socket waits; whoever reads one answer after another need not do it each time."""
        self._patience_s = patience_s
        self._socket.settimeout(patience_s)

    def abort(self) -> None:
        """Break the connection off: the peer gets a reset, not an end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def receive(self, deadline_s: float) -> bytes:
        octets = self._read(deadline_s)
        if octets[:1] != FLAG_OCTET:
            return octets
        return whole_frame(self._read, deadline_s, self._clock.now, octets)

    def _read(self, deadline_s: float) -> bytes:
        left_s = max(0.0, deadline_s - self._clock.now())
        if self._beside_laboratory:
            self._clock.sleep(left_s)
            left_s = 0.0
        try:
            if not left_s <= self._patience_s <= left_s + PATIENCE_SLACK_S:
                self._be_patient(left_s)
            octets = self._socket.recv(65536)
        except (TimeoutError, BlockingIOError):
            return b""
        except OSError as error:
            raise LinkError(f"{self._address} broke.") from error
        if not octets:
            raise LinkError(f"{self._address} closed the connection.")
        return octets

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        """Do nothing: the far end of a bare connection has its own rate."""

    def close(self) -> None:
        self._socket.close()
        _CLOSED_S[self._address] = self._clock.now()


class DatagramTransport:
    """The wrapper over UDP on the wall clock: one APDU a datagram, one datagram a receive."""

    def __init__(self, address: str, clock: Clock) -> None:
        self._address, self._clock = address, clock
        try:
            self._socket = _datagrams(address)
        except OSError as error:
            raise LinkError(f"{address} cannot be reached: {error.strerror or error}.") from error

    def send(self, octets: bytes) -> None:
        try:
            self._socket.send(octets)
        except OSError as error:
            raise LinkError(f"{self._address} refuses datagrams.") from error

    def receive(self, deadline_s: float) -> bytes:
        ready, _, _ = select.select([self._socket], [], [], max(0.0, deadline_s - self._clock.now()))
        if not ready:
            return b""
        try:
            return self._socket.recv(65536)
        except OSError as error:
            raise LinkError(f"{self._address} refuses datagrams.") from error

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        """Do nothing: a datagram has no rate."""

    def close(self) -> None:
        self._socket.close()


class SerialTransport:
    """A serial line, or a serial server by RFC 2217, through pyserial, opened exclusively."""

    def __init__(self, address: str, clock: Clock, *, baud: int) -> None:
        import serial

        self._address, self._clock = address, clock
        own: dict[str, Any] = {}
        if "://" not in address:
            own = {"exclusive": True, "write_timeout": WRITE_TIME_OUT_S}
            _refuse_if_used(address)
        try:
            with warnings.catch_warnings():
                # pyserial's client of serial servers starts its thread in a way that Python calls outdated.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._line = serial.serial_for_url(address, baudrate=baud, timeout=0, **own)
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkError(
                f"{address} cannot be opened: {error}.", remedy="Is it plugged in, free, and yours to open?"
            ) from error

    def send(self, octets: bytes) -> None:
        import serial

        try:
            self._line.write(octets)
            self._line.flush()
        except (serial.SerialException, OSError) as error:
            raise LinkError(f"{self._address} broke while sending.") from error

    def receive(self, deadline_s: float) -> bytes:
        return whole_frame(self._read, deadline_s, self._clock.now, self._read(deadline_s))

    def _read(self, deadline_s: float) -> bytes:
        import serial

        try:
            self._line.timeout = max(0.0, deadline_s - self._clock.now())
            first = self._line.read(1)
            return bytes(first + self._line.read(self._line.in_waiting)) if first else b""
        except (serial.SerialException, OSError) as error:
            raise LinkError(f"{self._address} broke while receiving.") from error

    def set_rate(self, baud: int, *, seven_bits: bool) -> None:
        import serial

        if self._address.startswith(PSEUDO_TERMINALS):
            seven_bits = False  # it carries octets, not characters, and refuses a parity
        try:
            self._line.baudrate = baud
            self._line.bytesize = serial.SEVENBITS if seven_bits else serial.EIGHTBITS
            self._line.parity = serial.PARITY_EVEN if seven_bits else serial.PARITY_NONE
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkError(f"{self._address} cannot be set to {baud} baud.") from error
        except Exception as error:
            if type(error).__module__ != "termios":  # its error is of no other class
                raise
            raise LinkError(
                f"{self._address} cannot be set to {baud} baud{', 7E1' if seven_bits else ''}."
            ) from error

    def close(self) -> None:
        self._line.close()


class Link:
    """A transport under a tap, opened when first used. Raises Echo where a line echoes and nobody said so.

    ``may_echo``: leave an echo to the caller, who is looking for one.
    """

    def __init__(
        self, open_transport: Callable[[], Transport], clock: Clock, tap: Tap, *, may_echo: bool = False
    ) -> None:
        self._open, self._tap, self.clock = open_transport, tap, clock
        self._transport: Transport | None = None
        #: Moves with every opening and closing: what was set up on an earlier transport is gone.
        self.n_opened = 0
        self._echo = None if may_echo else EchoWatch()

    @property
    def transport(self) -> Transport:
        if self._transport is None:
            self._transport = self._open()
            self.n_opened += 1
        return self._transport

    def set_rate(self, baud: int, *, seven_bits: bool = False) -> None:
        """Set the line to ``baud``, 8N1, or 7E1 with ``seven_bits``; a network connection has no rate."""
        self.transport.set_rate(baud, seven_bits=seven_bits)

    def send(self, octets: bytes) -> None:
        """Send octets now."""
        self.transport.send(octets)
        self._tap("sent", octets)
        if self._echo is not None and not self._echo.proven:
            self._echo.sent(octets)

    def receive(self, deadline_s: float) -> bytes:
        """Return what arrives next, b"" at the deadline. Raises LinkError when the peer is gone."""
        INTERRUPTION.check()
        transport = self.transport
        octets = transport.receive(deadline_s)
        if self._echo is not None and not self._echo.proven:
            try:
                octets = self._echo.look(octets, lambda: transport.receive(deadline_s))
            except Echo as echo:
                self._tap("received", echo.last_octets)
                raise
        if octets:
            self._tap("received", octets)
        return octets

    def drain(self) -> bytes:
        """Return what is already there, without waiting."""
        return self.receive(self.clock.now()) if self._transport is not None else b""

    def abort(self) -> None:
        """Break off a bare connection; the next use opens anew."""
        if isinstance(self._transport, SocketTransport):
            self._transport.abort()
            self._transport = None
            self.n_opened += 1

    def close(self) -> None:
        """Close; the next use opens anew."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            self.n_opened += 1


def open_transport(url: MeterUrl, clock: Clock, *, port: str, baud: int) -> Transport:
    """Open the transport a meter URL asks for; ``port`` names the laboratory's port, if it is one."""
    transport = _opened(url, clock, port=port, baud=baud)
    return WithoutEcho(transport) if url.options.echo else transport


def _opened(url: MeterUrl, clock: Clock, *, port: str, baud: int) -> Transport:
    if isinstance(clock, LabClock):
        return LaboratoryTransport(url.address, port, clock)
    if url.address.startswith("udp://"):
        return DatagramTransport(url.address, clock)
    if url.address.startswith(("socket://", "tcp://")):
        return SocketTransport(url.address, clock)
    return SerialTransport(url.address, clock, baud=baud)


def _refuse_if_used(path: str) -> None:
    """Refuse a port that another program reads, too: each would get a part of the octets."""
    users = port_users(path)
    if users:
        raise LinkError(f"{path} is open in {users[0]}.", remedy=f"End that program (kill {users[0].pid}).")


#: The port of ours from which an address was called last: to a peer over UDP, another port is another client.
_LAST_PORT: dict[str, int] = {}


def _datagrams(address: str) -> socket.socket:
    """Return a socket for datagrams that differs from the last one to this address. Raises OSError."""
    parts = urlsplit(address)
    refused: list[socket.socket] = []
    try:
        while True:
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            refused.append(datagrams)
            datagrams.connect((parts.hostname or "", parts.port or 0))
            port = datagrams.getsockname()[1]
            if port != _LAST_PORT.get(address):
                refused.remove(datagrams)
                _LAST_PORT[address] = port
                return datagrams
    finally:
        for datagrams in refused:
            datagrams.close()


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "udp":
        datagrams = _datagrams(address)
        datagrams.settimeout(LABORATORY_PATIENCE_S)
        return datagrams
    try:
        connection = socket.create_connection(
            (parts.hostname or "", parts.port or 0), timeout=LABORATORY_PATIENCE_S
        )
    except OSError as error:
        raise LinkError(
            f"{address} does not answer: {error.strerror or error}.",
            remedy="Is the meter (or the serial server) up?",
        ) from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
