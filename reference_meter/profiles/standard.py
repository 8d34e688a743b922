"""The profiles of the standard meter (dlms.md §7): load, daily, billing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    double_long,
    double_long_unsigned,
    long_unsigned,
    octet_string,
    unsigned,
)
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from reference_meter.profiles.profile import Column, Period, Profile

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ENERGY_IMPORT = Obis("1-0:1.8.0")
_WORD = 0xFFFF
_DOUBLE_WORD = 2**32
_INT32_MAX = 2**31 - 1


def _clock(meter: Meter) -> Data:
    shown = DateTime.from_datetime(meter.clock.utc(), deviation_min=meter.clock.deviation_min, status=0)
    return octet_string(shown.to_bytes())


def profile_status(meter: Meter) -> Data:
    """Return the status word of a row: bit 1 says that the clock is not valid (others are not used here)."""
    return unsigned(2 if meter.clock.status else 0)


def _energy(meter: Meter) -> Data:
    return double_long_unsigned(meter.registers.reading_wh() % _DOUBLE_WORD)


def _voltage(meter: Meter) -> Data:
    return long_unsigned(min(max(round(meter.metering.voltage_v(0) * 10), 0), _WORD))


def _balance(meter: Meter) -> Data:
    return double_long(min(max(meter.account.reading_wh(), -_INT32_MAX - 1), _INT32_MAX))


def _column(class_id: int, obis: str, attribute: int, capture: Callable[[Meter], Data]) -> Column:
    return Column(class_id=class_id, obis=Obis(obis), attribute=attribute, capture=capture)


CLOCK = _column(8, "0-0:1.0.0", 2, _clock)
STATUS = _column(1, "0-0:96.10.1", 2, profile_status)
ENERGY = _column(3, "1-0:1.8.0", 2, _energy)

PROFILES: tuple[Profile, ...] = (
    Profile(
        name="load",
        obis="1-0:99.1.0",
        period=Period.QUARTER_HOUR,
        seconds=900,
        entries_max=10_000,
        columns=(CLOCK, STATUS, ENERGY, _column(3, "1-0:32.7.0", 2, _voltage)),
    ),
    Profile(
        name="daily",
        obis="1-0:99.2.0",
        period=Period.DAY,
        seconds=86_400,
        entries_max=62,
        columns=(CLOCK, STATUS, ENERGY, _column(112, "0-0:19.10.0", 2, _balance)),
    ),
    Profile(
        name="billing",
        obis="1-0:98.1.0",
        period=Period.MONTH,
        entries_max=13,
        columns=(CLOCK, ENERGY),
    ),
)
