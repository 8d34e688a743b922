"""The load points of a run: the plan's list, resolved against the declared edition and nameplate."""

from __future__ import annotations

from bench.run.run import Run
from bench.standards.currents import Connection
from bench.standards.load_points import LoadPoint, load_points


def points_of(run: Run) -> tuple[LoadPoint, ...]:
    """Return the load points by rising current. One type declaration holds for the whole rack."""
    declared = next(iter(run.declarations.values()))
    currents = declared.nameplate.currents
    points = load_points(
        run.plan.load_points,
        standard=declared.accuracy.standard,
        edition=declared.accuracy.edition,
        connection=Connection(declared.nameplate.connection),
        elements=declared.nameplate.elements,
    )
    return tuple(sorted(points, key=lambda point: point.current_a(currents)))
