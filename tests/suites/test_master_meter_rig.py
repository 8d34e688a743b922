"""A rig whose reference energy is the pulses of a master meter: the errors it measures are true ones."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.standards.power_factor import PowerFactor
from reference_meter.defects.by_position import ByPosition
from reference_meter.defects.metrology import DEFECTS
from reference_meter.products.dds722 import dds722
from tests.reference_meter.lab.lab_process import LabProcess
from tests.suites.suites_process import Ran, environment, run_command, suites_command

SEED, DEFECTIVE, SOUND = 11, 1, 2
POINTS = ("suites/accuracy/test_load_points.py",)
RACK = ByPosition(
    id="MASTER",
    title="MT-01 at the first position",
    defects={DEFECTIVE: next(defect for defect in DEFECTS if defect.id == "MT-01")},
)


def run_points(folder: Path, *words: str, suites: tuple[str, ...] = POINTS) -> Ran:
    """Measure the load points in a laboratory of these options."""
    laboratory = LabProcess(*words, "--until-stdin-closes")
    try:
        command = suites_command(folder / "run", "--rig", str(laboratory.rig_path), suites=suites)
        return run_command(
            command, folder / "run", environ=environment(METERBENCH_STATE=str(folder / "state"))
        )
    finally:
        laboratory.close()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    words = ("--positions", "2", "--seed", str(SEED), "--reference", "master-meter")
    return run_points(tmp_path_factory.mktemp("master"), *words, "--defect", f"{__file__}:RACK")


def at(ran: Ran, position: int) -> list[dict[str, object]]:
    """Return the verdicts on load points at one position."""
    return [
        item
        for item in ran.verdicts()
        if item["position"] == str(position) and item["outcome"] != "INAPPLICABLE"
    ]


def test_the_sound_meter_passes_and_the_uncalibrated_one_fails(ran: Ran) -> None:
    assert {item["outcome"] for item in at(ran, SOUND)} == {"PASSED"}, ran.output
    assert {item["outcome"] for item in at(ran, DEFECTIVE)} == {"FAILED"}, ran.outcomes()


def test_every_point_names_the_method_and_the_certificate(ran: Ran) -> None:
    seen = [item["data"] for item in ran.lines("observations.jsonl") if item["kind"] == "load-point"]
    assert {data["method"] for data in seen} == {"master-meter"}
    assert {data["standard"]["certificate"] for data in seen} == {"VIRTUAL-MASTER"}
    assert all(data["corrections"]["standard_error_pct"] for data in seen)


def test_measured_errors_are_the_true_ones_within_their_uncertainty(ran: Ran) -> None:
    left, plate = dds722(SOUND, SEED).residuals, dds722(SOUND, SEED).nameplate
    kept = {
        item["id"]: item["data"]["point"]
        for item in ran.lines("observations.jsonl")
        if item["kind"] == "load-point"
    }
    shares = []
    for item in at(ran, SOUND):
        evidence, measured, u95 = item["evidence"], item["measured"], item["u95"]
        assert isinstance(evidence, list)
        assert isinstance(measured, float)
        assert isinstance(u95, float)
        point = kept[evidence[0]]
        phase = math.radians(PowerFactor.parse(point["pf"]).lag_deg)
        lagging = math.cos(phase + math.radians(left.extra_lag_deg)) / math.cos(phase)
        load_w = plate.voltage_v * point["current_a"] * math.cos(phase)
        true_pct = 100 * ((1 + left.gain_pct / 100) * lagging + left.offset_w / load_w - 1)
        shares.append(abs(measured - true_pct) / u95)
    assert len(shares) >= 8
    assert max(shares) <= 1.0, shares


def test_a_calibrators_pulses_stand_for_the_meter_where_its_current_is_not_led_around(tmp_path: Path) -> None:
    words = ("--product", "dts722", "--seed", str(SEED), "--reference", "calibrator")
    ran = run_points(
        tmp_path,
        *words,
        suites=(
            "suites/accuracy/test_load_points.py::test_single_phase_difference",
            "suites/accuracy/test_interrupted_current.py::test_burst",
        ),
    )
    assert {item["outcome"] for item in ran.verdicts()} == {"PASSED"}, ran.output
    seen = ran.lines("observations.jsonl")
    points = [item["data"] for item in seen if item["kind"] == "load-point"]
    assert {data["standard"]["certificate"] for data in points} == {"VIRTUAL-CALIBRATOR"}
    bursts = [item["data"] for item in seen if item["kind"] == "influence"]
    assert {data["baseline"]["method"] for data in bursts} == {"master-meter"}
    assert {data["disturbed"]["method"] for data in bursts} == {"power-time"}
