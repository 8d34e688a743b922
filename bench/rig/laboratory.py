"""Start a virtual laboratory as a process of its own and reach it through its rig file alone."""

from __future__ import annotations

import select
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bench.errors import BenchFault

START_TIME_OUT_S = 20.0
STOP_TIME_OUT_S = 5.0


class LaboratoryProcess:
    """A laboratory that lives as long as this object: it ends when its standard input closes."""

    def __init__(self, product: str, *, positions: int = 1, seed: int = 0) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="meterbench-lab-")
        command = [
            sys.executable,
            "-P",  # what is installed, whatever folders stand where the bench is started
            "-m",
            "reference_meter.lab",
            "--product",
            product,
            "--positions",
            str(positions),
            "--seed",
            str(seed),
            "--directory",
            self._directory.name,
            "--until-stdin-closes",
        ]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C in the terminal must not end it before the source is off
        )
        if self._process.stdout is None:  # pragma: no cover  # Popen was asked for a pipe
            raise BenchFault("The laboratory has no output.")
        if not _readable(self._process.stdout):
            self.stop()
            raise BenchFault(
                f"The virtual laboratory said nothing for {START_TIME_OUT_S:g} s.",
                remedy="Run `meterbench lab serve`.",
            )
        line = self._process.stdout.readline().strip()
        if not line:
            _, trouble = self._process.communicate(timeout=START_TIME_OUT_S)
            self._directory.cleanup()
            last = trouble.strip().splitlines()[-1] if trouble.strip() else "it said nothing"
            raise BenchFault(
                f"The virtual laboratory did not start: {last}.", remedy="Run `meterbench lab serve`."
            )
        self.rig_path = Path(line)

    def stop(self) -> None:
        """End the laboratory; nothing is left running or listening."""
        if self._process.poll() is None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                self._process.wait(timeout=STOP_TIME_OUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=STOP_TIME_OUT_S)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        self._directory.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _readable(pipe: IO[str]) -> bool:
    """Wait until the laboratory has said something or has ended; Windows cannot wait for a pipe."""
    if sys.platform == "win32":  # pragma: no cover
        return True
    return bool(select.select([pipe], [], [], START_TIME_OUT_S)[0])
