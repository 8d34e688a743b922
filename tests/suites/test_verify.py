"""``meterbench verify RUN``: agrees with an untouched record, and with no other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.judgement.verify import Result, verify
from bench.record.chain import chained_line, digest
from tests.suites.suites_process import ROOT, Ran, environment


def verify_command(run: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "bench.cli.main", "verify", str(run)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copied(clean_run: Ran, tmp_path: Path) -> Path:
    """A copy of the clean run's record that a test may spoil."""
    path = tmp_path / "copy"
    path.mkdir()
    for name in ("session.json", "events.jsonl", "traffic.jsonl", "observations.jsonl", "verdicts.jsonl"):
        shutil.copy(clean_run.path / name, path / name)
    return path


def forge(run: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the records of one file and mend its chain, as a careful forger would."""
    previous = digest((run / "session.json").read_bytes())
    lines = []
    for line in (run / name).read_text().splitlines():
        record = json.loads(line)
        record.pop("prev")
        change(record)
        lines.append(chained_line(record, previous))
        previous = digest(lines[-1])
    (run / name).write_bytes(b"".join(line + b"\n" for line in lines))


def test_verify_agrees_with_the_clean_run(clean_run: Ran) -> None:
    code, output = verify_command(clean_run.path)
    assert code == 0, output
    n_judged = sum(1 for item in clean_run.verdicts() if item["judge"] != "bench")
    assert f"{n_judged} agree, 0 disagree" in output
    assert "record: the chain is whole" in output


def test_verify_agrees_with_failed_verdicts_too(rack_run: Ran) -> None:
    code, output = verify_command(rack_run.path)
    assert code == 0, output
    assert " 0 disagree" in output


def test_one_digit_of_an_observation_breaks_the_chain(copied: Path) -> None:
    file = copied / "observations.jsonl"
    text = file.read_text()
    at = text.index('"reference_energy_wh":') + len('"reference_energy_wh":')
    changed = "1" if text[at] != "1" else "2"
    file.write_text(text[:at] + changed + text[at + 1 :])
    code, output = verify_command(copied)
    assert code == 1
    assert "the chain is broken" in output


FORGERIES: dict[str, tuple[str, str, Callable[[dict[str, Any]], object]]] = {
    "load-point": (
        "accuracy/load_point/Imax-pf1",
        "measured",
        lambda data: data["readings"][0].update(
            reference_energy_wh=data["readings"][0]["reference_energy_wh"] * 1.05
        ),
    ),
    "token-series": (
        "sts/credit_accepted",
        "outcome",
        lambda data: data["entries"][0].update(credit_after_wh=data["entries"][0]["credit_after_wh"] + 100),
    ),
    "credit-exhausted": (
        "dual/zero_credit_opens",
        "outcome",
        lambda data: data.update(load_side_live=not data["load_side_live"]),
    ),
    "energy-closure": (
        "dual/energy_closure",
        "measured",
        lambda data: data.update(pulses=data["pulses"] * 2),
    ),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_mended_chain_does_not_hide_a_changed_observation(copied: Path, kind: str) -> None:
    case, field, change = FORGERIES[kind]
    forge(
        copied,
        "observations.jsonl",
        lambda record: record["kind"] == kind and record["case"] == case and change(record["data"]),
    )
    code, output = verify_command(copied)
    assert code == 1
    assert f"{case} at 1: disagrees" in output
    assert f"    {field}: recorded" in output


def test_a_verdict_turned_into_a_pass_disagrees(rack_run: Ran, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(rack_run.path, path, ignore=shutil.ignore_patterns("allure-results"))
    forge(path, "verdicts.jsonl", lambda record: record.update(outcome="PASSED"))
    code, output = verify_command(path)
    assert code == 1
    assert "outcome: recorded 'PASSED', recomputed 'FAILED'" in output


def test_a_pass_signed_by_the_bench_itself_disagrees(copied: Path) -> None:
    forge(copied, "verdicts.jsonl", lambda record: record.update(judge="bench", evidence=[]))
    report = verify(copied)
    assert not report.agrees
    assert all(check.result is Result.DISAGREES for check in report.checks)


def digits(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield where a digit stands in a JSON value, and the value with that one digit changed."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from digits(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:3]):
            yield from digits(inner, (*path, index))
    elif isinstance(value, bool) or value is None:
        return
    else:
        found = re.search(r"\d", str(value))
        if found:
            text = str(value)
            other = "3" if found[0] != "3" else "8"
            yield path, type(value)(text[: found.start()] + other + text[found.end() :])


def put(data: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = value


def test_no_changed_digit_makes_verify_stumble(copied: Path) -> None:
    """One digit of every value of one observation of each kind: a sentence each time, never a crash."""
    original = (copied / "observations.jsonl").read_bytes()
    first: dict[str, dict[str, Any]] = {}
    for line in original.splitlines():
        record = json.loads(line)
        first.setdefault(record["kind"], record)
    n_changes = 0
    for kind, record in first.items():
        places = list(digits(record["data"]))
        for path, value in places[:: max(1, len(places) // 6)]:
            (copied / "observations.jsonl").write_bytes(original)
            chosen = record["id"]
            forge(
                copied,
                "observations.jsonl",
                lambda item, chosen=chosen, path=path, value=value: (  # type: ignore[misc]
                    item["id"] == chosen and put(item["data"], path, value)
                ),
            )
            report = verify(copied)
            assert not report.agrees, (kind, path)
            n_changes += 1
    assert n_changes > 20
