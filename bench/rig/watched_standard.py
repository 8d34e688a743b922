"""The reference standard as the rack hands it out: it notes readings under way, and remembers those that were taken."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import asdict
from typing import Any

from bench.clock import Clock
from bench.errors import BenchFault
from bench.rig.agreement import LEAST_VOLTAGE_V
from instruments.roles import Readings, ReferenceStandard

#: What is kept for the record of a fault: this long, and no more than so many readings.
HISTORY_S, REMEMBERED = 60.0, 240


class WatchedStandard:
    """Passes everything on. ``reading`` is true from ``start_reading`` until the reading is collected."""

    def __init__(self, standard: ReferenceStandard, clock: Clock) -> None:
        self._standard = standard
        self._clock = clock
        self._taken: deque[tuple[float, Readings]] = deque(maxlen=REMEMBERED)
        self.reading = False
        self.disturbed = False

    def start_reading(self) -> float:
        """Start an integration interval of the bench's own; a supervision reading under way is given up."""
        self.reading = self.disturbed = True
        return self._standard.start_reading()

    def collect_reading(self) -> Readings:
        """Return the last finished interval."""
        self.reading = False
        taken = self._standard.collect_reading()
        if not taken.overload:
            _refuse_what_is_no_number(taken)
        self._taken.append((self._clock.now(), taken))
        return taken

    def history(self) -> list[dict[str, Any]]:
        """Return the readings of the last minute, oldest first, as JSON values."""
        since_s = self._clock.now() - HISTORY_S
        return [{"time_s": time_s, **asdict(taken)} for time_s, taken in self._taken if time_s >= since_s]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._standard, name)


def _refuse_what_is_no_number(taken: Readings) -> None:
    """Raise BenchFault for a reading with a value that is not a number, which no comparison would notice."""
    values = {"power": taken.power_w}
    if any(phase.voltage_v > LEAST_VOLTAGE_V for phase in taken.phases):  # else there is no frequency
        values["frequency"] = taken.frequency_hz
    for number, phase in enumerate(taken.phases, start=1):
        values |= {
            f"voltage of L{number}": phase.voltage_v,
            f"current of L{number}": phase.current_a,
            f"power of L{number}": phase.power_w,
            f"lag of L{number}": phase.current_lag_deg,
        }
    for name, value in values.items():
        if not math.isfinite(value):
            raise BenchFault(
                f"The reference standard gives {value!r} as the {name}.",
                remedy="Look at its display: has it lost its synchronisation, or the voltage it locks on?",
            )
