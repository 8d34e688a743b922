"""Mode E on the optical port: sign-on at 300 Bd, HDLC at the rate chosen, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reference_meter.meter import Meter
from reference_meter.products.product import Product
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import AARQ_NO_SECURITY, DISC, Client

IDENTIFICATION = b"/MBR5\\2DDS722\r\n"


@pytest.fixture
def client(product: Product, board: FakeBoard, power_up: Callable[[Product], Meter]) -> Client:
    link = replace(product.communication, framing="mode-e", mode_e_address="72200001")
    client = Client(board, power_up(replace(product, communication=link)), "public")
    client.meter.port_opened("optical")
    return client


def test_the_meter_identifies_itself_and_goes_over_to_hdlc(client: Client, board: FakeBoard) -> None:
    assert board.rates[-1] == 300
    assert client.exchange(b"/?!\r\n") == IDENTIFICATION
    assert client.exchange(b"\x06252\r\n") == b""
    assert board.rates[-1] == 9600
    client.connect()
    assert client.request(AARQ_NO_SECURITY).startswith("6129")


@pytest.mark.parametrize(("character", "baud"), [("0", 300), ("1", 600), ("3", 2400), ("4", 4800)])
def test_the_client_may_choose_a_lower_rate(
    client: Client, board: FakeBoard, character: str, baud: int
) -> None:
    client.exchange(b"/?72200001!\r\n")
    client.exchange(f"\x062{character}2\r\n".encode())
    assert board.rates[-1] == baud


@pytest.mark.parametrize("choice", [b"\x06050\r\n", b"\x06262\r\n", b"\x06292\r\n", b"252\r\n"])
def test_a_wrong_acknowledgement_leads_back(client: Client, board: FakeBoard, choice: bytes) -> None:
    client.exchange(b"/?!\r\n")
    assert client.exchange(choice, 3.0) == b""
    assert board.rates[-1] == 300
    assert client.exchange(b"/?!\r\n") == IDENTIFICATION


def test_another_address_gets_no_answer(client: Client) -> None:
    assert client.exchange(b"/?99!\r\n", 3.0) == b""


def test_hdlc_without_a_sign_on_gets_no_answer(client: Client) -> None:
    assert client.connect() == b""


def test_an_echo_of_the_identification_does_not_disturb(client: Client, board: FakeBoard) -> None:
    echo = client.exchange(b"/?!\r\n")
    client.exchange(echo)
    client.exchange(b"\x06252\r\n")
    assert board.rates[-1] == 9600


@pytest.mark.parametrize("ends", ["disconnect", "inactivity"])
def test_the_port_returns_to_300_baud(client: Client, board: FakeBoard, ends: str) -> None:
    client.exchange(b"/?!\r\n")
    client.exchange(b"\x06252\r\n")
    client.connect()
    if ends == "disconnect":
        assert client.exchange(client.to_meter(DISC))
        board.advance(1.5)
    else:
        board.advance(122.0)
    assert board.rates[-1] == 300
    assert client.exchange(b"/?!\r\n") == IDENTIFICATION
