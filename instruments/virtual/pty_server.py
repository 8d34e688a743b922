"""Puts an instrument on a pseudo-terminal: a serial line without a baud rate (POSIX only)."""

from __future__ import annotations

import contextlib
import os
import pty
import tty

from instruments.virtual.reactor import Reactor
from instruments.virtual.served import Conversation, ServedInstrument

CHUNK = 65536


class PtyServer:
    """One twin on a pseudo-terminal; one client at a time, as on a real line."""

    def __init__(self, reactor: Reactor, instrument: ServedInstrument) -> None:
        self.instrument = instrument
        self._reactor = reactor
        self._ours, self._theirs = pty.openpty()  # theirs stays open, or reads end when a client leaves
        for descriptor in (self._ours, self._theirs):
            tty.setraw(descriptor)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self._conversation: Conversation = instrument.open_session(self._send)
        reactor.watch(self._ours, self._readable)

    @property
    def resource(self) -> str:
        """The VISA resource string that reaches it."""
        return f"ASRL{self.path}::INSTR"

    def close(self) -> None:
        """Take the line away."""
        self._reactor.unwatch(self._ours)
        self._conversation.close()
        os.close(self._ours)
        os.close(self._theirs)

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._send(self._conversation.feed(os.read(self._ours, CHUNK)))

    def _send(self, octets: bytes) -> None:
        # a terminal takes what its buffer holds; replies of instruments are far shorter
        with contextlib.suppress(BlockingIOError):
            while octets:
                octets = octets[os.write(self._ours, octets) :]
