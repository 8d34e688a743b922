"""Put the clock of a meter back after a story that sets it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bench.errors import LinkError
from bench.meter.dlms_client import Refused
from bench.run.meter_clock import MeterTime, time_of
from bench.run.supply_desk import SupplyDesk


@contextlib.contextmanager
def clock_kept(desk: SupplyDesk) -> Iterator[MeterTime]:
    """Set the clock back afterwards to what it would show if nobody had touched it."""
    time = time_of(desk.bench, desk.client)
    try:
        yield time
    finally:
        with contextlib.suppress(LinkError, Refused):
            time.set(desk.client, time.now())
