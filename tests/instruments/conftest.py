"""A scripted line, a tiny plant, and twins on real loopback sockets served by a thread."""

from __future__ import annotations

import heapq
import itertools
import math
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from instruments.errors import InstrumentFault
from instruments.virtual.plant import PhaseOutput
from instruments.virtual.reactor import Reactor
from instruments.virtual.scpi import ScpiInstrument
from instruments.virtual.server import ScpiServer

_Result = TypeVar("_Result")


class ScriptedTransport:
    """Expects exactly the lines of a script: ``(sent, answers...)``; anything else fails the test."""

    def __init__(self, script: Sequence[tuple[str, ...]], resource: str = "SCRIPT") -> None:
        self.resource = resource
        self.lock = threading.RLock()
        self.closed = False
        self.cleared = 0
        self.reopened = 0
        self.shown: list[str] = []
        self._script = list(script)
        self._answers: list[str] = []

    def write(self, line: str, *, shown: str = "") -> None:
        assert not self._answers, f"unread answers {self._answers} before {line!r}"
        assert self._script, f"nothing more expected, but {line!r} was sent"
        expected, *answers = self._script.pop(0)
        assert line == expected
        self.shown.append(shown or line)
        self._answers = answers

    def read(self) -> str:
        if not self._answers:
            raise InstrumentFault("no answer in time", resource=self.resource)
        return self._answers.pop(0)

    def query(self, line: str) -> str:
        self.write(line)
        return self.read()

    def clear(self) -> None:
        self.cleared += 1
        self._answers = []

    def reopen(self) -> None:
        self.reopened += 1

    def close(self) -> None:
        self.closed = True

    def extend(self, *script: tuple[str, ...]) -> None:
        self._script.extend(script)

    def assert_finished(self) -> None:
        assert self._script == []
        assert self._answers == []


@dataclass
class FakeTimer:
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class FakePlant:
    """One phase source → standard, pulses on demand, time moved by the test."""

    positions: int = 2
    time_s: float = 0.0
    terminals: tuple[PhaseOutput, ...] = (PhaseOutput(),)
    frequency: float = 50.0
    loops_closed: bool = True
    notified: list[tuple[float, str]] = field(default_factory=list)
    pressed: list[tuple[int, str]] = field(default_factory=list)
    live: bool = True
    shown: str = 'credit "12.3"'

    def __post_init__(self) -> None:
        self._energy_wh = 0.0
        self._queue: list[tuple[float, int, FakeTimer, Callable[[], None]]] = []
        self._serial = itertools.count()
        self._pulse_actions: dict[int, list[Callable[[float], None]]] = {}
        self._loop_actions: list[Callable[[int], None]] = []
        self._supply: dict[int, bool] = {}
        self._bypass: dict[int, bool] = {}

    def now(self) -> float:
        return self.time_s

    def at(self, time_s: float, action: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer()
        heapq.heappush(self._queue, (time_s, next(self._serial), timer, action))
        return timer

    def notify(self, port: str) -> None:
        self.notified.append((self.time_s, port))

    def advance(self, duration_s: float) -> None:
        end = self.time_s + duration_s
        while self._queue and self._queue[0][0] <= end:
            time_s, _, timer, action = heapq.heappop(self._queue)
            self._move(time_s)
            if not timer.cancelled:
                action()
        self._move(end)

    def _move(self, time_s: float) -> None:
        for phase in self.terminals:
            power = phase.voltage_v * phase.current_a * math.cos(math.radians(phase.current_lag_deg))
            self._energy_wh += power * (time_s - self.time_s) / 3600.0
        self.time_s = max(self.time_s, time_s)

    def drive(self, phases: Sequence[PhaseOutput], frequency_hz: float) -> None:
        self.terminals = tuple(phases)
        self.frequency = frequency_hz

    def loop_closed(self, phase: int) -> bool:
        return self.loops_closed

    def on_loop_opened(self, action: Callable[[int], None]) -> None:
        self._loop_actions.append(action)

    def open_loop(self) -> None:
        self.loops_closed = False
        for action in self._loop_actions:
            action(0)

    def inputs(self) -> Sequence[PhaseOutput]:
        return self.terminals

    def frequency_hz(self) -> float:
        return self.frequency

    def true_energy_wh(self) -> Sequence[float]:
        return (self._energy_wh,)

    def on_pulse(self, channel: int, action: Callable[[float], None]) -> None:
        self._pulse_actions.setdefault(channel, []).append(action)

    def pulse(self, channel: int) -> None:
        for action in self._pulse_actions.get(channel, ()):
            action(self.time_s)

    def supply(self, position: int, *, on: bool) -> None:
        self._supply[position] = on

    def supply_on(self, position: int) -> bool:
        return self._supply.get(position, True)

    def bypass(self, position: int, *, automatic: bool) -> None:
        self._bypass[position] = automatic

    def bypass_automatic(self, position: int) -> bool:
        return self._bypass.get(position, False)

    def on_contact_moved(self, action: Callable[[], None]) -> None:
        self.contact_listeners = [action]

    def load_side_live(self, position: int) -> bool:
        return self.live

    def press(self, position: int, keys: str) -> None:
        self.pressed.append((position, keys))

    def display(self, position: int) -> str:
        return self.shown


class Served:
    """Twins on loopback sockets; a thread polls the reactor, and ``call`` runs something inside of it."""

    def __init__(self) -> None:
        self.reactor = Reactor()
        self._calls: queue.Queue[Callable[[], None]] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def serve(self, instrument: ScpiInstrument) -> ScpiServer:
        return self.call(lambda: ScpiServer(self.reactor, instrument))

    def call(self, action: Callable[[], _Result]) -> _Result:
        results: queue.Queue[_Result] = queue.Queue()
        self._calls.put(lambda: results.put(action()))
        return results.get(timeout=5)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        self.reactor.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.reactor.poll(0.002)
            while not self._calls.empty():
                self._calls.get()()


@pytest.fixture
def plant() -> FakePlant:
    return FakePlant()


@pytest.fixture
def served() -> Iterator[Served]:
    running = Served()
    yield running
    running.close()


@pytest.fixture
def scripted() -> type[ScriptedTransport]:
    return ScriptedTransport
