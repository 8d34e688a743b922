"""What the documents tell to do is done here: their commands, their programs, their files."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cli.main import build_parser
from reference_meter.lab.meter_alone import _parser as meter_parser

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
METERBENCH = [sys.executable, "-m", "bench.cli.main"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
PATIENCE_S = 90.0


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [str(block) for block in found]


def test_a_strangers_defect_fails_the_right_case_and_is_recomputed_without_our_code(tmp_path: Path) -> None:
    """The examples of defects.md, from a file outside the repository; its run by the program of run-folder.md."""
    defect = "\n".join(blocks("defects.md", "python"))
    (program,) = blocks("run-folder.md", "python")
    (tmp_path / "acme.py").write_text(defect)
    (tmp_path / "recompute.py").write_text(program)
    with subprocess.Popen(
        [*METERBENCH, "lab", "serve", "--defect", "acme.py:ThreePercentHigh", "--directory", "lab"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    ) as lab:
        assert lab.stdout is not None
        rig = lab.stdout.readline().strip()
        done = subprocess.run(
            [
                *METERBENCH,
                "run",
                "--rig",
                rig,
                "--plan",
                "smoke",
                "-k",
                "test_load_point",
                "--run-dir",
                "run",
            ],
            cwd=tmp_path,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        lab.send_signal(signal.SIGTERM)
    assert done.returncode == 1, done.stdout + done.stderr
    recomputed = subprocess.run(
        [sys.executable, "-I", "recompute.py", "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert recomputed.returncode == 0, recomputed.stderr
    errors = [float(line.rsplit(" ", 2)[1]) for line in recomputed.stdout.splitlines()]
    assert len(errors) >= 3
    assert all(2.5 < error < 3.5 for error in errors)
    record = tmp_path / "run" / "observations.jsonl"
    record.write_text(record.read_text().replace('"n_intervals":', '"n_intervals":1', 1))
    altered = subprocess.run(
        [sys.executable, "-I", "recompute.py", "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert altered.returncode != 0


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_commands_of_the_documents_exist(path: Path) -> None:
    """Parse every command line of the documents as far as its own parser goes; others take pytest's options."""
    known = build_parser()
    for block in blocks(path.name, "sh"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if not words:
                continue
            assert words[0] == "meterbench", line
            if words[1:3] == ["meter", "serve"]:
                meter_parser().parse_args(words[3:])
            elif words[1] != "run" and words[1:3] != ["lab", "serve"]:
                known.parse_args(words[1:])
            else:
                help_of = words[1:2] if words[1] == "run" else words[1:3]
                helped = subprocess.run(
                    [*METERBENCH, *help_of, "--help"],
                    env=ENVIRONMENT,
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE_S,
                )
                for option in (word for word in words if word.startswith("--")):
                    assert option in helped.stdout, f"{line}: {option}"


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCS:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"
