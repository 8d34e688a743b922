"""A TCP peer that misbehaves as told: what a tester must survive. Each runs in a thread of its own, for one test."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from bench.clock import WallClock
from bench.meter.link import Link, SocketTransport
from bench.protocols.hdlc import Address, Control, Frame, FrameReader, decode_frame

SERVER, CLIENT = Address(1, 16, 4), Address(16)
UA = Frame(CLIENT, SERVER, Control.UA).to_bytes()
DM = Frame(CLIENT, SERVER, Control.DM).to_bytes()

Answer = Callable[[bytes], Iterator[bytes]]
"""From one request frame to the portions of its answer; ends early to close the connection (see ``CLOSE``)."""

CLOSE = b"close"


class ScriptedMeter:
    """Listens on a free port, and answers each frame as its script says."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._stop = threading.Event()
        self._links: list[Link] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.address = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> ScriptedMeter:
        return self

    def __exit__(self, *_: object) -> None:
        for link in self._links:
            link.close()
        self._stop.set()
        self._thread.join(timeout=5.0)
        self._listener.close()

    def link(self, *, may_echo: bool = False) -> Link:
        """Return a link to it on the wall clock."""
        clock = WallClock()

        def tap(direction: str, octets: bytes) -> None:
            del direction, octets

        link = Link(lambda: SocketTransport(self.address, clock), clock, tap, may_echo=may_echo)
        self._links.append(link)
        return link

    def _serve(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError, OSError):
                connection, _ = self._listener.accept()
                with connection:
                    connection.settimeout(0.05)
                    self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        reader = FrameReader()
        while not self._stop.is_set():
            try:
                octets = connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            if not octets:
                return
            for raw in reader.feed(octets):
                for portion in self._answer(raw):
                    if portion == CLOSE or self._stop.is_set():
                        return
                    try:
                        connection.sendall(portion)
                    except OSError:
                        return


def polite(raw: bytes) -> Iterator[bytes]:
    """Answer SNRM with UA and everything else with DM."""
    frame = decode_frame(raw).frame
    yield UA if frame is not None and frame.control == Control.SNRM else DM
