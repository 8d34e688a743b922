"""Register activation (Blue Book class 6): which tariff register counts at which rate; fixed, one mask a rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, array, long_unsigned, octet_string, structure, unsigned
from bench.protocols.cosem import Obis
from reference_meter.dlms.model.cosem_object import CosemObject, Method, columns, cosem_object, fixed
from reference_meter.metering.registers import RATES

if TYPE_CHECKING:
    from reference_meter.meter import Meter

REGISTER_ACTIVATION = "0-0:14.0.0"
_REGISTER = 3


def _mask_name(rate: int) -> Data:
    return octet_string(bytes([rate]))


_ASSIGNED = array(
    *(
        structure(long_unsigned(_REGISTER), octet_string(Obis(f"1-0:1.8.{rate}").to_bytes()))
        for rate in range(1, RATES + 1)
    )
)
_MASKS = array(*(structure(_mask_name(rate), array(unsigned(rate))) for rate in range(1, RATES + 1)))


def _active(meter: Meter) -> Data:
    return _mask_name(meter.registers.rate)


ACTIVATION: tuple[CosemObject, ...] = (
    cosem_object(
        6,
        0,
        REGISTER_ACTIVATION,
        "register activation",
        columns(
            (
                ("register_assignment", fixed(_ASSIGNED)),
                ("mask_list", fixed(_MASKS)),
                ("active_mask", _active),
            )
        ),
        methods=tuple(
            Method(index=index, name=name)
            for index, name in enumerate(("add_register", "add_mask", "delete_mask"), start=1)
        ),
    ),
)
