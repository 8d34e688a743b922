"""Scoring goes on where it was, starts its processes warm or cold, and says what it found."""

from __future__ import annotations

import importlib
import io
import json
import sys
import time
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.cli.main import build_parser, main
from bench.errors import BenchFault, PlanError
from bench.score import farm
from bench.score.page import score_page
from bench.score.processes import Cold, Starter, Warm
from bench.score.progress import Progress
from bench.score.row import Grade, Result
from bench.score.score import Cores, as_json, score, trials_of
from bench.score.state import State, version
from bench.score.trial import Trial, run_trial
from reports.tester_score import score_sentence
from tests.score.test_rows import row


@pytest.fixture(scope="module", params=[Warm, Cold])
def processes(request: pytest.FixtureRequest) -> Iterator[Starter]:
    if request.param is Warm and sys.platform != "linux":
        pytest.skip("there is no forking here")
    made = Warm(["json"]) if request.param is Warm else Cold()
    yield made
    made.close()


def test_a_command_says_its_words_and_its_code(processes: Starter, tmp_path: Path) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    child = processes.start(["json.tool", "--indent", "1", str(tmp_path / "none.json")], out=out, err=err)
    assert child.wait(30.0) != 0
    assert not child.running()
    assert "none.json" in err.read_text()
    (tmp_path / "in.json").write_text('{"a": 1}')
    child = processes.start(["json.tool", "--compact", str(tmp_path / "in.json")], out=out, err=err)
    assert child.wait(30.0) == 0
    assert out.read_text().strip() == '{"a":1}'


def test_a_command_can_be_stopped(processes: Starter, tmp_path: Path) -> None:
    child = processes.start(
        ["http.server", "0", "--bind", "127.0.0.1"], out=tmp_path / "o", err=tmp_path / "e"
    )
    assert child.running()
    with pytest.raises(TimeoutError):
        child.wait(0.05)
    child.signal(15)
    assert child.wait(30.0) == -15
    child.signal(15)  # one that is gone may be signalled


@pytest.mark.skipif(sys.platform != "linux", reason="there is no forking here")
def test_a_closed_interpreter_takes_no_command(tmp_path: Path) -> None:
    warm = Warm(["json"])
    running = warm.start(["http.server", "0", "--bind", "127.0.0.1"], out=tmp_path / "o", err=tmp_path / "e")
    warm.close()
    warm.close()
    assert running.wait(1.0) < 0, "what it still ran ended with it"
    with pytest.raises(BenchFault, match="warm interpreter ended"):
        warm.start(["json.tool"], out=tmp_path / "o", err=tmp_path / "e")


@pytest.mark.skipif(sys.platform != "linux", reason="there is no forking here")
def test_a_killed_interpreter_leaves_nothing_running(tmp_path: Path) -> None:
    warm = Warm(["json"])
    out, err = tmp_path / "o", tmp_path / "e"
    warm.start(["http.server", "0", "--bind", "127.0.0.1"], out=out, err=err)
    deadline = time.monotonic() + 30.0
    while not err.exists() and not out.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    (child,) = _children_of(warm._process.pid)
    warm._process.kill()
    warm.close()
    while Path(f"/proc/{child}").exists() and _alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _alive(child)


def _children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def graded(found: Grade) -> Any:
    return lambda trial: Result(row=trial.row, grade=found, note="said", seed=trial.seed, seconds=1.0)


