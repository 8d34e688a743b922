"""What the pulses of a constant load say of themselves: how often they come, and how evenly.

A pulse comes at the first firmware update after its energy was reached, so each is late by something between nothing
and one update period. The range of the delays is that period; of a meter that updates once a second several pulses
come at the same instant, and a gate is wrong by up to one period at each end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Fewer edges say nothing of a train.
FEWEST_EDGES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseTrain:
    """``period_s`` of the even train that fits the edges best; ``grid_s``: the range of the edges around it."""

    period_s: float
    grid_s: float


def pulse_train(edges_s: Sequence[float]) -> PulseTrain | None:
    """Fit an even train by least squares; None for too few edges. A wrong constant or power changes nothing."""
    count = len(edges_s)
    if count < FEWEST_EDGES:
        return None
    middle = (count - 1) / 2
    mean_s = sum(edges_s) / count
    period_s = sum((index - middle) * edge_s for index, edge_s in enumerate(edges_s)) / sum(
        (index - middle) ** 2 for index in range(count)
    )
    late_s = [edge_s - mean_s - (index - middle) * period_s for index, edge_s in enumerate(edges_s)]
    return PulseTrain(period_s=period_s, grid_s=max(late_s) - min(late_s))
