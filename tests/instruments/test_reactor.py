"""The reactor as the laboratory needs it: ordered, re-entrant, clean."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from instruments.virtual.reactor import Connection, Reactor


class Recorder:
    """Keeps what arrives, and may do something on arrival."""

    def __init__(self, connection: Connection, on_data: Callable[[Recorder, bytes], None]) -> None:
        self.connection = connection
        self.received: list[bytes] = []
        self.closings = 0
        self._on_data = on_data

    def data_received(self, octets: bytes) -> None:
        self.received.append(octets)
        self._on_data(self, octets)

    def closed(self) -> None:
        self.closings += 1


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    reactor = Reactor()
    yield reactor
    reactor.close()


class Rig:
    """A listener, and clients connected to it."""

    def __init__(
        self, reactor: Reactor, on_data: Callable[[Recorder, bytes], None] = lambda *_: None
    ) -> None:
        self.reactor = reactor
        self.handlers: list[Recorder] = []

        def accept(connection: Connection) -> Recorder:
            self.handlers.append(Recorder(connection, on_data))
            return self.handlers[-1]

        self.listener = reactor.listen(accept)

    def connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.listener.port), timeout=2)
        self.reactor.drain()
        return client


def test_octets_arrive_in_order_and_are_counted(reactor: Reactor) -> None:
    rig = Rig(reactor)
    with rig.connect() as client:
        client.sendall(b"abc")
        client.sendall(b"def")
        reactor.drain()
        assert b"".join(rig.handlers[0].received) == b"abcdef"
        assert rig.handlers[0].connection.octets_received == 6


def test_a_handler_may_drain_the_other_sockets(reactor: Reactor) -> None:
    def drain(recorder: Recorder, octets: bytes) -> None:
        if octets == b"drain":
            reactor.drain()
            recorder.connection.send(b"".join(rig.handlers[1].received))

    rig = Rig(reactor, drain)
    with rig.connect() as first, rig.connect() as second:
        second.sendall(b"meter octets")
        first.sendall(b"drain")
        reactor.drain()
        assert first.recv(100) == b"meter octets"


def test_a_handler_is_never_entered_twice(reactor: Reactor) -> None:
    depth = 0
    deepest = 0

    def drain(recorder: Recorder, octets: bytes) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)
        if octets == b"1":
            client.sendall(b"2")
            reactor.drain()
            reactor.drain()
        depth -= 1

    rig = Rig(reactor, drain)
    with rig.connect() as client:
        client.sendall(b"1")
        reactor.drain()
        assert rig.handlers[0].received == [b"1", b"2"]
        assert deepest == 1


def test_much_output_is_buffered_until_the_peer_reads(reactor: Reactor) -> None:
    rig = Rig(reactor)
    with rig.connect() as client:
        rig.handlers[0].connection.send(b"x" * 8_000_000)
        rig.handlers[0].connection.close()
        total = 0
        while True:
            reactor.drain()
            octets = client.recv(1 << 20)
            if not octets:
                break
            total += len(octets)
        assert total == 8_000_000
        assert rig.handlers[0].closings == 1


def test_a_leaving_peer_is_told_once(reactor: Reactor) -> None:
    rig = Rig(reactor)
    rig.connect().close()
    reactor.drain()
    reactor.drain()
    assert rig.handlers[0].closings == 1
    rig.handlers[0].connection.send(b"too late")
    rig.handlers[0].connection.close()
    assert rig.handlers[0].closings == 1


def test_a_handler_may_close_its_own_connection(reactor: Reactor) -> None:
    rig = Rig(reactor, lambda recorder, _octets: recorder.connection.close())
    with rig.connect() as client:
        client.sendall(b"bye")
        reactor.drain()
        assert client.recv(10) == b""


def test_abort_resets_the_connection(reactor: Reactor) -> None:
    rig = Rig(reactor)
    with rig.connect() as client:
        rig.handlers[0].connection.abort()
        with pytest.raises(ConnectionResetError):
            client.recv(10)


def test_watched_descriptors_are_reported(reactor: Reactor) -> None:
    near, far = socket.socketpair()
    with near, far:
        seen: list[bytes] = []
        reactor.watch(near.fileno(), lambda: seen.append(near.recv(10)))
        far.sendall(b"end")
        reactor.drain()
        assert seen == [b"end"]
        reactor.unwatch(near.fileno())


def test_close_ends_everything() -> None:
    reactor = Reactor()
    rig = Rig(reactor)
    with rig.connect() as client:
        reactor.close()
        assert client.recv(10) == b""
        assert rig.handlers[0].closings == 1
        assert reactor.poll(0) == 0
