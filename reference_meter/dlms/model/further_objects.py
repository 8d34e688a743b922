"""Further objects of an ordinary meter: its numbers, messages to the customer, network, and quantities by phase."""

from __future__ import annotations

import cmath
import hashlib
import math
from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    array,
    boolean,
    enum,
    long_unsigned,
    octet_string,
    unsigned,
)
from reference_meter.dlms.model.cosem_object import (
    EVERYBODY,
    CosemObject,
    Method,
    Read,
    Roles,
    columns,
    cosem_object,
    fixed,
)
from reference_meter.dlms.model.kept import kept
from reference_meter.dlms.model.limit_objects import LIMITS
from reference_meter.dlms.model.measurement import UNIT_A, UNIT_NONE, register, scaled_16

if TYPE_CHECKING:
    from reference_meter.meter import Meter

UNIT_DEGREE = 8
MESSAGE_OCTETS = 160
_NTP_PORT = 123
_SERVER_OCTETS = 128
_NOTHING = fixed(octet_string(b""))


def _data(obis: str, name: str, read: Read, readers: Roles) -> CosemObject:
    return cosem_object(1, 0, obis, name, columns((("value", read),), readers=readers), readers=readers)


def _text(value: str) -> Data:
    return octet_string(value.encode("ascii"))


def _signature(meter: Meter) -> Data:
    """Return the digest of the firmware that runs, as its maker publishes it with the version."""
    return octet_string(hashlib.sha256(meter.image.version().encode("ascii")).digest())


def _message(obis: str, name: str) -> CosemObject:
    def fits(value: Data) -> bool:
        return len(value.octets()) <= MESSAGE_OCTETS

    return cosem_object(1, 0, obis, name, (kept(2, "value", name, octet_string(b""), check=fits),))


def _neutral_current(meter: Meter) -> Data:
    """Return the current of the neutral: of the second channel, or the sum of all phases."""
    elements = meter.board.elements()
    if len(elements) == 1:
        current_a = meter.metering.current_a(0) * meter.board.senses.neutral_current_share
    else:
        current_a = abs(
            sum(
                cmath.rect(
                    meter.metering.current_a(number),
                    math.radians(element.voltage_angle_deg - element.current_lag_deg),
                )
                for number, element in enumerate(elements)
            )
        )
    return scaled_16(current_a, -2)


def _phase_factor(element: int) -> Read:
    def read(meter: Meter) -> Data:
        metering = meter.metering
        apparent_va = metering.voltage_v(element) * metering.current_a(element)
        active_w = abs(metering.element_power_w(meter.board.elements()[element]))
        return scaled_16(min(active_w / apparent_va, 1.0) if apparent_va > 0.0 else 1.0, -3)

    return read


def _angle(element: int, *, of_current: bool) -> Read:
    """Return a reader of an angle against the voltage of phase 1, 0 to 360 degrees in tenths."""

    def read(meter: Meter) -> Data:
        seen, first = meter.board.elements()[element], meter.board.elements()[0]
        lag_deg = seen.current_lag_deg if of_current else 0.0
        behind_deg = first.voltage_angle_deg - seen.voltage_angle_deg + lag_deg
        return long_unsigned(round(behind_deg * 10.0) % 3600)

    return read


def further_phase_registers(elements: int) -> tuple[CosemObject, ...]:
    """Return power factors and angles of a meter with several elements."""
    if elements == 1:
        return ()
    factors = (
        register(
            f"1-0:{13 + 20 * (element + 1)}.7.0",
            f"power factor L{element + 1}",
            _phase_factor(element),
            -3,
            UNIT_NONE,
        )
        for element in range(elements)
    )
    # E of group C 81: "from" in its tens, "to" in its units; 0 to 2 voltages, 4 to 6 currents (recalled)
    voltages = (
        register(
            f"1-0:81.7.{element * 10}",
            f"angle of U(L{element + 1}) against U(L1)",
            _angle(element, of_current=False),
            -1,
            UNIT_DEGREE,
        )
        for element in range(1, elements)
    )
    currents = (
        register(
            f"1-0:81.7.{40 + element * 10}",
            f"angle of I(L{element + 1}) against U(L1)",
            _angle(element, of_current=True),
            -1,
            UNIT_DEGREE,
        )
        for element in range(elements)
    )
    return (*factors, *voltages, *currents)


_IPV6 = cosem_object(
    48,
    0,
    "0-0:25.7.0",
    "IPv6 setup",
    columns(
        (
            ("DL_reference", _NOTHING),
            ("address_config_mode", fixed(enum(0))),
            ("unicast_IPv6_addresses", fixed(array())),
            ("multicast_IPv6_addresses", fixed(array())),
            ("gateway_IPv6_addresses", fixed(array())),
            ("primary_DNS_address", _NOTHING),
            ("secondary_DNS_address", _NOTHING),
            ("traffic_class", fixed(unsigned(0))),
            ("neighbor_discovery_setup", fixed(array())),
        )
    ),
    methods=tuple(
        Method(index=index, name=name)
        for index, name in enumerate(("add_IPv6_address", "remove_IPv6_address"), start=1)
    ),
)

_NTP = cosem_object(
    100,
    0,
    "0-0:25.10.0",
    "NTP setup",
    (
        kept(2, "activated", "NTP activated", boolean(False)),
        kept(
            3,
            "server_address",
            "NTP server",
            octet_string(b""),
            check=lambda value: len(value.octets()) <= _SERVER_OCTETS,
        ),
        kept(4, "server_port", "NTP port", long_unsigned(_NTP_PORT)),
        *columns(
            (
                ("authentication_method", fixed(enum(0))),
                ("authentication_keys", fixed(array())),
                ("client_key", _NOTHING),
            ),
            first=5,
        ),
    ),
    methods=tuple(
        Method(index=index, name=name)
        for index, name in enumerate(
            ("synchronize", "add_authentication_key", "delete_authentication_key"), start=1
        )
    ),
)

FURTHER: tuple[CosemObject, ...] = (
    _data("0-0:96.1.1", "meter number of STS", lambda meter: _text(meter.product.sts.meter_pan), EVERYBODY),
    _data("0-0:96.1.2", "meter type", lambda meter: _text(meter.product.identity.meter_type), EVERYBODY),
    cosem_object(
        1,
        0,
        "0-0:96.1.10",
        "utility number",
        (
            kept(
                2,
                "value",
                "utility number",
                octet_string(b""),
                check=lambda value: len(value.octets()) <= MESSAGE_OCTETS,
            ),
        ),
    ),
    cosem_object(1, 0, "1-0:0.2.8", "firmware signature", columns((("value", _signature),))),
    register("1-0:91.7.0", "current of the neutral", _neutral_current, -2, UNIT_A),
    *LIMITS,
    _message("0-0:96.13.0", "message to the customer"),
    _message("0-0:96.13.1", "second message to the customer"),
    _IPV6,
    _NTP,
)
