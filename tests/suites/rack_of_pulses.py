"""Meters whose LED tells another energy than their register: at each position another one."""

from __future__ import annotations

from reference_meter.metering.led import Led
from reference_meter.metering.registers import Registers
from tests.suites.kept_rack import Kept, rack


class FlashesTwice(Led):
    """Flash twice as often as the label says."""

    def pulses_per_kwh(self) -> float:
        return 2.0 * super().pulses_per_kwh()


class FlashesSeldom(Led):
    """Flash for a fifth of the energy."""

    def pulses_per_kwh(self) -> float:
        return 0.2 * super().pulses_per_kwh()


class ShowsTenth(Registers):
    """Show a tenth of the energy."""

    def reading_wh(self) -> int:
        return super().reading_wh() // 10


CONSTANT = ("accuracy/meter_constant", "test_meter_constant.py::test_meter_constant")
KEPT = (
    Kept("led", FlashesTwice, *CONSTANT),
    Kept("led", FlashesSeldom, *CONSTANT),
    Kept("registers", ShowsTenth, *CONSTANT),
)
RACK = rack("PULSES", KEPT)
