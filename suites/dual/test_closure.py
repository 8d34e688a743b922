"""Five-way energy closure: reference, pulses, register, profile and credit, over everything that may come between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.judgement.requirements import energy_closure_requirement
from bench.meter.dlms_client import DlmsClient, opened
from bench.metrology.tariff_calendar import Tariffs
from bench.record.model import Outcome, Topic
from bench.rig.edge_counts import arm_counters, edge_counts, stop_counters
from bench.run.calendar_desk import CalendarDesk, own_calendar
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import counts_kwh, credit_for
from bench.run.meter_clock import MeterTime, meter_time, story_year
from bench.run.prepayment import read_credit
from bench.run.profile_reading import Columns, last_rows, new_rows, read_columns
from bench.run.pulse_proof import PROOF_EDGES, proof_pulses
from bench.run.switch import bring_to
from bench.standards.control_modes import ControlState

NEEDS = (Need.SOURCE, Need.REFERENCE, Need.PULSES, Need.HANDS, Need.READER, Need.MANAGEMENT)
ENERGY, INTERVAL = "1-0:1.8.0.255", "1-0:1.29.0.255"
PERIOD_S = 900.0
MARGIN_S, CUT_S, START_UP_S = 8.0, 10.0, 5.0
#: Lengths of the three loads, as shares of the period; the tariff switches in the second.
LOADS = (0.4, 0.6, 0.3)
PERIODS = 3
ROWS = 12
#: A meter that counts twice what flows must get to the end, too.
CREDIT_MARGIN = 2.2
PULSES = project_rule("R-007 pulses are those of the registered energy", Topic.CONSTANT)


@case(
    "dual/five_way_closure",
    energy_closure_requirement(),
    needs=NEEDS,
    alters=[Alters.CREDIT, Alters.REGISTERS, Alters.SETTINGS, Alters.SWITCH],
    stage=Stage.MEMORY,
)
def test_five_way_closure(bench: CaseBench) -> None:
    """Three loads with power cuts between them, a tariff switch and a module swap within; then five accounts of it."""
    if bench.declaration.payment is not None and not counts_kwh(bench):
        bench.state(
            Outcome.NOT_RUN, "the bench cannot tell whether the credit of this meter lasts for the story"
        )
        return
    bench.energise()
    supply, profiles, tariffs = (
        bench.declaration.supply,
        bench.declaration.profiles,
        bench.declaration.tariffs,
    )
    proven = proof_pulses(bench.run)[bench.position.name] >= PROOF_EDGES
    if supply is not None:
        bring_to(bench, ControlState.CONNECTED, supply.control_mode)
    plate = bench.declaration.nameplate
    power_w = plate.voltage_v * plate.maximum_current_a / 2 * plate.elements
    credit_for(bench, power_w * sum(LOADS) * PERIOD_S / 3600 * CREDIT_MARGIN)
    with meter_time(bench) as time:
        load = profiles.load if profiles is not None else ""
        if tariffs is not None and tariffs.rates > 1:
            with own_calendar(bench, tariffs):
                with opened(bench.position.client("management")) as client:
                    CalendarDesk(client, tariffs).install(_switching())
                data = _story(bench, time, load)
        else:
            data = _story(bench, time, load)
    seen = bench.observe("five-way-closure", {**data, "pulse_path_proven": proven})
    bench.judge("dual.five-way-closure/2", seen)
    bench.judge("dual.five-way-pulses/1", seen, sub="pulses", requirement=PULSES)


def _switching() -> Tariffs:
    return Tariffs(
        seasons={"ALL": (1, 1, "W")},
        weeks={"W": (1,) * 7},
        days={1: (("00:00", 1), ("12:15", 2), ("12:20", 1), ("12:22", 2))},
        special={},
    )


def _story(bench: CaseBench, time: MeterTime, load_profile: str) -> dict[str, Any]:
    """Let the hour after noon pass, and return what each account says of it."""
    first = time.rules.instant(datetime(story_year(bench.clock.utc(), 6), 6, 20, 12, tzinfo=UTC))
    time.at(first - timedelta(seconds=MARGIN_S))
    started_s = bench.clock.now()
    bench.clock.sleep(2 * MARGIN_S)
    with opened(bench.position.client("reader")) as client:
        before = _read(bench, client, load_profile, "before")
        columns = read_columns(client, load_profile) if load_profile else None
    plate = bench.declaration.nameplate
    wiring = bench.position.pulse_wiring()
    arm_counters(bench.rack, [wiring])
    modules = bench.declaration.modules
    with bench.rack.counting_energy(plate.voltage_v, plate.maximum_current_a / 2):
        for number, share in enumerate(LOADS):
            if number:
                _cut(bench)
            bench.run.load(voltage_factor=1.0, current_a=plate.maximum_current_a / 2, lag_deg=0.0)
            bench.clock.sleep(share * PERIOD_S / 2)
            if number == 1 and modules is not None and modules.names:
                actuators, place = bench.position.hands(bench.rack)
                actuators.module(place, "")
                bench.clock.sleep(MARGIN_S)
                actuators.module(place, modules.names[0])
            bench.clock.sleep(share * PERIOD_S / 2)
            bench.run.load(voltage_factor=1.0, current_a=0.0, lag_deg=0.0)
        energy_wh = bench.rack.standard.energy_wh()
    ends_s = started_s + MARGIN_S + PERIODS * PERIOD_S + MARGIN_S
    bench.clock.sleep(max(0.0, ends_s - bench.clock.now()))
    # what is counted without load is counted by all accounts of the meter
    stop_counters(bench.rack, [wiring])
    with opened(bench.position.client("reader")) as client:
        after = _read(bench, client, load_profile, "after")
        found = _profile(client, columns, before.pop("rows"), after.pop("rows"))
    return {
        "story": "three loads, two power cuts, switches of the tariff and a swap of the module",
        "reference_energy_wh": energy_wh,
        "pulses": edge_counts(bench.rack, [wiring])[wiring.position],
        "meter_constant_imp_per_kwh": plate.meter_constant_imp_per_kwh,
        **before,
        **after,
        **found,
    }


def _read(bench: CaseBench, client: DlmsClient, profile: str, when: str) -> dict[str, Any]:
    register = client.register(ENERGY)
    seen: dict[str, Any] = {
        f"register_{when}_wh": register.value,
        "register_resolution_wh": register.resolution,
        "rows": last_rows(client, profile, ROWS) if profile else [],
    }
    payment = bench.declaration.payment
    if payment is not None and payment.accounting == "kwh" and payment.mode == "prepayment":
        credit = read_credit(client, bench.position)
        seen |= {f"credit_{when}_wh": credit.amount_wh, "credit_resolution_wh": credit.resolution_wh}
    return seen


def _profile(
    client: DlmsClient, columns: Columns | None, before: list[list[Any]], after: list[list[Any]]
) -> dict[str, Any]:
    """Return what the rows of the profile add up to; nothing where it keeps no energy."""
    rows = new_rows(before, after)
    if columns is None or not rows or not before:
        return {}
    if (place := columns.place(3, INTERVAL)) is not None:
        unit = client.register(INTERVAL).resolution
        return {"profile_wh": sum(row[place] for row in rows) * unit, "profile_resolution_wh": unit}
    if (place := columns.place(3, ENERGY)) is not None:
        unit = client.register(ENERGY).resolution
        return {"profile_wh": (rows[-1][place] - before[-1][place]) * unit, "profile_resolution_wh": unit}
    return {}


def _cut(bench: CaseBench) -> None:
    actuators, number = bench.position.hands(bench.rack)
    actuators.supply(number, on=False)
    bench.clock.sleep(CUT_S)
    actuators.supply(number, on=True)
    bench.clock.sleep(START_UP_S)
