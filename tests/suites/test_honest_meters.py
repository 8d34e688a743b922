"""No honest meter is failed for being built otherwise: each passes the test that looks at the difference."""

from __future__ import annotations

from pathlib import Path

from tests.suites.kept_rack import outcomes_at, run_rack
from tests.suites.rack_of_honest_meters import TESTS

LET_PASS = {"PASSED", "INAPPLICABLE"}


def test_other_choices_are_no_faults(tmp_path: Path) -> None:
    ran = run_rack("rack_of_honest_meters.py", TESTS, tmp_path, each_its_own=True)
    for position, test in enumerate(TESTS, 1):
        outcomes = outcomes_at(ran, position)
        assert "PASSED" in outcomes, (test.case, ran.outcomes())
        assert outcomes <= LET_PASS, [
            (item["case"], item["outcome"], item["reason"])
            for item in ran.verdicts()
            if item["position"] == str(position) and item["outcome"] not in LET_PASS
        ]
