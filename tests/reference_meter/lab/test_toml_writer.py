"""What is written is read back by the standard library as it was."""

from __future__ import annotations

import tomllib
from datetime import date

from reference_meter.lab.toml_writer import Inline, toml


def test_a_document_of_every_shape_comes_back_as_it_was() -> None:
    document = {
        "schema": 1,
        "rig": {"name": 'quotes " and \\ and \x7f and ü', "virtual": True, "ratio": 0.1, "big": 1e-05},
        "instrument": [
            {"name": "a", "calibration": {"due": date(2027, 3, 4), "empty": []}},
            {"name": "b", "limits": [1, 2.5], "words": ["x", "y"]},
        ],
        "position": [{"pulse": Inline({"instrument": "counter", "channel": 1}), "odd key": "yes"}],
        "after": "a plain key behind tables",
    }
    assert tomllib.loads(toml(document)) == document  # type: ignore[arg-type]
