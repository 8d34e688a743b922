"""Demand and its highest values (Blue Book classes 5 and 4), and the tariff registers (class 3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, double_long_unsigned, long_unsigned, octet_string, unsigned
from bench.protocols.cosem_time import DateTime
from reference_meter.dlms.model.cosem_object import CosemObject, Method, columns, cosem_object
from reference_meter.dlms.model.measurement import UNIT_W, UNIT_WH, scaler_unit
from reference_meter.profiles.standard import highest_at, rate_energy

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_RATES = 8
_ZERO = frozenset({DataType.INTEGER})
_RESET = (Method(index=1, name="reset", types=_ZERO),)


def _power(read: int) -> Data:
    return double_long_unsigned(max(read, 0))


def _last_ended(meter: Meter) -> datetime | None:
    ended = meter.demand.ended
    return None if ended is None else datetime.fromisoformat(ended)


def _time(meter: Meter, at: datetime | None) -> Data:
    shown = DateTime(status=None) if at is None else meter.clock.shown(at)
    return octet_string(shown.to_bytes())


def _begun(meter: Meter) -> Data:
    now = meter.clock.utc()
    period = timedelta(seconds=meter.demand.period_s)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return _time(meter, midnight + (now - midnight) // period * period)


_WATT = scaler_unit(0, UNIT_W)
_WATT_HOUR = scaler_unit(0, UNIT_WH)


def _demand() -> CosemObject:
    return cosem_object(
        5,
        0,
        "1-0:1.4.0",
        "demand register import",
        columns(
            (
                ("current_average_value", lambda meter: _power(meter.demand.current_w())),
                ("last_average_value", lambda meter: _power(meter.demand.last_w)),
                ("scaler_unit", lambda _meter: _WATT),
                ("status", lambda _meter: unsigned(0)),
                ("capture_time", lambda meter: _time(meter, _last_ended(meter))),
                ("start_time_current", _begun),
                ("period", lambda meter: double_long_unsigned(meter.demand.period_s)),
                ("number_of_periods", lambda _meter: long_unsigned(1)),
            )
        ),
        methods=(*_RESET, Method(index=2, name="next_period", types=_ZERO)),
    )


def _highest(rate: int) -> CosemObject:
    return cosem_object(
        4,
        0,
        f"1-0:1.6.{rate}",
        f"maximum demand, tariff {rate}" if rate else "maximum demand",
        columns(
            (
                ("value", lambda meter: _power(meter.demand.highest_w(rate))),
                ("scaler_unit", lambda _meter: _WATT),
                ("status", lambda _meter: unsigned(0)),
                ("capture_time", lambda meter: highest_at(meter, rate)),
            )
        ),
        methods=_RESET,
    )


def _energy(rate: int) -> CosemObject:
    return cosem_object(
        3,
        0,
        f"1-0:1.8.{rate}",
        f"active energy import, tariff {rate}",
        columns((("value", partial(rate_energy, rate=rate)), ("scaler_unit", lambda _meter: _WATT_HOUR))),
        methods=_RESET,
    )


def _register(obis: str, name: str, read: object) -> CosemObject:
    return cosem_object(
        3,
        0,
        obis,
        name,
        columns((("value", read), ("scaler_unit", lambda _meter: _WATT_HOUR))),  # type: ignore[arg-type]
        methods=_RESET,
    )


DEMAND: tuple[CosemObject, ...] = (
    _demand(),
    *map(_highest, range(1 + _RATES)),
    *map(_energy, range(1, 1 + _RATES)),
    _register(
        "1-0:2.8.0",
        "active energy export",
        lambda meter: double_long_unsigned(int(meter.registers.export_wh()) % 2**32),
    ),
    _register(
        "1-0:1.29.0",
        "active energy import, interval of the load profile",
        lambda meter: double_long_unsigned(max(meter.profiles.interval_wh(), 0)),
    ),
)
