"""A plant with three phases whose energies are counted phase by phase."""

from __future__ import annotations

import math
from collections.abc import Sequence

from instruments.virtual.plant import PhaseOutput
from tests.instruments.conftest import FakePlant


class ThreePhasePlant(FakePlant):
    """Source terminals are the standard's inputs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.terminals = (PhaseOutput(),) * 3
        self._energies = [0.0] * 3

    def true_energy_wh(self) -> Sequence[float]:
        return tuple(self._energies)

    def _move(self, time_s: float) -> None:
        for index, phase in enumerate(self.terminals):
            power_w = phase.voltage_v * phase.current_a * math.cos(math.radians(phase.current_lag_deg))
            self._energies[index] += power_w * (time_s - self.time_s) / 3600.0
        self.time_s = max(self.time_s, time_s)
