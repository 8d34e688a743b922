"""Run the primitives of a vector file: checksum, ciphers, TIDs, meter PANs, amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from bench.protocols.sts import ea11
from bench.protocols.sts.amount import decode_amount, encode_amount
from bench.protocols.sts.crc import block_crc, crc16
from bench.protocols.sts.ea07 import StandardTransferAlgorithm
from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.fields import TransferCredit
from bench.protocols.sts.identity import MeterPan, check_drn, luhn_check_digit
from bench.protocols.sts.layouts import write_payload
from bench.protocols.sts.number import digits_of, insert_class
from bench.protocols.sts.tid import BaseDate, issue_time, minutes_since

Item = Mapping[str, Any]
#: What was computed, by the name the file gives it; compared with the values that the file states.
Computed = dict[str, Any]


def check_primitives(primitives: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (name, differences) of every primitive of a vector file."""
    for group, content in primitives.items():
        for number, item in enumerate(content if isinstance(content, list) else [content], start=1):
            yield f"{group} {number}", _differences(group, item)


def _differences(group: str, item: Item) -> tuple[str, ...]:
    if group not in _CHECKS:
        return (f"no check for primitives of kind '{group}'",)
    try:
        computed = _CHECKS[group](item)
    except FieldError as error:
        return (str(error),)
    except (KeyError, IndexError) as error:
        return (f"the primitive lacks {error}",)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        return (f"the primitive is malformed ({type(error).__name__})",)
    return tuple(
        f"{name} {item[name]} expected, {value} found"
        for name, value in computed.items()
        if name in item and item[name] != value
    )


def _crc16(item: Item) -> Computed:
    return {"crc_hex": f"{crc16(bytes.fromhex(item['data_hex'])):04x}"}


def _ea07_sample_tables(item: Item) -> Computed:
    cipher = StandardTransferAlgorithm(item["sub1"], item["sub2"], item["perm"])
    key, block = bytes.fromhex(item["key_hex"]), int(item["data_block_hex"], 16)
    encrypted = cipher.encrypt(key, block)
    token = insert_class(encrypted, item["class"])
    return {
        "encrypted_block_hex": f"{encrypted:016x}",
        "token66_hex": f"{token:017x}",
        "token_decimal": digits_of(token),
        "data_block_hex": f"{cipher.decrypt(key, int(item['encrypted_block_hex'], 16)):016x}",
    }


def _misty1(item: Item) -> Computed:
    key = bytes.fromhex(item["key_hex"])
    return {
        "ciphertext_hex": f"{ea11.encrypt(key, int(item['plaintext_hex'], 16)):016x}",
        "plaintext_hex": f"{ea11.decrypt(key, int(item['ciphertext_hex'], 16)):016x}",
    }


def _tid(item: Item) -> Computed:
    base_date = BaseDate.parse(item["base"])
    tid = minutes_since(datetime.fromisoformat(item["time"]), base_date)
    computed: Computed = {
        "tid": tid,
        "bits": f"{tid:024b}",
        "time": f"{issue_time(item['tid'], base_date):%Y-%m-%d %H:%M}",
    }
    if "credit_crc_hex" in item:
        amount = decode_amount(int(item["amount_field_hex"], 16))
        token_class, payload = write_payload(TransferCredit(tid=tid, least_units=amount, rnd=item["rnd"]))
        computed["credit_crc_hex"] = f"{block_crc(token_class, payload):04x}"
    return computed


def _meter_pan(item: Item) -> Computed:
    if "pan" not in item:
        drn = item["drn"]
        return {"valid": _accepted(check_drn, drn), "expected_check_digit": int(luhn_check_digit(drn[:-1]))}
    if not item["valid"]:
        return {"valid": _accepted(MeterPan, item["pan"])}
    pan = MeterPan(item["pan"])
    return {"valid": True, "iin": pan.issuer, "drn_iain": pan.drn, "pan": MeterPan.from_drn(pan.drn).digits}


def _accepted(check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except FieldError:
        return False
    return True


def _amount_field(item: Item) -> Computed:
    return {
        "field_hex": f"{encode_amount(item['least_units']):04x}",
        "decoded_least_units": decode_amount(int(item["field_hex"], 16)),
    }


_CHECKS: Mapping[str, Callable[[Item], Computed]] = {
    "crc16": _crc16,
    "ea07_sample_tables": _ea07_sample_tables,
    "misty1_rfc2994": _misty1,
    "tid": _tid,
    "meter_pan": _meter_pan,
    "amount_field": _amount_field,
}
