"""From the inputs of a test vector to the key and the fields of its token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bench.protocols.sts import fields as kinds
from bench.protocols.sts.algorithm import Algorithm
from bench.protocols.sts.amount import least_units_of
from bench.protocols.sts.currency import decode_currency
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import CREDIT_EXPONENT, CURRENCY_EXPONENT, TokenFields
from bench.protocols.sts.key_change import KeyChange, key_change_sections
from bench.protocols.sts.keys import KeyParameters, decoder_key, whole_number
from bench.protocols.sts.tid import BaseDate, tid_from

Inputs = Mapping[str, Any]

#: DKGA02 leaves the base date out of the key; the meters it was made for count from 1993.
_BASE_DATE_OF_DKGA02 = BaseDate.Y1993
_NOT_ENCRYPTED = "none"


def algorithm_of(vector: Inputs) -> Algorithm:
    """Return the cipher of a vector; class 1 vectors name none, and any will do."""
    return Algorithm.EA07 if vector["algorithm"] == _NOT_ENCRYPTED else Algorithm.parse(vector["algorithm"])


def key_parameters(vector: Inputs, key: Inputs) -> KeyParameters:
    """Return the key parameters in a vector's ``key`` or ``new_key``."""
    return KeyParameters.parse(
        meter_pan=key["meter_pan"],
        supply_group_code=key["sgc"],
        tariff_index=key["ti"],
        key_revision_number=key["krn"],
        key_type=key["kt"],
        base_date=key.get("base_date", _BASE_DATE_OF_DKGA02.value),
        algorithm=vector["algorithm"],
        dkga=vector["dkga"],
    )


def key_of(vector: Inputs) -> bytes | None:
    """Return the decoder key of a vector, derived or given; None for a token that is not encrypted."""
    inputs = vector["inputs"]
    if "key" in inputs:
        return decoder_key(
            bytes.fromhex(inputs["key"]["vending_key_hex"]), key_parameters(vector, inputs["key"])
        )
    if "decoder_key_hex" in inputs:
        return bytes.fromhex(inputs["decoder_key_hex"])
    return None


def new_key_of(vector: Inputs) -> bytes | None:
    """Return the new decoder key of a key change vector, None for another vector."""
    new = vector["inputs"].get("new_key")
    if new is None:
        return None
    return decoder_key(bytes.fromhex(new["vending_key_hex"]), key_parameters(vector, new))


def issue_tid(vector: Inputs) -> int | None:
    """Return the TID that the rules give for a vector's date and time, None where it states none."""
    inputs = vector["inputs"]
    if "issue_time" not in inputs:
        return None
    base_date = BaseDate.parse(inputs["key"].get("base_date", _BASE_DATE_OF_DKGA02.value))
    return tid_from(datetime.fromisoformat(inputs["issue_time"]), base_date)


def fields_of(vector: Inputs) -> TokenFields:
    """Return the fields of a vector's token, from its inputs alone; raises `FieldError` or `KeyError`."""
    inputs = vector["inputs"]
    place = (inputs["class"], inputs["subclass"])
    if place not in _READERS:
        raise FieldError("subclass", f"no reader for class {place[0]} subclass {place[1]}")
    return _READERS[place](vector)


def _credit(vector: Inputs) -> TokenFields:
    inputs = vector["inputs"]
    return kinds.TransferCredit(
        commodity=kinds.Commodity(inputs["subclass"]),
        tid=inputs["tid"],
        rnd=inputs["rnd"],
        least_units=least_units_of(inputs["amount"], CREDIT_EXPONENT),
    )


def _currency(vector: Inputs) -> TokenFields:
    inputs = vector["inputs"]
    if "amount_currency_units" in inputs:
        units = least_units_of(inputs["amount_currency_units"], CURRENCY_EXPONENT)
    else:
        units = decode_currency(inputs["nibble59_56"] << 16 | int(inputs["value_field_hex"], 16))
    return kinds.TransferCurrency(
        commodity=kinds.Commodity(inputs["subclass"] - 4), tid=inputs["tid"], least_units=units
    )


def _test(vector: Inputs) -> TokenFields:
    inputs = vector["inputs"]
    return kinds.InitiateTest(
        control=whole_number("control_field", inputs["control_field"]),
        manufacturer_code=int(inputs["mfr_code"]),
        manufacturer_digits=len(inputs["mfr_code"]),
    )


