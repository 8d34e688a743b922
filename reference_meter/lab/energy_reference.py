"""What may stand in the laboratory in place of the standard's error calculator: pulses on a further counter channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from instruments.virtual.energy_pulses import EnergyPulses

CALIBRATOR_CONSTANT_IMP_PER_KWH = 10_000.0
CALIBRATOR_UNCERTAINTY_PCT = 0.08
"""Expanded uncertainty of the energy that the source believes it delivers: gains, noise and drift (project figure)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCertificate:
    """What the rig file says of it. ``known_errors_pct`` by power factor; ``given_by``: the instrument whose output."""

    number: str
    constant_imp_per_kwh: float
    uncertainty_pct: float
    known_errors_pct: Mapping[str, float] = field(default_factory=dict)
    given_by: str = ""


class EnergyReference(Protocol):
    """Pulses on counter channel ``number``."""

    number: int

    @property
    def certificate(self) -> EnergyCertificate: ...
    def on_pulse(self, action: Callable[[float], None]) -> None: ...


class CalibratorPulses:
    """The energy pulse output of the source, led to counter channel ``number``."""

    certificate = EnergyCertificate(
        number="VIRTUAL-CALIBRATOR",
        constant_imp_per_kwh=CALIBRATOR_CONSTANT_IMP_PER_KWH,
        uncertainty_pct=CALIBRATOR_UNCERTAINTY_PCT,
        given_by="source",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self._watchers: list[Callable[[float], None]] = []

    def on_pulse(self, action: Callable[[float], None]) -> None:
        """Call ``action(time_s)`` at each pulse."""
        self._watchers.append(action)

    def connect(self, output: EnergyPulses) -> None:
        """Plug the lead into the output of the source."""
        output.on_pulse(self._pulse)

    def _pulse(self, time_s: float) -> None:
        for tell in self._watchers:
            tell(time_s)
