"""Proof that each position's optical path sees pulses, before anyone believes that there were none.

And a look at how evenly they come, from which the gates are sized.
"""

from __future__ import annotations

from typing import Any

from bench.errors import BenchFault
from bench.meter.dlms_client import opened
from bench.metrology.pulse_train import PulseTrain, pulse_train
from bench.rig.edge_counts import count_edges
from bench.rig.two_witnesses import arm_calculators, compare
from bench.run.planner import COARSE_GRID_S, load_energy_wh, steps
from bench.run.position import Position
from bench.run.prepayment import ensure_credit
from bench.run.readout import meter_constant
from bench.run.run import Run

#: Where the run keeps the pulse trains it saw.
TRAINS = "pulse trains"
#: Edges that prove the path; those from which the evenness of the pulses is seen; the time they may take, at Imax.
PROOF_EDGES, GRID_EDGES = 3, 32
PROOF_TIME_OUT_S = 30.0
#: A pulse rate further than this from the declared constant makes the bench ask the meter for its own.
CONSTANT_SLACK = 0.05
#: Credit bought before the first load where it is missing: what the planner expects, with room for longer series.
CREDIT_MARGIN, LEAST_CREDIT_WH = 2.0, 2000.0


def proof_pulses(run: Run) -> dict[str, int]:
    """Return the pulses seen at Imax at each position; measured once a run."""
    return run.measure_together("pulse path", lambda: _measure(run))


def path_proven(run: Run, position: str) -> bool:
    """Return whether the position's path has shown that it sees pulses."""
    return proof_pulses(run)[position] >= PROOF_EDGES


def seen_grid_s(run: Run, position: str) -> float | None:
    """Return how unevenly a position's pulses come, s; None where there is no counter, or too few came."""
    train = seen_train(run, position)
    return train.grid_s if train is not None else None


def seen_train(run: Run, position: str) -> PulseTrain | None:
    """Return how a position's pulses came at Imax; None where there is no counter, or too few came."""
    if run.positions[position].entry.pulse is None:
        return None
    proof_pulses(run)
    trains: dict[str, PulseTrain | None] = run.shared.get(TRAINS, {})  # type: ignore[assignment]  # never a fault
    return trains.get(position)


def appetite(run: Run, position: str) -> float:
    """Return how many times the true energy a meter seems to count, at least 1: it needs so much more credit."""
    train, plate = seen_train(run, position), run.declarations[position].nameplate
    if train is None or train.period_s <= 0:
        return 1.0
    power_w = plate.voltage_v * plate.maximum_current_a * plate.elements
    return max(1.0, 3.6e6 / (plate.meter_constant_imp_per_kwh * power_w) / train.period_s)


def first_loads_wh(run: Run, pulse_grid_s: float = 0.0) -> float:
    """Return the credit that the load points and influences of the plan may use up."""
    declared = next(iter(run.declarations.values()))
    return max(LEAST_CREDIT_WH, CREDIT_MARGIN * load_energy_wh(steps(run.plan, declared, pulse_grid_s)))


def _measure(run: Run) -> dict[str, int]:
    plate = next(iter(run.declarations.values())).nameplate
    run.energise()
    _provide_credit(run, first_loads_wh(run))
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    run.load(voltage_factor=1.0, current_a=plate.maximum_current_a, lag_deg=0.0)
    both = arm_calculators(run.rack, wirings, GRID_EDGES - 1)
    edges = count_edges(run.rack, wirings, n_edges=GRID_EDGES, duration_s=PROOF_TIME_OUT_S)
    compare(run.rack, both, edges, GRID_EDGES - 1)
    run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
    trains = run.shared[TRAINS] = {
        wiring.position: pulse_train(edges[wiring.position]) for wiring in wirings if wiring.counter
    }
    for position in run.positions.values():
        _check_constant(position, trains.get(position.name))
    coarsest_s = max((train.grid_s for train in trains.values() if train is not None), default=0.0)
    if coarsest_s > COARSE_GRID_S:
        _provide_credit(run, first_loads_wh(run, coarsest_s))
    return {name: len(found) for name, found in edges.items()}


def _check_constant(position: Position, train: PulseTrain | None) -> None:
    """Raise BenchFault where the declaration has another meter constant than the meter shows and gives."""
    if train is None or train.period_s <= 0 or position.association("reader") is None:
        return
    plate = position.declaration.nameplate
    power_w = plate.voltage_v * plate.maximum_current_a * plate.elements
    given = 3.6e6 / (train.period_s * power_w)
    if abs(given / plate.meter_constant_imp_per_kwh - 1) < CONSTANT_SLACK:
        return
    with opened(position.client("reader")) as client:
        shown = meter_constant(client)
    if (
        shown is not None
        and abs(shown / plate.meter_constant_imp_per_kwh - 1) >= CONSTANT_SLACK
        and abs(shown / given - 1) < CONSTANT_SLACK
    ):
        raise BenchFault(
            f'Position "{position.name}": the meter shows {shown:g} imp/kWh and gives about {given:.0f}; '
            f"{plate.meter_constant_imp_per_kwh:g} is declared.",
            remedy="Correct nameplate.meter_constant_imp_per_kwh in the declaration.",
        )


def _provide_credit(run: Run, needed_wh: float) -> None:
    def provide(position: Position) -> dict[str, Any]:
        if position.association("reader") is not None:
            ensure_credit(position, needed_wh)
        return {}

    for name, met in run.at_each(provide).items():
        if isinstance(
            met, Exception
        ):  # its pulses can be counted all the same, as long as its switch stays closed
            run.event("credit-not-provided", position=name, message=str(met))
