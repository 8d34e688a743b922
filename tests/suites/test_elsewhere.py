"""``meterbench run`` from any folder: from the source tree, and from what a wheel would install."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.suites.suites_process import ROOT, environment, run_command

SMOKE = ("--plan", "smoke", "-p", "no:cacheprovider")


def run_from(folder: Path, packages: Path) -> tuple[int, str, Path]:
    """Run the smoke plan in ``folder`` with the packages found in ``packages`` only."""
    command = [sys.executable, "-P", "-m", "bench.cli.main", "run", *SMOKE, "--run-dir", "here"]
    ran = run_command(command, folder / "here", cwd=folder, environ=environment(PYTHONPATH=str(packages)))
    return ran.exit_code, ran.output, ran.path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel puts on the path: built where the build back-end is at hand, else copied as it is told to."""
    folder = tmp_path_factory.mktemp("installed")
    if importlib.util.find_spec("hatchling") is not None:
        source = folder / "source"
        told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
            "wheel"
        ]
        for name in told["packages"]:
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source / name)
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=60)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder / "site")
    else:
        told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
            "wheel"
        ]
        for name in told["packages"]:
            shutil.copytree(ROOT / name, folder / "site" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "site"


def test_the_packaged_suites_run_from_another_folder(tmp_path: Path) -> None:
    code, output, path = run_from(tmp_path, ROOT)
    assert code == 0, output[-2000:]
    assert (path / "report.html").exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["here"]


def test_an_installed_wheel_runs_without_the_source_tree(installed: Path, tmp_path: Path) -> None:
    code, output, path = run_from(tmp_path, installed)
    assert code == 0, output[-2000:]
    assert "verdicts given (plan smoke)" in output
    assert (path / "verdicts.jsonl").exists()


def test_a_wheel_carries_no_tests(installed: Path) -> None:
    assert not (installed / "tests").exists()
    assert not (installed / "benchmarks").exists()