def test_an_interrupted_score_goes_on_where_it_was(tmp_path: Path) -> None:
    trials = trials_of([row(), row(id="MT-02")], (1, 2), choice_seed=1)
    tried: list[str] = []

    class Dies:
        def results(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, Result]]:
            for trial in trials[:2]:
                tried.append(trial.key)
                yield trial, graded(Grade.STRICT)(trial)
            raise KeyboardInterrupt

    class Lives(Dies):
        def results(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, Result]]:
            for trial in trials:
                tried.append(trial.key)
                yield trial, graded(Grade.LOOSE)(trial)

    settings = {"version": "1", "keys": [trial.key for trial in trials]}
    file = tmp_path / "state"
    with pytest.raises(KeyboardInterrupt):
        score(trials, Dies(), done=lambda _: None, state=State(file, settings))
    with file.open("a") as cut_short:
        cut_short.write('{"trial": "MT-0')
    results = score(trials, Lives(), done=lambda _: None, state=State(file, settings))
    assert tried == [trial.key for trial in trials]
    assert [result.grade for result in results] == [Grade.STRICT] * 2 + [Grade.LOOSE] * 2
    assert len(State(file, settings).done) == 4
    with pytest.raises(PlanError, match="another score"):
        State(file, {**settings, "version": "2"})


def test_a_row_that_is_not_built_is_missed_without_a_trial() -> None:
    trials = trials_of([row(built=False)], (1,), choice_seed=1)
    (result,) = score(trials, Cores(1, run=graded(Grade.STRICT)), done=lambda _: None)
    assert result.grade is Grade.MISSED


def test_the_version_is_that_of_the_sources() -> None:
    assert version() == version()
    assert version().startswith("meterbench ")


def test_the_bar_is_for_terminals_alone() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, drawn in ((io.StringIO(), False), (Terminal(), True)):
        said = io.StringIO()
        Progress(stream, 2).step("strict MT-01", said)
        assert said.getvalue() == "strict MT-01\n"
        assert ("1 of 2" in stream.getvalue()) is drawn


def test_the_page_names_what_was_missed_and_asks_nobody(tmp_path: Path) -> None:
    missed = Result(
        row=row(title="gain <b>"),
        grade=Grade.MISSED,
        note="nothing FAILED",
        told=("accuracy/x PASSED",),
        seed=3,
    )
    page = score_page([missed], {"version": "meterbench 1", "seeds": "3"})
    assert "Missed: 1" in page
    assert "gain &lt;b&gt;" in page
    assert "accuracy/x PASSED" in page
    assert "http" not in page
    document = as_json([missed], {"version": "meterbench 1"})
    assert json.loads(json.dumps(document))["trials"][0]["row"]["id"] == "MT-01"
    assert document["totals"] == "0 strict, 0 loose, 1 missed, 0 false alarms, 0 errors"


def test_a_scheduler_needs_dask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["defects", "score", "--ids", "MT-01", "--scheduler", "tcp://127.0.0.1:1"]) == 4
    assert "pip install distributed" in capsys.readouterr().err


