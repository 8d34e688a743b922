"""Run test vectors both ways: token from its inputs, and token taken apart into its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bench.protocols.sts import fields as kinds
from bench.protocols.sts.algorithm import Dkga
from bench.protocols.sts.amount import decode_amount, encode_amount
from bench.protocols.sts.cipher import encrypt, is_encrypted
from bench.protocols.sts.currency import decode_currency, encode_currency
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import TokenFields
from bench.protocols.sts.keys import control_block, dkga04_data_block, dkga04_digest, pan_block
from bench.protocols.sts.maker import make_block, make_token
from bench.protocols.sts.number import insert_class
from bench.protocols.sts.opener import open_token
from bench.protocols.sts.vectors.inputs import (
    Inputs,
    algorithm_of,
    fields_of,
    issue_tid,
    key_change_facts,
    key_of,
    key_parameters,
    new_key_of,
)
from bench.protocols.sts.vectors.primitives import check_primitives

#: Values that hold key material: a difference is reported without showing them.
_SECRET = frozenset({"hmac_sha256_hex", "decoder_key_hex", "new_decoder_key_hex", "payload44_hex"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorResult:
    """The outcome of one vector; it passed if nothing differed."""

    name: str
    differences: tuple[str, ...]


@dataclass(slots=True)
class _Comparison:
    """Collects what differs between a vector and what was computed."""

    secret: frozenset[str]
    differences: list[str] = field(default_factory=list)

    def expect(self, name: str, expected: object, actual: object) -> None:
        """Note a difference, without values where the name stands for key material."""
        if expected == actual:
            return
        shown = "differs" if name in self.secret else f"{expected} expected, {actual} found"
        self.differences.append(f"{name} {shown}")

    def expect_each(self, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> None:
        """Compare every computed value that the vector states."""
        for name, value in actual.items():
            if name in expected:
                self.expect(name, expected[name], value)


def check_document(document: Mapping[str, Any]) -> Iterator[VectorResult]:
    """Yield the result of every vector and primitive of a document in the format of ``tests/data/sts.json``.

    Raises `FieldError` if the document holds none.
    """
    if not isinstance(document, Mapping):
        raise FieldError("vectors", "the file holds no object with 'vectors' or 'primitives'")
    vectors, primitives = document.get("vectors", []), document.get("primitives", {})
    if not isinstance(vectors, list) or not isinstance(primitives, Mapping) or not (vectors or primitives):
        raise FieldError("vectors", "the file holds no list 'vectors' and no object 'primitives'")
    for number, vector in enumerate(vectors, start=1):
        name = str(vector.get("name", number)) if isinstance(vector, Mapping) else f"vector {number}"
        yield VectorResult(name=name, differences=_differences(vector))
    for name, differences in check_primitives(primitives):
        yield VectorResult(name=name, differences=differences)


def _differences(vector: Inputs) -> tuple[str, ...]:
    try:
        return tuple(_compare(vector))
    except FieldError as error:
        return (str(error),)
    except (KeyError, IndexError) as error:
        return (f"the vector lacks {error}",)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        return (f"the vector is malformed ({type(error).__name__})",)


def _compare(vector: Inputs) -> list[str]:
    inputs = vector["inputs"]
    algorithm = algorithm_of(vector)
    fields = fields_of(vector)
    key = key_of(vector)
    comparison = _Comparison(_SECRET | _secret_blocks(fields))
    token_class, block = make_block(fields)
    sealed = encrypt(algorithm, key or b"", block) if is_encrypted(token_class) else block
    comparison.expect("class", inputs["class"], token_class)
    comparison.expect("subclass", inputs["subclass"], block >> 60)
    comparison.expect_each(inputs, _computed_inputs(vector, fields, block))
    comparison.expect_each(
        vector.get("intermediates", {}),
        {
            **_computed_key_steps(vector),
            "payload48_hex": f"{block >> 16:012x}",
            "crc_hex": f"{block & 0xFFFF:04x}",
            "data_block_hex": f"{block:016x}",
            "encrypted_block_hex": f"{sealed:016x}",
            "token66_hex": f"{insert_class(sealed, token_class):017x}",
        },
    )
    comparison.expect("expected_token", vector["expected_token"], make_token(fields, key, algorithm))
    opened = open_token(vector["expected_token"], key, algorithm)
    comparison.expect("checksum of the opened token", "right", "right" if opened.crc_ok else "wrong")
    if opened.crc_ok:
        comparison.expect("class of the opened token", inputs["class"], opened.token_class)
        comparison.expect("subclass of the opened token", inputs["subclass"], opened.subclass)
        comparison.expect("fields of the opened token", _as_carried(fields), opened.fields)
    return comparison.differences


def _computed_inputs(vector: Inputs, fields: TokenFields, block: int) -> dict[str, Any]:
    """Return the inputs of a vector that follow from others: TID from its date, bits from an amount."""
    value_field = block >> 16 & 0xFFFF
    computed: dict[str, Any] = {
        "amount_field_hex": f"{value_field:04x}",
        "payload44_hex": f"{block >> 16 & (1 << 44) - 1:011x}",
    }
    tid = issue_tid(vector)
    if tid is not None:
        computed["tid"] = tid
    if isinstance(fields, kinds.KeyChangeSection):
        computed |= key_change_facts(vector)
    match fields:
        case kinds.TransferCredit():
            computed["amount_least_units"] = fields.least_units
            # Some vectors add a remark to the unit: "m3 (gas)".
            _, space, remark = str(vector["inputs"].get("unit", "")).partition(" ")
            computed["unit"] = fields.commodity.unit + space + remark
        case kinds.TransferCurrency():
            carried = encode_currency(fields.least_units)
            computed |= {
                "sign": carried >> 19,
                "exponent": carried >> 14 & 0x1F,
                "mantissa": carried & 0x3FFF,
                "s_and_e_nibble": carried >> 16,
                "nibble59_56": carried >> 16,
                "value_field_hex": f"{value_field:04x}",
            }
        case kinds.InitiateTest():
            computed["control_bits"] = 36 if fields.manufacturer_digits == 2 else 28
        case kinds.KeyChangeFirst():
            computed |= {
                "kenho": fields.ken_high,
                "new_krn": fields.key_revision_number,
                "kct3": int(fields.third_section_follows),
                "new_kt": fields.key_type,
            }
        case kinds.KeyChangeSecond():
            computed |= {"kenlo": fields.ken_low, "new_ti": fields.tariff_index}
        case kinds.KeyChangeThird():
            computed["sgc_part"] = fields.supply_group_low
        case kinds.KeyChangeFourth():
            computed["sgc_part"] = fields.supply_group_high
        case _:
            computed["value_field_hex"] = f"{value_field:04x}"
    return computed


def _computed_key_steps(vector: Inputs) -> dict[str, str]:
    steps: dict[str, str] = {}
    key, new_key = key_of(vector), new_key_of(vector)
    if key is not None:
        steps["decoder_key_hex"] = key.hex()
    if new_key is not None:
        steps["new_decoder_key_hex"] = new_key.hex()
    if "key" not in vector["inputs"]:
        return steps
    parameters = key_parameters(vector, vector["inputs"]["key"])
    if parameters.dkga is Dkga.DKGA02:
        pan, control = pan_block(parameters), control_block(parameters)
        return steps | {
            "pan_block_hex": f"{pan:016x}",
            "control_block_hex": f"{control:016x}",
            "xor_hex": f"{pan ^ control:016x}",
        }
    vending_key = bytes.fromhex(vector["inputs"]["key"]["vending_key_hex"])
    return steps | {
        "datablock_hex": dkga04_data_block(parameters).hex(),
        "hmac_sha256_hex": dkga04_digest(vending_key, parameters).hex(),
    }


def _secret_blocks(fields: TokenFields) -> frozenset[str]:
    if isinstance(fields, kinds.KeyChangeSection):
        return frozenset({"payload48_hex", "data_block_hex"})
    return frozenset()


def _as_carried(fields: TokenFields) -> TokenFields:
    """Return the fields as a token carries them: amounts rounded."""
    match fields:
        case kinds.TransferCredit():
            return replace(fields, least_units=decode_amount(encode_amount(fields.least_units)))
        case kinds.TransferCurrency():
            return replace(fields, least_units=decode_currency(encode_currency(fields.least_units)))
        case kinds.SetMaximumPowerLimit() | kinds.SetMaximumPhasePowerUnbalanceLimit():
            return replace(fields, limit_w=decode_amount(encode_amount(fields.limit_w)))
        case _:
            return fields
