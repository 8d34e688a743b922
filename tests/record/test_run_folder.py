"""The run folder: append-only, chained, and honest about what is missing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.record.exchange import expand_ids
from bench.record.model import Kind, Outcome, Requirement, Topic, Verdict
from bench.record.reader import RunReader
from bench.record.run_folder import RunFolder
from bench.record.secrets import SecretStore

UTC = "2026-05-04T10:00:00+00:00"
REQUIREMENT = Requirement(
    document="IEC 62053-21",
    edition="2003+A1:2016",
    clause="uncertain",
    topic=Topic.ACCURACY,
    kind=Kind.STANDARD,
    status="V1",
)
VERDICT = Verdict(
    case="accuracy/load_point/Ib-pf1",
    position="1",
    outcome=Outcome.PASSED,
    requirement=REQUIREMENT,
    judge="accuracy.load-point/1",
    measured=0.1,
    limit=1.0,
    unit="%",
    u95=0.05,
    decision_rule="four-way",
    reason="error +0.1 %",
    evidence=("O1",),
)
STORE = SecretStore(environ={}, values={"reader_password": b"12345678"})


def write_run(path: Path, *, finish: bool = True) -> Path:
    with RunFolder.create(path, {"1": STORE}) as folder:
        folder.write_session(
            {"run_id": "r1", "command": ["--password", "12345678"], "positions": [{"name": "1"}]}
        )
        folder.append_event("run-started", time_s=0.0, utc=UTC)
        for number in range(3):
            folder.append_observation(
                case=VERDICT.case,
                position="1",
                kind="load-point",
                time_s=1.5,
                utc=UTC,
                data={"energy_wh": 10.25 + number},
            )
        folder.append_exchange(
            position="1", case="dlms/x", time_s=2.0, direction="sent", octets=b"\x7e12345678\x7e"
        )
        folder.append_verdict(VERDICT)
        if finish:
            folder.append_event("run-finished", time_s=3.0, utc=UTC, exit_code=0)
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    reader = RunReader(write_run(tmp_path / "run"))
    assert reader.session["run_id"] == "r1"
    assert [item.id for item in reader.observations()] == ["O1", "O2", "O3"]
    assert reader.observations()[2].data == {"energy_wh": 12.25}
    assert reader.verdicts() == (VERDICT,)
    assert reader.finished()["exit_code"] == 0
    assert reader.check_chain() == []


def test_an_observation_comes_back_as_the_record_has_it(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run") as folder:
        folder.write_session({})
        made = folder.append_observation(
            case="c", position="1", kind="k", time_s=0.1, utc=UTC, data={"edges": (0.1, 0.2), "n": 3}
        )
    assert made.data == {"edges": [0.1, 0.2], "n": 3}
    assert RunReader(tmp_path / "run").observations() == (made,)


def test_each_line_carries_the_hash_of_the_one_before(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run")
    lines = (path / "observations.jsonl").read_bytes().splitlines()
    before = (path / "session.json").read_bytes()
    for line in lines:
        assert json.loads(line)["prev"] == hashlib.sha256(before).hexdigest()
        before = line


def test_no_secret_reaches_a_file(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run")
    for file in path.iterdir():
        assert b"12345678" not in file.read_bytes()
        assert b"12345678".hex().encode() not in file.read_bytes()
    exchange = RunReader(path).traffic()[0]
    assert exchange.octets == b"\x7e" + bytes(8) + b"\x7e"
    assert STORE.expand(exchange.octets, exchange.secrets) == b"\x7e12345678\x7e"


def test_a_line_stands_in_the_file_as_soon_as_it_is_appended(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    folder.write_session({})
    folder.append_event("run-started", time_s=0.0, utc=UTC)
    assert (tmp_path / "run" / "events.jsonl").read_bytes().endswith(b"}\n")
    folder.close()


@pytest.mark.parametrize(
    "name", ["session.json", "events.jsonl", "observations.jsonl", "traffic.jsonl", "verdicts.jsonl"]
)
def test_one_altered_digit_breaks_the_chain(tmp_path: Path, name: str) -> None:
    path = write_run(tmp_path / "run")
    file = path / name
    octets = bytearray(file.read_bytes())
    place = next(n for n, octet in enumerate(octets) if chr(octet).isdigit())
    octets[place] = ord("7") if octets[place] != ord("7") else ord("3")
    file.write_bytes(octets)
    problems = RunReader(path).check_chain()
    assert problems
    assert all(problem.split(":")[0].endswith(".jsonl") for problem in problems)


def test_a_broken_chain_names_file_and_line(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run")
    file = path / "observations.jsonl"
    file.write_text(file.read_text().replace("11.25", "11.26"))
    assert RunReader(path).check_chain() == [
        "observations.jsonl:3: the chain is broken: line 2 is not what it was"
    ]


def test_an_altered_last_line_shows_in_the_heads(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run")
    file = path / "observations.jsonl"
    file.write_text(file.read_text().replace("12.25", "12.26"))
    assert RunReader(path).check_chain() == ["observations.jsonl: the last line is not the one the run wrote"]


def test_a_line_taken_from_the_end_shows(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run")
    file = path / "observations.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    assert RunReader(path).check_chain() == ["observations.jsonl: 2 lines, but the run wrote 3"]


@pytest.mark.parametrize("cut", [1, 20])
def test_a_killed_run_is_read_up_to_its_last_whole_line(tmp_path: Path, cut: int) -> None:
    path = write_run(tmp_path / "run", finish=False)
    file = path / "observations.jsonl"
    file.write_bytes(file.read_bytes()[:-cut])
    reader = RunReader(path)
    assert [item.id for item in reader.observations()] == ["O1", "O2"]
    assert reader.check_chain() == [
        "observations.jsonl:3: the last line is cut short and was left out",
        "events.jsonl: there is no run-finished event; the run was cut short",
    ]


def test_a_record_that_is_not_whole_is_reported(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run")
    file = path / "verdicts.jsonl"
    file.write_text(file.read_text().replace('"outcome":"PASSED"', '"outcome":"SPLENDID"'))
    reader = RunReader(path)
    assert reader.verdicts() == ()
    assert any("verdicts.jsonl: record 1 is not whole" in problem for problem in reader.check_chain())


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run")
    (path / "traffic.jsonl").unlink()
    assert any("traffic.jsonl: cannot be read" in problem for problem in RunReader(path).check_chain())


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "left.txt").write_text("x")
    with pytest.raises(PlanError, match="not empty"):
        RunFolder.create(tmp_path)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    RunFolder.create(tmp_path).close()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PlanError, match="cannot be written"):
        RunFolder.create(tmp_path / "file" / "run")


def test_a_folder_without_a_session_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="is not a run folder"):
        RunReader(tmp_path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"evidence": ()}, "needs evidence"),
        ({"evidence": ("O9",)}, "O9 is not in the record"),
        ({"judge": "bench"}, "the bench itself cannot say PASSED"),
        ({"judge": "bench", "outcome": Outcome.FAILED}, "the bench itself cannot say FAILED"),
    ],
)
def test_a_verdict_without_ground_cannot_be_written(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    with RunFolder.create(tmp_path / "run") as folder:
        folder.write_session({})
        folder.append_observation(case="c", position="1", kind="k", time_s=0.0, utc=UTC, data={})
        with pytest.raises(ValueError, match=says):
            folder.append_verdict(replace(VERDICT, **changes))
        folder.append_verdict(replace(VERDICT, judge="bench", outcome=Outcome.NOT_RUN, evidence=()))


def test_not_a_number_is_no_observation(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run") as folder:
        folder.write_session({})
        with pytest.raises(ValueError, match="JSON compliant"):
            folder.append_observation(
                case="c", position="1", kind="k", time_s=0.0, utc=UTC, data={"error_pct": float("nan")}
            )


def test_ranges_of_evidence() -> None:
    assert expand_ids(("O3", "T17-T20")) == ("O3", "T17", "T18", "T19", "T20")
