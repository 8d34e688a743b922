"""Conditions that one phase alone begins: a meter of three phases watches all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bench.judgement.project_rules import project_rule
from bench.record.functions_declaration import ConditionDeclaration
from bench.record.model import Outcome, Topic
from bench.run.case import Alters, Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.credit_at_hand import credit_for
from bench.run.log_book import LogBook
from bench.run.meter_clock import MeterTime, meter_time, rules_data
from bench.run.stimuli import phase_stimulus
from bench.run.switch import load_side_live
from suites.dual.event_desk import closed_again, declared_events, loop_kept_closed

#: A condition is left to stand for so much longer than it must last, and so is its absence.
LONGER_S = 3.0
#: The own limit of the case on voltages, as a factor of Un.
VOLTAGE_LIMIT = 1.3
CREDIT_WH = 1000.0
CURRENTS = frozenset({"current reversed", "over-current"})


@case(
    "dual/event_phases",
    project_rule("R-042, R-062: voltage and current are watched in each phase that is declared", Topic.EVENT),
    needs=(Need.SOURCE, Need.HANDS, Need.READER, Need.MANAGEMENT),
    alters=[Alters.SETTINGS, Alters.CREDIT, Alters.REGISTERS],
    stage=Stage.MEMORY,
)
def test_event_phases(bench: CaseBench) -> None:
    """Make each condition of voltage or current in L1, L2 and L3 alone, one after the other: a record each."""
    events = declared_events(bench)
    if events is None:
        return
    rows = [row for row in events.condition if row.begins_by_phase and row.log in events.logs]
    if not rows:
        bench.state(Outcome.INAPPLICABLE, "no condition is declared that one phase alone begins")
        return
    credit_for(bench, CREDIT_WH)
    book = LogBook(bench, events)
    limit_v = VOLTAGE_LIMIT * bench.declaration.nameplate.voltage_v
    with (
        meter_time(bench) as time,
        bench.rack.abnormal_voltage(limit_v, by="dual/event_phases"),
        loop_kept_closed(bench),
    ):
        for row in rows:
            sub = row.name.replace(" ", "_")
            cannot = phase_stimulus(bench, row, 1).cannot
            if not cannot and row.name in CURRENTS and not load_side_live(bench):
                cannot = "the supply switch is open, so no current flows"
            if cannot:
                bench.state(Outcome.NOT_RUN, cannot, sub=sub)
                continue
            before = book.tail(row.log)
            phases = [_phase(bench, time, row, phase) for phase in _phases(bench, row)]
            seen = {"what": row.name, "phases": phases, "rows": book.new(row.log, before)}
            data = {**seen, **book.places(row.log), "rules": rules_data(time.rules)}
            bench.judge("dual.event-phases/1", bench.observe("event-phases", data), sub=sub)
            closed_again(bench)


def _phases(bench: CaseBench, row: ConditionDeclaration) -> range:
    return range(1, 1 + min(len(row.begins_by_phase), bench.declaration.nameplate.elements))


def _phase(bench: CaseBench, time: MeterTime, row: ConditionDeclaration, phase: int) -> dict[str, Any]:
    """Make the condition in one phase and take it away; return what is due of it."""
    way, began_s = phase_stimulus(bench, row, phase), bench.clock.now()
    begun = time.now()
    way.make()
    making_s = bench.clock.now() - began_s
    bench.clock.sleep(row.after_s + LONGER_S)
    ended, ending_s = time.now(), bench.clock.now()
    way.end()
    uncertain_s = max(making_s, bench.clock.now() - ending_s)
    bench.clock.sleep(row.after_s + LONGER_S)
    return {
        "phase": phase,
        "begins": row.begins_by_phase[phase - 1],
        "ends": row.ends_by_phase[phase - 1] if len(row.ends_by_phase) >= phase else None,
        "begin_due": (begun + timedelta(seconds=row.after_s)).isoformat(),
        "end_due": (ended + timedelta(seconds=row.after_s)).isoformat(),
        "uncertain_s": uncertain_s,
    }
