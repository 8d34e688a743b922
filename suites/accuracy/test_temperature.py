"""The mean temperature coefficient over every band of the operating range, in a climatic chamber."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.judgement.requirements import influence_requirement, influences_of, limit_at
from bench.record.model import Outcome
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.measuring import load_data, measure_load, reference_load
from bench.run.prepayment import ensure_credit
from bench.run.pulse_proof import appetite
from bench.standards.influence_tests import current_of_test
from bench.standards.influences import InfluenceLimit
from bench.standards.power_factor import PowerFactor
from bench.standards.temperature_bands import SOAK_S, bands
from instruments.errors import InstrumentFault
from instruments.roles import ClimaticChamber

TEMPERATURE = "ambient temperature"
REFERENCE_C = 23.0
NO_CHAMBER = "this rig has no climatic chamber"
#: While the chamber works nothing flows, and the load is looked at this often where time is simulated.
LOOKED_AT_S = 1800.0
#: Load of one reading series, with room: the credit lasts so long at it.
LOADED_S = 300.0


@case(
    "accuracy/influence/temperature",
    lambda bench: influence_requirement(bench.declaration, TEMPERATURE),
    needs=(Need.SOURCE, Need.REFERENCE, Need.PULSES),
    alters=[Alters.REGISTERS],
    stage=Stage.DOSE,
)
def test_temperature(bench: CaseBench) -> None:
    """Measure at the ends of each band, after the meter has stood there for two hours."""
    rows = influences_of(bench.declaration, TEMPERATURE)
    if not rows:
        bench.state(Outcome.INAPPLICABLE, "no limit for this quantity, class, edition and connection")
        return
    if not bench.run.plan.long_tests:
        bench.state(Outcome.NOT_RUN, f"the plan {bench.run.plan.name} leaves out tests of several hours")
        return
    chamber = _chamber(bench)
    if chamber is None:
        bench.state(Outcome.NOT_RUN, NO_CHAMBER)
        return
    measured = bench.together("temperature", lambda: _walk(bench, rows, chamber))
    for row in rows:
        for low_c, high_c in bands(bench.declaration.nameplate.operating_temperature_c):
            seen = bench.observe(
                "temperature-band",
                {
                    "influence": row.influence,
                    "pf": row.pf,
                    "low_c": low_c,
                    "high_c": high_c,
                    "soak_s": SOAK_S,
                    "low": measured[row.pf, low_c],
                    "high": measured[row.pf, high_c],
                },
            )
            bench.judge(
                "accuracy.temperature-coefficient/1",
                seen,
                requirement=replace(bench.requirement, status=row.status, clause=row.clause),
                sub=f"{low_c:.3g}..{high_c:.3g}C-pf{row.pf.replace(' ', '')}",
            )


def _walk(
    bench: CaseBench, rows: tuple[InfluenceLimit, ...], chamber: ClimaticChamber
) -> dict[str, dict[tuple[str, float], Any]]:
    """Go through the temperatures from the lowest on; return by position the load points by PF and temperature."""
    run, plate = bench.run, bench.declaration.nameplate
    seen: dict[str, dict[tuple[str, float], Any]] = {name: {} for name in run.positions}
    spans = bands(plate.operating_temperature_c)
    try:
        for celsius in (spans[0][0], *(high for _, high in spans)):
            run.energise()
            chamber.chamber(celsius)
            with run.rack.seldom_supervised(LOOKED_AT_S):
                run.clock.sleep(SOAK_S)
            for row in rows:
                word = current_of_test(row.current_range, plate.connection)
                load = reference_load(
                    run,
                    current_a=float(plate.currents.resolve(word)),
                    lag_deg=PowerFactor.parse(row.pf).lag_deg,
                )
                for position in run.positions.values():
                    if position.association("reader") is not None:
                        ensure_credit(
                            position, load.power_w(1.0) * LOADED_S / 3600 * appetite(run, position.name)
                        )
                limit_pct = limit_at(bench.declaration, "In", "1").pct
                result = measure_load(run, load, pf=row.pf, limit_pct=limit_pct)
                point = {
                    "id": f"{celsius:.3g}C",
                    "current": word,
                    "pf": row.pf,
                    "load": "balanced",
                    "ambient_c": celsius,
                }
                for name in run.positions:
                    seen[name][row.pf, celsius] = load_data(run, name, load, result[name], point=point)
    finally:
        chamber.chamber(REFERENCE_C)
    run.energise()
    with run.rack.seldom_supervised(LOOKED_AT_S):
        run.clock.sleep(SOAK_S)
    return seen


def _chamber(bench: CaseBench) -> ClimaticChamber | None:
    """Return the chamber of this rig at the reference temperature; None where there is none."""
    if not bench.run.rack.has("actuators") or bench.position.entry.actuators is None:
        return None
    hands = bench.position.hands(bench.rack)[0]
    if not isinstance(hands, ClimaticChamber):
        return None
    try:
        hands.chamber(REFERENCE_C)
    except InstrumentFault:
        return None
    return hands
