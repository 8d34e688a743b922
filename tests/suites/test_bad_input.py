"""What a user can get wrong: one clear sentence, a remedy, a non-zero exit, and nothing lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import Ran, RunSuites

LINK = ("suites/dlms/test_hdlc_frames.py",)
USAGE_ERROR = 4
UNDECIDED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LabFiles:
    """The rig file of a running laboratory, in a folder of its own that a test may spoil."""

    rig_path: Path


@pytest.fixture(scope="module")
def shared_laboratory() -> Iterator[LabProcess]:
    """One laboratory for all mistakes: none of them changes it."""
    laboratory = LabProcess("--until-stdin-closes")
    yield laboratory
    laboratory.close()


@pytest.fixture
def lab_files(shared_laboratory: LabProcess, tmp_path: Path) -> LabFiles:
    """A copy of the laboratory's files."""
    folder = tmp_path / "files"
    shutil.copytree(shared_laboratory.rig_path.parent, folder)
    return LabFiles(rig_path=folder / "rig.toml")


def said_once(run: Ran, sentence: str) -> None:
    """The sentence stands in the output, once, and no traceback around it."""
    assert run.output.count(sentence) == 1, run.output
    assert "Traceback" not in run.output, run.output
    assert "INTERNALERROR" not in run.output, run.output


def edited(lab_files: LabFiles, old: str, new: str, name: str = "rig.toml") -> tuple[Path, int]:
    """Change the first ``old`` in one of the laboratory's files; return the rig file and the line changed."""
    file = lab_files.rig_path.with_name(name)
    text = file.read_text()
    found = re.search(old, text)
    assert found is not None, text
    file.write_text(text[: found.start()] + new + text[found.end() :])
    return lab_files.rig_path, text[: found.start()].count("\n") + 1


@pytest.mark.parametrize("meter", ["foo://x", "ttyUSB0", "socket://nowhere", "reference:abc"])
def test_an_unknown_meter_says_what_is_understood(run_suites: RunSuites, meter: str) -> None:
    run = run_suites("--meter", meter, suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, "ERROR: ")
    assert meter.removeprefix("reference:") in run.output
    assert not run.path.exists()


def test_a_line_without_meter_is_named_where_nobody_declared_one(run_suites: RunSuites) -> None:
    run = run_suites("--meter", "socket://127.0.0.1:9", suites=LINK)
    assert run.exit_code == UNDECIDED
    assert "--declare" in run.output
    said_once(run, "No meter was found on socket://127.0.0.1:9: the line cannot be opened")
    assert not run.path.exists()


def test_a_missing_rig_file_is_named(run_suites: RunSuites, tmp_path: Path) -> None:
    run = run_suites("--rig", str(tmp_path / "none.toml"))
    assert run.exit_code == USAGE_ERROR
    said_once(run, "none.toml cannot be read: No such file or directory")


def test_a_rig_and_a_meter_at_once_are_refused(run_suites: RunSuites, lab_files: LabFiles) -> None:
    run = run_suites("--rig", str(lab_files.rig_path), "--meter", "socket://127.0.0.1:9", suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, "would not be reached")


RIG_MISTAKES = {
    "unknown driver": (r'driver = "fluke-6105a"', 'driver = "fluke-9"', "fluke-9"),
    "wrong role": (r'role = "source"', 'role = "reference"', 'plays the role "source"'),
    "wrong unit": (r"voltage_max_v", "voltage_max_kv", 'did you mean "voltage_max_v"?'),
    "no such instrument": (r'instrument = "counter"', 'instrument = "nobody"', 'instrument "nobody"'),
    "another schema": (r"schema = 1", "schema = 99", "update meterbench"),
    "an older schema": (r"schema = 1", "schema = 0", "this rig file is of the older version 0"),
    "not TOML": (r"schema = 1", "schema = = 1", "not valid TOML"),
}


