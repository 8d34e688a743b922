"""What clean and defective meters did, kept for the judges' own tests; ``python -m tests.judgement.recorded_meters``.

The outcome that is due does not come from a judge: of a meter without defects it is PASSED, of a meter with a defect
of the catalogue it is FAILED in the topics that the catalogue names. Verdicts that said otherwise, were not expected
to say anything, or need more than some hundred frames are left out. Run again when observations change their form.
"""

from __future__ import annotations

import json
import lzma
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.judgement.registry import Context, judge_by_id
from bench.judgement.verify import _Run
from bench.record.exchange import Exchange, expand_ids
from bench.record.model import Outcome, Verdict, to_json
from bench.record.reader import RunReader
from bench.score.processes import Starter, starter
from bench.score.row import Row
from bench.score.rows import catalogue, clean_rows, rows_of
from bench.score.trial import Trial, record_of

FILE = Path(__file__).parents[1] / "data" / "recorded_meters.json.xz"
#: Defects whose verdicts reach different branches of the judges; clean meters are always there.
ROWS = (
    *("MT-01", "MT-02", "MT-04", "MT-07", "MT-11", "MT-22", "MT-24", "MT-26", "MT-32"),
    *("ST-01", "ST-03", "ST-09", "ST-14", "ST-16", "HD-01", "HD-05", "AP-01", "AP-09", "SE-01", "SE-05"),
    *("AR-01", "AR-03", "EV-08", "CK-03", "CK-08", "PF-05"),
)
MOST_EXCHANGES = 120
MOST_OF_A_KIND = 3


class _Watched(dict[str, Exchange]):
    """Remembers which exchanges a judge looked up; one that goes through them looked up all."""

    def __init__(self, known: Mapping[str, Exchange]) -> None:
        super().__init__(known)
        self.all = dict(known)
        self.seen: dict[str, Exchange] = {}

    def __getitem__(self, name: str) -> Exchange:
        self.seen[name] = self.all[name]
        return self.all[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self.all else default

    def __iter__(self) -> Iterator[str]:
        self.seen = self.all
        return iter(self.all)

    def values(self) -> Any:
        self.seen = self.all
        return self.all.values()

    def items(self) -> Any:
        self.seen = self.all
        return self.all.items()


def due(row: Row, verdict: Verdict) -> bool:
    """Tell whether the verdict is the one that the catalogue expects, not merely the one a judge gave."""
    if row.expected == "CONFORMING":
        return verdict.outcome is Outcome.PASSED
    return verdict.outcome is Outcome.FAILED and str(verdict.requirement.topic) in row.topics


def entries(row: Row, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what a judge needs to give each due verdict of a run again."""
    reader = RunReader(folder)
    run = _Run(reader, None)
    observations = {item.id: item for item in reader.observations()}
    for verdict in reader.verdicts():
        if not due(row, verdict) or verdict.judge == "bench":
            continue
        context = run._context(verdict.position)
        if isinstance(context, str):
            continue
        traffic, recorded = _Watched(context.traffic), _Watched(context.recorded)
        seen = [observations[name] for name in expand_ids(verdict.evidence) if name in observations]
        watched = Context(
            declaration=context.declaration,
            plan=context.plan,
            session=context.session,
            traffic=traffic,
            recorded=recorded,
        )
        try:
            again = judge_by_id(verdict.judge)(seen, verdict.requirement, watched)
        except LookupError:
            continue  # it needs a secret, which is in no record
        if again.outcome is not verdict.outcome or len(traffic.seen) + len(recorded.seen) > MOST_EXCHANGES:
            continue
        yield {
            "meter": row.key,
            "case": verdict.case,
            "judge": verdict.judge,
            "due": str(verdict.outcome),
            "requirement": to_json(verdict.requirement),
            "observations": [to_json(item) for item in seen],
            "traffic": {name: item.to_json() for name, item in traffic.seen.items()},
            "recorded": {name: item.to_json() for name, item in recorded.seen.items()},
            "declaration": context.declaration.to_json(),
            "plan": context.plan.to_json(),
        }


def _recorded(row: Row, processes: Starter) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        record_of(Trial(row=row, seed=1, everything=not row.id), processes, folder)
        return list(entries(row, folder)) if folder.exists() else []


def main() -> int:
    """Run the meters, keep what is due, at most a few of a kind of each judge; with words, only these meters anew."""
    wanted = sys.argv[1:] or [*ROWS, "clean"]
    rows = [*(clean_rows() if "clean" in wanted else []), *rows_of(catalogue(), ids=wanted)]
    # of the second configuration the clean meter alone, and what the first one cannot have
    first = {row.id for row in rows if row.configuration == "c1"}
    rows = [row for row in rows if row.configuration == "c1" or not row.id or row.id not in first]
    rows = [row for row in rows if row.built and row.expected in {"CONFORMING", "FAILED"}]
    before = json.loads(lzma.decompress(FILE.read_bytes())) if sys.argv[1:] and FILE.exists() else []
    anew = {row.key for row in rows}
    processes = starter()
    kept: list[dict[str, Any]] = [entry for entry in before if entry["meter"] not in anew]
    counts: Counter[tuple[str, ...]] = Counter()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        recorded = pool.map(lambda row: _recorded(row, processes), rows)
        for row, found in zip(rows, recorded, strict=True):
            for entry in found:
                kind = (entry["judge"], entry["due"], entry["meter"], entry["case"].split("/")[1])
                counts[kind] += 1
                if counts[kind] <= MOST_OF_A_KIND:
                    kept.append(entry)
            print(row.key, len(found), flush=True)
    processes.close()
    text = json.dumps(kept, sort_keys=True).encode()
    FILE.write_bytes(lzma.compress(text, preset=9))
    print(f"{len(kept)} verdicts, {FILE.stat().st_size} octets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
