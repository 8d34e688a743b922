"""The payment device beside management: its own name and list, the same credit, and nothing else."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import decode_all
from reference_meter.meter import Meter
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import Client, frame

PAYMENT = "00040021"  # upper 2, lower 16
NOBODY = "00060021"
NAME, CREDIT, ENERGY = "00010000" + "2a0000ff02", "0070" + "0000130a00ff02", "0003" + "0100010800ff02"


class PaymentClient(Client):
    """A client that speaks to upper address 2."""

    device = PAYMENT

    def to_meter(self, control: int, information: bytes = b"", *, segmented: bool = False) -> bytes:
        return frame(self.device, self.address, control, information, segmented=segmented)


def get(client: Client, descriptor: str) -> str:
    return client.request(f"c001c1{descriptor}00")


@pytest.fixture
def payment(board: FakeBoard, meter: Meter, passwords: dict[str, bytes]) -> PaymentClient:
    client = PaymentClient(board, meter, "reader")
    assert client.associate(passwords["reader"]).startswith("6129")
    return client


def test_it_has_a_name_of_its_own(payment: PaymentClient) -> None:
    assert bytes.fromhex(get(payment, NAME)).endswith(b"MBR5504172200001")


def test_it_shows_the_credit_of_the_meter(payment: PaymentClient, meter: Meter) -> None:
    answer = bytes.fromhex(get(payment, CREDIT))
    assert decode_all(answer[4:]).number() == meter.account.reading_wh()


def test_it_does_not_measure(payment: PaymentClient) -> None:
    assert get(payment, ENERGY) == "c401c10104"  # object-undefined


def test_management_has_everything_afterwards(
    payment: PaymentClient, board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    get(payment, NAME)
    client = Client(board, meter, "reader")
    client.associate(passwords["reader"])
    assert bytes.fromhex(get(client, NAME)).endswith(b"MBR0072272200001")
    assert get(client, ENERGY).startswith("c401c100")


def test_a_third_device_does_not_answer(board: FakeBoard, meter: Meter) -> None:
    client = PaymentClient(board, meter, "public")
    client.device = NOBODY
    assert client.connect() == b""
