"""What a meter records of the loss of its supply: when it went, and when it came back."""

from __future__ import annotations

from bench.judgement.project_rules import project_rule
from bench.record.model import Outcome, Topic
from bench.run.case import Need, Stage, case
from bench.run.case_bench import CaseBench
from bench.run.log_book import LogBook
from bench.run.meter_clock import meter_time, rules_data
from suites.dual.event_desk import START_UP_S, declared_events

STANDARD = "standard"
#: A failure that every meter records as one; and how near its end the record must be, where a meter saves its time
#: only now and then, or takes a while to be sure.
OFF_S, SURE_S = 240.0, 30.0


@case(
    "dual/power_failure_records",
    project_rule(
        "R-061, R-063: a power failure is recorded with the time at which the supply went", Topic.EVENT
    ),
    needs=(Need.SOURCE, Need.HANDS, Need.READER, Need.MANAGEMENT),
    stage=Stage.MEMORY,
)
def test_power_failure_records(bench: CaseBench) -> None:
    """Cut the supply for some minutes: one record of its loss, then one of its return, each at its own time."""
    events = declared_events(bench)
    if events is None:
        return
    if STANDARD not in events.logs or events.power_down is None:
        bench.state(Outcome.INAPPLICABLE, "no record of the loss of supply is declared")
        return
    book = LogBook(bench, events)
    actuators, number = bench.position.hands(bench.rack)
    with meter_time(bench) as time:
        before = book.tail(STANDARD)
        bench.position.link.close()
        gone = time.now()
        actuators.supply(number, on=False)
        bench.clock.sleep(OFF_S)
        back = time.now()
        actuators.supply(number, on=True)
        bench.clock.sleep(START_UP_S)
        seen = bench.observe(
            "event-pair",
            {
                "rules": rules_data(time.rules),
                "what": f"a power failure of {OFF_S:g} s",
                "rows": book.new(STANDARD, before),
                **book.places(STANDARD),
                "begins": events.power_down,
                "ends": events.power_up,
                "begin_due": gone.isoformat(),
                "end_due": back.isoformat(),
                "uncertain_s": SURE_S,
            },
        )
    bench.judge("dual.event-pair/1", seen)
