"""The plugin is there for every pytest on this machine, and costs those that do not need it nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.suites.suites_process import environment

HEAVY = (
    "numpy",
    "pyvisa",
    "pydantic",
    "serial",
    "gurux_dlms",
    "cryptography",
    "bench.run.run",
    "reports.render",
)


def pytest_in(folder: Path, *options: str) -> tuple[int, str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "bench.pytest_plugin",
        "-p",
        "no:cacheprovider",
        *options,
    ]
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_loading_the_plugin_imports_nothing_heavy(tmp_path: Path) -> None:
    program = f"import sys, bench.pytest_plugin\nprint([name for name in {HEAVY!r} if name in sys.modules])\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_help_lists_the_options_and_needs_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import sys\n"
        "def pytest_unconfigure(config):\n"
        f"    print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    code, output = pytest_in(tmp_path, "--help")
    assert code == 0
    for option in ("--meter", "--rig", "--declare", "--secrets", "--plan", "--run-dir", "--seed"):
        assert f"  {option}=" in output, option
    assert "heavy: []" in output


def test_ordinary_tests_never_notice_the_bench(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_one(): pass\ndef test_two(): assert 1 == 2\n")
    code, output = pytest_in(tmp_path)
    assert code == 1
    assert "1 failed, 1 passed" in output
    assert "meter bench" not in output
    assert "virtual laboratory" not in output
    assert not (tmp_path / "runs").exists()


def test_an_unknown_option_is_a_usage_error(tmp_path: Path) -> None:
    code, output = pytest_in(tmp_path, "--metre", "COM3")
    assert code == 4
    assert "unrecognized arguments: --metre" in output


def test_a_seed_that_is_no_number_is_a_usage_error(tmp_path: Path) -> None:
    code, output = pytest_in(tmp_path, "--seed", "today")
    assert code == 4
    assert "--seed" in output


def test_the_bench_fixture_outside_a_case_says_so(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_one(bench): pass\n")
    code, output = pytest_in(tmp_path)
    assert code != 0
    assert "@case" in output
