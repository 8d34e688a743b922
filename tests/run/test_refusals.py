"""What the certification plan refuses before anything is energised."""

from __future__ import annotations

import datetime
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from bench.rig.rig_file import RigFile
from bench.run.plan import BUILT_IN
from bench.run.refusals import refusals, selections

ROOT = Path(__file__).resolve().parents[2]
TODAY = datetime.date(2027, 1, 10)


def rig(*, virtual: bool = False, due: str = "2027-05-01") -> RigFile:
    return RigFile.model_validate(
        {
            "schema": 1,
            "rig": {"name": "room 3", "virtual": virtual},
            "limits": {"voltage_max_v": 300.0, "current_max_a": 100.0},
            "instrument": [
                {
                    "name": "standard",
                    "role": "reference",
                    "driver": "zera-com5003",
                    "resource": "TCPIP::10.0.0.6::6320::SOCKET",
                    "calibration": {"certificate": "7", **({"due": due} if due else {})},
                }
            ],
            "position": [{"name": "1", "meter": "/dev/ttyUSB0", "declaration": "meter.toml"}],
        }
    )


def refused(rig_file: RigFile, *selected: str, plan: str = "certification") -> str:
    return "; ".join(refusals(BUILT_IN[plan], rig_file, selected=selected, today=TODAY))


def test_a_whole_run_on_a_real_bench_may_start() -> None:
    assert refused(rig()) == ""


@pytest.mark.parametrize(
    ("rig_file", "selected", "why"),
    [
        (rig(), ("-k",), "it was asked for with -k"),
        (rig(virtual=True), (), "this bench is virtual"),
        (rig(due="2027-01-09"), (), "was due on 2027-01-09"),
        (rig(due=""), (), "does not say until when"),
    ],
)
def test_refused(rig_file: RigFile, selected: tuple[str, ...], why: str) -> None:
    assert why in refused(rig_file, *selected)


def test_other_plans_run_in_parts_on_any_bench() -> None:
    assert refused(rig(virtual=True, due="2020-01-01"), "-k", plan="full") == ""


@pytest.mark.parametrize(
    ("option", "arguments", "used"),
    [
        ({}, ["suites/"], []),
        ({}, ["."], []),
        ({"keyword": "voltage"}, ["suites"], ["-k"]),
        ({"markexpr": "case"}, ["suites"], ["-m"]),
        ({"maxfail": 1}, ["suites"], ["-x or --maxfail"]),
        ({"lf": True}, ["suites"], ["--lf"]),
        ({}, ["suites/accuracy"], ["a path that is not the whole of suites/"]),
        ({"deselect": ["suites/x.py::y"]}, ["suites"], ["--deselect"]),
    ],
)
def test_selections(option: dict[str, Any], arguments: list[str], used: list[str]) -> None:
    assert selections(Namespace(**option), arguments, ROOT) == used