def _read_extended(vector: Inputs) -> TokenFields:
    bits = int(vector["inputs"]["value44_hex"], 16)
    return kinds.ReadExtended(index=bits >> 38, value=bits >> 8 & (1 << 30) - 1, pad=bits & 0xFF)


def _tid_and_rnd(vector: Inputs) -> dict[str, int]:
    inputs = vector["inputs"]
    return {"tid": inputs["tid"], "rnd": inputs["rnd"] if "rnd" in inputs else inputs["nibble59_56"]}


def _power_limit(vector: Inputs) -> TokenFields:
    return kinds.SetMaximumPowerLimit(**_tid_and_rnd(vector), limit_w=vector["inputs"]["max_power_limit_W"])


def _unbalance_limit(vector: Inputs) -> TokenFields:
    limit_w = vector["inputs"]["max_phase_power_unbalance_limit_W"]
    return kinds.SetMaximumPhasePowerUnbalanceLimit(**_tid_and_rnd(vector), limit_w=limit_w)


def _clear_credit(vector: Inputs) -> TokenFields:
    inputs = vector["inputs"]
    register = inputs.get("register", f"0x{inputs['value_field_hex']}")
    # Some vectors write "0xFFFF (all)".
    number = register if isinstance(register, int) else whole_number("register", register.partition(" ")[0])
    return kinds.ClearCredit(**_tid_and_rnd(vector), register=number)


def _clear_tamper(vector: Inputs) -> TokenFields:
    pad = vector["inputs"].get("pad", int(vector["inputs"]["value_field_hex"], 16))
    return kinds.ClearTamperCondition(**_tid_and_rnd(vector), pad=pad)


def _write_extended(vector: Inputs) -> TokenFields:
    inputs = vector["inputs"]
    return kinds.WriteExtended(
        **_tid_and_rnd(vector), index=inputs["extended_index"], value=inputs["extended_value"]
    )


def _key_change(vector: Inputs) -> TokenFields:
    """Return one section of the set that leads from ``key`` to ``new_key``."""
    inputs = vector["inputs"]
    current, new = key_parameters(vector, inputs["key"]), key_parameters(vector, inputs["new_key"])
    # Set A states the whole key expiry number; set B only the half that the section carries.
    expiry = inputs.get("new_ken", inputs.get("kenho", 0) << 4 | inputs.get("kenlo", 0))
    with_supply_group = inputs.get("kct_count", 2) == 3 or new.algorithm is Algorithm.EA11
    change = KeyChange(
        new_key=new_key_of(vector) or b"",
        key_type=new.key_type,
        key_revision_number=new.key_revision_number,
        tariff_index=new.tariff_index,
        key_expiry_number=expiry,
        roll_over=new.base_date is not current.base_date,
        supply_group_code=new.supply_group_code if with_supply_group else None,
    )
    place = _SECTION_OF_SUBCLASS[inputs["subclass"]]
    return key_change_sections(change, new.algorithm)[place]


def key_change_facts(vector: Inputs) -> dict[str, int]:
    """Return what a key change vector says of its set, as it follows from its subclass and its two keys."""
    inputs = vector["inputs"]
    current, new = key_parameters(vector, inputs["key"]), key_parameters(vector, inputs["new_key"])
    # With a 64-bit key a set of two and a set of three are both right, and the vector chooses.
    count = 4 if new.algorithm is Algorithm.EA11 else min(max(inputs.get("kct_count", 2), 2), 3)
    return {
        "ro": int(new.base_date is not current.base_date),
        "kct_count": count,
        "kct_section": _SECTION_OF_SUBCLASS[inputs["subclass"]] + 1,
        "kct_subclass": inputs["subclass"],
    }


_SECTION_OF_SUBCLASS = {3: 0, 4: 1, 8: 2, 9: 3}

_READERS: Mapping[tuple[int, int], Callable[[Inputs], TokenFields]] = {
    **{(0, subclass): _credit for subclass in range(4)},
    **{(0, subclass): _currency for subclass in range(4, 8)},
    (1, 0): _test,
    (1, 1): _test,
    (1, 2): _read_extended,
    (2, 0): _power_limit,
    (2, 1): _clear_credit,
    **{(2, subclass): _key_change for subclass in _SECTION_OF_SUBCLASS},
    (2, 5): _clear_tamper,
    (2, 6): _unbalance_limit,
    (2, 10): _write_extended,
}
