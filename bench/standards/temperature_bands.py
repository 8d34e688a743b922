"""The bands of temperature over which a mean coefficient is measured (IEC 62053-21, recall: 15 K to 23 K wide)."""

from __future__ import annotations

import math

#: Around the reference temperature, where no operating range is declared.
AROUND_REFERENCE_C = (13.0, 33.0)
NARROWEST_K, WIDEST_K = 15.0, 23.0
#: How long a meter stays at a temperature before it is measured (estimate: six of its time constants).
SOAK_S = 7200.0


def bands(operating_c: tuple[float, float] | None) -> tuple[tuple[float, float], ...]:
    """Return the bands that cover an operating range, rising, as equal as they can be.

    Raises ValueError for a range narrower than one band.
    """
    low, high = operating_c or AROUND_REFERENCE_C
    if high - low < NARROWEST_K:
        raise ValueError(f"a range of {high - low:g} K holds no band of {NARROWEST_K:g} K")
    number = math.ceil((high - low) / WIDEST_K)
    width = (high - low) / number
    return tuple((low + index * width, low + (index + 1) * width) for index in range(number))
