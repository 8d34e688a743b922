"""What the meter shows for a class 1 token: one row per control bit that is supported (sts.md 1.4).

Bits without a row are functions this meter does not have: the load switch test, limits, tamper, water.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.protocols.sts.fields import InitiateTest

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_CONTROL_BITS = {2: 36, 4: 28}


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayTest:
    """One test of the control field. ``status``: V1 one public source and common knowledge, K uncertain."""

    number: int
    text: Callable[[Meter], str]
    status: str

    @property
    def control(self) -> int:
        """The control field with only this test in it."""
        return 1 << (self.number - 1)


DISPLAY_TESTS = (
    DisplayTest(number=2, text=lambda _: "88888888", status="V1"),
    DisplayTest(
        number=3, text=lambda meter: f"TOTAL {meter.registers.reading_wh() / 1000:.2f} kWh", status="V1"
    ),
    DisplayTest(
        number=4,
        text=lambda meter: f"KRN {meter.decoder_key.key_revision_number} KT {meter.decoder_key.key_type}",
        status="V1",
    ),
    DisplayTest(number=5, text=lambda meter: f"TI {meter.decoder_key.tariff_index}", status="V1"),
    DisplayTest(number=9, text=lambda meter: f"POWER {meter.registers.import_power_w():.0f} W", status="V1"),
    DisplayTest(
        number=10, text=lambda meter: f"VERSION {meter.product.identity.firmware_version}", status="V1"
    ),
    DisplayTest(number=14, text=lambda meter: f"EA {meter.decoder_key.algorithm.code}", status="K"),
    DisplayTest(number=16, text=lambda meter: f"SGC {meter.decoder_key.supply_group_code}", status="K"),
    DisplayTest(number=17, text=lambda meter: f"KEN {meter.decoder_key.key_expiry_number}", status="K"),
    DisplayTest(number=18, text=lambda meter: f"PAN {meter.decoder_key.pan}", status="K"),
)


def display_text(meter: Meter, fields: InitiateTest) -> str:
    """Return what the token asks to see; empty when the meter supports none of it. All ones: everything."""
    everything = (1 << _CONTROL_BITS[fields.manufacturer_digits]) - 1
    return ", ".join(
        test.text(meter)
        for test in DISPLAY_TESTS
        if fields.control == everything or fields.control == test.control
    )
