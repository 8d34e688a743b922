"""A serial port or a raw TCP connection as a plain stream of octets, without VISA between."""

from __future__ import annotations

import select
import socket
from typing import Any, Protocol

from instruments.errors import InstrumentFault
from instruments.line_settings import LineSettings

CONNECT_S = 1.0


class OctetPort(Protocol):
    """Octets out and in; raises InstrumentFault when the port is gone."""

    resource: str

    def write(self, octets: bytes) -> None: ...
    def read(self, timeout_s: float) -> bytes:
        """Return what is there, waiting at most ``timeout_s`` for the first octet; b"" when nothing came."""

    def close(self) -> None: ...


def open_port(resource: str, line: LineSettings) -> OctetPort:
    """Open what a VISA resource string of an ``ASRL`` or ``SOCKET`` resource names."""
    upper = resource.upper()
    if upper.startswith("TCPIP") and upper.endswith("::SOCKET"):
        _, host, port, _ = resource.split("::")
        return _TcpPort(resource, host, int(port))
    if upper.startswith("ASRL"):
        return _SerialPort(resource, resource[4:].split("::")[0], line)
    raise InstrumentFault(
        "The supervisor can own serial ports and TCP sockets only.",
        resource=resource,
        remedy="Reach the instrument over GPIB or LAN, or give the rig a watchdog relay and a waiver.",
    )


class _TcpPort:
    def __init__(self, resource: str, host: str, port: int) -> None:
        self.resource = resource
        try:
            self._socket = socket.create_connection((host, port), timeout=CONNECT_S)
        except OSError as error:
            raise InstrumentFault(
                f"The instrument does not answer: {error}.",
                resource=resource,
                remedy="Check address, power, and that nobody else holds its connection.",
            ) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, octets: bytes) -> None:
        try:
            self._socket.sendall(octets)
        except OSError as error:
            raise InstrumentFault(f"The connection broke: {error}.", resource=self.resource) from error

    def read(self, timeout_s: float) -> bytes:
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return b""
        try:
            octets = self._socket.recv(65536)
        except OSError as error:
            raise InstrumentFault(f"The connection broke: {error}.", resource=self.resource) from error
        if not octets:
            raise InstrumentFault("The instrument closed the connection.", resource=self.resource)
        return octets

    def close(self) -> None:
        self._socket.close()


class _SerialPort:
    def __init__(self, resource: str, path: str, line: LineSettings) -> None:
        import serial

        self.resource = resource
        self._failures = (serial.SerialException, OSError)
        exclusive: dict[str, Any] = {} if "://" in path else {"exclusive": True}
        try:
            self._line = serial.serial_for_url(
                path,
                baudrate=line.baud,
                stopbits=line.stop_bits,
                rtscts=line.rts_cts,
                timeout=0,
                write_timeout=CONNECT_S,
                **exclusive,
            )
        except (*self._failures, ValueError) as error:
            raise InstrumentFault(
                f"The port cannot be opened: {error}.",
                resource=resource,
                remedy="Is it plugged in, free, and yours to open?",
            ) from error

    def write(self, octets: bytes) -> None:
        try:
            self._line.write(octets)
        except self._failures as error:
            raise InstrumentFault(f"The port broke: {error}.", resource=self.resource) from error

    def read(self, timeout_s: float) -> bytes:
        try:
            self._line.timeout = timeout_s
            first = self._line.read(1)
            return bytes(first + self._line.read(self._line.in_waiting)) if first else b""
        except self._failures as error:
            raise InstrumentFault(f"The port broke: {error}.", resource=self.resource) from error

    def close(self) -> None:
        self._line.close()
