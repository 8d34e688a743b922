"""Defects from a file of their own, each under one influence quantity only, one at each position; the last is clean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_meter.board import ElementInput
from reference_meter.metering.metering import Metering
from reference_meter.metering.registers import Registers
from reference_meter.metering.sampled_path import SampledPath
from tests.suites.kept_rack import Kept, rack

if TYPE_CHECKING:
    from reference_meter.meter import Meter


class BeatsWithBursts(Metering):
    """Average over a window that does not fit the bursts."""

    def burst_response(self, element: ElementInput) -> float:
        return 1.08 * super().burst_response(element)


class ShiftsInTheCold(Metering):
    """Keep a reference voltage that drops below -15 degrees C."""

    def temperature_influence(self) -> float:
        cold = self.board.senses.case_c(self.board.now()) < -15.0
        return super().temperature_influence() + (0.06 if cold else 0.0)


class CountsThirdTwice(Metering):
    """Take a strong third harmonic for more power than it carries."""

    def element_power_w(self, element: ElementInput) -> float:
        power_w = super().element_power_w(element)
        third = any(own.order == 3 and own.rms > 0.3 * element.current_a for own in element.current_harmonics)
        return power_w * 1.09 if third else power_w


class FiltersTheCurrentAlone(Metering):
    """Pass the current through a filter for noise, calibrated at the fundamental as if it were all."""

    def sampled_path(self) -> SampledPath:
        return replace(super().sampled_path(), current_corner_hz=150.0)


class SamplesTenTimes(Metering):
    """Sample so seldom that the fifth harmonic is only ever seen in its zeros."""

    def sampled_path(self) -> SampledPath:
        return replace(super().sampled_path(), samples_per_cycle=10)


class SwapsReactiveSign(Registers):
    """Count leading currents in the register of lagging ones."""

    def inductive_reading_varh(self) -> int:
        return super().inductive_reading_varh() + super().capacitive_reading_varh()

    def capacitive_reading_varh(self) -> int:
        return 0


class LosesTwoPhases(Metering):
    """Read low when one phase is left."""

    def system_influence(self, elements: Sequence[ElementInput]) -> float:
        dead = sum(element.voltage_v == 0.0 for element in elements)
        return super().system_influence(elements) - (0.08 if dead == 2 else 0.0)


class WakesLate(Metering):
    """Measure nothing in the quarter of a second after a current came."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._flowing, self._awake_s = False, 0.0

    def active_power_w(self) -> float:
        now_s, flows = self.board.now(), any(element.current_a > 0.0 for element in self.board.elements())
        if flows and not self._flowing:
            self._awake_s = now_s + 0.25
            self.board.at(self._awake_s, self.meter.inputs_changed)
        self._flowing = flows
        power_w = super().active_power_w()
        return power_w if now_s >= self._awake_s else 0.0


class RunsHot(Metering):
    """Gain with the temperature of the shunts."""

    def heat_gain(self) -> float:
        return 60.0 * super().heat_gain()


KEPT = (
    Kept(
        "metering",
        BeatsWithBursts,
        "accuracy/influence/burst",
        "test_interrupted_current.py::test_burst",
    ),
    Kept(
        "metering",
        ShiftsInTheCold,
        "accuracy/influence/temperature",
        "test_temperature.py::test_temperature",
    ),
    Kept(
        "metering",
        CountsThirdTwice,
        "accuracy/influence/phase_fired",
        "test_influences.py::test_phase_fired",
    ),
    Kept(
        "metering",
        FiltersTheCurrentAlone,
        "accuracy/influence/fifth_harmonic",
        "test_influences.py::test_fifth_harmonic",
    ),
    Kept(
        "metering",
        SamplesTenTimes,
        "accuracy/influence/fifth_harmonic",
        "test_influences.py::test_fifth_harmonic",
    ),
    Kept("registers", SwapsReactiveSign, "accuracy/reactive", "test_reactive.py::test_reactive"),
    Kept(
        "metering",
        RunsHot,
        "accuracy/influence/self_heating",
        "test_self_heating.py::test_self_heating",
    ),
)
RACK = rack("INFLUENCES", KEPT)

KEPT_POLYPHASE = (
    Kept(
        "metering",
        LosesTwoPhases,
        "accuracy/influence/missing_phase",
        "test_influences.py::test_missing_phase",
    ),
    Kept(
        "metering",
        WakesLate,
        "accuracy/influence/fast_load_variation",
        "test_interrupted_current.py::test_fast_load_variation",
    ),
)
RACK_POLYPHASE = rack("POLYPHASE", KEPT_POLYPHASE)
