"""Registers of measured quantities (Blue Book class 3): value and unit, each a row of a table (dlms.md §7).

Units [Blue Book table of units, from memory but for those in the vectors]: 27 W, 30 Wh, 33 A, 35 V, 44 Hz,
40 pulses per Wh (so 1000 imp/kWh is 1000 with scaler -3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, double_long_unsigned, enum, integer, long_unsigned, structure
from reference_meter.dlms.model.cosem_object import CosemObject, Method, Read, columns, cosem_object
from reference_meter.metering.energies import phase_name

if TYPE_CHECKING:
    from reference_meter.meter import Meter

UNIT_W = 27
UNIT_WH = 30
UNIT_A = 33
UNIT_V = 35
UNIT_PER_WH = 40
UNIT_HZ = 44
UNIT_NONE = 255

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


def register(obis: str, name: str, read: Read, scaler: int, unit: int) -> CosemObject:
    """Return a register of a measured quantity, which nobody can reset."""

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


def _power_factor(meter: Meter) -> Data:
    """Return the power factor of all elements in thousandths; 1 where no current flows."""
    metering = meter.metering
    elements = range(len(meter.board.elements()))
    apparent_va = sum(metering.voltage_v(number) * metering.current_a(number) for number in elements)
    factor = abs(metering.active_power_w()) / apparent_va if apparent_va > 0.0 else 1.0
    return scaled_16(min(factor, 1.0), -3)


MEASUREMENT: tuple[CosemObject, ...] = (
    register(
        "1-0:1.8.0",
        "active energy import",
        lambda meter: double_long_unsigned(meter.registers.reading_wh() % 2**32),
        0,
        UNIT_WH,
    ),
    register(
        "1-0:0.3.0",
        "meter constant",
        lambda meter: scaled_32(meter.led.meter_constant_imp_per_kwh, 0),
        -3,
        UNIT_PER_WH,
    ),
    register(
        "1-0:32.7.0",
        "voltage",
        lambda meter: scaled_16(meter.metering.voltage_v(_FIRST_ELEMENT), -1),
        -1,
        UNIT_V,
    ),
    register(
        "1-0:31.7.0",
        "current",
        lambda meter: scaled_16(meter.metering.current_a(_FIRST_ELEMENT), -2),
        -2,
        UNIT_A,
    ),
    register(
        "1-0:1.7.0",
        "active power import",
        lambda meter: scaled_32(meter.metering.active_power_w(), 0),
        0,
        UNIT_W,
    ),
    register(
        "1-0:14.7.0",
        "frequency",
        lambda meter: scaled_16(meter.metering.frequency_hz(), -2),
        -2,
        UNIT_HZ,
    ),
    register("1-0:13.7.0", "power factor", _power_factor, -3, UNIT_NONE),
    register(
        "1-0:15.8.0",
        "active energy, absolute",
        lambda meter: double_long_unsigned(meter.registers.reading_wh() % 2**32),
        0,
        UNIT_WH,
    ),
)


def counted(value: int) -> Data:
    """Return an energy register, which goes on from zero when it is full."""
    return double_long_unsigned(value % 2**32)


def phase_registers(elements: int) -> tuple[CosemObject, ...]:
    """Return the registers of each phase of a meter with several elements; phase 1 stands in `MEASUREMENT`."""
    if elements == 1:
        return ()
    return tuple(row for element in range(elements) for row in _phase(element))


def _phase(element: int) -> tuple[CosemObject, ...]:
    """Return power of one phase, and voltage and current where they are not listed yet."""
    number, group = element + 1, 20 * (element + 1)

    def power(meter: Meter) -> Data:
        return scaled_32(meter.metering.element_power_w(meter.board.elements()[element]), 0)

    def energy(meter: Meter) -> Data:
        return counted(meter.energies.reading(phase_name(element)))

    rows = [
        register(f"1-0:{group + 1}.7.0", f"active power import L{number}", power, 0, UNIT_W),
        register(f"1-0:{group + 1}.8.0", f"active energy import L{number}", energy, 0, UNIT_WH),
    ]
    if element > 0:
        rows += [
            register(
                f"1-0:{group + 12}.7.0",
                f"voltage L{number}",
                lambda meter: scaled_16(meter.metering.voltage_v(element), -1),
                -1,
                UNIT_V,
            ),
            register(
                f"1-0:{group + 11}.7.0",
                f"current L{number}",
                lambda meter: scaled_16(meter.metering.current_a(element), -2),
                -2,
                UNIT_A,
            ),
        ]
    return tuple(rows)
