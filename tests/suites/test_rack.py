"""Six positions, five of them with a defect: each is found for the right reason, and none is seen at another."""

from __future__ import annotations

import pytest

from tests.suites.rack_of_defects import BY_POSITION
from tests.suites.suites_process import Ran

#: Topics under which the defect may be FAILED (the public table of defects), and the case that must find it.
RIGHT = {
    "MT-01": ({"accuracy", "closure"}, "accuracy/load_point/Imax-pf1"),
    "ST-01": ({"token", "credit", "closure"}, "sts/used_token"),
    "HD-01": ({"hdlc"}, "dlms/HDLC_FRAME_N8"),
    "AP-01": ({"association", "service"}, "dlms/APPL_OPEN_5"),
    "AR-03": ({"supply", "credit", "paymode", "persistence", "event"}, "dual/token_keeps_remote_disconnect"),
}


def failed_at(run: Ran, position: int) -> dict[str, str]:
    return {
        item["case"]: item["requirement"]["topic"]
        for item in run.verdicts("FAILED")
        if item["position"] == str(position)
    }


@pytest.mark.parametrize(("position", "defect"), BY_POSITION.items(), ids=BY_POSITION.values())
def test_a_defect_is_failed_for_the_right_reason_only(rack_run: Ran, position: int, defect: str) -> None:
    topics, case = RIGHT[defect]
    failed = failed_at(rack_run, position)
    assert any(name == case or name.startswith(f"{case}/") for name in failed), (failed, rack_run.outcomes())
    assert set(failed.values()) <= topics, failed


def test_the_clean_position_is_failed_in_nothing(rack_run: Ran) -> None:
    assert failed_at(rack_run, len(BY_POSITION) + 1) == {}


def test_the_run_says_failed(rack_run: Ran) -> None:
    assert rack_run.exit_code == 1


def test_no_meter_makes_an_error_of_the_bench(rack_run: Ran) -> None:
    assert [f"{v['case']} [{v['position']}]: {v['reason']}" for v in rack_run.verdicts("ERROR")] == []


def test_all_positions_are_measured_at_the_same_time(rack_run: Ran) -> None:
    seen: dict[str, set[float]] = {}
    for item in rack_run.lines("observations.jsonl"):
        if item["kind"] == "load-point":
            seen.setdefault(item["data"]["point"]["id"], set()).add(item["time_s"])
    assert seen
    assert all(len(times) == 1 for times in seen.values()), seen


def test_each_position_is_judged_on_its_own_evidence(rack_run: Ran) -> None:
    traffic = {item["id"]: item["position"] for item in rack_run.lines("traffic.jsonl")}
    for verdict in rack_run.verdicts():
        for name in verdict["evidence"]:
            if name.startswith("T"):
                first, _, last = name.partition("-")
                ids = range(int(first[1:]), int((last or first)[1:]) + 1)
                assert {traffic[f"T{number}"] for number in ids} == {verdict["position"]}, verdict["case"]
