"""Trials on a Dask cluster, for farms larger than one machine (extra ``farm``)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

from bench.errors import BenchFault, PlanError
from bench.score.row import Grade, Result
from bench.score.trial import Trial, run_trial

CONNECT_TIME_OUT_S = 15


class Farm:
    """The workers of a Dask scheduler. Each needs the same version of meterbench; one trial a worker thread."""

    def __init__(self, address: str) -> None:
        """Connect. Raises PlanError without Dask, BenchFault without an answer."""
        try:
            self._dask: Any = importlib.import_module("distributed")
        except ModuleNotFoundError as missing:
            raise PlanError(
                "A scheduler address needs Dask, which is not installed.",
                remedy="Install it: pip install distributed; or leave --scheduler out.",
            ) from missing
        try:
            self._client: Any = self._dask.Client(address, timeout=CONNECT_TIME_OUT_S)
        except (OSError, TimeoutError, ValueError) as trouble:
            raise BenchFault(
                f"The scheduler at {address} does not answer: {trouble}.",
                remedy="Start one with `dask scheduler`, workers with `dask worker ADDRESS`.",
            ) from trouble

    def results(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, Result]]:
        """Yield each trial with its result, as they end; a worker that died over one leaves its ERROR."""
        waiting = {
            self._client.submit(run_trial, trial, key=f"meterbench-{trial.key}", pure=False): trial
            for trial in trials
        }
        for finished in self._dask.as_completed(waiting):
            yield waiting[finished], _result(waiting[finished], finished)

    def close(self) -> None:
        """Leave the cluster as it was."""
        self._client.close()


def _result(trial: Trial, finished: Any) -> Result:
    try:
        result: Result = finished.result()
    except Exception as trouble:  # noqa: BLE001  # whatever a dead or foreign worker leaves: the trial says it
        note = f"the farm gave no result: {type(trouble).__name__}: {trouble}"
        return Result(
            row=trial.row, grade=Grade.ERROR, note=note, seed=trial.seed, everything=trial.everything
        )
    return result
