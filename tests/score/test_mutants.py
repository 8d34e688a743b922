"""The mutants of benchmarks/mutants.py are small, wrong and where they say they are."""

from __future__ import annotations

import ast
from pathlib import Path

from benchmarks.mutants import mutants, mutated

TEXT = '''"""A docstring with 1 number."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LATER = 3

LIMIT: "int" = 10


class Meter:
    """Not mutated."""

    def over(self, value: int, most: int = 5) -> bool:
        """Nor is 1 here."""
        if not value:
            raise ValueError(f"{value + 1} is none")
        return value >= most and "on" in ("on", "off")
'''
PATH = Path("meter.py")


def test_what_is_said_to_change_changes_and_nothing_else() -> None:
    original = ast.unparse(ast.parse(TEXT)).splitlines()
    for mutant in mutants(PATH, TEXT):
        changed = ast.unparse(mutated(TEXT, mutant)).splitlines()
        assert len(changed) == len(original), mutant.id
        assert sum(old != new for old, new in zip(original, changed, strict=True)) == 1, mutant.id


def test_the_mutants_of_a_small_file() -> None:
    assert [f"{mutant.line} {mutant.what} {mutant.function or '-'}" for mutant in mutants(PATH, TEXT)] == [
        "7 10 becomes 11 -",
        "13 5 becomes 6 -",
        "15 condition negated Meter.over",
        "15 not is left out Meter.over",
        "17 and becomes or Meter.over",
        "17 >= becomes > Meter.over",
        "17 >= becomes < Meter.over",
        "17 in becomes not in Meter.over",
        "17 'on' becomes 'on?' Meter.over",
        "17 'on' becomes 'on?' Meter.over",
        "17 'off' becomes 'off?' Meter.over",
    ]


def test_a_mutant_behaves_otherwise() -> None:
    (boundary,) = [mutant for mutant in mutants(PATH, TEXT) if mutant.what == ">= becomes >"]
    for tree, due in ((ast.parse(TEXT), True), (mutated(TEXT, boundary), False)):
        names: dict[str, object] = {}
        exec(compile(tree, "meter.py", "exec"), names)
        assert names["Meter"]().over(5) is due  # type: ignore[operator]
