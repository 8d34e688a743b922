"""The 64-bit block of every kind of token as a table (IEC 62055-41 6.2); writing and reading it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.protocols.sts import fields as kinds
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.amount import decode_amount, encode_amount
from bench.protocols.sts.currency import decode_currency, encode_currency
from bench.protocols.sts.errors import FieldError, check_range
from bench.protocols.sts.fields import TokenFields

_PAYLOAD_BITS = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCoding:
    """How a value in the dataclass becomes the bits in the token, and back."""

    encode: Callable[[Any], int]
    decode: Callable[[int], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The bits of one kind of token between subclass and checksum, most significant first.

    ``parts`` holds (field name, bits) and sums to 44 bits; a name that stands twice is one field in two
    pieces. ``constants`` are fields that the subclass fixes. ``algorithm`` restricts a row to one cipher.
    ``status`` V: public vectors prove it; N: known from one public implementation only.
    """

    kind: type[Any]
    token_class: int
    subclass: int
    parts: tuple[tuple[str, int], ...]
    codings: Mapping[str, FieldCoding] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    algorithm: Algorithm | None = None
    status: str = "V"


_AMOUNT = FieldCoding(encode=encode_amount, decode=decode_amount)
_CURRENCY = FieldCoding(encode=encode_currency, decode=decode_currency)
_FLAG = FieldCoding(encode=int, decode=bool)


def _managed(
    kind: type[Any], subclass: int, value: str, coding: FieldCoding | None = None, status: str = "V"
) -> Layout:
    """Return the layout shared by the class 2 tokens that carry a TID: RND, TID, 16 bits of value."""
    return Layout(
        kind=kind,
        token_class=2,
        subclass=subclass,
        parts=(("rnd", 4), ("tid", 24), (value, 16)),
        codings={value: coding} if coding else {},
        status=status,
    )


LAYOUTS: tuple[Layout, ...] = (
    *(
        Layout(
            kind=kinds.TransferCredit,
            token_class=0,
            subclass=commodity.value,
            parts=(("rnd", 4), ("tid", 24), ("least_units", 16)),
            codings={"least_units": _AMOUNT},
            constants={"commodity": commodity},
        )
        for commodity in kinds.Commodity
    ),
    *(
        Layout(
            kind=kinds.TransferCurrency,
            token_class=0,
            subclass=commodity.value + 4,
            parts=(("least_units", 4), ("tid", 24), ("least_units", 16)),
            codings={"least_units": _CURRENCY},
            constants={"commodity": commodity},
        )
        for commodity in kinds.Commodity
    ),
    Layout(
        kind=kinds.InitiateTest,
        token_class=1,
        subclass=0,
        parts=(("control", 36), ("manufacturer_code", 8)),
        constants={"manufacturer_digits": 2},
    ),
    Layout(
        kind=kinds.InitiateTest,
        token_class=1,
        subclass=1,
        parts=(("control", 28), ("manufacturer_code", 16)),
        constants={"manufacturer_digits": 4},
    ),
    Layout(
        kind=kinds.ReadExtended,
        token_class=1,
        subclass=2,
        parts=(("index", 6), ("value", 30), ("pad", 8)),
    ),
    _managed(kinds.SetMaximumPowerLimit, 0, "limit_w", _AMOUNT),
    _managed(kinds.ClearCredit, 1, "register"),
    _managed(kinds.SetTariffRate, 2, "rate", status="N"),
    Layout(
        kind=kinds.KeyChangeFirst,
        token_class=2,
        subclass=3,
        parts=(
            ("ken_high", 4),
            ("key_revision_number", 4),
            ("roll_over", 1),
            ("third_section_follows", 1),
            ("key_type", 2),
            ("key_part", 32),
        ),
        codings={"roll_over": _FLAG, "third_section_follows": _FLAG},
    ),
    Layout(
        kind=kinds.KeyChangeSecond,
        token_class=2,
        subclass=4,
        # The tariff index is binary here, but two BCD digits in the CONTROLBlock (IEC 62055-41 6.1.7).
        parts=(("ken_low", 4), ("tariff_index", 8), ("key_part", 32)),
    ),
    _managed(kinds.ClearTamperCondition, 5, "pad"),
    _managed(kinds.SetMaximumPhasePowerUnbalanceLimit, 6, "limit_w", _AMOUNT),
    _managed(kinds.SetWaterMeterFactor, 7, "factor", status="N"),
    Layout(
        kind=kinds.KeyChangeSupplyGroup,
        token_class=2,
        subclass=8,
        parts=(("supply_group_code", 24), ("pad", 20)),
        algorithm=Algorithm.EA07,
    ),
    Layout(
        kind=kinds.KeyChangeThird,
        token_class=2,
        subclass=8,
        parts=(("supply_group_low", 12), ("key_part", 32)),
        algorithm=Algorithm.EA11,
    ),
    Layout(
        kind=kinds.KeyChangeFourth,
        token_class=2,
        subclass=9,
        parts=(("supply_group_high", 12), ("key_part", 32)),
        algorithm=Algorithm.EA11,
    ),
    Layout(
        kind=kinds.WriteExtended,
        token_class=2,
        subclass=10,
        parts=(("rnd", 4), ("tid", 24), ("index", 6), ("value", 10)),
    ),
)

