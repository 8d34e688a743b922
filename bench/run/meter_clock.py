"""The clock of the meter as the bench reads and sets it; whoever sets it puts it back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.errors import LinkError
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.metrology.local_time import ClockRules
from bench.protocols.axdr import octet_string
from bench.protocols.cosem_time import DateTime
from bench.protocols.values import UnexpectedData, as_integer, as_octets
from bench.run.case_bench import CaseBench

CLOCK = (8, "0-0:1.0.0.255")
#: So far from the middle of a month it is neither now nor near.
NEAR = timedelta(days=25)
TIME, ZONE, STATUS, BEGIN, END, SHIFT, ENABLED = range(2, 9)


def story_year(utc: datetime, month: int) -> int:
    """Return the year in which a story has a month: this one, or the next where that month is now or near.

    Its days begin and end by themselves then, and a meter need not capture again what a small step of its clock
    repeats.
    """
    return utc.year + (abs(datetime(utc.year, month, 15, tzinfo=UTC) - utc) < NEAR)


@dataclass(slots=True)
class MeterTime:
    """The clock of one meter during a case: its rules, and how far it was from the bench's when the case began."""

    bench: CaseBench
    rules: ClockRules
    offset: timedelta

    def set(self, client: DlmsClient, utc: datetime) -> str:
        """Set the clock to an instant; return "success" or the refusal."""
        return write_time(client, self.shown(utc))

    def now(self) -> datetime:
        """Return the instant that the clock shows now, as long as nobody sets it."""
        return self.bench.clock.utc() + self.offset

    def shown(self, utc: datetime) -> bytes:
        """Return an instant as the clock shows it, 12 octets."""
        deviation_min = self.rules.deviation_min(utc)
        return DateTime.from_datetime(utc, deviation_min=deviation_min, status=self._status(utc)).to_bytes()

    def _status(self, utc: datetime) -> int:
        return 0x80 if self.rules.saving(utc) else 0

    def at(self, utc: datetime) -> None:
        """Set the clock to an instant in an association of its own. Raises Refused."""
        with opened(self.bench.position.client("management")) as client:
            result = self.set(client, utc)
        if result != "success":
            raise Refused("SET of the clock", result)

    def at_local(self, local: datetime) -> datetime:
        """Set the clock to a local time (marked as UTC) and return the instant."""
        utc = self.rules.instant(local)
        self.at(utc)
        return utc

    def put_back(self) -> None:
        """Set the clock to what it would show if nobody had touched it."""
        self.at(self.bench.clock.utc() + self.offset)


def without_deviation(octets: bytes) -> bytes:
    """Return a date-time with its deviation "not specified": local time, whatever the sign of a deviation means."""
    return replace(DateTime.from_bytes(octets), deviation_min=None).to_bytes()


def write_time(client: DlmsClient, octets: bytes) -> str:
    """Write the attribute time; return "success" or the refusal."""
    try:
        client.set(*CLOCK, TIME, octet_string(octets))
    except Refused as refusal:
        return str(refusal.result)
    return "success"


def read_time(bench: CaseBench, client: DlmsClient) -> dict[str, Any]:
    """Read time and status; ``utc`` is the bench's time of the reading."""
    value = as_octets(client.get(*CLOCK, TIME)).hex()
    seen = {"time": value, "bench_s": bench.clock.now(), "utc": bench.clock.utc().isoformat()}
    return {**seen, "status": as_integer(client.get(*CLOCK, STATUS))}


def read_rules(client: DlmsClient) -> ClockRules:
    """Read zone and daylight saving; a meter that keeps them to itself has its zone alone."""
    zone = as_integer(client.get(*CLOCK, ZONE))
    try:
        begin, end = (DateTime.from_bytes(as_octets(client.get(*CLOCK, index))) for index in (BEGIN, END))
        shift = as_integer(client.get(*CLOCK, SHIFT))
        enabled = bool(as_integer(client.get(*CLOCK, ENABLED)))
    except (Refused, UnexpectedData, ValueError):
        return ClockRules(time_zone_min=zone)
    return ClockRules(time_zone_min=zone, begin=begin, end=end, shift_min=shift, enabled=enabled)


def rules_data(rules: ClockRules) -> dict[str, Any]:
    """Return rules as JSON values; ``rules_of`` reads them back."""
    return {
        "time_zone_min": rules.time_zone_min,
        "begin": rules.begin.to_bytes().hex() if rules.begin is not None else None,
        "end": rules.end.to_bytes().hex() if rules.end is not None else None,
        "shift_min": rules.shift_min,
        "enabled": rules.enabled,
    }


def _instant(moment: DateTime, rules: ClockRules) -> datetime:
    """Return the instant that a clock shows.

    Where the deviation is left open, or written with the opposite sign, local time and rules tell: the sign is judged
    by the cases of the clock, and nothing else shall go wrong by it.
    """
    at = moment.to_datetime()
    if moment.deviation_min is None:
        return rules.instant(at)
    told = at - timedelta(minutes=2 * moment.deviation_min)
    inverted = moment.deviation_min and moment.deviation_min == -rules.deviation_min(told)
    return told if inverted else at


def time_of(bench: CaseBench, client: DlmsClient) -> MeterTime:
    """Return the clock of a meter as it is: the rules it shows, and how far it is from the bench's."""
    rules = read_rules(client)
    shown = DateTime.from_bytes(as_octets(client.get(*CLOCK, TIME)))
    return MeterTime(bench, rules, _instant(shown, rules) - bench.clock.utc())


@contextlib.contextmanager
def meter_time(bench: CaseBench) -> Iterator[MeterTime]:
    """Learn the rules of the clock, and put it back at the end, whatever happened.

    Raises LinkError or Refused where the clock can be neither read nor put back.
    """
    with opened(bench.position.client("management")) as client:
        time = time_of(bench, client)
    if abs(time.offset) > timedelta(days=1):  # left so by whoever set it and did not come to the end
        time.offset = timedelta(0)
        time.put_back()
    try:
        yield time
    except BaseException:
        with contextlib.suppress(LinkError, Refused):  # what ended the case is what counts
            time.put_back()
        raise
    time.put_back()
