"""A source, a standard and a safety board on loopback sockets that live on the wall clock, in a thread."""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from instruments.virtual.fluke_6105a import VirtualFluke6105A
from instruments.virtual.plant import PhaseOutput
from instruments.virtual.reactor import Reactor
from instruments.virtual.safety_panel import VirtualSafetyBoard
from instruments.virtual.server import ScpiServer
from instruments.virtual.zera_mt import VirtualZeraMt


class _Timer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class WallPlant:
    """Time is the wall clock; the terminals are an attribute."""

    def __init__(self) -> None:
        self._origin = time.monotonic()
        self._queue: list[tuple[float, int, _Timer, Callable[[], None]]] = []
        self._serial = itertools.count()
        self.terminals: tuple[PhaseOutput, ...] = ()

    def now(self) -> float:
        return time.monotonic() - self._origin

    def at(self, time_s: float, action: Callable[[], None]) -> _Timer:
        timer = _Timer()
        heapq.heappush(self._queue, (time_s, next(self._serial), timer, action))
        return timer

    def notify(self, port: str) -> None:
        pass

    def run_due(self) -> None:
        while self._queue and self._queue[0][0] <= self.now():
            _, _, timer, action = heapq.heappop(self._queue)
            if not timer.cancelled:
                action()

    def drive(self, phases: Sequence[PhaseOutput], frequency_hz: float) -> None:
        self.terminals = tuple(phases)

    def loop_closed(self, phase: int) -> bool:
        return True

    def on_loop_opened(self, action: Callable[[int], None]) -> None:
        pass

    def on_pulse(self, channel: int, action: Callable[[float], None]) -> None:
        pass


class WallLaboratory:
    """Serves one source and one safety board until closed."""

    def __init__(self, driver: str = "fluke-6105a") -> None:
        self.reactor = Reactor()
        self.plant = WallPlant()
        self.driver = driver
        self.source: Any = (
            VirtualFluke6105A(self.plant, "source", serial_number="4711")
            if driver == "fluke-6105a"
            else VirtualZeraMt(self.plant, "source")
        )
        self.board = VirtualSafetyBoard(self.plant)
        self.source_server = ScpiServer(self.reactor, self.source)
        self.board_server = ScpiServer(self.reactor, self.board)
        self._calls: queue.Queue[Callable[[], Any]] = queue.Queue()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def call(self, action: Callable[[], Any]) -> Any:
        results: queue.Queue[Any] = queue.Queue()
        self._calls.put(lambda: results.put(action()))
        return results.get(timeout=5)

    def source_on(self) -> bool:
        return self.call(lambda: self.source._on if self.driver == "fluke-6105a" else self.source.output_on)

    def close(self) -> None:
        self._ended.set()
        self._thread.join(timeout=5)
        self.reactor.close()

    def write_rig(self, folder: Path, *, safety: str = "", virtual: bool = True) -> Path:
        path = folder / "rig.toml"
        path.write_text(
            f"""schema = 1
[rig]
name = "wall"
virtual = {str(virtual).lower()}
[clock]
kind = "wall"
[limits]
voltage_max_v = 300.0
current_max_a = 80.0
{safety}
[[instrument]]
name = "source"
role = "source"
driver = "{self.driver}"
resource = "{self.source_server.resource}"
serial_number = "{"4711" if self.driver == "fluke-6105a" else ""}"
[[instrument]]
name = "board"
role = "safety"
driver = "meterbench-safety"
resource = "{self.board_server.resource}"
[[position]]
name = "1"
meter = "socket://127.0.0.1:1"
declaration = "meter.toml"
"""
        )
        return path

    def _run(self) -> None:
        while not self._ended.is_set():
            self.reactor.poll(0.002)
            self.plant.run_due()
            while not self._calls.empty():
                self._calls.get()()
