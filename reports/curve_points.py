"""The points of error curves, gathered from load-point observations and the verdicts on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.record.model import Kind, Outcome, Topic, Verdict
from reports.citation import document_text
from reports.quantities import limit_pct
from reports.run_view import RunView

LOAD_POINT_JUDGE = "accuracy.load-point/"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One measured error: ``token`` is the current as the standard writes it (0.1 Ib), errors in per cent."""

    current_a: float
    token: str
    error_pct: float
    u95_pct: float | None
    limit_pct: float | None
    outcome: Outcome
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCurve:
    """Points of one position, power factor and kind of load, judged against one document; rising current.

    ``n_unmeasured`` counts verdicts of the curve that carry no error.
    """

    position: str
    power_factor: str
    load: str
    document: str
    kind: Kind
    points: tuple[CurvePoint, ...]
    n_unmeasured: int

    @property
    def name(self) -> str:
        load = "" if self.load in ("", "balanced") else f", {self.load}"
        return f"Error curve, PF {self.power_factor}{load}"

    @property
    def statuses(self) -> tuple[str, ...]:
        """The source status words of the limits drawn."""
        return tuple(dict.fromkeys(point.verdict.requirement.status for point in self.points))

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(point.verdict.requirement.clause for point in self.points))


_Key = tuple[str, str, str, str, Kind]


def error_curves(view: RunView) -> tuple[ErrorCurve, ...]:
    """Return the error curves of a run, by position, then power factor 1, inductive, capacitive."""
    points: dict[_Key, list[CurvePoint]] = {}
    unmeasured: dict[_Key, int] = {}
    for verdict in view.verdicts:
        if verdict.requirement.topic is not Topic.ACCURACY or not verdict.judge.startswith(LOAD_POINT_JUDGE):
            continue  # other verdicts on the same readings measure a scatter or a difference, not an error
        load_point = _load_point(view, verdict)
        if load_point is None:
            continue
        requirement = verdict.requirement
        key = (
            verdict.position,
            str(load_point.get("pf", "")),
            _load_name(load_point),
            document_text(requirement),
            requirement.kind,
        )
        gathered = points.setdefault(key, [])
        current_a = load_point.get("current_a")
        if isinstance(verdict.measured, int | float) and isinstance(current_a, int | float) and current_a > 0:
            gathered.append(
                CurvePoint(
                    current_a=float(current_a),
                    token=str(load_point.get("current", "")),
                    error_pct=float(verdict.measured),
                    u95_pct=verdict.u95,
                    limit_pct=limit_pct(verdict),
                    outcome=verdict.outcome,
                    verdict=verdict,
                )
            )
        else:
            unmeasured[key] = unmeasured.get(key, 0) + 1
    order = {name: index for index, name in enumerate(dict.fromkeys(key[0] for key in points))}
    return tuple(
        ErrorCurve(
            position=key[0],
            power_factor=key[1],
            load=key[2],
            document=key[3],
            kind=key[4],
            points=tuple(sorted(gathered, key=lambda point: point.current_a)),
            n_unmeasured=unmeasured.get(key, 0),
        )
        for key, gathered in sorted(points.items(), key=lambda item: (order[item[0][0]], _rank(item[0])))
        if gathered
    )


def load_point_name(view: RunView, verdict: Verdict) -> str:
    """Return ``0.1 Ib, PF 0.5 ind`` for a verdict on a load point, else an empty string."""
    load_point = _load_point(view, verdict)
    if load_point is None:
        return ""
    load = _load_name(load_point)
    name = f"{load_point.get('current', '')}, PF {load_point.get('pf', '')}"
    return name if load in ("", "balanced") else f"{name}, {load}"


def _load_name(load_point: Mapping[str, Any]) -> str:
    """Return ``balanced``, or ``single-phase L1`` with the element that carries the current."""
    element = load_point.get("element")
    return f"{load_point.get('load', '')}" + (f" L{element}" if element is not None else "")


def _load_point(view: RunView, verdict: Verdict) -> Mapping[str, Any] | None:
    for observation in view.observations_of(verdict):
        point = observation.data.get("point")
        if observation.kind == "load-point" and isinstance(point, Mapping):
            return point
    return None


def _rank(key: _Key) -> tuple[bool, bool, float, str, str]:
    """Order curves: balanced before single loads, PF 1 first, inductive before capacitive, then falling."""
    number, _, side = key[1].partition(" ")
    try:
        power_factor = float(number)
    except ValueError:
        power_factor = 0.0
    return (key[2] not in ("", "balanced"), side.startswith("cap"), -power_factor, key[2], key[3])
