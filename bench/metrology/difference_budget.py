"""The uncertainty of the difference of two errors measured with the same standard.

u^2(a - b) = sum over the lines of u_a^2 + u_b^2 - 2 r u_a u_b, where r is the correlation of one line in the two
measurements (GUM 5.2.2). The same standard in the same range errs nearly alike both times; scatter does not.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from bench.metrology.budget import Budget, Contribution, Distribution

#: Lines that stay what they are from one measurement to the next.
OF_THE_STANDARD = frozenset({"reference standard, class", "reference standard, calibration"})
#: Correlation of these lines where ranges, power factor and waveform are the same (estimate, on the safe side).
SAME_CONDITIONS = 0.5


def difference_budget(
    first: Budget, second: Budget, *, correlation: float, common: Collection[str] = OF_THE_STANDARD
) -> Budget:
    """Return the budget of first minus second. Raises ValueError for a correlation outside -1 .. 1."""
    if not -1.0 <= correlation <= 1.0:
        raise ValueError("a correlation lies between -1 and 1")
    others = {line.name: line for line in second.contributions}
    lines = []
    for line in first.contributions:
        other = others.pop(line.name, None)
        if other is None:
            lines.append(_line(line.name, line.u**2, line.source))
            continue
        r = correlation if line.name in common else 0.0
        square = line.u**2 + other.u**2 - 2 * r * line.u * other.u
        lines.append(_line(line.name, square, f"both measurements, correlation {r:g}; {line.source}"))
    lines += [_line(line.name, line.u**2, line.source) for line in others.values()]
    return Budget(contributions=tuple(lines), unit=first.unit)


def _line(name: str, square: float, source: str) -> Contribution:
    return Contribution(
        name=name, value=math.sqrt(max(0.0, square)), distribution=Distribution.NORMAL, source=source
    )
