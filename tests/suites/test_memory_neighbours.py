"""Neighbours of the catalogue that show only after a power cut are found by the case whose requirement they break."""

from __future__ import annotations

from pathlib import Path

from tests.suites.kept_rack import not_as_due, run_rack
from tests.suites.rack_of_memory_neighbours import KEPT


def test_what_is_forgotten_in_a_power_cut_is_found(tmp_path: Path) -> None:
    ran = run_rack("rack_of_memory_neighbours.py", KEPT, tmp_path, each_its_own=True)
    assert not_as_due(ran, KEPT) == {}, ran.outcomes()
