"""Run the suites once, as a user would, and hold time, memory and what is left behind against their targets.

``python benchmarks/run_times.py [pytest options]`` prints each number beside its target. Exit 1 only where a target
is missed by more than twice, or something is left behind: machines differ, orders of magnitude do not.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_S = 0.05
RUN_TIME_OUT_S = 120.0
GRACE_S = 2.0
SLACK = 2.0
MEBI = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One number beside its target. ``at_most``: smaller is better; otherwise larger is."""

    name: str
    value: float
    target: float
    unit: str
    at_most: bool = True

    @property
    def ratio(self) -> float:
        """How much of the target is used up; 1.0 is exactly on target, more is a miss."""
        if self.at_most:
            return self.value / self.target
        return self.target / self.value if self.value else float("inf")

    def line(self) -> str:
        """Return value, target and ratio side by side."""
        word = "at most" if self.at_most else "at least"
        said = "met" if self.ratio <= 1 else "MISSED" if self.ratio > SLACK else "missed, within twice"
        return (
            f"{self.name:<42} {self.value:10.1f} {self.unit:<4} {word:>8} {self.target:7.0f} "
            f"{self.unit:<4} ratio {self.ratio:6.3f}  {said}"
        )


@dataclass(slots=True, kw_only=True)
class Watched:
    """What was seen of a command and everything it started."""

    exit_code: int
    wall_s: float
    cpu_s: float
    """Processor time of all processes, which does not depend on what else the machine does as wall time does."""
    peak_octets: int
    largest_process_octets: int
    n_processes: int
    seen: set[tuple[int, str]]


def watch(command: list[str], folder: Path) -> Watched:
    """Run a command and sample the memory of its whole process tree until it ends."""
    started_s = time.monotonic()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        watched = Watched(
            exit_code=-1,
            wall_s=0.0,
            cpu_s=0.0,
            peak_octets=0,
            largest_process_octets=0,
            n_processes=0,
            seen=set(),
        )
        while process.poll() is None:
            tree = list(_tree(process.pid))
            sizes = [_pss_octets(pid) for pid in tree]
            watched.peak_octets = max(watched.peak_octets, sum(sizes))
            watched.largest_process_octets = max([watched.largest_process_octets, *sizes])
            watched.n_processes = max(watched.n_processes, len(tree))
            watched.seen.update((pid, _started(pid)) for pid in tree)
            if time.monotonic() - started_s > RUN_TIME_OUT_S:
                process.kill()
            time.sleep(SAMPLE_S)
    watched.exit_code = process.returncode
    watched.wall_s = time.monotonic() - started_s
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    watched.cpu_s = used.ru_utime + used.ru_stime
    return watched


def left_running(watched: Watched) -> list[int]:
    """Return the processes of the run that still live after a moment of grace."""
    deadline_s = time.monotonic() + GRACE_S
    while True:
        left = [pid for pid, started in watched.seen if started and _started(pid) == started]
        if not left or time.monotonic() > deadline_s:
            return left
        time.sleep(SAMPLE_S)


def listening() -> set[str]:
    """Return the local addresses on which something of ours listens (TCP, hexadecimal as the kernel writes them)."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == "0A" and int(columns[7]) == os.getuid():
                found.add(columns[1])
    return found


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return
    for task in tasks:
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _pss_octets(pid: int) -> int:
    """Return the proportional set size: shared pages count once over all processes."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:"))


def _started(pid: int) -> str:
    """Return when a process started, so that a number used again is not mistaken for it; "" when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def installed_sizes() -> list[tuple[str, int]]:
    """Return what our distribution and everything it requires take on the disk, largest first."""
    wanted, sizes = ["meterbench"], {}
    while wanted:
        name = wanted.pop()
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        key = found.metadata["Name"].lower().replace("_", "-")
        if key in sizes:
            continue
        sizes[key] = sum(_file_octets(Path(str(found.locate_file(file)))) for file in found.files or ())
        for line in found.requires or ():
            requirement, _, marker = line.partition(";")
            if "extra ==" not in marker:
                wanted.append("".join(_name_of(requirement)))
    return sorted(sizes.items(), key=lambda item: -item[1])


def _name_of(requirement: str) -> Iterator[str]:
    for letter in requirement.strip():
        if not (letter.isalnum() or letter in "-_."):
            return
        yield letter


def _file_octets(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def finished(run_dir: Path) -> dict[str, float]:
    """Return the last event of the run, empty where it was cut short."""
    try:
        last = json.loads((run_dir / "events.jsonl").read_text().splitlines()[-1])
    except (OSError, ValueError, IndexError):
        return {}
    return last if last.get("event") == "run-finished" else {}


def main(options: list[str]) -> int:
    """Measure, print, and return the exit code."""
    before = listening()
    with tempfile.TemporaryDirectory(prefix="meterbench-benchmark-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "pytest", "suites/", "--run-dir", str(folder / "run")]
        watched = watch([*command, "-p", "no:cacheprovider", *options], folder)
        alive, ports = left_running(watched), listening() - before
        event = finished(folder / "run")
        output = (folder / "output.txt").read_text(errors="replace")
    bench_s = event.get("bench_time_s", 0.0)
    targets = [
        Target(name="wall time of the suites", value=watched.wall_s, target=15, unit="s"),
        Target(
            name="bench time / wall time", value=bench_s / watched.wall_s, target=200, unit="", at_most=False
        ),
        Target(
            name="memory of all processes (peak PSS)",
            value=watched.peak_octets / MEBI,
            target=200,
            unit="MiB",
        ),
    ]
    print("\n".join(target.line() for target in targets))
    print(
        f"processor time {watched.cpu_s:.1f} s; bench time {bench_s / 3600:.1f} h; "
        f"{watched.n_processes} processes, the largest "
        f"{watched.largest_process_octets / MEBI:.0f} MiB; exit code of the suites {watched.exit_code}"
    )
    sizes = installed_sizes()
    print(
        f"installed: {sum(size for _, size in sizes) / MEBI:.0f} MiB in {len(sizes)} distributions; largest: "
        + ", ".join(f"{name} {size / MEBI:.0f}" for name, size in sizes[:5])
    )
    print(f"left running: {alive or 'nothing'}; left listening: {sorted(ports) or 'nothing'}")
    if not event:
        print(f"The run did not finish:\n{output[-2000:]}")
    missed = [target.name for target in targets if target.ratio > SLACK]
    return 1 if missed or alive or ports or not event or watched.exit_code else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
