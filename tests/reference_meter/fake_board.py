"""A circuit board for one meter under test: simulated time, a dictionary as memory chip, a relay with delay."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reference_meter.blueprint import Blueprint
from reference_meter.board import ElementInput
from reference_meter.defects.catalogue import by_id
from reference_meter.meter import Meter, build_meter
from reference_meter.products.dds722 import dds722
from reference_meter.products.manufacture import manufacture
from reference_meter.products.product import MeteringResiduals, Product
from reference_meter.products.slots import standard_slots
from reference_meter.senses import Senses

MANUFACTURED = datetime(2014, 1, 1, tzinfo=UTC)
PERFECT = MeteringResiduals()
RELAY_DELAY_S = 0.2


class PowerCut(Exception):
    """The chip lost power between two writes."""


class FakeChip:
    """Records in a dictionary. After ``writes_left`` writes the power is gone and every write raises."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.writes_left: int | None = None

    def read(self, name: str) -> bytes | None:
        return self.records.get(name)

    def write(self, name: str, record: bytes) -> None:
        if self.writes_left is not None:
            if self.writes_left == 0:
                raise PowerCut
            self.writes_left -= 1
        self.records[name] = record

    def names(self) -> Sequence[str]:
        return list(self.records)


class FakeTimer:
    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        self.action = None


class FakePort:
    def __init__(self) -> None:
        self.sent = b""

    def send(self, octets: bytes) -> None:
        self.sent += octets


class FakeBoard:
    """One single-phase position: a voltage source, a load, a relay in series, and a meter that may be powered."""

    def __init__(
        self, *defects: str, product: Product | None = None, residuals: MeteringResiduals | None = PERFECT
    ) -> None:
        product = product or dds722()
        if residuals is not None:
            product = _with_residuals(product, residuals)
        self.memory = FakeChip()
        self.senses = Senses()
        manufacture(product, self.memory, MANUFACTURED)
        self.product = product
        self.defects = defects
        self.time_s = 0.0
        self.epoch = datetime(2027, 5, 3, 12, 0, tzinfo=UTC)
        self.heap: list[tuple[float, int, FakeTimer]] = []
        self.scheduled = 0
        self.relay_closed = True
        self.relay_stuck = False
        self.relay_target: FakeTimer | None = None
        self.relay_moves: list[tuple[float, bool]] = []
        self.load = ElementInput(voltage_v=230.0)
        self.flashes: list[float] = []
        self.shown = ""
        self.optical = FakePort()
        self.meter: Meter | None = None

    # --- the board, as the firmware sees it ---

    def now(self) -> float:
        return self.time_s

    def at(self, time_s: float, action: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(action)
        self.scheduled += 1
        heapq.heappush(self.heap, (time_s, self.scheduled, timer))
        return timer

    def rtc(self) -> datetime:
        return self.epoch + timedelta(seconds=self.time_s)

    def set_rtc(self, utc: datetime) -> None:
        self.epoch = utc - timedelta(seconds=self.time_s)

    def elements(self) -> Sequence[ElementInput]:
        if self.relay_closed:
            return [self.load]
        return [ElementInput(voltage_v=self.load.voltage_v)]

    def frequency_hz(self) -> float:
        return 50.0

    def flash_led(self) -> None:
        self.flashes.append(self.time_s)

    def led_seen(self) -> bool:
        return True

    def drive_switch(self, *, closed: bool) -> None:
        if self.relay_target is not None:
            self.relay_target.cancel()
        self.relay_target = self.at(self.time_s + RELAY_DELAY_S, lambda: self._relay_arrives(closed))

    def switch_closed(self) -> bool:
        return self.relay_closed

    def port(self, name: str) -> FakePort:
        assert name == "optical"
        return self.optical

    def show(self, text: str) -> None:
        self.shown = text

    def _relay_arrives(self, closed: bool) -> None:
        if closed == self.relay_closed or self.relay_stuck:
            return
        self.relay_closed = closed
        self.relay_moves.append((self.time_s, closed))
        if self.meter is not None:
            self.meter.inputs_changed()

    # --- the world around it ---

    def power_up(self) -> Meter:
        blueprint = Blueprint(self.product, standard_slots())
        for defect in self.defects:
            by_id(defect).apply(blueprint)
        self.meter = build_meter(blueprint, self)
        return self.meter

    def power_down(self) -> None:
        """Lose power in good order: the firmware saves, then every timer of it dies; the relay stays."""
        assert self.meter is not None
        self.meter.power_failing()
        self.lose_power()

    def lose_power(self) -> None:
        self.meter = None
        self.heap = [entry for entry in self.heap if entry[2] is self.relay_target]

    def power_cycle(self) -> Meter:
        self.power_down()
        return self.power_up()

    def put(self, *, voltage_v: float = 230.0, current_a: float = 0.0, lag_deg: float = 0.0) -> None:
        self.load = ElementInput(voltage_v=voltage_v, current_a=current_a, current_lag_deg=lag_deg)
        if self.meter is not None:
            self.meter.inputs_changed()

    def put_power(self, power_w: float) -> None:
        self.put(current_a=power_w / 230.0)

    def run(self, duration_s: float) -> int:
        """Let time pass; return the number of firmware events on the way."""
        end_s, events = self.time_s + duration_s, 0
        while self.heap and self.heap[0][0] <= end_s:
            time_s, _, timer = heapq.heappop(self.heap)
            if timer.action is not None:
                self.time_s = max(self.time_s, time_s)
                events += 1
                timer.action()
        self.time_s = end_s
        return events


def _with_residuals(product: Product, residuals: MeteringResiduals) -> Product:
    return replace(product, residuals=residuals)
