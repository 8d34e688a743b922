"""Orders to all stations: one octet string, under the broadcast key, obeyed once and never answered."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import integer
from bench.protocols.ciphering import Keys, protect
from bench.protocols.cosem import CosemMethod, Obis
from bench.protocols.xdlms.action import ActionRequestNormal
from bench.protocols.xdlms.ciphered import GeneralCipheredApdu
from reference_meter.board import ElementInput
from reference_meter.meter import Meter
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import frame

ALL_STATIONS, SECURITY_CLIENT, UI = "fefefeff", "05", 0x03
TITLE = b"HEADEND1"
BROADCAST_A_E, UNICAST_A_E, BROADCAST_A = 0x70, 0x30, 0x50
UNCONFIRMED, CONFIRMED = 0x81, 0xC1
DISCONNECT, RECONNECT = 1, 2


@pytest.fixture
def connected(board: FakeBoard, meter: Meter) -> Meter:
    board.inputs = [ElementInput(voltage_v=230.0, current_a=0.0, current_lag_deg=0.0)]
    meter.inputs_changed()
    board.advance(5.0)
    assert meter.switch.closed()
    return meter


def order(
    meter: Meter,
    *,
    counter: int = 1,
    control: int = BROADCAST_A_E,
    key: str = "broadcast",
    invoke: int = UNCONFIRMED,
    method: int = DISCONNECT,
) -> bytes:
    settings = meter.product.communication.association(2)
    assert settings is not None
    assert settings.keys is not None
    request = ActionRequestNormal(
        invoke=invoke, method=CosemMethod(70, Obis("0-0:96.3.10.255"), method), parameters=integer(0)
    )
    keys = Keys(encryption=getattr(settings.keys, key), authentication=settings.keys.authentication)
    protected = protect(
        request.to_bytes(),
        keys=keys,
        system_title=TITLE,
        invocation_counter=counter,
        security_control=control,
    )
    return GeneralCipheredApdu(system_title=TITLE, protected=protected).to_bytes()


def send(board: FakeBoard, meter: Meter, apdu: bytes, to: str = ALL_STATIONS) -> bytes:
    del board.sent[:]
    meter.octets_received("optical", frame(to, SECURITY_CLIENT, UI, bytes.fromhex("e6e600") + apdu))
    board.advance(3.0)
    return b"".join(octets for _, octets in board.sent)


def test_an_order_opens_the_switch_and_is_not_answered(board: FakeBoard, connected: Meter) -> None:
    assert send(board, connected, order(connected)) == b""
    assert not connected.switch.closed()


def test_an_order_counts_once(board: FakeBoard, connected: Meter) -> None:
    octets = order(connected)
    send(board, connected, octets)
    connected.arbiter.remote_reconnect()
    board.advance(3.0)
    assert connected.switch.closed()
    send(board, connected, octets)
    assert connected.switch.closed()
    send(board, connected, order(connected, counter=2))
    assert not connected.switch.closed()


@pytest.mark.parametrize(
    "change",
    [
        {"key": "encryption"},
        {"key": "encryption", "control": UNICAST_A_E},
        {"control": BROADCAST_A},
        {"invoke": CONFIRMED},
        {"method": RECONNECT},
    ],
    ids=["another key", "key of one meter", "not encrypted", "confirmed", "reconnection"],
)
def test_nothing_else_is_obeyed(board: FakeBoard, connected: Meter, change: dict[str, int | str]) -> None:
    connected.arbiter.remote_reconnect()
    assert send(board, connected, order(connected, **change)) == b""  # type: ignore[arg-type]
    assert connected.switch.closed()


def test_an_order_to_one_meter_alone_is_none(board: FakeBoard, connected: Meter) -> None:
    assert send(board, connected, order(connected), to="00020021") == b""
    assert connected.switch.closed()


def test_a_plain_order_is_left_alone(board: FakeBoard, connected: Meter) -> None:
    assert send(board, connected, bytes.fromhex("c301810046000060030aff01010f00")) == b""
    assert connected.switch.closed()
