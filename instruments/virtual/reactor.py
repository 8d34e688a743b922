"""A small selectors reactor: many loopback connections, one thread, no clock of its own.

``poll`` may be called again from inside a callback. A connection whose callback is still running is not
read again meanwhile: its octets wait in the kernel, so every handler sees its stream in order and is
never entered twice.
"""

from __future__ import annotations

import errno
import selectors
import socket
import struct
from collections.abc import Callable
from typing import Protocol

_READ = selectors.EVENT_READ
_WRITE = selectors.EVENT_WRITE
_CHUNK = 65536
_LINGER_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on with time 0: close() sends RST instead of FIN."""


class Handler(Protocol):
    """What a listener's factory makes for each accepted connection."""

    def data_received(self, octets: bytes) -> None:
        """Take octets in the order in which they came."""

    def closed(self) -> None:
        """Learn that the connection is gone; called once, whoever closed it."""


class Connection:
    """One accepted TCP connection. ``octets_received`` and ``octets_sent`` count from its start."""

    def __init__(self, reactor: Reactor, sock: socket.socket) -> None:
        self.octets_received = 0
        self.octets_sent = 0
        self.is_closed = False
        self._reactor = reactor
        self._socket = sock
        self._handler: Handler | None = None
        self._pending = bytearray()
        self._dispatching = False
        self._interest = _READ
        self._close_when_flushed = False

    def send(self, octets: bytes) -> None:
        """Send now what the kernel takes, the rest as the peer reads; nothing once it is closed."""
        if self.is_closed or self._close_when_flushed or not octets:
            return
        self.octets_sent += len(octets)
        self._pending += octets
        self._flush()

    def close(self) -> None:
        """Close after the octets already given to ``send``."""
        if self.is_closed:
            return
        if self._pending:
            self._close_when_flushed = True
            return
        self._drop()

    def abort(self) -> None:
        """Close at once with a reset, as a cut cable or a crashed instrument would."""
        if self.is_closed:
            return
        self._pending.clear()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        self._drop()

    def _attach(self, handler: Handler) -> None:
        self._handler = handler

    def _flush(self) -> None:
        while self._pending:
            try:
                taken = self._socket.send(self._pending)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                self._pending.clear()
                self._drop()
                return
            del self._pending[:taken]
        if not self._pending and self._close_when_flushed:
            self._drop()
        elif bool(self._pending) != bool(self._interest & _WRITE):
            self._show_interest()  # asked of the kernel only where it changes: most answers are taken at once

    def _show_interest(self) -> None:
        if self.is_closed:
            return
        wanted = (0 if self._dispatching else _READ) | (_WRITE if self._pending else 0)
        if wanted == self._interest:
            return
        selector = self._reactor._selector
        if wanted == 0:
            selector.unregister(self._socket)
        elif self._interest == 0:
            selector.register(self._socket, wanted, self)
        else:
            selector.modify(self._socket, wanted, self)
        self._interest = wanted

    def _ready(self, events: int) -> int:
        """Serve the selector's events; return 1 when something was done."""
        done = 0
        if events & _WRITE and not self.is_closed and self._pending:
            self._flush()
            done = 1
        if not events & _READ or self.is_closed:
            return done
        if (
            self._dispatching
        ):  # a nested poll found our next octets: leave them in the kernel until we are back
            self._show_interest()
            return done
        try:
            octets = self._socket.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return done  # a nested poll was faster
        except OSError:
            octets = b""
        if not octets:
            self._drop()
            return 1
        self.octets_received += len(octets)
        if self._handler is not None and not self._close_when_flushed:
            self._dispatching = True
            try:
                self._handler.data_received(octets)
            finally:
                self._dispatching = False
                self._show_interest()
        return 1

    def _drop(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        if self._interest:
            self._reactor._selector.unregister(self._socket)
        self._interest = 0
        self._socket.close()
        self._reactor._connections.discard(self)
        handler, self._handler = self._handler, None
        if handler is not None:
            handler.closed()


class Listener:
    """A listening socket; ``port`` is the port it was given."""

    def __init__(
        self, reactor: Reactor, sock: socket.socket, factory: Callable[[Connection], Handler]
    ) -> None:
        host, port = sock.getsockname()[:2]
        self.host: str = host
        self.port: int = port
        self._reactor = reactor
        self._socket = sock
        self._factory = factory
        self._open = True

    def close(self) -> None:
        """Stop accepting; connections already accepted live on."""
        if not self._open:
            return
        self._open = False
        self._reactor._selector.unregister(self._socket)
        self._reactor._listeners.discard(self)
        self._socket.close()

    def _ready(self, _events: int) -> int:
        if not self._open:
            return 0
        try:
            sock, _address = self._socket.accept()
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            if error.errno in (errno.ECONNABORTED, errno.EPROTO):
                return 0
            raise
        sock.setblocking(False)
        # Nagle with delayed acknowledgement costs 40 ms an answer
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self._reactor, sock)
        self._reactor._connections.add(connection)
        self._reactor._selector.register(sock, _READ, connection)
        connection._attach(self._factory(connection))
        return 1


