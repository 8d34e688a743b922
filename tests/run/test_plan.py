"""Plans: what is wanted, what may be missing, and what a mistake in one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.run.plan import BUILT_IN, Plan, load_plan


def test_full_wants_everything_and_observe_alters_nothing() -> None:
    assert load_plan("full").wants("dual/anything/at/all")
    assert load_plan("full").alters
    assert not load_plan("observe").alters


def test_smoke_wants_little() -> None:
    smoke = load_plan("smoke")
    assert smoke.wants("accuracy/load_point/Ib-pf1")
    assert not smoke.wants("accuracy/no_load")
    assert smoke.load_points == "smoke"


def test_a_part_of_an_optional_case_is_optional_too() -> None:
    plan = Plan(name="x", optional=("dlms/COSEM_attributes",))
    assert not plan.mandatory("dlms/COSEM_attributes")
    assert not plan.mandatory("dlms/COSEM_attributes/public")
    assert plan.mandatory("dlms/COSEM_other")


def test_whatever_the_plan_says_changes_its_hash() -> None:
    hashes = {plan.hash for plan in BUILT_IN.values()}
    hashes |= {Plan(name="full", dose_wh=2.0).hash, Plan(name="full", decision_rule="simple").hash}
    assert len(hashes) == len(BUILT_IN) + 2
    assert Plan(name="full", long_tests=True).hash == BUILT_IN["full"].hash


def test_a_plan_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\ncases = ["sts/*"]\n')
    plan = load_plan(str(file))
    assert plan.name == "mine"
    assert plan.wants("sts/used_token")
    assert not plan.wants("dlms/HDLC_FRAME_P1")


def test_a_misspelt_field_names_file_line_and_the_right_word(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\n\ndecision_rul = "simple"\n')
    with pytest.raises(PlanError, match=r'mine\.toml:3: decision_rul: .*did you mean "decision_rule"\?'):
        load_plan(str(file))


def test_an_unknown_decision_rule_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\ndecision_rule = "by feeling"\n')
    with pytest.raises(PlanError, match=r"mine\.toml:2: decision_rule"):
        load_plan(str(file))


def test_an_unknown_plan_lists_the_known_ones() -> None:
    with pytest.raises(PlanError, match=r'There is no plan "smok"\. Known: full, '):
        load_plan("smok")


def test_a_missing_plan_file_is_named() -> None:
    with pytest.raises(PlanError, match=r"nowhere\.toml cannot be read"):
        load_plan("nowhere.toml")
