"""Clean meters of every kind: none may be FAILED, and those near a limit are conditional as often as chance says.

What was drawn is the laboratory's secret in a trial; afterwards it is asked for, and the true errors it tells give the
probability of each verdict on a load point: the bench's error is normal with half the verdict's expanded uncertainty.
"""

from __future__ import annotations

import importlib.util
import json
import math
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.errors import BenchFault
from bench.metrology.decision import DecisionRule
from bench.metrology.operating import probability
from bench.record.model import Outcome, Verdict
from bench.score.processes import PYTHON, Starter
from bench.score.row import Row
from bench.score.trial import PRODUCT, NoLaboratory, Trial, kept_starter, verdicts_of

_LOAD_POINT = "accuracy/load_point/"
_POINT = re.compile(r"(?P<current>.+)-pf(?P<pf>[\d.]+)(?P<side>ind|cap)?$")
#: How far a count may lie from what chance predicts, in standard deviations, and what a handful may always differ by.
SIGMAS, SLACK = 3.0, 1.0
CONDITIONAL = frozenset({Outcome.CONDITIONAL_PASS, Outcome.CONDITIONAL_FAIL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """What became of one drawn meter.

    ``alarms``: FAILED verdicts that nothing explains; ``at_limit``: FAILED load points of a meter near its limit;
    ``conditional``: whether a load point was conditional; the probabilities are what chance says of these two.
    """

    name: str
    product: str
    near: str
    worst_share: float
    alarms: tuple[str, ...]
    errors: tuple[str, ...]
    at_limit: bool
    conditional: bool
    p_failed: float
    p_conditional: float

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**found, "alarms": list(self.alarms), "errors": list(self.errors)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Clean:
        """Return it as ``to_json`` wrote it."""
        known = {name: data[name] for name in cls.__dataclass_fields__}
        return cls(**{**known, "alarms": tuple(data["alarms"]), "errors": tuple(data["errors"])})


def drawn_trial(seed: int, number: int) -> Trial:
    """Return the trial of one drawn meter; odd numbers are single-phase meters, even ones three-phase meters."""
    name = f"clean_{seed}_{number}"
    row = Row(
        id=name,
        title="a conforming meter, drawn",
        layer="",
        severity="",
        evidence_letter="",
        configuration="c1" if number % 2 else "c2",
        expected="CONFORMING",
        topics=frozenset(),
        built=True,
        defects=(f"{_drawn_file()}:{name}",),
    )
    return Trial(row=row, seed=number, everything=True)


def run_clean(seed: int, number: int, suites: Sequence[str] = (), processes: Starter | None = None) -> Clean:
    """Try one drawn meter. Raises nothing: what went wrong stands in ``errors``."""
    trial = drawn_trial(seed, number)
    if suites:
        trial = replace(trial, only=tuple(suites))

    def lost(trouble: str) -> Clean:
        return Clean(
            name=trial.row.id,
            product=PRODUCT[trial.row.configuration],
            near="",
            worst_share=0.0,
            alarms=(),
            errors=(trouble,),
            at_limit=False,
            conditional=False,
            p_failed=0.0,
            p_conditional=0.0,
        )

    try:
        verdicts = verdicts_of(trial, processes or kept_starter())
        facts = described(seed, number, PRODUCT[trial.row.configuration])
    except (NoLaboratory, TimeoutError, BenchFault, OSError) as trouble:
        return lost(f"{type(trouble).__name__}: {trouble}")
    return judged(trial.row.id, verdicts, facts) if verdicts else lost("the run gave no verdict")


def judged(name: str, verdicts: Sequence[Verdict], facts: Mapping[str, Any]) -> Clean:
    """Compare the verdicts with what the true errors predict."""
    alarms, at_limit, conditional = [], False, False
    p_failed = p_conditional = 0.0
    for verdict in verdicts:
        predicted = _predicted(verdict, facts)
        if predicted is not None:
            p_failed, p_conditional = max(p_failed, predicted[0]), max(p_conditional, predicted[1])
            conditional |= verdict.outcome in CONDITIONAL
        if verdict.outcome is Outcome.FAILED:
            if predicted is not None and facts["near"]:
                at_limit = True
            else:
                alarms.append(f"{verdict.case}: {verdict.reason[:160]}")
    return Clean(
        name=name,
        product=facts["product"],
        near=facts["near"],
        worst_share=facts["worst_share"],
        alarms=tuple(alarms),
        errors=tuple(
            f"{item.case}: {item.reason[:160]}" for item in verdicts if item.outcome is Outcome.ERROR
        ),
        at_limit=at_limit,
        conditional=conditional,
        p_failed=p_failed,
        p_conditional=p_conditional,
    )


def agrees(found: Sequence[Clean]) -> tuple[bool, list[str]]:
    """Tell whether the drawn meters were treated as chance says; the sentences say how."""
    said, good = [], True
    for what, seen, chances in (
        ("FAILED at the limit", [item.at_limit for item in found], [item.p_failed for item in found]),
        ("conditional", [item.conditional for item in found], [item.p_conditional for item in found]),
    ):
        expected = math.fsum(chances)
        sigma = math.sqrt(math.fsum(p * (1.0 - p) for p in chances))
        fits = abs(sum(seen) - expected) <= SIGMAS * sigma + SLACK
        good &= fits
        said.append(
            f"{what}: {sum(seen)} of {len(found)} meters, predicted {expected:.1f} ± {sigma:.1f}"
            + ("" if fits else "  (does not fit)")
        )
    return good, said


def described(seed: int, number: int, product: str) -> dict[str, Any]:
    """Return what was drawn, as the laboratory's side tells it."""
    done = subprocess.run(  # noqa: S603  # our own interpreter and module
        [*PYTHON, "-m", "reference_meter.products.drawn", str(seed), str(number), product],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchFault("What was drawn cannot be read.", remedy=done.stderr.strip()[-200:])
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def true_error_pct(facts: Mapping[str, Any], *, current_a: float, lag_deg: float) -> float:
    """Return the error of accuracy.md 5.3 at a balanced load, %: (1 + g) cos(phi + d)/cos(phi) + P_off/P - 1."""
    plate = facts["nameplate"]
    phi, extra = math.radians(lag_deg), math.radians(facts["extra_lag_deg"])
    elements = facts["element_gain_pct"] or [0.0]
    gain = facts["gain_pct"] / 100.0
    gains = math.fsum((1.0 + gain) * (1.0 + own / 100.0) for own in elements) / len(elements)
    power_w = plate["voltage_v"] * current_a * math.cos(phi)
    return float(100.0 * (gains * math.cos(phi + extra) / math.cos(phi) + facts["offset_w"] / power_w - 1.0))


def _predicted(verdict: Verdict, facts: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the probabilities of FAILED and of a conditional verdict on a load point; None for other cases."""
    if not verdict.case.startswith(_LOAD_POINT) or not isinstance(verdict.limit, int | float):
        return None
    point = _POINT.match(verdict.case.removeprefix(_LOAD_POINT))
    if point is None or verdict.u95 is None:
        return None
    current_a = _current_a(point["current"], facts["nameplate"])
    if current_a is None:
        return None
    lag_deg = math.degrees(math.acos(float(point["pf"]))) * (-1.0 if point["side"] == "cap" else 1.0)
    error = true_error_pct(facts, current_a=current_a, lag_deg=lag_deg)
    rule = DecisionRule(verdict.decision_rule)
    return tuple(  # type: ignore[return-value]
        probability(error, float(verdict.limit), verdict.u95, rule, words)
        for words in (("rejected",), ("conditionally accepted", "conditionally rejected"))
    )


def _current_a(word: str, plate: Mapping[str, Any]) -> float | None:
    """Return the current a load point's id means: ``0.05Ib``, ``Imax``, ``10Itr``, ``Imin``."""
    basic = plate["basic_current_a"]
    units = {
        "Imax": plate["maximum_current_a"],
        "Ib": basic,
        "In": basic,
        "Itr": basic / 10,
        "Imin": basic / 20,
    }
    for unit, ampere in units.items():
        if word.endswith(unit):
            factor = word.removesuffix(unit) or "1"
            return float(factor) * ampere if re.fullmatch(r"[\d.]+", factor) else None
    return None


def _drawn_file() -> Path:
    found = importlib.util.find_spec("reference_meter")
    if found is None or not found.submodule_search_locations:
        raise BenchFault("The reference meter is not installed.", remedy="Install meterbench again.")
    return Path(found.submodule_search_locations[0]) / "products" / "drawn.py"
