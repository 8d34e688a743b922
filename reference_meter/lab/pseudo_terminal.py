"""A meter port as a pseudo-terminal: any program that opens serial ports can open this one.

A UART at another rate hears noise, not octets, so what a client sends at a wrong rate never reaches the meter.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys

from instruments.virtual.reactor import Handler
from reference_meter.lab.line import Line

_CHUNK = 4096


class PseudoTerminal:
    """The bench's end of one line. ``path`` is what a client opens; ``look`` must be called again and again.

    ``echoes``: the client hears itself, at whatever rate, as it does behind many optical heads.
    """

    def __init__(self, line: Line, *, echoes: bool = False) -> None:
        if sys.platform == "win32":
            raise OSError("this platform has no pseudo-terminals; use --port")
        import tty

        self._line = line
        self._echoes = echoes
        self._client: Handler | None = None
        self._master, client_end = os.openpty()
        self.path = os.ttyname(client_end)
        tty.setraw(client_end)
        # with our own copy of the client's end closed, the kernel tells whether anybody else has it open
        os.close(client_end)
        os.set_blocking(self._master, False)

    def look(self) -> None:
        """Notice a client that came or went, and hand over what it sent."""
        hung_up = self._hung_up()
        if self._client is None:
            if hung_up:
                return
            self._client = self._line.accept(self)
        octets = self._read()
        if octets and self._echoes:
            self._hand_back(octets)
        if octets and self._rate() == self._line.baud:
            self._client.data_received(octets)
        if hung_up and not octets:
            client, self._client = self._client, None
            client.closed()

    def send(self, octets: bytes) -> None:
        """Give the client octets; those it does not read in time are lost, as on a line."""
        if self._rate() == self._line.baud:
            self._hand_back(octets)

    def _hand_back(self, octets: bytes) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, octets)

    def close(self) -> None:
        """Do nothing: a serial line cannot turn a client away."""

    def shut(self) -> None:
        """Take the terminal away."""
        os.close(self._master)

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def _read(self) -> bytes:
        try:
            return os.read(self._master, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError:  # EIO: nobody has the client's end open
            return b""

    def _rate(self) -> int:
        """Return the baud rate the client has set, 0 for one that has no number."""
        import termios

        code = termios.tcgetattr(self._master)[4]
        return _RATES.get(code, 0)


def _rates() -> dict[int, int]:
    if sys.platform == "win32":
        return {}
    import termios

    names = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
    return {getattr(termios, f"B{rate}"): rate for rate in names}


_RATES = _rates()
