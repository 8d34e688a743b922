"""How someone else recomputes the verdicts, with our program or without it."""

from __future__ import annotations

import hashlib

from reports.markup import Markup, section, table, tag
from reports.run_view import RunView

_FILES = {
    "session.json": "what was tested, with what, by which plan",
    "observations.jsonl": "raw counts, times and readings",
    "traffic.jsonl": "every octet on the line with its time; secrets as offset, length and keyed hash",
    "verdicts.jsonl": "the verdicts, each with its judge and its evidence",
    "events.jsonl": "what happened, in order",
}


def recompute(view: RunView) -> Markup:
    rows = []
    for name, content in _FILES.items():
        file = view.path / name
        hashed = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "missing"
        rows.append([name, content, tag("code", hashed)])
    return section(
        "recompute",
        "How to recompute",
        tag(
            "p",
            tag("code", f"meterbench verify {view.path.name}"),
            " checks that each line of the record continues the one before, and decides every verdict again "
            "from the raw observations. Verdicts that rest on a secret need ",
            tag("code", "--secrets FILE"),
            "; without it they are “not recomputable”, never “agrees”.",
        ),
        tag(
            "p",
            "Error of a load point: error in % = 100 · (N · 1000 / k − E) / E, with N pulse intervals, the "
            "meter constant k in imp/kWh, and E the energy in Wh that the reference standard measured in the "
            "same time. U95 is the expanded uncertainty with k = 2.",
        ),
        table(["File", "Holds", "SHA-256 when this report was made"], rows, css="stack"),
    )
