"""IEC HDLC setup (Blue Book class 23, version 1): the parameters of the optical port, read only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import Data, enum, long_unsigned, unsigned
from reference_meter.dlms.model.cosem_object import CosemObject, columns, cosem_object

if TYPE_CHECKING:
    from reference_meter.meter import Meter

HDLC_SETUP = "0-0:22.0.0"

COMM_SPEEDS = {
    300: 0,
    600: 1,
    1200: 2,
    2400: 3,
    4800: 4,
    9600: 5,
    19200: 6,
    38400: 7,
    57600: 8,
    115200: 9,
}
"""comm_speed enumeration by baud rate (0 to 6 also in dlms.md §6.2, the rest from memory)."""

_MS_PER_S = 1000


def _inter_octet_time_out(meter: Meter) -> Data:
    return long_unsigned(round(meter.product.communication.inter_octet_time_out_s * _MS_PER_S))


def _inactivity_time_out(meter: Meter) -> Data:
    return long_unsigned(round(meter.product.communication.inactivity_time_out_s))


COMMUNICATION: tuple[CosemObject, ...] = (
    cosem_object(
        23,
        1,
        HDLC_SETUP,
        "IEC HDLC setup",
        columns(
            (
                ("comm_speed", lambda meter: enum(COMM_SPEEDS[meter.product.communication.baud])),
                ("window_size_transmit", lambda meter: unsigned(meter.product.communication.window_transmit)),
                ("window_size_receive", lambda meter: unsigned(meter.product.communication.window_receive)),
                (
                    "max_info_field_length_transmit",
                    lambda meter: long_unsigned(meter.product.communication.max_info_transmit),
                ),
                (
                    "max_info_field_length_receive",
                    lambda meter: long_unsigned(meter.product.communication.max_info_receive),
                ),
                ("inter_octet_time_out", _inter_octet_time_out),
                ("inactivity_time_out", _inactivity_time_out),
                ("device_address", lambda meter: long_unsigned(meter.product.communication.server_lower)),
            )
        ),
    ),
)
