"""Registers of reactive energy by direction and quadrant, and of apparent energy (class 3; units 32 varh, 31 VAh)."""

from __future__ import annotations

from reference_meter.dlms.model.cosem_object import CosemObject
from reference_meter.dlms.model.measurement import counted, register
from reference_meter.metering.energies import APPARENT_EXPORT, APPARENT_IMPORT, QUADRANTS

UNIT_VAH, UNIT_VARH = 31, 32


def reactive_energy(reactive_class: str) -> tuple[CosemObject, ...]:
    """Return the registers of a meter that measures reactive energy; none of one that claims no class for it."""
    if not reactive_class:
        return ()
    return (
        register(
            "1-0:3.8.0",
            "reactive energy import",
            lambda meter: counted(meter.registers.inductive_reading_varh()),
            0,
            UNIT_VARH,
        ),
        register(
            "1-0:4.8.0",
            "reactive energy export",
            lambda meter: counted(meter.registers.capacitive_reading_varh()),
            0,
            UNIT_VARH,
        ),
        *(
            _energy(f"1-0:{group}.8.0", f"reactive energy, {name}", name, UNIT_VARH)
            for group, name in enumerate(QUADRANTS, start=5)
        ),
    )


def _energy(obis: str, title: str, name: str, unit: int) -> CosemObject:
    return register(obis, title, lambda meter: counted(meter.energies.reading(name)), 0, unit)


APPARENT: tuple[CosemObject, ...] = (
    _energy("1-0:9.8.0", "apparent energy import", APPARENT_IMPORT, UNIT_VAH),
    _energy("1-0:10.8.0", "apparent energy export", APPARENT_EXPORT, UNIT_VAH),
)
