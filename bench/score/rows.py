"""Which rows are scored: the catalogue's, clean meters, defects from outside, pairs, and a sample of them all."""

from __future__ import annotations

import json
import random
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.errors import BenchFault, PlanError
from bench.record.model import Outcome, Topic
from bench.score.processes import PYTHON
from bench.score.row import Row

CONFIGURATIONS = ("c1", "c2")
#: Expectations that no trial can be made for.
UNTRIED = frozenset({"N/A", ""})
EXPECTATIONS = frozenset({"FAILED", "ADVISORY", "CONFORMING", "INCONCLUSIVE"})


def catalogue() -> list[dict[str, Any]]:
    """Return the catalogue of defects, as the laboratory's side prints it."""
    done = subprocess.run(  # noqa: S603  # our own interpreter and module
        [*PYTHON, "-m", "reference_meter.defects"], capture_output=True, text=True, check=False
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
            defects=(item["id"],),
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


def outside_rows(spec: str, configurations: Sequence[str] = CONFIGURATIONS) -> list[Row]:
    """Return the rows of ``FILE.py:NAME[=EXPECTED[:TOPIC,TOPIC...]]``: FAILED in any topic where nothing is said.

    Raises PlanError for a file, an expectation or a topic that does not exist.
    """
    place, _, expectation = spec.partition("=")
    expected, _, listed = expectation.partition(":")
    expected = expected or "FAILED"
    topics = frozenset(filter(None, listed.split(",")))
    file, colon, name = place.rpartition(":")
    path = Path(file)
    if not colon or path.suffix != ".py" or not path.is_file():
        raise PlanError(
            f'"{place}" is no defect from outside.', remedy="Write FILE.py:NAME of a file that exists."
        )
    if expected not in EXPECTATIONS:
        raise PlanError(
            f'"{expected}" is no expectation.', remedy=f"There are {', '.join(sorted(EXPECTATIONS))}."
        )
    unknown = topics - {str(topic) for topic in Topic}
    if unknown:
        raise PlanError(
            f"There is no topic {', '.join(sorted(unknown))}.",
            remedy=f"There are {', '.join(str(topic) for topic in Topic)}.",
        )
    return [
        Row(
            id=f"{path.name}:{name}",
            title="from outside",
            layer="",
            severity="",
            evidence_letter="",
            configuration=configuration,
            expected=expected,
            topics=topics if expected == str(Outcome.FAILED) else frozenset(),
            built=True,
            defects=(f"{path.resolve()}:{name}",),
        )
        for configuration in configurations
    ]


def pairs_of(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """Return ``count`` pairs of built FAILED rows of different layers whose topics have nothing in common.

    Only then can a run show that both were reported. Fewer where there are not so many.
    """
    chance = random.Random(seed)  # noqa: S311  # a sample, not a secret
    able = [row for row in rows if row.expected == "FAILED" and row.built and row.topics]
    every = [
        (first, second)
        for index, first in enumerate(able)
        for second in able[index + 1 :]
        if first.configuration == second.configuration
        and first.layer != second.layer
        and not first.topics & second.topics
    ]
    return [_pair(*both) for both in chance.sample(every, min(count, len(every)))]


def _pair(first: Row, second: Row) -> Row:
    return replace(
        first,
        id=f"{first.id}+{second.id}",
        title=f"{first.title}; {second.title}",
        layer="2nd",
        layers=(first.layer, second.layer),
        severity="",
        evidence_letter="",
        topics=first.topics | second.topics,
        defects=(*first.defects, *second.defects),
        demands=(first.topics, second.topics),
    )


def sample_of(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """Return ``count`` rows drawn by ``seed``, of every layer in turn, in the order of ``rows``."""
    chance = random.Random(seed)  # noqa: S311
    layers: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        layers[row.layer].append(index)
    for indices in layers.values():
        chance.shuffle(indices)
    chosen: list[int] = []
    while any(layers.values()) and len(chosen) < count:
        for indices in layers.values():
            if indices and len(chosen) < count:
                chosen.append(indices.pop())
    return [rows[index] for index in sorted(chosen)]
