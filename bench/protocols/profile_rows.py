"""Rows of a profile as they are meant: null-data in a cell stands for what the row before it holds (Blue Book class 7).

A clock in null-data is the clock of the row before, one capture period on. A cell of the first row has nothing before
it and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bench.protocols.cosem_time import DateTime
from bench.protocols.data import Data, DataType

DATE_TIME_OCTETS = 12

Row = tuple[Data, ...]


def unfolded(rows: Sequence[Row], step_s: float = 0.0) -> tuple[Row, ...]:
    """Return the rows with every cell told; ``step_s`` is how much later a row is than the one before it.

    It is negative where the newest row comes first, and 0 where rows come at no fixed times.
    """
    told: list[Row] = []
    for row in rows:
        before = told[-1] if told and len(told[-1]) == len(row) else row
        pairs = zip(row, before, strict=True)
        told.append(
            tuple(_after(old, step_s) if new.type is DataType.NULL_DATA else new for new, old in pairs)
        )
    return tuple(told)


def _after(cell: Data, step_s: float) -> Data:
    """Return what follows a cell: a clock goes on, anything else stays."""
    octets = cell.value
    if not step_s or not isinstance(octets, bytes) or len(octets) != DATE_TIME_OCTETS:
        return cell
    moment = DateTime.from_bytes(octets)
    try:
        later = moment.to_datetime() + timedelta(seconds=step_s)
    except ValueError:  # a clock that says too little of its time cannot go on
        return cell
    written = DateTime.from_datetime(later, deviation_min=moment.deviation_min or 0)
    unsaid = {"deviation_min": moment.deviation_min, "status": moment.status, "hundredths": moment.hundredths}
    return replace(cell, value=replace(written, **unsaid).to_bytes())
