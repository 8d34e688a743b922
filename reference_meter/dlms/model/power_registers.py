"""Further powers of now (Blue Book class 3): reactive, apparent, export and absolute (dlms.md §7).

Reactive power is that of the fundamentals, positive where the current lags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_meter.dlms.model.cosem_object import CosemObject
from reference_meter.dlms.model.measurement import UNIT_W, register, scaled_32

if TYPE_CHECKING:
    from reference_meter.meter import Meter

UNIT_VA, UNIT_VAR = 28, 29


def reactive_power_var(meter: Meter) -> float:
    """Return the reactive power of all elements, positive for inductive loads."""
    return meter.metering.reactive_power_var()


POWERS: tuple[CosemObject, ...] = (
    register(
        "1-0:2.7.0",
        "active power export",
        lambda meter: scaled_32(-meter.metering.active_power_w(), 0),
        0,
        UNIT_W,
    ),
    register(
        "1-0:15.7.0",
        "active power, absolute",
        lambda meter: scaled_32(abs(meter.metering.active_power_w()), 0),
        0,
        UNIT_W,
    ),
    register(
        "1-0:3.7.0",
        "reactive power import",
        lambda meter: scaled_32(reactive_power_var(meter), 0),
        0,
        UNIT_VAR,
    ),
    register(
        "1-0:4.7.0",
        "reactive power export",
        lambda meter: scaled_32(-reactive_power_var(meter), 0),
        0,
        UNIT_VAR,
    ),
    register(
        "1-0:9.7.0",
        "apparent power",
        lambda meter: scaled_32(meter.metering.apparent_power_va(), 0),
        0,
        UNIT_VA,
    ),
)
