"""Voltage without current at all positions: the whole no-load test, and the short one of a production line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from bench.judgement.production_line import EQUIVALENT_S
from bench.judgement.requirements import no_load_test_of
from bench.meter.dlms_client import Refused, opened
from bench.rig.edge_counts import count_edges
from bench.run.position import Position
from bench.run.pulse_proof import path_proven, proof_pulses
from bench.run.run import Run

#: Time after a change of voltage before pulses are counted.
SETTLE_S = 5.0
ACTIVE_POWER = "1-0:1.7.0.255"


def measure_no_load(run: Run) -> dict[str, Any]:
    """Count pulses for the full time of the declared edition."""
    demanded = no_load_test_of(next(iter(run.declarations.values())))
    return _count(run, demanded.duration_s)


def measure_equivalence(run: Run, meanwhile: Callable[[], None]) -> dict[str, Any]:
    """Count pulses for a short time, and read at each position what power the meter registers.

    ``meanwhile`` is done while the pulses are counted; it may take longer than the count, which then lasts as long.
    """
    seen = _count(run, EQUIVALENT_S, meanwhile=meanwhile)
    return {
        name: item if isinstance(item, Exception) else {key: item[key] for key in _SHORT}
        for name, item in seen.items()
    }


_SHORT = ("voltage_v", "duration_s", "pulses", "active_power_w", "pulse_path_proven")


def _count(run: Run, duration_s: float, *, meanwhile: Callable[[], None] | None = None) -> dict[str, Any]:
    declared = next(iter(run.declarations.values()))
    demanded = no_load_test_of(declared)
    wirings = [position.pulse_wiring() for position in run.positions.values()]
    run.energise()
    proof = proof_pulses(run)
    run.load(voltage_factor=demanded.voltage_v / declared.nameplate.voltage_v, current_a=0.0, lag_deg=0.0)
    changed_s = run.clock.now()
    shown = run.at_each(_active_power) if meanwhile is not None else {}
    run.clock.sleep(changed_s + SETTLE_S - run.clock.now())
    started_s = run.clock.now()
    edges = count_edges(
        run.rack, wirings, n_edges=demanded.max_pulses + 1, duration_s=duration_s, meanwhile=meanwhile
    )
    counted_s = run.clock.now() - started_s
    voltage_v = run.rack.readings().phases[0].voltage_v
    if meanwhile is None:
        run.energise()
    found: dict[str, Any] = {}
    for name in run.positions:
        power: Any = shown.get(name, {})
        found[name] = (
            power
            if isinstance(power, Exception)
            else {
                "voltage_v": voltage_v,
                "duration_s": counted_s,
                "required_s": demanded.duration_s,
                "pulses": len(edges[name]),
                "edge_times_s": list(edges[name]),
                "pulse_path_proven": path_proven(run, name),
                "proof_pulses": proof[name],
                **power,
            }
        )
    return found


def _active_power(position: Position) -> dict[str, Any]:
    with opened(position.client("reader")) as client:
        try:
            return {"active_power_w": client.register(ACTIVE_POWER).value}
        except Refused:
            return {"active_power_w": None}


def in_sample(run: Run) -> bool:
    """Return whether the long test is due on this rack; the serial numbers decide, nobody chooses."""
    serial_numbers = ",".join(item.identity.serial_number for item in run.declarations.values())
    drawn = hashlib.sha256(f"{run.plan.name}/{serial_numbers}".encode()).digest()
    return int.from_bytes(drawn[:8]) % run.plan.no_load_every == 0
