"""The carriers a token reaches the meter by: the DLMS token gateway, and the keypad under the rig's hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bench.clock import Clock
from bench.meter.dlms_client import DlmsClient, Refused
from bench.protocols.data import Data, DataType, octet_string
from bench.protocols.values import as_elements, as_integer
from bench.record.sts_declaration import StsDeclaration
from instruments.roles import Actuators

TOKEN_GATEWAY = (115, "0-0:19.40.0.255")
#: token_status code: received, not yet processed (sts.md 9).
NOT_YET_PROCESSED = 8
ENTER_KEY = "E"
#: How long a token may take from entry to its result, and how often that is asked for.
TOKEN_TIME_OUT_S = 10.0
POLL_S = 0.5
#: Most tokens are through by then, so that one look is enough.
FIRST_LOOK_S = 0.2
#: How long a display that looks as before is watched for a result (it may show the same result again).
SAME_DISPLAY_S = 3.0
#: How often it is looked at, and how long what it shows must stay: credit and result need not change at once, and the
#: meter must be ready for the next token.
LOOK_S = 1.0


class Carrier(Protocol):
    """Enters the digits of a token and returns what this carrier says of it, as JSON values."""

    name: str

    def enter(self, digits: str) -> dict[str, Any]: ...


class GatewayCarrier:
    """Method ``enter`` of the COSEM token gateway; the result is its token_status."""

    name = "gateway"

    def __init__(self, client: Callable[[], DlmsClient], clock: Clock, sts: StsDeclaration) -> None:
        self._client, self._clock, self._sts = client, clock, sts

    def enter(self, digits: str) -> dict[str, Any]:
        """Enter a token; wait while the gateway has not processed it."""
        client = self._client()
        try:
            client.invoke(*TOKEN_GATEWAY, 1, octet_string(encode_token(digits, self._sts.token_encoding)))
            action = "success"
            self._clock.sleep(FIRST_LOOK_S)
        except Refused as refusal:
            action = str(refusal.result)
        status, value = read_status(client)
        deadline_s = self._clock.now() + time_out_s(self._sts)
        while status == NOT_YET_PROCESSED and self._clock.now() < deadline_s:
            self._clock.sleep(POLL_S)
            status, value = read_status(client)
        return {"action_result": action, "status_code": status, "data_value": value}


class KeypadCarrier:
    """The keypad, pressed by the rig's hands; the result is what the display says."""

    name = "keypad"

    def __init__(self, hands: Actuators, position: int, clock: Clock, sts: StsDeclaration) -> None:
        self._hands, self._position, self._clock, self._sts = hands, position, clock, sts

    def press(self, keys: str) -> None:
        """Press keys and look at nothing."""
        self._hands.keypad(self._position, keys)

    def display(self) -> str:
        """Return what the display shows."""
        return self._hands.display(self._position)

    def enter(self, digits: str) -> dict[str, Any]:
        """Press the digits and Enter; wait for the display to tell the result, and to stay as it is.

        Where it is declared how long a token takes, it is given that time: until then any display may be another's.
        """
        before = self.display()
        self.press(digits + ENTER_KEY)
        same_s = SAME_DISPLAY_S
        if self._sts.token_time_s is not None:
            self._clock.sleep(self._sts.token_time_s)
            same_s = LOOK_S
        started_s, last, shown = self._clock.now(), "", before
        while self._clock.now() < started_s + (same_s if shown == before else TOKEN_TIME_OUT_S):
            self._clock.sleep(LOOK_S)
            last, shown = shown, self.display()
            if shown == last != before:
                break
        return {"display": shown}


def token_time_s(sts: StsDeclaration | None) -> float:
    """Return how long a token may take where nothing shows that it is through."""
    return SAME_DISPLAY_S if sts is None or sts.token_time_s is None else sts.token_time_s


def time_out_s(sts: StsDeclaration | None) -> float:
    """Return how long to wait for a meter that shows that it is not through."""
    return max(TOKEN_TIME_OUT_S, token_time_s(sts))


def encode_token(digits: str, encoding: str) -> bytes:
    """Return the octets of a token for the gateway: "ascii" digits, packed "bcd", or 9 octets "binary".

    What is no number of 20 digits cannot be packed; it goes as it stands.
    """
    packable = digits.isascii() and digits.isdigit()
    if encoding == "bcd" and packable and len(digits) % 2 == 0:
        return bytes.fromhex(digits)
    if encoding == "binary" and packable and int(digits) < 1 << 72:
        return int(digits).to_bytes(9, "big")
    return digits.encode("ascii")


def read_status(client: DlmsClient) -> tuple[int | None, str]:
    """Read token_status: its code, and its data value as a text of bits (empty where it is no bit-string).

    None where the meter does not let it be read: then credit or display have to tell.
    """
    try:
        code, *rest = as_elements(client.get(*TOKEN_GATEWAY, 6))
    except Refused:
        return None, ""
    return as_integer(code), _bits(rest[0]) if rest else ""


def _bits(value: Data) -> str:
    return value.value if value.type is DataType.BIT_STRING and isinstance(value.value, str) else ""
