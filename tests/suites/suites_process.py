"""Run the suites as a user does: a pytest process of its own, looked at from outside only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CORE_PLAN = Path(__file__).with_name("core_plan.toml")
TIME_OUT_S = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A finished run: exit code, everything it printed, and its folder."""

    exit_code: int
    output: str
    path: Path

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Return the records of one .jsonl file; none where the run wrote none."""
        file = self.path / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def verdicts(self, outcome: str = "") -> list[dict[str, Any]]:
        """Return the verdicts, or those of one outcome."""
        return [item for item in self.lines("verdicts.jsonl") if outcome in {"", item["outcome"]}]

    def outcomes(self) -> dict[str, list[str]]:
        """Return the cases by outcome, for messages that show what went wrong."""
        found: dict[str, list[str]] = {}
        for item in self.verdicts():
            found.setdefault(item["outcome"], []).append(
                f"{item['case']} [{item['position']}]: {item['reason']}"
            )
        return {name: cases for name, cases in found.items() if name != "PASSED"}


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without what would change a run; our packages first on the path."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "METERBENCH_"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), **changes}


def run_command(
    command: Sequence[str], run_dir: Path, *, cwd: Path = ROOT, environ: Mapping[str, str] | None = None
) -> Ran:
    """Run a command that writes ``run_dir``; take both its outputs together."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environ or environment()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output, _ = process.communicate(timeout=TIME_OUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        raise AssertionError(f"the run did not end within {TIME_OUT_S:g} s:\n{output}") from None
    return Ran(exit_code=process.returncode, output=output, path=run_dir)


def suites_command(run_dir: Path, *options: str, suites: Sequence[str] = ("suites",)) -> list[str]:
    """Return ``pytest suites/ --run-dir ...`` as a command of this interpreter."""
    folders = [str(ROOT / name) for name in suites]
    return [
        sys.executable,
        "-m",
        "pytest",
        *folders,
        "--run-dir",
        str(run_dir),
        "-p",
        "no:cacheprovider",
        *options,
    ]


RunSuites = Callable[..., Ran]
