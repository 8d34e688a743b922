"""One trial: a laboratory with a defect, the suites over nothing but its rig file, and the verdicts that came out."""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from bench.clock import WallClock
from bench.errors import BenchFault
from bench.record.model import Verdict
from bench.record.reader import RunReader
from bench.score.processes import Child, Starter, starter
from bench.score.row import Grade, Result, Row, grade

PRODUCT = {"c1": "dds722", "c2": "dts722"}
ALL_SUITES = ("accuracy", "sts", "dlms", "dual")
#: Suites that can see a layer; the lists overlap on purpose.
SUITES = {
    "MT": ("accuracy", "dual"),
    "ST": ("sts", "dual"),
    "HD": ("dlms",),
    "AP": ("dlms", "sts"),
    "SE": ("dlms",),
    "AR": ("dual", "sts"),
    "EV": ("dual", "dlms"),
    "CK": ("dual", "dlms"),
    "PF": ("dual", "sts", "dlms"),
}
#: Far beyond what either takes, also on a machine that is busy with other things.
START_TIME_OUT_S = 300.0
RUN_TIME_OUT_S = 1800.0
_LAST_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A row, the seed of its laboratory, the suites, and files of defects from outside where they must travel."""

    row: Row
    seed: int
    everything: bool
    files: tuple[tuple[str, str], ...] = ()
    only: tuple[str, ...] = ()
    """Suites named by the user; empty: those that see the layer."""

    @property
    def key(self) -> str:
        """What tells this trial from all others of a score."""
        return f"{self.row.key}/{self.seed}"

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites of the row's layers, in the order of all; of an unknown layer every one."""
        if self.only:
            return self.only
        layers = self.row.layers or (self.row.layer,)
        seen = {name for layer in layers for name in SUITES.get(layer, ALL_SUITES)}
        return tuple(name for name in ALL_SUITES if self.everything or name in seen)


_KEPT: list[Starter] = []
_KEEPING = threading.Lock()


def kept_starter() -> Starter:
    """Return the one starter of this process, made at first use."""
    with _KEEPING:
        if not _KEPT:
            _KEPT.append(starter())
        return _KEPT[0]


def run_trial(trial: Trial, processes: Starter | None = None, *, keep: Path | None = None) -> Result:
    """Start the laboratory, run the suites in a process of their own, grade the record. Raises nothing.

    ``keep``: where the run folder of a trial goes that is not strict.
    """
    clock = WallClock()  # how long the trial took, for the planner
    started_s = clock.now()
    try:
        kept = keep / trial.key.replace("/", "_") if keep is not None else None
        verdicts, code, last = _tried(trial, processes or kept_starter(), kept)
        result = grade(trial.row, verdicts, code)
        if result.grade is Grade.ERROR and not verdicts:
            result = replace(result, told=last)
        if kept is not None and result.grade is Grade.STRICT:
            shutil.rmtree(kept, ignore_errors=True)
    except LaboratoryEnded as trouble:
        result = Result(row=trial.row, grade=Grade.ERROR, note=str(trouble), told=trouble.said)
    except NoLaboratory as trouble:
        result = Result(row=trial.row, grade=Grade.ERROR, note=f"no laboratory: {trouble}")
    except TimeoutError:
        result = Result(
            row=trial.row, grade=Grade.ERROR, note=f"the run did not end within {RUN_TIME_OUT_S:g} s"
        )
    except (BenchFault, OSError) as trouble:
        result = Result(row=trial.row, grade=Grade.ERROR, note=str(trouble))
    return replace(
        result, seed=trial.seed, everything=trial.everything, seconds=round(clock.now() - started_s, 2)
    )


class NoLaboratory(Exception):
    """The laboratory did not start; the message is the last it said."""


class LaboratoryEnded(NoLaboratory):
    """The laboratory ended while it was tested: whatever was FAILED then is no find (defects.md 2)."""

    def __init__(self, code: int, complained: Sequence[str]) -> None:
        super().__init__(f"the laboratory ended by itself, exit code {code}")
        self.said = tuple(complained[-_LAST_LINES:])


def verdicts_of(trial: Trial, processes: Starter) -> Sequence[Verdict]:
    """Run a trial and return its verdicts, for those who grade otherwise. Raises NoLaboratory, TimeoutError."""
    return _tried(trial, processes)[0]


