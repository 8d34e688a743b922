"""A SOCKET session of pyvisa-py whose octets go straight through the socket behind it.

pyvisa-py reads and writes a socket in a way that costs more than most instruments take to answer: three
attributes looked up and a select for each read, Nagle's algorithm left on (a command and the error query behind
it are two writes; the second would wait 40 ms for the acknowledgement of the first), and the end of the stream
taken for an empty read, which it repeats at full speed until the time-out. VISA still opens and closes the session.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyvisa.resources import MessageBasedResource

CHUNK = 65536
LINE_MAX = 1 << 24
"""A line that does not end within so many octets is not one."""


class SocketSession:
    """What a transport needs of a VISA session. Raises VisaIOError at the time-out, OSError for a lost connection."""

    def __init__(self, opened: MessageBasedResource, session: Any) -> None:
        """Take over the socket of ``session``, which pyvisa-py keeps for the resource ``opened``."""
        self._opened = opened
        self._socket: socket.socket = session.interface
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._write_end = (opened.write_termination or "").encode("ascii")
        self._read_end = (opened.read_termination or "").encode("ascii")
        self._unread = bytearray()
        self.timeout = opened.timeout

    @property
    def timeout(self) -> float:
        """The longest wait for an answer, in milliseconds."""
        return self._timeout_s * 1000.0

    @timeout.setter
    def timeout(self, timeout_ms: float) -> None:
        self._timeout_s = timeout_ms / 1000.0
        self._socket.settimeout(self._timeout_s)

    def write(self, text: str) -> None:
        """Send a line with its end."""
        self.write_raw(text.encode("ascii") + self._write_end)

    def write_raw(self, octets: bytes) -> None:
        """Send octets as they are."""
        try:
            self._socket.sendall(octets)
        except TimeoutError as error:
            raise _timed_out() from error

    def read(self) -> str:
        """Return the next line with its end; where lines have none, what is there or comes next."""
        if not self._read_end:
            return self.read_raw().decode("ascii")
        end = self._unread.find(self._read_end)
        if end < 0:
            deadline_s = time.monotonic() + self._timeout_s
            while end < 0:
                seen = max(0, len(self._unread) - len(self._read_end) + 1)
                self._receive(deadline_s)
                end = self._unread.find(self._read_end, seen)
                if end < 0 and len(self._unread) > LINE_MAX:
                    raise ConnectionAbortedError(f"no end of line within {LINE_MAX} octets")
        return self._take(end + len(self._read_end)).decode("ascii")

    def read_bytes(self, count: int, *, break_on_termchar: bool = False) -> bytes:
        """Return exactly ``count`` octets; ``break_on_termchar`` is for the signature's sake."""
        del break_on_termchar
        deadline_s = time.monotonic() + self._timeout_s
        while len(self._unread) < count:
            self._receive(deadline_s)
        return self._take(count)

    def read_raw(self) -> bytes:
        """Return what is there, or what comes next."""
        if not self._unread:
            self._receive(time.monotonic() + self._timeout_s)
        return self._take(len(self._unread))

    def clear(self) -> None:
        """Forget what was read and not yet asked for."""
        self._unread.clear()

    def close(self) -> None:
        """End the session."""
        self._opened.close()

    def _take(self, count: int) -> bytes:
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        return taken

    def _receive(self, deadline_s: float) -> None:
        """Add what comes next to what is unread."""
        left_s = deadline_s - time.monotonic()
        if left_s <= 0.0:
            raise _timed_out()
        hurried = left_s < 0.9 * self._timeout_s  # an answer in pieces may not take the time-out for each
        if hurried:
            self._socket.settimeout(left_s)
        try:
            octets = self._socket.recv(CHUNK)
        except TimeoutError as error:
            raise _timed_out() from error
        finally:
            if hurried:
                self._socket.settimeout(self._timeout_s)
        if not octets:
            raise ConnectionResetError("closed by the other side")
        self._unread += octets


def straight(opened: MessageBasedResource) -> MessageBasedResource | SocketSession:
    """Return a session past pyvisa-py where ``opened`` is a socket of its, else ``opened``."""
    sessions = getattr(opened.visalib, "sessions", {})
    session: Any = sessions.get(opened.session)
    if not isinstance(getattr(session, "interface", None), socket.socket):
        return opened
    return SocketSession(opened, session)


def _timed_out() -> Exception:
    from pyvisa.constants import StatusCode
    from pyvisa.errors import VisaIOError

    return VisaIOError(StatusCode.error_timeout)
