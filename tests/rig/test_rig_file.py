"""The rig file: what it says, and what a mistake in it says back: file, line, remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.rig.rig_file import load_rig

GOOD = """schema = 1

[rig]
name = "corner bench"

[limits]
voltage_max_v = 300.0
current_max_a = 80.0

[[instrument]]
name = "source"
role = "source"
driver = "fluke-6105a"
resource = "TCPIP::10.0.0.5::5025::SOCKET"

[[instrument]]
name = "counter"
role = "counter"
driver = "keysight-53230a"
resource = "TCPIP::10.0.0.6::5025::SOCKET"

[[position]]
name = "1"
meter = "/dev/ttyUSB0"
pulse = { instrument = "counter", channel = 1 }
declaration = "meter1.toml"
secrets = "meter1.secrets.toml"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "rig.toml"
    path.write_text(text)
    return path


def test_a_good_file_is_read_and_its_paths_lie_beside_it(tmp_path: Path) -> None:
    rig = load_rig(write(tmp_path, GOOD))
    assert rig.rig.name == "corner bench"
    assert rig.clock.kind == "wall"
    assert rig.limits.current_max_a == 80.0
    assert rig.position[0].declaration == tmp_path / "meter1.toml"
    assert rig.position[0].secrets == tmp_path / "meter1.secrets.toml"
    found = rig.instrument_of_role("source")
    assert found is not None
    assert found.name == "source"
    assert rig.instrument_of_role("actuators") is None


MISTAKES = {
    "unit": ("voltage_max_v = 300.0", "voltage_max_kv = 0.3", 7, 'did you mean "voltage_max_v"?'),
    "driver": ('driver = "fluke-6105a"', 'driver = "fluke-6105"', 13, "fluke-6105a"),
    "role": ('role = "counter"', 'role = "source"', 19, "counter"),
    "negative limit": ("current_max_a = 80.0", "current_max_a = -1.0", 8, "greater than 0"),
    "limit as text": ("current_max_a = 80.0", 'current_max_a = "many"', 8, "number"),
    "channel": ("channel = 1", "channel = 0", 25, "greater than or equal to 1"),
    "schema": ("schema = 1", "schema = 2", 1, "schema"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_file_line_and_what_to_write(tmp_path: Path, mistake: str) -> None:
    old, new, line, words = MISTAKES[mistake]
    assert GOOD.count(old) == 1
    with pytest.raises(PlanError) as caught:
        load_rig(write(tmp_path, GOOD.replace(old, new)))
    assert f"rig.toml:{line}: " in str(caught.value) or f"rig.toml:{line + 1}: " in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('instrument = "counter"', 'instrument = "countre"', '"countre", which this rig does not have'),
        ('name = "counter"', 'name = "source"', "instrument name used twice: source"),
        ("[limits]\nvoltage_max_v = 300.0\ncurrent_max_a = 80.0\n", "", "limits: this field is missing"),
        (GOOD[GOOD.index("[[position]]") :], "", "position: this field is missing"),
        ('name = "corner bench"', "name = ", "not valid TOML"),
        (
            "[limits]",
            '[clock]\nkind = "laboratory"\n\n[limits]',
            'a laboratory clock needs "resource"',
        ),
    ],
)
def test_what_does_not_fit_together_is_said(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        load_rig(write(tmp_path, GOOD.replace(old, new)))
    assert words in str(caught.value)
    assert "rig.toml" in str(caught.value)


def test_two_positions_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = GOOD + GOOD[GOOD.index("[[position]]") :]
    with pytest.raises(PlanError, match="position name used twice: 1"):
        load_rig(write(tmp_path, twice))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"none\.toml cannot be read"):
        load_rig(tmp_path / "none.toml")
