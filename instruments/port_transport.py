"""Lines and octets over a port that is ours alone: what the supervisor uses where VISA would be in the way."""

from __future__ import annotations

import threading

from instruments.errors import InstrumentFault
from instruments.line_settings import LineSettings
from instruments.octet_port import OctetPort


class PortTransport:
    """Plays ``Transport`` on an ``OctetPort``. ``reopen`` drops what is unread: the port itself stays."""

    def __init__(self, port: OctetPort, line: LineSettings, *, timeout_s: float) -> None:
        self.resource = port.resource
        self.lock = threading.RLock()
        self._port, self._line, self._timeout_s = port, line, timeout_s
        self._unread = b""

    def write(self, line: str, *, shown: str = "") -> None:
        """Send one line."""
        del shown  # nothing is shown here
        self._port.write((line + self._line.write_termination).encode("latin-1"))

    def read(self) -> str:
        """Return the next line without its end."""
        end = self._line.read_termination.encode("latin-1")
        while end not in self._unread:
            self._unread += self._more()
        line, _, self._unread = self._unread.partition(end)
        return line.decode("latin-1").rstrip("\r\n")

    def query(self, line: str) -> str:
        """Send one line and return the answer."""
        self.write(line)
        return self.read()

    def write_octets(self, octets: bytes) -> None:
        """Send octets as they are."""
        self._port.write(octets)

    def read_octets(self, count: int) -> bytes:
        """Return exactly ``count`` octets."""
        while len(self._unread) < count:
            self._unread += self._more()
        octets, self._unread = self._unread[:count], self._unread[count:]
        return octets

    def clear(self) -> None:
        """Drop what the instrument has said so far."""
        self._unread = b""
        while self._port.read(0.0):
            pass

    def reopen(self) -> None:
        """Drop what the instrument has said so far."""
        self.clear()

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def _more(self) -> bytes:
        octets = self._port.read(self._timeout_s)
        if not octets:
            raise InstrumentFault(
                f"The instrument did not answer within {self._timeout_s:g} s.", resource=self.resource
            )
        return octets
