"""Numbers as a test report prints them: rounded to what the uncertainty carries, with sign and unit."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from bench.record.model import Topic, Verdict

#: Topics whose limit in per cent is a band around zero.
_BAND_TOPICS = frozenset({Topic.ACCURACY, Topic.INFLUENCE, Topic.REACTIVE, Topic.CONSTANT, Topic.REGISTER})


def decimals_for(u95: float | None, default: int = 3) -> int:
    """Return how many decimals keep two significant figures of the expanded uncertainty ``u95``."""
    if u95 is None or u95 <= 0 or not math.isfinite(u95):
        return default
    return min(6, max(0, 1 - math.floor(math.log10(u95))))


def signed(value: float, decimals: int) -> str:
    """Return ``value`` with its sign and a true minus sign; a rounded zero carries no sign."""
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def measured_text(verdict: Verdict) -> str:
    """Return the measured value with its unit, empty when there is none.

    A value that rounding would put exactly on the limit gets more decimals until it does not.
    """
    measured = verdict.measured
    if measured is None:
        return ""
    if isinstance(measured, str):
        return _with_unit(measured, verdict.unit)
    if verdict.unit != "%":
        return _with_unit(plain(measured), verdict.unit)
    decimals = decimals_for(verdict.u95)
    limit = limit_pct(verdict)
    while limit is not None and decimals < 6 and round(abs(measured), decimals) == limit != abs(measured):
        decimals += 1
    return _with_unit(signed(measured, decimals), "%")


def limit_text(verdict: Verdict) -> str:
    """Return the limit with its unit; a limit of error in per cent is written ``±1.5 %``."""
    limit = verdict.limit
    if limit is None:
        return ""
    if isinstance(limit, str):
        return limit if not verdict.unit or verdict.unit in limit else _with_unit(limit, verdict.unit)
    if verdict.unit == "%" and verdict.requirement.topic in _BAND_TOPICS:
        return f"±{abs(limit):.6g} %" if abs(limit) % 1 else f"±{abs(limit):.1f} %"
    return _with_unit(plain(limit), verdict.unit)


def u95_text(verdict: Verdict) -> str:
    """Return the expanded uncertainty with two significant figures and the unit, empty when there is none."""
    if verdict.u95 is None:
        return ""
    return _with_unit(f"{verdict.u95:.{decimals_for(verdict.u95)}f}", verdict.unit)


def limit_pct(verdict: Verdict) -> float | None:
    """Return the limit of error as a positive number of per cent, or None when it is no such limit."""
    limit = verdict.limit
    if isinstance(limit, str):
        try:
            limit = float(limit.strip().lstrip("±").rstrip("%").strip().replace(",", "."))
        except ValueError:
            return None
    if limit is None or not math.isfinite(limit) or limit == 0:
        return None
    return abs(limit)


def plain(value: float) -> str:
    """Return a whole number in full, any other in seven significant figures, with a true minus sign."""
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e12)
    return (f"{value:.0f}" if whole else f"{value:.7g}").replace("-", "−")


def duration_text(duration_s: float) -> str:
    """Return a duration as ``1 h 02 min 03 s``, or in milliseconds below one second."""
    if duration_s < 1:
        return f"{duration_s * 1000:.0f} ms"
    if duration_s < 60:
        return f"{duration_s:.1f} s"
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours} h " if hours else "") + f"{minutes:02d} min {seconds:02d} s"


def utc_text(utc: object) -> str:
    """Return an ISO instant as ``2027-03-05 12:34:56 UTC``; what is no instant stays as it is."""
    try:
        moment = datetime.fromisoformat(str(utc))
    except ValueError:
        return str(utc)
    in_utc = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{in_utc:%Y-%m-%d %H:%M:%S} UTC"


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text
