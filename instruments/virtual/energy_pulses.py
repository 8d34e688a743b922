"""Pulses in proportion to an energy, in closed form: the power is constant between two changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from instruments.virtual.plant import Timer

WATT_SECONDS_PER_KWH = 3.6e6
_SLACK_PULSES = 1e-6
"""So little is missing to a pulse by rounding alone."""


class Clock(Protocol):
    """Simulated time, and actions at instants of it."""

    def now(self) -> float: ...
    def at(self, time_s: float, action: Callable[[], None], /) -> Timer: ...


class EnergyPulses:
    """Gives ``constant_imp_per_kwh`` pulses for each kWh; negative power gives none. Constant 0: no pulses."""

    def __init__(self, clock: Clock, constant_imp_per_kwh: float = 0.0) -> None:
        self.constant_imp_per_kwh = constant_imp_per_kwh
        self._clock = clock
        self._watchers: list[Callable[[float], None]] = []
        self._pulses = 0.0
        self._power_w = 0.0
        self._at_s = clock.now()
        self._next: Timer | None = None

    def on_pulse(self, action: Callable[[float], None]) -> None:
        """Call ``action(time_s)`` at each pulse."""
        self._watchers.append(action)

    def set_power(self, power_w: float) -> None:
        """Go on with another power from now."""
        self._accrue()
        self._power_w = max(0.0, power_w)
        self._plan()

    def set_constant(self, constant_imp_per_kwh: float) -> None:
        """Go on with another constant from now; the fraction of a pulse that was begun is dropped."""
        self._accrue()
        self.constant_imp_per_kwh, self._pulses = constant_imp_per_kwh, 0.0
        self._plan()

    @property
    def _per_s(self) -> float:
        return self._power_w * self.constant_imp_per_kwh / WATT_SECONDS_PER_KWH

    def _accrue(self) -> None:
        now_s = self._clock.now()
        self._pulses += self._per_s * (now_s - self._at_s)
        self._at_s = now_s

    def _plan(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._per_s > 0.0:
            left = math.floor(self._pulses + _SLACK_PULSES) + 1 - self._pulses
            self._next = self._clock.at(self._clock.now() + left / self._per_s, self._pulse)

    def _pulse(self) -> None:
        self._next = None
        self._accrue()
        self._pulses = float(round(self._pulses))
        for tell in self._watchers:
            tell(self._clock.now())
        self._plan()
