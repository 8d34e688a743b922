"""Registers of reactive energy (Blue Book class 3): of lagging and of leading currents, unit 32 (varh)."""

from __future__ import annotations

from bench.protocols.axdr import double_long_unsigned
from reference_meter.dlms.model.cosem_object import CosemObject
from reference_meter.dlms.model.measurement import register

UNIT_VARH = 32


def reactive_energy(reactive_class: str) -> tuple[CosemObject, ...]:
    """Return the registers of a meter that measures reactive energy; none of one that claims no class for it."""
    if not reactive_class:
        return ()
    return (
        register(
            "1-0:3.8.0",
            "reactive energy import",
            lambda meter: double_long_unsigned(meter.registers.inductive_reading_varh() % 2**32),
            0,
            UNIT_VARH,
        ),
        register(
            "1-0:4.8.0",
            "reactive energy export",
            lambda meter: double_long_unsigned(meter.registers.capacitive_reading_varh() % 2**32),
            0,
            UNIT_VARH,
        ),
    )
