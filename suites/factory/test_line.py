"""The end of a production line: is it the declared meter, does its switch move, does it stand still without load?

Load points and tokens are those of the other suites, as the plan ``factory`` lists them.
"""

from __future__ import annotations

from typing import Any

from bench.judgement.production_line import line_requirement
from bench.judgement.requirements import no_load_requirement
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.values import as_octets
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.line_switch import open_and_close
from bench.run.line_tokens import enter_three
from bench.run.measuring import measure_ahead, slowest_point
from bench.run.no_load import in_sample, measure_equivalence, measure_no_load
from bench.run.readout import meter_constant
from bench.run.spending import Spends
from bench.standards.power_factor import PowerFactor

RELAY = "factory/relay"
LOGICAL_DEVICE_NAME, SERIAL_NUMBER = "0-0:42.0.0.255", "0-0:96.1.0.255"


@case(
    "factory/identity",
    line_requirement("identity", Topic.DECLARATION),
    needs=[Need.READER],
    stage=Stage.COMMUNICATION,
)
def test_identity(bench: CaseBench) -> None:
    """Name, serial number and meter constant are those of the declaration."""
    _first_load(bench)
    with opened(bench.position.client("reader")) as client:
        seen = bench.observe(
            "line-identity",
            {
                "logical_device_name": _text(client, LOGICAL_DEVICE_NAME),
                "serial_number": _text(client, SERIAL_NUMBER),
                "meter_constant_imp_per_kwh": meter_constant(client),
            },
        )
    bench.judge("factory.identity/1", seen)


@case(
    "factory/tokens",
    line_requirement("three tokens", Topic.TOKEN),
    needs=[Need.MANAGEMENT, Need.VENDING_KEY, Need.TOKEN_GATEWAY],
    alters=[Alters.TOKEN_IDENTIFIERS, Alters.CREDIT],
    spends=Spends(token_identifiers=2, credit_wh=500, time_s=5),
    stage=Stage.COMMUNICATION,
)
def test_tokens(bench: CaseBench) -> None:
    """A good token adds its credit; the same again, and one of another meter, add nothing."""
    load_w = _first_load(bench)
    seen = bench.observe("line-tokens", enter_three(bench.position, load_w=load_w))
    bench.judge("factory.tokens/1", seen)


@case(
    RELAY,
    line_requirement("supply switch", Topic.SUPPLY),
    needs=[Need.SOURCE, Need.HANDS, Need.MANAGEMENT, Need.READER],
    alters=[Alters.SWITCH],
    stage=Stage.SUPPLY,
)
def test_relay(bench: CaseBench) -> None:
    """Open and close the switches of all positions in step, without current; look at contact and state."""
    supply = bench.declaration.supply
    if supply is None or supply.control_mode == 0:
        bench.state(Outcome.INAPPLICABLE, "no supply switch that a request moves is declared")
        return
    seen = bench.observe("line-relay", bench.together("relay", lambda: _relay(bench, supply.control_mode)))
    bench.judge("factory.relay/1", seen)


@case(
    "factory/no_load",
    lambda bench: (
        no_load_requirement(bench.declaration)
        if in_sample(bench.run)
        else line_requirement("no-load equivalence", Topic.NO_LOAD)
    ),
    needs=[Need.SOURCE, Need.REFERENCE, Need.PULSES],
    alters=[Alters.REGISTERS],
    stage=Stage.NO_LOAD,
)
def test_no_load(bench: CaseBench) -> None:
    """The whole test on the racks of the sample; on the others what the plan declares to stand for it."""
    if in_sample(bench.run):
        seen = bench.observe("no-load", bench.together("no load", lambda: measure_no_load(bench.run)))
        bench.judge("accuracy.no-load/1", seen)
        return
    seen = bench.observe("line-no-load", bench.together("short no load", lambda: _stand_in(bench)))
    bench.judge("factory.no-load-equivalence/1", seen)


def _first_load(bench: CaseBench) -> float:
    """Arm the load point whose pulses take longest, if the plan communicates meanwhile; return its power in W."""
    run = bench.run
    if not run.plan.overlap or bench.missing_pulses():
        bench.energise()
        return 0.0
    point, load, limit_pct = slowest_point(run)
    if run.ahead is None:
        measure_ahead(run, load, pf=point.pf, limit_pct=limit_pct)
    return load.power_w(PowerFactor.parse(point.pf).active)


def _stand_in(bench: CaseBench) -> dict[str, Any]:
    """Count without load; a plan that overlaps moves the switches meanwhile, for there is no current to break."""
    run, supply = bench.run, bench.declaration.supply

    def meanwhile() -> None:
        if run.plan.overlap and run.plan.wants(RELAY) and supply is not None and supply.control_mode:
            run.measure_together("relay", lambda: _relay(bench, supply.control_mode))

    return measure_equivalence(run, meanwhile)


def _relay(bench: CaseBench, mode: int) -> dict[str, Any]:
    load = bench.rack.load
    if load is None or any(phase.current_rms_a > 0 for phase in load.phases):
        bench.energise()  # there may be no current to break
    return open_and_close(bench.run, mode)


def _text(client: DlmsClient, obis: str) -> str | None:
    try:
        return as_octets(client.get(1, obis, 2)).decode("ascii", errors="replace")
    except (Refused, ValueError):
        return None