@pytest.mark.parametrize("mistake", RIG_MISTAKES)
def test_a_mistake_in_the_rig_file_names_file_and_line(
    run_suites: RunSuites, lab_files: LabFiles, mistake: str
) -> None:
    old, new, sentence = RIG_MISTAKES[mistake]
    rig, line = edited(lab_files, old, new)
    run = run_suites("--rig", str(rig), suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, sentence)
    if mistake in {"unknown driver", "wrong role", "wrong unit", "another schema", "an older schema"}:
        expected = (
            line if mistake != "wrong role" else line + 1
        )  # the driver's line: it does not fit the role
        assert f"rig.toml:{expected}: " in run.output
    assert not run.path.exists()


def test_a_rig_file_without_position_is_refused(run_suites: RunSuites, lab_files: LabFiles) -> None:
    text = lab_files.rig_path.read_text()
    lab_files.rig_path.write_text(text[: text.index("[[position]]")])
    run = run_suites("--rig", str(lab_files.rig_path), suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, "position: this field is missing")


def test_a_class_that_the_edition_does_not_have_names_file_and_line(
    run_suites: RunSuites, lab_files: LabFiles
) -> None:
    rig, line = edited(lab_files, r'\nclass = "1"', '\nclass = "0.5"', "meter1.toml")
    run = run_suites("--rig", str(rig), suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, f"meter1.toml:{line + 1}: accuracy.class: class 0.5 does not exist in IEC 62053-21")
    assert not run.path.exists()


def test_an_unknown_plan_names_the_known_ones(run_suites: RunSuites) -> None:
    run = run_suites("--plan", "fulll", suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, 'There is no plan "fulll". Known: full, ')
    assert not run.path.exists()


def test_a_run_folder_that_is_not_empty_stays_as_it_is(run_suites: RunSuites, tmp_path: Path) -> None:
    folder = tmp_path / "run1"
    folder.mkdir()
    (folder / "precious").write_text("measured for a week")
    run = run_suites(suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, "is not empty")
    assert [entry.name for entry in folder.iterdir()] == ["precious"]
    assert (folder / "precious").read_text() == "measured for a week"


def test_a_run_folder_that_cannot_be_written_is_named(run_suites: RunSuites, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = run_suites("--run-dir", str(tmp_path / "file" / "run"), suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, "cannot be written")


def test_an_instrument_that_answers_another_identity_is_an_error_everywhere(
    run_suites: RunSuites, lab_files: LabFiles
) -> None:
    rig, _ = edited(lab_files, r'(?<=serial_number = ")[^"]+', "SOMEBODY-ELSE")
    run = run_suites("--rig", str(rig), suites=LINK)
    assert run.exit_code == UNDECIDED
    assert run.verdicts()
    assert {item["outcome"] for item in run.verdicts()} == {"ERROR"}
    assert all("SOMEBODY-ELSE" in item["reason"] for item in run.verdicts())
    assert "Traceback" not in run.output


def test_a_case_whose_secret_is_missing_is_not_run_and_names_it(
    run_suites: RunSuites, lab_files: LabFiles
) -> None:
    edited(lab_files, r"vending_key = .*\n", "", "meter1.secrets.toml")
    run = run_suites("--rig", str(lab_files.rig_path), suites=("suites/sts/test_credit_tokens.py",))
    assert run.exit_code == 12
    refused = [item["reason"] for item in run.verdicts("NOT_RUN")]
    assert refused
    assert all('"vending_key" is not in the secrets file' in reason for reason in refused)


def test_a_damaged_secrets_file_is_named_and_not_quoted(run_suites: RunSuites, lab_files: LabFiles) -> None:
    edited(lab_files, r"hex:", "hxe:", "meter1.secrets.toml")
    run = run_suites("--rig", str(lab_files.rig_path), suites=LINK)
    assert run.exit_code == USAGE_ERROR
    said_once(run, "meter1.secrets.toml is not understood")
    assert "abababab" not in run.output
