"""Histories as profiles: power failures, tokens taken, changes of credit, charges collected (dlms.md §7).

Each row is what an event left in its ring. A token history holds no digits: a token is a secret until it is used, and
its number of no use afterwards. Codes 0-0:96.7.19 (duration of the last power failure) from memory.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bench.protocols.axdr import Data, bit_string, double_long_unsigned, encode, enum, structure
from bench.protocols.cosem import CosemAttribute, Obis
from reference_meter.dlms.model.amounts import amount
from reference_meter.events.event_logs import ENTRIES_MAX, Log
from reference_meter.profiles.event_rows import shown_time
from reference_meter.profiles.profile import Column, Period, Profile
from reference_meter.profiles.rows import Row, seconds_of
from reference_meter.profiles.standard import CLOCK

if TYPE_CHECKING:
    from reference_meter.meter import Meter

FAILURE_DURATION = "0-0:96.7.19"
_GATEWAY, _CREDIT, _STANDING = "0-0:19.40.0", "0-0:19.10.0", "0-0:19.20.1"
_DOUBLE_WORD = 2**32 - 1

Entry = dict[str, Any]
Cell = Callable[[Entry], Data]


def token_status(code: int, number: int) -> Data:
    """Return token_status of the gateway: status code and number of the result."""
    return structure(enum(code), bit_string(f"{number:08b}"))


def _duration(entry: Entry) -> Data:
    return double_long_unsigned(min(int(entry["duration_s"]), _DOUBLE_WORD))


_CELLS: dict[str, tuple[frozenset[str], tuple[Cell, ...]]] = {
    "power failure history": (frozenset({"power-failure"}), (_duration,)),
    "token history": (
        frozenset({"token-accepted", "token-rejected"}),
        (
            lambda entry: enum(entry["delivery"]),
            lambda entry: token_status(entry["code"], entry["number"]),
        ),
    ),
    "credit history": (frozenset({"credit-changed"}), (lambda entry: amount(entry["credit"]),)),
    "charge history": (frozenset({"charge-collected"}), (lambda entry: amount(entry["amount"]),)),
}
"""The events of each history, and what a row tells of one."""


def entries_of(meter: Meter, profile: Profile) -> list[Entry]:
    """Return the events of a history, oldest first."""
    names, _ = _CELLS[profile.name]
    return [entry for entry in meter.events.list(Log(profile.log)) if entry["event"] in names]


def history_rows(meter: Meter, profile: Profile) -> list[Row]:
    """Return the rows of a history, oldest first."""
    _, cells = _CELLS[profile.name]
    return [
        Row(
            seconds_of(datetime.fromisoformat(entry["time"])),
            (shown_time(entry), *(encode(cell(entry)) for cell in cells)),
        )
        for entry in entries_of(meter, profile)
    ]


def is_history(profile: Profile) -> bool:
    """Tell whether the rows of a profile are those of a history."""
    return profile.name in _CELLS


def last_failure_s(meter: Meter) -> Data:
    """Return how long the last power failure lasted; 0 when there was none."""
    entries = [row for row in meter.events.list(Log.POWER_FAILURE) if row["event"] == "power-failure"]
    return _duration(entries[-1]) if entries else double_long_unsigned(0)


def _column(class_id: int, obis: str, attribute: int) -> Column:
    target = CosemAttribute(class_id, Obis(obis), attribute)
    return Column(
        class_id=class_id,
        obis=target.obis,
        attribute=attribute,
        capture=lambda meter: meter.objects.pushed(target),
    )


def _history(name: str, log: Log, obis: str, *columns: Column) -> Profile:
    return Profile(
        name=name,
        obis=obis,
        period=Period.EVENT,
        entries_max=ENTRIES_MAX,
        columns=(CLOCK, *columns),
        log=log,
    )


HISTORY_PROFILES: tuple[Profile, ...] = (
    _history("power failure history", Log.POWER_FAILURE, "1-0:99.97.0", _column(1, FAILURE_DURATION, 2)),
    _history("token history", Log.TOKEN, "0-0:99.17.0", _column(115, _GATEWAY, 5), _column(115, _GATEWAY, 6)),
    _history("credit history", Log.CREDIT, "0-0:99.15.0", _column(112, _CREDIT, 2)),
    _history("charge history", Log.CHARGE, "0-0:99.14.0", _column(113, _STANDING, 11)),
)
