"""Print the catalogue as JSON (``python -m reference_meter.defects``): what is expected, and what is built."""

from __future__ import annotations

import csv
import json
from importlib.resources import files

from reference_meter.defects.catalogue import CATALOGUE


def rows() -> list[dict[str, object]]:
    """Return every row of the catalogue of facts, and whether the reference meter can be built with it."""
    text = files("reference_meter.defects").joinpath("data/expectations.csv").read_text(encoding="utf-8")
    listed = [{**row, "built": row["id"] in CATALOGUE} for row in csv.DictReader(text.splitlines())]
    known = {row["id"] for row in listed}
    more = [defect for name, defect in CATALOGUE.items() if name not in known]
    return listed + [_like(defect.id, defect.title, listed) for defect in more]


def _like(name: str, title: str, listed: list[dict[str, object]]) -> dict[str, object]:
    """Return a row for a further form of a listed defect ("AR-02-LATE"), expected as the row it belongs to."""
    parent = next((row for row in listed if name.startswith(f"{row['id']}-")), None)
    base = parent if parent is not None else {"kind": "defect", "layer": name[:2], "topics": ""}
    return {**base, "id": name, "title": title, "built": True}


def main() -> int:
    """Write the rows to standard output."""
    print(json.dumps(rows(), ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
