"""At which loads reactive energy is measured: our own selection from the ranges of IEC 62053-23 (recall)."""

from __future__ import annotations

from dataclasses import dataclass

#: The moments of two readings of a register are known to a part of a second: this long they are apart at least.
SHORTEST_S = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactivePoint:
    """Current word and sin phi; the lowest ones take a register hours, and belong to a certification."""

    current: str
    sin: str
    certification: bool = False

    @property
    def id(self) -> str:
        """The name of the point in a verdict."""
        return f"{self.current}-{self.sin}".replace(" ", "")


REACTIVE_POINTS = (
    ReactivePoint(current="0.1 In", sin="sin 1", certification=True),
    ReactivePoint(current="0.2 In", sin="sin 0.5 ind", certification=True),
    ReactivePoint(current="In", sin="sin 1"),
    ReactivePoint(current="In", sin="sin 0.5 ind"),
    ReactivePoint(current="In", sin="sin 0.5 cap"),
    ReactivePoint(current="In", sin="sin 0.25 ind"),
    ReactivePoint(current="Imax", sin="sin 1"),
)


def points_of_plan(*, certification: bool) -> tuple[ReactivePoint, ...]:
    """Return the points that are measured; the lowest currents only for a certification."""
    return tuple(point for point in REACTIVE_POINTS if certification or not point.certification)
