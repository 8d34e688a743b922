"""What the bench reads and enters on the payment side of a meter, through its standard COSEM objects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from bench.errors import BenchFault, PlanError
from bench.meter.dlms_client import DlmsClient, Refused, opened
from bench.protocols.data import Data, integer, octet_string
from bench.protocols.values import as_elements, as_integer, as_octets
from bench.run.position import REJECTS_BELOW_LOCK_OUT, Position
from bench.run.token_carriers import time_out_s

CREDIT = (112, "0-0:19.10.0.255")
TOKEN_GATEWAY = (115, "0-0:19.40.0.255")
DISCONNECT_CONTROL = (70, "0-0:96.3.10.255")
#: token_status code: received, not yet processed (sts.md 9).
NOT_YET_PROCESSED = 8
#: How often the status is asked for.
POLL_S = 0.5
#: Smallest token, to reset a lock-out counter: 0.1 kWh.
RESET_LEAST_UNITS = 1
WH_PER_LEAST_UNIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Available token credit as read by DLMS, in Wh, and the weight of its last digit."""

    amount_wh: float
    resolution_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The disconnect control object: sensed output state, control state, control mode."""

    output_state: bool
    control_state: int
    control_mode: int

    def data(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "output_state": self.output_state,
            "control_state": self.control_state,
            "control_mode": self.control_mode,
        }


def read_credit(client: DlmsClient, position: Position) -> Credit:
    """Read current_credit_amount; its unit is the declared resolution."""
    payment = position.declaration.payment
    if payment is None or payment.accounting != "kwh":
        raise PlanError(
            f'Position "{position.name}": credit in kWh is not declared.',
            remedy="Declare [payment] accounting.",
        )
    amount = client.get(*CREDIT, 2)
    return Credit(
        amount_wh=as_integer(amount) * payment.credit_resolution_wh,
        resolution_wh=payment.credit_resolution_wh,
    )


def read_supply(client: DlmsClient) -> Supply:
    """Read output_state, control_state and control_mode of the disconnect control."""
    output, state, mode = (client.get(*DISCONNECT_CONTROL, attribute) for attribute in (2, 3, 4))
    return Supply(
        output_state=bool(as_integer(output)), control_state=as_integer(state), control_mode=as_integer(mode)
    )


def remote_switch(position: Position, *, reconnect: bool) -> str:
    """Invoke remote_disconnect or remote_reconnect; return "success" or the meter's refusal."""
    with opened(position.client("management")) as client:
        try:
            client.invoke(*DISCONNECT_CONTROL, 2 if reconnect else 1, integer(0))
        except Refused as refusal:
            return str(refusal.result)
    return "success"


def enter_token(position: Position, token: str, *, what: str, good: bool) -> dict[str, Any]:
    """Enter a token through the DLMS token gateway and return what was seen: credit before, after, status.

    ``good`` says whether the bench expects it to be accepted. Before a token that should be rejected, a small
    good one resets the lock-out counter of meters that have one.
    """
    if not good and position.rejects_in_a_row >= REJECTS_BELOW_LOCK_OUT:
        enter_token(
            position, position.vending.credit(RESET_LEAST_UNITS), what="reset lock-out counter", good=True
        )
    position.rejects_in_a_row = 0 if good else position.rejects_in_a_row + 1
    octets = encoded_token(position, token)
    position.secrets.learn(f"token {len(position.secrets)}", as_octets(octets))
    with opened(position.client("management")) as client:
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
        "carrier": "gateway",
        "action_result": action,
        "status_code": status,
        "credit_before_wh": before.amount_wh,
        "credit_after_wh": after.amount_wh,
        "credit_resolution_wh": before.resolution_wh,
    }


def ensure_credit(position: Position, needed_wh: float) -> None:
    """Buy what is missing to ``needed_wh``, so that the meter does not open its switch under load.

    Raises BenchFault where the meter lacks credit and no vending key is at hand. Meters that are not in
    prepayment mode need none.
    """
    payment = position.declaration.payment
    if payment is None or payment.mode != "prepayment":
        return
    with opened(position.client("reader")) as client:
        missing_wh = needed_wh - read_credit(client, position).amount_wh
    if missing_wh <= 0:
        return
    sts = position.declaration.sts
    if sts is None or position.find_secret(sts.vending_key) is None:
        raise BenchFault(
            f'Position "{position.name}" needs {missing_wh / 1000:.1f} kWh more credit for this test.',
            remedy="Load the meter with a token, or give the vending key.",
        )
    enter_token(
        position, position.vending.credit(math.ceil(missing_wh / WH_PER_LEAST_UNIT)), what="top-up", good=True
    )


def encoded_token(position: Position, token: str) -> Data:
    """Return the token as the declared encoding of the gateway wants it."""
    sts = position.declaration.sts
    if sts is None:
        raise BenchFault("A token without declared [sts].")
    if sts.token_encoding == "ascii":
        return octet_string(token.encode("ascii"))
    if sts.token_encoding == "bcd":
        return octet_string(bytes.fromhex(token))
    return octet_string(int(token).to_bytes(9, "big"))


def token_status(client: DlmsClient, position: Position) -> int:
    """Wait until the meter has processed what was entered; return the code of token_status."""
    status = _status(client)
    deadline_s = position.clock.now() + time_out_s(position.declaration.sts)
    while status == NOT_YET_PROCESSED and position.clock.now() < deadline_s:
        position.clock.sleep(POLL_S)
        status = _status(client)
    return status


def _status(client: DlmsClient) -> int:
    """Read the code of token_status: structure {enum, bit-string}."""
    status = client.get(*TOKEN_GATEWAY, 6)
    return as_integer(as_elements(status)[0])
