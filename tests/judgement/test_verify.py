"""Verify: the verdicts of a run follow from its raw observations, or they do not stand."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.cli.verify import add_parser
from bench.judgement.accuracy import load_point
from bench.judgement.plan_rules import PlanRules
from bench.judgement.pronounce import pronounce, say_ourselves
from bench.judgement.registry import Context, judge
from bench.judgement.requirements import load_point_requirement
from bench.judgement.verify import Result, verify
from bench.record.declaration import Declaration
from bench.record.model import Judgement, Outcome
from bench.record.run_folder import RunFolder
from bench.record.secrets import SecretStore
from bench.standards.limits import Load
from bench.standards.load_points import LoadPoint

UTC = "2026-05-04T10:00:00+00:00"
STORE = SecretStore(environ={}, values={"reader_password": b"12345678"})
POINT = LoadPoint(id="Ib-pf1", current="Ib", pf="1", load=Load.BALANCED)


@judge("test.password-sent", version=1)
def password_sent(observations: Any, requirement: Any, context: Context) -> Judgement:
    octets = b"".join(context.octets(name) for name in observations[0].data["exchanges"])
    sent = b"12345678" in octets and observations[0].data["typed"] == "12345678"
    return Judgement(
        outcome=Outcome.PASSED if sent else Outcome.FAILED, reason=f"typed {observations[0].data['typed']}"
    )


@pytest.fixture
def run(tmp_path: Path, make_load_point: Callable[..., Any], make_declaration: Callable[..., Any]) -> Path:
    """A run with three load points, one case the bench could not run, and one that needs a password."""
    path = tmp_path / "run"
    declaration = Declaration.from_json(make_declaration())
    rules = PlanRules(name="full")
    session = {
        "run_id": "r1",
        "plan": {**rules.to_json(), "hash": "abc"},
        "positions": [{"name": "1", "declaration": declaration.to_json()}],
    }
    context = Context(declaration=declaration, plan=rules, session=session)
    requirement = load_point_requirement(declaration, POINT)
    with RunFolder.create(path, {"1": STORE}) as folder:
        folder.write_session(session)
        for energy_wh in (9.99, 10.02, 9.8123):
            data = make_load_point(
                readings=[{"n_intervals": 10, "reference_energy_wh": energy_wh, "duration_s": 31.3}] * 3
            )
            seen = folder.append_observation(
                case="accuracy/load_point/Ib-pf1",
                position="1",
                kind="load-point",
                time_s=1.0,
                utc=UTC,
                data=data,
            )
            verdict = pronounce(load_point, [seen], requirement, context, case=seen.case, position="1")
            folder.append_verdict(verdict)
        folder.append_verdict(
            say_ourselves(Outcome.NOT_RUN, "no source", requirement, case="accuracy/no_load", position="1")
        )
        octets = b"\x7e12345678\x7e"
        sent = folder.append_exchange(
            position="1", case="dlms/x", time_s=2.0, direction="sent", octets=octets
        )
        seen = folder.append_observation(
            case="dlms/x",
            position="1",
            kind="password",
            time_s=2.0,
            utc=UTC,
            data={"exchanges": [sent.id], "typed": "12345678"},
        )
        whole = Context(
            declaration=declaration,
            plan=rules,
            traffic={
                sent.id: type(sent)(
                    **{**{n: getattr(sent, n) for n in sent.__slots__}, "octets": octets, "secrets": ()}
                )
            },
        )
        folder.append_verdict(
            pronounce(
                password_sent, [seen], requirement, whole, case="dlms/x", position="1", traffic=[sent.id]
            )
        )
        folder.append_event("run-finished", time_s=3.0, utc=UTC, exit_code=1)
    return path


def rebuild_chain(path: Path) -> None:
    """Do what a forger would do: make every link fit again, and the heads too."""
    heads = {}
    for name in ("observations.jsonl", "traffic.jsonl", "verdicts.jsonl", "events.jsonl"):
        before = (path / "session.json").read_bytes()
        lines = []
        for line in (path / name).read_bytes().splitlines():
            record = json.loads(line)
            record["prev"] = hashlib.sha256(before).hexdigest()
            if record.get("event") == "run-finished":
                record["heads"] = heads
            before = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
            lines.append(before)
        heads[name] = {"lines": len(lines), "sha256": hashlib.sha256(before).hexdigest()}
        (path / name).write_bytes(b"".join(line + b"\n" for line in lines))


def alter(path: Path, name: str, old: str, new: str) -> None:
    file = path / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_an_honest_run_agrees(run: Path) -> None:
    report = verify(run, STORE)
    assert report.agrees
    assert [check.result for check in report.checks] == [
        Result.AGREES,
        Result.AGREES,
        Result.AGREES,
        Result.BY_BENCH,
        Result.AGREES,
    ]
    assert [check.verdict.outcome for check in report.checks[:3]] == [
        Outcome.PASSED,
        Outcome.PASSED,
        Outcome.FAILED,
    ]


def test_without_the_secret_a_verdict_is_not_recomputable_and_never_agrees(run: Path) -> None:
    report = verify(run)
    last = report.checks[-1]
    assert last.result is Result.NOT_RECOMPUTABLE
    assert "reader_password" in last.why
    assert report.agrees


def test_secrets_of_a_position(run: Path) -> None:
    assert verify(run, {"1": STORE}).checks[-1].result is Result.AGREES
    wrong = SecretStore(environ={}, values={"reader_password": b"87654321"})
    assert verify(run, {"1": wrong}).checks[-1].result is Result.NOT_RECOMPUTABLE


@pytest.mark.parametrize(
    ("old", "new"), [("9.8123", "9.9123"), ("9.8123", "9.8124"), ('"current_a":5.0,', '"current_a":5.5,')]
)
def test_a_changed_observation_disagrees_even_with_a_new_chain(run: Path, old: str, new: str) -> None:
    alter(run, "observations.jsonl", old, new)
    assert verify(run, STORE).chain_problems
    rebuild_chain(run)
    report = verify(run, STORE)
    assert not report.chain_problems
    assert not report.agrees
    disagreeing = report.of(Result.DISAGREES)
    assert disagreeing[-1].line == 3
    assert disagreeing[-1].differences


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"outcome":"FAILED"', '"outcome":"PASSED"', "outcome"),
        ('"limit":1.0', '"limit":2.0', "limit"),
        ('"decision_rule":"four-way"', '"decision_rule":"simple"', "decision_rule"),
        ("beyond the limit", "within the limit", "reason"),
    ],
)
def test_a_changed_verdict_disagrees(run: Path, old: str, new: str, field: str) -> None:
    alter(run, "verdicts.jsonl", old, new)
    rebuild_chain(run)
    found = {
        difference.field
        for check in verify(run, STORE).of(Result.DISAGREES)
        for difference in check.differences
    }
    assert field in found


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"judge":"accuracy.load-point/1"', '"judge":"bench"', "no judge stands behind"),
        ('"judge":"accuracy.load-point/1"', '"judge":"accuracy.load-point/9"', "there is no judge"),
        ('"evidence":["O3"]', '"evidence":["O33"]', "O33"),
        ('"evidence":["O3"]', '"evidence":[]', "none is named"),
    ],
)
def test_a_verdict_cannot_slip_out_of_being_judged(run: Path, old: str, new: str, why: str) -> None:
    alter(run, "verdicts.jsonl", old, new)
    rebuild_chain(run)
    report = verify(run, STORE)
    assert not report.agrees
    assert any(why in check.why for check in report.of(Result.DISAGREES))


def test_a_softer_rule_in_the_session_disagrees(run: Path) -> None:
    alter(run, "session.json", '"four-way"', '"simple"')
    rebuild_chain(run)
    assert not verify(run, STORE).agrees


def test_evidence_of_another_position_does_not_count(run: Path) -> None:
    alter(run, "observations.jsonl", '"position":"1"', '"position":"2"')
    rebuild_chain(run)
    assert any("another position" in check.why for check in verify(run, STORE).of(Result.DISAGREES))


def test_a_killed_run_is_verified_as_far_as_it_went(run: Path) -> None:
    file = run / "verdicts.jsonl"
    file.write_bytes(file.read_bytes()[:-30])
    (run / "events.jsonl").write_bytes(b"")
    report = verify(run, STORE)
    assert len(report.of(Result.AGREES)) == 3
    assert any("cut short" in problem for problem in report.chain_problems)
    assert not report.agrees


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["verify", *words])
    return int(arguments.func(arguments))


def test_command_says_what_it_found(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secrets = tmp_path / "meter1.secrets.toml"
    secrets.write_text('reader_password = "text:12345678"\n')
    assert command(str(run), "--secrets", str(secrets)) == 0
    assert (
        "5 verdicts: 4 agree, 0 disagree, 0 not recomputable, 1 given by the bench itself"
        in capsys.readouterr().out
    )
    assert command(str(run)) == 0
    printed = capsys.readouterr().out
    assert "not recomputable: the secrets reader_password are needed" in printed
    assert "12345678" not in printed


def test_command_exits_1_when_something_disagrees(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alter(run, "observations.jsonl", "9.8123", "9.9123")
    assert command(str(run)) == 1
    printed = capsys.readouterr().out
    assert "observations.jsonl:4: the chain is broken: line 3 is not what it was" in printed
    assert "verdicts.jsonl:3: accuracy/load_point/Ib-pf1 at 1: disagrees" in printed
    assert "outcome: recorded 'FAILED', recomputed 'PASSED'" in printed


def test_command_on_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(str(tmp_path)) == 4
    assert "is not a run folder" in capsys.readouterr().err
