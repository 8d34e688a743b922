"""Read the active energy register of a meter through its communication port."""

from __future__ import annotations

from dataclasses import dataclass

from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.run.position import Position

ENERGY_IMPORT = "1-0:1.8.0.255"
METER_CONSTANT = "1-0:0.3.0.255"
REACTIVE_INDUCTIVE, REACTIVE_CAPACITIVE = "1-0:3.8.0.255", "1-0:4.8.0.255"
#: COSEM unit of an active energy meter constant: 1/Wh.
UNIT_PER_WH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyReading:
    """Active energy import as the register shows it, and the weight of its last digit, Wh."""

    energy_wh: float
    resolution_wh: float


def meter_constant(client: DlmsClient) -> float | None:
    """Return the meter constant of active energy that the meter shows, imp/kWh; None where it shows none."""
    try:
        shown = client.register(METER_CONSTANT)
    except Refused:
        return None
    return shown.value * 1000 if shown.unit == UNIT_PER_WH else None


def read_energy(position: Position) -> EnergyReading:
    """Read the register in the reader's association."""
    with opened(position.client("reader")) as client:
        register = client.register(ENERGY_IMPORT)
    return EnergyReading(energy_wh=register.value, resolution_wh=register.resolution)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactiveReading:
    """Reactive energy of lagging and of leading currents, and the weight of the coarser last digit, varh."""

    inductive_varh: float
    capacitive_varh: float
    resolution_varh: float


def read_reactive(position: Position) -> ReactiveReading:
    """Read both registers in one association of the reader."""
    with opened(position.client("reader")) as client:
        inductive = client.register(REACTIVE_INDUCTIVE)
        capacitive = client.register(REACTIVE_CAPACITIVE)
    return ReactiveReading(
        inductive_varh=inductive.value,
        capacitive_varh=capacitive.value,
        resolution_varh=max(inductive.resolution, capacitive.resolution),
    )
