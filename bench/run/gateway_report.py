"""What the COSEM token gateway tells of the last token, by whatever carrier it came (class 115, sts.md 9)."""

from __future__ import annotations

from typing import Any

from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.values import UnexpectedData, as_integer, as_octets
from bench.run.token_carriers import TOKEN_GATEWAY, encode_token

CLOCK = (8, "0-0:1.0.0.255")
TOKEN, TOKEN_TIME, DELIVERY_METHOD, CLOCK_TIME = 2, 3, 5, 2
ENCODINGS = ("ascii", "bcd", "binary")


def read_report(client: DlmsClient, digits: str) -> dict[str, Any]:
    """Return what the gateway tells, as JSON values; null where an attribute cannot be read.

    The token itself is a secret, so only whether it is the one that was entered is told. It may be shown as digits by
    a meter that takes it packed, and the other way round: the declared encoding is that of the entry.
    """
    told = _octets(client, TOKEN_GATEWAY, TOKEN)
    return {
        "token_told": None if not told else told in {encode_token(digits, form) for form in ENCODINGS},
        "token_time": _text(_octets(client, TOKEN_GATEWAY, TOKEN_TIME)),
        "clock": _text(_octets(client, CLOCK, CLOCK_TIME)),
        "delivery_method": _number(client, DELIVERY_METHOD),
    }


def _octets(client: DlmsClient, target: tuple[int, str], attribute: int) -> bytes | None:
    try:
        return as_octets(client.get(*target, attribute))
    except (Refused, UnexpectedData):
        return None


def _number(client: DlmsClient, attribute: int) -> int | None:
    try:
        return as_integer(client.get(*TOKEN_GATEWAY, attribute))
    except (Refused, UnexpectedData):
        return None


def _text(octets: bytes | None) -> str | None:
    return None if octets is None else octets.hex()
