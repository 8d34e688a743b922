"""What a bench has told a judge: observations written by hand, and one fact of them changed at a time."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bench.judgement.plan_rules import PlanRules
from bench.judgement.registry import Context, judge_by_id, latest
from bench.metrology.decision import DecisionRule
from bench.protocols.cosem_time import DateTime
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Kind, Observation, Outcome, Requirement, Topic
from tests.judgement.conftest import declared

#: In a table of changes: the fact was not recorded at all.
GONE = object()
RULE = Requirement(
    document="meterbench project rules",
    edition="1",
    clause="",
    topic=Topic.SUPPLY,
    kind=Kind.PROJECT,
    status="project rule",
)
#: Central European time as a clock shows it: UTC+1, in summer UTC+2, from the last Sundays of March and October.
CENTRAL_EUROPE: Mapping[str, Any] = {
    "time_zone_min": -60,
    "begin": "ffff03fe0702000000800000",
    "end": "ffff0afe0703000000800000",
    "shift_min": 60,
    "enabled": True,
}
#: The units a verdict may have; "" where what was found has none.
UNITS = frozenset(
    {"", "%", "%/K", "s/d", "Wh", "kWh", "varh", "W", "imp/kWh", "pulses", "tokens", "octets"}
    | {"attributes", "entries", "faults"}
)
#: How a verdict may say that it was decided.
RULES = frozenset(
    {"", *DecisionRule, "count", "equal", "bound of resolutions"}
    | {"chi-square bounds", "chi-square bounds, shared among the points", "class limit and resolution"}
    | {"critical change value and resolution", "the other register stands still"}
)
#: A reactive register beside its standard: 1150 var for 640 s are 204.44 varh; class 2 allows 2 %, 4.09 varh.
REACTIVE: Mapping[str, Any] = {
    "point": {
        "id": "In-sin1",
        "current": "In",
        "current_a": 5.0,
        "voltage_v": 230.0,
        "frequency_hz": 50.0,
        "pf": "sin 1",
        "lag_deg": 90.0,
        "load": "balanced",
    },
    "method": "register",
    "register_before_varh": 100.0,
    "register_after_varh": 304.44,
    "other_before_varh": 7.0,
    "other_after_varh": 7.0,
    "register_resolution_varh": 0.01,
    "duration_s": 640.0,
    "reading_s": 0.6,
    "reactive_power_var": [1150.0, 1150.0],
    "standard": {"uncertainty_pct": 0.01, "class_pct": 0.02},
    "conditions": {"voltage_v": 230.0, "frequency_hz": 50.0},
}
PASSED, FAILED, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE
ERROR, INAPPLICABLE = Outcome.ERROR, Outcome.INAPPLICABLE


def token_entry(situation: str, gained_wh: float = 0.0, **changes: Any) -> dict[str, Any]:
    """29 least units of 100 Wh, entered at the gateway."""
    return {
        "what": situation,
        "situation": situation,
        "carrier": "gateway",
        "token": {"kind": "TransferCredit", "least_units": 29},
        "explained": False,
        "action_result": "success",
        "credit_before_wh": 1000.0,
        "credit_after_wh": 1000.0 + gained_wh,
        "credit_resolution_wh": 1.0,
        **changes,
    }


def said(
    judge: str,
    *data: Mapping[str, Any],
    requirement: Requirement = RULE,
    plan: PlanRules | None = None,
    utc: str = "",
    **sections: Any,
) -> Judgement:
    """Let the newest version of a judge judge these data under a declaration in which ``sections`` are changed."""
    seen = [
        Observation(id=f"O{number}", case="c", position="1", kind="k", time_s=0.0, utc=utc, data=item)
        for number, item in enumerate(data, 1)
    ]
    lists = {name: rows for name, rows in sections.items() if isinstance(rows, list)}
    parts = {name: rows for name, rows in sections.items() if name not in lists}
    declaration = Declaration.from_json({**declared(**parts), **lists})
    context = Context(declaration=declaration, plan=plan or PlanRules())
    return sound(judge_by_id(latest(judge))(seen, requirement, context))


def sound(found: Judgement) -> Judgement:
    """Return a judgement that any reader of verdicts can take: known unit and rule, a reason where it is not met."""
    assert found.reason or found.outcome is PASSED
    assert found.unit in UNITS
    assert found.decision_rule in RULES
    if found.measured is None and found.limit is None:
        assert not found.unit, "a unit of nothing"
    return found


def changed(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy with facts changed: "readings.0.time" names the time of the first reading."""
    whole: Any = {"": copy.deepcopy(dict(data))}
    for path, value in changes.items():
        place, names = whole[""], path.split(".")
        for name in names[:-1]:
            place = place[int(name)] if isinstance(place, list) else place[name]
        last: Any = int(names[-1]) if isinstance(place, list) else names[-1]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    made: dict[str, Any] = whole[""]
    return made


def octets(utc: str, deviation_min: int | None = -60, status: int | None = 0) -> str:
    """Return what a clock writes at an instant; without deviation ``utc`` is its local time."""
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    written = DateTime.from_datetime(at, deviation_min=deviation_min or 0, status=status or 0).to_bytes()
    if deviation_min is None:
        written = written[:9] + bytes.fromhex("8000") + written[11:]
    if status is None:
        written = written[:11] + b"\xff"
    return written.hex()
