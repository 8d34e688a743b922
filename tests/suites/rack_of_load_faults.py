"""Meters that are wrong at one kind of load only: a rack of one-phase meters, and one of polyphase meters."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reference_meter.board import ElementInput
from reference_meter.defects.by_position import ByPosition
from reference_meter.defects.slot_defect import SlotDefect
from reference_meter.metering.led import Led
from reference_meter.metering.metering import Metering
from tests.suites.kept_rack import Kept, rack

if TYPE_CHECKING:
    from reference_meter.meter import Meter

CHANGES_EVERY_S = 50.0


class ShowsAnotherConstant(Led):
    """Show another constant than the LED has, and than the label says."""

    def power_up(self) -> None:
        super().power_up()
        self.meter_constant_imp_per_kwh = 2.0 * self.meter.product.nameplate.meter_constant_imp_per_kwh

    def pulses_per_kwh(self) -> float:
        return self.meter.product.nameplate.meter_constant_imp_per_kwh


class WeakAtLowVoltage(Metering):
    """Lose a part of the energy where the supply of the chip sags."""

    def voltage_influence(self, element: ElementInput) -> float:
        low = element.voltage_v < 0.85 * self.nameplate.voltage_v
        return super().voltage_influence(element) - (0.06 if low else 0.0)


class ClipsHighVoltage(Metering):
    """Cut the peaks of a high voltage off."""

    def voltage_influence(self, element: ElementInput) -> float:
        high = element.voltage_v > 1.12 * self.nameplate.voltage_v
        return super().voltage_influence(element) - (0.06 if high else 0.0)


class CountsReactiveHigh(Metering):
    """Count six per cent too much reactive energy."""

    def reactive_gain(self) -> float:
        return super().reactive_gain() + 0.06


class CreepsReactive(Metering):
    """Count the leakage of its own input filters as reactive energy while nothing flows."""

    def reactive_power_var(self) -> float:
        elements = self.board.elements()
        creeping = all(element.current_a == 0.0 < element.voltage_v for element in elements)
        return 6.0 if creeping else super().reactive_power_var()


class StartsReactiveLate(Metering):
    """Begin with reactive energy far above the starting current."""

    def reactive_power_var(self) -> float:
        power_var = super().reactive_power_var()
        return power_var if abs(power_var) > 20.0 else 0.0


class ScattersAtLowCurrent(Metering):
    """Scatter from reading to reading where the current is small; the mean is right."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._run = -1

    def gain(self) -> float:
        run = math.floor(self.board.now() / CHANGES_EVERY_S)
        if run != self._run:
            self._run = run
            self.board.at((run + 1) * CHANGES_EVERY_S, self.meter.inputs_changed)
        small = any(0.0 < element.current_a < 1.0 for element in self.board.elements())
        chance = random.Random(f"low current/{run}")
        return super().gain() + (chance.gauss(0.0, 0.006) if small else 0.0)


KEPT = (
    Kept(
        "led",
        ShowsAnotherConstant,
        "accuracy/shown_constant",
        "test_meter_constant.py::test_shown_constant",
    ),
    Kept("metering", WeakAtLowVoltage, "accuracy/influence/voltage", "test_influences.py::test_voltage"),
    Kept("metering", ClipsHighVoltage, "accuracy/influence/voltage", "test_influences.py::test_voltage"),
    Kept("metering", CountsReactiveHigh, "accuracy/reactive", "test_reactive.py::test_reactive"),
    Kept(
        "metering",
        ScattersAtLowCurrent,
        "accuracy/repeatability/load_points",
        "test_repeatability.py::test_repeatability",
    ),
    Kept(
        "metering",
        CreepsReactive,
        "accuracy/reactive_no_load",
        "test_reactive_thresholds.py::test_reactive_no_load",
    ),
    Kept(
        "metering",
        StartsReactiveLate,
        "accuracy/reactive_starting_current",
        "test_reactive_thresholds.py::test_reactive_starting_current",
    ),
)
RACK = rack("LOADS", KEPT)


def misses(*dead: int, alone: int = 0) -> type[Metering]:
    """Return metering that is wrong without these phases, and under the load of one element (from 1; 0: none)."""

    class Misses(Metering):
        def system_influence(self, elements: Sequence[ElementInput]) -> float:
            missing = tuple(n for n, element in enumerate(elements, start=1) if element.voltage_v == 0.0)
            loaded = [n for n, element in enumerate(elements, start=1) if element.current_a > 0.0]
            wrong = missing == dead or (not missing and loaded == [alone])
            return super().system_influence(elements) - (0.08 if wrong else 0.0)

    return Misses


#: By position: phases that are missing when the meter reads low, and the element under whose load alone it does.
PATTERNS = {1: ((1,), 1), 2: ((2,), 2), 3: ((3,), 3), 4: ((2, 3), 0), 5: ((1, 3), 0), 6: ((1, 2), 0)}
RACK_POLYPHASE = ByPosition(
    id="PHASES",
    title="Another pattern of phases at each position",
    defects={
        position: SlotDefect(
            id=f"PHASES-{position}",
            title=f"Low without {dead}",
            slot="metering",
            mixin=misses(*dead, alone=alone),
        )
        for position, (dead, alone) in PATTERNS.items()
    },
)
