"""What a meter's board senses beside the measuring elements: covers, field, neutral, battery, plugs.

The laboratory writes these values, the firmware reads them. Some of them come from circuits that live on the
battery: a cover opened without supply leaves its time there, a clock that stopped leaves a flag.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

COVERS = ("meter", "terminal")
BATTERY_V = 3.6
REFERENCE_C = 23.0
CASE_TIME_CONSTANT_S = 1200.0
"""How fast a meter takes the temperature of the air around it (project figure)."""


@dataclass(slots=True, kw_only=True)
class Senses:
    """The inputs of one board. ``neutral_current_a`` is that of the second current channel (single-phase)."""

    cover_open: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(COVERS, False))
    opened_without_supply: dict[str, datetime] = field(default_factory=dict)
    """First opening of each cover since the firmware last looked, by the clock chip."""
    field_mt: float = 0.0
    """Magnetic flux density at the meter's case, in mT."""
    neutral_connected: bool = True
    neutral_current_share: float = 1.0
    """Current in the neutral over current in the line, as the terminals of a single-phase meter see them."""
    battery_v: float = BATTERY_V
    clock_stopped: bool = False
    """Whether the clock chip stood still since it was last set."""
    module: str = "plc-g3"
    """The communication module that is plugged in; empty: none."""
    customer_unit: bool = True
    """Whether the link to the customer interface unit is up."""
    ambient_c: float = REFERENCE_C
    _case_was_c: float = REFERENCE_C
    _ambient_since_s: float = 0.0

    def surround(self, ambient_c: float, now_s: float) -> None:
        """Let the air around the meter have another temperature from now on."""
        self._case_was_c = self.case_c(now_s)
        self.ambient_c, self._ambient_since_s = ambient_c, now_s

    def case_c(self, now_s: float) -> float:
        """Return the temperature inside the case, which follows that of the air."""
        left = math.exp(-(now_s - self._ambient_since_s) / CASE_TIME_CONSTANT_S)
        return self.ambient_c + (self._case_was_c - self.ambient_c) * left
