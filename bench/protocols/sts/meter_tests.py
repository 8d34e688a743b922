"""The tests and displays a class 1 token can ask for: one control bit each (IEC 62055-41 6.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import InitiateTest

#: Width of the control field, by the digits of the manufacturer code.
CONTROL_BITS = {2: 36, 4: 28}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTest:
    """One test. ``status`` R: named in a meter's firmware; K: engineering knowledge, not confirmed."""

    number: int
    meaning: str
    status: str

    @property
    def control(self) -> int:
        """The control bit of the test."""
        return 1 << (self.number - 1)


METER_TESTS = (
    MeterTest(number=1, meaning="test the supply switch", status="R"),
    MeterTest(number=2, meaning="test the display and the indicators", status="R"),
    MeterTest(number=3, meaning="show the cumulative energy", status="R"),
    MeterTest(number=4, meaning="show the key revision number", status="R"),
    MeterTest(number=5, meaning="show the tariff index", status="R"),
    MeterTest(number=6, meaning="test the token reader", status="R"),
    MeterTest(number=7, meaning="show the maximum power limit", status="R"),
    MeterTest(number=8, meaning="show the tamper status", status="R"),
    MeterTest(number=9, meaning="show the present power", status="R"),
    MeterTest(number=10, meaning="show the software version", status="R"),
    MeterTest(number=11, meaning="show the phase power unbalance limit", status="K"),
    MeterTest(number=12, meaning="show the water meter factor", status="K"),
    MeterTest(number=13, meaning="show the tariff rate", status="K"),
    MeterTest(number=14, meaning="show the encryption algorithm", status="K"),
    MeterTest(number=15, meaning="show how many key change tokens are supported", status="K"),
    MeterTest(number=16, meaning="show the supply group code", status="K"),
    MeterTest(number=17, meaning="show the key expiry number", status="K"),
    MeterTest(number=18, meaning="show the decoder reference number", status="K"),
)


def all_tests(manufacturer_digits: int) -> int:
    """Return the control field of test 0, "do all": every bit set. Raises `FieldError`."""
    if manufacturer_digits not in CONTROL_BITS:
        raise FieldError("manufacturer digits", f"2 or 4 expected, {manufacturer_digits} given")
    return (1 << CONTROL_BITS[manufacturer_digits]) - 1


def request_test(number: int, *, manufacturer_digits: int = 2, manufacturer_code: int = 0) -> InitiateTest:
    """Return the token fields that ask for one test, or for all of them with ``number`` 0."""
    everything = all_tests(manufacturer_digits)
    known = {test.number: test.control for test in METER_TESTS} | {0: everything}
    if number not in known:
        raise FieldError("test", f"{number} is outside 0 to {len(METER_TESTS)}")
    return InitiateTest(
        control=known[number], manufacturer_code=manufacturer_code, manufacturer_digits=manufacturer_digits
    )


def requested_tests(fields: InitiateTest) -> tuple[MeterTest, ...]:
    """Return the known tests whose control bits are set."""
    return tuple(test for test in METER_TESTS if fields.control & test.control)
