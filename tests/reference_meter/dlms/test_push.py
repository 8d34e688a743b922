"""What the meter sends unasked on TCP: whole pushes, one after the other, protected where the client has keys."""

from __future__ import annotations

import pytest

from bench.protocols.axdr import Data, decode_all, integer, unsigned
from bench.protocols.ciphering import Keys, open_apdu
from bench.protocols.cosem import CosemAttribute, CosemMethod, Obis
from bench.protocols.wrapper import WrapperReader, decode_wrapper
from bench.protocols.xdlms.action import ActionRequestNormal, ActionRequestWithList
from bench.protocols.xdlms.apdu import decode_apdu
from bench.protocols.xdlms.block_transfer import GeneralBlockTransfer
from bench.protocols.xdlms.ciphered import GeneralCipheredApdu
from bench.protocols.xdlms.notification import DataNotification
from bench.protocols.xdlms.set import SetRequestNormal
from reference_meter.blueprint import Blueprint
from reference_meter.defects.catalogue import by_id
from reference_meter.meter import Meter, build_meter
from reference_meter.products.manufacture import manufacture
from reference_meter.products.product import Product
from reference_meter.products.slots import standard_slots
from tests.reference_meter.dlms.conftest import MANUFACTURED
from tests.reference_meter.dlms.fake_board import FakeBoard
from tests.reference_meter.dlms.octet_client import aarq
from tests.reference_meter.dlms.test_wrapper_ports import NetworkClient

INTERVAL, ALARM = Obis("0-0:25.9.0"), Obis("0-1:25.9.0")
CLIENT_SAP = 9
Pushes = list[tuple[int, bytes]]


def open_client(board: FakeBoard, meter: Meter, password: bytes, *, pdu: int = 0xFFFF) -> NetworkClient:
    client = NetworkClient(board, meter, sap=1)
    assert client.request(bytes.fromhex(aarq(password, bits="ffffff", pdu=pdu))).hex().startswith("6129")
    return client


@pytest.fixture
def client(board: FakeBoard, meter: Meter, passwords: dict[str, bytes]) -> NetworkClient:
    return open_client(board, meter, passwords["management"])


def push(client: NetworkClient, *setups: Obis, wait_s: float = 2.0) -> Pushes:
    """Ask for pushes in one request and return what came beside the answer: client SAP and APDU."""
    methods = tuple(CosemMethod(40, setup, 1) for setup in setups)
    request = ActionRequestWithList(methods=methods, parameters=tuple(integer(0) for _ in methods))
    octets = client.exchange(bytes.fromhex("000100010001") + _counted(request.to_bytes()), wait_s)
    answer, *pushes = [decode_wrapper(raw).frame for raw in WrapperReader().feed(octets)]
    assert answer is not None
    assert answer.payload[:2].hex() == "c703"
    return [(frame.destination, frame.payload) for frame in pushes if frame is not None]


def _counted(apdu: bytes) -> bytes:
    return len(apdu).to_bytes(2) + apdu


def write(client: NetworkClient, attribute: int, value: Data) -> str:
    reference = CosemAttribute(40, INTERVAL, attribute)
    return client.request(SetRequestNormal(attribute=reference, value=value).to_bytes()).hex()


def test_a_push_carries_the_values_of_its_list(client: NetworkClient) -> None:
    ((sap, octets),) = push(client, INTERVAL)

    apdu, deviations = decode_apdu(octets)
    assert not deviations
    assert isinstance(apdu, DataNotification)
    assert sap == 64
    assert apdu.body.items()[0].octets() == b"MBR0072272200001"
    assert len(apdu.body.items()) == 4


def test_each_push_has_its_own_number(client: NetworkClient) -> None:
    numbers = [
        apdu.long_invoke
        for _, octets in push(client, INTERVAL) + push(client, ALARM)
        if isinstance(apdu := decode_apdu(octets)[0], DataNotification)
    ]
    assert numbers == [1, 2]


