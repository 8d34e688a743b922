"""Amounts of the payment objects: double-long, signed, in the unit of the credit register; and times."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, double_long, octet_string
from bench.protocols.cosem_time import DateTime

if TYPE_CHECKING:
    from reference_meter.meter import Meter

DOUBLE_LONG = frozenset({DataType.DOUBLE_LONG})
NEVER = octet_string(DateTime(status=None).to_bytes())
_INT32_MAX = 2**31 - 1


def amount(value: int) -> Data:
    """Return an amount; one that the type cannot hold stops at its end."""
    return double_long(min(max(value, -_INT32_MAX - 1), _INT32_MAX))


def at(meter: Meter, utc: datetime | None) -> Data:
    """Return an instant as 12 octets; nothing specified where there was none."""
    if utc is None:
        return NEVER
    return octet_string(DateTime.from_datetime(utc, deviation_min=meter.clock.deviation_min).to_bytes())
