"""Defects of layer MT: measuring, registering, pulses. Sizes are 1.5 x limit + 2U for each product."""

from __future__ import annotations

from reference_meter.defects.slot_defect import SlotDefect, size_for
from reference_meter.metering.led import Led
from reference_meter.metering.metering import Metering
from reference_meter.products.product import Product

_GAIN_PCT = {"dds722": 1.60, "dts722": 3.10}
_EXTRA_LAG_DEG = {"dds722": 0.55, "dts722": 1.05}
_OFFSET_W = {"dds722": 1.35, "dts722": 13.3}
_FALSE_POWER_W = {"dds722": 4.2, "dts722": 29.0}
_LED_IMP_PER_KWH = 1600.0
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
    SlotDefect(id="MT-21", title="LED constant wrong", slot="led", mixin=LedConstantWrong),
)