def test_the_script_table_starts_a_push(client: NetworkClient) -> None:
    script = CosemMethod(9, Obis("0-0:10.0.108"), 1)
    request = ActionRequestNormal(method=script, parameters=Data(decode_all(b"\x12\x00\x02").type, 2))
    octets = client.exchange(bytes.fromhex("000100010001") + _counted(request.to_bytes()), 2.0)
    assert len(WrapperReader().feed(octets)) == 2


def _numbers(pushes: Pushes) -> list[int]:
    blocks = [decode_apdu(octets)[0] for _, octets in pushes]
    return [block.block_number for block in blocks if isinstance(block, GeneralBlockTransfer)]


def test_long_pushes_go_in_blocks_one_push_after_the_other(
    board: FakeBoard, meter: Meter, passwords: dict[str, bytes]
) -> None:
    client = open_client(board, meter, passwords["management"], pdu=32)
    pushes = push(client, INTERVAL, ALARM)

    assert _numbers(pushes) == [1, 2, 3, 1, 2]
    assert all(len(octets) <= 32 for _, octets in pushes)
    blocks = [
        block for _, octets in pushes if isinstance(block := decode_apdu(octets)[0], GeneralBlockTransfer)
    ]
    whole, deviations = decode_apdu(b"".join(block.data for block in blocks[:3]))
    assert isinstance(whole, DataNotification)
    assert not deviations
    assert [block.last for block in blocks] == [False, False, True, False, True]


def test_a_defective_meter_mixes_the_blocks_of_two_pushes(
    board: FakeBoard, product: Product, passwords: dict[str, bytes]
) -> None:
    manufacture(product, board.memory, MANUFACTURED)
    blueprint = Blueprint(product, standard_slots())
    by_id("AP-41").apply(blueprint)
    client = open_client(board, build_meter(blueprint, board), passwords["management"], pdu=32)

    assert _numbers(push(client, INTERVAL, ALARM)) == [1, 1, 2, 2, 3]


def test_a_client_with_keys_gets_its_push_ciphered(client: NetworkClient, meter: Meter) -> None:
    secure = meter.product.communication.association(2)
    assert secure is not None
    assert secure.keys is not None
    assert write(client, CLIENT_SAP, integer(2)) == "c501c100"

    ((sap, octets),) = push(client, INTERVAL)

    apdu, _ = decode_apdu(octets)
    assert isinstance(apdu, GeneralCipheredApdu)
    assert sap == 2
    keys = Keys(encryption=secure.keys.encryption, authentication=secure.keys.authentication)
    assert decode_apdu(open_apdu(apdu, keys=keys))[0].__class__ is DataNotification


def test_outside_its_windows_nothing_is_pushed(client: NetworkClient) -> None:
    past = bytes.fromhex("07e40101ff000000008000ff")
    window = decode_all(bytes.fromhex("01010202" + 2 * f"090c{past.hex()}"))
    assert write(client, 4, window) == "c501c100"
    assert push(client, INTERVAL) == []


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (2, "01010203120001090600002a0000ff0f02"),
        (3, "0203160009001601"),
        (4, "0101020109050000000000"),
        (4, "01010202" + 2 * "090c07e40d01ff000000008000ff"),
        (7, "0201120001"),
        (9, "0f00"),
    ],
)
def test_what_makes_no_sense_is_refused(client: NetworkClient, attribute: int, value: str) -> None:
    assert write(client, attribute, decode_all(bytes.fromhex(value))).startswith("c501c1")
    assert write(client, attribute, decode_all(bytes.fromhex(value))) != "c501c100"


def test_without_a_connection_a_push_is_tried_again_and_given_up(
    board: FakeBoard, meter: Meter, client: NetworkClient
) -> None:
    assert write(client, 6, unsigned(2)) == "c501c100"
    client.exchange(
        bytes.fromhex("000100010001")
        + _counted(
            ActionRequestNormal(method=CosemMethod(40, INTERVAL, 1), parameters=integer(0)).to_bytes()
        ),
        0.05,
    )
    meter.port_closed("tcp")
    del board.sent[:]
    board.advance(5.0)
    assert not board.sent
    assert not meter.push.waiting
