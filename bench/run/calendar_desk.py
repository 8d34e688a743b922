"""The activity calendar of the meter as the bench writes it; whoever changes it puts it back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.metrology.tariff_calendar import Tariffs
from bench.protocols.axdr import decode_all, encode, integer, octet_string
from bench.protocols.data import Data
from bench.protocols.values import UnexpectedData, as_integer
from bench.record.functions_declaration import TariffsDeclaration
from bench.run.case_bench import CaseBench

CALENDAR, SPECIAL_DAYS, DATA = 20, 11, 1
ACTIVE, PASSIVE, ACTIVATION_TIME = range(2, 6), range(6, 10), 10
NAME = b"BENCH"


class CalendarDesk:
    """Writes calendars in one management association."""

    def __init__(self, client: DlmsClient, declared: TariffsDeclaration) -> None:
        self.client, self._declared = client, declared

    def active(self) -> list[Data]:
        """Return name, seasons, weeks and days of the active calendar."""
        return [self.client.get(CALENDAR, self._declared.calendar, index) for index in ACTIVE]

    def special_days(self) -> Data:
        """Return the special days."""
        return self.client.get(SPECIAL_DAYS, self._declared.special_days, 2)

    def write(self, attribute: int, value: Data) -> str:
        """Write an attribute of the calendar; return "success" or the refusal."""
        try:
            self.client.set(CALENDAR, self._declared.calendar, attribute, value)
        except Refused as refusal:
            return str(refusal.result)
        return "success"

    def write_special_days(self, value: Data) -> str:
        """Write the special days; return "success" or the refusal."""
        try:
            self.client.set(SPECIAL_DAYS, self._declared.special_days, 2, value)
        except Refused as refusal:
            return str(refusal.result)
        return "success"

    def activate(self) -> str:
        """Activate the passive calendar; return "success" or the refusal."""
        try:
            self.client.invoke(CALENDAR, self._declared.calendar, 1, integer(0))
        except Refused as refusal:
            return str(refusal.result)
        return "success"

    def passive(self, tariffs: Tariffs) -> list[str]:
        """Write a whole calendar to the passive one; return what each part was answered."""
        parts = [
            octet_string(NAME),
            tariffs.season_table(),
            tariffs.week_table(),
            tariffs.day_table(self._declared.script_table),
        ]
        return [self.write(index, part) for index, part in zip(PASSIVE, parts, strict=True)]

    def install(self, tariffs: Tariffs) -> list[str]:
        """Write a whole calendar and its special days, and activate it; return what each step was answered."""
        return [
            *self.passive(tariffs),
            self.write_special_days(tariffs.special_table()),
            self.activate(),
        ]

    def rate(self) -> int | str:
        """Return the active rate as a number; as hex where it is told otherwise."""
        value = self.client.get(DATA, self._declared.active_rate, 2)
        try:
            return as_integer(value)
        except UnexpectedData:
            return encode(value).hex()


@contextlib.contextmanager
def own_calendar(bench: CaseBench, declared: TariffsDeclaration) -> Iterator[None]:
    """Remember the calendar of the meter, and put it back at the end."""
    with opened(bench.position.client("management")) as client:
        desk = CalendarDesk(client, declared)
        parts, special = desk.active(), desk.special_days()
    try:
        yield
    finally:
        with opened(bench.position.client("management")) as client:
            desk = CalendarDesk(client, declared)
            for index, part in zip(PASSIVE, parts, strict=True):
                desk.write(index, decode_all(encode(part)))
            desk.write_special_days(decode_all(encode(special)))
            desk.activate()


def tables_data(parts: list[Data]) -> list[str]:
    """Return COSEM tables as JSON values."""
    return [encode(part).hex() for part in parts]


def tariffs_data(tariffs: Tariffs) -> dict[str, Any]:
    """Return a calendar as JSON values."""
    return {
        "seasons": {name: list(season) for name, season in tariffs.seasons.items()},
        "weeks": {name: list(days) for name, days in tariffs.weeks.items()},
        "days": {str(number): [list(action) for action in day] for number, day in tariffs.days.items()},
        "special": dict(tariffs.special),
    }
