"""What the summary says of bench time: which cases took most of it, and how many meters an hour a line makes."""

from __future__ import annotations

from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict
from bench.run.console import takt, time_spent
from bench.run.plan import BUILT_IN


def verdict(case: str, time_s: float) -> Verdict:
    requirement = Requirement(
        document="d", edition="1", clause="c", topic=Topic.ACCURACY, kind=Kind.PROJECT, status="project rule"
    )
    return Verdict(
        case=case,
        position="1",
        outcome=Outcome.PASSED,
        requirement=requirement,
        judge="bench",
        measured=None,
        limit=None,
        unit="",
        u95=None,
        decision_rule="",
        reason="",
        evidence=(),
        time_s=time_s,
    )


def test_the_longest_cases_are_named_first() -> None:
    given = [verdict("accuracy/a", 30.0), verdict("accuracy/no_load", 2630.0), verdict("accuracy/b", 2700.0)]
    assert time_spent(given, 10.0, 2710.0) == [
        "bench time 45 min, most of it: accuracy/no_load 43 min, accuracy/b 70 s, accuracy/a 20 s"
    ]


def test_the_takt_counts_the_handling() -> None:
    # 24 positions: 60 s + 24 * 6 s of handling; 24 * 3600 / (876 + 204) = 80
    assert takt(BUILT_IN["factory"], 24, 876.0)[0].endswith("24 positions: 80.0 meters an hour")
    assert takt(BUILT_IN["full"], 24, 876.0) == []
