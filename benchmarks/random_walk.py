"""Time the random walk over the supply switch: 10,000 steps in under 60 s on an idle machine.

Measured is the case itself, over sockets to a laboratory of its own; the report of the run is not part of it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
STEPS, TARGET_S = 10_000, 60.0
_CALL = re.compile(r"^\s*([\d.]+)s call\s+\S*test_random_walk", re.MULTILINE)


def walk_time_s(steps: int, seed: int) -> float:
    """Walk and return the seconds that the case took. Raises RuntimeError where it did not pass."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "walk.toml"
        plan.write_text(f'name = "walk"\nwalk_steps = {steps}\ncases = ["dual/random_walk"]\n')
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "suites/dual/test_random_walk.py",
                f"--plan={plan}",
                f"--seed={seed}",
                f"--run-dir={folder}/run",
                "--durations=1",
                "-p",
                "no:cacheprovider",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    found = _CALL.search(done.stdout)
    if done.returncode != 0 or found is None:
        raise RuntimeError(done.stdout[-2000:])
    return float(found.group(1))


def main() -> int:
    """Print the time and say whether the target was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    took_s = walk_time_s(options.steps, options.seed)
    target_s = TARGET_S * options.steps / STEPS
    print(f"random walk: {options.steps} steps in {took_s:.1f} s (target {target_s:.0f} s)")
    return int(took_s > target_s)


if __name__ == "__main__":
    sys.exit(main())
