"""Faults of links and of small clients, found by the case whose requirement they break; a sound meter passes."""

from __future__ import annotations

import pytest

from tests.suites.kept_rack import not_as_due, outcomes_at, run_rack
from tests.suites.rack_of_link_faults import KEPT
from tests.suites.suites_process import Ran

WORDS = (
    "AARQ: information of 46 octets, agreed are 32",
    "client-max-receive-pdu-size 12: accepted was due, rejected",
    "the meter takes 10 octets itself",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_rack("rack_of_link_faults.py", KEPT, tmp_path_factory.mktemp("links"))


def test_each_is_found_by_the_case_of_its_requirement_and_by_no_other(run: Ran) -> None:
    assert not_as_due(run, KEPT) == {}, run.outcomes()
    said = {item["position"]: item["reason"] for item in run.verdicts("FAILED")}
    for position, words in enumerate(WORDS, 1):
        assert words in said[str(position)]


def test_the_sound_meter_beside_them_passes(run: Ran) -> None:
    assert outcomes_at(run, len(KEPT) + 1) == {"PASSED"}, run.outcomes()
