"""One parallel displacement of the zero line (IEC 62053-21:2003, recall): may it bring a curve inside its limits?"""

from __future__ import annotations

from collections.abc import Sequence


def zero_line_shift(errors: Sequence[tuple[float, float]], largest: float) -> float | None:
    """Return the displacement d, |d| <= ``largest``, that leaves most room: minimises max(|e - d| / limit).

    ``errors``: pairs of error and limit, %. None when no displacement brings all of them inside. The feasible d
    lie between max(e - limit) and min(e + limit); within them the best is found by ternary search (convex).
    """
    if not errors:
        return None
    low = max(-largest, *(error - limit for error, limit in errors))
    high = min(largest, *(error + limit for error, limit in errors))
    if low > high:
        return None

    def worst(d: float) -> float:
        return max(abs(error - d) / limit for error, limit in errors)

    for _ in range(100):
        third = (high - low) / 3
        if worst(low + third) <= worst(high - third):
            high -= third
        else:
            low += third
    return (low + high) / 2
