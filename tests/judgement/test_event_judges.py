"""Event logs: one record of a begin, one of an end, a hundred of a kind, and nothing lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judgement.told import CENTRAL_EUROPE, ERROR, FAILED, GONE, OPEN, PASSED, changed, octets, said

Outcome = Any
BEGIN, END, OTHER = 44, 45, 99
PAIR = {
    "rules": CENTRAL_EUROPE,
    "what": "cover",
    "rows": [[octets("2027-01-04T12:00:00"), BEGIN], [octets("2027-01-04T12:00:10"), END]],
    "clock_column": 0,
    "code_column": 1,
    "begins": BEGIN,
    "ends": END,
    "begin_due": "2027-01-04T12:00:00+00:00",
    "end_due": "2027-01-04T12:00:10+00:00",
    "uncertain_s": 1.0,
}


def extra(count: int) -> list[list[Any]]:
    return [[octets("2027-01-04T12:00:05"), OTHER] for _ in range(count)]


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "cover: recorded [44, 45]"),
        ({"silent": True}, FAILED, "did not answer any more"),
        ({"rows.0.1": OTHER}, FAILED, "0 records of its begin (44)"),
        ({"rows.1.1": BEGIN}, FAILED, "2 records of its begin (44)"),
        ({"rows.1.1": OTHER}, FAILED, "0 records of its end (45)"),
        ({"rows.0.1": END, "rows.1.1": BEGIN}, FAILED, "its end is recorded before its begin"),
        ({"rows": [*PAIR["rows"], *extra(4)]}, PASSED, ""),  # six records may belong together
        ({"rows": [*PAIR["rows"], *extra(5)]}, FAILED, "7 records"),
        # three seconds, and the one the bench is unsure of
        ({"rows.0.0": octets("2027-01-04T12:00:04")}, PASSED, ""),
        ({"rows.0.0": octets("2027-01-04T12:00:05")}, FAILED, "record 44 is stamped 2027-01-04T12:00:05"),
        ({"rows.1.0": octets("2027-01-04T12:00:06")}, PASSED, ""),
        ({"rows.1.0": octets("2027-01-04T12:00:05")}, FAILED, "record 45 is stamped"),
        ({"rows.0.0": octets("2027-01-04T13:00:00", None)}, PASSED, ""),  # local time
        ({"rows.0.0": octets("2027-01-04T12:00:00", None)}, FAILED, "record 44 is stamped"),  # UTC as local
        ({"clock_column": None, "rows.0.0": "", "rows.1.0": ""}, PASSED, ""),
        ({"counted": 1}, PASSED, ""),
        ({"counted": 0}, FAILED, "its counter moved by 0"),
        ({"counted": 2}, FAILED, "its counter moved by 2"),
        ({"ends": None, "rows": PAIR["rows"][:1]}, PASSED, "recorded [44]"),
        ({"ends": BEGIN, "rows": PAIR["rows"][:1], "end_due": PAIR["begin_due"]}, PASSED, ""),
        ({"begins": GONE}, ERROR, "begins is None"),
    ],
)  # fmt: skip
def test_a_condition_that_came_and_went(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.event-pair", changed(PAIR, changes))
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("clock", "outcome"),
    [
        (octets("2027-10-31T02:30:00", None, 0x80), PASSED),
        (octets("2027-10-31T02:30:00", None, 0x00), PASSED),  # which of the two hours is not told
        (octets("2027-10-31T03:30:00", None, 0x00), FAILED),
        (octets("2027-10-31T01:30:00", None, 0x00), FAILED),
    ],
)
def test_a_stamp_in_the_hour_that_comes_twice(clock: str, outcome: Outcome) -> None:
    """00:30 UTC on 2027-10-31 is 02:30 in summer time, an hour later it is 02:30 once more."""
    changes = {"ends": None, "rows": [[clock, BEGIN]], "begin_due": "2027-10-31T00:30:00+00:00"}
    assert said("dual.event-pair", changed(PAIR, changes)).outcome is outcome


@pytest.mark.parametrize(
    ("codes", "outcome"), [([], PASSED), ([OTHER], PASSED), ([OTHER, END], FAILED), ([BEGIN], FAILED)]
)
def test_what_is_no_such_condition(codes: list[int], outcome: Outcome) -> None:
    data = {"what": "a swell of one cycle", "rows": [["", code] for code in codes], "code_column": 1}
    found = said("dual.event-none", {**data, "codes": [BEGIN, END]})
    assert found.outcome is outcome
    assert "a swell of one cycle" in found.reason


def log(made: int, kept: int, *, skip: int = 0) -> dict[str, Any]:
    """``made`` records, begin and end by turns, a minute apart; the last ``kept`` are in the log."""
    every = [
        [octets(f"2027-01-04T{8 + number // 60:02d}:{number % 60:02d}:00"), (BEGIN, END)[number % 2]]
        for number in range(made)
    ]
    last = made - 1
    return {
        "rules": CENTRAL_EUROPE,
        "rows": every[made - kept - skip : made - skip],
        "capacity": 100,
        "made": made,
        "begins": BEGIN,
        "ends": END,
        "code_column": 1,
        "clock_column": 0,
        "newest_due": f"2027-01-04T{8 + last // 60:02d}:{last % 60:02d}:00+00:00",
        "uncertain_s": 1.0,
        "others": {"power": {"before": [1, 2], "after": [1, 2]}},
    }


def full_log(before: range, after: range) -> dict[str, Any]:
    return {"others": {"power": {"before": list(before), "after": list(after)}}}


@pytest.mark.parametrize(
    ("data", "outcome", "words"),
    [
        (log(104, 100), PASSED, "104 records made, the newest 100 are there"),
        (log(105, 100), PASSED, "the newest 100"),
        (log(60, 60), PASSED, "60 records made, the newest 60"),
        (log(104, 99), FAILED, "104 records were made, 99 are left, 100 should be"),
        (log(60, 59), FAILED, "59 are left"),
        (log(104, 104), PASSED, ""),  # a log may keep more than it must
        (changed(log(104, 100), {"rows.50.1": OTHER}), FAILED, "after 104 records the last of the log are"),
        (changed(log(104, 100), {"rows.98.1": END, "rows.99.1": BEGIN}), FAILED, "are [44, 45, 44, 45, 45, 44]"),
        (changed(log(104, 100), {"rows.50.0": octets("2027-01-04T08:00:00")}), FAILED, "not in the order"),
        (log(106, 100, skip=2), FAILED, "the newest record is of 2027-01-04T09:43:00"),  # the log stopped
        (changed(log(104, 100), {"newest_due": "2027-01-04T09:43:04+00:00"}), PASSED, ""),
        (changed(log(104, 100), {"newest_due": "2027-01-04T09:43:05+00:00"}), FAILED, "is due"),
        (changed(log(104, 100), {"newest_due": "2027-01-04T09:42:55+00:00"}), FAILED, "is due"),
        (changed(log(106, 100, skip=2), {"clock_column": None}), PASSED, ""),  # without times nobody can tell
        (changed(log(104, 100), {"others.power.after": [1, 2, 3]}), PASSED, ""),
        (changed(log(104, 100), {"others.power.after": [2, 3]}), FAILED, "the power log had 2 records and has 2"),
        (changed(log(104, 100), {"others.power.after": []}), FAILED, "some are lost"),
        # a log that was full slides with records of its own
        (log(104, 100) | full_log(range(100), range(3, 103)), PASSED, ""),
        (log(104, 100) | full_log(range(100), range(3, 102)), FAILED, "some are lost"),
        (log(104, 100) | full_log(range(100), range(100, 200)), FAILED, "some are lost"),
    ],
)  # fmt: skip
def test_more_records_than_fit(data: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.event-capacity", data)
    assert found.outcome is outcome
    assert words in found.reason


ROWS = [["a", 1], ["b", 2], ["c", 3]]


@pytest.mark.parametrize(
    ("before", "after", "cleared", "outcome", "words"),
    [
        (ROWS, ROWS, None, PASSED, "reset by the reader: read-write-denied; the records are there"),
        (ROWS, [*ROWS[1:], ["d", 7]], None, PASSED, ""),  # the oldest made room
        (ROWS, [*ROWS[2:], ["d", 7]], None, FAILED, "nothing tells of it"),
        (ROWS, [], None, FAILED, "nothing tells of it"),
        (ROWS, [["d", 255]], 255, FAILED, "it says so, but 3 records are gone"),
        (ROWS, [["d", 254]], 255, FAILED, "nothing tells of it"),
        ([], [], None, OPEN, "the log was empty"),
    ],
)
def test_a_reader_that_empties_a_log(
    before: list[Any], after: list[Any], cleared: int | None, outcome: Outcome, words: str
) -> None:
    data = {"before": before, "after": after, "answer": "read-write-denied", "code_column": 1}
    found = said("dual.log-reset", {**data, "log_cleared": cleared})
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("counter", "rows", "outcome", "words"),
    [
        (3, ROWS, PASSED, "as before the power cut"),
        (0, ROWS, FAILED, "the counter of cover is 0 after a power cut, it was 3"),
        (4, ROWS, FAILED, "is 4 after"),
        (3, [*ROWS, ["d", 4]], PASSED, ""),
        (3, ROWS[1:], FAILED, "the tamper log lost records"),
    ],
)
def test_what_tamper_leaves_over_a_power_cut(
    counter: int, rows: list[Any], outcome: Outcome, words: str
) -> None:
    data = {
        "counters": {"cover": {"before": 3, "after": counter}},
        "logs": {"tamper": {"before": ROWS, "after": rows}},
    }
    found = said("dual.counter-kept", data)
    assert found.outcome is outcome
    assert words in found.reason


@pytest.mark.parametrize(
    ("response", "live_after", "after_end", "outcome", "words"),
    [
        ("log", True, None, PASSED, "cover with the response log: the switch stays"),
        ("log", False, None, FAILED, "the switch opened"),
        ("disconnect", False, None, PASSED, "the switch opens"),
        ("disconnect", False, False, PASSED, "the switch opens"),
        ("disconnect", True, False, FAILED, "the switch stays closed"),
        ("disconnect", False, True, FAILED, "closed again without anybody's permission (rule A5)"),
        ("log", True, True, PASSED, ""),
    ],
)
def test_the_configured_response(
    response: str, live_after: bool, after_end: bool | None, outcome: Outcome, words: str
) -> None:
    data = {
        "what": "cover",
        "configured": "success",
        "live_before": True,
        "response": response,
        "live_after": live_after,
        "live_after_end": after_end,
    }
    found = said("dual.tamper-response", data)
    assert found.outcome is outcome
    assert words in found.reason
    assert said("dual.tamper-response", {**data, "configured": "other-reason"}).outcome is OPEN
    assert said("dual.tamper-response", {**data, "live_before": False}).outcome is OPEN


KEPT = {
    "what": "brown-outs",
    "values": {"control_mode": {"before": 6, "after": 6}},
    "energies": {"credit": {"before": 5000.0, "after": 5000.0, "room": 2.0}},
    "logs": {"power": {"before": ROWS, "after": ROWS}},
}
USED = {"credited_before": 0.0, "credit_before_wh": 100.0, "credit_after_wh": 100.0}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "brown-outs: everything is as before"),
        ({"values.control_mode.after": 4}, FAILED, "brown-outs: control_mode was 6 and is 4"),
        ({"energies.credit.after": 4998.0}, PASSED, ""),
        ({"energies.credit.after": 5002.0}, PASSED, ""),
        ({"energies.credit.after": 4997.0}, FAILED, "credit was 5000 Wh and is 4997 Wh"),
        ({"energies.credit.after": 5003.0}, FAILED, "is 5003 Wh"),
        ({"logs.power.after": [*ROWS, ["d", 4]]}, PASSED, ""),
        ({"logs.power.after": ROWS[:2]}, FAILED, "the power log has lost records"),
        ({"used_token": USED}, PASSED, ""),
        ({"used_token": {**USED, "credit_after_wh": 101.0}}, FAILED, "used before is credited again"),
        # a meter that credits a used token all the time has not forgotten it now
        ({"used_token": {**USED, "credit_after_wh": 101.0, "credited_before": 1.0}}, PASSED, ""),
        ({"used_token": {"credit_before_wh": 100.0, "credit_after_wh": 101.0}}, FAILED, "credited again"),
        ({"used_token": {**USED, "credit_after_wh": 99.0}}, PASSED, ""),
    ],
)
def test_what_survives(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    data = changed(KEPT, changes)
    image = {
        "steps": {"transfer": "success", "activate": "success"},
        "version_before": "1",
        "version_after": "2",
    }
    for judge, whole in (("dual.kept", data), ("dual.firmware", {**data, **image})):
        found = said(judge, whole)
        assert found.outcome is outcome
        assert words in found.reason


def test_the_size_of_what_is_lost_is_told() -> None:
    found = said("dual.kept", changed(KEPT, {"energies.credit.after": 0.0}))
    assert (found.measured, found.limit, found.unit) == (-5000.0, 2.0, "Wh")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"steps": {"transfer": "success", "activate": "other-reason"}},
            "not taken: {'activate': 'other-reason'}",
        ),
        ({"version_after": "1"}, "the firmware is still 1"),
    ],
)
def test_firmware_that_does_not_run(changes: dict[str, Any], words: str) -> None:
    image = {"steps": {"transfer": "success"}, "version_before": "1", "version_after": "2"}
    found = said("dual.firmware", {**KEPT, **image, **changes})
    assert found.outcome is FAILED
    assert words in found.reason


CYCLES = {
    "unanswered": 0,
    "made": 5,
    "rows": [["", OTHER]],
    "code_column": 1,
    "codes": [BEGIN, END],
    "duration_s": 0.02,
    "counted": 0,
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "5 interruptions of a cycle left no trace"),
        ({"unanswered": 1}, FAILED, "right after 1 of 5"),
        ({"rows": [["", BEGIN]]}, FAILED, "5 interruptions of 20 ms: recorded [44]"),
        ({"counted": 5}, FAILED, "counted as 5 power failures"),
        ({"counted": None}, PASSED, ""),
    ],
)
def test_interruptions_of_a_cycle(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.interruption", {**CYCLES, **changes})
    assert found.outcome is outcome
    assert words in found.reason


SWAPS = {
    "swaps": 3,
    "dead": 0,
    "unanswered": 0,
    "reference_energy_wh": 1000.0,
    "register_before_wh": 50.0,
    "register_after_wh": 1050.0,
    "resolution_wh": 1.0,
    "fits": 3,
    "removed_records": 3,
    "inserted_records": 3,
    "identities": [{"told": "A", "there": "A"}],
}


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, PASSED, "3 swaps: 1000 Wh in 1000.0 Wh"),
        ({"dead": 1}, FAILED, "open after 1 of 3"),
        ({"unanswered": 1}, FAILED, "did not answer after 1 of 3"),
        ({"register_after_wh": 1061.0}, PASSED, ""),  # class 1: 10 Wh of 1000, and a digit
        ({"register_after_wh": 1062.0}, FAILED, "moved by 1012 Wh in 1000.0 Wh"),
        ({"register_after_wh": 1039.0}, PASSED, ""),
        ({"register_after_wh": 1038.0}, FAILED, "moved by 988 Wh"),
        ({"removed_records": 2}, FAILED, "2 records of a module removed"),
        ({"inserted_records": 2}, FAILED, "2 records of a module inserted"),
        ({"inserted_records": None}, PASSED, ""),
        ({"removed_records": 2, "fits": 2}, PASSED, ""),  # the log has room for no more
        ({"removed_records": 3, "fits": 9}, PASSED, ""),
        # without swaps it measures 5 % high too; the limit of the class and two digits are left
        ({"quiet_reference_wh": 500.0, "quiet_register_wh": 525.0, "register_after_wh": 1100.0}, PASSED, ""),
        ({"quiet_reference_wh": 500.0, "quiet_register_wh": 525.0, "register_after_wh": 1088.0}, PASSED, ""),
        (
            {"quiet_reference_wh": 500.0, "quiet_register_wh": 525.0, "register_after_wh": 1087.0},
            FAILED,
            "(without",
        ),
        ({"identities": [{"told": "A", "there": "B"}]}, FAILED, "the meter says 'A', the module is 'B'"),
    ],
)
def test_modules_swapped_under_load(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = said("dual.module-swap", {**SWAPS, **changes})
    assert found.outcome is outcome
    assert words in found.reason
    if "(without" in words:
        assert (found.measured, found.limit, found.unit) == (-13.0, 12.0, "Wh")
    elif "moved by" in words:
        size = 12.0 if "1012" in words else -12.0
        assert (found.measured, found.limit, found.unit) == (size, 11.0, "Wh")


#: Without swaps the register moved by 99 Wh in 100 Wh, so 990 Wh are due in 1000 Wh; two digits now.
QUIET = {"quiet_reference_wh": 100.0, "quiet_register_wh": 99.0}


@pytest.mark.parametrize(
    ("moved_wh", "outcome"),
    [(990.0, PASSED), (1002.0, PASSED), (978.0, PASSED), (1003.0, FAILED), (977.0, FAILED)],
)
def test_swaps_are_held_against_the_same_load_without(moved_wh: float, outcome: Outcome) -> None:
    found = said("dual.module-swap", {**SWAPS, **QUIET, "register_after_wh": 50.0 + moved_wh})
    assert found.outcome is outcome
    if outcome is FAILED:
        assert (found.measured, found.limit) == (moved_wh - 990.0, 12.0)
        assert "without swaps by 99 Wh in 100.0 Wh" in found.reason


@pytest.mark.parametrize(
    ("live", "display", "outcome", "words"),
    [
        ((True, True, True), "ON", PASSED, "stays as it is"),
        ((False, False, False), "OFF", PASSED, ""),
        ((True, False, True), "ON", FAILED, "the switch opened when"),
        ((False, True, False), "ON", FAILED, "the switch closed when"),
        ((True, True, False), "ON", FAILED, "moved when the customer unit came back"),
        ((True, True, True), "", FAILED, "stays blank"),
    ],
)
def test_a_customer_unit_pulled(live: tuple[bool, ...], display: str, outcome: Outcome, words: str) -> None:
    names = ("live_before", "live_without", "live_after")
    found = said("dual.customer-unit", {**dict(zip(names, live, strict=True)), "display_after": display})
    assert found.outcome is outcome
    assert words in found.reason
