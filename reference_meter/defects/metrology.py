"""Defects of layer MT: measuring, registering, pulses. Sizes are 1.5 x limit + 2U for each product."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reference_meter.blueprint import Blueprint
from reference_meter.board import ElementInput
from reference_meter.defects.slot_defect import SlotDefect, size_for
from reference_meter.events.conditions import Conditions
from reference_meter.metering.led import Led
from reference_meter.metering.metering import FREQUENCY_STEP, VOLTAGE_STEP, Metering, reversed_order
from reference_meter.metering.registers import Registers
from reference_meter.products.product import Product

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_GAIN_PCT = {"dds722": 1.60, "dts722": 3.10}
_EXTRA_LAG_DEG = {"dds722": 0.55, "dts722": 1.05}
_OFFSET_W = {"dds722": 1.35, "dts722": 13.3}
_FALSE_POWER_W = {"dds722": 4.2, "dts722": 29.0}
_VOLTAGE_VARIATION_PCT = {"dds722": 1.15, "dts722": 1.60}
_FREQUENCY_VARIATION_PCT = {"dds722": 0.85, "dts722": 1.30}
_SATURATION_PCT = {"dds722": 1.60, "dts722": 3.10}
_SATURATES_FROM = 0.8
_HALF_WAVE_LOSS_PCT = 25.0
_PHASE_ORDER_PCT = 2.35
_DIP_ENERGY_WH = {"dds722": 30.0, "dts722": 150.0}
_REPEAT_S, _REPEAT_SIGMA = 20.0, 0.005
_SIXTEEN_BITS = 2**16
_SPURIOUS_PULSES, _SPURIOUS_EVERY_S = 6, 0.1
_ALIVE_AFTER_S = 8.5
"""With the half second from voltage to running firmware: nine seconds."""
_NEAR_THE_LIMIT_PCT = 0.93
_LED_IMP_PER_KWH = 1600.0
_STEEP_ORDER, _STEEP_SHARE = 40, 0.2
_CLIPPED_FACTOR = 3.2
"""Harmonics above 2 kHz of more than a fifth of the fundamental are a pulse of 0.1 ms rise: read +220 %."""
_MAGNET_LOSS_PER_MT = 0.30 / 500.0
"""30 % at 0.5 T."""
_STARTS_AT_IST = 2.0


def _gain_uncalibrated(product: Product) -> type[Metering]:
    size_pct = size_for(product, _GAIN_PCT)

    class GainUncalibrated(Metering):
        def gain(self) -> float:
            return size_pct / 100.0

    return GainUncalibrated


def _phase_compensation_missing(product: Product) -> type[Metering]:
    size_deg = size_for(product, _EXTRA_LAG_DEG)

    class PhaseCompensationMissing(Metering):
        def extra_lag_deg(self) -> float:
            return super().extra_lag_deg() + size_deg

    return PhaseCompensationMissing


def _power_offset(product: Product) -> type[Metering]:
    size_w = size_for(product, _OFFSET_W)

    class PowerOffset(Metering):
        def offset_w(self) -> float:
            return super().offset_w() + size_w / self.nameplate.elements

    return PowerOffset


def _creep(product: Product) -> type[Metering]:
    size_w = size_for(product, _FALSE_POWER_W)

    class Creep(Metering):
        """Where the threshold would give zero, rectified noise is registered."""

        def anti_creep(self, power_w: float) -> float:
            energised = any(element.voltage_v > 0.0 for element in self.board.elements())
            creeping = energised and super().anti_creep(power_w) == 0.0
            return size_w if creeping else power_w

    return Creep


class NearTheLimit(Metering):
    """Read 0.93 % high at every load: a conforming meter of class 1."""

    def gain(self) -> float:
        return _NEAR_THE_LIMIT_PCT / 100.0

    def extra_lag_deg(self) -> float:
        return 0.0


class ReversedSubtracts(Metering):
    """Sum the elements with their signs although the nameplate says that each counts as import."""

    def sum_of_elements(self, powers_w: Sequence[float]) -> float:
        return sum(powers_w)


def _voltage_coefficient(product: Product) -> type[Metering]:
    size_pct = size_for(product, _VOLTAGE_VARIATION_PCT)

    class VoltageCoefficient(Metering):
        """Read high below the reference voltage and low above it."""

        def voltage_influence(self, element: ElementInput) -> float:
            deviation = element.voltage_v / self.nameplate.voltage_v - 1.0
            return super().voltage_influence(element) - size_pct / 100.0 * deviation / VOLTAGE_STEP

    return VoltageCoefficient


def _fixed_window(product: Product) -> type[Metering]:
    size_pct = size_for(product, _FREQUENCY_VARIATION_PCT)

    class FixedWindow(Metering):
        """Sample over a window that fits whole cycles at the nominal frequency only."""

        def frequency_influence(self) -> float:
            deviation = self.board.frequency_hz() / self.nameplate.frequency_hz - 1.0
            return super().frequency_influence() + size_pct / 100.0 * deviation / FREQUENCY_STEP

    return FixedWindow


class FundamentalOnly(Metering):
    """Leave the power of the harmonics out."""

    def harmonic_power_w(self, element: ElementInput) -> float:
        del element
        return 0.0


class DcIntolerant(Metering):
    """Lose a quarter of a half-wave current in a saturated transformer."""

    def dc_loss(self, element: ElementInput) -> float:
        loss_pct = self.residuals.dc_loss_pct
        return super().dc_loss(element) / loss_pct * _HALF_WAVE_LOSS_PCT if loss_pct > 0.0 else 0.0


def _saturation(product: Product) -> type[Metering]:
    size_pct = size_for(product, _SATURATION_PCT)

    class Saturation(Metering):
        """Read low from 0.8 Imax."""

        def element_power_w(self, element: ElementInput) -> float:
            power_w = super().element_power_w(element)
            saturated = element.current_a >= _SATURATES_FROM * self.nameplate.maximum_current_a
            return power_w * (1.0 - size_pct / 100.0) if saturated else power_w

    return Saturation


class PhaseOrderShift(Metering):
    """Read high when the phases turn the other way round."""

    def system_influence(self, elements: Sequence[ElementInput]) -> float:
        shift = _PHASE_ORDER_PCT / 100.0 if reversed_order(elements) else 0.0
        return super().system_influence(elements) + shift


class BypassSum(Metering):
    """Bill line and neutral current together; in a healthy circuit both are the same."""

    def element_power_w(self, element: ElementInput) -> float:
        return 2.0 * super().element_power_w(element)


class PoorRepeatability(Metering):
    """Change the gain by chance every twenty seconds, with a standard deviation of half a per cent."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._run = -1
        self._shift = 0.0

    def gain(self) -> float:
        run = math.floor(self.board.now() / _REPEAT_S)
        if run != self._run:
            self._run = run
            chance = random.Random(f"repeatability/{run}")  # noqa: S311  # repeatable on purpose
            self._shift = chance.gauss(0.0, _REPEAT_SIGMA)
            self.board.at((run + 1) * _REPEAT_S, self.meter.inputs_changed)
        return super().gain() + self._shift


