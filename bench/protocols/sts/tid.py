"""Token identifiers: minutes since a base date (IEC 62055-41 6.3), and key expiry (6.5.2.6)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import Self

from bench.protocols.sts.errors import FieldError, check_range

MAXIMUM_TID = (1 << 24) - 1
_MINUTES_PER_DAY = 24 * 60
_RESERVED_MINUTE = 1
_KEN_SHIFT = 16


class BaseDate(IntEnum):
    """The three base dates: 1 January 00:00 of a year."""

    Y1993 = 1993
    Y2014 = 2014
    Y2035 = 2035

    @property
    def code(self) -> str:
        """The two digits as they stand in the DKGA04 data block."""
        return f"{self.value % 100:02d}"

    @property
    def first_day(self) -> date:
        """The day of token identifier 0."""
        return date(self.value, 1, 1)

    @classmethod
    def parse(cls, text: str | int) -> Self:
        """Return the base date for "2014", "14", 2014 or "2014-01-01"; raise `FieldError` for any other."""
        wanted = str(text).strip().removesuffix("-01-01")
        for member in cls:
            if wanted in (str(member.value), member.code):
                return member
        raise FieldError("base date", f"'{text}' is not one of 1993, 2014, 2035")


def minutes_since(moment: datetime, base_date: BaseDate) -> int:
    """Return the whole minutes from the base date to a local civil time.

    The time is used as the clock on the wall shows it: no time zone, no daylight saving arithmetic. Raises
    `FieldError` before the base date and after the last minute that 24 bits can hold.
    """
    days = moment.toordinal() - base_date.first_day.toordinal()
    minutes = days * _MINUTES_PER_DAY + moment.hour * 60 + moment.minute
    if minutes < 0:
        raise FieldError("date", f"{moment:%Y-%m-%d %H:%M} lies before the base date {base_date.first_day}")
    if minutes > MAXIMUM_TID:
        last = issue_time(MAXIMUM_TID, base_date)
        raise FieldError(
            "date",
            f"{moment:%Y-%m-%d %H:%M} lies after {last:%Y-%m-%d %H:%M}, the last minute of base date "
            f"{base_date.value}",
        )
    return minutes


def is_reserved(tid: int) -> bool:
    """Return whether a TID is the SpecialReservedTokenIdentifier: the minute 00:01 of some day."""
    return tid % _MINUTES_PER_DAY == _RESERVED_MINUTE


def tid_from(moment: datetime, base_date: BaseDate, *, last_tid: int | None = None) -> int:
    """Return the TID of a normal token issued at a local civil time.

    00:01 is reserved, so a token of that minute takes 00:02. With ``last_tid`` (the TID of the token issued
    before this one for the same meter) a token of the same minute takes the next free minute.
    """
    tid = minutes_since(moment, base_date)
    if last_tid is not None and tid <= last_tid:
        tid = last_tid + 1
    if is_reserved(tid):
        tid += 1
    if tid > MAXIMUM_TID:
        raise FieldError(
            "date", f"no token identifier is left before the roll-over of base date {base_date.value}"
        )
    return tid


def issue_time(tid: int, base_date: BaseDate) -> datetime:
    """Return the local civil minute (naive) that a TID stands for."""
    check_range("TID", tid, 0, MAXIMUM_TID)
    return datetime.combine(base_date.first_day, time()) + timedelta(minutes=tid)


def key_expired(tid: int, key_expiry_number: int) -> bool:
    """Return whether a token of this TID comes after the expiry of a key (IEC 62055-41 6.5.2.6).

    A key expiry number counts units of 2^16 minutes (45.5 days) from the base date; 255 never expires.
    """
    return tid >> _KEN_SHIFT > key_expiry_number
