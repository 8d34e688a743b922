"""Judge selective access to a profile: what a range or a window of entries brings is that part of the whole.

Procedure 7.3.4 of the object test as far as it is public (dlms.md 1.5): by range four subtests, by entry three.
The whole buffer is read before and after; a row captured in between may be there or not.

A deviation of the opposite sign is a fault of the clock and judged there (``dual.clock-set``): a range may be taken by
the times as they are written or as they are meant, on both sides, and nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.judgement.fields import text
from bench.judgement.registry import Context, judge
from bench.protocols.axdr import examine
from bench.protocols.cosem_time import DateTime
from bench.protocols.data import Data, DataType
from bench.protocols.deviation import violations
from bench.protocols.profile_rows import unfolded
from bench.protocols.values import UnexpectedData, as_elements, as_integer, as_octets
from bench.record.model import Judgement, Observation, Outcome, Requirement

FIFO, LIFO = 1, 2
FEWEST_ROWS, MOST_ROWS = 5, 1000
DATE_TIME_OCTETS = 12

#: By how much daylight saving moves a clock at most.
MOST_SHIFT_MIN = 60

Rows = tuple[tuple[Data, ...], ...]
#: Reads a date-time as the octets that tell its place among others.
Reading = Callable[[bytes], bytes]


@judge("dlms.profile-selection", version=2)
def judge_selection(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """Compare every selection with the part of the whole buffer that it asks for."""
    data = observations[0].data
    place = text(data, "obis")
    try:
        before, after = rows_of(data["before"]), rows_of(data["after"])
        n_columns = len(as_elements(value_of(data["capture_objects"])))
    except UnexpectedData as error:
        return Judgement(outcome=Outcome.FAILED, reason=f"{place}: {error}")
    if any(len(row) != n_columns for row in before):
        return Judgement(
            outcome=Outcome.FAILED,
            reason=f"{place}: a row has not the {n_columns} columns of capture_objects",
        )
    notes = []
    for subtest in data["subtests"]:
        wanted = [
            _part(rows, subtest, data["clock_column"], of_rows, of_bounds)
            for of_rows, of_bounds in _readings(context)
            for rows in (before, after)
        ]
        fault = _fault(subtest, wanted)
        if fault:
            return Judgement(outcome=Outcome.FAILED, reason=f"{place}, {subtest['name']}: {fault}")
        notes.append(f"{subtest['name']}: {_told(subtest)}")
    reason = f"{place}: {len(before)} rows; " + "; ".join(notes)
    return Judgement(outcome=Outcome.PASSED, reason=reason)


@judge("dlms.profile-buffer", version=3)
def judge_buffer(
    observations: Sequence[Observation], _requirement: Requirement, context: Context
) -> Judgement:
    """As many rows as are in use, never more than there is room for.

    Rows of a FIFO that step back in time once are a ring that was not unrolled, or a clock that was set back.
    """
    notes, stepped_back = [], []
    for observation in observations:
        data = observation.data
        place = text(data, "obis")
        try:
            rows = rows_of(data["buffer"])
            in_use, room = as_integer(value_of(data["entries_in_use"])), as_integer(value_of(data["entries"]))
            method = as_integer(value_of(data["sort_method"]))
        except UnexpectedData as error:
            return Judgement(outcome=Outcome.FAILED, reason=f"{place}: {error}")
        if in_use > room:
            return Judgement(
                outcome=Outcome.FAILED,
                reason=f"{place}: {in_use} entries in use, profile_entries is {room}",
                measured=float(in_use),
                limit=float(room),
                unit="entries",
            )
        if in_use != len(rows) and data["entries_in_use"] == data["entries_in_use_after"]:
            reason = f"{place}: {in_use} entries in use, {len(rows)} rows in the buffer"
            return Judgement(outcome=Outcome.FAILED, reason=reason)
        times = [written for row in rows if (written := _time_of(row)) is not None]
        if method == FIFO and _rotated(list(map(_as_it_went(context), times))):
            stepped_back.append(place)
        notes.append(f"{place}: {in_use} of {room}")
    if stepped_back:
        reason = "the oldest row is not the first, or the clock was set back: " + ", ".join(stepped_back)
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=reason)
    return Judgement(outcome=Outcome.PASSED, reason="; ".join(notes))


def _rotated(keys: Sequence[bytes]) -> bool:
    """Tell a ring that was not unrolled: one step back, and the last row older than the first."""
    steps_back = [index for index in range(1, len(keys)) if keys[index] < keys[index - 1]]
    return len(steps_back) == 1 and keys[-1] < keys[0]


def _part(
    rows: Rows, subtest: Mapping[str, Any], clock_column: int, of_rows: Reading, of_bounds: Reading
) -> Rows:
    """Return the part of the whole that a subtest asks for."""
    if subtest["kind"] == "range":
        low, high = (of_bounds(bytes.fromhex(subtest[name])) for name in ("from", "to"))
        kept = tuple(row for row in rows if low <= of_rows(as_octets(row[clock_column])) <= high)
        columns = subtest["columns"]
        return tuple(tuple(row[index] for index in columns) for row in kept) if columns else kept
    first, last = subtest["from_entry"] - 1, subtest["to_entry"] or len(rows)
    left, right = subtest["from_value"] - 1, subtest["to_value"] or None
    return tuple(row[left:right] for row in rows[first:last])


def _fault(subtest: Mapping[str, Any], wanted: Sequence[Rows]) -> str:
    if subtest["trouble"]:
        return str(subtest["trouble"])
    if subtest["value"] is None:
        # Nothing in the range: no rows, or a refusal, which the public procedure allows.
        if not wanted[0] and subtest["may_refuse"]:
            return ""
        return f"refused with {subtest['result']}, {len(wanted[0])} rows were due"
    try:
        got = rows_of(subtest["value"])
    except UnexpectedData as error:
        return str(error)
    if got in wanted:
        return ""
    if len(got) != len(wanted[0]):
        return f"{len(got)} rows came, {len(wanted[0])} were due"
    return "other rows or columns came than were asked for"


def _told(subtest: Mapping[str, Any]) -> str:
    if subtest["value"] is None:
        return f"refused ({subtest['result']})"
    return f"{len(rows_of(subtest['value']))} rows"


def rows_of(octets: str | None) -> Rows:
    """Return the rows of a recorded buffer, null-data told out. Raises UnexpectedData for anything else."""
    return unfolded(tuple(as_elements(row) for row in as_elements(value_of(octets))))


def value_of(octets: str | None) -> Data:
    """Return a recorded value. Raises UnexpectedData where it was not read or its coding breaks a rule."""
    if octets is None:
        raise UnexpectedData("an attribute could not be read")
    value, deviations = examine(bytes.fromhex(octets))
    broken = violations(deviations)
    if value is None or broken:
        raise UnexpectedData("its data breaks the rules: " + "; ".join(map(str, broken or deviations)))
    return value


def _time_of(row: tuple[Data, ...]) -> bytes | None:
    for item in row:
        if (
            item.type in {DataType.OCTET_STRING, DataType.DATE_TIME}
            and len(as_octets(item)) == DATE_TIME_OCTETS
        ):
            return as_octets(item)
    return None


def _as_it_went(context: Context) -> Reading:
    """Return how times tell what came first: as they are meant, where it is declared what they may mean."""
    clock = context.declaration.clock
    if clock is None or clock.time_zone_min is None:
        return _order
    zone_min = clock.time_zone_min
    return lambda date_time: _order(_as_meant(date_time, zone_min))


def _readings(context: Context) -> tuple[tuple[Reading, Reading], ...]:
    """Return how the times of rows and of the bounds of a range may be taken, together: as written first."""
    meant = _as_it_went(context)
    return ((_order, _order), (meant, meant), (meant, _order))


def _as_meant(date_time: bytes, zone_min: int) -> bytes:
    """Return a date-time whose deviation has the opposite sign of the declared zone's with the right one."""
    moment = DateTime.from_bytes(date_time)
    right = range(zone_min - MOST_SHIFT_MIN, zone_min + 1)
    if moment.deviation_min is None or moment.deviation_min in right or -moment.deviation_min not in right:
        return date_time
    return replace(moment, deviation_min=-moment.deviation_min).to_bytes()


def _order(date_time: bytes) -> bytes:
    """Return what of a date-time counts for its order: year, month, day, and the time without the weekday.

    In UTC where the deviation is told: of the hour that comes twice in autumn the second is later than the first.
    """
    moment = DateTime.from_bytes(date_time)
    if moment.deviation_min is not None:
        with contextlib.suppress(ValueError):
            date_time = DateTime.from_datetime(moment.to_datetime(), deviation_min=0).to_bytes()
    return date_time[:4] + date_time[5:8]
