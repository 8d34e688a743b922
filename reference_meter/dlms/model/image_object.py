"""Image transfer (Blue Book class 18, version 0) as clients see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.protocols.axdr import (
    Data,
    DataType,
    array,
    bit_string,
    boolean,
    double_long_unsigned,
    enum,
    octet_string,
    structure,
)
from bench.protocols.xdlms.results import DataAccessResult
from reference_meter.dlms.access_error import AccessError
from reference_meter.dlms.model.cosem_object import (
    FIRMWARE,
    Attribute,
    CosemObject,
    Method,
    columns,
    cosem_object,
)
from reference_meter.firmware.image import BLOCK_OCTETS, Status

if TYPE_CHECKING:
    from reference_meter.meter import Meter

_PARTS = 2
_STRUCTURE = frozenset({DataType.STRUCTURE})
_INTEGER = frozenset({DataType.INTEGER})


def _done(done: bool) -> None:
    if not done:
        raise AccessError(DataAccessResult.OTHER_REASON)


def _two(value: Data) -> tuple[Data, Data]:
    parts = value.items()
    if len(parts) != _PARTS:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED)
    return parts[0], parts[1]


def _initiate(meter: Meter, value: Data) -> None:
    identifier, size = _two(value)
    try:
        _done(meter.image.initiate(identifier.octets(), size.number()))
    except TypeError as error:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED) from error


def _block(meter: Meter, value: Data) -> None:
    number, octets = _two(value)
    try:
        _done(meter.image.take_block(number.number(), octets.octets()))
    except TypeError as error:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED) from error


def _to_activate(meter: Meter) -> Data:
    image = meter.image
    if image.status() is not Status.VERIFIED:
        return array()
    size = double_long_unsigned(image.size())
    return array(structure(size, octet_string(image.identifier()), octet_string(image.signature())))


IMAGE: tuple[CosemObject, ...] = (
    cosem_object(
        18,
        0,
        "0-0:44.0.0",
        "image transfer",
        (
            *columns(
                (
                    ("image_block_size", lambda _meter: double_long_unsigned(BLOCK_OCTETS)),
                    ("image_transferred_blocks_status", lambda meter: bit_string(meter.image.blocks())),
                    (
                        "image_first_not_transferred_block_number",
                        lambda meter: double_long_unsigned(meter.image.first_missing()),
                    ),
                ),
                readers=FIRMWARE,
            ),
            Attribute(
                index=5,
                name="image_transfer_enabled",
                read=lambda meter: boolean(meter.image.enabled()),
                readers=FIRMWARE,
                write=lambda meter, value: meter.image.enable(bool(value.number())),
                writers=FIRMWARE,
                types=frozenset({DataType.BOOLEAN}),
            ),
            *columns(
                (
                    ("image_transfer_status", lambda meter: enum(meter.image.status())),
                    ("image_to_activate_info", _to_activate),
                ),
                readers=FIRMWARE,
                first=6,
            ),
        ),
        readers=FIRMWARE,
        methods=(
            Method(
                index=1, name="image_transfer_initiate", invoke=_initiate, users=FIRMWARE, types=_STRUCTURE
            ),
            Method(index=2, name="image_block_transfer", invoke=_block, users=FIRMWARE, types=_STRUCTURE),
            Method(
                index=3,
                name="image_verify",
                invoke=lambda meter, _value: _done(meter.image.verify()),
                users=FIRMWARE,
                types=_INTEGER,
            ),
            Method(
                index=4,
                name="image_activate",
                invoke=lambda meter, _value: _done(meter.image.activate()),
                users=FIRMWARE,
                types=_INTEGER,
            ),
        ),
    ),
)
