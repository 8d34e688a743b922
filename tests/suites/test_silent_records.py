"""Meters that leave out, lose or turn round what they should record fail the case that asks for it."""

from __future__ import annotations

from pathlib import Path

from tests.suites.kept_rack import not_as_due, other_reasons, run_rack
from tests.suites.rack_of_silent_records import KEPT


def test_each_fails_its_own_case_for_its_reason(tmp_path: Path) -> None:
    options = ("--product", "dts722")
    ran = run_rack("rack_of_silent_records.py", KEPT, tmp_path, *options, each_its_own=True)
    assert not_as_due(ran, KEPT) == {}, ran.outcomes()
    assert other_reasons(ran, KEPT) == {}