def test_a_farm_gives_each_trial_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the calls of Dask that are used; a cluster of its own is started where Dask is installed."""

    class Future:
        def __init__(self, value: Result) -> None:
            self.value = value

        def result(self) -> Result:
            if self.value.row.id == "MT-03":
                raise RuntimeError("worker killed")
            return self.value

    class Client:
        def __init__(self, address: str, timeout: float) -> None:
            if address == "tcp://nowhere:1":
                raise OSError("timed out")

        def submit(self, run: Any, trial: Trial, *, key: str, pure: bool) -> Future:
            assert trial.key in key
            assert not pure
            return Future(run(trial))

        def close(self) -> None:
            """Nothing is open."""

    dask = types.SimpleNamespace(Client=Client, as_completed=lambda waiting: reversed(list(waiting)))
    monkeypatch.setattr(importlib, "import_module", lambda _: dask)
    monkeypatch.setattr(farm, "run_trial", graded(Grade.STRICT))
    trials = trials_of([row(), row(id="MT-02"), row(id="MT-03")], (1,), choice_seed=1)
    workers = farm.Farm("tcp://here:1")
    results = score(trials, workers, done=lambda _: None)
    workers.close()
    assert [(result.row.id, result.grade) for result in results] == [
        ("MT-01", Grade.STRICT),
        ("MT-02", Grade.STRICT),
        ("MT-03", Grade.ERROR),
    ]
    assert results[-1].note == "the farm gave no result: RuntimeError: worker killed"
    with pytest.raises(BenchFault, match="does not answer"):
        farm.Farm("tcp://nowhere:1")


def test_a_local_cluster_runs_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    dask = pytest.importorskip("distributed")
    with dask.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        monkeypatch.setattr(farm, "run_trial", graded(Grade.STRICT))
        workers = farm.Farm(cluster.scheduler_address)
        trials = trials_of([row(), row(id="MT-02")], (1, 2), choice_seed=1)
        results = score(trials, workers, done=lambda _: None)
        workers.close()
    assert [result.grade for result in results] == [Grade.STRICT] * 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--ids", "MT-99"], "There is no row MT-99"),
        (["--ids", "MT-01", "--seed", "x"], "no seeds"),
        (["--sample", "3", "--sample-seed", "yesterday"], "is no seed"),
        (["--defect", "none.py:X"], "no defect from outside"),
    ],
)
def test_mistakes_are_told(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["defects", "score", *words]) == 4
    assert said in capsys.readouterr().err


def test_a_sample_says_what_it_was_drawn_by(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.cli.defects.Cores", lambda jobs, _: Cores(jobs, run=graded(Grade.STRICT)))
    files = [str(tmp_path / name) for name in ("s.json", "s.html", "s.state")]
    words = ["defects", "score", "--sample", "5", "--sample-seed", "7", "--seed", "1", "--jobs", "2"]
    words += ["--json", files[0], "--html", files[1], "--state", files[2]]
    code = main(words)
    said = capsys.readouterr().out
    assert "sample 5 rows by seed 7" in said
    assert said.splitlines()[-1].endswith("errors")
    assert code in {0, 1}
    assert json.loads(Path(files[0]).read_text())["rows"] == 5
    assert Path(files[1]).read_text().startswith("<!doctype html>")
    assert build_parser().parse_args(["defects", "score"]).seed == "1,2"


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Score rows that are strict by themselves; return the exit code and what was said."""
    monkeypatch.setattr("bench.cli.defects.Cores", lambda jobs, _: Cores(jobs, run=graded(Grade.STRICT)))
    monkeypatch.setattr("bench.cli.defects.version", lambda: "meterbench 1, sources ab")

    def score_them(*words: str) -> tuple[int, str]:
        code = main(["defects", "score", "--seed", "1", "--jobs", "1", *words])
        return code, capsys.readouterr().out

    return score_them


def test_pairs_are_of_two_layers(scored: Any, tmp_path: Path) -> None:
    file = tmp_path / "pairs.json"
    code, said = scored("--pairs", "3", "--configuration", "c1", "--json", str(file))
    assert code == 0
    assert said.splitlines()[-1] == "3 strict, 0 loose, 0 missed, 0 false alarms, 0 errors"
    rows = [trial["row"] for trial in json.loads(file.read_text())["trials"]]
    assert {row["layer"] for row in rows} == {"2nd"}
    for one in rows:
        assert len(set(one["layers"])) == len(one["defects"]) == len(one["demands"]) == 2
        assert not set(one["demands"][0]) & set(one["demands"][1])


