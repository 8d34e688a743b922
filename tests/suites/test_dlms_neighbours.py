"""Neighbours of the catalogue on the DLMS side are found by the case whose requirement they break."""

from __future__ import annotations

from pathlib import Path

from tests.suites.kept_rack import not_as_due, run_rack
from tests.suites.rack_of_dlms_neighbours import KEPT


def test_neighbours_of_the_catalogue_are_found_where_they_are(tmp_path: Path) -> None:
    ran = run_rack("rack_of_dlms_neighbours.py", KEPT, tmp_path, each_its_own=True)
    assert not_as_due(ran, KEPT) == {}, ran.outcomes()
