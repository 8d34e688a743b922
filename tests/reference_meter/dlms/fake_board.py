"""A meter's board that exists only in memory, with time that a test moves."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from reference_meter.board import ElementInput, Memory
from reference_meter.senses import Senses

START = datetime(2026, 5, 4, 10, 30, 0, tzinfo=UTC)  # a Monday


class MemoryChip:
    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self.records.get(name)

    def write(self, name: str, record: bytes) -> None:
        self.records[name] = record

    def names(self) -> Sequence[str]:
        return tuple(self.records)


class Event:
    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        self.action = None


class FakePort:
    def __init__(self, board: FakeBoard, name: str) -> None:
        self.board, self.name = board, name

    def send(self, octets: bytes) -> None:
        self.board.sent.append((self.board.time_s, octets))

    def set_rate(self, baud: int, *, seven_bits: bool = False) -> None:
        self.board.rates.append(baud)

    def hang_up(self) -> None:
        self.board.hung_up.append(self.name)


class FakeBoard:
    """Time moves only when a test moves it; 230 V, 10 A at unity power factor unless changed."""

    def __init__(self) -> None:
        self.chip = MemoryChip()
        self.memory: Memory = self.chip
        self.senses = Senses()
        self.time_s = 0.0
        self.inputs = [ElementInput(voltage_v=230.0, current_a=10.0)]
        self.closed = True
        self.sent: list[tuple[float, bytes]] = []
        self.rates: list[int] = []
        self.hung_up: list[str] = []
        self._events: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._rtc_offset = START - datetime.fromtimestamp(0, UTC)

    def now(self) -> float:
        return self.time_s

    def at(self, time_s: float, action: Callable[[], None]) -> Event:
        event = Event(action)
        heapq.heappush(self._events, (time_s, next(self._order), event))
        return event

    def advance(self, duration_s: float) -> None:
        end_s = self.time_s + duration_s
        while self._events and self._events[0][0] <= end_s:
            due_s, _, event = heapq.heappop(self._events)
            self.time_s = max(self.time_s, due_s)
            if event.action is not None:
                event.action()
        self.time_s = end_s

    def rtc(self) -> datetime:
        return datetime.fromtimestamp(0, UTC) + self._rtc_offset + timedelta(seconds=self.time_s)

    def set_rtc(self, utc: datetime) -> None:
        self._rtc_offset = utc - datetime.fromtimestamp(0, UTC) - timedelta(seconds=self.time_s)

    def elements(self) -> Sequence[ElementInput]:
        return self.inputs

    def frequency_hz(self) -> float:
        return 50.0

    def flash_led(self) -> None: ...

    def led_seen(self) -> bool:
        return False

    def drive_switch(self, *, closed: bool) -> None:
        self.closed = closed

    def switch_closed(self) -> bool:
        return self.closed

    def port(self, name: str) -> FakePort:
        return FakePort(self, name)

    def show(self, text: str) -> None: ...