_BY_KIND = {kind: tuple(row for row in LAYOUTS if row.kind is kind) for kind in {row.kind for row in LAYOUTS}}
_BY_PLACE = {
    place: tuple(row for row in LAYOUTS if (row.token_class, row.subclass) == place)
    for place in {(row.token_class, row.subclass) for row in LAYOUTS}
}


def write_payload(fields: TokenFields) -> tuple[int, int]:
    """Return (class, 48 bits above the checksum) of a token; raises `FieldError` for a value too large."""
    if isinstance(fields, kinds.RawToken):
        check_range("token class", fields.token_class, 0, 3)
        check_range("subclass", fields.subclass, 0, 15)
        check_range("payload", fields.payload44, 0, (1 << _PAYLOAD_BITS) - 1)
        return fields.token_class, fields.subclass << _PAYLOAD_BITS | fields.payload44
    layout = _layout_of(fields)
    payload, position = 0, 0
    values = _encoded(layout, fields)
    for name, bits in reversed(layout.parts):
        payload |= (values[name] & (1 << bits) - 1) << position
        values[name] >>= bits
        position += bits
    for name, rest in values.items():
        if rest:
            # A negative number leaves -1, one too large its upper bits.
            raise _too_large(layout, fields, name)
    return layout.token_class, layout.subclass << _PAYLOAD_BITS | payload


def read_payload(token_class: int, payload48: int, algorithm: Algorithm) -> TokenFields | None:
    """Return what the 48 bits above the checksum say, or None where the subclass is reserved or proprietary.

    ``algorithm`` tells the two meanings of class 2 subclass 8 apart. The checksum is not looked at.
    """
    reading = _READINGS.get((token_class, payload48 >> _PAYLOAD_BITS, algorithm))
    if reading is None:
        return None
    values = dict(reading.constants)
    for name, pieces, decode in reading.steps:
        value = 0
        for shift, bits in pieces:
            value = value << bits | payload48 >> shift & (1 << bits) - 1
        values[name] = decode(value) if decode else value
    fields: TokenFields = reading.kind(**values)
    return fields


def find_layout(token_class: int, subclass: int, algorithm: Algorithm) -> Layout | None:
    """Return the layout of a class and subclass under a cipher, or None where the standard defines none."""
    candidates = _BY_PLACE.get((token_class, subclass), ())
    return next((layout for layout in candidates if layout.algorithm in (None, algorithm)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A layout prepared for reading: for each field its pieces as (shift, bits), and its decoder."""

    kind: type[Any]
    constants: Mapping[str, Any]
    steps: tuple[tuple[str, tuple[tuple[int, int], ...], Callable[[int], Any] | None], ...]


def _reading_of(layout: Layout) -> _Reading:
    pieces: dict[str, tuple[tuple[int, int], ...]] = {}
    position = _PAYLOAD_BITS
    for name, bits in layout.parts:
        position -= bits
        pieces[name] = (*pieces.get(name, ()), (position, bits))
    return _Reading(
        kind=layout.kind,
        constants=layout.constants,
        steps=tuple(
            (name, places, layout.codings[name].decode if name in layout.codings else None)
            for name, places in pieces.items()
        ),
    )


_READINGS = {
    (*place, algorithm): _reading_of(layout)
    for place in _BY_PLACE
    for algorithm in Algorithm
    if (layout := find_layout(*place, algorithm)) is not None
}


def required_algorithm(fields: TokenFields) -> Algorithm | None:
    """Return the only cipher under which a token of this kind exists, or None where any will do."""
    return None if isinstance(fields, kinds.RawToken) else _layout_of(fields).algorithm


def _layout_of(fields: TokenFields) -> Layout:
    candidates = _BY_KIND[type(fields)]
    for layout in candidates:
        if all(getattr(fields, name) == value for name, value in layout.constants.items()):
            return layout
    name = next(iter(candidates[0].constants))
    raise FieldError(_word(name), f"no such token for {getattr(fields, name)}")


def _encoded(layout: Layout, fields: TokenFields) -> dict[str, int]:
    values = {}
    for name, _ in layout.parts:
        coding = layout.codings.get(name)
        value = getattr(fields, name)
        values[name] = coding.encode(value) if coding else value
    return values


def _too_large(layout: Layout, fields: TokenFields, name: str) -> FieldError:
    bits = sum(width for part, width in layout.parts if part == name)
    return FieldError(_word(name), f"{getattr(fields, name)} is outside 0 to {(1 << bits) - 1}")


def _word(name: str) -> str:
    return "TID" if name == "tid" else name.replace("_", " ")
