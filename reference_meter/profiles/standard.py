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
from bench.protocols.cosem_time import ClockStatus, DateTime
from reference_meter.profiles.profile import Column, Period, Profile

if TYPE_CHECKING:
    from reference_meter.meter import Meter

ENERGY_IMPORT = Obis("1-0:1.8.0")
CLOCK_INVALID, DAYLIGHT_SAVING, CLOCK_ADJUSTED, POWER_DOWN = 0x02, 0x08, 0x20, 0x80
"""Bits of the status of a row (IDIS profile status, from memory)."""
_INVALID, _SAVING = int(ClockStatus.INVALID_VALUE), int(ClockStatus.DAYLIGHT_SAVING_ACTIVE)
_RATES = 8
_WORD = 0xFFFF
_DOUBLE_WORD = 2**32
_INT32_MAX = 2**31 - 1
_NEVER = DateTime(status=None)


def _clock(meter: Meter) -> Data:
    return octet_string(meter.clock.shown(meter.clock.utc()).to_bytes())


def profile_status(meter: Meter, profile: str = "load") -> Data:
    """Return the status word of the next row of a profile."""
    status = meter.clock.status
    bits = meter.profiles.flags(profile)
    bits |= CLOCK_INVALID if status & _INVALID else 0
    bits |= DAYLIGHT_SAVING if status & _SAVING else 0
    return unsigned(bits)


def _energy(meter: Meter) -> Data:
    return double_long_unsigned(meter.registers.reading_wh() % _DOUBLE_WORD)


def _interval(meter: Meter) -> Data:
    return double_long_unsigned(max(meter.profiles.interval_wh(), 0) % _DOUBLE_WORD)


def _voltage(meter: Meter) -> Data:
    return long_unsigned(min(max(round(meter.metering.voltage_v(0) * 10), 0), _WORD))


def _balance(meter: Meter) -> Data:
    return double_long(min(max(meter.account.reading_wh(), -_INT32_MAX - 1), _INT32_MAX))


def _highest(meter: Meter) -> Data:
    return double_long_unsigned(meter.demand.highest_w())


def highest_at(meter: Meter, rate: int = 0) -> Data:
    """Return when the highest demand was reached, as 12 octets; nothing specified where there was none."""
    at = meter.demand.highest_at(rate)
    return octet_string((_NEVER if at is None else meter.clock.shown(at)).to_bytes())


def rate_energy(meter: Meter, rate: int) -> Data:
    """Return the energy register of a tariff."""
    return double_long_unsigned(meter.registers.rate_reading_wh(rate) % _DOUBLE_WORD)


def _column(class_id: int, obis: str, attribute: int, capture: Callable[[Meter], Data]) -> Column:
    return Column(class_id=class_id, obis=Obis(obis), attribute=attribute, capture=capture)


def _status_of(profile: str) -> Column:
    return _column(1, "0-0:96.10.1", 2, lambda meter: profile_status(meter, profile))


def _rate_column(rate: int) -> Column:
    return _column(3, f"1-0:1.8.{rate}", 2, lambda meter: rate_energy(meter, rate))


CLOCK = _column(8, "0-0:1.0.0", 2, _clock)
ENERGY = _column(3, "1-0:1.8.0", 2, _energy)

PROFILES: tuple[Profile, ...] = (
    Profile(
        name="load",
        obis="1-0:99.1.0",
        period=Period.QUARTER_HOUR,
        seconds=900,
        entries_max=10_000,
        columns=(
            CLOCK,
            _status_of("load"),
            ENERGY,
            _column(3, "1-0:1.29.0", 2, _interval),
            _column(3, "1-0:32.7.0", 2, _voltage),
        ),
    ),
    Profile(
        name="daily",
        obis="1-0:99.2.0",
        period=Period.DAY,
        seconds=86_400,
        entries_max=62,
        columns=(CLOCK, _status_of("daily"), ENERGY, _column(112, "0-0:19.10.0", 2, _balance)),
    ),
    Profile(
        name="billing",
        obis="1-0:98.1.0",
        period=Period.MONTH,
        entries_max=13,
        columns=(
            CLOCK,
            ENERGY,
            *(_rate_column(rate) for rate in range(1, _RATES + 1)),
            _column(4, "1-0:1.6.0", 2, _highest),
            _column(4, "1-0:1.6.0", 5, highest_at),
        ),
    ),
)


def cells_without_load(profile: str, *, voltage_v: float, credit: int) -> tuple[Data, ...]:
    """Return what a row of a profile holds behind its clock on a meter in store."""
    nothing, status = double_long_unsigned(0), unsigned(0)
    return {
        "load": (status, nothing, nothing, long_unsigned(round(voltage_v * 10))),
        "daily": (status, nothing, double_long(credit)),
        "billing": (nothing,) * (2 + _RATES) + (octet_string(_NEVER.to_bytes()),),
    }[profile]
