"""Read the active energy register of a meter through its communication port."""

from __future__ import annotations

from dataclasses import dataclass

from bench.meter.dlms_client import opened
from bench.run.position import Position

ENERGY_IMPORT = "1-0:1.8.0.255"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyReading:
    """Active energy import as the register shows it, and the weight of its last digit, Wh."""

    energy_wh: float
    resolution_wh: float


def read_energy(position: Position) -> EnergyReading:
    """Read the register in the reader's association."""
    with opened(position.client("reader")) as client:
        register = client.register(ENERGY_IMPORT)
    return EnergyReading(energy_wh=register.value, resolution_wh=register.resolution)
