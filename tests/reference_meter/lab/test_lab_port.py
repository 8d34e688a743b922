"""The lab port by itself, in this process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from instruments.virtual.reactor import Reactor
from reference_meter.lab.lab_port import LabPort
from reference_meter.lab.line import Line
from reference_meter.lab.world import World


class Echo:
    """A meter's end of the line that answers two seconds after each batch of octets."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.line: Line | None = None

    def line_opened(self) -> None:
        """Do nothing."""

    def line_closed(self) -> None:
        """Do nothing."""

    def line_octets(self, octets: bytes) -> None:
        assert self.line is not None
        line = self.line
        self._world.at(self._world.now() + 2.0, lambda: line.send(octets))


class Room:
    """A lab port over one line, and a session on it."""

    def __init__(self) -> None:
        self.world = World(5)
        self.reactor = Reactor()
        echo = Echo(self.world)
        self.line = Line(
            self.world,
            self.reactor,
            name="meter1",
            baud=9600,
            end=echo,
            burst_ended=lambda line: self.port.notify(line.name),
        )
        echo.line = self.line
        self.port = LabPort(
            self.world,
            self.reactor,
            {"meter1": self.line},
            instruments=frozenset({"counter"}),
            real_time=False,
            stopping=lambda: False,
            patience_s=0.05,
        )
        self._session = self.port.instrument.open_session()

    def client(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.line.tcp_port), timeout=2.0)

    def query(self, command: str) -> str:
        return self._session.feed(command.encode() + b"\n").decode().rstrip("\n")


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.reactor.close()


def test_octets_that_never_come_are_a_time_out_of_the_bench(room: Room) -> None:
    with closing(room.client()):
        assert room.query(':LAB:EXCHange? "meter1",7,2.0') == "0.0,0,1"
    assert room.query("SYST:ERR?").startswith("-365,")


def test_commands_already_sent_are_served_before_time_moves(room: Room) -> None:
    with closing(room.client()) as client:
        client.sendall(b"x")
        room.query(':LAB:ADVance? 10.0,""')
        assert client.recv(10) == b"x"


def test_a_watched_meter_port_ends_an_advance_with_its_burst(room: Room) -> None:
    with closing(room.client()) as client:
        client.sendall(b"x")
        time_text, fired = room.query(':LAB:ADVance? 10.0,"counter,meter1"').split(",")
    assert fired == '"meter1"'
    assert float(time_text) == pytest.approx(2.0 + 2 * 10 / 9600, abs=1e-9)


def test_a_deadline_in_the_middle_of_a_burst_hands_out_what_has_passed(room: Room) -> None:
    with closing(room.client()) as client:
        client.sendall(b"x")
        room.query(':LAB:EXCHange? "meter1",1,1.0')
        room.line.send(b"0123456789")
        middle_s = room.world.now() + 4.5 * 10 / 9600
        assert room.query(f':LAB:EXCHange? "meter1",1,{middle_s!r}') == f"{middle_s!r},4,0"
        assert client.recv(100) == b"0123"
        end = room.query(':LAB:EXCHange? "meter1",1,2.0').split(",")
        assert end[1:] == ["10", "0"]


def test_times_are_written_with_all_their_digits(room: Room) -> None:
    until_s = 1.0 / 3.0
    assert room.query(f':LAB:ADVance? {until_s!r},""') == f'{until_s!r},""'
    assert room.query(":LAB:TIME?") == repr(until_s)
    assert float(room.query(":LAB:EPOCh?")) == room.world.epoch.timestamp()
