"""What an activity calendar means (Blue Book, classes 20 and 11): the rate of a local time, and its COSEM tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from bench.protocols.axdr import array, long_unsigned, octet_string, structure, unsigned
from bench.protocols.cosem import Obis
from bench.protocols.cosem_time import DateTime
from bench.protocols.data import Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariffs:
    """A calendar as data.

    ``seasons``: name to (month, day of its start, week); ``weeks``: name to seven day numbers, Monday first;
    ``days``: number to (time as "HH:MM", rate) in order; ``special``: date as "YYYY-MM-DD" to day number.
    """

    seasons: Mapping[str, tuple[int, int, str]]
    weeks: Mapping[str, tuple[int, ...]]
    days: Mapping[int, tuple[tuple[str, int], ...]]
    special: Mapping[str, int]

    def day(self, today: date) -> int:
        """Return the number of the day profile of a date."""
        if (named := self.special.get(today.isoformat())) is not None:
            return named
        seasons = sorted(self.seasons.values())
        begun = [season for season in seasons if season[:2] <= (today.month, today.day)]
        week = self.weeks[(begun or seasons)[-1][2]]
        return week[today.isoweekday() - 1]

    def rate(self, local: datetime) -> int:
        """Return the rate in force at a local time."""
        now = local.time()
        begun = [rate for at, rate in self.days[self.day(local.date())] if time.fromisoformat(at) <= now]
        return begun[-1]

    # as COSEM tables

    def season_table(self) -> Data:
        """Return the season profile."""
        return array(
            *(
                structure(
                    octet_string(name.encode()),
                    octet_string(
                        DateTime(month=month, day=day, hour=0, minute=0, second=0, hundredths=0).to_bytes()
                    ),
                    octet_string(week.encode()),
                )
                for name, (month, day, week) in self.seasons.items()
            )
        )

    def week_table(self) -> Data:
        """Return the week profile table."""
        return array(
            *(
                structure(octet_string(name.encode()), *(unsigned(day) for day in days))
                for name, days in self.weeks.items()
            )
        )

    def day_table(self, script_table: str) -> Data:
        """Return the day profile table; each rate is the script of its number."""
        script = octet_string(Obis(script_table).to_bytes())
        return array(
            *(
                structure(
                    unsigned(number),
                    array(
                        *(
                            structure(octet_string(time_octets(at)), script, long_unsigned(rate))
                            for at, rate in actions
                        )
                    ),
                )
                for number, actions in self.days.items()
            )
        )

    def special_table(self) -> Data:
        """Return the special days."""
        return array(
            *(
                structure(
                    long_unsigned(index),
                    octet_string(date_octets(date.fromisoformat(day))),
                    unsigned(number),
                )
                for index, (day, number) in enumerate(self.special.items())
            )
        )


def time_octets(at: str) -> bytes:
    """Return a time of day as 4 octets."""
    moment = time.fromisoformat(at)
    return bytes([moment.hour, moment.minute, moment.second, 0])


def date_octets(day: date) -> bytes:
    """Return a date as 5 octets."""
    return day.year.to_bytes(2, "big") + bytes([day.month, day.day, 0xFF])
