"""Say in plain words what a token is, and what speaks against it at the meter."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from bench.protocols.sts import fields as kinds
from bench.protocols.sts.crc import uses_crc_c
from bench.protocols.sts.extended_set import FLAGS_INDEX, flag_written, readable
from bench.protocols.sts.fields import TokenFields
from bench.protocols.sts.key_type import KeyType, key_type_change
from bench.protocols.sts.keys import KeyParameters
from bench.protocols.sts.meter_tests import all_tests, requested_tests
from bench.protocols.sts.opener import OpenedToken
from bench.protocols.sts.tid import BaseDate, is_reserved, issue_time, key_expired

CLASS_TEXTS = {
    0: "class 0: credit for one meter; encrypted",
    1: "class 1: a test or display that every STS meter understands; not encrypted",
    2: "class 2: management of one meter; encrypted",
    3: "class 3: reserved by the standard",
}
_EXTENDED = (
    "What the value does in a meter only STS 202-5 and its maker can say; one without it: FunctionError."
)
_REGISTERS = {
    **{c.value: f"the {c.name.lower()} credit" for c in kinds.Commodity},
    **{c.value + 4: f"the {c.name.lower()} currency credit" for c in kinds.Commodity},
    kinds.ALL_REGISTERS: "all credit",
}


def describe(fields: TokenFields, base_date: BaseDate | None) -> list[str]:
    """Return what a token says, a sentence a line. Key material is not shown."""
    lines = _meaning(fields)
    tid = getattr(fields, "tid", None)
    if isinstance(tid, int):
        when = f", issued {issue_time(tid, base_date):%Y-%m-%d %H:%M}" if base_date else ""
        lines.append(f"Token identifier {tid}{when}.")
        if is_reserved(tid):
            lines.append("Its minute, 00:01, is reserved for special tokens.")
    return lines


def objections(
    opened: OpenedToken,
    parameters: KeyParameters | None,
    key_expiry_number: int,
    memory: Collection[int] = (),
) -> list[str]:
    """Return why a meter with this key rejects an opened token, as "CODE: sentence"; empty if nothing does.

    ``memory``: the token identifiers that the meter remembers, as far as they are known.
    """
    if opened.token_class == 3:
        return ["FormatError: class 3 is reserved."]
    if not opened.crc_ok:
        if opened.token_class == 1:
            return ["CRCError: the checksum is wrong, so a digit was mistyped."]
        return ["CRCError: with this key the checksum is wrong."]
    if opened.fields is None:
        return [f"FunctionError: subclass {opened.subclass} is reserved or a maker's own."]
    found = _range_objections(opened.fields)
    if parameters is not None:
        found += _key_objections(opened.fields, parameters.key_type)
    tid = getattr(opened.fields, "tid", None)
    if isinstance(tid, int) and memory:
        found += _memory_objections(tid, memory)
    if isinstance(tid, int) and key_expired(tid, key_expiry_number):
        found.append(
            f"KeyExpiredError: the token was issued after the key expired (key expiry number "
            f"{key_expiry_number}), if the meter implements expiry."
        )
    return found


def conditions(opened: OpenedToken) -> list[str]:
    """Return what else, unknown to the token, decides whether a meter takes it."""
    fields = opened.fields
    if fields is None:
        return []
    if isinstance(fields, kinds.ReadExtended):
        return [_EXTENDED, "A meter carries it out as often as it is entered, if it supports the function."]
    if isinstance(fields, kinds.InitiateTest):
        return ["A meter carries it out as often as it is entered, if it supports the function."]
    if isinstance(fields, kinds.KeyChangeSection):
        return ["It has no effect until every token of its set has been entered, in any order."]
    lines = [
        "A meter takes it once: after that it is a UsedError.",
        "Its token identifier must not be older than the oldest the meter remembers: else it is an OldError.",
    ]
    if isinstance(fields, kinds.WriteExtended):
        lines.append(_EXTENDED)
    if isinstance(fields, kinds.TransferCredit | kinds.TransferCurrency):
        lines.append("A meter for another commodity or in another payment mode rejects it (FunctionError).")
    return lines


def checksum_name(opened: OpenedToken) -> str:
    """Return the name of the checksum of this kind of token."""
    return "CRC_C" if uses_crc_c(opened.token_class, opened.subclass) else "CRC"


def _meaning(fields: TokenFields) -> list[str]:
    match fields:
        case kinds.TransferCredit():
            commodity = fields.commodity
            return [f"Credit for {commodity.name.lower()}: {plain(fields.amount)} {commodity.unit}."]
        case kinds.TransferCurrency():
            verb = "Takes away credit" if fields.least_units < 0 else "Credit"
            amount = plain(abs(fields.amount))
            return [f"{verb} in money for {fields.commodity.name.lower()}: {amount} currency units."]
        case kinds.InitiateTest():
            return _tests(fields)
        case kinds.ReadExtended():
            return _extended_read(fields)
        case kinds.SetMaximumPowerLimit():
            return [f"Sets the maximum power limit to {fields.limit_w} W."]
        case kinds.ClearCredit():
            return [f"Clears {_REGISTERS.get(fields.register, f'unknown register {fields.register}')}."]
        case kinds.SetTariffRate():
            return [f"Sets the tariff rate to {fields.rate} (reserved; layout not confirmed)."]
        case kinds.ClearTamperCondition():
            return ["Clears the tamper condition."]
        case kinds.SetMaximumPhasePowerUnbalanceLimit():
            return [f"Sets the limit of power unbalance between phases to {fields.limit_w} W."]
        case kinds.SetWaterMeterFactor():
            return [f"Sets the water meter factor to {fields.factor} (reserved; layout not confirmed)."]
        case kinds.WriteExtended():
            return _extended_write(fields)
        case kinds.RawToken():
            return [f"Class {fields.token_class} subclass {fields.subclass}, contents not defined."]
        case _:
            return _key_section(fields)


def plain(number: Decimal) -> str:
    """Return a decimal number without exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tests(fields: kinds.InitiateTest) -> list[str]:
    if fields.control == all_tests(fields.manufacturer_digits):
        lines = ["Asks for every test and display the meter has."]
    else:
        lines = [
            f"Asks for test {test.number}: {test.meaning}{' (not confirmed)' if test.status == 'K' else ''}."
            for test in requested_tests(fields)
        ] or ["Asks for no test that the standard names."]
    code = f"{fields.manufacturer_code:0{fields.manufacturer_digits}d}"
    return [*lines, f"Manufacturer code {code}, {fields.manufacturer_digits} digits."]


