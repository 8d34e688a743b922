"""The dual suite at meters with faults that no catalogue lists: each found at its position, and nowhere else."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from suites.dual.test_tamper_matrix import RESPONSES, settings_of
from tests.suites.kept_rack import not_as_due, run_rack
from tests.suites.rack_of_dual_defects import KEPT, SUPPLY


def test_faults_where_token_switch_and_tariff_meet_are_found(tmp_path: Path) -> None:
    ran = run_rack("rack_of_dual_defects.py", KEPT, tmp_path, each_its_own=True)
    assert not_as_due(ran, KEPT) == {}, ran.outcomes()


def test_faults_of_an_empty_account_are_found(tmp_path: Path) -> None:
    ran = run_rack("rack_of_dual_defects.py", SUPPLY, tmp_path, name="SUPPLY_RACK")
    assert not_as_due(ran, SUPPLY) == {}, ran.outcomes()


@pytest.mark.parametrize("conditions", range(2, 7))
def test_every_pair_of_responses_of_every_two_conditions_is_tried(conditions: int) -> None:
    settings = settings_of(conditions)
    for first, second in itertools.combinations(range(conditions), 2):
        assert len({(row[first], row[second]) for row in settings}) == len(RESPONSES) ** 2