def test_a_defect_from_outside_is_a_row_of_each_configuration(scored: Any, tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text("class Wrong: ...\n")
    spec = f"{tmp_path / 'acme.py'}:Wrong=FAILED:accuracy,closure"
    file = tmp_path / "acme.json"
    code, said = scored("--defect", spec, "--json", str(file))
    assert code == 0
    assert "2 strict" in said
    rows = [trial["row"] for trial in json.loads(file.read_text())["trials"]]
    assert [row["configuration"] for row in rows] == ["c1", "c2"]
    assert all(row["topics"] == ["accuracy", "closure"] and row["expected"] == "FAILED" for row in rows)
    assert scored("--defect", spec, "--clean", "--configuration", "c1")[1].count("strict  ") == 2


def test_loose_finds_may_be_allowed_and_nothing_else(scored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {}
    for grade in Grade:
        monkeypatch.setattr(
            "bench.cli.defects.Cores", lambda jobs, _, grade=grade: Cores(jobs, run=graded(grade))
        )
        plain, allowed = (scored("--ids", "MT-01", *more)[0] for more in ((), ("--allow-loose",)))
        codes[grade] = (plain, allowed)
    assert codes.pop(Grade.STRICT) == (0, 0)
    assert codes.pop(Grade.LOOSE) == (1, 0)
    assert set(codes.values()) == {(1, 1)}


def test_a_published_score_is_what_the_reports_state(
    scored: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.cli.defects.resources.files", lambda _: tmp_path)
    monkeypatch.setattr("reports.tester_score.files", lambda _: tmp_path)
    code, said = scored("--ids", "MT-01,ST-06", "--publish")
    assert code == 0
    assert said.splitlines()[-1].removesuffix(".") in score_sentence()
    assert (
        "(4 rows of known defects, legal variants and clean meters, configurations c1, c2, seeds 1; "
        "meterbench 1, sources ab)" in score_sentence()
    )


def test_a_score_goes_on_from_its_state(scored: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = str(tmp_path / "state")
    assert scored("--ids", "MT-01", "--state", state)[0] == 0
    monkeypatch.setattr("bench.cli.defects.Cores", lambda jobs, _: Cores(jobs, run=graded(Grade.ERROR)))
    assert scored("--ids", "MT-01", "--state", state)[0] == 0, "finished trials are not tried again"
    assert scored("--ids", "MT-02", "--state", state)[0] == 4, "a state belongs to its rows"


def test_a_real_trial_finds_a_defect_from_outside(tmp_path: Path) -> None:
    """The whole way once: laboratory, suites, verdicts, grade; the file travels as on a farm."""
    text = (
        "from reference_meter.defects.slot_defect import SlotDefect\n"
        "class High:\n"
        "    def element_power_w(self, element):\n"
        "        return 1.03 * super().element_power_w(element)\n"
        "high = SlotDefect(id='X', title='high', slot='metering', mixin=High)\n"
    )
    trial = Trial(
        row=row(id="acme.py:high", defects=(f"{tmp_path / 'acme.py'}:high",), topics=frozenset()),
        seed=1,
        everything=False,
        files=(("acme.py", text),),
        only=("accuracy",),
    )
    result = run_trial(trial, Cold(), keep=tmp_path / "kept")
    assert result.grade is Grade.STRICT, result
    assert not list((tmp_path / "kept").iterdir())
    assert any(name.startswith("accuracy/load_point/") for name in result.failed)


def test_a_laboratory_that_cannot_be_built_is_an_error_of_the_trial(tmp_path: Path) -> None:
    trial = Trial(row=row(defects=(f"{tmp_path / 'none.py'}:X",)), seed=1, everything=False)
    result = run_trial(trial, Cold())
    assert result.grade is Grade.ERROR
    assert "there is no file" in result.note


class _Falls:
    """A laboratory that ends while it is tested, and a run that says FAILED of it."""

    def __init__(self) -> None:
        self._testing = False

    def start(self, argv: Sequence[str], *, out: Path, err: Path) -> Any:
        laboratory = argv[0] == "reference_meter.lab"
        self._testing = self._testing or not laboratory
        out.write_text("rig.toml\n")
        err.write_text("Traceback (most recent call last):\nRuntimeError: broken\n")
        return types.SimpleNamespace(
            wait=lambda _: 7 if laboratory else 1,
            running=lambda: laboratory and not self._testing,
            signal=lambda _: None,
        )


def test_a_laboratory_that_falls_is_an_error_and_no_find() -> None:
    (trial,) = trials_of([row()], (1,), choice_seed=1)
    result = run_trial(trial, _Falls())
    assert result.grade is Grade.ERROR
    assert result.note == "the laboratory ended by itself, exit code 7"
    assert result.told[-1] == "RuntimeError: broken"
