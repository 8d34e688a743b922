"""Proof that each position's optical path sees pulses, before anyone believes that there were none."""

from __future__ import annotations

from bench.rig.pulses import count_edges
from bench.run.prepayment import ensure_credit
from bench.run.run import Run

#: Edges that prove the path, at Ib, and the longest time they may take.
PROOF_EDGES = 3
PROOF_TIME_OUT_S = 60.0
#: Credit that the load points of a plan use up at most; bought before the first load where it is missing.
FIRST_LOADS_WH = 2000.0


def proof_pulses(run: Run) -> dict[str, int]:
    """Return the pulses seen at Ib at each position; measured once a run."""
    return run.measure_together("pulse path", lambda: _measure(run))


def path_proven(run: Run, position: str) -> bool:
    """Return whether the position's path has shown that it sees pulses."""
    return proof_pulses(run)[position] >= PROOF_EDGES


def _measure(run: Run) -> dict[str, int]:
    plate = next(iter(run.declarations.values())).nameplate
    run.energise()
    for position in run.positions.values():
        if position.association("reader") is not None:
            ensure_credit(position, FIRST_LOADS_WH)
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    run.load(voltage_factor=1.0, current_a=plate.basic_current_a, lag_deg=0.0)
    edges = count_edges(run.rack, wirings, n_edges=PROOF_EDGES, duration_s=PROOF_TIME_OUT_S)
    run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
    return {name: len(found) for name, found in edges.items()}
