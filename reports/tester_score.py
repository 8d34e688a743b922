"""The tester's own score, as ``meterbench defects score --publish`` left it in this package."""

from __future__ import annotations

import json
from importlib.resources import files

PUBLISHED = "tester_score.json"


def score_sentence() -> str:
    """Return what the tester scored, and with which sources; empty where no score was published with this version."""
    published = files("reports").joinpath(PUBLISHED)
    if not published.is_file():
        return ""
    score = json.loads(published.read_text(encoding="utf-8"))
    return (
        f"The tester's own score: {score['totals']} ({score['rows']} rows of known defects, legal variants and clean "
        f"meters, configurations {score['configurations']}, seeds {score['seeds']}; {score['version']})."
    )
