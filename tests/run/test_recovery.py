"""`meterbench recover` against a meter: it asks the meter, and finishes or undoes an interrupted key change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.meter.ledger import KeyReference, Ledger
from bench.record.declaration import load_declaration

METERBENCH = [sys.executable, "-m", "bench.cli.main"]
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
PATIENCE_S = 90.0


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[str]:
    with subprocess.Popen(
        [*METERBENCH, "meter", "serve", "dds722", "--directory", str(tmp_path)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)


def recover(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*METERBENCH, "recover", "--state-dir", str(folder / "state"), *words],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


class Interrupted:
    """A served meter whose ledger says that a key change was begun and not finished."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self.declaration = load_declaration(folder / "meter.toml")
        sts = self.declaration.sts
        assert sts is not None
        self.pan = sts.meter_pan
        self.old = KeyReference.of(sts)
        self.new = replace(self.old, key_revision_number=self.old.key_revision_number + 1)
        self._where = [
            *("--meter", url, "--declare", str(folder / "meter.toml")),
            *("--secrets", str(folder / "meter.secrets.toml")),
        ]
        self.interrupt()

    def interrupt(self) -> None:
        number = self.declaration.identity.serial_number
        with Ledger.open(self.folder / "state", number, self.pan) as ledger:
            ledger.begin_key_change(self.old, self.new)

    def recover(self, *words: str) -> str:
        done = recover(self.folder, *self._where, *words)
        assert done.returncode == 0, done.stderr
        vending_key = (self.folder / "meter.secrets.toml").read_text().split('vending_key = "hex:')[1][:16]
        assert vending_key not in done.stdout + done.stderr
        return done.stdout


def test_meter_that_still_holds_the_old_key_keeps_it(meter: str, tmp_path: Path) -> None:
    interrupted = Interrupted(meter, tmp_path)
    listed = recover(tmp_path)
    assert listed.returncode == 1
    assert "UNFINISHED key change" in listed.stdout
    assert "still holds the old key" in interrupted.recover()
    listed = recover(tmp_path)
    assert listed.returncode == 0
    assert f"KRN {interrupted.old.key_revision_number}" in listed.stdout


def test_change_is_finished_on_request_and_found_finished_afterwards(meter: str, tmp_path: Path) -> None:
    interrupted = Interrupted(meter, tmp_path)
    assert "was given the new key" in interrupted.recover("--finish")
    interrupted.interrupt()  # as if the run had died after the last token and before it could say so
    assert "holds the new key" in interrupted.recover()
    listed = recover(tmp_path)
    assert listed.returncode == 0
    assert f"KRN {interrupted.new.key_revision_number}" in listed.stdout


def test_meter_without_declaration_is_a_usage_error(tmp_path: Path) -> None:
    refused = recover(tmp_path, "--meter", "/dev/ttyUSB0")
    assert refused.returncode == 4
    assert "--declare" in refused.stderr
