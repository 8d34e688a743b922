"""Numbers as a report prints them."""

from __future__ import annotations

import pytest

from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict
from reports.quantities import duration_text, limit_text, measured_text, u95_text, utc_text


def _verdict(
    measured: float | str | None, limit: float | str | None, unit: str, u95: float | None = None
) -> Verdict:
    return Verdict(
        case="accuracy/load_point/x",
        position="1",
        outcome=Outcome.FAILED,
        requirement=Requirement(
            document="IEC 62053-21",
            edition="2020",
            clause="7",
            topic=Topic.ACCURACY if unit == "%" else Topic.CREDIT,
            kind=Kind.STANDARD,
            status="V1",
        ),
        judge="accuracy.load-point/1",
        measured=measured,
        limit=limit,
        unit=unit,
        u95=u95,
        decision_rule="",
        reason="",
        evidence=("O1",),
    )


@pytest.mark.parametrize(
    ("measured", "u95", "shown"),
    [
        (0.41234, 0.042, "+0.412 %"),
        (-0.41234, 0.42, "−0.41 %"),
        (-0.0001, 0.042, "0.000 %"),
        (59.84, None, "+59.840 %"),
    ],
)
def test_errors_carry_their_sign_and_two_figures_of_the_uncertainty(
    measured: float, u95: float | None, shown: str
) -> None:
    assert measured_text(_verdict(measured, 1.5, "%", u95)) == shown


def test_an_error_just_beyond_its_limit_is_never_rounded_onto_it() -> None:
    assert measured_text(_verdict(1.00004, 1.0, "%", 0.04)) == "+1.00004 %"


@pytest.mark.parametrize(
    ("limit", "unit", "shown"),
    [
        (1.0, "%", "±1.0 %"),
        (1.25, "%", "±1.25 %"),
        (1000.0, "Wh", "1000 Wh"),
        ("at least 2", "pulses", "at least 2 pulses"),
    ],
)
def test_limits_of_error_are_bands_and_others_are_not(limit: float | str, unit: str, shown: str) -> None:
    assert limit_text(_verdict(0.0, limit, unit)) == shown


def test_uncertainty_has_two_figures() -> None:
    assert u95_text(_verdict(0.4, 1.0, "%", 0.0423)) == "0.042 %"
    assert u95_text(_verdict(0.4, 1.0, "%")) == ""


def test_large_counts_are_written_in_full() -> None:
    assert measured_text(_verdict(12345678.0, None, "Wh")) == "12345678 Wh"


def test_times_are_written_for_people() -> None:
    assert utc_text("2027-03-05T09:15:00.250000+01:00") == "2027-03-05 08:15:00 UTC"
    assert duration_text(3723) == "1 h 02 min 03 s"
    assert duration_text(0.25) == "250 ms"
