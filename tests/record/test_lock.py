"""Locks: one holder, named to everybody else, gone with its process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.record.lock_file import Locked, LockFile, lock_folder, lock_resource

HOLDER = """
import sys, time
from pathlib import Path
from bench.record.lock_file import LockFile
LockFile.acquire(Path(sys.argv[1]), subject="x", what="pytest suites/ --rig bench3.toml")
print("held", flush=True)
sys.stdin.read()
"""


def test_second_process_is_told_who_holds(tmp_path: Path) -> None:
    path = tmp_path / "port.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Locked) as refusal:
            LockFile.acquire(path, subject="/dev/ttyUSB0", what="mine")
        assert refusal.value.holder.pid == other.pid
        assert refusal.value.holder.what == "pytest suites/ --rig bench3.toml"
        assert f"/dev/ttyUSB0 is in use by process {other.pid}" in str(refusal.value)
        other.send_signal(signal.SIGKILL)
    assert json.loads(path.read_text())["pid"] == other.pid  # left behind by the dead process
    with LockFile.acquire(path, subject="/dev/ttyUSB0", what="mine"):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert not path.exists()


def test_holder_that_said_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "port.lock"
    with LockFile.acquire(path, subject="x", what="y"):
        path.write_text("")
        with pytest.raises(Locked, match="in use by another process"):
            LockFile.acquire(path, subject="x", what="z")


def test_release_twice_does_not_free_the_next_holder(tmp_path: Path) -> None:
    path = tmp_path / "port.lock"
    first = LockFile.acquire(path, subject="x", what="first")
    first.release()
    with LockFile.acquire(path, subject="x", what="second"):
        first.release()
        with pytest.raises(Locked, match="second"):
            LockFile.acquire(path, subject="x", what="third")


def test_two_names_of_one_port_are_one_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    port = tmp_path / "ttyUSB0"
    port.touch()
    by_id = tmp_path / "usb-optical-head"
    by_id.symlink_to(port)
    with lock_resource(str(port), what="a run"), pytest.raises(Locked, match="a run"):
        lock_resource(str(by_id), what="another")
    assert lock_folder() == tmp_path / "meterbench-locks"
