"""``meterbench rig``: list, identify, shell, check, as a user runs them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bench.cli.main import main
from bench.record.lock_file import lock_resource
from bench.rig.laboratory import LaboratoryProcess
from bench.rig.rig_file import load_rig


@pytest.fixture(scope="module")
def rig():
    with LaboratoryProcess("dds722") as laboratory:
        yield laboratory.rig_path


def test_list_shows_instruments_confidence_and_what_safety_is_not_named(rig: Path, capsys) -> None:
    assert main(["rig", "list", str(rig)]) == 0
    shown = capsys.readouterr().out
    assert "fluke-6105a (A)" in shown
    assert "emergency stop          not named" in shown


def test_list_without_a_rig_shows_the_drivers_and_what_is_uncertain(capsys) -> None:
    assert main(["rig", "list"]) == 0
    shown = capsys.readouterr().out
    assert "yokogawa-wt3xx" in shown
    assert "C: PACE:CURR<n>:PHAS <angle>" in shown


def test_identify_asks_every_instrument(rig: Path, capsys) -> None:
    assert main(["rig", "identify", str(rig)]) == 0
    assert "FLUKE, 6105A" in capsys.readouterr().out


def test_identify_names_the_one_that_is_not_there(rig: Path, tmp_path: Path, capsys) -> None:
    wrong = tmp_path / "rig.toml"
    serial = next(entry.serial_number for entry in load_rig(rig).instrument if entry.name == "standard")
    wrong.write_text(rig.read_text().replace(serial, "0815"))
    assert main(["rig", "identify", str(wrong)]) == 1
    assert "with serial number 0815, found ZERA" in capsys.readouterr().out


def test_check_tries_the_wiring_and_says_what_software_is_not(rig: Path, capsys) -> None:
    assert main(["rig", "check", str(rig)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Software is not the safety function")
    assert "right  current on L1 lagging 60°: expected 60° (inductive); seen 60.0" in shown
    assert shown.endswith("The wiring is as the rig file says.\n")


def test_shell_answers_queries_and_shows_what_goes_wrong(rig: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("*IDN?\nNO:SUCH 1\nSYST:ERR?\n"))
    assert main(["rig", "shell", str(rig), "source"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FLUKE,6105A,")
    assert lines[1].startswith("-113")


def test_shell_names_the_instruments_there_are(rig: Path, capsys) -> None:
    assert main(["rig", "shell", str(rig), "sauce"]) != 0
    assert "it has source, standard, counter, hands" in capsys.readouterr().err


def test_a_real_source_is_not_touched_without_consent(rig: Path, tmp_path: Path, capsys) -> None:
    real = tmp_path / "rig.toml"
    real.write_text(rig.read_text().replace("virtual = true", "virtual = false"))
    assert main(["rig", "check", str(real)]) != 0
    assert "--live" in capsys.readouterr().err
    assert main(["rig", "check", "--live", str(real)]) != 0
    assert "names no interlock, no emergency stop, no watchdog" in capsys.readouterr().err
    assert main(["rig", "shell", str(real), "source"]) != 0
    assert "--live" in capsys.readouterr().err


def test_a_rig_in_use_names_its_holder(rig: Path, capsys) -> None:
    held = lock_resource(load_rig(rig).clock.resource, what="another run")
    try:
        assert main(["rig", "identify", str(rig)]) != 0
    finally:
        held.release()
    assert "is in use by process" in capsys.readouterr().err
