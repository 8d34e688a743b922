"""Our own numbers of a run, for a trend over many: how far out, how close to the limit, how hard the link was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.record.model import Outcome
from reports.quantities import limit_pct
from reports.run_view import RunView
from reports.summary import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a number is called; ``better`` says which way is good."""

    key: str
    title: str
    unit: str
    better: str


METRICS = (
    Metric(
        key="largest-share", title="Largest error of indication, share of its limit", unit="%", better="lower"
    ),
    Metric(
        key="smallest-margin", title="Smallest margin to a limit of error", unit="% error", better="higher"
    ),
    Metric(key="largest-u95", title="Largest expanded uncertainty", unit="% error", better="lower"),
    Metric(key="given-share", title="Verdicts given of those wanted", unit="%", better="higher"),
    Metric(key="failed", title="Verdicts FAILED", unit="verdicts", better="lower"),
    Metric(key="undecided", title="Verdicts ERROR or INCONCLUSIVE", unit="verdicts", better="lower"),
)


def metric_values(view: RunView, summary: Summary) -> Mapping[str, float]:
    """Return the numbers this run has, by key; one that it cannot give is left out, never zero."""
    values: dict[str, float] = {
        "failed": float(summary.count(Outcome.FAILED)),
        "undecided": float(summary.count(Outcome.ERROR) + summary.count(Outcome.INCONCLUSIVE)),
    }
    if summary.n_wanted:
        values["given-share"] = 100.0 * summary.n_given / summary.n_wanted
    judged = [
        (abs(verdict.measured), limit)
        for verdict in view.verdicts
        if verdict.unit == "%"
        and isinstance(verdict.measured, int | float)
        and (limit := limit_pct(verdict)) is not None
    ]
    if judged:
        values["largest-share"] = max(100.0 * error / limit for error, limit in judged)
        values["smallest-margin"] = min(limit - error for error, limit in judged)
    uncertainties = [item.u95 for item in view.verdicts if item.unit == "%" and item.u95 is not None]
    if uncertainties:
        values["largest-u95"] = max(uncertainties)
    return values


def metric_samples(view: RunView, summary: Summary, at_ms: int) -> list[dict[str, Any]]:
    """Return the numbers as Allure reads them from a ``*-perf.json`` file."""
    return [
        {"id": f"{view.run_id}/{key}", "key": key, "value": round(value, 6), "start": at_ms, "stop": at_ms}
        for key, value in metric_values(view, summary).items()
    ]
