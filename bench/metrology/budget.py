"""An uncertainty budget after the GUM: contributions, root sum of squares, expanded with k = 2."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Distribution(StrEnum):
    """What a contribution's value means."""

    NORMAL = "normal"  # a standard uncertainty
    EXPANDED = "normal, k = 2"  # an expanded uncertainty, as certificates state it
    RECTANGULAR = "rectangular"  # half width of equally likely values
    TRIANGULAR = "triangular"  # half width of the difference of two equally resolved readings


_DIVISOR = {
    Distribution.NORMAL: 1.0,
    Distribution.EXPANDED: 2.0,
    Distribution.RECTANGULAR: math.sqrt(3),
    Distribution.TRIANGULAR: math.sqrt(6),
}

#: Coverage factor of every expanded uncertainty here: about 95 %.
COVERAGE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One line of a budget. ``value`` as its distribution says, times ``sensitivity``, in ``Budget.unit``.

    ``source``: where the value comes from (certificate, resolution, estimate). ``degrees_of_freedom``: of the
    estimate, infinite for what is not a sample.
    """

    name: str
    value: float
    distribution: Distribution
    sensitivity: float = 1.0
    source: str = ""
    degrees_of_freedom: float = math.inf

    @property
    def u(self) -> float:
        """The standard uncertainty this line contributes."""
        return abs(self.value * self.sensitivity) / _DIVISOR[self.distribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A list of independent contributions to one measured value."""

    contributions: tuple[Contribution, ...]
    unit: str = "%"

    @property
    def u(self) -> float:
        """The combined standard uncertainty."""
        return math.sqrt(math.fsum(line.u**2 for line in self.contributions))

    @property
    def effective_degrees_of_freedom(self) -> float:
        """Welch-Satterthwaite: u^4 / sum of u_i^4 / nu_i (GUM G.4); infinite where no line is a sample."""
        below = math.fsum(line.u**4 / line.degrees_of_freedom for line in self.contributions)
        return self.u**4 / below if below > 0.0 else math.inf

    @property
    def u95(self) -> float:
        """The expanded uncertainty, k = 2."""
        return COVERAGE * self.u

    def rows(self) -> tuple[dict[str, str | float], ...]:
        """Return the budget as rows for a report."""
        return tuple(
            {
                "name": line.name,
                "value": line.value,
                "distribution": str(line.distribution),
                "sensitivity": line.sensitivity,
                "u": line.u,
                "source": line.source,
            }
            for line in self.contributions
        )
