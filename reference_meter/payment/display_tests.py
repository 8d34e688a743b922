"""What the meter tests and shows for a class 1 token: one row per control bit that is supported (sts.md 1.4).

Bits without a row are functions this meter does not have: water meter factor, tariff rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.protocols.sts.fields import InitiateTest
from bench.protocols.sts.meter_tests import all_tests
from reference_meter.supply.arbiter import Latch

if TYPE_CHECKING:
    from reference_meter.meter import Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayTest:
    """One test of the control field. ``status``: V1 one public source and common knowledge, K uncertain.

    ``text`` says what the display shows; ``acts`` moves something besides.
    """

    number: int
    text: Callable[[Meter], str]
    status: str
    polyphase_only: bool = False
    acts: Callable[[Meter], None] | None = None

    @property
    def control(self) -> int:
        """The control field with only this test in it."""
        return 1 << (self.number - 1)

    def supported(self, meter: Meter) -> bool:
        """Return whether this meter has what the test is about."""
        return not self.polyphase_only or meter.product.nameplate.elements > 1


def _limit(limit_w: int | None) -> str:
    return "NONE" if limit_w is None else f"{limit_w} W"


DISPLAY_TESTS = (
    DisplayTest(
        number=1,
        text=lambda _: "SWITCH TEST",
        status="V1",
        acts=lambda meter: meter.memory.once_written(meter.switch_test.start),
    ),
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
    DisplayTest(
        number=7, text=lambda meter: f"MPL {_limit(meter.power_limiter.maximum_power_w)}", status="V1"
    ),
    DisplayTest(
        number=8, text=lambda meter: f"TAMPER {int(Latch.TAMPER in meter.arbiter.latches)}", status="V1"
    ),
    DisplayTest(number=9, text=lambda meter: f"POWER {meter.registers.import_power_w():.0f} W", status="V1"),
    DisplayTest(
        number=10, text=lambda meter: f"VERSION {meter.product.identity.firmware_version}", status="V1"
    ),
    DisplayTest(
        number=11,
        text=lambda meter: f"MPPUL {_limit(meter.power_limiter.unbalance_w)}",
        status="K",
        polyphase_only=True,
    ),
    DisplayTest(number=14, text=lambda meter: f"EA {meter.decoder_key.algorithm.code}", status="K"),
    DisplayTest(number=15, text=lambda meter: f"KCT {meter.product.sts.no_of_kct_supported}", status="K"),
    DisplayTest(number=16, text=lambda meter: f"SGC {meter.decoder_key.supply_group_code}", status="K"),
    DisplayTest(number=17, text=lambda meter: f"KEN {meter.decoder_key.key_expiry_number}", status="K"),
    DisplayTest(number=18, text=lambda meter: f"PAN {meter.decoder_key.pan}", status="K"),
)


def perform(meter: Meter, fields: InitiateTest) -> str:
    """Do the tests that a token asks for and return what to show; empty when this meter has none of them.

    All ones ask for everything there is.
    """
    everything = fields.control == all_tests(fields.manufacturer_digits)
    wanted = [
        test
        for test in DISPLAY_TESTS
        if (everything or fields.control & test.control) and test.supported(meter)
    ]
    for test in wanted:
        if test.acts is not None:
            test.acts(meter)
    return ", ".join(test.text(meter) for test in wanted)
