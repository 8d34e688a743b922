"""However the bench ends, the virtual source is off within two seconds of wall time.

METERBENCH_KILL_TRIES sets how often each way is tried, METERBENCH_KILL_SIDE_BY_SIDE how many tries run at a time: each
needs its share of a processor, for its beat is due every tenth of a second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.record.reader import RunReader
from tests.rig.wall_laboratory import WallLaboratory

TRIES = int(os.environ.get("METERBENCH_KILL_TRIES", "3"))
SIDE_BY_SIDE = int(os.environ.get("METERBENCH_KILL_SIDE_BY_SIDE", "6"))
OFF_WITHIN_S = 2.0
BENCH = Path(__file__).with_name("energised_bench.py")


class Energised:
    """A bench process with its source on."""

    def __init__(self, folder: Path, behaviour: str, driver: str = "fluke-6105a") -> None:
        folder.mkdir()
        self.laboratory = WallLaboratory(driver)
        rig = self.laboratory.write_rig(folder)
        if behaviour == "hang" and driver == OWN_SESSION:
            self.laboratory.source_server.faults.hangs_on = "*OPT?"
        if behaviour == "drop":
            self.laboratory.source_server.faults.resets_on = "*OPT?"
        self.process = subprocess.Popen(
            [sys.executable, str(BENCH), str(rig), behaviour],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        try:
            said = self.process.stdout.readline()
            assert said, "the bench ended before it was energised"
            self.supervisor = int(said.split()[1])
            assert self.on(), "the source went off before anything happened"
        except BaseException:
            self.close()
            raise

    def on(self) -> bool:
        return self.laboratory.source_on()

    def seconds_until_off(self) -> float:
        start = time.monotonic()
        while self.on() and time.monotonic() - start < 10.0:
            time.sleep(0.01)
        return time.monotonic() - start

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.laboratory.close()


def damage_of(run: Path) -> list[str]:
    """What is wrong with a run folder, besides that the run was cut short."""
    return [problem for problem in RunReader(run).check_chain() if "cut short" not in problem]


def kill(bench: Energised) -> None:
    bench.process.send_signal(signal.SIGKILL)


def stop(bench: Energised) -> None:
    bench.process.send_signal(signal.SIGSTOP)


def kill_supervisor(bench: Energised) -> None:
    os.kill(bench.supervisor, signal.SIGKILL)


def nothing(_bench: Energised) -> None:
    """The bench itself hangs or has lost its connection by now."""


OWN_SESSION, OWN_PORT = "fluke-6105a", "zera-mt"
"""A supervisor with a session of its own, and one that owns the only port."""

WAYS: dict[str, tuple[str, str, Callable[[Energised], None]]] = {
    "bench-killed": (OWN_SESSION, "wait", kill),
    "bench-stopped": (OWN_SESSION, "wait", stop),
    "hung-query": (OWN_SESSION, "hang", nothing),
    "dropped-connection": (OWN_SESSION, "drop", nothing),
    "supervisor-killed": (OWN_SESSION, "wait", kill_supervisor),
    "bench-killed-port-owned": (OWN_PORT, "wait", kill),
    "bench-stopped-port-owned": (OWN_PORT, "wait", stop),
    "hung-query-port-owned": (OWN_PORT, "hang", nothing),
    "supervisor-killed-port-owned": (OWN_PORT, "wait", kill_supervisor),
}


@dataclass(frozen=True, slots=True)
class Tries:
    """Where the rigs and run folders are, and of every try of every way how long it took until the source was off."""

    folder: Path
    ways: dict[str, list[Future[float]]]


@pytest.fixture(scope="module")
def tries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tries]:
    """Try every way; the tries run side by side, way after way."""
    folder = tmp_path_factory.mktemp("rigs")

    def one_try(way: str, number: int) -> float:
        driver, behaviour, action = WAYS[way]
        bench = Energised(folder / f"{way}-{number}", behaviour, driver)
        try:
            action(bench)
            return bench.seconds_until_off()
        finally:
            bench.close()

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        ways = {way: [pool.submit(one_try, way, number) for number in range(TRIES)] for way in WAYS}
        yield Tries(folder=folder, ways=ways)


@pytest.mark.parametrize("way", list(WAYS))
def test_the_source_is_off_in_time(tries: Tries, way: str) -> None:
    found = tries.ways[way]
    assert [f"try {number}: {one.exception()!r}" for number, one in enumerate(found) if one.exception()] == []
    taken = sorted(one.result() for one in found)
    print(f"{way}: off after {', '.join(f'{one:.2f}' for one in taken)} s")
    assert len(taken) == TRIES
    assert taken[-1] < OFF_WITHIN_S
    runs = [tries.folder / f"{way}-{number}" / "run" for number in range(TRIES)]
    assert [problem for run in runs for problem in damage_of(run)] == []


def test_a_bench_whose_supervisor_was_killed_says_so(tmp_path: Path) -> None:
    bench = Energised(tmp_path / "one", "wait")
    try:
        os.kill(bench.supervisor, signal.SIGKILL)
        said = bench.process.stdout.readline()
    finally:
        bench.close()
    assert said.startswith("fault The source was switched off: the supervisor has gone")