def record_of(trial: Trial, processes: Starter, folder: Path) -> Sequence[Verdict]:
    """Run a trial, leave its run folder at ``folder``, return its verdicts. Raises as ``verdicts_of``."""
    return _tried(trial, processes, folder)[0]


def _tried(
    trial: Trial, processes: Starter, kept: Path | None = None
) -> tuple[list[Verdict], int, tuple[str, ...]]:
    """Return the verdicts, the exit code, and the last lines the run printed."""
    with tempfile.TemporaryDirectory(prefix="meterbench-trial-") as name:
        folder = Path(name)
        (folder / "lab").mkdir()
        laboratory = processes.start(
            _laboratory(trial, folder), out=folder / "lab.out", err=folder / "lab.err"
        )
        try:
            rig = _rig_file(laboratory, folder)
            run_dir = folder / "run"
            run = processes.start(
                _pytest(rig, run_dir, trial.suites), out=folder / "run.out", err=folder / "run.err"
            )
            try:
                code = run.wait(RUN_TIME_OUT_S)
            finally:
                _stop(run)
            fell = None if laboratory.running() else laboratory.wait(0.0)
            verdicts = list(RunReader(run_dir).verdicts()) if (run_dir / "session.json").exists() else []
            if kept is not None and run_dir.exists():
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(run_dir, kept)
            if fell is not None:
                raise LaboratoryEnded(fell, _lines(folder / "lab.err"))
            said = [line for name in ("run.out", "run.err") for line in _lines(folder / name)]
            return verdicts, code, tuple(said[-_LAST_LINES:])
        finally:
            _stop(laboratory)


def _laboratory(trial: Trial, folder: Path) -> list[str]:
    words = ["reference_meter.lab", "--product", PRODUCT[trial.row.configuration], "--seed", str(trial.seed)]
    words += ["--directory", str(folder / "lab")]
    for file, text in trial.files:
        (folder / file).write_text(text, encoding="utf-8")
    for defect in trial.row.defects:
        file, colon, name = defect.rpartition(":")
        travelled = folder / Path(file).name
        words += ["--defect", f"{travelled}:{name}" if colon and travelled.exists() else defect]
    return words


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return [line[:200] for line in text.splitlines() if line.strip()]


def _rig_file(laboratory: Child, folder: Path) -> str:
    """Return the path of the rig file once the laboratory has said it. Raises NoLaboratory."""
    said = folder / "lab.out"
    clock = WallClock()  # the laboratory starts as a process of this machine

    def spoke() -> bool:
        return said.exists() and said.read_text(encoding="utf-8").endswith("\n")

    if not clock.wait(lambda: spoke() or not laboratory.running(), clock.now() + START_TIME_OUT_S):
        raise NoLaboratory(f"silence for {START_TIME_OUT_S:g} s")
    if not spoke():
        complained = (folder / "lab.err").read_text(encoding="utf-8").strip().splitlines()
        raise NoLaboratory(complained[-1] if complained else "silence")
    return said.read_text(encoding="utf-8").strip()


def _pytest(rig: str, run_dir: Path, suites: Sequence[str]) -> list[str]:
    """Return how to run the packaged suites on a rig file; it is all that pytest gets to know."""
    found = find_spec("suites")
    if found is None or not found.submodule_search_locations:
        raise BenchFault("The packaged suites are not installed.", remedy="Install meterbench again.")
    root = Path(found.submodule_search_locations[0])
    words = ["pytest", "-q", "--no-header", "-p", "bench.pytest_plugin", "-p", "no:cacheprovider"]
    # the plugin is part of a package that pytest would like to see first; its assertions need no rewriting
    words += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    words += ["--import-mode=importlib", "--rootdir", str(root.parent), "--no-report"]
    words += ["--rig", rig, "--run-dir", str(run_dir)]
    return words + [str(root / name) for name in suites]


def _stop(child: Child) -> None:
    child.signal(signal.SIGTERM)
    try:
        child.wait(START_TIME_OUT_S)
    except TimeoutError:
        child.signal(signal.SIGKILL)
        child.wait(START_TIME_OUT_S)
