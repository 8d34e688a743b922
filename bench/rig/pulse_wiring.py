"""How the pulses of one meter reach the instruments, and which method of comparison that allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.rig.master_meter import METHOD as BY_MASTER
from bench.rig.master_meter import MasterWiring


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseWiring:
    """Where the LED of one position leads; empty names where it does not."""

    position: str
    meter_constant_imp_per_kwh: float
    counter: str
    channel: int
    error_calculator: str
    master: MasterWiring | None = None

    def by_counter(self) -> PulseWiring:
        """Return the same wiring without what adds the phases with their signs, where there is a counter."""
        return replace(self, error_calculator="", master=None) if self.counter else self

    @property
    def method(self) -> str:
        """The method this wiring allows; "" if none."""
        if self.error_calculator:
            return "error-calculator"
        if self.counter and self.master is not None:
            return BY_MASTER
        return "power-time" if self.counter else ""
