"""From options to a rig: what is intersected, what is refused, and which plan a run gets that names none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.errors import LinkError, PlanError
from bench.meter.url import parse_meter_url
from bench.record.declaration import Declaration
from bench.rig.rig_file import Description, PositionEntry, RigFile, RigLimits
from bench.run.options import RunOptions
from bench.run.setting_up import default_plan, limits_of, lone_meter, run_folder_path, set_up


def rig(*, virtual: bool = False, voltage_max_v: float = 300.0, current_max_a: float = 80.0) -> RigFile:
    return RigFile(
        schema=1,
        rig=Description(name="bench", virtual=virtual),
        limits=RigLimits(voltage_max_v=voltage_max_v, current_max_a=current_max_a),
        position=(PositionEntry(name="1", meter="COM3", declaration=Path("meter.toml")),),
    )


def declared(**plate: Any) -> Declaration:
    nameplate = {
        "connection": "direct",
        "voltage_v": 230.0,
        "basic_current_a": 5.0,
        "maximum_current_a": 60.0,
        "frequency_hz": 50.0,
        "meter_constant_imp_per_kwh": 1000.0,
    }
    return Declaration.from_json(
        {
            "identity": {"manufacturer": "Example", "flag_id": "MBX", "type": "X", "serial_number": "1"},
            "nameplate": {**nameplate, **plate},
            "accuracy": {"standard": "IEC 62053-21", "edition": "2003+A1:2016", "class": "1"},
        }
    )


def test_the_lowest_limit_wins_and_is_named() -> None:
    limits = limits_of(rig(voltage_max_v=300.0, current_max_a=20.0), {"1": declared()})
    assert limits.voltage_max_v == pytest.approx(230.0 * 1.16)
    assert limits.voltage_by == "declared nameplate"
    assert limits.current_max_a == 20.0
    assert limits.current_by == "rig file"


def test_the_weakest_meter_of_a_rack_limits_all() -> None:
    rack = {"1": declared(), "2": declared(voltage_v=120.0, maximum_current_a=40.0)}
    limits = limits_of(rig(), rack)
    assert limits.voltage_max_v == pytest.approx(120.0 * 1.16)
    assert limits.current_max_a == pytest.approx(40.4)


def test_a_laboratory_gets_everything_and_any_other_meter_is_only_observed() -> None:
    assert default_plan(rig(virtual=True)) == "full"
    assert default_plan(rig()) == "observe"


def test_the_run_folder_is_named_after_the_run_unless_asked_otherwise(tmp_path: Path) -> None:
    assert run_folder_path(RunOptions(), "20260102T030405Z-ab") == Path("runs/20260102T030405Z-ab")
    assert run_folder_path(RunOptions(run_dir=tmp_path), "x") == tmp_path


def test_a_wrapped_meter_without_declaration_is_searched_for() -> None:
    with pytest.raises(LinkError, match="No meter was found on tcp://127"):
        set_up(RunOptions(meter="tcp://127.0.0.1:1"))


def test_a_lone_meter_has_no_instruments() -> None:
    found = lone_meter(parse_meter_url("/dev/ttyUSB0"), RunOptions(declare=Path("m.toml")))
    assert found.instrument == ()
    assert found.instrument_of_role("source") is None
    assert not found.rig.virtual


def test_rig_and_meter_are_not_taken_together(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="Give one of the two"):
        set_up(RunOptions(rig=tmp_path / "rig.toml", meter="COM3"))


def test_a_mistake_in_the_declaration_ends_the_laboratory_that_was_started(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"none\.toml cannot be read"):
        set_up(RunOptions(declare=tmp_path / "none.toml"))