class DecadeError(Registers):
    """Show a tenth of the energy; the LED keeps counting right."""

    def reading_wh(self) -> int:
        return super().reading_wh() // 10


class WrapsEarly(Registers):
    """Keep the total in sixteen bits."""

    def reading_wh(self) -> int:
        return super().reading_wh() % _SIXTEEN_BITS


class SpuriousPulses(Led):
    """Flash a few times for nothing when power comes."""

    def power_up(self) -> None:
        super().power_up()
        for number in range(1, _SPURIOUS_PULSES + 1):
            self.board.at(self.board.now() + number * _SPURIOUS_EVERY_S, self.board.flash_led)


class SlowStart(Metering):
    """Measure nothing in the first seconds after power-up."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter)
        self._alive_at_s = self.board.now() + _ALIVE_AFTER_S
        self.board.at(self._alive_at_s, meter.inputs_changed)

    def anti_creep(self, power_w: float) -> float:
        return 0.0 if self.board.now() < self._alive_at_s else super().anti_creep(power_w)


def _dips_add_energy(product: Product) -> type[Registers]:
    size_wh = size_for(product, _DIP_ENERGY_WH)

    class DipsAddEnergy(Registers):
        """Integrate the transient of each return of the supply."""

        def power_up(self) -> None:
            self._anchor_energy_wh += size_wh
            super().power_up()

    return DipsAddEnergy


class ClippedPulses(Metering):
    """Clip the front end on steep pulses; the integrator keeps an offset and counts it as energy."""

    def element_power_w(self, element: ElementInput) -> float:
        power_w = super().element_power_w(element)
        steep_a = math.hypot(*(own.rms for own in element.current_harmonics if own.order > _STEEP_ORDER))
        return power_w * _CLIPPED_FACTOR if steep_a > _STEEP_SHARE * element.current_a else power_w


class MagnetWeakens(Metering):
    """Lose response in proportion to the flux density at the case."""

    def element_power_w(self, element: ElementInput) -> float:
        lost = _MAGNET_LOSS_PER_MT * self.board.senses.field_mt
        return super().element_power_w(element) * (1.0 - min(1.0, lost))


class MagnetUnnoticed(Conditions):
    """Never notice a magnet."""

    def magnet_present(self) -> bool:
        return False


class MagnetWithoutEvent:
    """MT-20: a magnet weakens the current transformers, and no log says so."""

    id = "MT-20"
    title = "External magnet lowers the response, with no event"

    def apply(self, blueprint: Blueprint) -> None:
        """Change measuring and sensing together."""
        blueprint.override("metering", MagnetWeakens)
        blueprint.override("conditions", MagnetUnnoticed)


class ThresholdTooHigh(Metering):
    """Register nothing below twice the starting current."""

    def no_load_threshold_w(self) -> float:
        plate = self.nameplate
        return _STARTS_AT_IST * plate.elements * plate.voltage_v * plate.starting_current_a


class LedConstantWrong(Led):
    """Flash 1600 times for each kWh; label and constant register keep their value."""

    def pulses_per_kwh(self) -> float:
        return _LED_IMP_PER_KWH


DEFECTS = (
    SlotDefect(id="MT-01", title="Gain uncalibrated", slot="metering", mixin=_gain_uncalibrated),
    SlotDefect(
        id="MT-02", title="Phase compensation missing", slot="metering", mixin=_phase_compensation_missing
    ),
    SlotDefect(id="MT-03", title="Constant offset in active power", slot="metering", mixin=_power_offset),
    SlotDefect(id="MT-04", title="Creep", slot="metering", mixin=_creep),
    SlotDefect(id="MT-07", title="Anti-creep threshold too high", slot="metering", mixin=ThresholdTooHigh),
    SlotDefect(
        id="MT-09", title="Reversed current in one phase subtracts", slot="metering", mixin=ReversedSubtracts
    ),
    SlotDefect(id="MT-11", title="Voltage coefficient", slot="metering", mixin=_voltage_coefficient),
    SlotDefect(id="MT-12", title="Fixed-window sampling", slot="metering", mixin=_fixed_window),
    SlotDefect(id="MT-13", title="Fundamental-only energy", slot="metering", mixin=FundamentalOnly),
    SlotDefect(id="MT-14", title="DC-intolerant current transformer", slot="metering", mixin=DcIntolerant),
    SlotDefect(id="MT-15", title="Pulsed fast-rise current misread", slot="metering", mixin=ClippedPulses),
    MagnetWithoutEvent(),
    SlotDefect(id="MT-21", title="LED constant wrong", slot="led", mixin=LedConstantWrong),
    SlotDefect(id="MT-22", title="Register scaler decade error", slot="registers", mixin=DecadeError),
    SlotDefect(id="MT-24", title="Energy register wraps at 2^16 Wh", slot="registers", mixin=WrapsEarly),
    SlotDefect(id="MT-26", title="Spurious pulses on power-up", slot="led", mixin=SpuriousPulses),
    SlotDefect(id="MT-27", title="Saturation above 0.8 Imax", slot="metering", mixin=_saturation),
    SlotDefect(
        id="MT-28", title="Error shift with reversed phase sequence", slot="metering", mixin=PhaseOrderShift
    ),
    SlotDefect(id="MT-29", title="Anti-bypass bills the sum of currents", slot="metering", mixin=BypassSum),
    SlotDefect(id="MT-30", title="Voltage dips add energy", slot="registers", mixin=_dips_add_energy),
    SlotDefect(id="MT-32", title="Repeatability poor", slot="metering", mixin=PoorRepeatability),
    SlotDefect(id="MT-33", title="Initial start-up of 9 s", slot="metering", mixin=SlowStart),
    SlotDefect(id="N-05", title="Error of +0.93 %, inside class 1", slot="metering", mixin=NearTheLimit),
)