def _extended_read(fields: kinds.ReadExtended) -> list[str]:
    what = "flag 0" if fields.index == FLAGS_INDEX else f"control value {fields.index}"
    if not readable(fields):
        return [
            f"Shows something of index {fields.index} of the extended token set; its other bits are not known."
        ]
    return [f"Shows {what} of the extended token set."]


def _extended_write(fields: kinds.WriteExtended) -> list[str]:
    flag = flag_written(fields)
    if flag is None:
        return [f"Sets control value {fields.index} of the extended token set to {fields.value}."]
    number, state = flag
    doubt = " (where the number of a flag stands is not confirmed)" if number else ""
    return [f"Sets flag {number} of the extended token set to {state}{doubt}."]


def _key_section(fields: kinds.KeyChangeSection) -> list[str]:
    match fields:
        case kinds.KeyChangeFirst():
            return [
                "First section of a new key.",
                f"New key revision number {fields.key_revision_number}.",
                f"New key type {fields.key_type} ({KeyType(fields.key_type).abbreviation}).",
                "The base date changes: the meter forgets its token identifiers (roll-over)."
                if fields.roll_over
                else "The base date stays.",
                *(["A third token brings the supply group code."] if fields.third_section_follows else []),
            ]
        case kinds.KeyChangeSecond():
            return ["Second section of a new key.", f"New tariff index {fields.tariff_index:02d}."]
        case kinds.KeyChangeSupplyGroup():
            return [f"Third section of a new key: supply group code {fields.supply_group_code:06d}."]
        case kinds.KeyChangeThird():
            return ["Third section of a new 128-bit key, with the low half of the supply group code."]
        case kinds.KeyChangeFourth():
            return ["Fourth section of a new 128-bit key, with the high half of the supply group code."]


def _range_objections(fields: TokenFields) -> list[str]:
    match fields:
        case kinds.ClearCredit() if fields.register not in _REGISTERS:
            return [f"RangeError: there is no credit register {fields.register}."]
        case kinds.ClearTamperCondition() if fields.pad:
            return ["FormatError: the padding should be zero."]
        case kinds.KeyChangeFirst() if not 1 <= fields.key_revision_number <= 9:
            return [f"RangeError: key revision number {fields.key_revision_number} is outside 1 to 9."]
        case kinds.KeyChangeSecond() if fields.tariff_index > 99:
            return [f"RangeError: tariff index {fields.tariff_index} is above 99."]
        case kinds.KeyChangeSupplyGroup() if fields.supply_group_code > 999_999:
            return [f"RangeError: supply group code {fields.supply_group_code} has more than 6 digits."]
        case kinds.InitiateTest() if fields.manufacturer_code:
            return ["MfrCodeError: unless the meter is of this manufacturer."]
        case _:
            return []


def _memory_objections(tid: int, memory: Collection[int]) -> list[str]:
    if tid in memory:
        return ["UsedError: the meter has taken a token with this identifier before."]
    if tid < min(memory):
        return [f"OldError: the token is older than the oldest that the meter remembers ({min(memory)})."]
    return []


def _key_objections(fields: TokenFields, key_type: KeyType) -> list[str]:
    if isinstance(fields, kinds.TransferCredit | kinds.TransferCurrency) and not key_type.allows_credit:
        return ["DDTKError: the meter holds a default key, under which no credit is taken."]
    if not isinstance(fields, kinds.KeyChangeFirst):
        return []
    new = KeyType(fields.key_type)
    rule = key_type_change(key_type, new)
    if rule is None:
        return [f"KeyTypeError: a {key_type.abbreviation} may not be replaced by a {new.abbreviation}."]
    if rule.magnetic_card_only:
        change = f"from {key_type.abbreviation} to {new.abbreviation}"
        return [f"KeyTypeError: only magnetic-card meters change {change}."]
    return []
