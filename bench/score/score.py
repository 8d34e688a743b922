"""The tester's own score: every known defect on both configurations, found or not, and for which reason."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from typing import Any

from bench.errors import BenchFault
from bench.score.row import Grade, Result, Row
from bench.score.trial import run_trial

CONFIGURATIONS = ("c1", "c2")
#: Expectations that no trial can be made for.
UNTRIED = frozenset({"N/A", ""})
#: One trial in so many runs every suite, whatever the layer.
EVERYTHING_SHARE = 10


def catalogue() -> list[dict[str, Any]]:
    """Return the catalogue of defects, as the laboratory's side prints it."""
    done = subprocess.run(
        [sys.executable, "-m", "reference_meter.defects"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchFault("The catalogue of defects cannot be read.", remedy=done.stderr.strip()[-200:])
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def rows_of(
    listed: Iterable[dict[str, Any]],
    *,
    ids: Sequence[str] = (),
    configurations: Sequence[str] = CONFIGURATIONS,
) -> list[Row]:
    """Return one row per defect and configuration that an expectation exists for."""
    return [
        Row(
            id=item["id"],
            title=item["title"],
            layer=item["layer"],
            severity=item.get("severity", ""),
            evidence_letter=item.get("evidence_letter", ""),
            configuration=configuration,
            expected=item.get(f"expected_{configuration}", ""),
            topics=frozenset(filter(None, item.get("topics", "").split(";"))),
            built=bool(item["built"]),
        )
        for item in listed
        for configuration in configurations
        if (not ids or item["id"] in ids) and item.get(f"expected_{configuration}", "") not in UNTRIED
    ]


def clean_rows(configurations: Sequence[str] = CONFIGURATIONS) -> list[Row]:
    """Return the clean meters, which nothing may fail."""
    return [
        Row(
            id="",
            title="clean meter",
            layer="",
            severity="",
            evidence_letter="",
            configuration=configuration,
            expected="CONFORMING",
            topics=frozenset(),
            built=True,
        )
        for configuration in configurations
    ]


def score(
    rows: Sequence[Row], *, jobs: int, seed: int, done: Callable[[Result], None], all_suites: bool = False
) -> list[Result]:
    """Try every row, ``jobs`` at a time; rows that are not built yet are missed without a trial."""
    chance = random.Random(seed)  # noqa: S311  # a sample, not a secret
    everything = {
        id(row): all_suites or not row.id or chance.randrange(EVERYTHING_SHARE) == 0 for row in rows
    }
    results = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = {}
        for row in rows:
            if row.built:
                waiting[pool.submit(run_trial, row, seed=seed, everything=everything[id(row)])] = row
            else:
                results.append(
                    Result(row=row, grade=Grade.MISSED, note="the reference meter cannot be built with it")
                )
                done(results[-1])
        for finished in as_completed(waiting):
            results.append(finished.result())
            done(results[-1])
    order = {(row.id, row.configuration): index for index, row in enumerate(rows)}
    return sorted(results, key=lambda result: order[result.row.id, result.row.configuration])


def totals(results: Iterable[Result]) -> str:
    """Return the last line: ``S strict, L loose, M missed, F false alarms, E errors``."""
    counts = Counter(result.grade for result in results)
    return (
        f"{counts[Grade.STRICT]} strict, {counts[Grade.LOOSE]} loose, {counts[Grade.MISSED]} missed, "
        f"{counts[Grade.FALSE_ALARM]} false alarms, {counts[Grade.ERROR]} errors"
    )


def as_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Return the results as JSON values."""
    return [
        {
            **asdict(result),
            "grade": result.grade.value,
            "row": {**asdict(result.row), "topics": sorted(result.row.topics)},
        }
        for result in results
    ]
