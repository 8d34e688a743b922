"""Registers of measured quantities (Blue Book class 3): value and unit, each a row of a table (dlms.md §7).

Units [Blue Book table of units, from memory but for those in the vectors]: 27 W, 30 Wh, 33 A, 35 V, 44 Hz,
40 pulses per Wh (so 1000 imp/kWh is 1000 with scaler -3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, double_long_unsigned, enum, integer, long_unsigned, structure
from reference_meter.dlms.model.cosem_object import CosemObject, Method, Read, columns, cosem_object

if TYPE_CHECKING:
    from reference_meter.meter import Meter

UNIT_W = 27
UNIT_WH = 30
UNIT_A = 33
UNIT_V = 35
UNIT_PER_WH = 40
UNIT_HZ = 44

_FIRST_ELEMENT = 0


def scaler_unit(scaler: int, unit: int) -> Data:
    """Return the structure of scaler (power of ten) and unit."""
    return structure(integer(scaler), enum(unit))


def scaled_16(value: float, scaler: int) -> Data:
    """Return ``value`` in units of 10^``scaler`` as long-unsigned; what is out of range stops at its end."""
    return long_unsigned(min(max(round(value * 10.0**-scaler), 0), 0xFFFF))


def scaled_32(value: float, scaler: int) -> Data:
    """Return ``value`` in units of 10^``scaler`` as double-long-unsigned; out of range stops at its end."""
    return double_long_unsigned(min(max(round(value * 10.0**-scaler), 0), 0xFFFFFFFF))


def _register(obis: str, name: str, read: Read, scaler: int, unit: int) -> CosemObject:
    def unit_of_value(_meter: Meter) -> Data:
        return scaler_unit(scaler, unit)

    return cosem_object(
        3,
        0,
        obis,
        name,
        columns((("value", read), ("scaler_unit", unit_of_value))),
        methods=(Method(index=1, name="reset", types=frozenset({DataType.INTEGER})),),
    )


MEASUREMENT: tuple[CosemObject, ...] = (
    _register(
        "1-0:1.8.0",
        "active energy import",
        lambda meter: double_long_unsigned(meter.registers.reading_wh() % 2**32),
        0,
        UNIT_WH,
    ),
    _register(
        "1-0:0.3.0",
        "meter constant",
        lambda meter: scaled_32(meter.led.meter_constant_imp_per_kwh, 0),
        -3,
        UNIT_PER_WH,
    ),
    _register(
        "1-0:32.7.0",
        "voltage",
        lambda meter: scaled_16(meter.metering.voltage_v(_FIRST_ELEMENT), -1),
        -1,
        UNIT_V,
    ),
    _register(
        "1-0:31.7.0",
        "current",
        lambda meter: scaled_16(meter.metering.current_a(_FIRST_ELEMENT), -2),
        -2,
        UNIT_A,
    ),
    _register(
        "1-0:1.7.0",
        "active power import",
        lambda meter: scaled_32(meter.metering.active_power_w(), 0),
        0,
        UNIT_W,
    ),
    _register(
        "1-0:14.7.0",
        "frequency",
        lambda meter: scaled_16(meter.metering.frequency_hz(), -2),
        -2,
        UNIT_HZ,
    ),
)
