"""Allure 2 result files, written from the record: the record is the source, Allure is a view.

One result per verdict, one per verdict that was wanted and never given, and one per error curve. A curve
has no status of its own, so that no failure counts twice.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from bench.record.coverage import Wanted
from bench.record.exchange import Exchange
from bench.record.model import Outcome, Verdict
from reports import allure_words as words
from reports.allure_words import Json, digest, label
from reports.citation import clause_text, document_text
from reports.curve_points import ErrorCurve, load_point_name
from reports.error_curve import error_curve_svg
from reports.evidence import frames_text, observation_json
from reports.outcome_style import STYLES
from reports.quantities import limit_text, measured_text, u95_text
from reports.run_metrics import metric_samples
from reports.run_view import RunView
from reports.sections.heading import caveat, meter_title
from reports.summary import Summary

#: Every result and attachment carries this prefix: rendering again replaces our files and nobody else's.
_PREFIX = "meterbench-"
#: Verdicts that share evidence follow each other: so many attachments are kept for the next one.
_SHARED_MAX = 16


class AllureResults:
    """Writes the result files of one run into ``folder``."""

    def __init__(self, view: RunView, folder: Path) -> None:
        self._view = view
        self._folder = folder
        self._contents: dict[str, str] = {}
        self._drawings: dict[int, str] = {}
        self._n_attachments = 0
        self._repeats: Counter[tuple[str, int]] = Counter()
        self._n_results = 0
        self._begin_ms = _milliseconds(str(view.session.get("started_utc", ""))) or 0

    def write(self, summary: Summary, drawn: Sequence[ErrorCurve]) -> None:
        """Write everything; files of an earlier rendering are removed first."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for stale in self._folder.glob(f"{_PREFIX}*"):
            stale.unlink()
        drawn = [curve for curve in drawn if len(curve.points) > 1]  # one point makes no curve
        curve_of = {id(point.verdict): curve for curve in drawn for point in curve.points}
        for verdict in self._view.verdicts:
            self._save_result(self._verdict(verdict, curve_of.get(id(verdict))))
        for curve in drawn:
            self._save_result(self._curve(curve))
        for want in summary.unanswered:
            self._save_result(self._unanswered(want))
        if self._view.incomplete or self._view.damaged:
            self._save_result(self._alarm(summary))
        self._save(f"{_PREFIX}perf.json", _dumped(metric_samples(self._view, summary, self._begin_ms)))
        self._save("categories.json", _dumped(words.categories()))
        self._save("executor.json", _dumped(self._executor()))
        self._save("environment.properties", words.properties(self._environment(summary)))

    def _verdict(self, verdict: Verdict, curve: ErrorCurve | None) -> Json:
        requirement = verdict.requirement
        test = digest(verdict.case, document_text(requirement), requirement.clause, verdict.judge)
        frames = self._view.frames_of(verdict)
        start, stop = self._times(verdict, frames)
        result = self._result(
            case=verdict.case,
            position=verdict.position,
            name=load_point_name(self._view, verdict),
            test=test,
            status=STYLES[verdict.outcome].allure,
            message=words.message(verdict),
            start=start,
            stop=stop,
            attempt=verdict.attempt,
        )
        result["description"] = words.description(verdict)
        result["labels"] += [
            label("epic", document_text(requirement)),
            label("feature", f"clause {clause_text(requirement)}"),
            label("story", verdict.case),
            label("severity", words.SEVERITY[requirement.kind]),
            label("outcome", verdict.outcome.value),
            label("topic", requirement.topic.value),
            label("tag", requirement.kind.value),
            label("tag", f"source {requirement.status}"),
        ]
        if verdict.outcome in (Outcome.CONDITIONAL_PASS, Outcome.CONDITIONAL_FAIL):
            result["labels"] += [label("conditional", verdict.outcome.value), label("tag", "conditional")]
        if not requirement.confirmed:
            result["labels"].append(label("tag", "provisional"))
        # Numbers and the serial number change from meter to meter: they must not enter a history key.
        shown = (
            ("limit", limit_text(verdict)),
            ("measured", measured_text(verdict)),
            ("u95", u95_text(verdict)),
            ("serial number", verdict.serial_number),
        )
        result["parameters"] += [
            {"name": name, "value": value, "excluded": True} for name, value in shown if value
        ]
        result["attachments"] = self._evidence(verdict, frames, curve)
        return result

    def _curve(self, curve: ErrorCurve) -> Json:
        times = [self._times(point.verdict, self._view.frames_of(point.verdict)) for point in curve.points]
        result = self._result(
            case="accuracy/error_curve",
            position=curve.position,
            name=curve.name,
            test=digest("curve", curve.power_factor, curve.load, curve.document, curve.kind.value),
            status="unknown",
            message=f"A drawing of {len(curve.points)} points; the verdicts are at the points.",
            start=min(start for start, _ in times),
            stop=max(stop for _, stop in times),
        )
        result["labels"] += [
            label("epic", curve.document),
            label("feature", f"clause {curve.clauses[0] or 'uncertain'}"),
            label("story", "curve"),
        ]
        result["attachments"] = [self._drawing(curve)]
        return result

    def _unanswered(self, want: Wanted) -> Json:
        result = self._result(
            case=want.case,
            position=want.position,
            name="",
            test=digest("unanswered", want.case),
            status="skipped",
            message=f"{words.NOT_RUN}: wanted by the plan, but the record holds no verdict.",
            start=self._begin_ms,
            stop=self._begin_ms,
        )
        result["labels"] += [label("story", want.case), label("outcome", Outcome.NOT_RUN.value)]
        return result

    def _alarm(self, summary: Summary) -> Json:
        """Return a result that keeps an incomplete or damaged record from looking clean."""
        what = "Incomplete run" if self._view.incomplete else "Damaged record"
        problems = "; ".join(self._view.problems)
        return self._result(
            case="run/complete",
            position="",
            name=what.upper(),
            test=digest("run/complete"),
            status="broken",
            message=f"{words.BENCH_FAULT}: {what.lower()}, {summary.coverage}. {problems}.",
            start=self._begin_ms,
            stop=self._begin_ms,
        )

    def _result(
        self,
        *,
        case: str,
        position: str,
        name: str,
        test: str,
        status: str,
        message: str,
        start: int,
        stop: int,
        attempt: int = 1,
    ) -> Json:
        """Return what all results share. ``test`` is the same for every meter and position, the history
        key for every meter at one position; a second result of one attempt gets a history of its own."""
        several = self._view.several_positions and position
        suite, _, rest = case.partition("/")
        history = digest(test, position)
        self._repeats[history, attempt] += 1
        if self._repeats[history, attempt] > 1:
            history = digest(history, str(self._repeats[history, attempt]))
        self._n_results += 1
        shown = name or rest or case
        return {
            "uuid": str(uuid5(NAMESPACE_URL, f"{self._view.run_id}/{self._n_results}")),
            "name": f"{shown} [position {position}]" if several else shown,
            "fullName": f"{case} [position {position}]" if position else case,
            "historyId": history,
            "testCaseId": test,
            "titlePath": case.split("/")[:-1],
            "status": status,
            "statusDetails": {"message": message} if message else {},
            "stage": "finished",
            "start": start,
            "stop": stop,
            "labels": [
                label("parentSuite", suite),
                *([label("suite", rest.partition("/")[0])] if "/" in rest else []),
                *([label("subSuite", f"position {position}")] if several else []),
                label("framework", "meterbench"),
                label("language", "python"),
            ],
            "parameters": [{"name": "position", "value": position}] if position else [],
            "attachments": [],
            "links": [],
            "steps": [],
        }

    def _evidence(self, verdict: Verdict, frames: Sequence[Exchange], curve: ErrorCurve | None) -> list[Json]:
        attachments = [] if curve is None else [self._drawing(curve)]
        attachments += [
            self._attach(
                f"observation {seen.id}", "json", "application/json", partial(observation_json, seen)
            )
            for seen in self._view.observations_of(verdict)
        ]
        if frames:
            span = f"{frames[0].id} to {frames[-1].id}" if len(frames) > 1 else frames[0].id
            key = " ".join(frame.id for frame in frames)
            attachments.append(
                self._attach(f"frames {span}", "txt", "text/plain", partial(frames_text, frames), key)
            )
        return attachments

    def _drawing(self, curve: ErrorCurve) -> Json:
        """Return the entry of a curve; it is drawn once, however many points show it."""
        if id(curve) not in self._drawings:
            self._drawings[id(curve)] = error_curve_svg(curve)
        key = f"{curve.position}/{curve.power_factor}/{curve.load}/{curve.document}/{curve.kind}"
        return self._attach(
            curve.name, "svg", "image/svg+xml", partial(self._drawings.__getitem__, id(curve)), key
        )

    def _attach(
        self, name: str, ending: str, media_type: str, make: Callable[[], str], key: str = ""
    ) -> Json:
        """Return the entry of an attachment. Each result has a file of its own, even where results share the
        evidence: Allure 3 gives a file to the first result that names it, and the others miss it."""
        key = f"{ending}/{key or name}"
        if key not in self._contents:
            while len(self._contents) >= _SHARED_MAX:
                del self._contents[next(iter(self._contents))]
            self._contents[key] = make()
        self._n_attachments += 1
        unique = uuid5(NAMESPACE_URL, f"{self._view.run_id}/{key}/{self._n_attachments}")
        source = f"{_PREFIX}{unique}-attachment.{ending}"
        self._save(source, self._contents[key])
        return {"name": name, "source": source, "type": media_type}

    def _times(self, verdict: Verdict, frames: Sequence[Exchange]) -> tuple[int, int]:
        """Return first evidence and verdict in Unix milliseconds, by the clock of the bench."""
        stop = _milliseconds(verdict.utc)
        if stop is None:
            stop = self._begin_ms + round(verdict.time_s * 1000)
        seen_s = [seen.time_s for seen in self._view.observations_of(verdict)]
        seen_s += [frame.t_s for frame in frames]
        lasted_s = max(0.0, verdict.time_s - min(seen_s, default=verdict.time_s))
        return stop - round(lasted_s * 1000), stop

    def _environment(self, summary: Summary) -> list[tuple[str, str]]:
        view = self._view
        software, plan, rig = view.section("software"), view.section("plan"), view.section("rig")
        rows = [
            ("Statement", caveat(view)),
            ("Run", view.run_id + (" (INCOMPLETE)" if view.incomplete else "")),
            ("Coverage", summary.coverage),
            ("Meter", meter_title(view)),
            ("Bench", str(rig.get("name", ""))),
            ("Plan", str(plan.get("name", ""))),
            ("Decision.Rule", str(plan.get("decision_rule", ""))),
            ("Seed", str(view.session.get("seed", ""))),
            ("Software", f"{software.get('name', '')} {software.get('version', '')}".strip()),
        ]
        rows += [
            (f"Position.{p.get('name')}.Serial", str(p.get("serial_number", ""))) for p in view.positions
        ]
        rows += [
            (f"Instrument.{i.get('name')}", f"{i.get('identity', '')}, due {_due(i)}".strip(", "))
            for i in rig.get("instruments", ())
        ]
        return rows

    def _executor(self) -> Json:
        rig = self._view.section("rig")
        return {
            "name": str(rig.get("name", "meterbench")),
            "type": "meterbench",
            "buildName": self._view.run_id,
            "reportName": f"{meter_title(self._view)}: {caveat(self._view)}",
        }

    def _save_result(self, result: Json) -> None:
        self._save(f"{_PREFIX}{result['uuid']}-result.json", _dumped(result))

    def _save(self, name: str, content: str) -> None:
        with open(f"{self._folder}/{name}", "wb", buffering=0) as file:  # thousands of small files
            file.write(content.encode())


def _due(instrument: Json) -> str:
    calibration = instrument.get("calibration") or {}
    return str(calibration.get("due", "not recorded"))


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _milliseconds(utc: str) -> int | None:
    """Return an ISO instant as Unix milliseconds; None where it is not one. No zone means UTC."""
    try:
        moment = datetime.fromisoformat(utc)
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
