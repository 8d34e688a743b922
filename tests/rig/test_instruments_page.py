"""docs/instruments.md keeps pace with the code: its table, its examples, its sentence on safety."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bench.cli.main import build_parser
from bench.rig.live import NOT_A_SAFETY_FUNCTION
from bench.rig.rig_file import InstrumentEntry, Safety
from instruments.registry import DRIVERS, PLUG_IN_GROUP

PAGE = (Path(__file__).parents[2] / "docs" / "instruments.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row
    for row in re.findall(r"^\| `([a-z0-9-]+)` \| ([a-z ]+) \|.*\| ([ABC]) \|", PAGE, re.MULTILINE)
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_every_driver_stands_in_the_table_with_its_confidence_and_roles(name: str) -> None:
    _, roles, confidence = ROWS[name]
    assert tuple(roles.split(" and ")) == DRIVERS[name].roles
    assert confidence == DRIVERS[name].command_confidence.summary


def test_the_table_names_no_driver_that_is_not_there() -> None:
    assert set(ROWS) == set(DRIVERS)


def test_it_says_what_software_is_not() -> None:
    assert NOT_A_SAFETY_FUNCTION.split(":")[0] in PAGE


def test_the_rig_file_example_is_one() -> None:
    example = tomllib.loads(blocks("toml")[0])
    assert [InstrumentEntry.model_validate(entry).role for entry in example["instrument"]] == [
        "source",
        "reference",
    ]
    Safety.model_validate(example["safety"])
    (waiver,) = re.findall(r'waiver = "(.*?)"', PAGE)
    Safety(waiver=waiver)


def test_the_plug_in_example_uses_the_group_that_is_searched() -> None:
    assert PLUG_IN_GROUP in tomllib.loads(blocks("toml")[1])["project"]["entry-points"]


def test_the_driver_example_can_be_defined() -> None:
    names: dict[str, object] = {}
    exec(blocks("python")[0], names)
    assert names["AcmeCounter"].MODELS == ("C100",)


@pytest.mark.parametrize(
    "command",
    list(re.findall(r"^\| `meterbench (rig [^`]*)`", PAGE, re.MULTILINE)),
)
def test_every_command_of_the_page_is_understood(command: str) -> None:
    assert build_parser().parse_args(command.split()).func is not None
