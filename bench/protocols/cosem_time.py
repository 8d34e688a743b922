"""Date and time of COSEM (Blue Book 4.1.6.1): 12 octets with deviation and clock status.

Sign of the deviation: minutes to be added to local time to get UTC ("local time to UTC"), so Central
European winter time carries -60 and its summer time -120 with bit 7 of the status. Source: recalled, and
vectors of European meters; some meters write the opposite sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntFlag

from bench.protocols.deviation import DecodeError, Deviation

DEVIATION_NOT_SPECIFIED = -0x8000
_YEAR_NOT_SPECIFIED = 0xFFFF
_NOT_SPECIFIED = 0xFF


class ClockStatus(IntFlag):
    """The clock status octet; FF means not specified."""

    INVALID_VALUE = 0x01
    DOUBTFUL_VALUE = 0x02
    DIFFERENT_CLOCK_BASE = 0x04
    INVALID_CLOCK_STATUS = 0x08
    DAYLIGHT_SAVING_ACTIVE = 0x80


# Octet offset, size, what is allowed besides "not specified": month FD, FE and day FD, FE are DST rules.
_RANGES: dict[str, tuple[int, range]] = {
    "month": (2, range(1, 13)),
    "day": (3, range(1, 32)),
    "weekday": (4, range(1, 8)),
    "hour": (5, range(24)),
    "minute": (6, range(60)),
    "second": (7, range(60)),
    "hundredths": (8, range(100)),
}
_SPECIAL = {"month": (0xFD, 0xFE), "day": (0xFD, 0xFE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTime:
    """A COSEM date-time field by field; None is "not specified" (FF, FFFF, 8000).

    ``weekday``: 1 Monday to 7 Sunday. ``deviation_min``: see the module. ``status``: raw octet, None FF.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    hundredths: int | None = None
    deviation_min: int | None = None
    status: int | None = 0

    @classmethod
    def from_datetime(
        cls, utc: datetime, *, deviation_min: int = 0, status: int = 0, hundredths: bool = False
    ) -> DateTime:
        """Make the local date-time of an aware datetime; ``hundredths`` False leaves them unspecified."""
        local = utc.astimezone(UTC) - timedelta(minutes=deviation_min)
        return cls(
            year=local.year,
            month=local.month,
            day=local.day,
            weekday=local.isoweekday(),
            hour=local.hour,
            minute=local.minute,
            second=local.second,
            hundredths=local.microsecond // 10_000 if hundredths else None,
            deviation_min=deviation_min,
            status=status,
        )

    def to_datetime(self) -> datetime:
        """Return the instant as an aware UTC datetime; an unspecified deviation counts as 0.

        Raise ValueError when the date or the time of day is not fully specified or does not exist.
        """
        numbers = (self.year, self.month, self.day, self.hour, self.minute)
        if None in numbers:
            raise ValueError("the date-time is not fully specified")
        year, month, day, hour, minute = (number for number in numbers if number is not None)
        local = datetime(year, month, day, hour, minute, self.second or 0, tzinfo=UTC)
        local += timedelta(milliseconds=10 * (self.hundredths or 0))
        return local + timedelta(minutes=self.deviation_min or 0)

    def to_bytes(self) -> bytes:
        """Return the 12 octets. Raise ValueError for a number that does not fit its field."""
        try:
            year = (_YEAR_NOT_SPECIFIED if self.year is None else self.year).to_bytes(2, "big")
            rest = (self.month, self.day, self.weekday, self.hour, self.minute, self.second, self.hundredths)
            deviation = DEVIATION_NOT_SPECIFIED if self.deviation_min is None else self.deviation_min
            return (
                year
                + bytes([_NOT_SPECIFIED if number is None else number for number in rest])
                + deviation.to_bytes(2, "big", signed=True)
                + bytes([_NOT_SPECIFIED if self.status is None else self.status])
            )
        except (OverflowError, ValueError) as error:
            raise ValueError(f"a field does not fit its octets: {self}") from error

    @classmethod
    def from_bytes(cls, octets: bytes) -> DateTime:
        """Read the 12 octets without judging the fields. Raise `DecodeError` for another length."""
        if len(octets) != 12:
            raise DecodeError(min(len(octets), 12), "time.length", f"{len(octets)} octets")
        year = int.from_bytes(octets[:2], "big")
        fields = [None if octet == _NOT_SPECIFIED else octet for octet in octets[2:9]]
        month, day, weekday, hour, minute, second, hundredths = fields
        deviation = int.from_bytes(octets[9:11], "big", signed=True)
        return cls(
            year=None if year == _YEAR_NOT_SPECIFIED else year,
            month=month,
            day=day,
            weekday=weekday,
            hour=hour,
            minute=minute,
            second=second,
            hundredths=hundredths,
            deviation_min=None if deviation == DEVIATION_NOT_SPECIFIED else deviation,
            status=None if octets[11] == _NOT_SPECIFIED else octets[11],
        )


def decode_date_time(octets: bytes) -> tuple[DateTime | None, tuple[Deviation, ...]]:
    """Decode 12 octets and report every field that breaks its rule; never raises."""
    try:
        moment = DateTime.from_bytes(octets)
    except DecodeError as error:
        return None, (error.deviation,)
    deviations = []
    for name, (offset, allowed) in _RANGES.items():
        value = getattr(moment, name)
        if value is not None and value not in allowed and value not in _SPECIAL.get(name, ()):
            deviations.append(Deviation(offset, "time.field", f"{name} {value}"))
    if moment.deviation_min is not None and not -720 <= moment.deviation_min <= 840:
        deviations.append(Deviation(9, "time.field", f"deviation {moment.deviation_min} min"))
    deviations.extend(_check_calendar(moment))
    return moment, tuple(deviations)


def _check_calendar(moment: DateTime) -> list[Deviation]:
    year, month, day = moment.year, moment.month, moment.day
    if not year or month is None or day is None or month > 12 or day > 31 or not month or not day:
        return []
    try:
        calendar_day = date(year, month, day)
    except ValueError:
        return [Deviation(3, "time.date", f"{year}-{month:02}-{day:02}")]
    if moment.weekday in range(1, 8) and moment.weekday != calendar_day.isoweekday():
        return [Deviation(4, "time.weekday", f"{moment.weekday}, is {calendar_day.isoweekday()}")]
    return []
