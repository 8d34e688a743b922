"""The meter port: line times in both directions, counters, clients that come and go."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from instruments.virtual.reactor import Reactor
from reference_meter.lab.line import Line
from reference_meter.lab.world import World

OCTET_S = 10 / 9600


class Ear:
    """A meter's end of the line that writes down what it hears and when."""

    def __init__(self, world: World) -> None:
        self.heard: list[tuple[float, bytes | str]] = []
        self._world = world

    def line_opened(self) -> None:
        self.heard.append((self._world.now(), "opened"))

    def line_octets(self, octets: bytes) -> None:
        self.heard.append((self._world.now(), octets))

    def line_closed(self) -> None:
        self.heard.append((self._world.now(), "closed"))

    @property
    def octets(self) -> bytes:
        return b"".join(item for _, item in self.heard if isinstance(item, bytes))


class Bench:
    """One line in its world, and sockets on it."""

    def __init__(self) -> None:
        self.world = World(0)
        self.reactor = Reactor()
        self.ear = Ear(self.world)
        self.bursts: list[float] = []
        self.line = Line(
            self.world,
            self.reactor,
            name="meter1",
            baud=9600,
            end=self.ear,
            burst_ended=lambda _line: self.bursts.append(self.world.now()),
        )

    def client(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.line.tcp_port), timeout=2.0)
        self.serve()
        return client

    def serve(self) -> None:
        self.reactor.drain()
        self.line.settle()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.reactor.close()


def test_the_last_octet_reaches_the_meter_after_ten_bits_an_octet(bench: Bench) -> None:
    with closing(bench.client()) as client:
        bench.world.run_until(1.0)
        client.sendall(bytes(100))
        bench.serve()
        bench.world.run_until(10.0)
    assert bench.line.n_sent == 100
    assert len(bench.ear.octets) == 100
    assert bench.ear.heard[-1][0] == pytest.approx(1.0 + 100 * OCTET_S, abs=1e-9)


def test_the_cutting_of_tcp_into_segments_changes_nothing(bench: Bench) -> None:
    other = Bench()
    with closing(bench.client()) as whole, closing(other.client()) as cut:
        whole.sendall(bytes(range(50)))
        bench.serve()
        for start in range(0, 50, 7):
            cut.sendall(bytes(range(50))[start : start + 7])
            other.serve()
        bench.world.run_until(1.0)
        other.world.run_until(1.0)
        assert bench.ear.heard == other.ear.heard
    other.reactor.close()


def test_octets_sent_while_the_line_is_busy_wait_for_it(bench: Bench) -> None:
    with closing(bench.client()) as client:
        client.sendall(bytes(10))
        bench.serve()
        bench.world.run_until(4 * OCTET_S)
        client.sendall(bytes(10))
        bench.serve()
        bench.world.run_until(1.0)
    assert bench.ear.heard[-1][0] == pytest.approx(20 * OCTET_S, abs=1e-9)


def test_a_burst_reaches_the_client_octet_by_octet_and_ends_with_its_last_one(bench: Bench) -> None:
    with closing(bench.client()) as client:
        bench.line.send(b"ABCDEFGHIJ")
        bench.world.run_until(3.5 * OCTET_S)
        bench.line.flush()
        assert bench.line.n_received == 3
        assert client.recv(100) == b"ABC"
        bench.line.send(b"KL")  # behind the octets still on their way: the same burst
        bench.world.run_until(1.0)
        assert client.recv(100) == b"DEFGHIJKL"
    assert bench.bursts == [pytest.approx(12 * OCTET_S, abs=1e-9)]
    assert bench.line.n_received == 12


def test_a_power_cut_ends_the_burst_in_the_middle_of_an_octet(bench: Bench) -> None:
    with closing(bench.client()) as client:
        bench.line.send(b"ABCDEF")
        bench.world.run_until(2.5 * OCTET_S)
        bench.line.power_lost()
        bench.world.run_until(1.0)
        assert client.recv(100) == b"AB"
    assert bench.bursts == []


def test_a_second_client_is_refused_at_once_and_the_first_goes_on(bench: Bench) -> None:
    with closing(bench.client()) as first, closing(bench.client()) as second:
        assert second.recv(10) == b""
        first.sendall(b"still here")
        bench.serve()
        bench.world.run_until(1.0)
    assert bench.ear.octets == b"still here"


def test_a_client_that_comes_in_the_moment_the_other_goes_is_served(bench: Bench) -> None:
    first = bench.client()
    first.sendall(b"first")
    first.close()
    second = socket.create_connection(("127.0.0.1", bench.line.tcp_port), timeout=2.0)
    second.sendall(b"second")
    with closing(second):
        bench.serve()
        bench.world.run_until(1.0)
        assert bench.line.connected
        assert bench.line.n_sent == 6
        bench.line.send(b"hello")
        bench.world.run_until(2.0)
        assert second.recv(10) == b"hello"
    assert [item for _, item in bench.ear.heard] == ["opened", b"first", "closed", "opened", b"second"]


def test_the_counters_start_anew_with_each_connection(bench: Bench) -> None:
    with closing(bench.client()) as client:
        client.sendall(b"1234")
        bench.serve()
        bench.line.send(b"12")
        bench.world.run_until(1.0)
    bench.serve()
    with closing(bench.client()):
        assert (bench.line.n_sent, bench.line.n_received) == (0, 0)


def test_a_meter_that_sends_while_nobody_listens_does_no_harm(bench: Bench) -> None:
    bench.line.send(b"lost")
    bench.world.run_until(1.0)
    with closing(bench.client()) as client:
        bench.line.send(b"heard")
        bench.world.run_until(2.0)
        assert client.recv(10) == b"heard"
