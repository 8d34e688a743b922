"""Power factor words: ``1``, ``0.5 ind``, ``0.8 cap``; ``sin 0.5 ind`` for reactive energy.

Lag of the current behind its voltage in degrees, inductive positive.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_WORD = re.compile(r"^(?P<reactive>sin\s+)?(?P<value>[01](?:\.\d+)?)(?:\s*(?P<sense>ind|cap))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFactor:
    """A power factor with its sense. ``value`` is cos phi, or sin phi when ``reactive``."""

    value: float
    sense: str = ""
    reactive: bool = False

    @classmethod
    def parse(cls, word: str) -> PowerFactor:
        """Read a power factor word; raises ValueError when it is none."""
        match = _WORD.match(word.strip())
        if match is None:
            raise ValueError(f'"{word}" is not a power factor such as "1", "0.5 ind" or "0.8 cap"')
        value = float(match["value"])
        sense = match["sense"] or ""
        if not 0 < value <= 1:
            raise ValueError(f'"{word}": a power factor lies between 0 and 1')
        if (value == 1) != (sense == ""):
            raise ValueError(f'"{word}": say "ind" or "cap" for a power factor below 1, and nothing for 1')
        return cls(value=value, sense=sense, reactive=match["reactive"] is not None)

    @property
    def lag_deg(self) -> float:
        """Angle by which the current lags its voltage, degrees; inductive positive."""
        angle = math.degrees(math.asin(self.value) if self.reactive else math.acos(self.value))
        return -angle if self.sense == "cap" else angle

    @property
    def active(self) -> float:
        """cos phi."""
        return math.sqrt(1 - self.value**2) if self.reactive else self.value

    def __str__(self) -> str:
        return f"{'sin ' if self.reactive else ''}{self.value:g}{' ' + self.sense if self.sense else ''}"


def demanded(cell: str, wanted: PowerFactor) -> bool:
    """Return whether a table's power factor cell covers ``wanted``.

    A cell is one word, several separated by `` / ``, or a range ``0.5 ind..0.8 cap``.
    """
    for part in cell.split(" / "):
        low, dots, high = part.partition("..")
        first = PowerFactor.parse(low)
        if first.reactive != wanted.reactive:
            continue
        if dots:
            last = PowerFactor.parse(high)
            if last.lag_deg - 1e-9 <= wanted.lag_deg <= first.lag_deg + 1e-9:
                return True
        elif first == wanted:
            return True
    return False
