"""A master meter in the laboratory: a calibrated meter in the loop, with known errors and a certificate that says them.

It hangs on the bus and in the loop like a position without transformer and without supply switch. Its energy and its
pulses are computed from constant powers between changes, as those of the meters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from instruments.virtual.energy_pulses import EnergyPulses
from instruments.virtual.plant import PhaseOutput
from reference_meter.lab.circuit import Circuit
from reference_meter.lab.energy_reference import EnergyCertificate
from reference_meter.lab.world import World

CONSTANT_IMP_PER_KWH = 4000.0
GAIN_MAX_PCT, LAG_MAX_DEG = 0.08, 0.03
"""Largest errors of its own: a meter of class 0.2 (project figures)."""
UNCERTAINTY_PCT = 0.03
"""Expanded uncertainty of its calibration at PF 1 (project figure)."""
CERTIFIED_PF = ("1", "0.5 ind", "0.8 cap", "0.25 ind", "0.5 cap")
"""Power factors at which its certificate states an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterErrors:
    """Its true errors, and what its certificate says of them by power factor, %."""

    gain_pct: float
    lag_deg: float
    certified_pct: dict[str, float]

    def error_pct(self, phase_deg: float) -> float:
        """Return the true error of its energy where the current lags by ``phase_deg``."""
        phase = math.radians(phase_deg)
        lagging = math.cos(phase + math.radians(self.lag_deg)) / math.cos(phase)
        return 100.0 * ((1.0 + self.gain_pct / 100.0) * lagging - 1.0)


def master_errors(world: World) -> MasterErrors:
    """Draw the errors of the master meter, and the certificate of its calibration."""
    draw = world.stream("master meter")
    true = MasterErrors(
        gain_pct=draw.uniform(-GAIN_MAX_PCT, GAIN_MAX_PCT),
        lag_deg=draw.uniform(-LAG_MAX_DEG, LAG_MAX_DEG),
        certified_pct={},
    )
    missed_pct = draw.gauss(
        0.0, UNCERTAINTY_PCT / 2.0
    )  # one calibration: what it missed, it missed everywhere
    return replace(
        true,
        certified_pct={pf: round(true.error_pct(_lag_deg(pf)) + missed_pct, 3) for pf in CERTIFIED_PF},
    )


def _lag_deg(pf: str) -> float:
    value, _, sense = pf.partition(" ")
    angle = math.degrees(math.acos(float(value)))
    return -angle if sense == "cap" else angle


class MasterMeter:
    """Sees the branch ``number`` of the circuit and gives pulses of its own constant."""

    def __init__(self, world: World, circuit: Circuit, *, number: int, errors: MasterErrors) -> None:
        self.number = number
        self.errors = errors
        self._circuit = circuit
        self._output = EnergyPulses(world, CONSTANT_IMP_PER_KWH)
        circuit.on_inputs_changed(number, lambda: self._output.set_power(self._power_w()))

    @property
    def certificate(self) -> EnergyCertificate:
        """Return what its certificate says."""
        return EnergyCertificate(
            number="VIRTUAL-MASTER",
            constant_imp_per_kwh=CONSTANT_IMP_PER_KWH,
            uncertainty_pct=UNCERTAINTY_PCT,
            known_errors_pct=self.errors.certified_pct,
        )

    def on_pulse(self, action: Callable[[float], None]) -> None:
        """Call ``action(time_s)`` at each pulse."""
        self._output.on_pulse(action)

    def _power_w(self) -> float:
        """Return the power it registers: that of all elements, with its gain and its lag."""
        elements = self._circuit.meter_inputs(self.number).elements
        powers_w = [
            PhaseOutput(
                voltage_v=seen.voltage_v,
                current_a=seen.current_a,
                current_lag_deg=seen.current_lag_deg + self.errors.lag_deg,
                voltage_harmonics=seen.voltage_harmonics,
                current_harmonics=seen.current_harmonics,
                burst=seen.burst,
            ).power_w
            for seen in elements
        ]
        return (1.0 + self.errors.gain_pct / 100.0) * math.fsum(powers_w)
