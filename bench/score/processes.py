"""Starting the two processes of a trial: forked from a warm interpreter where that can be, else started cold."""

from __future__ import annotations

import atexit
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from bench.errors import BenchFault

#: What both processes of a trial import anyway, and what takes longest. A laboratory's own modules go by name only:
#: the bench does not import them.
WARM_MODULES = (
    "pytest",
    "_pytest.terminal",
    "bench.pytest_plugin",
    "bench.run.run",
    "bench.run.case_bench",
    "bench.run.exit_code",
    "bench.run.console",
    "bench.run.spending",
    "bench.judgement.verify",
    "reports.render",
    "pyvisa_py",
    "cryptography.hazmat.primitives.ciphers",
    "reference_meter.lab.laboratory",
    "reference_meter.defects.catalogue",
)

#: ``-P``: what is scored is what is installed, whatever folders stand where the score is started.
PYTHON = (sys.executable, "-P")


class Child(Protocol):
    """A running command."""

    def wait(self, timeout_s: float) -> int:
        """Return the exit code. Raises TimeoutError."""

    def running(self) -> bool: ...

    def signal(self, number: int) -> None: ...


class Starter(Protocol):
    """Starts commands."""

    def start(self, argv: Sequence[str], *, out: Path, err: Path) -> Child:
        """Run ``python -m argv[0] ...`` with its output in two files."""


class _Forked:
    def __init__(self, warm: Warm, name: str, ended: Future[int]) -> None:
        self._warm, self._name, self._ended = warm, name, ended

    def wait(self, timeout_s: float) -> int:
        return self._ended.result(timeout=timeout_s)

    def running(self) -> bool:
        return not self._ended.done()

    def signal(self, number: int) -> None:
        if self.running():
            self._warm.tell({"stop": self._name, "signal": number})


class Warm:
    """A warm interpreter (`bench.score.warm`) as a process of ours; safe to use from several threads."""

    def __init__(self, modules: Sequence[str] = WARM_MODULES) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [*PYTHON, "-m", "bench.score.warm", *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        self._writing = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, Future[int]] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        atexit.register(self.close)

    def start(self, argv: Sequence[str], *, out: Path, err: Path) -> Child:
        name = str(next(self._numbers))
        ended: Future[int] = Future()
        self._waiting[name] = ended
        self.tell({"start": name, "argv": list(argv), "out": str(out), "err": str(err)})
        return _Forked(self, name, ended)

    def tell(self, command: dict[str, object]) -> None:
        """Send one command. Raises BenchFault when the interpreter is gone."""
        if self._process.stdin is None or self._process.poll() is not None:
            raise BenchFault("The warm interpreter ended.", remedy="Score again; finished trials are kept.")
        with self._writing:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """End the interpreter and whatever it still runs; idempotent."""
        atexit.unregister(self.close)
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
            self._process.wait()
            self._listener.join()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            said = json.loads(line)
            ended = self._waiting.pop(said["ended"], None)
            if ended is not None:
                ended.set_result(said["exit"])
        for lost in self._waiting.values():
            lost.set_result(-signal.SIGKILL)


class _Started:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, timeout_s: float) -> int:
        try:
            return self._process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired as expired:
            raise TimeoutError from expired

    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        if self.running():
            self._process.send_signal(number)


class Cold:
    """A new interpreter for every command, where there is no fork, or where no trial may share anything."""

    def start(self, argv: Sequence[str], *, out: Path, err: Path) -> Child:
        with out.open("wb") as said, err.open("wb") as complained:
            return _Started(
                subprocess.Popen(  # noqa: S603
                    [*PYTHON, "-m", *argv],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=complained,
                    env=_environment(),
                )
            )

    def close(self) -> None:
        """Nothing is kept."""


def _environment() -> dict[str, str]:
    """Return the environment of a trial: the suites need no plugin but their own, which is named to them."""
    return {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def starter(*, warm: bool = True) -> Warm | Cold:
    """Return the way to start processes on this machine."""
    return Warm() if warm and sys.platform == "linux" else Cold()
