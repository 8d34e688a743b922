"""A row is graded by its expectation; a row is as its worst trial; samples and pairs are what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict
from bench.score.row import Grade, Result, Row, grade
from bench.score.rows import catalogue, outside_rows, pairs_of, rows_of, sample_of
from bench.score.score import by_row, totals, trials_of
from bench.score.trial import Trial


def row(expected: str = "FAILED", **changes: object) -> Row:
    known: dict[str, object] = {
        "id": "MT-01",
        "title": "gain",
        "layer": "MT",
        "severity": "R",
        "evidence_letter": "P",
        "configuration": "c1",
        "expected": expected,
        "topics": frozenset({"accuracy", "closure"}),
        "built": True,
        "defects": ("MT-01",),
    }
    return Row(**{**known, **changes})  # type: ignore[arg-type]


def verdict(outcome: Outcome, topic: Topic = Topic.ACCURACY, kind: Kind = Kind.STANDARD) -> Verdict:
    return Verdict(
        case=f"suite/{topic}",
        position="1",
        outcome=outcome,
        requirement=Requirement(document="IEC", edition="1", clause="1", topic=topic, kind=kind, status="V1"),
        judge="a.judge/1",
        measured=None,
        limit=None,
        unit="",
        u95=None,
        decision_rule="",
        reason="because",
        evidence=(),
    )


PASSED, FAILED, ERROR = verdict(Outcome.PASSED), verdict(Outcome.FAILED), verdict(Outcome.ERROR)
ELSEWHERE = verdict(Outcome.FAILED, Topic.HDLC)
ADVISED = verdict(Outcome.FAILED, Topic.INFLUENCE, Kind.ADVISORY)
OPEN = verdict(Outcome.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("expected", "said", "code", "due"),
    [
        ("FAILED", [PASSED, FAILED], 1, Grade.STRICT),
        ("FAILED", [FAILED, ELSEWHERE], 1, Grade.LOOSE),
        ("FAILED", [ELSEWHERE], 1, Grade.LOOSE),
        ("FAILED", [PASSED], 0, Grade.MISSED),
        ("FAILED", [ERROR], 10, Grade.MISSED),
        ("FAILED", [ADVISED], 0, Grade.MISSED),
        ("FAILED", [FAILED, ADVISED], 1, Grade.STRICT),
        ("FAILED", [], 1, Grade.ERROR),
        ("FAILED", [FAILED], 3, Grade.ERROR),
        ("FAILED", [FAILED], -9, Grade.ERROR),
        ("ADVISORY", [ADVISED], 0, Grade.STRICT),
        ("ADVISORY", [PASSED], 0, Grade.MISSED),
        ("ADVISORY", [ADVISED, FAILED], 1, Grade.FALSE_ALARM),
        ("CONFORMING", [PASSED, OPEN], 10, Grade.STRICT),
        ("CONFORMING", [FAILED], 1, Grade.FALSE_ALARM),
        ("CONFORMING", [ERROR], 10, Grade.ERROR),
        ("INCONCLUSIVE", [OPEN], 10, Grade.STRICT),
        ("INCONCLUSIVE", [PASSED], 0, Grade.MISSED),
    ],
)
def test_grades(expected: str, said: list[Verdict], code: int, due: Grade) -> None:
    assert grade(row(expected), said, code).grade is due


def test_a_missed_row_tells_what_it_heard_instead() -> None:
    told = grade(row(), [PASSED, OPEN, verdict(Outcome.NOT_RUN, Topic.CLOSURE)], 10).told
    assert told[0] == "suite/accuracy INCONCLUSIVE: because"
    assert told[1] == "suite/closure NOT_RUN: because"
    assert told[-1] == "1 PASSED in its topics: suite/accuracy"


def test_of_a_loose_row_the_verdict_out_of_place_comes_first() -> None:
    assert grade(row(), [FAILED, ELSEWHERE], 1).failed[0] == "suite/hdlc [hdlc]"


def test_a_pair_needs_both() -> None:
    pair = row(
        topics=frozenset({"accuracy", "hdlc"}),
        demands=(frozenset({"accuracy"}), frozenset({"hdlc"})),
    )
    assert grade(pair, [FAILED], 1).grade is Grade.MISSED
    assert grade(pair, [FAILED, ELSEWHERE], 1).grade is Grade.STRICT


def test_a_row_is_as_its_worst_trial() -> None:
    results = [
        Result(row=row(), grade=found, note="", seed=seed)
        for seed, found in enumerate((Grade.STRICT, Grade.MISSED, Grade.LOOSE))
    ]
    assert totals(results) == "0 strict, 0 loose, 1 missed, 0 false alarms, 0 errors"
    assert [item.seed for item in by_row(results)[0][1]] == [1, 2, 0]


def test_a_result_survives_its_state_file() -> None:
    first = grade(row(), [FAILED, ELSEWHERE], 1)
    assert Result.from_json(row(), first.to_json()) == first


def test_the_catalogue_gives_rows_where_there_is_an_expectation() -> None:
    rows = rows_of(catalogue())
    keys = {item.key for item in rows}
    assert {"MT-01/c1", "MT-01/c2", "MT-09/c2"} <= keys
    assert "MT-09/c1" not in keys, "a single-phase meter has no second element"


def test_a_sample_has_every_layer_and_comes_again_by_its_seed() -> None:
    rows = rows_of(catalogue())
    layers = {item.layer for item in rows}
    chosen = sample_of(rows, 20, 20261123)
    assert len(chosen) == 20
    assert {item.layer for item in chosen} == layers
    assert sample_of(rows, 20, 20261123) == chosen
    assert sample_of(rows, 20, 20261124) != chosen
    assert sample_of(rows, 10_000, 1) == rows


def test_pairs_are_of_different_layers_with_nothing_in_common() -> None:
    pairs = pairs_of(rows_of(catalogue()), 12, 1)
    assert len(pairs) == 12
    for pair in pairs:
        first, second = pair.demands
        assert not first & second
        assert pair.topics == first | second
        assert len(pair.defects) == len(set(pair.layers)) == 2


def test_a_trial_runs_the_suites_that_see_the_layers() -> None:
    assert Trial(row=row(), seed=1, everything=False).suites == ("accuracy", "dual")
    assert Trial(row=row(), seed=1, everything=True).suites == ("accuracy", "sts", "dlms", "dual")
    pair = row(layer="2nd", layers=("HD", "MT"))
    assert Trial(row=pair, seed=1, everything=False).suites == ("accuracy", "dlms", "dual")


def test_a_tenth_of_the_trials_runs_everything_and_the_clean_meters_always() -> None:
    rows = [row(id=f"MT-{number:02d}") for number in range(500)]
    trials = trials_of([*rows, row(id="", layer="", expected="CONFORMING")], (1, 2), choice_seed=1)
    everything = [trial for trial in trials if trial.everything]
    assert 60 <= len(everything) <= 140
    assert sum(not trial.row.id for trial in everything) == 2
    again = trials_of([*rows, row(id="", layer="", expected="CONFORMING")], (1, 2), choice_seed=1)
    assert again == trials


def test_a_defect_from_outside_carries_its_expectation(tmp_path: Path) -> None:
    file = tmp_path / "acme.py"
    file.write_text("")
    first, second = outside_rows(f"{file}:Odd=FAILED:token,credit")
    assert (first.configuration, second.configuration) == ("c1", "c2")
    assert first.defects == (f"{file}:Odd",)
    assert first.topics == {"token", "credit"}
    assert outside_rows(f"{file}:Odd")[0].expected == "FAILED"
    assert grade(outside_rows(f"{file}:Odd")[0], [ELSEWHERE], 1).grade is Grade.STRICT
    assert outside_rows(f"{file}:Odd=CONFORMING")[0].expected == "CONFORMING"
    for spec, words in (
        (f"{file}:Odd=BROKEN", "no expectation"),
        (f"{file}:Odd=FAILED:tokens", "no topic tokens"),
        ("nowhere.py:Odd", "no defect from outside"),
        ("MT-01", "no defect from outside"),
    ):
        with pytest.raises(PlanError, match=words):
            outside_rows(spec)
