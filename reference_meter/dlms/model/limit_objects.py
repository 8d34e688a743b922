"""The limits of buying as registers: maximum credit limit and maximum vend limit (dlms.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, DataType, double_long_unsigned
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    KNOWN_CLIENTS,
    MANAGEMENT,
    Attribute,
    CosemObject,
    Method,
    columns,
    cosem_object,
)
from reference_meter.dlms.model.measurement import UNIT_WH, scaler_unit
from reference_meter.payment.vend_limits import VendLimit, set_vend_limit, vend_limit

if TYPE_CHECKING:
    from reference_meter.meter import Meter


def _limit(obis: str, limit: VendLimit) -> CosemObject:
    def read(meter: Meter) -> Data:
        return double_long_unsigned(vend_limit(meter, limit))

    def write(meter: Meter, value: Data) -> None:
        if not set_vend_limit(meter, limit, value.number()):
            raise AccessError(DataAccessResult.OTHER_REASON)

    value = Attribute(
        index=2,
        name="value",
        read=read,
        readers=KNOWN_CLIENTS,
        write=write,
        writers=MANAGEMENT,
        types=frozenset({DataType.DOUBLE_LONG_UNSIGNED}),
    )
    unit = columns((("scaler_unit", lambda _meter: scaler_unit(0, UNIT_WH)),), first=3)
    reset = Method(index=1, name="reset", types=frozenset({DataType.INTEGER}))
    return cosem_object(3, 0, obis, f"maximum {limit} limit", (value, *unit), methods=(reset,))


LIMITS: tuple[CosemObject, ...] = (
    _limit("0-0:19.50.1", VendLimit.CREDIT),
    _limit("0-0:19.50.2", VendLimit.VEND),
)
