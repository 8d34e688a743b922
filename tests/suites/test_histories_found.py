"""Meters whose energies, scripts or histories are wrong fail the case that is there for it."""

from __future__ import annotations

from pathlib import Path

from tests.suites.kept_rack import not_as_due, other_reasons, run_rack
from tests.suites.rack_of_histories import KEPT


def test_each_fails_its_own_case_for_its_reason(tmp_path: Path) -> None:
    ran = run_rack("rack_of_histories.py", KEPT, tmp_path, each_its_own=True)
    assert not_as_due(ran, KEPT) == {}, ran.outcomes()
    assert other_reasons(ran, KEPT) == {}
