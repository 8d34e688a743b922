"""The tester's own score: every known defect on both configurations, found or not, and for which reason."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Protocol

from bench.score.row import FROM_BEST, Grade, Result, Row
from bench.score.state import State
from bench.score.trial import Trial, run_trial

#: One trial in so many runs every suite, whatever the layer.
EVERYTHING_SHARE = 10
NOT_BUILT = "the reference meter cannot be built with it"


class Workers(Protocol):
    """Who runs trials: the cores of this machine, or a farm."""

    def results(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, Result]]:
        """Yield each trial with its result, as they end."""


class Cores:
    """``jobs`` trials at a time on this machine."""

    def __init__(self, jobs: int, run: Callable[[Trial], Result] = run_trial) -> None:
        self._jobs, self._run = jobs, run

    def results(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, Result]]:
        """Yield each trial with its result, as they end."""
        pool = ThreadPoolExecutor(max_workers=self._jobs)
        try:
            waiting = {pool.submit(self._run, trial): trial for trial in trials}
            for finished in as_completed(waiting):
                yield waiting[finished], finished.result()
        finally:
            pool.shutdown(cancel_futures=True)


def trials_of(
    rows: Sequence[Row],
    seeds: Sequence[int],
    *,
    choice_seed: int,
    all_suites: bool = False,
    files: Mapping[str, str] | None = None,
) -> list[Trial]:
    """Return one trial a row and seed; clean meters and a random tenth run every suite."""
    chance = random.Random(choice_seed)  # noqa: S311  # a sample, not a secret
    return [
        Trial(
            row=row,
            seed=seed,
            everything=chance.randrange(EVERYTHING_SHARE) == 0 or all_suites or not row.layer,
            files=tuple((files or {}).items()) if row.defects else (),
        )
        for seed in seeds
        for row in rows
    ]


def score(
    trials: Sequence[Trial], workers: Workers, *, done: Callable[[Result], None], state: State | None = None
) -> list[Result]:
    """Try what the state does not hold yet; rows that are not built are missed without a trial."""
    results: dict[str, Result] = {}
    waiting = []
    for trial in trials:
        if not trial.row.built:
            results[trial.key] = Result(
                row=trial.row,
                grade=Grade.MISSED,
                note=NOT_BUILT,
                seed=trial.seed,
                everything=trial.everything,
            )
        elif state is not None and trial.key in state.done:
            results[trial.key] = Result.from_json(trial.row, state.done[trial.key])
        else:
            waiting.append(trial)
            continue
        done(results[trial.key])
    for trial, result in workers.results(waiting):
        results[trial.key] = result
        if state is not None:
            state.keep(trial.key, result.to_json())
        done(result)
    return [results[trial.key] for trial in trials]


def by_row(results: Iterable[Result]) -> list[tuple[Row, tuple[Result, ...]]]:
    """Return the trials of each row and configuration together, the worst first."""
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        found[result.row.key].append(result)
    return [
        (group[0].row, tuple(sorted(group, key=lambda item: -FROM_BEST.index(item.grade))))
        for group in found.values()
    ]


def totals(results: Iterable[Result]) -> str:
    """Return the last line: ``S strict, L loose, M missed, F false alarms, E errors``; a row is as its worst trial."""
    counts = Counter(group[0].grade for _, group in by_row(results))
    return (
        f"{counts[Grade.STRICT]} strict, {counts[Grade.LOOSE]} loose, {counts[Grade.MISSED]} missed, "
        f"{counts[Grade.FALSE_ALARM]} false alarms, {counts[Grade.ERROR]} errors"
    )


def as_json(results: Sequence[Result], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts, counts and every trial as JSON values."""
    return {
        **facts,
        "totals": totals(results),
        "counts": dict(Counter(group[0].grade.value for _, group in by_row(results))),
        "trials": [result.to_json() for result in results],
    }
