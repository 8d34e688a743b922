"""Proof that each position's optical path sees pulses, before anyone believes that there were none."""

from __future__ import annotations

from typing import Any

from bench.rig.pulses import count_edges
from bench.run.planner import load_energy_wh, steps
from bench.run.position import Position
from bench.run.prepayment import ensure_credit
from bench.run.run import Run

#: Edges that prove the path, at Ib, and the longest time they may take.
PROOF_EDGES = 3
PROOF_TIME_OUT_S = 60.0
#: Credit bought before the first load where it is missing: what the planner expects, with room for longer series.
CREDIT_MARGIN, LEAST_CREDIT_WH = 2.0, 2000.0


def proof_pulses(run: Run) -> dict[str, int]:
    """Return the pulses seen at Ib at each position; measured once a run."""
    return run.measure_together("pulse path", lambda: _measure(run))


def path_proven(run: Run, position: str) -> bool:
    """Return whether the position's path has shown that it sees pulses."""
    return proof_pulses(run)[position] >= PROOF_EDGES


def first_loads_wh(run: Run) -> float:
    """Return the credit that the load points and influences of the plan may use up."""
    declared = next(iter(run.declarations.values()))
    return max(LEAST_CREDIT_WH, CREDIT_MARGIN * load_energy_wh(steps(run.plan, declared)))


def _measure(run: Run) -> dict[str, int]:
    plate = next(iter(run.declarations.values())).nameplate
    run.energise()
    needed_wh = first_loads_wh(run)

    def provide_credit(position: Position) -> dict[str, Any]:
        if position.association("reader") is not None:
            ensure_credit(position, needed_wh)
        return {}

    for name, met in run.at_each(provide_credit).items():
        if isinstance(
            met, Exception
        ):  # its pulses can be counted all the same, as long as its switch stays closed
            run.event("credit-not-provided", position=name, message=str(met))
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    run.load(voltage_factor=1.0, current_a=plate.basic_current_a, lag_deg=0.0)
    edges = count_edges(run.rack, wirings, n_edges=PROOF_EDGES, duration_s=PROOF_TIME_OUT_S)
    run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
    return {name: len(found) for name, found in edges.items()}