class _Watch:
    """A foreign file descriptor whose readability calls an action."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action

    def _ready(self, _events: int) -> int:
        self._action()
        return 1


class Reactor:
    """Listen, accept, read, write; everything happens inside ``poll``."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._listeners: set[Listener] = set()
        self._watches: dict[int, _Watch] = {}
        self._once_settled: list[Callable[[], None]] = []
        self._open = True

    def listen(
        self, factory: Callable[[Connection], Handler], *, host: str = "127.0.0.1", port: int = 0
    ) -> Listener:
        """Accept connections on ``host``:``port`` (0: any free port); ``factory`` makes each handler."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(16)
            sock.setblocking(False)
        except OSError:
            sock.close()
            raise
        listener = Listener(self, sock, factory)
        self._listeners.add(listener)
        self._selector.register(sock, _READ, listener)
        return listener

    def watch(self, file_descriptor: int, action: Callable[[], None]) -> None:
        """Call ``action`` whenever the descriptor is readable or at its end; the caller reads it."""
        watch = _Watch(action)
        self._watches[file_descriptor] = watch
        self._selector.register(file_descriptor, _READ, watch)

    def unwatch(self, file_descriptor: int) -> None:
        """Forget ``file_descriptor``."""
        if self._watches.pop(file_descriptor, None) is not None:
            self._selector.unregister(file_descriptor)

    def poll(self, timeout_s: float | None = 0.0) -> int:
        """Serve what is ready, waiting up to ``timeout_s`` wall seconds for the first event (None: for ever).

        Return how many connections were served. May be called from inside a callback.
        """
        if not self._open:
            return 0
        done = 0
        for key, events in self._selector.select(timeout_s):
            if not self._open:
                break
            target: Connection | Listener | _Watch = key.data
            done += target._ready(events)
        return done

    def once_settled(self, action: Callable[[], None]) -> None:
        """Run ``action`` at the next ``settle``."""
        self._once_settled.append(action)

    def settle(self) -> None:
        """Do what waits for everything that had arrived to be served."""
        while self._once_settled:
            self._once_settled.pop(0)()

    def drain(self) -> int:
        """Serve everything that has already arrived, without waiting; return how often something was done."""
        total = 0
        while done := self.poll(0.0):
            total += done
        return total

    def close(self) -> None:
        """Close every connection and listener. Watched descriptors are forgotten, not closed."""
        if not self._open:
            return
        for listener in tuple(self._listeners):
            listener.close()
        for connection in tuple(self._connections):
            connection.abort() if connection._pending else connection.close()
        for file_descriptor in tuple(self._watches):
            self.unwatch(file_descriptor)
        self._open = False
        self._selector.close()
