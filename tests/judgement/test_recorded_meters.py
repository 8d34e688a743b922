"""Of what clean meters did every judge says PASSED, of what defective meters did those of the defect's topics FAILED.

What is due comes from the meter, not from a judge: see ``recorded_meters``. The newest version of a judge has to say it
of what was recorded for an older one, too; where observations change their form, record again.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter, defaultdict
from functools import cache
from typing import Any

import pytest

from bench.judgement.plan_rules import PlanRules
from bench.judgement.registry import Context, judge_by_id, latest
from bench.record.declaration import Declaration
from bench.record.exchange import Exchange
from bench.record.model import Observation, Outcome, Requirement
from tests.judgement.recorded_meters import FILE
from tests.judgement.told import sound

_READ = json.loads(lzma.decompress(FILE.read_bytes())) if FILE.exists() else []
BY_JUDGE: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _entry in _READ:
    BY_JUDGE[_entry["judge"].partition("/")[0]].append(_entry)


@cache
def _declaration(text: str) -> Declaration:
    return Declaration.from_json(json.loads(text))


def _traffic(entry: dict[str, Any], name: str) -> dict[str, Exchange]:
    return {key: Exchange.from_json(item) for key, item in entry[name].items()}


@pytest.mark.parametrize("judge", sorted(BY_JUDGE))
def test_a_judge_says_what_is_due_of_a_known_meter(judge: str) -> None:
    for entry in BY_JUDGE[judge]:
        context = Context(
            declaration=_declaration(json.dumps(entry["declaration"])),
            plan=PlanRules.from_json(entry["plan"]),
            traffic=_traffic(entry, "traffic"),
            recorded=_traffic(entry, "recorded"),
        )
        seen = [Observation.from_json(item) for item in entry["observations"]]
        said = sound(judge_by_id(latest(judge))(seen, Requirement.from_json(entry["requirement"]), context))
        assert said.outcome is Outcome(entry["due"]), f"{entry['meter']}: {entry['case']}: {said.reason}"


def test_the_record_holds_clean_and_defective_meters_of_both_configurations() -> None:
    meters = Counter(entry["meter"] for entry in _READ)
    assert {"clean/c1", "clean/c2"} <= meters.keys()
    assert len(meters) >= 8
    assert {entry["due"] for entry in _READ} == {"PASSED", "FAILED"}
    assert len(BY_JUDGE) >= 30
