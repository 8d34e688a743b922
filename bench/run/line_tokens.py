"""Three tokens at the end of a production line, in one association: a good one, the same again, a foreign one."""

from __future__ import annotations

from typing import Any

from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.values import as_octets
from bench.run.position import Position
from bench.run.prepayment import (
    TOKEN_GATEWAY,
    WH_PER_LEAST_UNIT,
    encoded_token,
    read_credit,
    token_status,
)

#: 0.5 kWh.
AMOUNT_LEAST_UNITS = 5
#: Published test PANs; the first that is not the meter's own is the other meter.
OTHER_PANS = ("600727111111111153", "600727000000000009")


def enter_three(position: Position, *, load_w: float) -> dict[str, Any]:
    """Enter the tokens and return what was seen; ``load_w``: the power that draws on the credit meanwhile."""
    sale = position.vending.credit(AMOUNT_LEAST_UNITS)
    other_pan = next(pan for pan in OTHER_PANS if position.declaration.sts is None or pan != _own(position))
    foreign = position.vending.credit(AMOUNT_LEAST_UNITS, meter_pan=other_pan)
    wanted = (
        ("good token", sale, True),
        ("the same again", sale, False),
        ("another meter's", foreign, False),
    )
    entries = []
    with opened(position.client("management")) as client:
        resolution_wh = read_credit(client, position).resolution_wh
        for what, token, good in wanted:
            entries.append(_enter(position, client, what, token, good=good, load_w=load_w))
    position.rejects_in_a_row += sum(not good for _, _, good in wanted)
    return {"entries": entries, "credit_resolution_wh": resolution_wh}


def _own(position: Position) -> str:
    sts = position.declaration.sts
    return sts.meter_pan if sts is not None else ""


def _enter(
    position: Position, client: DlmsClient, what: str, token: str, *, good: bool, load_w: float
) -> dict[str, Any]:
    octets = encoded_token(position, token)
    position.secrets.learn(f"token {len(position.secrets)}", as_octets(octets))
    started_s = position.clock.now()
    before = read_credit(client, position)
    try:
        client.invoke(*TOKEN_GATEWAY, 1, octets)
        action = "success"
    except Refused as refusal:
        action = str(refusal.result)
    status = token_status(client, position)
    after = read_credit(client, position)
    return {
        "what": what,
        "good": good,
        "amount_wh": AMOUNT_LEAST_UNITS * WH_PER_LEAST_UNIT,
        "credit_before_wh": before.amount_wh,
        "credit_after_wh": after.amount_wh,
        "drawn_wh": load_w * (position.clock.now() - started_s) / 3600,
        "action_result": action,
        "status_code": status,
    }
